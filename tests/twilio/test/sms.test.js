import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { StandIn } from '../standin.js';
import { call } from '../../lib/rest-client.js';
import { WebhookListener } from '../../lib/webhook-listener.js';

const ALL = ['onConversationAdd', 'onConversationAdded', 'onParticipantAdded', 'onMessageAdd', 'onMessageAdded', 'onConversationStateUpdated'];
const sms = { from: '+15550001111', to: '+15559990000', body: 'hello' };

let twilio;
let listener;
beforeEach(async () => {
  twilio = await StandIn.start();
  listener = await WebhookListener.start();
  twilio.configureWebhook({ url: listener.url, filters: ALL });
});
afterEach(async () => {
  await twilio.stop();
  await listener.stop();
});

const events = () => listener.received.map((r) => r.event);
const told = (event) => new Map(listener.received.find((r) => r.event === event).params);

test('the first SMS makes a conversation with its sender in it', async () => {
  const { conversation, message, deliveries } = await twilio.arriveSms(sms);
  assert.deepEqual([conversation.state, conversation.chatServiceSid], ['active', twilio.defaultService.sid]);
  const [participant] = twilio.participants(conversation.sid);
  assert.deepEqual(participant.messagingBinding, { type: 'sms', address: sms.from, proxyAddress: sms.to });
  assert.equal(message.participantSid, participant.sid);
  assert.deepEqual(events(), ['onConversationAdded', 'onParticipantAdded', 'onMessageAdded']);
  assert.deepEqual(deliveries.map((d) => [d.event, d.status]), events().map((event) => [event, 200]));
});

test('what onConversationAdded says', async () => {
  const { conversation } = await twilio.arriveSms(sms);
  const { DateCreated, DateUpdated, ...rest } = Object.fromEntries(told('onConversationAdded'));
  assert.match(DateCreated, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.equal(DateUpdated, DateCreated);
  assert.deepEqual(rest, {
    AccountSid: twilio.accountSid,
    EventType: 'onConversationAdded',
    Source: 'SMS',
    ChatServiceSid: twilio.defaultService.sid,
    ConversationSid: conversation.sid,
    Attributes: '{}',
    MessagingServiceSid: twilio.store.messagingServiceSid,
    'MessagingBinding.Address': sms.from,
    'MessagingBinding.ProxyAddress': sms.to,
    'MessagingBinding.AuthorAddress': sms.from,
    MessageBody: 'hello',
    State: 'active',
    RetryCount: '0',
  });
});

test('the next SMS of the same pair comes into the same conversation', async () => {
  const first = await twilio.arriveSms(sms);
  listener.received.length = 0;
  const second = await twilio.arriveSms({ ...sms, body: 'again' });
  assert.equal(second.conversation, first.conversation);
  assert.equal(second.message.index, 1);
  assert.deepEqual(events(), ['onMessageAdded']);
});

test('another pair, or a closed conversation, makes a new one', async () => {
  const first = await twilio.arriveSms(sms);
  const other = await twilio.arriveSms({ ...sms, from: '+15550002222' });
  assert.notEqual(other.conversation, first.conversation);
  twilio.setState(first.conversation.sid, 'closed');
  const next = await twilio.arriveSms(sms);
  assert.notEqual(next.conversation, first.conversation);
});

test('a group MMS: addresses repeated, initializing until it is active', async () => {
  const group = ['+15550003333', '+15550001111', '+15550002222'];
  const states = [];
  twilio.on('participantAdded', ({ conversation }) => states.push(conversation.state));
  const { conversation, deliveries } = await twilio.arriveSms({ ...sms, address: group, activateAfterMs: 1 });
  assert.deepEqual(states, ['initializing', 'initializing', 'initializing', 'initializing']);
  assert.deepEqual(twilio.participants(conversation.sid).map((p) => [p.identity, p.messagingBinding]), [
    ...group.map((address) => [null, { type: 'sms', address }]), [null, { type: 'sms', projectedAddress: sms.to }],
  ]);
  assert.equal(conversation.state, 'active');
  assert.deepEqual(deliveries.map((d) => d.event),
    ['onConversationAdded', ...Array(4).fill('onParticipantAdded'), 'onMessageAdded', 'onConversationStateUpdated']);
  const { params } = listener.received.find((r) => r.event === 'onConversationAdded');
  assert.deepEqual(params.filter(([name]) => name === 'MessagingBinding.Address').map(([, value]) => value), group);
  assert.equal(new Map(params).get('State'), 'initializing');
  const change = told('onConversationStateUpdated');
  assert.deepEqual(['StateFrom', 'StateTo', 'Reason'].map((name) => change.get(name)), ['initializing', 'active', 'EVENT']);
  const unnamed = await twilio.arriveSms({ ...sms, address: group.filter((address) => address !== sms.from) });
  assert.equal(unnamed.conversation, conversation);
  const again = await twilio.arriveSms({ ...sms, from: group[2], to: [sms.to, group[0], group[1]] });
  assert.equal(again.conversation, conversation);
});

test('a group takes nobody in while it is initializing', async () => {
  const tried = [];
  twilio.on('webhookSent', ({ event, params }) => {
    if (event !== 'onConversationAdded') return;
    const path = `/v1/Conversations/${new Map(params).get('ConversationSid')}/Participants`;
    tried.push(call(twilio, 'POST', path, { form: [['Identity', 'bot'], ['MessagingBinding.ProjectedAddress', sms.to]] }));
  });
  await twilio.arriveSms({ ...sms, to: [sms.to, '+15550002222'], activateAfterMs: 200 });
  assert.equal((await tried[0]).json.code, 50386);
});

test('the address configuration chooses the service', async () => {
  const other = twilio.createService();
  twilio.addAddress({ address: sms.to, autoCreation: { conversation_service_sid: other.sid } });
  const { conversation } = await twilio.arriveSms(sms);
  assert.equal(conversation.chatServiceSid, other.sid);
  assert.equal(told('onConversationAdded').get('ChatServiceSid'), other.sid);
});

test('a pre-webhook that answers 4xx or 5xx keeps the conversation from being made', async () => {
  twilio.configureWebhook({ url: listener.url, preWebhookUrl: `${listener.url}/pre`, filters: ALL });
  listener.answers.push({ status: 403 });
  const { rejected, conversation } = await twilio.arriveSms(sms);
  assert.deepEqual([rejected, conversation, events()], [true, null, ['onConversationAdd']]);
  assert.equal(told('onConversationAdd').has('ConversationSid'), false);
  assert.equal(twilio.store.conversations.size, 0);
});

test('a pre-webhook that answers 200 {} lets everything pass', async () => {
  twilio.configureWebhook({ url: listener.url, preWebhookUrl: `${listener.url}/pre`, filters: ALL });
  await twilio.arriveSms(sms);
  assert.deepEqual(events(), ['onConversationAdd', 'onMessageAdd', 'onConversationAdded', 'onParticipantAdded', 'onMessageAdded']);
});

test('the retry count of the service holds for its webhooks', async () => {
  twilio.configureWebhook({ url: listener.url, filters: ['onConversationAdded'], retryCount: 2 });
  listener.answers.push({ status: 503 }, { status: 503 });
  const { deliveries } = await twilio.arriveSms(sms);
  assert.deepEqual(deliveries.map((d) => [d.status, d.attempts]), [[200, 3]]);
});
