// What Twilio does when an SMS or a group MMS comes in for one of the account's numbers.
import { addParticipant, pairKey } from './roster.js';
import { groupKey } from './store.js';

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
  const activated = conversation.state === 'initializing' ? await activate(standIn, conversation, sms.activateAfterMs) : [];
  return { conversation, message, deliveries: [...await sending, ...activated] };
}

// A group conversation is `initializing` while its webhooks go out, and takes nobody in until it
// is active: about 700 ms were seen at Twilio.
async function activate(standIn, conversation, delayMs = 300) {
  await standIn.pause(delayMs);
  standIn.store.setState(conversation, 'active', 'EVENT');
  const details = { conversation, from: 'initializing', to: 'active', reason: 'EVENT' };
  return standIn.fireInOrder([['onConversationStateUpdated', details]], 'SMS');
}

function readArrival({ from, to, body = '', address }) {
  const lists = Array.isArray(to) || Array.isArray(address);
  if (!lists) return { from, to, body, key: pairKey(to, from) };
  const [own, ...others] = [to].flat();
  const group = [...new Set([...[address ?? from].flat(), ...others])];
  if (!group.includes(from)) group.unshift(from);
  return { from, to: own, body, group, key: groupKey(group) };
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
  const conversation = store.createConversation({
    serviceSid: serviceFor(store, arrival).sid,
    state: group ? 'initializing' : 'active',
    group: group ?? null,
  });
  for (const address of group ?? [from]) {
    const binding = group ? { address } : { address, proxyAddress: to };
    addParticipant(store, conversation, { messagingBinding: binding }, { initial: true });
  }
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
