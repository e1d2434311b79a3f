// A conversation made with those who take part in it, in one request: the way to a group text of one's own.
import { defaultTimers, readSettings, CONVERSATION_FORM } from './conversations.js';
import { invalidParameter } from './errors.js';
import { addParticipant } from './roster.js';
import { activate } from './sms.js';
import { conversationView } from './views.js';

const AT_ONCE = 10;
const FIELDS = ['identity', 'messaging_binding', 'attributes', 'role_sid', 'date_created', 'date_updated'];
const BINDING_FIELDS = ['address', 'proxy_address', 'projected_address', 'type'];

export const GROUP_FORM = [...CONVERSATION_FORM, 'Participant*'];

export function createConversationWithParticipants({ standIn, store, service, form, view, headers }) {
  const wanted = (form.get('Participant') ?? []).map(readParticipant);
  if (wanted.length > AT_ONCE) throw invalidParameter(`Participant may be given ${AT_ONCE} times`);
  const { timers, ...settings } = readSettings(form);
  const group = isGroup(wanted);
  const conversation = store.createConversation({
    ...settings, timers: { ...defaultTimers(store), ...timers }, serviceSid: service.sid,
    ...(group && { group: [], state: 'initializing' }),
  });
  const participants = admit(store, conversation, wanted);
  if (group) activate(standIn, conversation, undefined, headers['x-twilio-webhook-enabled'] === 'true' ? 'API' : undefined);
  return {
    status: 201,
    json: conversationView(view, conversation),
    fired: [['onConversationAdded', { conversation }], ...participants.map((participant) => ['onParticipantAdded', { conversation, participant }])],
  };
}

// Who cannot be taken in takes the conversation with it.
function admit(store, conversation, wanted) {
  try {
    return wanted.map((settings) => addParticipant(store, conversation, settings, { initial: true }));
  } catch (error) {
    store.deleteConversation(conversation);
    throw error;
  }
}

// A person without a number pair is one of a group, as is whoever stands for a number.
function isGroup(wanted) {
  return wanted.some(({ messagingBinding: b }) => b && !b.proxyAddress);
}

function readParticipant(text) {
  const given = parsed(text);
  const binding = given.messaging_binding;
  check(given, FIELDS);
  if (binding) check(binding, BINDING_FIELDS);
  return {
    identity: given.identity ?? null,
    attributes: given.attributes,
    roleSid: given.role_sid,
    messagingBinding: binding ? { address: binding.address, proxyAddress: binding.proxy_address, projectedAddress: binding.projected_address } : null,
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidParameter('Participant is not JSON');
  }
}

function check(given, names) {
  if (typeof given !== 'object' || given === null) throw invalidParameter('Participant is no JSON object');
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalidParameter(`Participant: ${unknown} is not known here`);
}
