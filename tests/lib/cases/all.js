// Every case, in the order in which a reader would ask.

import { bodies } from './bodies.js';
import { groups } from './groups.js';
import { requests, unreachable } from './requests.js';
import { settings } from './settings.js';
import { streams } from './streams.js';
import { transport } from './transport.js';
import { urls } from './urls.js';
import { verdicts } from './verdicts.js';

export const allCases = [...requests, ...unreachable, ...urls, ...bodies, ...streams, ...verdicts, ...groups, ...settings, ...transport];
