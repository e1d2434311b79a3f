// The Sink resource: where events go.
import { invalidParameter, notFound } from '../errors.js';
import { oneOf } from '../conversations.js';
import { listReply } from '../pages.js';
import { isoSeconds } from '../views.js';

const LIMIT = 100;
const STATUSES = ['initialized', 'validating', 'active', 'failed'];
const KNOWN = ['destination', 'method', 'batch_events'];

export const SINK_FORM = ['Description', 'SinkConfiguration', 'SinkType'];

export function createSink({ streams, form, view }) {
  for (const name of SINK_FORM) if (!form.get(name)) throw invalidParameter(`${name} is required`);
  const type = oneOf(form.get('SinkType'), ['kinesis', 'webhook', 'segment', 'email'], 'SinkType');
  if (type !== 'webhook') throw invalidParameter(`SinkType ${type} is not played here`);
  if (streams.sinks.size >= LIMIT) throw invalidParameter(`No more than ${LIMIT} sinks`);
  const { destination, method, batch_events: batch } = readConfiguration(form.get('SinkConfiguration'));
  return { status: 201, json: sinkView(view, streams.createSink({ destination, method, batch, description: form.get('Description') })) };
}

function readConfiguration(text) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    throw invalidParameter('SinkConfiguration is not JSON');
  }
  if (typeof given !== 'object' || given === null) throw invalidParameter('SinkConfiguration is no JSON object');
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw invalidParameter(`SinkConfiguration: ${unknown} is not known here`);
  if (!/^https?:\/\/[^\s/]+/.test(given.destination)) throw invalidParameter('SinkConfiguration: destination is no URL');
  oneOf(given.method, ['POST', 'GET'], 'SinkConfiguration: method');
  oneOf(given.batch_events, [true, false], 'SinkConfiguration: batch_events');
  return given;
}

export function listSinks(request) {
  const { query, streams, view } = request;
  const inUse = oneOf(query.get('InUse'), ['true', 'false'], 'InUse');
  const status = oneOf(query.get('Status'), STATUSES, 'Status');
  return listReply(request, {
    key: 'sinks',
    list: streams.sinks,
    max: LIMIT,
    accept: (sink) => (!status || sink.status === status) && (!inUse || String(Boolean(streams.subscriptionOf(sink))) === inUse),
    render: (sink) => sinkView(view, sink),
  });
}

export function fetchSink(request) {
  return { status: 200, json: sinkView(request.view, theSink(request)) };
}

// Where it leads cannot be changed.
export function updateSink(request) {
  const sink = theSink(request);
  if (!request.form.get('Description')) throw invalidParameter('Description is required');
  Object.assign(sink, { description: request.form.get('Description'), dateUpdated: new Date() });
  return { status: 200, json: sinkView(request.view, sink) };
}

export function deleteSink(request) {
  const sink = theSink(request);
  if (request.streams.subscriptionOf(sink)) throw invalidParameter(`Sink with SID ${sink.sid} is in use`);
  request.streams.sinks.remove(sink);
  return { status: 204 };
}

export function testSink(request) {
  request.streams.test(theSink(request));
  return { status: 201, json: { result: 'submitted' } };
}

// Of no use any more: it takes every test for a right one.
export function validateSink(request) {
  theSink(request);
  if (!request.form.get('TestId')) throw invalidParameter('TestId is required');
  return { status: 201, json: { result: 'valid' } };
}

function theSink({ streams, ids, path }) {
  const sink = [...streams.sinks].find(({ sid }) => sid === ids[0]);
  if (!sink) throw notFound(path);
  return sink;
}

function sinkView({ origin }, { sid, description, configuration, status, dateCreated, dateUpdated }) {
  const url = `${origin}/v1/Sinks/${sid}`;
  return {
    sid,
    description,
    sink_configuration: configuration,
    sink_type: 'webhook',
    status,
    date_created: isoSeconds(dateCreated),
    date_updated: isoSeconds(dateUpdated),
    url,
    links: { sink_test: `${url}/Test`, sink_validate: `${url}/Validate` },
  };
}
