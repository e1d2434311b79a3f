// What Twilio would remember: one account with its services and conversations. Rules about who may
// join what are in roster.js; this file keeps the indexes true.
import { OrderedList } from './orderedlist.js';
import { newSid } from './sids.js';
import { twilioError } from './errors.js';

const ROLES = [
  ['serviceUser', 'service user', 'service'],
  ['serviceAdmin', 'service admin', 'service'],
  ['channelUser', 'channel user', 'conversation'],
  ['channelAdmin', 'channel admin', 'conversation'],
];

const byCreation = (item) => [item.dateCreated.getTime(), item.sequence];

export class Store {
  #sequence = 0;

  // notify(event, details) is told of every change, whoever made it.
  constructor({ accountSid, serviceSid, limits, assume, notify }) {
    this.accountSid = accountSid;
    this.assume = assume;
    this.limits = limits;
    this.notify = notify;
    this.services = new Map();
    this.serviceList = new OrderedList();
    this.conversations = new Map();
    this.bindings = new Map(); // "proxy|address", or the sorted addresses of a group, to its open conversation
    this.webhooks = { method: 'POST', filters: [], preWebhookUrl: null, postWebhookUrl: null, target: 'webhook' };
    this.ownNumbers = new Set(); // of the account, as far as they were seen
    this.addresses = new Map();
    this.addressList = new OrderedList();
    this.messagingServiceSid = newSid('MG');
    this.timers = { inactive: null, closed: null };
    this.defaultService = this.createService({ sid: serviceSid, friendlyName: 'Default Conversations Service' });
  }

  nextSequence() {
    this.#sequence += 1;
    return this.#sequence;
  }

  // ---- services

  createService({ sid = newSid('IS'), friendlyName = null, isDefault = false } = {}) {
    const service = {
      sid,
      sequence: this.nextSequence(),
      friendlyName,
      ...stamps(),
      conversations: new OrderedList(byCreation),
      uniqueNames: new Map(),
      users: new Map(), // by identity
      usersBySid: new Map(),
      userList: new OrderedList(),
      byAddress: new Map(),
      roles: new Map(),
      webhooks: { method: 'POST', filters: null, preWebhookUrl: null, postWebhookUrl: null },
      preWebhookRetryCount: 0,
      postWebhookRetryCount: 0, // Twilio's default: a webhook that failed is not sent again
      limits: { members: this.limits.conversationParticipants, conversations: this.limits.userConversations },
      reachabilityEnabled: false,
    };
    for (const [use, name, type] of ROLES) {
      const role = { sid: newSid('RL'), sequence: this.nextSequence(), friendlyName: name, type, ...stamps() };
      service.roles.set(role.sid, role);
      service[`${use}Role`] = role.sid;
    }
    this.services.set(sid, service);
    this.serviceList.add(service);
    if (isDefault) this.defaultService = service;
    return service;
  }

  deleteService(service) {
    for (const conversation of [...service.conversations]) this.deleteConversation(conversation);
    this.services.delete(service.sid);
    this.serviceList.remove(service);
  }

  // ---- conversations

  createConversation({
    serviceSid = this.defaultService.sid, sid = newSid('CH'), state = 'active', uniqueName = null,
    friendlyName = null, attributes = '{}', messagingServiceSid = this.messagingServiceSid,
    dateCreated = new Date(), dateUpdated = dateCreated, timers = {}, createdBy = 'system', group = null,
  } = {}) {
    const service = this.services.get(serviceSid);
    if (!service) throw twilioError(50050);
    if (uniqueName !== null && service.uniqueNames.has(uniqueName)) throw twilioError(50353);
    const conversation = {
      sid,
      chatServiceSid: serviceSid,
      sequence: this.nextSequence(),
      state,
      uniqueName,
      friendlyName,
      attributes,
      messagingServiceSid,
      dateCreated: new Date(dateCreated),
      dateUpdated: new Date(dateUpdated),
      timers,
      createdBy,
      group: group && [...group], // the people's addresses in a group MMS, or null
      groupKeys: [],
      roster: null, // made with the first participant: most of 100,000 conversations have none
      messages: null,
      webhooks: null,
    };
    this.conversations.set(sid, conversation);
    service.conversations.add(conversation);
    if (uniqueName !== null) service.uniqueNames.set(uniqueName, conversation);
    if (group) this.#bindGroup(conversation, groupKeys(group, []));
    this.notify('conversationAdded', { conversation });
    return conversation;
  }

