import { runCases } from './runcases.js';
import { allCases } from '../lib/cases/all.js';
import { lighttpd } from '../lib/drivers/lighttpd.js';

runCases(lighttpd, allCases);
