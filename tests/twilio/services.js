// The Service resource, its roles and its configuration; the account's configuration; and the same
// service as Programmable Chat shows it (/v2/Services), the only place with webhook retry counts.
import { invalidParameter, notFound, twilioError } from './errors.js';
import { isSid } from './sids.js';
import { momentAfter } from './moments.js';
import { listReply, wholeNumber } from './pages.js';
import { isoSeconds, roleView, serviceView } from './views.js';

export const CONFIGURATION_FORM = [
  'DefaultChatServiceSid', 'DefaultMessagingServiceSid', 'DefaultInactiveTimer', 'DefaultClosedTimer',
];
export const SERVICE_CONFIGURATION_FORM = [
  'DefaultConversationCreatorRoleSid', 'DefaultConversationRoleSid', 'DefaultChatServiceRoleSid', 'ReachabilityEnabled',
];
export const CHAT_SERVICE_FORM = [
  'FriendlyName', 'ReadStatusEnabled', 'ReachabilityEnabled', 'PreWebhookUrl', 'PostWebhookUrl', 'WebhookMethod',
  'WebhookFilters*', 'Limits.ChannelMembers', 'Limits.UserChannels', 'PreWebhookRetryCount', 'PostWebhookRetryCount',
];

export function listServices(request) {
  return listReply(request, {
    key: 'services', list: request.store.serviceList, max: 100, render: (s) => serviceView(request.view, s),
  });
}

export function createService({ store, form, view }) {
  if (!form.get('FriendlyName')) throw invalidParameter('FriendlyName is required');
  return { status: 201, json: serviceView(view, store.createService({ friendlyName: form.get('FriendlyName') })) };
}

export function fetchService(request) {
  return { status: 200, json: serviceView(request.view, theService(request)) };
}

export function deleteService(request) {
  request.store.deleteService(theService(request));
  return { status: 204 };
}

function theService({ store, ids, path }) {
  const service = store.services.get(ids[0]);
  if (!service) throw notFound(path);
  return service;
}

// ---- roles

export function listRoles(request) {
  const { service, view } = request;
  return listReply(request, {
    key: 'roles',
    list: { page: () => ({ items: [...service.roles.values()], last: null }) },
    max: 50,
    render: (role) => roleView(view, service, role),
  });
}

export function fetchRole({ service, ids, path, view }) {
  const role = service.roles.get(ids[0]);
  if (!role) throw notFound(path);
  return { status: 200, json: roleView(view, service, role) };
}

// ---- configuration of the account and of one service

export function fetchConfiguration({ store, view }) {
  const url = `${view.origin}/v1/Configuration`;
  return {
    status: 200,
    json: {
      account_sid: view.accountSid,
      default_chat_service_sid: store.defaultService.sid,
      default_messaging_service_sid: store.messagingServiceSid,
      default_inactive_timer: store.timers.inactive,
      default_closed_timer: store.timers.closed,
      url,
      links: {
        service: `${view.origin}/v1/Services/${store.defaultService.sid}/Configuration`,
        webhooks: `${url}/Webhooks`,
      },
    },
  };
}

export function updateConfiguration(request) {
  const { store, form } = request;
  for (const name of ['DefaultInactiveTimer', 'DefaultClosedTimer']) {
    if (form.has(name)) momentAfter(form.get(name), name);
  }
  const chosen = form.get('DefaultChatServiceSid') ?? store.defaultService.sid;
  if (!store.services.has(chosen)) throw twilioError(50050);
  const messaging = form.get('DefaultMessagingServiceSid') ?? store.messagingServiceSid;
  if (!isSid('MG', messaging)) throw invalidParameter('DefaultMessagingServiceSid');
  store.defaultService = store.services.get(chosen);
  store.messagingServiceSid = messaging;
  if (form.has('DefaultInactiveTimer')) store.timers.inactive = form.get('DefaultInactiveTimer') || null;
  if (form.has('DefaultClosedTimer')) store.timers.closed = form.get('DefaultClosedTimer') || null;
  return fetchConfiguration(request);
}

