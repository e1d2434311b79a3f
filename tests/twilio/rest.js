// One REST exchange: read the request, find out what Twilio would answer, answer so or misbehave.
import { decodeForm } from './form.js';
import { findRoute, hostOf } from './routes.js';
import { invalidParameter, notFound, tellsProblems, TwilioError, twilioError } from './errors.js';
import { isSid } from './sids.js';
import { misbehave } from './faults.js';
import { sendReply } from './reply.js';
import { once } from './webhooksapi/idempotency.js';
import { refuse } from './webhooksapi/fields.js';

const BODY_MAX = 1024 * 1024;

export async function handle(standIn, request, response) {
  const exchange = open(standIn, request, response);
  const { record } = exchange;
  standIn.active += 1;
  response.once('close', () => {
    standIn.active -= 1;
    exchange.closed.abort();
    record.status ??= response.headersSent ? response.statusCode : null;
    record.ms = performance.now() - exchange.since;
    standIn.emit('request', record);
  });
  const whole = await readBody(request, record);
  standIn.remember(record);
  standIn.emit('requestRead', record);
  exchange.perform = () => perform(standIn, exchange, whole);
  const rule = standIn.faults.take(record);
  if (rule) {
    record.rule = rule;
    await misbehave(rule, exchange);
  } else {
    await exchange.answer(exchange.perform());
  }
}

function open(standIn, request, response) {
  const [path, ...rest] = request.url.split('?');
  const record = {
    method: request.method,
    path,
    query: rest.join('?'),
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    rawBody: '',
    params: [],
    status: null,
    at: Date.now(),
  };
  const exchange = { standIn, request, response, record, since: performance.now(), closed: new AbortController() };
  exchange.answer = (answer) => sendReply(exchange, answer);
  return exchange;
}

async function readBody(request, record) {
  const chunks = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size <= BODY_MAX) chunks.push(chunk);
    }
  } catch {
    return false; // the client went away in the middle: nobody is left to be answered
  }
  record.rawBody = Buffer.concat(chunks).toString('latin1');
  return size <= BODY_MAX;
}

function perform(standIn, { request, record }, whole) {
  try {
    if (!whole) throw new TwilioError(413, 20001, 'Request body is too large');
    if (standIn.active > standIn.limits.concurrentRequests) throw twilioError(20429);
    return act(standIn, request, record);
  } catch (error) {
    if (!(error instanceof TwilioError)) throw error;
    return refusal(error, record);
  }
}

// The newer APIs tell of their errors in another form.
function refusal(error, record) {
  const { status, headers } = error;
  return tellsProblems(record)
    ? { status, json: error.toProblem(), headers, contentType: 'application/problem+json' }
    : { status, json: error.toJson(), headers };
}

function act(standIn, request, record) {
  const { store } = standIn;
  // Credentials come before everything else: an unknown caller learns nothing of what exists.
  const caller = standIn.credentials.identify(request.headers.authorization);
  const route = findRoute(record.method, record.path);
  if (!standIn.serves(hostOf(route.scope), request.socket.localPort)) throw notFound(record.path);
  standIn.credentials.permit(caller, route.permission);
  if (route.scope === 'service' && !isSid('IS', route.serviceSid)) throw notFound(record.path);
  const service = route.serviceSid ? store.services.get(route.serviceSid) : store.defaultService;
  if (!service) throw notFound(record.path);
  const echo = wantsWebhooks(request);
  const asked = {
    standIn,
    store,
    service,
    configuration: standIn.webhookConfiguration,
    streams: standIn.eventStreams,
    ids: route.ids,
    path: record.path,
    headers: request.headers,
    view: viewFor(standIn, route, service),
    ...readParameters(request, record, route),
  };
  const answer = route.idempotent ? once(asked, record, () => route.handler(asked)) : route.handler(asked);
  for (const [event, details] of answer.fired ?? []) {
    if (echo) standIn.fire(event, details, 'API');
    else if (standIn.assume.restIsEvent) standIn.eventStreams.publish(event, details);
  }
  return answer;
}

function viewFor(standIn, route, service) {
  const host = hostOf(route.scope);
  // `url` may have been given another name since (tests/chaos), under which lists go on.
  const origin = host === 'conversations' ? standIn.url : standIn.urls[host];
  const scoped = route.scope === 'service';
  const prefix = scoped ? `${origin}/v1/Services/${service.sid}` : `${origin}/v1`;
  return { origin, prefix, scoped, accountSid: standIn.accountSid };
}

// REST actions fire webhooks only when the request asks for it.
function wantsWebhooks({ headers }) {
  const value = headers['x-twilio-webhook-enabled'];
  if (value === undefined || value === 'false') return false;
  if (value !== 'true') throw invalidParameter('X-Twilio-Webhook-Enabled must be true or false');
  return true;
}

function readParameters(request, record, { names, scope }) {
  if (scope === 'webhooks') return readJsonParameters(request, record, names);
  const posted = record.method === 'POST';
  if (!posted && record.rawBody !== '') throw invalidParameter('a body is not expected');
  if (posted && record.rawBody !== '' && !isForm(request.headers['content-type'])) {
    throw invalidParameter('Content-Type must be application/x-www-form-urlencoded');
  }
  const inQuery = decodeForm(record.query);
  record.params = decodeForm(record.rawBody);
  return {
    query: gather(inQuery, posted ? new Map() : names),
    form: gather(record.params, posted ? names : new Map()),
  };
}

// Of what is JSON here, a POST and a PATCH have a body, and only lists a query.
function readJsonParameters(request, { method, rawBody, query }, names) {
  const written = method === 'POST' || method === 'PATCH';
  if (!written && rawBody !== '') throw refuse('body', 'is not expected');
  const given = gather(decodeForm(query), written ? new Map() : names, (why) => refuse('query', why));
  return { query: given, json: written ? readJson(request, rawBody) : undefined };
}

function readJson(request, rawBody) {
  if (!/^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i.test(request.headers['content-type'] ?? '')) {
    throw refuse('Content-Type', 'must be application/json');
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(rawBody, 'latin1')));
  } catch {
    throw refuse('body', 'is no JSON');
  }
}

function isForm(type) {
  return /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?$/i.test(type ?? '');
}

function gather(pairs, names, refusal = invalidParameter) {
  const gathered = new Map();
  for (const [name, value] of pairs) {
    const known = names.get(name);
    if (!known) throw refusal(`${name} is not known here`);
    if (known.repeats) gathered.set(name, [...(gathered.get(name) ?? []), value]);
    else if (gathered.has(name)) throw refusal(`${name} is given twice`);
    else gathered.set(name, value);
  }
  return gathered;
}
