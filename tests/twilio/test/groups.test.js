// Group texts: who is in them, and how an identity comes into them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { StandIn } from '../standin.js';
import { call } from '../../lib/rest-client.js';
import { WebhookListener } from '../../lib/webhook-listener.js';

const NUMBER = '+15559990000';
const PEOPLE = ['+15550001111', '+15550002222'];
const IDENTITY = [['Identity', 'bot']];
const PROJECTED = ['MessagingBinding.ProjectedAddress', NUMBER];

let twilio;
beforeEach(async () => { twilio = await StandIn.start(); });
afterEach(() => twilio.stop());

const aGroup = (more = {}) => twilio.createGroup({ addresses: PEOPLE, number: NUMBER, ...more });
const pathOf = ({ sid }) => `/v1/Conversations/${sid}/Participants`;
const join = (group, form) => call(twilio, 'POST', pathOf(group), { form });
const numberOf = (group) => twilio.participants(group.sid).find(({ messagingBinding }) => messagingBinding?.projectedAddress);
const personOf = (group) => twilio.participants(group.sid).find(({ messagingBinding }) => messagingBinding?.address);
const update = (group, participant, form) => call(twilio, 'POST', `${pathOf(group)}/${participant.sid}`, { form });

async function refuses(answer, status, code) {
  const { status: found, json } = await answer;
  assert.deepEqual([found, json.code], [status, code]);
}

describe('an identity', () => {
  test('alone is refused: 50434; with a free number it comes in', async () => {
    const group = aGroup();
    await refuses(join(group, IDENTITY), 400, 50434);
    const { status, json } = await join(group, [...IDENTITY, ['MessagingBinding.ProjectedAddress', '+15559990001']]);
    assert.deepEqual([status, json.identity, json.messaging_binding], [201, 'bot', { type: 'sms', projected_address: '+15559990001' }]);
  });

  test('is given to the number by an update, and is a user\'s then', async () => {
    const group = aGroup();
    const told = once(twilio, 'participantUpdated');
    const { status, json } = await update(group, numberOf(group), IDENTITY);
    assert.deepEqual([status, json.identity, json.messaging_binding], [200, 'bot', { type: 'sms', projected_address: NUMBER }]);
    assert.match(json.role_sid, /^RL/);
    assert.equal((await told)[0].participant.identity, 'bot');
    const { json: { conversations } } = await call(twilio, 'GET', '/v1/ParticipantConversations?Identity=bot');
    assert.deepEqual(conversations.map(({ conversation_sid: sid }) => sid), [group.sid]);
    await call(twilio, 'DELETE', `${pathOf(group)}/bot`);
    assert.deepEqual((await call(twilio, 'GET', '/v1/ParticipantConversations?Identity=bot')).json.conversations, []);
    assert.equal(numberOf(group), undefined, 'and the number left with it');
  });

  test('is given to nobody who has one, or no number: 50444', async () => {
    const group = aGroup();
    await refuses(update(group, personOf(group), IDENTITY), 400, 50444);
    await update(group, numberOf(group), IDENTITY);
    await refuses(update(group, numberOf(group), [['Identity', 'other']]), 400, 50444);
    const plain = twilio.createConversation();
    await refuses(update(plain, twilio.addParticipant(plain.sid, { identity: 'a' }), IDENTITY), 400, 50444);
  });

  test('can be assumed to be replaced by another', async () => {
    twilio.assume.change({ identityReplaced: true });
    const group = aGroup();
    await update(group, numberOf(group), IDENTITY);
    assert.equal((await update(group, numberOf(group), [['Identity', 'other']])).json.identity, 'other');
    assert.deepEqual((await call(twilio, 'GET', '/v1/ParticipantConversations?Identity=bot')).json.conversations, []);
  });

  test('and number that are there already: 50437', async () => {
    const group = aGroup();
    await update(group, numberOf(group), IDENTITY);
    await refuses(join(group, [...IDENTITY, PROJECTED]), 409, 50437);
  });

  for (const [projectedTwice, status] of [[50437, 409], [50438, 409], [50407, 400], ['created', 201]]) {
    test(`with the number that is there already can be assumed to be ${projectedTwice}`, async () => {
      twilio.assume.change({ projectedTwice });
      const answer = await join(aGroup(), [...IDENTITY, PROJECTED]);
      assert.deepEqual([answer.status, answer.json.code ?? 'created'], [status, projectedTwice]);
    });
  }
});

