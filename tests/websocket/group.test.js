// A group MMS: the webhook names every address, the conversation takes nobody in until it is active, and
// the bot needs a projected address in it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call } from '../lib/rest-client.js';
import { Bot } from './bot.js';
import { IDENTITY, OURS, Scene } from './scene.js';

const PROJECTED = '+15005550099';

let scene;
let bot;
before(async () => {
  scene = await Scene.open({
    settings: { AUTOJOIN_PROJECTED_ADDRESS: PROJECTED, AUTOJOIN_EVENTS: 'onConversationAdded, onConversationStateUpdated', AUTOJOIN_DEADLINE_MS: '1000' },
  });
  bot = await Bot.connect(scene.twilio, scene.token());
});
after(async () => {
  await bot?.end();
  await scene?.close();
});

const mms = (group, body, options) => scene.twilio.arriveSms({ from: group[0], to: [OURS, ...group.slice(1)], body, ...options });
const result = ({ deliveries }, event) => {
  const { status, body } = deliveries.find((delivery) => delivery.event === event);
  return [status, JSON.parse(body).result];
};
const addressesOf = ({ deliveries }) => deliveries.find(({ event }) => event === 'onConversationAdded')
  .params.filter(([name]) => name === 'MessagingBinding.Address').map(([, value]) => value);

async function hearsTheGroup(group, first) {
  const conversation = await bot.joined(first.conversation);
  await mms(group, `more of ${group[0]}`);
  const message = await bot.hears(`more of ${group[0]}`);
  assert.equal(message.conversation.sid, first.conversation.sid);
  const participants = await conversation.getParticipants();
  // The number that was written to takes part as well.
  assert.deepEqual(participants.map(({ type, identity }) => identity ?? type).sort(), [IDENTITY, 'sms', ...group.map(() => 'sms')]);
  const [added] = scene.twilio.participants(first.conversation.sid).filter(({ identity }) => identity === IDENTITY);
  assert.equal(added.messagingBinding.projectedAddress, PROJECTED);
}

test('active within the deadline: joined by the first webhook, which waits for it', async () => {
  scene.sendWebhooks(['onConversationAdded']);
  const group = ['+15005550030', '+15005550031', '+15005550032'];
  const first = await mms(group, 'Hi all', { activateAfterMs: 200 });
  assert.deepEqual(addressesOf(first), group);
  assert.deepEqual(result(first, 'onConversationAdded'), [200, 'joined']);
  const codes = scene.restRequests().map(({ status, params }) => [status, params.some(([name]) => name === 'MessagingBinding.ProjectedAddress')]);
  assert.equal(codes.at(-1).join(), '201,true');
  assert.ok(codes.length >= 2, 'it was refused while the conversation was initializing');
  await hearsTheGroup(group, first);
});

test('active only after the deadline: joined when onConversationStateUpdated says so', async () => {
  scene.sendWebhooks(['onConversationAdded', 'onConversationStateUpdated']);
  const group = ['+15005550040', '+15005550041'];
  const first = await mms(group, 'Slow', { activateAfterMs: 1400 });
  assert.deepEqual(result(first, 'onConversationAdded'), [503, 'retry-later']);
  assert.deepEqual(result(first, 'onConversationStateUpdated'), [200, 'joined']);
  await hearsTheGroup(group, first);
});

test('an identity that is given to the number by an update: the SDK says conversationJoined', async () => {
  const { twilio } = scene;
  const group = twilio.createGroup({ addresses: ['+15005550050', '+15005550051'], number: OURS });
  const { sid } = twilio.participants(group.sid).find(({ messagingBinding }) => messagingBinding.projectedAddress === OURS);
  const auth = [twilio.accountSid, twilio.authToken];
  const { status } = await call(twilio, 'POST', `/v1/Conversations/${group.sid}/Participants/${sid}`, { form: [['Identity', IDENTITY]], auth });
  assert.equal(status, 200);
  await bot.joined(group);
  await twilio.arriveSms({ from: '+15005550050', to: [OURS, '+15005550051'], body: 'to the number' });
  assert.equal((await bot.hears('to the number')).conversation.sid, group.sid);
});

test('an identity that is given by an update, where the SDK is assumed to be told nothing', async (t) => {
  const { twilio } = scene;
  twilio.assume.change({ toldOfUpdate: 'nothing' });
  t.after(() => twilio.assume.change({ toldOfUpdate: 'joined' }));
  const auth = [twilio.accountSid, twilio.authToken];
  const silent = twilio.createGroup({ addresses: ['+15005550060', '+15005550061'], number: OURS });
  const { sid } = twilio.participants(silent.sid).find(({ messagingBinding }) => messagingBinding.projectedAddress === OURS);
  await call(twilio, 'POST', `/v1/Conversations/${silent.sid}/Participants/${sid}`, { form: [['Identity', IDENTITY]], auth });
  // What is said afterwards, of another conversation, comes after anything that would be said of this one.
  const spoken = twilio.createConversation();
  twilio.addParticipant(spoken.sid, { identity: IDENTITY });
  await bot.joined(spoken);
  assert.equal(bot.all('conversationJoined').some((conversation) => conversation.sid === silent.sid), false);
});
