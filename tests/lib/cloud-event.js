// Events as Event Streams sends them, described by how they differ from a right one. With what must never be logged in them.
import { createHash } from 'node:crypto';
import { ACCOUNT_SID, CUSTOMER, MESSAGE_TEXT, PROXY_NUMBER } from './account.js';

export const PREFIX = 'com.twilio.conversations.';
const ID = 'EZ0123456789abcdef0123456789abcdef';

const DATA = {
  'conversation.added': () => ({
    FriendlyName: null, UniqueName: null, State: 'active', DateCreated: '2026-03-04T05:06:07.890Z', MessagingServiceSid: null, MessageBody: MESSAGE_TEXT,
    MessageSubject: null, MessagingBinding: { ProxyAddress: PROXY_NUMBER, ProjectedAddress: null, AuthorAddress: CUSTOMER, Address: CUSTOMER },
    Bindings: { Email: { ProjectedAddress: null, Name: null } },
  }),
  'conversation-state.updated': () => ({ StateUpdated: '2026-03-04T05:06:07.890Z', StateFrom: 'initializing', StateTo: 'active', Reason: 'EVENT', MessagingServiceSid: null }),
  'participant.added': () => ({ ParticipantSid: `MB${'1'.repeat(32)}`, Identity: null, DateCreated: '2026-03-04T05:06:07.890Z', MessagingBinding: { Address: CUSTOMER } }),
  'participant.removed': () => ({ ParticipantSid: `MB${'1'.repeat(32)}`, Identity: null, DateRemoved: '2026-03-04T05:06:07.890Z' }),
  'message.added': () => ({ Author: CUSTOMER, MessageSid: `IM${'1'.repeat(32)}`, Index: 12, MessageBody: MESSAGE_TEXT, DateCreated: '2026-03-04T05:06:07.890Z', Media: [] }),
};

/** `data`: over the right ones; undefined takes one out. `envelope` likewise. */
export function cloudEvent({ conversation }, { type = 'conversation.added', data = {}, envelope = {} } = {}) {
  return {
    specversion: '1.0',
    type: PREFIX + type,
    source: `/Conversations/${conversation}`,
    id: ID,
    dataschema: 'https://events-schemas.twilio.com/Conversations.ConversationAdded/2',
    datacontenttype: 'application/json',
    time: '2026-03-04T05:06:07.890Z',
    ...envelope,
    data: { AccountSid: ACCOUNT_SID, ConversationSid: conversation, ...DATA[type]?.(), ...data },
  };
}

export const testEvent = () => ({
  specversion: '1.0', type: 'com.twilio.eventstreams.test-event', source: 'Sink', id: ACCOUNT_SID,
  dataschema: 'https://events-schemas.twilio.com/EventStreams.TestSink/1.json', datacontenttype: 'application/json',
  time: '2026-03-04T05:06:07.890Z', data: { test_id: '0190c9a0-0000-7000-8000-000000000000' },
});

export const hashOf = (body) => createHash('sha256').update(body).digest('hex');
