// Misbehaviour on command: what Twilio, or the network before it, may do to a client.
import { setTimeout as pause } from 'node:timers/promises';
import { errorFor, tellsProblems } from './errors.js';
import { payloadOf, replyHeaders } from './reply.js';

const FAULTS = {
  cut, reset, half, huge, html, redirect, hang, empty, 'slow-bytes': slowBytes,
};

export class Faults {
  #rules = [];

  // after: matching requests let through first; times: then this many are hit.
  add({ match = {}, times = 1, after = 0, ...what }) {
    if (what.fault !== undefined && !FAULTS[what.fault]) throw new TypeError(`no such fault: ${what.fault}`);
    const rule = { match, times, after, ...what, hits: 0, seen: 0 };
    rule.remove = () => { this.#rules = this.#rules.filter((other) => other !== rule); };
    this.#rules.push(rule);
    return rule;
  }

  clear() {
    this.#rules = [];
  }

  // The first rule that matches and has not had its fill.
  take(record) {
    for (const rule of this.#rules) {
      if (!matches(rule.match, record) || rule.hits >= rule.times) continue;
      rule.seen += 1;
      if (rule.seen <= rule.after) continue;
      rule.hits += 1;
      return rule;
    }
    return undefined;
  }
}

function matches({ method, path }, record) {
  if (method !== undefined && method !== record.method) return false;
  if (path instanceof RegExp) return path.test(record.path);
  return path === undefined || path === record.path;
}

export async function misbehave(rule, exchange) {
  // What is also to be done is done first: the client may have given up when the answer comes.
  const actual = rule.alsoDo ? exchange.perform() : undefined;
  const { fault } = rule;
  if (rule.delayMs > 0 && fault !== 'slow-bytes') await wait(exchange, rule.delayMs);
  if (exchange.response.destroyed) return;
  const answer = () => ruledAnswer(rule, exchange.record) ?? { ...(actual ?? exchange.perform()), ...overrides(rule) };
  await (fault === undefined ? exchange.answer(answer()) : FAULTS[fault](exchange, rule, answer));
}

// Without a status, code or body of its own a rule lets the real thing happen and changes its reply;
// so does a status below 400, which is no error that could be told.
function ruledAnswer(rule, record) {
  const { status, code, body, contentType, headers } = rule;
  if (body !== undefined) {
    const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return { status: status ?? 200, payload, contentType, headers };
  }
  if (code === undefined && (status === undefined || status < 400)) return undefined;
  const error = errorFor(rule);
  return rule.problemJson ?? tellsProblems(record)
    ? { status: error.status, json: error.toProblem(), contentType: contentType ?? 'application/problem+json', headers }
    : { status: error.status, json: error.toJson(), contentType, headers };
}

function overrides({ status, headers, contentType }) {
  return { ...(status && { status }), ...(headers && { headers }), ...(contentType && { contentType }) };
}

// Ends early when the client goes, or the stand-in stops.
async function wait({ closed }, ms) {
  await pause(ms, undefined, { signal: closed.signal }).catch(() => {});
}

function cut({ response }) {
  response.socket.destroy();
}

// Under TLS only the connection below knows what a reset is; Node has no public name for it.
function reset({ response: { socket } }) {
  (socket._parent ?? socket).resetAndDestroy();
}

// What was written must have left before the connection is cut, or nothing of it would arrive.
function half({ standIn, response, record, since }, rule, answer) {
  const given = answer();
  const payload = payloadOf(given);
  record.status = given.status;
  response.writeHead(given.status, replyHeaders(standIn, since, given, payload));
  response.write(payload.subarray(0, Math.max(1, payload.length >> 1)), () => response.socket?.destroy());
}

// No Content-Length, so that only a client that counts what it reads is safe.
async function huge(exchange, { status = 200, bytes = 64 * 1024 * 1024 }) {
  const { response, record } = exchange;
  record.status = status;
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.write('{"padding":"');
  const chunk = Buffer.alloc(64 * 1024, 'x');
  for (let sent = 0; sent < bytes && !response.destroyed; sent += chunk.length) {
    if (!response.write(chunk)) await drained(exchange);
  }
  if (!response.destroyed) response.end('"}');
}

function drained({ response, closed: { signal } }) {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle);
      signal.removeEventListener('abort', settle);
      resolve();
    };
    response.on('drain', settle);
    signal.addEventListener('abort', settle);
  });
}

function html({ answer }, { status = 502, headers }) {
  const payload = `<html><head><title>${status}</title></head><body><h1>Bad Gateway</h1></body></html>`;
  answer({ status, payload, contentType: 'text/html', headers });
}

// Whoever follows comes back to the stand-in and is found among its requests.
function redirect({ answer, standIn }, { status = 307, location = `${standIn.url}/followed`, headers }) {
  answer({ status, payload: '', headers: { Location: location, ...headers } });
}

async function slowBytes(exchange, { delayMs = 100 }, answer) {
  const { standIn, response, record, since } = exchange;
  const given = answer();
  const payload = payloadOf(given);
  record.status = given.status;
  response.writeHead(given.status, replyHeaders(standIn, since, given, payload));
  response.flushHeaders();
  for (const byte of payload) {
    await wait(exchange, delayMs);
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
  }
  response.end();
}

async function hang({ closed }) {
  if (closed.signal.aborted) return;
  await new Promise((resolve) => { closed.signal.addEventListener('abort', resolve, { once: true }); });
}

function empty({ answer }, { status = 200, headers }) {
  answer({ status, payload: '', headers });
}