export function fetchServiceConfiguration({ service, view }) {
  const url = `${view.origin}/v1/Services/${service.sid}/Configuration`;
  return {
    status: 200,
    json: {
      chat_service_sid: service.sid,
      default_conversation_creator_role_sid: service.channelAdminRole,
      default_conversation_role_sid: service.channelUserRole,
      default_chat_service_role_sid: service.serviceUserRole,
      reachability_enabled: service.reachabilityEnabled,
      url,
      links: { notifications: `${url}/Notifications`, webhooks: `${url}/Webhooks` },
    },
  };
}

export function updateServiceConfiguration(request) {
  const { service, form } = request;
  const uses = {
    DefaultConversationCreatorRoleSid: 'channelAdminRole',
    DefaultConversationRoleSid: 'channelUserRole',
    DefaultChatServiceRoleSid: 'serviceUserRole',
  };
  for (const [name, use] of Object.entries(uses)) {
    if (!form.has(name)) continue;
    if (!service.roles.has(form.get(name))) throw twilioError(50100);
    service[use] = form.get(name);
  }
  service.reachabilityEnabled = truth(form, 'ReachabilityEnabled') ?? service.reachabilityEnabled;
  return fetchServiceConfiguration(request);
}

function truth(form, name) {
  const text = form.get(name);
  if (text !== undefined && !['true', 'false'].includes(text)) throw invalidParameter(`${name} must be true or false`);
  return text === undefined ? undefined : text === 'true';
}

// ---- chat.twilio.com/v2/Services

export function fetchChatService(request) {
  return { status: 200, json: chatServiceView(request.view, theService(request)) };
}

export function updateChatService(request) {
  const { form } = request;
  const service = theService(request);
  for (const [name, field] of [['PreWebhookRetryCount', 'preWebhookRetryCount'], ['PostWebhookRetryCount', 'postWebhookRetryCount']]) {
    const count = wholeNumber(form, name);
    if (count > 3) throw invalidParameter(`${name} must be 0 to 3`); // the docs name no maximum; one that catches wild values
    service[field] = count ?? service[field];
  }
  service.limits.members = limit(form, 'Limits.ChannelMembers') ?? service.limits.members;
  service.limits.conversations = limit(form, 'Limits.UserChannels') ?? service.limits.conversations;
  service.friendlyName = form.get('FriendlyName') ?? service.friendlyName;
  const { webhooks } = service;
  webhooks.preWebhookUrl = form.get('PreWebhookUrl') ?? webhooks.preWebhookUrl;
  webhooks.postWebhookUrl = form.get('PostWebhookUrl') ?? webhooks.postWebhookUrl;
  webhooks.method = form.get('WebhookMethod') ?? webhooks.method;
  webhooks.filters = form.get('WebhookFilters') ?? webhooks.filters;
  service.dateUpdated = new Date();
  return fetchChatService(request);
}

function limit(form, name) {
  const value = wholeNumber(form, name);
  if (value !== undefined && (value < 1 || value > 1000)) throw invalidParameter(`${name} must be 1 to 1000`);
  return value;
}

function chatServiceView(view, service) {
  const url = `${view.origin}/v2/Services/${service.sid}`;
  return {
    sid: service.sid,
    account_sid: view.accountSid,
    friendly_name: service.friendlyName,
    date_created: isoSeconds(service.dateCreated),
    date_updated: isoSeconds(service.dateUpdated),
    default_service_role_sid: service.serviceUserRole,
    default_channel_role_sid: service.channelUserRole,
    default_channel_creator_role_sid: service.channelAdminRole,
    read_status_enabled: true,
    reachability_enabled: service.reachabilityEnabled,
    typing_indicator_timeout: 5,
    consumption_report_interval: 10,
    limits: { channel_members: service.limits.members, user_channels: service.limits.conversations },
    pre_webhook_url: service.webhooks.preWebhookUrl,
    post_webhook_url: service.webhooks.postWebhookUrl,
    webhook_method: service.webhooks.method,
    webhook_filters: service.webhooks.filters,
    pre_webhook_retry_count: service.preWebhookRetryCount,
    post_webhook_retry_count: service.postWebhookRetryCount,
    notifications: {},
    media: { size_limit_mb: 150, compatibility_message: 'Media messages are not supported by your client' },
    url,
    links: { channels: `${url}/Channels`, users: `${url}/Users`, roles: `${url}/Roles`, bindings: `${url}/Bindings` },
  };
}
