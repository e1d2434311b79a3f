// The responder under test.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const RESPONDER = process.env.RESPONDER
  ? resolve(process.env.RESPONDER)
  : fileURLToPath(new URL('../../src/twilio-autojoin.fcgi', import.meta.url));