  // By SID, or by unique name inside one service.
  findConversation(service, name) {
    const bySid = this.conversations.get(name);
    if (bySid) return bySid.chatServiceSid === service.sid ? bySid : undefined;
    return service.uniqueNames.get(name);
  }

  updateConversation(conversation, changes) {
    const service = this.services.get(conversation.chatServiceSid);
    const { uniqueName, state, ...plain } = changes;
    if (conversation.state === 'closed') throw twilioError(50377);
    if (uniqueName !== undefined && uniqueName !== conversation.uniqueName) {
      if (uniqueName !== null && service.uniqueNames.has(uniqueName)) throw twilioError(50353);
      service.uniqueNames.delete(conversation.uniqueName);
      if (uniqueName !== null) service.uniqueNames.set(uniqueName, conversation);
      conversation.uniqueName = uniqueName;
    }
    Object.assign(conversation, plain);
    conversation.dateUpdated = changes.dateUpdated ?? new Date();
    this.notify('conversationUpdated', { conversation });
    if (state !== undefined) this.setState(conversation, state);
  }

  setState(conversation, state, reason = 'API') {
    const from = conversation.state;
    if (from === state) return;
    conversation.state = state;
    conversation.dateUpdated = new Date();
    if (state === 'closed') this.#release(conversation);
    this.notify('conversationStateUpdated', { conversation, from, to: state, reason });
  }

  deleteConversation(conversation) {
    const service = this.services.get(conversation.chatServiceSid);
    if (conversation.state !== 'closed') this.#release(conversation);
    for (const participant of conversation.roster?.values() ?? []) this.unlist(participant);
    if (conversation.uniqueName !== null) service.uniqueNames.delete(conversation.uniqueName);
    this.conversations.delete(conversation.sid);
    service.conversations.remove(conversation);
    this.notify('conversationRemoved', { conversation });
  }

