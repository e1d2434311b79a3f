// What every case is held to.

import assert from 'node:assert/strict';
import { CONFIDENTIAL } from './account.js';
import { parseLog } from './log-line.js';

function assertIs(actual, wanted, what) {
  if (wanted instanceof RegExp) assert.match(String(actual), wanted, what);
  else assert.equal(actual, wanted, what);
}

export function assertReply(reply, expect, method) {
  assertIs(reply.status, expect.status, `status; body ${JSON.stringify(reply.body)}`);
  if (expect.front) return;
  if (expect.reason) assert.equal(reply.reason, expect.reason, 'reason phrase');
  assertIs(reply.body, method === 'HEAD' ? '' : expect.body, 'body');
  assert.equal(reply.headers['content-type'], 'application/json');
  assert.equal(reply.headers['cache-control'], 'no-store');
  if (expect.anyHeaders) return;
  for (const [name, value] of Object.entries({ 'retry-after': undefined, allow: undefined, ...expect.headers })) {
    assert.equal(reply.headers[name], value, name);
  }
}

/** "create 201", "list 200", "fetch 404", "update 200", "service 200": a call as the cases write it. */
function callName({ method, path, status }) {
  if (method === 'POST' && path.endsWith('/Participants')) return `create ${status ?? 'cut'}`;
  if (method === 'GET' && path.endsWith('/Participants')) return `list ${status ?? 'cut'}`;
  if (method === 'GET' && /\/Participants\/[^/]+$/.test(path)) return `fetch ${status ?? 'cut'}`;
  if (method === 'POST' && /\/Participants\/MB[0-9a-f]{32}$/.test(path)) return `update ${status ?? 'cut'}`;
  if (method === 'GET' && /^\/v1\/Services\/[^/]+$/.test(path)) return `service ${status ?? 'cut'}`;
  return `${method} ${path} ${status ?? 'cut'}`;
}

/** No `rest` means no call at all: nothing reaches Twilio that a case does not name. */
export function assertRest(context, calls, { rest = [], check }) {
  const names = calls.map(callName);
  if (typeof rest === 'function') rest(names);
  else assert.deepEqual(names, rest, 'calls of Twilio');
  for (const { headers } of calls) {
    // Our own participant must not echo back as a webhook.
    assert.equal(headers['x-twilio-webhook-enabled'], undefined);
  }
  check?.({ ...context, calls });
}

/** Of a request of several events: a line each, in the order in which they were done, by the request's id. */
function assertLines(lines, results) {
  assert.deepEqual(lines.map(({ result }) => result).sort(), results);
  assert.deepEqual([...new Set(lines.map((line) => line.way))], ['event-stream']);
  assert.equal(new Set(lines.map(({ id }) => id)).size, 1, 'one id');
}

export async function assertLog(scene, context, expect, alone) {
  if (expect.front || expect.result === undefined) return;
  const lines = await scene.requestLines(context, alone, expect.lines?.length);
  if (expect.lines) {
    assertLines(lines, expect.lines);
    return;
  }
  assert.equal(lines.length, 1, `one line a request: ${JSON.stringify(lines)}`);
  const [fields] = lines;
  assertIs(fields.result, expect.result, 'result in the log');
  assertIs(fields.status, expect.status instanceof RegExp ? expect.status : String(expect.status), 'status in the log');
  for (const [name, value] of Object.entries(expect.log ?? {})) {
    const wanted = typeof value === 'function' ? value(context) : value;
    assertIs(fields[name], wanted === undefined || wanted instanceof RegExp ? wanted : String(wanted), `${name} in the log`);
  }
}

/** By its id a line can be asked for; the events of one request share it. */
export function assertOwnIds(lines) {
  const requests = parseLog(lines).filter(({ result }) => result !== undefined);
  assert.ok(requests.every(({ id }) => id), 'every line of a request has an id');
  const ids = requests.filter((line) => line.way !== 'event-stream').map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, 'ids of their own');
}

export function assertNothingConfidential(lines) {
  for (const line of lines) {
    for (const text of CONFIDENTIAL) assert.ok(!line.includes(text), `${text} in the log: ${line}`);
  }
}
