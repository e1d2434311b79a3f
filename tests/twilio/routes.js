// Which address means which operation, and which parameters it knows: an unknown or repeated one
// is refused, so that a misspelt name in the client under test cannot pass unnoticed.
// A name ending in '*' may be given more than once.
import * as addresses from './addresses.js';
import * as conversations from './conversations.js';
import * as eventTypes from './eventstreams/eventtypes.js';
import * as sinks from './eventstreams/sinks.js';
import * as subscriptions from './eventstreams/subscriptions.js';
import * as groups from './groups.js';
import * as participants from './participants.js';
import * as services from './services.js';
import * as users from './users.js';
import * as webhooks from './webhookconfig.js';
import * as authProfiles from './webhooksapi/authprofiles.js';
import * as operations from './webhooksapi/operations.js';
import * as rules from './webhooksapi/rules.js';
import * as settings from './webhooksapi/settings.js';
import * as sharedKeys from './webhooksapi/sharedkeys.js';
import * as tests from './webhooksapi/tests.js';
import { decodeValue } from './form.js';
import { notFound, twilioError } from './errors.js';
import { PAGING } from './pages.js';
import { TOKEN_PAGING } from './webhooksapi/tokenpages.js';

const newNode = () => ({ children: new Map(), methods: new Map() });
const root = { account: newNode(), service: newNode(), chat: newNode(), webhooks: newNode(), events: newNode() };

// scopes: 'account' /v1/..., 'service' /v1/Services/IS../..., 'chat' /v2/..., 'events' /v1/... too,
// 'webhooks' /v1/Webhooks/..., which is JSON. The last two are hosts of their own.
function route(scopes, method, pattern, permission, handler, names = [], { idempotent = false } = {}) {
  for (const scope of scopes) {
    let node = root[scope];
    for (const part of pattern.split('/')) {
      if (!node.children.has(part)) node.children.set(part, newNode());
      node = node.children.get(part);
    }
    node.methods.set(method, { handler, permission, names: readNames(names), idempotent });
  }
}

function readNames(names) {
  return new Map(names.map((name) => [name.replace('*', ''), { repeats: name.endsWith('*') }]));
}

const BOTH = ['account', 'service'];
const LIST = PAGING;

