// Refused callers, and answers that are none of Twilio's usual ones.

import assert from 'node:assert/strict';
import { refuses } from './refusals.js';

const list = (client) => client.conversations.v1.conversations.list({ limit: 1 });

async function strangers({ twilio, connectAs }) {
  await refuses(list(connectAs({ accountSid: twilio.accountSid, authToken: 'wrong' })), 401, 20003, /Authenticate/);
  await refuses(list(connectAs({ accountSid: `AC${'0'.repeat(32)}`, authToken: twilio.authToken })), 401, 20003);
  const key = twilio.addApiKey();
  assert.ok(Array.isArray(await list(connectAs({ accountSid: twilio.accountSid, key }))));
  await refuses(list(connectAs({ accountSid: twilio.accountSid, key: { ...key, secret: 'wrong' } })), 401, 20003);
}

async function restrictedKey({ twilio, connectAs }) {
  const key = twilio.addApiKey({ permissions: ['participants:create'] });
  const client = connectAs({ accountSid: twilio.accountSid, key });
  const { sid } = twilio.createConversation();
  assert.equal((await client.conversations.v1.conversations(sid).participants.create({ identity: 'bot' })).identity, 'bot');
  await refuses(client.conversations.v1.conversations(sid).participants('bot').fetch(), 403, 70051);
}

async function suspended({ twilio, client }) {
  twilio.credentials.accountStatus = 'suspended';
  try {
    await refuses(list(client), 403, 20403);
  } finally {
    twilio.credentials.accountStatus = 'active';
  }
}

async function tooMany({ twilio, client, connectAs }) {
  twilio.misbehave({ status: 429, code: 20429 });
  await refuses(list(client), 429, 20429);
  const patient = connectAs({ accountSid: twilio.accountSid, authToken: twilio.authToken, autoRetry: true });
  twilio.misbehave({ status: 429, code: 20429, times: 2 });
  assert.ok(Array.isArray(await list(patient)));
}

async function anyCode({ twilio, client }) {
  const { sid } = twilio.createConversation();
  for (const [status, code] of [[409, 50419], [409, 50391], [400, 50214], [400, 50417], [503, 20503], [500, 20500]]) {
    twilio.misbehave({ match: { method: 'POST' }, status, code });
    await refuses(client.conversations.v1.conversations(sid).participants.create({ identity: 'bot' }), status, code);
  }
}

/** The client has an exception of its own for RFC 9457, with the fields by their own names. */
async function problem({ twilio, client }) {
  const { sid } = twilio.createConversation();
  twilio.misbehave({ match: { method: 'POST' }, status: 409, code: 50433, problemJson: true });
  const error = await client.conversations.v1.conversations(sid).participants.create({ identity: 'bot' }).catch((reason) => reason);
  assert.equal(error.constructor.name, 'TwilioServiceException', error.stack);
  assert.deepEqual([error.status, error.code, error.type, error.title], [409, 50433, 'https://www.twilio.com/docs/errors/50433', 'Participant already exists']);
}

async function notFound({ twilio, client }) {
  await refuses(client.conversations.v1.services(`IS${'0'.repeat(32)}`).fetch(), 404, 20404);
  await refuses(client.conversations.v1.services(`IS${'0'.repeat(32)}`).conversations(`CH${'0'.repeat(32)}`).participants.create({ identity: 'bot' }), 404, 20404);
  await refuses(client.conversations.v1.conversations(`CH${'0'.repeat(32)}`).participants.create({ identity: 'bot' }), 404, 50350);
  await refuses(client.conversations.v1.services(twilio.defaultService.sid).users('nobody').fetch(), 404, 20404);
}

async function badParameters({ client }) {
  await refuses(client.conversations.v1.conversations.list({ state: 'nonsense' }), 400, 20001);
  await refuses(client.conversations.v1.conversations.list({ startDate: '2026-01-01' }), 400, 20001);
  await refuses(client.conversations.v1.conversations.create({ attributes: 'no JSON' }), 400, 20001);
  await refuses(client.conversations.v1.conversations.create({ 'timers.inactive': 'soon' }), 400, 20001);
}

export const errorWalks = [
  { name: 'refused: who is not the account', run: strangers },
  { name: 'refused: what a restricted key may not do', run: restrictedKey },
  { name: 'refused: a suspended account', run: suspended },
  { name: 'refused: too many requests, and the client\'s own retries', run: tooMany },
  { name: 'refused: codes on command', run: anyCode },
  { name: 'refused in the form of RFC 9457', run: problem },
  { name: 'refused: what does not exist', run: notFound },
  // Wrong on purpose, so the document objects to the requests.
  { name: 'refused: parameters', run: badParameters, offDocument: true },
];
