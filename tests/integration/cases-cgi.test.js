import { runCases } from './runcases.js';
import { allCases } from '../lib/cases/all.js';
import { cgi } from '../lib/drivers/cgi.js';

runCases(cgi, allCases);
