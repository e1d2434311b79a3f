// Participants: what the responder's own requests are made of.

import assert from 'node:assert/strict';
import { refuses } from './refusals.js';

const SOON = 60_000;

function scene({ twilio, client }, settings = {}) {
  const service = twilio.createService();
  const conversation = twilio.createConversation({ serviceSid: service.sid, ...settings });
  const api = client.conversations.v1.services(service.sid).conversations(conversation.sid);
  return { service, conversation, api };
}

async function createByIdentity(context) {
  const { service, conversation, api } = scene(context);
  const made = await api.participants.create({ identity: 'bot', attributes: '{"is":"a bot"}' });
  assert.match(made.sid, /^MB[0-9a-f]{32}$/);
  assert.match(made.roleSid, /^RL[0-9a-f]{32}$/);
  assert.deepEqual(
    [made.accountSid, made.chatServiceSid, made.conversationSid, made.identity, made.attributes, made.messagingBinding, made.lastReadMessageIndex, made.lastReadTimestamp],
    [context.twilio.accountSid, service.sid, conversation.sid, 'bot', '{"is":"a bot"}', null, null, null],
  );
  assert.ok(Math.abs(made.dateCreated - Date.now()) < SOON, `${made.dateCreated}`);
  assert.equal(made.url.replace(/^https?:\/\/[^/]+/, ''), `/v1/Services/${service.sid}/Conversations/${conversation.sid}/Participants/${made.sid}`);
  assert.deepEqual(context.twilio.participants(conversation.sid).map(({ identity }) => identity), ['bot']);
}

async function createTwice(context) {
  const { conversation, api } = scene(context);
  await api.participants.create({ identity: 'bot' });
  const error = await refuses(api.participants.create({ identity: 'bot' }), 409, 50433, /already exists/);
  assert.equal(error.details, undefined);
  assert.equal(context.twilio.participants(conversation.sid).length, 1);
}

async function byIdentity(context) {
  const { api } = scene(context);
  for (const identity of ['bot', 'a b+c@d.example', 'é 😀 %2F', 'x&y=z#1;']) {
    const made = await api.participants.create({ identity });
    const found = await api.participants(encodeURIComponent(identity)).fetch();
    assert.deepEqual([found.sid, found.identity], [made.sid, identity]);
    assert.equal((await api.participants(made.sid).fetch()).identity, identity);
  }
  await refuses(api.participants('nobody').fetch(), 404, 20404);
}

async function updateAndRemove(context) {
  const { conversation, api } = scene(context);
  const made = await api.participants.create({ identity: 'bot' });
  const changed = await api.participants(made.sid).update({ attributes: '{"n":1}', lastReadMessageIndex: 3 });
  assert.deepEqual([changed.attributes, changed.lastReadMessageIndex], ['{"n":1}', 3]);
  assert.equal(await api.participants('bot').remove(), true);
  assert.deepEqual(context.twilio.participants(conversation.sid), []);
  await refuses(api.participants(made.sid).fetch(), 404, 20404);
  await refuses(api.participants(made.sid).remove(), 404, 20404);
}

async function withRole(context) {
  const { service, api } = scene(context);
  const roles = await context.client.conversations.v1.services(service.sid).roles.list();
  const admin = roles.find(({ friendlyName, type }) => friendlyName === 'channel admin' && type === 'conversation');
  assert.equal((await api.participants.create({ identity: 'bot', roleSid: admin.sid })).roleSid, admin.sid);
  await refuses(api.participants.create({ identity: 'other', roleSid: `RL${'0'.repeat(32)}` }), 404, 50100);
}

async function bySms(context) {
  const { api } = scene(context);
  const number = `+1500555${String(context.twilio.requests.length + 1000).slice(-4)}`;
  const binding = { 'messagingBinding.address': number, 'messagingBinding.proxyAddress': '+15005550001' };
  const made = await api.participants.create(binding);
  assert.equal(made.identity, null);
  assert.deepEqual(made.messagingBinding, { type: 'sms', address: number, proxy_address: '+15005550001' });
  const other = scene(context);
  await refuses(other.api.participants.create(binding), 409, 50416);
  await refuses(api.participants.create({ identity: 'bot', ...binding }), 400, 50211);
  await api.participants(made.sid).remove();
  await other.api.participants.create(binding);
}

async function groupMms(context) {
  const { api } = scene(context, { group: ['+15005550011', `+1500556${1000 + context.twilio.requests.length}`] });
  await refuses(api.participants.create({ identity: 'bot' }), 400, 50434);
  const made = await api.participants.create({ identity: 'bot', 'messagingBinding.projectedAddress': '+15005550001' });
  assert.deepEqual(made.messagingBinding, { type: 'sms', projected_address: '+15005550001' });
  await refuses(api.participants.create({ identity: 'bot', 'messagingBinding.projectedAddress': '+15005550001' }), 409, 50437);
}

