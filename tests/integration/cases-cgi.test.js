import { runCases } from './runcases.js';
import { allCases } from './cases/all.js';
import { cgi } from './drivers/cgi.js';

runCases(cgi, allCases);
