// Twilio's Conversations SDK, unmodified. It takes the Web Crypto API from the global object, where it
// stands in browsers and since Node 19; Node 18, Debian 12's, has it in node:crypto alone.

import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto;

const { default: conversations } = await import('@twilio/conversations');
export default conversations;
