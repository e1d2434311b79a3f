import { runCases } from './runcases.js';
import { allCases } from './cases/all.js';
import { apacheCgi } from './drivers/apache.js';

runCases(apacheCgi, allCases);
