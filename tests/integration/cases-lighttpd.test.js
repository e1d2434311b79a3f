import { runCases } from './runcases.js';
import { allCases } from './cases/all.js';
import { lighttpd } from './drivers/lighttpd.js';

runCases(lighttpd, allCases);
