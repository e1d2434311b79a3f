import { runCases } from './runcases.js';
import { allCases } from '../lib/cases/all.js';
import { nginx } from '../lib/drivers/nginx.js';

runCases(nginx, allCases);
