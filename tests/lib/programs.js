// The programs under test: those of the source tree, or those that the environment names.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = (given, built) => (given ? resolve(given) : fileURLToPath(new URL(`../../src/${built}`, import.meta.url)));

export const RESPONDER = program(process.env.RESPONDER, 'twilio-autojoin.fcgi');
export const OPERATOR = program(process.env.OPERATOR, 'twilio-autojoin');
