// The webhooks of a load: signed ahead, each of a conversation of its own.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeForm } from '../tests/lib/webhook.js';
import { sign } from '../tests/twilio/signature.js';

export const ACCOUNT_SID = 'AC0123456789abcdef0123456789abcdef';
export const AUTH_TOKEN = 'a07a07a07a07a07a07a07a07a07a07a0';
export const IDENTITY = 'conversation-bot';
export const PATH = '/webhooks/twilio';
export const PUBLIC_URL = `https://hook.example.com${PATH}`;
export const SERVICE_SID = `IS${'5'.repeat(32)}`;

// More joins than a candidate answers in a round: ours remembers conversations that were joined lately.
export const CONVERSATIONS = 80_000;
const FEWER = 1000; // where nothing is remembered

const parameters = (event, conversation) => [
  ['AccountSid', ACCOUNT_SID],
  ['EventType', event],
  ['Source', 'SMS'],
  ['ConversationSid', conversation],
  ['ChatServiceSid', SERVICE_SID],
  ['DateCreated', '2026-03-04T05:06:07.890Z'],
  ['State', 'active'],
  ['MessagingServiceSid', `MG${'6'.repeat(32)}`],
  ['MessagingBinding.Address', '+15005550006'],
  ['MessagingBinding.ProxyAddress', '+15005550001'],
  ['Attributes', '{}'],
  ['RetryCount', '0'],
];

const conversationSid = (number) => `CH${number.toString(16).padStart(32, '0')}`;

/** kind: 'join' | 'ignored' | 'forged' (signed with another token). */
export function webhook(kind, number) {
  const params = parameters(kind === 'ignored' ? 'onMessageAdded' : 'onConversationAdded', conversationSid(number));
  return {
    body: encodeForm(params),
    headers: {
      Host: 'hook.example.com',
      'Content-Type': 'application/x-www-form-urlencoded',
      'User-Agent': 'TwilioProxy/1.1',
      'X-Twilio-Signature': sign(PUBLIC_URL, params, kind === 'forged' ? 'f'.repeat(32) : AUTH_TOKEN),
    },
  };
}

/** Many of them for wrk (load.lua): a request with two places to fill, and what goes there. */
export async function writeWebhooks(folder, kind) {
  const count = kind === 'join' ? CONVERSATIONS : FEWER;
  const { body, headers } = webhook(kind, 0);
  const fields = { ...headers, 'X-Twilio-Signature': '{signature}', 'Content-Length': body.length };
  const template = join(folder, `${kind}.template`);
  await writeFile(template, [
    `POST ${PATH} HTTP/1.1`, ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`), '',
    body.replace(conversationSid(0), '{conversation}'),
  ].join('\r\n'));
  const table = join(folder, `${kind}.table`);
  await writeFile(table, Array.from({ length: count }, (_, number) =>
    `${webhook(kind, number).headers['X-Twilio-Signature']} ${conversationSid(number)}\n`).join(''));
  return [template, table];
}
