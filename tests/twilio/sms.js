// What Twilio does when an SMS or a group MMS comes in for one of the account's numbers.
import { addParticipant, pairKey } from './roster.js';
import { twilioError } from './errors.js';
import { groupKey } from './store.js';

const ACTIVE_AFTER_MS = 700;

// sms: { from, to, body, address? }. A list as `to` or `address` makes it a group MMS; the first
// of `to` is then the account's own number.
export async function arriveSms(standIn, sms) {
  const arrival = readArrival(sms);
  standIn.emit('sms', arrival);
  const known = standIn.store.bindings.get(arrival.key);
  if (!known && !(await standIn.permits('onConversationAdd', { conversation: draft(standIn, arrival), sms: arrival }))) {
    return { conversation: null, message: null, rejected: true, deliveries: [] };
  }
  const conversation = known ?? open(standIn, arrival);
  const author = { author: arrival.from, body: arrival.body, attributes: '{}' };
  if (!(await standIn.permits('onMessageAdd', { conversation, message: author }))) {
    return { conversation, message: null, rejected: true, deliveries: [] };
  }
  const message = standIn.store.addMessage(conversation, { ...author, participantSid: speaker(conversation, arrival), source: 'SMS' });
  const events = [...(known ? [] : birth(conversation, arrival)), ['onMessageAdded', { conversation, message }]];
  const sending = standIn.fireInOrder(events, 'SMS');
  const activated = conversation.state === 'initializing' ? await activate(standIn, conversation, sms.activateAfterMs, 'SMS') : [];
  return { conversation, message, deliveries: [...await sending, ...activated] };
}

// A group conversation is `initializing` while its webhooks go out, and takes nobody in until it
// is active: about 700 ms were seen at Twilio.
// source undefined: no webhook tells of it.
export async function activate(standIn, conversation, delayMs = ACTIVE_AFTER_MS, source = undefined) {
  await standIn.pause(delayMs);
  if (conversation.state !== 'initializing' || !standIn.store.conversations.has(conversation.sid)) return [];
  standIn.store.setState(conversation, 'active', 'EVENT');
  const details = { conversation, from: 'initializing', to: 'active', reason: 'EVENT' };
  return source === undefined ? [] : standIn.fireInOrder([['onConversationStateUpdated', details]], source);
}

function readArrival({ from, to, body = '', address }) {
  const lists = Array.isArray(to) || Array.isArray(address);
  if (!lists) return { from, to, body, key: pairKey(to, from) };
  const [own, ...others] = [to].flat();
  const group = [...new Set([...[address ?? from].flat(), ...others])];
  if (!group.includes(from)) group.unshift(from);
  return { from, to: own, body, group, key: groupKey([...group, own]) };
}

// Before its creation a conversation has neither SID nor dates.
function draft({ store }, arrival) {
  return {
    chatServiceSid: serviceFor(store, arrival).sid, friendlyName: null, uniqueName: null, attributes: '{}',
    messagingServiceSid: store.messagingServiceSid, state: arrival.group ? 'initializing' : 'active',
  };
}

function serviceFor(store, { to }) {
  const chosen = store.addresses.get(to)?.autoCreation.conversation_service_sid;
  return store.services.get(chosen) ?? store.defaultService;
}

function open({ store }, arrival) {
  const { from, to, group } = arrival;
  if (group?.length >= 10) throw twilioError(50436);
  store.ownNumbers.add(to);
  const conversation = store.createConversation({
    serviceSid: serviceFor(store, arrival).sid,
    state: group ? 'initializing' : 'active',
    group: group ?? null,
  });
  // In a group the number takes part, as one of all; a pair of two is bound instead.
  const bindings = group ? [...group.map((address) => ({ address })), { projectedAddress: to }] : [{ address: from, proxyAddress: to }];
  for (const messagingBinding of bindings) addParticipant(store, conversation, { messagingBinding }, { initial: true });
  return conversation;
}

function birth(conversation, arrival) {
  const joined = [...conversation.roster.values()].filter((p) => p.identity === null);
  return [
    ['onConversationAdded', { conversation, sms: arrival }],
    ...joined.map((participant) => ['onParticipantAdded', { conversation, participant }]),
  ];
}

function speaker(conversation, { from }) {
  const found = [...(conversation.roster?.values() ?? [])].find((p) => p.messagingBinding?.address === from);
  return found?.sid ?? null;
}