route(BOTH, 'POST', 'Conversations', 'conversations:create', conversations.createConversation, conversations.CONVERSATION_FORM);
route(BOTH, 'POST', 'ConversationWithParticipants', 'conversations:create', groups.createConversationWithParticipants, groups.GROUP_FORM);
route(BOTH, 'GET', 'Conversations', 'conversations:list', conversations.listConversations, [...LIST, 'StartDate', 'EndDate', 'State']);
route(BOTH, 'GET', 'Conversations/:', 'conversations:read', conversations.fetchConversation);
route(BOTH, 'POST', 'Conversations/:', 'conversations:update', conversations.updateConversation, conversations.CONVERSATION_FORM);
route(BOTH, 'DELETE', 'Conversations/:', 'conversations:delete', conversations.deleteConversation);
route(BOTH, 'POST', 'Conversations/:/Messages', 'messages:create', conversations.createMessage, conversations.MESSAGE_FORM);
route(BOTH, 'GET', 'Conversations/:/Messages', 'messages:list', conversations.listMessages, [...LIST, 'Order']);
route(BOTH, 'GET', 'Conversations/:/Messages/:', 'messages:read', conversations.fetchMessage);
route(BOTH, 'DELETE', 'Conversations/:/Messages/:', 'messages:delete', conversations.deleteMessage);
route(BOTH, 'POST', 'Conversations/:/Participants', 'participants:create', participants.createParticipant, participants.PARTICIPANT_FORM);
route(BOTH, 'GET', 'Conversations/:/Participants', 'participants:list', participants.listParticipants, LIST);
route(BOTH, 'GET', 'Conversations/:/Participants/:', 'participants:read', participants.fetchParticipant);
route(BOTH, 'POST', 'Conversations/:/Participants/:', 'participants:update', participants.updateParticipant, participants.PARTICIPANT_UPDATE_FORM);
route(BOTH, 'DELETE', 'Conversations/:/Participants/:', 'participants:delete', participants.deleteParticipant);
route(BOTH, 'POST', 'Conversations/:/Webhooks', 'webhooks:create', webhooks.createScopedWebhook, webhooks.SCOPED_WEBHOOK_FORM);
route(BOTH, 'GET', 'Conversations/:/Webhooks', 'webhooks:list', webhooks.listScopedWebhooks, LIST);
route(BOTH, 'GET', 'Conversations/:/Webhooks/:', 'webhooks:read', webhooks.fetchScopedWebhook);
route(BOTH, 'DELETE', 'Conversations/:/Webhooks/:', 'webhooks:delete', webhooks.deleteScopedWebhook);
route(BOTH, 'GET', 'ParticipantConversations', 'participant-conversations:list', participants.listParticipantConversations, [...LIST, 'Identity', 'Address']);
route(BOTH, 'POST', 'Users', 'users:create', users.createUser, users.USER_FORM);
route(BOTH, 'GET', 'Users', 'users:list', users.listUsers, LIST);
route(BOTH, 'GET', 'Users/:', 'users:read', users.fetchUser);
route(BOTH, 'POST', 'Users/:', 'users:update', users.updateUser, users.USER_UPDATE_FORM);
route(BOTH, 'DELETE', 'Users/:', 'users:delete', users.deleteUser);
route(BOTH, 'GET', 'Users/:/Conversations', 'users:read', users.listUserConversations, LIST);
route(BOTH, 'GET', 'Users/:/Conversations/:', 'users:read', users.fetchUserConversation);
route(BOTH, 'DELETE', 'Users/:/Conversations/:', 'users:update', users.deleteUserConversation);
route(BOTH, 'GET', 'Roles', 'roles:list', services.listRoles, LIST);
route(BOTH, 'GET', 'Roles/:', 'roles:read', services.fetchRole);
route(['account'], 'GET', 'Services', 'services:list', services.listServices, LIST);
route(['account'], 'POST', 'Services', 'services:create', services.createService, ['FriendlyName']);
route(['account', 'chat'], 'DELETE', 'Services/:', 'services:delete', services.deleteService);
route(['account'], 'GET', 'Services/:', 'services:read', services.fetchService);
route(['chat'], 'GET', 'Services/:', 'services:read', services.fetchChatService);
route(['chat'], 'POST', 'Services/:', 'services:update', services.updateChatService, services.CHAT_SERVICE_FORM);
route(['account'], 'GET', 'Configuration', 'configuration:read', services.fetchConfiguration);
route(['account'], 'POST', 'Configuration', 'configuration:update', services.updateConfiguration, services.CONFIGURATION_FORM);
route(['service'], 'GET', 'Configuration', 'configuration:read', services.fetchServiceConfiguration);
route(['service'], 'POST', 'Configuration', 'configuration:update', services.updateServiceConfiguration, services.SERVICE_CONFIGURATION_FORM);
route(['account'], 'GET', 'Configuration/Webhooks', 'configuration:read', webhooks.fetchAccountWebhooks);
route(['account'], 'POST', 'Configuration/Webhooks', 'configuration:update', webhooks.updateAccountWebhooks, webhooks.ACCOUNT_WEBHOOK_FORM);
route(['service'], 'GET', 'Configuration/Webhooks', 'configuration:read', webhooks.fetchServiceWebhooks);
route(['service'], 'POST', 'Configuration/Webhooks', 'configuration:update', webhooks.updateServiceWebhooks, webhooks.SERVICE_WEBHOOK_FORM);
route(['account'], 'GET', 'Configuration/Addresses', 'addresses:list', addresses.listAddresses, [...LIST, 'Type']);
route(['account'], 'POST', 'Configuration/Addresses', 'addresses:create', addresses.createAddress, addresses.ADDRESS_FORM);
route(['account'], 'GET', 'Configuration/Addresses/:', 'addresses:read', addresses.fetchAddress);
route(['account'], 'DELETE', 'Configuration/Addresses/:', 'addresses:delete', addresses.deleteAddress);

