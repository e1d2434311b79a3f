// What Event Streams says of an event: a CloudEvent whose data have the names of the webhook's parameters, as JSON.
import { randomUUID } from 'node:crypto';
import { newSid } from '../sids.js';
import { schemaUrl } from './eventtypes.js';

const iso = (date) => (date ? new Date(date).toISOString() : null);

export function cloudEvent(type, version, details, context) {
  return {
    specversion: '1.0',
    type: type.type,
    source: `/Conversations/${details.conversation.sid}`,
    id: newSid('EZ'),
    dataschema: schemaUrl(type, version),
    datacontenttype: 'application/json',
    time: new Date().toISOString(),
    data: { AccountSid: context.accountSid, ...dataOf(type.event, details, context) },
  };
}

/** Of no conversation, and with the account's SID for an id. */
export function testEvent(accountSid) {
  return {
    specversion: '1.0',
    type: 'com.twilio.eventstreams.test-event',
    source: 'Sink',
    id: accountSid,
    dataschema: 'https://events-schemas.twilio.com/EventStreams.TestSink/1.json',
    datacontenttype: 'application/json',
    time: new Date().toISOString(),
    data: { test_id: randomUUID() },
  };
}

function dataOf(event, details, context) {
  if (event === 'onConversationStateUpdated') return stateUpdated(details);
  if (event.startsWith('onParticipant')) return participantChanged(details);
  return event.startsWith('onMessage') ? messageChanged(details) : conversationChanged(details, context);
}

// Several addresses come as text that looks like a list.
function textOf(addresses) {
  return Array.isArray(addresses) ? `[${addresses.join(', ')}]` : addresses ?? null;
}

function conversationChanged({ conversation: c, sms }, { assume }) {
  return {
    ...(assume.eventNamesService && { ChatServiceSid: c.chatServiceSid }),
    FriendlyName: c.friendlyName,
    UniqueName: c.uniqueName,
    State: c.state,
    ConversationSid: c.sid,
    DateCreated: iso(c.dateCreated),
    MessagingServiceSid: c.messagingServiceSid,
    MessageBody: sms?.body ?? null,
    MessageSubject: null,
    MessagingBinding: {
      ProxyAddress: sms && !sms.group ? sms.to : null,
      ProjectedAddress: sms?.group ? sms.to : null,
      AuthorAddress: sms?.from ?? null,
      Address: textOf(sms?.group ?? sms?.from),
    },
    Bindings: { Email: { ProjectedAddress: null, Name: null } },
  };
}

function stateUpdated({ conversation: c, from, to, reason }) {
  return {
    ConversationSid: c.sid, StateUpdated: iso(c.dateUpdated), StateFrom: from, StateTo: to, Reason: reason, MessagingServiceSid: c.messagingServiceSid,
  };
}

function participantChanged({ conversation: c, participant: p }) {
  const binding = p.messagingBinding ?? {};
  return {
    ParticipantSid: p.sid,
    Identity: p.identity,
    RoleSid: p.roleSid,
    ConversationSid: c.sid,
    DateCreated: iso(p.dateCreated),
    MessagingBinding: {
      ProxyAddress: binding.proxyAddress ?? null,
      ProjectedAddress: binding.projectedAddress ?? null,
      Address: binding.address ?? null,
      Type: p.messagingBinding ? binding.type.toUpperCase() : 'CHAT',
      Level: null,
      Name: null,
    },
  };
}

function messageChanged({ conversation: c, message: m }) {
  return {
    Author: m.author,
    ParticipantSid: m.participantSid,
    ConversationSid: c.sid,
    MessageSid: m.sid,
    Index: m.index,
    MessageBody: m.body,
    DateCreated: iso(m.dateCreated),
    MessageSubject: null,
    MessagingServiceSid: c.messagingServiceSid,
    ContentSid: null,
    Media: [],
  };
}
