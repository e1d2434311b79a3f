import { runCases } from './runcases.js';
import { allCases } from './cases/all.js';
import { lighttpdCgi } from './drivers/lighttpd.js';

runCases(lighttpdCgi, allCases);
