// Where webhooks go: the account's settings, those of a service, and those of one conversation.
import { invalidParameter, notFound, twilioError } from './errors.js';
import { listReply } from './pages.js';
import { newSid } from './sids.js';
import { OrderedList } from './orderedlist.js';
import { oneOf, theConversation } from './conversations.js';
import { stamps } from './store.js';
import { isoSeconds } from './views.js';

const SUBJECTS = ['Message', 'Conversation', 'Participant'];
const POST_EVENTS = [
  ...SUBJECTS.flatMap((s) => [`on${s}Added`, `on${s}Updated`, `on${s}Removed`]),
  'onConversationStateUpdated', 'onDeliveryUpdated', 'onUserAdded', 'onUserUpdated',
];
const PRE_EVENTS = [...SUBJECTS.flatMap((s) => [`on${s}Add`, `on${s}Update`, `on${s}Remove`]), 'onUserUpdate'];
export const EVENTS = [...POST_EVENTS, ...PRE_EVENTS];

// What a webhook of one conversation may hear of: its creation is over before it can be set.
const SCOPED_EVENTS = [
  'onMessageAdded', 'onMessageUpdated', 'onMessageRemoved', 'onConversationUpdated', 'onConversationStateUpdated',
  'onConversationRemoved', 'onParticipantAdded', 'onParticipantUpdated', 'onParticipantRemoved', 'onDeliveryUpdated',
];

export const ACCOUNT_WEBHOOK_FORM = ['Method', 'Filters*', 'PreWebhookUrl', 'PostWebhookUrl', 'Target'];
export const SERVICE_WEBHOOK_FORM = ['PreWebhookUrl', 'PostWebhookUrl', 'Filters*', 'Method'];
export const SCOPED_WEBHOOK_FORM = [
  'Target', 'Configuration.Url', 'Configuration.Method', 'Configuration.Filters*', 'Configuration.Triggers*',
  'Configuration.FlowSid', 'Configuration.ReplayAfter',
];

export function isPreEvent(event) {
  return PRE_EVENTS.includes(event);
}

export function fetchAccountWebhooks({ store, view }) {
  return {
    status: 200,
    json: {
      account_sid: view.accountSid,
      method: store.webhooks.method,
      filters: store.webhooks.filters,
      pre_webhook_url: store.webhooks.preWebhookUrl,
      post_webhook_url: store.webhooks.postWebhookUrl,
      target: store.webhooks.target,
      url: `${view.origin}/v1/Configuration/Webhooks`,
    },
  };
}

export function updateAccountWebhooks(request) {
  const { store, form } = request;
  const target = oneOf(form.get('Target'), ['webhook', 'flex'], 'Target') ?? store.webhooks.target;
  Object.assign(store.webhooks, readSettings(form, store.webhooks), { target });
  return fetchAccountWebhooks(request);
}

export function fetchServiceWebhooks({ service, view }) {
  return {
    status: 200,
    json: {
      account_sid: view.accountSid,
      chat_service_sid: service.sid,
      pre_webhook_url: service.webhooks.preWebhookUrl,
      post_webhook_url: service.webhooks.postWebhookUrl,
      filters: service.webhooks.filters,
      method: service.webhooks.method,
      url: `${view.origin}/v1/Services/${service.sid}/Configuration/Webhooks`,
    },
  };
}

export function updateServiceWebhooks(request) {
  const { service, form } = request;
  Object.assign(service.webhooks, readSettings(form, service.webhooks));
  return fetchServiceWebhooks(request);
}

function readSettings(form, current) {
  const filters = form.get('Filters') ?? current.filters;
  checkEvents(filters, EVENTS);
  return {
    method: oneOf(form.get('Method'), ['GET', 'POST'], 'Method') ?? current.method ?? 'POST',
    filters: filters ?? [],
    preWebhookUrl: readUrl(form, 'PreWebhookUrl', current.preWebhookUrl),
    postWebhookUrl: readUrl(form, 'PostWebhookUrl', current.postWebhookUrl),
  };
}

function readUrl(form, name, current) {
  if (!form.has(name)) return current;
  const url = form.get(name);
  if (url === '') return null;
  if (!/^https?:\/\/[^\s/]+/.test(url)) throw invalidParameter(`${name} is no URL`);
  return url;
}

function checkEvents(filters, allowed) {
  const unknown = (filters ?? []).find((event) => !allowed.includes(event));
  if (unknown !== undefined) throw invalidParameter(`${unknown} is no event that can be asked for here`);
}

// ---- webhooks of one conversation

export function createScopedWebhook(request) {
  const { form, view, store } = request;
  const conversation = theConversation(request);
  conversation.webhooks ??= new OrderedList();
  if (conversation.webhooks.size >= 5) throw twilioError(50361);
  if (!form.has('Target')) throw invalidParameter('Target is required');
  const webhook = {
    sid: newSid('WH'),
    sequence: store.nextSequence(),
    target: oneOf(form.get('Target'), ['webhook', 'trigger', 'studio'], 'Target'),
    url: readUrl(form, 'Configuration.Url', null),
    method: oneOf(form.get('Configuration.Method'), ['get', 'post'], 'Configuration.Method') ?? 'post',
    filters: form.get('Configuration.Filters') ?? [],
    triggers: form.get('Configuration.Triggers'),
    ...stamps(),
  };
  if (webhook.url?.length > 512) throw twilioError(50372);
  checkEvents(webhook.filters, SCOPED_EVENTS);
  conversation.webhooks.add(webhook);
  return { status: 201, json: scopedView(view, conversation, webhook) };
}

export function listScopedWebhooks(request) {
  const conversation = theConversation(request);
  return listReply(request, {
    key: 'webhooks', list: conversation.webhooks, max: 5, render: (w) => scopedView(request.view, conversation, w),
  });
}

export function fetchScopedWebhook(request) {
  return { status: 200, json: scopedView(request.view, theConversation(request), theWebhook(request)) };
}

export function deleteScopedWebhook(request) {
  const webhook = theWebhook(request);
  theConversation(request).webhooks.remove(webhook);
  return { status: 204 };
}

function theWebhook(request) {
  const webhook = [...(theConversation(request).webhooks ?? [])].find((w) => w.sid === request.ids[1]);
  if (!webhook) throw notFound(request.path);
  return webhook;
}

function scopedView(view, conversation, webhook) {
  return {
    sid: webhook.sid,
    account_sid: view.accountSid,
    ...(view.scoped && { chat_service_sid: conversation.chatServiceSid }),
    conversation_sid: conversation.sid,
    target: webhook.target,
    url: `${view.prefix}/Conversations/${conversation.sid}/Webhooks/${webhook.sid}`,
    configuration: {
      url: webhook.url,
      method: webhook.method,
      filters: webhook.filters,
      ...(webhook.triggers && { triggers: webhook.triggers }),
    },
    date_created: isoSeconds(webhook.dateCreated),
    date_updated: isoSeconds(webhook.dateUpdated),
  };
}
