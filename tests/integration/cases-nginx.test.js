import { runCases } from './runcases.js';
import { allCases } from './cases/all.js';
import { nginx } from './drivers/nginx.js';

runCases(nginx, allCases);
