import { runCases } from './runcases.js';
import { allCases } from '../lib/cases/all.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';

runCases(fastcgi, allCases);
