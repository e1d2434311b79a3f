import { runCases } from './runcases.js';
import { allCases } from '../lib/cases/all.js';
import { apacheProxy } from '../lib/drivers/apache.js';

runCases(apacheProxy, allCases);