  // A closed conversation frees its number pairs for the next one and no longer counts
  // against the limit of its users.
  #release(conversation) {
    for (const participant of conversation.roster?.values() ?? []) {
      if (participant.user) participant.user.openConversations -= 1;
      if (participant.bindingKey) this.bindings.delete(participant.bindingKey);
    }
    if (conversation.group) this.#bindGroup(conversation, []);
  }

  // ---- users

  findUser(service, name) {
    return service.usersBySid.get(name) ?? service.users.get(name);
  }

  userFor(service, identity) {
    return service.users.get(identity) ?? this.createUser(service, { identity });
  }

  createUser(service, { identity, friendlyName = null, attributes = '{}', roleSid = service.serviceUserRole }) {
    if (service.users.has(identity)) throw twilioError(50201);
    const user = {
      sid: newSid('US'), sequence: this.nextSequence(), chatServiceSid: service.sid, identity, friendlyName,
      attributes, roleSid, ...stamps(), participations: new OrderedList(), openConversations: 0,
    };
    service.users.set(identity, user);
    service.usersBySid.set(user.sid, user);
    service.userList.add(user);
    this.notify('userAdded', { user });
    return user;
  }

  deleteUser(service, user) {
    for (const participant of [...user.participations]) this.removeParticipant(participant);
    service.users.delete(user.identity);
    service.usersBySid.delete(user.sid);
    service.userList.remove(user);
  }

  // ---- participants: the indexes; the rules are in roster.js

  list(participant) {
    const { conversation, user, messagingBinding } = participant;
    const service = this.services.get(conversation.chatServiceSid);
    conversation.roster ??= new Map();
    conversation.roster.set(participant.sid, participant);
    if (user) {
      user.participations.add(participant);
      if (conversation.state !== 'closed') user.openConversations += 1;
    }
    if (messagingBinding?.address) {
      const { address } = messagingBinding;
      if (!service.byAddress.has(address)) service.byAddress.set(address, new OrderedList());
      service.byAddress.get(address).add(participant);
    }
    if (participant.bindingKey) this.bindings.set(participant.bindingKey, conversation);
    if (conversation.group) this.#enterGroup(conversation, messagingBinding);
    this.notify('participantAdded', { conversation, participant });
  }

  removeParticipant(participant) {
    const { conversation, user, bindingKey } = participant;
    conversation.roster.delete(participant.sid);
    if (user && conversation.state !== 'closed') user.openConversations -= 1;
    if (bindingKey && this.bindings.get(bindingKey) === conversation) this.bindings.delete(bindingKey);
    this.unlist(participant);
    if (conversation.group) this.#leaveGroup(conversation, participant.messagingBinding);
    this.notify('participantRemoved', { conversation, participant });
  }

  // A group is told by who is in it: the people together with the account's number that they write to.
  regroup(conversation) {
    const { group, state } = conversation;
    if (group && state !== 'closed') this.#bindGroup(conversation, groupKeys(group, ownNumbersOf(conversation)));
  }

  #enterGroup(conversation, { address }) {
    if (address && !conversation.group.includes(address)) conversation.group.push(address);
    this.regroup(conversation);
  }

  #leaveGroup(conversation, binding) {
    conversation.group = conversation.group.filter((address) => address !== binding?.address);
    this.regroup(conversation);
  }

  #bindGroup(conversation, keys) {
    for (const key of conversation.groupKeys) if (this.bindings.get(key) === conversation) this.bindings.delete(key);
    conversation.groupKeys = keys;
    for (const key of keys) this.bindings.set(key, conversation);
  }

  // The participant becomes this user; what it was before, it is no longer.
  assignIdentity(participant, identity) {
    const { conversation, user: before } = participant;
    const service = this.services.get(conversation.chatServiceSid);
    before?.participations.remove(participant);
    if (before) before.openConversations -= 1;
    participant.identity = identity;
    participant.user = this.userFor(service, identity);
    participant.user.participations.add(participant);
    participant.user.openConversations += 1;
    this.notify('participantUpdated', { conversation, participant, joined: true });
  }

  unlist(participant) {
    const service = this.services.get(participant.conversation.chatServiceSid);
    participant.user?.participations.remove(participant);
    service.byAddress.get(participant.messagingBinding?.address)?.remove(participant);
  }

  findParticipant(conversation, name) {
    const bySid = conversation.roster?.get(name);
    if (bySid) return bySid;
    for (const participant of conversation.roster?.values() ?? []) {
      if (participant.identity !== null && participant.identity === name) return participant;
    }
    return undefined;
  }

  // ---- messages

  addMessage(conversation, { author = 'system', body = null, attributes = '{}', participantSid = null, source = 'API' }) {
    if (conversation.state === 'closed') throw twilioError(50377);
    conversation.messages ??= new OrderedList();
    conversation.nextIndex ??= 0;
    const message = {
      sid: newSid('IM'), sequence: this.nextSequence(), conversation, index: conversation.nextIndex, author, body,
      attributes, participantSid, source, ...stamps(),
    };
    conversation.nextIndex += 1;
    conversation.messages.add(message);
    this.notify('messageAdded', { conversation, message });
    return message;
  }

  removeMessage(message) {
    message.conversation.messages.remove(message);
    this.notify('messageRemoved', { conversation: message.conversation, message });
  }
}

export function stamps(now = new Date()) {
  return { dateCreated: now, dateUpdated: now };
}

export function groupKey(addresses) {
  return [...new Set(addresses)].sort().join(',');
}

/** One for each of the account's numbers in a group; without any the people alone tell it. */
export function groupKeys(people, own) {
  return own.length > 0 ? own.map((number) => groupKey([...people, number])) : [groupKey(people)];
}

export function ownNumbersOf({ roster }) {
  return [...roster?.values() ?? []].map(({ messagingBinding }) => messagingBinding?.projectedAddress).filter(Boolean);
}
