// What a webhook says, by event. Names and forms follow Twilio's page on Conversations webhooks and
// published captures of real ones; parameters without a value are not sent.
export function eventParams(event, { conversation, participant, message, user, from, to, reason, sms, retryCount = 0 }, { accountSid, source, clientIdentity }) {
  const subject = SUBJECTS.find(([pattern]) => pattern.test(event));
  const own = subject ? subject[1]({ event, conversation, participant, message, user, from, to, reason, sms }) : [];
  const params = [
    ['AccountSid', accountSid],
    ['EventType', event],
    ['Source', source],
    ['ClientIdentity', clientIdentity],
    ...own,
    ['RetryCount', String(retryCount)],
  ];
  return params.filter(([, value]) => value !== undefined && value !== null);
}

const SUBJECTS = [
  [/^onConversationStateUpdated$/, stateUpdated],
  [/^onConversation/, conversationChanged],
  [/^onMessage/, messageChanged],
  [/^onParticipant/, participantChanged],
  [/^onUser/, userChanged],
];

const iso = (date) => date && new Date(date).toISOString();

function conversationChanged({ conversation: c, sms }) {
  return [
    ['ChatServiceSid', c.chatServiceSid],
    ['ConversationSid', c.sid],
    ['DateCreated', iso(c.dateCreated)],
    ['DateUpdated', iso(c.dateUpdated)],
    ['FriendlyName', c.friendlyName],
    ['UniqueName', c.uniqueName],
    ['Attributes', c.attributes],
    ['MessagingServiceSid', c.messagingServiceSid],
    ...arrivedBy(sms),
    ['State', c.state],
  ];
}

// A group MMS names every address: the parameter is repeated, in the order of the message.
function arrivedBy(sms) {
  if (!sms) return [];
  return [
    ...(sms.group ?? [sms.from]).map((address) => ['MessagingBinding.Address', address]),
    ['MessagingBinding.ProxyAddress', sms.group ? undefined : sms.to],
    ['MessagingBinding.ProjectedAddress', sms.group ? sms.to : undefined],
    ['MessagingBinding.AuthorAddress', sms.from],
    ['MessageBody', sms.body],
  ];
}

function stateUpdated({ conversation: c, from, to, reason }) {
  return [
    ['ChatServiceSid', c.chatServiceSid],
    ['ConversationSid', c.sid],
    ['StateUpdated', iso(c.dateUpdated)],
    ['StateFrom', from],
    ['StateTo', to],
    ['Reason', reason],
    ['MessagingServiceSid', c.messagingServiceSid],
  ];
}

function messageChanged({ conversation: c, message: m }) {
  return [
    ['ConversationSid', c.sid],
    ['MessageSid', m.sid],
    ['MessagingServiceSid', c.messagingServiceSid],
    ['Index', m.index === undefined ? undefined : String(m.index)],
    ['DateCreated', iso(m.dateCreated)],
    ['Body', m.body],
    ['Author', m.author],
    ['ParticipantSid', m.participantSid],
    ['Attributes', m.attributes],
  ];
}

function participantChanged({ conversation: c, participant: p }) {
  const binding = p.messagingBinding;
  return [
    ['ConversationSid', c.sid],
    ['ParticipantSid', p.sid],
    ['DateCreated', iso(p.dateCreated)],
    ['Identity', p.identity],
    ['RoleSid', p.roleSid],
    ['Attributes', p.attributes],
    ['MessagingBinding.ProxyAddress', binding?.proxyAddress],
    ['MessagingBinding.Address', binding?.address],
    ['MessagingBinding.ProjectedAddress', binding?.projectedAddress],
    ['MessagingBinding.Type', binding ? binding.type.toUpperCase() : 'CHAT'],
  ];
}

function userChanged({ user: u }) {
  return [
    ['ChatServiceSid', u.chatServiceSid],
    ['UserSid', u.sid],
    ['Identity', u.identity],
    ['FriendlyName', u.friendlyName],
    ['Attributes', u.attributes],
    ['RoleSid', u.roleSid],
    ['DateCreated', iso(u.dateCreated)],
  ];
}
