// What the account holds, as Sync objects: for a user the map of his conversations and one about himself;
// for a conversation a document, the list of its messages and the map of its participants. An object is
// made when somebody first asks for it, and kept true by the store's events from then on.
import { SyncObject } from './syncobject.js';

const ORIGIN = 'https://cds.us1.twilio.com';

export const conversationNames = ({ sid }) => ({ conversation: `${sid}.channel`, messages: `${sid}.messages`, participants: `${sid}.roster` });
export const userNames = ({ sid }) => ({ my_conversations: `${sid}.my-conversations`, my_user_info: `${sid}.user-info` });

export class SyncMirror {
  #store;
  #assume;
  #byName = new Map();
  #bySid = new Map();

  constructor(standIn) {
    this.#store = standIn.store;
    this.#assume = standIn.assume;
    standIn.on('participantAdded', (details) => this.#participantAdded(details));
    standIn.on('participantUpdated', (details) => this.#participantUpdated(details));
    standIn.on('participantRemoved', (details) => this.#participantRemoved(details));
    standIn.on('messageAdded', (details) => this.#messageAdded(details));
    standIn.on('messageRemoved', ({ conversation, message }) => this.#made(conversationNames(conversation).messages)?.remove(message.index));
    standIn.on('conversationUpdated', ({ conversation }) => this.#conversationChanged(conversation));
    standIn.on('conversationStateUpdated', ({ conversation }) => this.#conversationChanged(conversation));
    standIn.on('conversationRemoved', ({ conversation }) => this.#conversationRemoved(conversation));
  }

  // By SID or by unique name.
  find(type, name) {
    const object = this.#bySid.get(name) ?? this.#made(name) ?? this.#make(name);
    return object?.type === type ? object : undefined;
  }

  bySid(sid) {
    return this.#bySid.get(sid);
  }

  #made(name) {
    return this.#byName.get(name);
  }

  #make(name) {
    const [owner, part] = name.split('.');
    const kind = KINDS[part];
    const subject = kind && kind.subject(this.#store, owner);
    if (!subject) return undefined;
    const object = new SyncObject(kind.type, name, { audience: (session) => kind.audience(this.#store, subject, session), origin: ORIGIN });
    kind.fill(object, subject);
    this.#byName.set(name, object);
    this.#bySid.set(object.sid, object);
    return object;
  }

  #participantAdded({ conversation, participant }) {
    this.#made(conversationNames(conversation).participants)?.set(participant.sid, rosterData(participant));
    if (participant.user) this.#made(userNames(participant.user).my_conversations)?.set(conversation.sid, membershipData(participant));
  }

  // Somebody was given to a number of a group: whether his SDK hears of that is not known.
  #participantUpdated(details) {
    if (this.#assume.toldOfUpdate === 'joined') this.#participantAdded(details);
  }

  #participantRemoved({ conversation, participant }) {
    this.#made(conversationNames(conversation).participants)?.remove(participant.sid);
    if (participant.user) this.#made(userNames(participant.user).my_conversations)?.remove(conversation.sid);
  }

  #messageAdded({ conversation, message }) {
    this.#made(conversationNames(conversation).messages)?.set(message.index, messageData(message));
    this.#conversationChanged(conversation);
  }

  #conversationChanged(conversation) {
    this.#made(conversationNames(conversation).conversation)?.setDocument(conversationData(conversation));
  }

  #conversationRemoved(conversation) {
    for (const { user } of conversation.roster?.values() ?? []) {
      if (user) this.#made(userNames(user).my_conversations)?.remove(conversation.sid);
    }
    const names = conversationNames(conversation);
    this.#made(names.conversation)?.removeDocument();
    for (const name of Object.values(names)) {
      this.#bySid.delete(this.#made(name)?.sid);
      this.#byName.delete(name);
    }
  }
}

// ---- the kinds of objects, by the second half of their names

const conversationBySid = (store, sid) => store.conversations.get(sid);
const takesPart = (store, conversation, { identity, service }) => conversation.chatServiceSid === service.sid
  && [...conversation.roster?.values() ?? []].some((participant) => participant.identity === identity);

function userBySid(store, sid) {
  for (const service of store.services.values()) {
    const user = service.usersBySid.get(sid);
    if (user) return user;
  }
  return undefined;
}

const KINDS = {
  'my-conversations': {
    type: 'map',
    subject: userBySid,
    audience: (store, user, session) => session.user === user,
    fill: (object, user) => {
      for (const participant of user.participations) object.set(participant.conversation.sid, membershipData(participant));
    },
  },
  'user-info': {
    type: 'map',
    subject: userBySid,
    audience: (store, user, session) => user.chatServiceSid === session.service.sid,
    fill: (object, user) => {
      object.set('friendlyName', { value: user.friendlyName });
      object.set('attributes', { value: user.attributes });
    },
  },
  channel: {
    type: 'document',
    subject: conversationBySid,
    audience: takesPart,
    fill: (object, conversation) => object.setDocument(conversationData(conversation)),
  },
  messages: {
    type: 'list',
    subject: conversationBySid,
    audience: takesPart,
    fill: (object, { messages }) => {
      for (const message of messages ?? []) object.set(message.index, messageData(message));
    },
  },
  roster: {
    type: 'map',
    subject: conversationBySid,
    audience: takesPart,
    fill: (object, { roster }) => {
      for (const participant of roster?.values() ?? []) object.set(participant.sid, rosterData(participant));
    },
  },
};

// ---- what the objects say; the SDK knows conversations as channels and participants as members

function membershipData({ conversation, lastReadMessageIndex }) {
  const { conversation: channel, messages, participants: roster } = conversationNames(conversation);
  return { channel, messages, roster, status: 'joined', notificationLevel: 'default', lastConsumedMessageIndex: lastReadMessageIndex };
}

function conversationData(conversation) {
  const { messages, participants: roster } = conversationNames(conversation);
  const last = [...conversation.messages ?? []].at(-1);
  return {
    messages,
    roster,
    friendlyName: conversation.friendlyName,
    uniqueName: conversation.uniqueName,
    attributes: JSON.parse(conversation.attributes),
    createdBy: conversation.createdBy,
    dateCreated: conversation.dateCreated.toISOString(),
    dateUpdated: conversation.dateUpdated.toISOString(),
    state: { current: conversation.state, dateUpdated: conversation.dateUpdated.toISOString() },
    ...(last && { lastMessage: { index: last.index, timestamp: last.dateCreated.toISOString() } }),
  };
}

function messageData(message) {
  return {
    sid: message.sid,
    author: message.author,
    text: message.body,
    type: 'text',
    timestamp: message.dateCreated.toISOString(),
    dateUpdated: message.dateUpdated.toISOString(),
    attributes: JSON.parse(message.attributes),
    subject: null,
    contentSid: null,
    memberSid: message.participantSid,
  };
}

function rosterData({ identity, roleSid, attributes, dateCreated, dateUpdated, messagingBinding, lastReadMessageIndex }) {
  const type = messagingBinding?.address || identity === null ? messagingBinding.type : 'chat';
  const { address, proxyAddress } = messagingBinding ?? {};
  return {
    identity,
    type,
    roleSid,
    attributes: JSON.parse(attributes),
    dateCreated: dateCreated.toISOString(),
    dateUpdated: dateUpdated.toISOString(),
    lastConsumedMessageIndex: lastReadMessageIndex,
    ...(address && { bindings: { [type]: { address, proxy_address: proxyAddress } } }),
  };
}
