import { runCases } from './runcases.js';
import { allCases } from './cases/all.js';
import { apacheProxy } from './drivers/apache.js';

runCases(apacheProxy, allCases);
