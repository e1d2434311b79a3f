// The Subscription resource: which events go to a sink, and in which version.
import { invalidParameter, notFound } from '../errors.js';
import { OrderedList } from '../orderedlist.js';
import { listReply, wholeNumber } from '../pages.js';
import { isoSeconds } from '../views.js';
import { readSubscribed } from './eventtypes.js';

const LIMIT = 100;

export const SUBSCRIPTION_FORM = ['Description', 'SinkSid', 'Types*'];

export function createSubscription({ streams, form, view }) {
  for (const name of ['Description', 'SinkSid']) if (!form.get(name)) throw invalidParameter(`${name} is required`);
  const types = readTypes(form.get('Types') ?? []);
  const sink = [...streams.sinks].find(({ sid }) => sid === form.get('SinkSid'));
  if (!sink) throw invalidParameter(`no sink ${form.get('SinkSid')}`);
  if (sink.status !== 'active') throw invalidParameter(`Sink with SID ${sink.sid} is not active`);
  if (streams.subscriptionOf(sink)) throw invalidParameter(`Sink with SID ${sink.sid} is in use`);
  if (streams.subscriptions.size >= LIMIT) throw invalidParameter(`No more than ${LIMIT} subscriptions`);
  const subscription = streams.createSubscription({ sink, types, description: form.get('Description') });
  return { status: 201, json: subscriptionView(view, subscription) };
}

// Each is an object by itself; a list of them in one parameter is none.
function readTypes(texts) {
  if (texts.length === 0) throw invalidParameter('Missing required input parameter event_types');
  const types = texts.map((text, i) => readType(text, `event_types[${i}]`));
  if (new Set(types.map(({ type }) => type)).size < types.length) throw invalidParameter('event_types names one twice');
  return types;
}

function readType(text, where) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    throw invalidParameter(`${where} is not JSON`);
  }
  if (typeof given?.type !== 'string') throw invalidParameter(`Missing required input parameter ${where}.type`);
  const unknown = Object.keys(given).find((name) => !['type', 'schema_version'].includes(name));
  if (unknown !== undefined) throw invalidParameter(`${where}.${unknown} is not known here`);
  return readSubscribed(given.type, given.schema_version, where);
}

export function listSubscriptions(request) {
  const sink = request.query.get('SinkSid');
  return listReply(request, {
    key: 'subscriptions', list: request.streams.subscriptions, max: LIMIT,
    accept: (s) => sink === undefined || s.sink.sid === sink, render: (s) => subscriptionView(request.view, s),
  });
}

export function fetchSubscription(request) {
  return { status: 200, json: subscriptionView(request.view, theSubscription(request)) };
}

export function updateSubscription(request) {
  const subscription = theSubscription(request);
  if (request.form.has('Description')) subscription.description = request.form.get('Description');
  subscription.dateUpdated = new Date();
  return { status: 200, json: subscriptionView(request.view, subscription) };
}

export function deleteSubscription(request) {
  request.streams.subscriptions.remove(theSubscription(request));
  return { status: 204 };
}

function theSubscription({ streams, ids, path }) {
  const subscription = [...streams.subscriptions].find(({ sid }) => sid === ids[0]);
  if (!subscription) throw notFound(path);
  return subscription;
}

function subscriptionView(view, { sid, sink, description, dateCreated, dateUpdated }) {
  const url = `${view.origin}/v1/Subscriptions/${sid}`;
  return {
    sid,
    account_sid: view.accountSid,
    sink_sid: sink.sid,
    description,
    date_created: isoSeconds(dateCreated),
    date_updated: isoSeconds(dateUpdated),
    url,
    links: { subscribed_events: `${url}/SubscribedEvents` },
  };
}

// ---- the types of one subscription

export function listSubscribed(request) {
  const subscription = theSubscription(request);
  const list = new OrderedList();
  subscription.types.forEach((one, sequence) => list.add({ ...one, sequence }));
  return listReply(request, { key: 'types', list, max: 1000, render: (one) => subscribedView(request.view, subscription, one) });
}

export function createSubscribed(request) {
  const subscription = theSubscription(request);
  if (!request.form.get('Type')) throw invalidParameter('Type is required');
  const one = readSubscribed(request.form.get('Type'), wholeNumber(request.form, 'SchemaVersion'), 'Type');
  const known = subscription.types.find(({ type }) => type === one.type);
  if (known) throw invalidParameter(`${one.type} is subscribed to already`);
  subscription.types.push(one);
  return { status: 201, json: subscribedView(request.view, subscription, one) };
}

export function fetchSubscribed(request) {
  return { status: 200, json: subscribedView(request.view, theSubscription(request), theSubscribed(request)) };
}

export function updateSubscribed(request) {
  const one = theSubscribed(request);
  Object.assign(one, readSubscribed(one.type, wholeNumber(request.form, 'SchemaVersion'), 'Type'));
  return { status: 200, json: subscribedView(request.view, theSubscription(request), one) };
}

export function deleteSubscribed(request) {
  const subscription = theSubscription(request);
  const one = theSubscribed(request);
  if (subscription.types.length === 1) throw invalidParameter('The last type of a subscription cannot be removed');
  subscription.types.splice(subscription.types.indexOf(one), 1);
  return { status: 204 };
}

function theSubscribed(request) {
  const one = theSubscription(request).types.find(({ type }) => type === request.ids[1]);
  if (!one) throw notFound(request.path);
  return one;
}

function subscribedView(view, { sid }, { type, schemaVersion }) {
  return {
    account_sid: view.accountSid, subscription_sid: sid, type, schema_version: schemaVersion,
    url: `${view.origin}/v1/Subscriptions/${sid}/SubscribedEvents/${type}`,
  };
}