describe('numbers', () => {
  test('one of Twilio\'s is nobody\'s address, and none has both: 50407', async () => {
    const group = aGroup();
    await refuses(join(group, [['MessagingBinding.Address', NUMBER]]), 400, 50407);
    await refuses(join(group, [['MessagingBinding.Address', '+15550003333'], PROJECTED]), 400, 50407);
    await refuses(join(group, [['MessagingBinding.Address', '+4930123456']]), 400, 50407);
  });

  test('are taken away where there is one: 50442, and not put beside an address: 50443', async () => {
    const group = aGroup();
    await refuses(update(group, personOf(group), [PROJECTED]), 400, 50443);
    await refuses(update(group, personOf(group), [['MessagingBinding.ProjectedAddress', '']]), 400, 50442);
  });

  test('that are together elsewhere stay there: 50438', async () => {
    aGroup();
    const other = twilio.createGroup({ addresses: [PEOPLE[0]], number: NUMBER });
    await refuses(join(other, [['MessagingBinding.Address', PEOPLE[1]]]), 409, 50438);
  });

  test('ten are a group, eleven are not: 50436', async () => {
    const group = aGroup({ addresses: Array.from({ length: 9 }, (_, i) => `+1555000200${i}`) });
    await refuses(join(group, [['MessagingBinding.Address', '+15550003333']]), 400, 50436);
  });
});

describe('while it is initializing', () => {
  test('nobody comes in, nobody is changed and nothing is said: 50386', async () => {
    const group = aGroup({ state: 'initializing' });
    await refuses(join(group, [...IDENTITY, ['MessagingBinding.ProjectedAddress', '+15559990001']]), 409, 50386);
    await refuses(update(group, numberOf(group), IDENTITY), 409, 50386);
    await refuses(call(twilio, 'POST', `/v1/Conversations/${group.sid}/Messages`, { form: [['Body', 'x']] }), 409, 50386);
    twilio.setState(group.sid, 'active');
    assert.equal((await update(group, numberOf(group), IDENTITY)).status, 200);
  });

  test('a text of several, and for how long', async (t) => {
    const listener = await WebhookListener.start();
    t.after(() => listener.stop());
    twilio.configureWebhook({ url: listener.url, filters: ['onConversationAdded', 'onConversationStateUpdated'] });
    const since = performance.now();
    await twilio.arriveSms({ from: PEOPLE[0], to: [NUMBER, PEOPLE[1]], body: 'hello' });
    assert.ok(performance.now() - since >= 690);
    assert.deepEqual(listener.received.map(({ event }) => event), ['onConversationAdded', 'onConversationStateUpdated']);
  });
});

test('made with its participants: initializing, and gone again if one cannot be', async () => {
  const make = (participants) => call(twilio, 'POST', '/v1/ConversationWithParticipants', { form: participants.map((p) => ['Participant', JSON.stringify(p)]) });
  const people = PEOPLE.map((address) => ({ messaging_binding: { address } }));
  await refuses(make([...people, { identity: 'bot' }]), 400, 50434);
  assert.equal(twilio.store.conversations.size, 0);
  await refuses(make([{ identity: 'bot', colour: 'red' }]), 400, 20001);
  const active = once(twilio, 'conversationStateUpdated');
  const { status, json } = await make([...people, { messaging_binding: { projected_address: NUMBER } }]);
  assert.deepEqual([status, json.state, twilio.participants(json.sid).length], [201, 'initializing', 3]);
  await refuses(make([...people, { messaging_binding: { projected_address: NUMBER } }]), 409, 50438);
  assert.equal((await active)[0].to, 'active');
});
