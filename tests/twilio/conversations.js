// The Conversation resource, and messages inside one.
import { checkAttributes } from './roster.js';
import { invalidParameter, notFound, twilioError } from './errors.js';
import { momentAfter, readDate, readDay } from './moments.js';
import { isSid } from './sids.js';
import { listReply } from './pages.js';
import { conversationView, messageView } from './views.js';

const STATES = ['initializing', 'inactive', 'active', 'closed'];

export const CONVERSATION_FORM = [
  'FriendlyName', 'UniqueName', 'DateCreated', 'DateUpdated', 'MessagingServiceSid', 'Attributes', 'State',
  'Timers.Inactive', 'Timers.Closed', 'Bindings.Email.Address', 'Bindings.Email.Name',
];
export const MESSAGE_FORM = [
  'Author', 'Body', 'DateCreated', 'DateUpdated', 'Attributes', 'MediaSid', 'ContentSid', 'ContentVariables', 'Subject',
];

export function createConversation({ store, service, form, view }) {
  const settings = readSettings(form);
  const timers = { ...defaultTimers(store), ...settings.timers };
  const conversation = store.createConversation({ ...settings, timers, serviceSid: service.sid });
  return { status: 201, json: conversationView(view, conversation), fired: [['onConversationAdded', { conversation }]] };
}

export function fetchConversation(request) {
  return { status: 200, json: conversationView(request.view, theConversation(request)) };
}

export function updateConversation(request) {
  const conversation = theConversation(request);
  const from = conversation.state;
  const settings = readSettings(request.form);
  const { timers, ...changes } = settings;
  if (timers) changes.timers = { ...conversation.timers, ...timers };
  request.store.updateConversation(conversation, changes);
  const fired = [['onConversationUpdated', { conversation }]];
  if (conversation.state !== from) {
    fired.push(['onConversationStateUpdated', { conversation, from, to: conversation.state, reason: 'API' }]);
  }
  return { status: 200, json: conversationView(request.view, conversation), fired };
}

export function deleteConversation(request) {
  const conversation = theConversation(request);
  request.store.deleteConversation(conversation);
  return { status: 204, fired: [['onConversationRemoved', { conversation }]] };
}

export function listConversations(request) {
  const { query, service, view } = request;
  const state = oneOf(query.get('State'), STATES, 'State');
  const start = readDay(query.get('StartDate'), 'StartDate');
  const end = readDay(query.get('EndDate'), 'EndDate');
  return listReply(request, {
    key: 'conversations',
    list: service.conversations,
    max: 100,
    // Twilio sorts newest first as soon as a date is asked for, and says nothing of it otherwise.
    descending: Boolean(start || end),
    accept: (c) => (!state || c.state === state)
      && (!start || c.dateCreated >= start) && (!end || c.dateCreated <= end),
    render: (c) => conversationView(view, c),
  });
}

export function theConversation({ store, service, ids, path }) {
  const conversation = store.findConversation(service, ids[0]);
  if (!conversation) throw notFound(path);
  return conversation;
}

export function readSettings(form) {
  const settings = {};
  if (form.has('FriendlyName')) settings.friendlyName = form.get('FriendlyName') || null;
  if (form.has('UniqueName')) settings.uniqueName = form.get('UniqueName') || null;
  if (settings.uniqueName && /^CH[0-9a-f]{32}$/i.test(settings.uniqueName)) throw invalidParameter('UniqueName');
  if (form.has('MessagingServiceSid')) {
    settings.messagingServiceSid = form.get('MessagingServiceSid');
    if (!isSid('MG', settings.messagingServiceSid)) throw invalidParameter('MessagingServiceSid');
  }
  if (form.has('Attributes')) {
    settings.attributes = form.get('Attributes');
    checkAttributes(settings.attributes);
  }
  if (form.has('State')) settings.state = oneOf(form.get('State'), STATES, 'State');
  if (form.has('DateCreated')) settings.dateCreated = readDate(form.get('DateCreated'), 'DateCreated');
  if (form.has('DateUpdated')) settings.dateUpdated = readDate(form.get('DateUpdated'), 'DateUpdated');
  const timers = {};
  if (form.has('Timers.Inactive')) timers.inactive = momentAfter(form.get('Timers.Inactive'), 'Timers.Inactive');
  if (form.has('Timers.Closed')) timers.closed = momentAfter(form.get('Timers.Closed'), 'Timers.Closed');
  if (Object.keys(timers).length > 0) settings.timers = timers;
  return settings;
}

export function defaultTimers({ timers }) {
  return {
    ...(timers.inactive && { inactive: momentAfter(timers.inactive, 'timer') }),
    ...(timers.closed && { closed: momentAfter(timers.closed, 'timer') }),
  };
}

export function oneOf(value, allowed, name) {
  if (value !== undefined && !allowed.includes(value)) throw invalidParameter(`${name} must be one of ${allowed.join(', ')}`);
  return value;
}

// ---- messages

export function createMessage(request) {
  const { store, form, view } = request;
  const conversation = theConversation(request);
  if (conversation.state === 'initializing') throw twilioError(50386);
  const attributes = form.get('Attributes') ?? '{}';
  checkAttributes(attributes);
  const author = form.get('Author') ?? 'system';
  const participantSid = store.findParticipant(conversation, author)?.sid ?? null;
  const message = store.addMessage(conversation, { author, body: form.get('Body') ?? null, attributes, participantSid });
  return { status: 201, json: messageView(view, message), fired: [['onMessageAdded', { conversation, message }]] };
}

export function listMessages(request) {
  return listReply(request, {
    key: 'messages',
    list: theConversation(request).messages,
    max: 100,
    descending: oneOf(request.query.get('Order'), ['asc', 'desc'], 'Order') === 'desc',
    render: (m) => messageView(request.view, m),
  });
}

export function fetchMessage(request) {
  return { status: 200, json: messageView(request.view, theMessage(request)) };
}

export function deleteMessage(request) {
  const message = theMessage(request);
  request.store.removeMessage(message);
  return { status: 204, fired: [['onMessageRemoved', { conversation: message.conversation, message }]] };
}

function theMessage(request) {
  const message = [...(theConversation(request).messages ?? [])].find((m) => m.sid === request.ids[1]);
  if (!message) throw notFound(request.path);
  return message;
}
