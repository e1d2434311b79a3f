import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { StandIn } from '../standin.js';
import { call } from '../../lib/rest-client.js';

let twilio;
let conversation;
let path;
before(async () => { twilio = await StandIn.start(); });
after(() => twilio.stop());
beforeEach(() => { use(twilio.createConversation()); });

function use(made) {
  conversation = made;
  path = `/v1/Services/${conversation.chatServiceSid}/Conversations/${conversation.sid}/Participants`;
}

const join = (identity, more = [], at = path) => call(twilio, 'POST', at, { form: [['Identity', identity], ...more] });

async function refuses(answer, status, code) {
  const { json, status: got } = await answer;
  assert.deepEqual([got, json.code], [status, code]);
}

test('201 and the whole resource', async () => {
  const added = once(twilio, 'participantAdded');
  const { status, json } = await join('bot', [['Attributes', '{"is":"a bot"}']]);
  assert.equal(status, 201);
  const { sid, role_sid: role, date_created: created, date_updated: updated, ...rest } = json;
  assert.match(sid, /^MB[0-9a-f]{32}$/);
  assert.match(role, /^RL[0-9a-f]{32}$/);
  assert.match(created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(updated, created);
  assert.deepEqual(rest, {
    account_sid: twilio.accountSid,
    chat_service_sid: conversation.chatServiceSid,
    conversation_sid: conversation.sid,
    identity: 'bot',
    attributes: '{"is":"a bot"}',
    messaging_binding: null,
    url: `${twilio.url}${path}/${sid}`,
    last_read_message_index: null,
    last_read_timestamp: null,
  });
  const [{ participant }] = await added;
  assert.equal(participant.sid, sid);
  assert.deepEqual(twilio.participants(conversation.sid).map((p) => p.identity), ['bot']);
});

test('the unscoped path serves the default service, and names no service', async () => {
  const { status, json } = await join('bot', [], `/v1/Conversations/${conversation.sid}/Participants`);
  assert.equal(status, 201);
  assert.equal('chat_service_sid' in json, false);
});

test('the unscoped path does not know other services', async () => {
  const other = twilio.createService();
  use(twilio.createConversation({ serviceSid: other.sid }));
  await refuses(join('bot', [], `/v1/Conversations/${conversation.sid}/Participants`), 404, 50350);
  assert.equal((await join('bot')).status, 201);
});

test('a conversation of another service is not found', async () => {
  const other = twilio.createService();
  await refuses(join('bot', [], `/v1/Services/${other.sid}/Conversations/${conversation.sid}/Participants`), 404, 50350);
});

test('by unique name', async () => {
  use(twilio.createConversation({ uniqueName: 'my room' }));
  assert.equal((await join('bot', [], '/v1/Conversations/my%20room/Participants')).status, 201);
  await refuses(join('bot', [], '/v1/Conversations/no%20room/Participants'), 404, 20404);
});

test('a second time: 409, 50433, and only one is there', async () => {
  await join('bot');
  await refuses(join('bot'), 409, 50433);
  assert.equal(twilio.participants(conversation.sid).length, 1);
});

test('identities are told apart by case and by every byte', async () => {
  for (const identity of ['bot', 'Bot', 'böt', 'b/o?t&=+%', 'bot ']) assert.equal((await join(identity)).status, 201);
  assert.deepEqual(twilio.participants(conversation.sid).map((p) => p.identity), ['bot', 'Bot', 'böt', 'b/o?t&=+%', 'bot ']);
});

for (const [name, identity, code] of [
  ['empty', '', 50204], ['reserved', 'system', 50203], ['like a User SID', `US${'a'.repeat(32)}`, 50206], ['of 257 characters', 'x'.repeat(257), 50207],
]) {
  test(`an identity ${name}: ${code}`, () => refuses(join(identity), 400, code));
}

test('an identity of 256 characters is taken', async () => {
  assert.equal((await join('ä'.repeat(256))).status, 201);
});

test('neither identity nor address: 50204', () => refuses(call(twilio, 'POST', path, { form: [] }), 400, 50204));

test('identity and address: 50211', () => refuses(join('bot', [['MessagingBinding.Address', '+15551230000']]), 400, 50211));

test('a closed conversation: 50377', async () => {
  twilio.setState(conversation.sid, 'closed');
  await refuses(join('bot'), 400, 50377);
});

test('an initializing conversation: 50386, until it is active', async () => {
  use(twilio.createConversation({ state: 'initializing' }));
  await refuses(join('bot'), 409, 50386);
  twilio.setState(conversation.sid, 'active');
  assert.equal((await join('bot')).status, 201);
});

test('a deleted conversation: 404, 50350', async () => {
  await call(twilio, 'DELETE', `/v1/Conversations/${conversation.sid}`);
  await refuses(join('bot'), 404, 50350);
});

test('roles: malformed 20001, unknown 50100, known is kept', async () => {
  await refuses(join('bot', [['RoleSid', 'RL1']]), 400, 20001);
  await refuses(join('bot', [['RoleSid', `RL${'0'.repeat(32)}`]]), 404, 50100);
  const role = twilio.defaultService.channelAdminRole;
  assert.equal((await join('bot', [['RoleSid', role]])).json.role_sid, role);
});

for (const [name, attributes] of [['no JSON', '{'], ['more than 4 KB', JSON.stringify('x'.repeat(4095))]]) {
  test(`attributes that are ${name}: 20001`, () => refuses(join('bot', [['Attributes', attributes]]), 400, 20001));
}

test('the limit of conversations of one identity: 50214; a closed one frees a place', async () => {
  const limits = twilio.createService();
  limits.limits.conversations = 2;
  const rooms = twilio.createConversations(4, { serviceSid: limits.sid });
  const enter = ({ sid }) => join('busy', [], `/v1/Services/${limits.sid}/Conversations/${sid}/Participants`);
  assert.equal((await enter(rooms[0])).status, 201);
  assert.equal((await enter(rooms[1])).status, 201);
  await refuses(enter(rooms[2]), 400, 50214);
  twilio.setState(rooms[0].sid, 'inactive');
  await refuses(enter(rooms[2]), 400, 50214);
  twilio.setState(rooms[0].sid, 'closed');
  assert.equal((await enter(rooms[2])).status, 201);
  twilio.removeParticipant(rooms[1].sid, 'busy');
  assert.equal((await enter(rooms[3])).status, 201);
});

test('the limit of participants of one conversation: 50417', async () => {
  const small = twilio.createService();
  small.limits.members = 1;
  use(twilio.createConversation({ serviceSid: small.sid }));
  await join('first');
  await refuses(join('second'), 400, 50417);
});

test('a number pair is bound to one open conversation: 50416', async () => {
  const pair = [['MessagingBinding.Address', '+15550001111'], ['MessagingBinding.ProxyAddress', '+15559990000']];
  const { status, json } = await call(twilio, 'POST', path, { form: pair });
  assert.equal(status, 201);
  assert.deepEqual(json.messaging_binding, { type: 'sms', address: '+15550001111', proxy_address: '+15559990000' });
  assert.equal(json.identity, null);
  const first = conversation;
  use(twilio.createConversation());
  await refuses(call(twilio, 'POST', path, { form: pair }), 409, 50416);
  twilio.setState(first.sid, 'closed');
  assert.equal((await call(twilio, 'POST', path, { form: pair })).status, 201);
});

test('a group takes an identity only with a projected address', async () => {
  use(twilio.createConversation({ group: ['+15550001111', '+15550002222'] }));
  await refuses(join('bot'), 400, 50434);
  const projected = [['MessagingBinding.ProjectedAddress', '+15559990000']];
  const { status, json } = await join('bot', projected);
  assert.equal(status, 201);
  assert.deepEqual(json.messaging_binding, { type: 'sms', projected_address: '+15559990000' });
  await refuses(join('bot', projected), 409, 50437);
});

test('a group takes ten: 50436', async () => {
  use(twilio.createConversation({ group: ['+15550001112', '+15550002223'] }));
  for (let i = 0; i < 10; i += 1) twilio.addParticipant(conversation.sid, { messagingBinding: { address: `+1555000200${i}` } });
  await refuses(join('bot', [['MessagingBinding.ProjectedAddress', '+15559990000']]), 400, 50436);
});

test('fetched and deleted by SID and by identity', async () => {
  const { json: made } = await join('a/b c?');
  for (const name of [made.sid, 'a%2Fb%20c%3F']) {
    const { status, json } = await call(twilio, 'GET', `${path}/${name}`);
    assert.deepEqual([status, json], [200, made]);
  }
  await refuses(call(twilio, 'GET', `${path}/nobody`), 404, 20404);
  const removed = once(twilio, 'participantRemoved');
  const { status, body } = await call(twilio, 'DELETE', `${path}/a%2Fb%20c%3F`);
  assert.deepEqual([status, body], [204, '']);
  await removed;
  await refuses(call(twilio, 'GET', `${path}/${made.sid}`), 404, 20404);
});

test('updated', async () => {
  await join('bot');
  const { status, json } = await call(twilio, 'POST', `${path}/bot`, { form: [['Attributes', '{"v":2}'], ['LastReadMessageIndex', '3']] });
  assert.deepEqual([status, json.attributes, json.last_read_message_index], [200, '{"v":2}', 3]);
});
