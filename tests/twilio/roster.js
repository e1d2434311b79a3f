// Who may be put into a conversation: the rules of Twilio's participant resource, used alike by
// REST, by an arriving SMS and by tests that set up a scene.
import { isSid, newSid } from './sids.js';
import { twilioError, invalidParameter } from './errors.js';
import { groupKeys, ownNumbersOf, stamps } from './store.js';

export const RESERVED_IDENTITIES = new Set(['system']);
const ATTRIBUTES_MAX = 4096; // bytes (docs: Conversations limits)
const IDENTITY_MAX = 256;

export function addParticipant(store, conversation, {
  identity = null, messagingBinding = null, roleSid, attributes = '{}', dateCreated, dateUpdated,
} = {}, { initial = false } = {}) {
  const service = store.services.get(conversation.chatServiceSid);
  if (conversation.state === 'closed') throw twilioError(50377);
  if (conversation.state === 'initializing' && !initial) throw twilioError(50386);
  checkIdentityAndBinding(conversation, identity, messagingBinding);
  checkAttributes(attributes);
  checkRole(service, roleSid);
  const { bindingKey, binding } = bind(store, conversation, identity, messagingBinding);
  if (identity !== null) checkNewcomer(conversation, identity);
  if (conversation.group) checkGroup(store, conversation, binding);
  checkRoom(service, conversation);
  const user = identity === null ? null : store.userFor(service, identity);
  if (user && user.openConversations >= service.limits.conversations) throw twilioError(50214);
  const participant = {
    sid: newSid('MB'),
    sequence: store.nextSequence(),
    conversation,
    conversationSid: conversation.sid,
    identity,
    user,
    messagingBinding: binding,
    bindingKey,
    roleSid: roleSid ?? (identity === null ? null : service.channelUserRole),
    attributes,
    ...stamps(),
    ...(dateCreated && { dateCreated }),
    ...(dateUpdated && { dateUpdated }),
    lastReadMessageIndex: null,
    lastReadTimestamp: null,
  };
  store.list(participant);
  return participant;
}

function checkIdentityAndBinding({ group }, identity, binding) {
  if (identity !== null) checkIdentity(identity);
  if (identity !== null && binding?.address) throw twilioError(50211);
  if (identity === null && !binding?.address && !(group && binding?.projectedAddress)) throw twilioError(50204);
}

// The number that is here already, and a set of numbers that has a conversation elsewhere.
function checkGroup({ assume, bindings }, conversation, { address, projectedAddress }) {
  const own = ownNumbersOf(conversation);
  const here = [...conversation.roster?.values() ?? []].some((p) => address && p.messagingBinding?.address === address);
  if (here) throw twilioError(50416);
  if (own.includes(projectedAddress) && assume.projectedTwice !== 'created') throw twilioError(assume.projectedTwice);
  const numbers = projectedAddress ? [...own, projectedAddress] : own;
  const keys = numbers.length > 0 ? groupKeys(address ? [...conversation.group, address] : conversation.group, numbers) : [];
  if (keys.some((key) => bindings.has(key) && bindings.get(key) !== conversation)) throw twilioError(50438);
}

/** Gives an identity to a participant by an update: only where one stands for a number and has none. */
export function giveIdentity(store, participant, identity) {
  const { conversation } = participant;
  checkIdentity(identity);
  const taken = participant.identity !== null && !store.assume.identityReplaced;
  if (!participant.messagingBinding?.projectedAddress || taken) throw twilioError(50444);
  checkNewcomer(conversation, identity);
  const service = store.services.get(conversation.chatServiceSid);
  if (store.userFor(service, identity).openConversations >= service.limits.conversations) throw twilioError(50214);
  participant.roleSid ??= service.channelUserRole;
  store.assignIdentity(participant, identity);
}

/** Gives a participant a projected address, or with an empty one takes it away. */
export function projectAddress(store, participant, projectedAddress) {
  const binding = participant.messagingBinding;
  if (projectedAddress === '' && !binding?.projectedAddress) throw twilioError(50442);
  if (projectedAddress !== '' && binding?.address) throw twilioError(50443);
  if (projectedAddress !== '' && !isAddress(projectedAddress)) throw twilioError(50407);
  participant.messagingBinding = projectedAddress === '' ? null : { type: 'sms', projectedAddress };
  if (projectedAddress !== '') store.ownNumbers.add(projectedAddress);
  store.regroup(participant.conversation);
}

export function checkIdentity(identity) {
  if (identity === '') throw twilioError(50204);
  if (RESERVED_IDENTITIES.has(identity)) throw twilioError(50203);
  if (isSid('US', identity)) throw twilioError(50206);
  if ([...identity].length > IDENTITY_MAX) throw twilioError(50207);
}

export function checkAttributes(attributes) {
  if (Buffer.byteLength(attributes) > ATTRIBUTES_MAX) throw invalidParameter('Attributes is too long');
  try {
    JSON.parse(attributes);
  } catch {
    throw invalidParameter('Attributes is not JSON');
  }
}

export function checkRole(service, roleSid) {
  if (roleSid === undefined) return;
  if (!isSid('RL', roleSid)) throw invalidParameter('RoleSid');
  if (!service.roles.has(roleSid)) throw twilioError(50100);
}

function checkNewcomer(conversation, identity) {
  for (const participant of conversation.roster?.values() ?? []) {
    if (participant.identity === identity) throw twilioError(conversation.group ? 50437 : 50433);
  }
}

function checkRoom(service, conversation) {
  const count = conversation.roster?.size ?? 0;
  if (conversation.group && count >= 10) throw twilioError(50436); // carriers' limit for group MMS
  if (count >= service.limits.members) throw twilioError(50417);
}

// A number pair belongs to one open conversation of the account; a group MMS is told by all its
// addresses together, so its participants carry no pair of their own.
function bind(store, conversation, identity, given) {
  if (conversation.group) {
    if (identity !== null && !given?.projectedAddress) throw twilioError(50434);
    const { address, proxyAddress, projectedAddress } = given;
    if (address && (projectedAddress || store.ownNumbers.has(address))) throw twilioError(50407);
    if (!isGroupNumber(address ?? projectedAddress)) throw twilioError(50407);
    if (proxyAddress) throw twilioError(50408);
    if (projectedAddress) store.ownNumbers.add(projectedAddress);
    const binding = { type: 'sms', ...(address && { address }), ...(projectedAddress && { projectedAddress }) };
    return { bindingKey: null, binding };
  }
  if (identity !== null) return { bindingKey: null, binding: null };
  const { address, proxyAddress } = given;
  if (!isAddress(address)) throw twilioError(50407);
  if (!isAddress(proxyAddress)) throw twilioError(50408);
  const bindingKey = pairKey(proxyAddress, address);
  if (store.bindings.has(bindingKey)) throw twilioError(50416);
  return { bindingKey, binding: { type: channelOf(address), address, proxyAddress } };
}

// Carriers know groups of numbers of the United States and Canada alone.
function isGroupNumber(text) {
  return /^\+1[0-9]{10}$/.test(text);
}

function isAddress(text) {
  return typeof text === 'string' && /^(?:[a-z]+:)?\+[1-9][0-9]{1,14}$|^messenger:[0-9]+$/.test(text);
}

function channelOf(address) {
  const colon = address.indexOf(':');
  return colon < 0 ? 'sms' : address.slice(0, colon);
}

export function pairKey(proxyAddress, address) {
  return `${proxyAddress}|${address}`;
}
