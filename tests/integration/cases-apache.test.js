import { runCases } from './runcases.js';
import { allCases } from './cases/all.js';
import { apache } from './drivers/apache.js';

runCases(apache, allCases);
