import { runCases } from './runcases.js';
import { allCases } from '../lib/cases/all.js';
import { lighttpdCgi } from '../lib/drivers/lighttpd.js';

runCases(lighttpdCgi, allCases);
