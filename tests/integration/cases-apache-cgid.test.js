import { runCases } from './runcases.js';
import { allCases } from '../lib/cases/all.js';
import { apacheCgi } from '../lib/drivers/apache.js';

runCases(apacheCgi, allCases);