// Event Streams, at a host of its own.
route(['events'], 'POST', 'Sinks', 'sinks:create', sinks.createSink, sinks.SINK_FORM);
route(['events'], 'GET', 'Sinks', 'sinks:list', sinks.listSinks, [...LIST, 'InUse', 'Status']);
route(['events'], 'GET', 'Sinks/:', 'sinks:read', sinks.fetchSink);
route(['events'], 'POST', 'Sinks/:', 'sinks:update', sinks.updateSink, ['Description']);
route(['events'], 'DELETE', 'Sinks/:', 'sinks:delete', sinks.deleteSink);
route(['events'], 'POST', 'Sinks/:/Test', 'sinks:update', sinks.testSink);
route(['events'], 'POST', 'Sinks/:/Validate', 'sinks:update', sinks.validateSink, ['TestId']);
route(['events'], 'POST', 'Subscriptions', 'subscriptions:create', subscriptions.createSubscription, subscriptions.SUBSCRIPTION_FORM);
route(['events'], 'GET', 'Subscriptions', 'subscriptions:list', subscriptions.listSubscriptions, [...LIST, 'SinkSid']);
route(['events'], 'GET', 'Subscriptions/:', 'subscriptions:read', subscriptions.fetchSubscription);
route(['events'], 'POST', 'Subscriptions/:', 'subscriptions:update', subscriptions.updateSubscription, ['Description']);
route(['events'], 'DELETE', 'Subscriptions/:', 'subscriptions:delete', subscriptions.deleteSubscription);
route(['events'], 'GET', 'Subscriptions/:/SubscribedEvents', 'subscriptions:read', subscriptions.listSubscribed, LIST);
route(['events'], 'POST', 'Subscriptions/:/SubscribedEvents', 'subscriptions:update', subscriptions.createSubscribed, ['Type', 'SchemaVersion']);
route(['events'], 'GET', 'Subscriptions/:/SubscribedEvents/:', 'subscriptions:read', subscriptions.fetchSubscribed);
route(['events'], 'POST', 'Subscriptions/:/SubscribedEvents/:', 'subscriptions:update', subscriptions.updateSubscribed, ['SchemaVersion']);
route(['events'], 'DELETE', 'Subscriptions/:/SubscribedEvents/:', 'subscriptions:update', subscriptions.deleteSubscribed);
route(['events'], 'GET', 'Types', 'types:list', eventTypes.listTypes, [...LIST, 'SchemaId']);
route(['events'], 'GET', 'Types/:', 'types:read', eventTypes.fetchType);
route(['events'], 'GET', 'Schemas/:', 'types:read', eventTypes.fetchSchema);
route(['events'], 'GET', 'Schemas/:/Versions', 'types:read', eventTypes.listSchemaVersions, LIST);
route(['events'], 'GET', 'Schemas/:/Versions/:', 'types:read', eventTypes.fetchSchemaVersion);

// The Webhooks configuration API: which writes take an Idempotency-Key is what Twilio's client knows of them.
const configure = (method, pattern, permission, handler, names) => route(['webhooks'], method, pattern, `webhooks/${permission}`, handler, names);
const configureOnce = (method, pattern, permission, handler) => route(['webhooks'], method, pattern, `webhooks/${permission}`, handler, [], { idempotent: true });

