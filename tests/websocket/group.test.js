// A group text: the webhook names every address, the account's number takes part, nobody else is taken in until the
// conversation is active, and then the bot is given the number.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call } from '../lib/rest-client.js';
import { Bot } from './bot.js';
import { IDENTITY, OURS, Scene } from './scene.js';

const PROJECTED = '+15005550099';
const SOON_MS = 1000;

let scene;
let bot;
before(async () => {
  scene = await Scene.open({
    settings: { AUTOJOIN_PROJECTED_ADDRESS: PROJECTED, AUTOJOIN_EVENTS: 'onConversationAdded, onConversationStateUpdated' },
  });
  bot = await Bot.connect(scene.twilio, scene.token());
});
after(async () => {
  await bot?.end();
  await scene?.close();
});

let people = 30;
/** Three that nobody has heard of. */
const newGroup = () => Array.from({ length: 3 }, () => `+150055500${people++}`);
const mms = (group, body, options) => scene.twilio.arriveSms({ from: group[0], to: [OURS, ...group.slice(1)], body, ...options });
const result = ({ deliveries }, name) => {
  const { status, body } = deliveries.find((delivery) => delivery.event === name);
  return [status, JSON.parse(body).result];
};
const addressesOf = ({ deliveries }) => deliveries.find((delivery) => delivery.event === 'onConversationAdded')
  .params.filter(([name]) => name === 'MessagingBinding.Address').map(([, value]) => value);
const numberIn = ({ sid }, number) => scene.twilio.participants(sid).find(({ messagingBinding }) => messagingBinding?.projectedAddress === number);

const event = (emitter, name) => new Promise((resolve) => { emitter.once(name, resolve); });

/** A group text, and how long after its conversation was active the SDK told the bot that it is in. */
async function arrives(group, body, options) {
  const { twilio } = scene;
  const told = event(twilio, 'conversationAdded').then(async ({ conversation }) => {
    const active = event(twilio, 'conversationStateUpdated').then(() => performance.now());
    await bot.joined(conversation);
    return performance.now() - await active;
  });
  return { first: await mms(group, body, options), toldMs: await told };
}

async function hearsTheGroup(group, { conversation }, number = OURS) {
  const joined = await bot.joined(conversation);
  await mms(group, `more of ${group[0]}`);
  const message = await bot.hears(`more of ${group[0]}`);
  assert.equal(message.conversation.sid, conversation.sid);
  const participants = await joined.getParticipants();
  // The bot is the number that was written to.
  assert.deepEqual(participants.map(({ type, identity }) => identity ?? type).sort(), [IDENTITY, ...group.map(() => 'sms')]);
  assert.equal(numberIn(conversation, number).identity, IDENTITY);
}

test('the first webhook waits until the group is active, and the bot is told within a second', async (t) => {
  scene.sendWebhooks(['onConversationAdded']);
  const group = newGroup();
  const { first, toldMs } = await arrives(group, 'Hi all');
  assert.deepEqual(addressesOf(first), group);
  assert.deepEqual(result(first, 'onConversationAdded'), [200, 'joined']);
  t.diagnostic(`told ${toldMs.toFixed(0)} ms after the conversation was active`);
  assert.ok(toldMs < SOON_MS, `${toldMs}`);
  await hearsTheGroup(group, first);
});

test('with onConversationStateUpdated whichever of the two is first puts the bot in', async (t) => {
  scene.sendWebhooks(['onConversationAdded', 'onParticipantAdded', 'onMessageAdded', 'onConversationStateUpdated']);
  const group = newGroup();
  const { first, toldMs } = await arrives(group, 'Hi all');
  assert.deepEqual(first.deliveries.map((delivery) => delivery.event), [
    'onConversationAdded', ...[...group, OURS].map(() => 'onParticipantAdded'), 'onMessageAdded', 'onConversationStateUpdated',
  ]);
  const results = ['onConversationAdded', 'onConversationStateUpdated'].map((name) => result(first, name).join()).sort();
  assert.deepEqual(results, ['200,already-joined', '200,joined']);
  t.diagnostic(`told ${toldMs.toFixed(0)} ms after the conversation was active`);
  assert.ok(toldMs < SOON_MS, `${toldMs}`);
  await hearsTheGroup(group, first);
});

test('active only after the deadline: joined when onConversationStateUpdated says so', async (t) => {
  scene.sendWebhooks(['onConversationAdded', 'onConversationStateUpdated']);
  const group = newGroup();
  const { first, toldMs } = await arrives(group, 'Slow', { activateAfterMs: 4600 });
  assert.deepEqual(result(first, 'onConversationAdded'), [503, 'retry-later']);
  assert.deepEqual(result(first, 'onConversationStateUpdated'), [200, 'joined']);
  t.diagnostic(`told ${toldMs.toFixed(0)} ms after the conversation was active`);
  assert.ok(toldMs < SOON_MS, `${toldMs}`);
  await hearsTheGroup(group, first);
});

test('a group that somebody builds without a number: the bot brings AUTOJOIN_PROJECTED_ADDRESS', async () => {
  scene.sendWebhooks(['onConversationAdded']);
  const { twilio } = scene;
  const group = newGroup();
  const form = group.map((address) => ['Participant', JSON.stringify({ messaging_binding: { address } })]);
  const { status, json } = await call(twilio, 'POST', '/v1/ConversationWithParticipants', {
    form, auth: [twilio.accountSid, twilio.authToken], headers: { 'X-Twilio-Webhook-Enabled': 'true' },
  });
  assert.equal(status, 201);
  await bot.joined(json);
  assert.equal(numberIn(json, PROJECTED).identity, IDENTITY);
});

test('where the SDK is assumed to be told nothing of an update, the bot finds the group when it connects anew', async (t) => {
  const { twilio } = scene;
  twilio.assume.change({ toldOfUpdate: 'nothing' });
  t.after(() => twilio.assume.change({ toldOfUpdate: 'joined' }));
  scene.sendWebhooks(['onConversationAdded']);
  const silent = await mms(newGroup(), 'Hi all');
  assert.deepEqual(result(silent, 'onConversationAdded'), [200, 'joined']);
  assert.equal(numberIn(silent.conversation, OURS).identity, IDENTITY);
  // What is said afterwards, of another conversation, comes after anything that would be said of this one.
  const spoken = twilio.createConversation();
  twilio.addParticipant(spoken.sid, { identity: IDENTITY });
  await bot.joined(spoken);
  const isSilent = ({ sid }) => sid === silent.conversation.sid;
  assert.equal(bot.all('conversationJoined').some(isSilent), false);
  const another = await Bot.connect(twilio, scene.token());
  try {
    await another.joined(silent.conversation);
  } finally {
    await another.end();
  }
});
