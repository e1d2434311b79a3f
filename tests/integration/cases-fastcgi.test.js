import { runCases } from './runcases.js';
import { allCases } from './cases/all.js';
import { fastcgi } from './drivers/fastcgi.js';

runCases(fastcgi, allCases);
