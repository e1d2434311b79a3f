// Resources as Twilio's OpenAPI document renders them. `prefix` is the address that the caller
// used, /v1 or /v1/Services/IS..: what he is shown stays on the path that he came by.

export const isoSeconds = (date) => (date ? `${new Date(date).toISOString().slice(0, 19)}Z` : null);

const dates = (item) => ({ date_created: isoSeconds(item.dateCreated), date_updated: isoSeconds(item.dateUpdated) });

export function conversationView(view, c) {
  const url = `${view.prefix}/Conversations/${c.sid}`;
  return {
    account_sid: view.accountSid,
    chat_service_sid: c.chatServiceSid,
    messaging_service_sid: c.messagingServiceSid,
    sid: c.sid,
    friendly_name: c.friendlyName,
    unique_name: c.uniqueName,
    attributes: c.attributes,
    state: c.state,
    ...dates(c),
    timers: timersView(c),
    bindings: {},
    url,
    links: {
      participants: `${url}/Participants`,
      messages: `${url}/Messages`,
      webhooks: `${url}/Webhooks`,
      export: `${url}/Export`,
    },
  };
}

function timersView({ timers }) {
  return {
    ...(timers.inactive && { date_inactive: isoSeconds(timers.inactive) }),
    ...(timers.closed && { date_closed: isoSeconds(timers.closed) }),
  };
}

export function participantView(view, p) {
  return {
    account_sid: view.accountSid,
    ...(view.scoped && { chat_service_sid: p.conversation.chatServiceSid }),
    conversation_sid: p.conversationSid,
    sid: p.sid,
    identity: p.identity,
    attributes: p.attributes,
    messaging_binding: bindingView(p.messagingBinding),
    role_sid: p.roleSid,
    ...dates(p),
    url: `${view.prefix}/Conversations/${p.conversationSid}/Participants/${p.sid}`,
    last_read_message_index: p.lastReadMessageIndex,
    last_read_timestamp: p.lastReadTimestamp,
  };
}

function bindingView(binding) {
  if (!binding) return null;
  return {
    type: binding.type,
    ...(binding.address && { address: binding.address }),
    ...(binding.proxyAddress && { proxy_address: binding.proxyAddress }),
    ...(binding.projectedAddress && { projected_address: binding.projectedAddress }),
  };
}

export function participantConversationView(view, p) {
  const c = p.conversation;
  const conversation = `${view.prefix}/Conversations/${c.sid}`;
  return {
    account_sid: view.accountSid,
    chat_service_sid: c.chatServiceSid,
    participant_sid: p.sid,
    participant_user_sid: p.user?.sid ?? null,
    participant_identity: p.identity,
    participant_messaging_binding: bindingView(p.messagingBinding),
    conversation_sid: c.sid,
    conversation_unique_name: c.uniqueName,
    conversation_friendly_name: c.friendlyName,
    conversation_attributes: c.attributes,
    conversation_date_created: isoSeconds(c.dateCreated),
    conversation_date_updated: isoSeconds(c.dateUpdated),
    conversation_created_by: c.createdBy,
    conversation_state: c.state,
    conversation_timers: timersView(c),
    links: { participant: `${conversation}/Participants/${p.sid}`, conversation },
  };
}

export function messageView(view, m) {
  const url = `${view.prefix}/Conversations/${m.conversation.sid}/Messages/${m.sid}`;
  return {
    account_sid: view.accountSid,
    ...(view.scoped && { chat_service_sid: m.conversation.chatServiceSid }),
    conversation_sid: m.conversation.sid,
    sid: m.sid,
    index: m.index,
    author: m.author,
    body: m.body,
    media: null,
    attributes: m.attributes,
    participant_sid: m.participantSid,
    ...dates(m),
    delivery: null,
    url,
    links: { delivery_receipts: `${url}/Receipts`, channel_metadata: `${url}/ChannelMetadata` },
    content_sid: null,
  };
}

export function userView(view, u) {
  const url = `${view.prefix}/Users/${u.sid}`;
  return {
    sid: u.sid,
    account_sid: view.accountSid,
    chat_service_sid: u.chatServiceSid,
    role_sid: u.roleSid,
    identity: u.identity,
    friendly_name: u.friendlyName,
    attributes: u.attributes,
    is_online: false,
    is_notifiable: null,
    ...dates(u),
    url,
    links: { user_conversations: `${url}/Conversations` },
  };
}

export function userConversationView(view, p) {
  const c = p.conversation;
  const conversation = `${view.prefix}/Conversations/${c.sid}`;
  const count = c.messages?.size ?? 0;
  return {
    account_sid: view.accountSid,
    chat_service_sid: c.chatServiceSid,
    conversation_sid: c.sid,
    unread_messages_count: p.lastReadMessageIndex === null ? null : Math.max(0, count - 1 - p.lastReadMessageIndex),
    last_read_message_index: p.lastReadMessageIndex,
    participant_sid: p.sid,
    user_sid: p.user.sid,
    friendly_name: c.friendlyName,
    conversation_state: c.state,
    timers: timersView(c),
    attributes: c.attributes,
    ...dates(c),
    created_by: c.createdBy,
    notification_level: 'default',
    unique_name: c.uniqueName,
    url: `${view.prefix}/Users/${p.user.sid}/Conversations/${c.sid}`,
    links: { participant: `${conversation}/Participants/${p.sid}`, conversation },
  };
}

export function serviceView(view, s) {
  const url = `${view.origin}/v1/Services/${s.sid}`;
  return {
    account_sid: view.accountSid,
    sid: s.sid,
    friendly_name: s.friendlyName,
    ...dates(s),
    url,
    links: {
      conversations: `${url}/Conversations`,
      users: `${url}/Users`,
      roles: `${url}/Roles`,
      bindings: `${url}/Bindings`,
      configuration: `${url}/Configuration`,
      participant_conversations: `${url}/ParticipantConversations`,
      conversation_with_participants: `${url}/ConversationWithParticipants`,
    },
  };
}

export function roleView(view, service, role) {
  return {
    sid: role.sid,
    account_sid: view.accountSid,
    chat_service_sid: service.sid,
    friendly_name: role.friendlyName,
    type: role.type,
    permissions: role.type === 'service' ? ['createChannel', 'joinChannel', 'editOwnUserInfo'] : ['sendMessage', 'leaveChannel', 'editOwnMessage', 'deleteOwnMessage'],
    ...dates(role),
    url: `${view.prefix}/Roles/${role.sid}`,
  };
}
