import { runCases } from './runcases.js';
import { allCases } from '../lib/cases/all.js';
import { apache } from '../lib/drivers/apache.js';

runCases(apache, allCases);
