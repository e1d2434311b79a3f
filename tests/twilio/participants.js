// The Participant resource, and the two lists that tell where somebody takes part.
import { addParticipant, checkAttributes, checkRole, giveIdentity, projectAddress } from './roster.js';
import { notFound, twilioError } from './errors.js';
import { isSid } from './sids.js';
import { readDate } from './moments.js';
import { theConversation } from './conversations.js';
import { listReply, wholeNumber } from './pages.js';
import { participantConversationView, participantView } from './views.js';

export const PARTICIPANT_FORM = [
  'Identity', 'MessagingBinding.Address', 'MessagingBinding.ProxyAddress', 'MessagingBinding.ProjectedAddress',
  'DateCreated', 'DateUpdated', 'Attributes', 'RoleSid',
];
export const PARTICIPANT_UPDATE_FORM = [
  'DateCreated', 'DateUpdated', 'Identity', 'Attributes', 'RoleSid', 'MessagingBinding.ProxyAddress',
  'MessagingBinding.ProjectedAddress', 'LastReadMessageIndex', 'LastReadTimestamp',
];

export function createParticipant(request) {
  const { store, form, view } = request;
  const conversation = conversationOf(request);
  const participant = addParticipant(store, conversation, {
    identity: form.get('Identity') ?? null,
    messagingBinding: readBinding(form),
    roleSid: form.get('RoleSid'),
    attributes: form.get('Attributes') ?? '{}',
    dateCreated: readGivenDate(form, 'DateCreated'),
    dateUpdated: readGivenDate(form, 'DateUpdated'),
  });
  return {
    status: 201,
    json: participantView(view, participant),
    fired: [['onParticipantAdded', { conversation, participant }]],
  };
}

export function fetchParticipant(request) {
  return { status: 200, json: participantView(request.view, theParticipant(request)) };
}

export function updateParticipant(request) {
  const { store, form, service, view } = request;
  const participant = theParticipant(request);
  if (participant.conversation.state === 'initializing') throw twilioError(50386);
  checkRole(service, form.get('RoleSid'));
  if (form.has('Attributes')) checkAttributes(form.get('Attributes'));
  if (form.has('MessagingBinding.ProjectedAddress')) projectAddress(store, participant, form.get('MessagingBinding.ProjectedAddress'));
  if (form.has('Identity')) giveIdentity(store, participant, form.get('Identity'));
  participant.roleSid = form.get('RoleSid') ?? participant.roleSid;
  participant.attributes = form.get('Attributes') ?? participant.attributes;
  participant.lastReadMessageIndex = wholeNumber(form, 'LastReadMessageIndex') ?? participant.lastReadMessageIndex;
  participant.lastReadTimestamp = form.get('LastReadTimestamp') ?? participant.lastReadTimestamp;
  participant.dateUpdated = readGivenDate(form, 'DateUpdated') ?? new Date();
  const { conversation } = participant;
  return {
    status: 200,
    json: participantView(view, participant),
    fired: [['onParticipantUpdated', { conversation, participant }]],
  };
}

export function deleteParticipant(request) {
  const participant = theParticipant(request);
  const { conversation } = participant;
  request.store.removeParticipant(participant);
  return { status: 204, fired: [['onParticipantRemoved', { conversation, participant }]] };
}

export function listParticipants(request) {
  const roster = [...(conversationOf(request).roster?.values() ?? [])];
  return listReply(request, {
    key: 'participants',
    list: rosterList(roster),
    max: 100,
    render: (p) => participantView(request.view, p),
  });
}

// A roster is short (1000 at most) and in order of joining: a slice of it is a page.
function rosterList(roster) {
  return {
    page({ after, limit }) {
      const rest = after ? roster.filter((p) => p.sequence > after[1]) : roster;
      const items = rest.slice(0, limit);
      return { items, last: rest.length > limit ? [0, items[limit - 1].sequence] : null };
    },
  };
}

export function listParticipantConversations(request) {
  const { query, service, view } = request;
  if (query.has('Identity') === query.has('Address')) throw twilioError(50451);
  return listReply(request, {
    key: 'conversations',
    list: query.has('Identity')
      ? service.users.get(query.get('Identity'))?.participations
      : service.byAddress.get(query.get('Address')),
    max: 50,
    // The enumeration of this list's states has no `initializing` in Twilio's OpenAPI document.
    accept: (p) => p.conversation.state !== 'initializing',
    render: (p) => participantConversationView(view, p),
  });
}

// A well-formed SID that names nothing here has a code of its own.
function conversationOf(request) {
  if (isSid('CH', request.ids[0]) && !request.store.findConversation(request.service, request.ids[0])) {
    throw twilioError(50350, `Conversation with sid ${request.ids[0]} not found`);
  }
  return theConversation(request);
}

function theParticipant(request) {
  const participant = request.store.findParticipant(conversationOf(request), request.ids[1]);
  if (!participant) throw notFound(request.path);
  return participant;
}

function readBinding(form) {
  const binding = {
    address: form.get('MessagingBinding.Address'),
    proxyAddress: form.get('MessagingBinding.ProxyAddress'),
    projectedAddress: form.get('MessagingBinding.ProjectedAddress'),
  };
  return Object.values(binding).some((value) => value !== undefined) ? binding : null;
}

function readGivenDate(form, name) {
  return form.has(name) ? readDate(form.get(name), name) : undefined;
}