configureOnce('POST', 'SharedKeys', 'shared-keys:create', sharedKeys.createSharedKey);
configure('GET', 'SharedKeys', 'shared-keys:list', sharedKeys.listSharedKeys, TOKEN_PAGING);
configure('GET', 'SharedKeys/:', 'shared-keys:read', sharedKeys.fetchSharedKey);
configure('PATCH', 'SharedKeys/:', 'shared-keys:update', sharedKeys.patchSharedKey);
configure('DELETE', 'SharedKeys/:', 'shared-keys:delete', sharedKeys.deleteSharedKey);
configureOnce('POST', 'AuthProfiles', 'auth-profiles:create', authProfiles.createAuthProfile);
configure('GET', 'AuthProfiles', 'auth-profiles:list', authProfiles.listAuthProfiles, TOKEN_PAGING);
configure('GET', 'AuthProfiles/:', 'auth-profiles:read', authProfiles.fetchAuthProfile);
configure('PATCH', 'AuthProfiles/:', 'auth-profiles:update', authProfiles.patchAuthProfile);
configure('DELETE', 'AuthProfiles/:', 'auth-profiles:delete', authProfiles.deleteAuthProfile);
configureOnce('POST', 'Settings', 'settings:create', settings.createSetting);
configure('GET', 'Settings', 'settings:list', settings.listSettings, [...TOKEN_PAGING, ...settings.SETTING_FILTERS]);
configure('GET', 'Settings/:', 'settings:read', settings.fetchSetting);
configure('PATCH', 'Settings/:', 'settings:update', settings.patchSetting);
configure('DELETE', 'Settings/:', 'settings:delete', settings.deleteSetting);
configureOnce('POST', 'Rules', 'rules:create', rules.createRule);
configure('GET', 'Rules', 'rules:list', rules.listRules, [...TOKEN_PAGING, 'settingId']);
configure('GET', 'Rules/:', 'rules:read', rules.fetchRule);
configureOnce('PATCH', 'Rules/:', 'rules:update', rules.patchRule);
configureOnce('DELETE', 'Rules/:', 'rules:delete', rules.deleteRule);
configure('GET', 'Operations', 'operations:list', operations.listOperations, [...TOKEN_PAGING, 'status', 'resourceId']);
configure('GET', 'Operations/:', 'operations:read', operations.fetchOperation);
configure('POST', 'Tests', 'tests:create', tests.createTest);
configure('GET', 'EdgeZones', 'edge-zones:list', settings.listEdgeZones, TOKEN_PAGING);

// Which of Twilio's hosts the operations of a scope are at.
export function hostOf(scope) {
  return ['webhooks', 'events'].includes(scope) ? scope : 'conversations';
}

// -> { handler, permission, names, idempotent, scope, serviceSid, ids }
export function findRoute(method, path) {
  const parts = path.split('/').slice(1);
  const scope = scopeOf(parts);
  if (!scope) throw notFound(path);
  const walk = parts.slice({ service: 3, webhooks: 2 }[scope] ?? 1);
  const ids = [];
  let node = root[scope];
  for (const part of walk) {
    const literal = part !== ':' && node.children.get(part);
    if (!literal) ids.push(readId(part, node, path));
    node = literal || node.children.get(':');
  }
  if (node.methods.size === 0) throw notFound(path);
  const found = node.methods.get(method);
  if (!found) throw twilioError(20004, undefined, { headers: { Allow: [...node.methods.keys()].join(', ') } });
  return { ...found, scope, ids, serviceSid: scope === 'service' ? parts[2] : undefined };
}

function readId(part, node, path) {
  if (part === '' || !node.children.has(':')) throw notFound(path);
  return decodeValue(part, false);
}

function scopeOf(parts) {
  if (parts[0] === 'v2') return 'chat';
  if (parts[0] !== 'v1') return undefined;
  if (parts[1] === 'Webhooks' && parts.length > 2) return 'webhooks';
  if (root.events.children.has(parts[1])) return 'events';
  return parts[1] === 'Services' && parts.length > 3 ? 'service' : 'account';
}