/** As Twilio makes one of a group text: the number is in it, and the bot becomes it. */
async function groupWithNumber(context) {
  const { twilio, client } = context;
  const service = twilio.createService();
  const numbered = (text) => `${text}${String(twilio.requests.length).padStart(4, '0')}`;
  const [number, people] = [numbered('+1500557'), [numbered('+1500558'), numbered('+1500559')]];
  const conversation = twilio.createGroup({ serviceSid: service.sid, addresses: people, number });
  const api = client.conversations.v1.services(service.sid).conversations(conversation.sid);
  await refuses(api.participants.create({ identity: 'bot' }), 400, 50434);
  const { sid } = (await api.participants.list()).find(({ messagingBinding, identity }) => messagingBinding?.projected_address === number && identity === null);
  const changed = await api.participants(sid).update({ identity: 'bot' });
  assert.deepEqual([changed.sid, changed.identity, changed.messagingBinding], [sid, 'bot', { type: 'sms', projected_address: number }]);
  await refuses(api.participants(sid).update({ identity: 'other' }), 400, 50444);
  await refuses(api.participants.create({ identity: 'bot', 'messagingBinding.projectedAddress': number }), 409, 50437);
  const found = await client.conversations.v1.services(service.sid).participantConversations.list({ identity: 'bot' });
  assert.deepEqual(found.map(({ conversationSid }) => conversationSid), [conversation.sid]);
  assert.equal(await api.participants(sid).remove(), true);
}

async function groupOfOnesOwn({ client, twilio }) {
  const service = twilio.createService();
  const api = client.conversations.v1.services(service.sid);
  const numbers = ['+15005560001', '+15005560002'].map((text) => `${text.slice(0, -4)}${String(twilio.requests.length + Number(text.at(-1))).padStart(4, '0')}`);
  const participant = [...numbers.map((address) => JSON.stringify({ messaging_binding: { address } })), JSON.stringify({ identity: 'agent', messaging_binding: { projected_address: '+15005550009' } })];
  const made = await api.conversationWithParticipants.create({ participant });
  assert.equal(made.state, 'initializing');
  const own = api.conversations(made.sid);
  assert.deepEqual((await own.participants.list()).map((p) => [p.identity, p.messagingBinding]), [
    ...numbers.map((address) => [null, { type: 'sms', address }]), ['agent', { type: 'sms', projected_address: '+15005550009' }],
  ]);
  await refuses(own.messages.create({ body: 'too early' }), 409, 50386);
  await refuses(api.conversationWithParticipants.create({ participant }), 409, 50438);
  while ((await own.fetch()).state === 'initializing') await twilio.pause(20);
  await own.messages.create({ body: 'now' });
  const pair = await api.conversationWithParticipants.create({ participant: [JSON.stringify({ identity: 'a' }), JSON.stringify({ identity: 'b' })] });
  assert.equal(pair.state, 'active');
}

async function defaultService(context) {
  const { twilio, client } = context;
  const conversation = twilio.createConversation();
  const made = await client.conversations.v1.conversations(conversation.sid).participants.create({ identity: 'bot' });
  assert.equal(made.conversationSid, conversation.sid);
  assert.equal((await client.conversations.v1.conversations(conversation.sid).participants('bot').fetch()).sid, made.sid);
  const elsewhere = scene(context).conversation;
  await refuses(client.conversations.v1.conversations(elsewhere.sid).participants.create({ identity: 'bot' }), 404, 50350);
}

async function refusedStates(context) {
  const closed = scene(context, { state: 'closed' });
  await refuses(closed.api.participants.create({ identity: 'bot' }), 400, 50377);
  const initializing = scene(context, { state: 'initializing' });
  await refuses(initializing.api.participants.create({ identity: 'bot' }), 409, 50386);
}

async function refusedIdentities(context) {
  const { api } = scene(context);
  await refuses(api.participants.create({}), 400, 50204);
  await refuses(api.participants.create({ identity: 'system' }), 400, 50203);
  await refuses(api.participants.create({ identity: `US${'0'.repeat(32)}` }), 400, 50206);
  await refuses(api.participants.create({ identity: 'x'.repeat(257) }), 400, 50207);
  assert.equal((await api.participants.create({ identity: 'é'.repeat(256) })).identity.length, 256);
}

async function pages(context) {
  const { conversation, api } = scene(context);
  for (let i = 0; i < 7; i += 1) context.twilio.addParticipant(conversation.sid, { identity: `user ${i}` });
  const all = await api.participants.list({ pageSize: 3 });
  assert.deepEqual(all.map(({ identity }) => identity), Array.from({ length: 7 }, (_, i) => `user ${i}`));
  assert.equal((await api.participants.list({ pageSize: 3, limit: 4 })).length, 4);
}

export const participantWalks = [
  { name: 'participant created by identity', run: createByIdentity },
  { name: 'participant created twice: 409, 50433', run: createTwice },
  { name: 'participant found by identity, whatever is in it', run: byIdentity },
  { name: 'participant updated and removed', run: updateAndRemove },
  { name: 'participant with a role', run: withRole },
  // Without Identity, which the bot's own requests must have.
  { name: 'participant by SMS', run: bySms, offDocument: true },
  { name: 'participant of a group MMS conversation', run: groupMms },
  { name: 'participant of a group that the number is in', run: groupWithNumber },
  { name: 'group of one\'s own, with its participants', run: groupOfOnesOwn },
  { name: 'participant of the default service', run: defaultService },
  { name: 'participant of a conversation that is closed or not ready', run: refusedStates },
  { name: 'participant with an identity that cannot be', run: refusedIdentities, offDocument: true },
  { name: 'participants in pages', run: pages },
];
