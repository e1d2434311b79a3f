import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { StandIn } from '../standin.js';
import { call } from '../../lib/rest-client.js';

let twilio;
let sid;
let path;
beforeEach(async () => {
  twilio = await StandIn.start();
  ({ sid } = twilio.createConversation());
  path = `/v1/Conversations/${sid}/Participants`;
});
afterEach(() => twilio.stop());

const join = (identity = 'bot', options = {}) => call(twilio, 'POST', path, { form: [['Identity', identity]], ...options });
const joined = () => twilio.participants(sid).length;

test('a code alone gives its documented reply, once', async () => {
  const rule = twilio.misbehave({ code: 50419 });
  const { status, json } = await join();
  assert.deepEqual([status, json.code, json.status], [409, 50419, 409]);
  assert.equal(joined(), 0);
  assert.equal((await join()).status, 201);
  assert.equal(rule.hits, 1);
});

test('a status alone', async () => {
  for (const [status, code] of [[401, 20003], [404, 20404], [429, 20429], [500, 20500], [503, 20503], [418, 20001]]) {
    twilio.misbehave({ status });
    const answer = await join();
    assert.deepEqual([answer.status, answer.json.code], [status, code]);
  }
});

test('RFC 9457', async () => {
  twilio.misbehave({ status: 409, code: 50433, problemJson: true });
  const { headers, json } = await join();
  assert.equal(headers['content-type'], 'application/problem+json');
  assert.deepEqual([json.status, json.code, typeof json.type, typeof json.title, json.more_info], [409, 50433, 'string', 'string', undefined]);
});

test('headers and body of one\'s own', async () => {
  twilio.misbehave({ status: 429, body: 'slow down', contentType: 'text/plain', headers: { 'Retry-After': '1' } });
  const { status, headers, body } = await join();
  assert.deepEqual([status, headers['retry-after'], headers['content-type'], body], [429, '1', 'text/plain', 'slow down']);
});

test('by method and path, after some, so many times, and for ever', async () => {
  const rule = twilio.misbehave({ match: { method: 'POST', path: /\/Participants$/ }, after: 1, times: 2, code: 20429 });
  assert.equal((await call(twilio, 'GET', path)).status, 200);
  assert.equal((await call(twilio, 'POST', `/v1/Conversations/${sid}/Messages`, { form: [['Body', 'x']] })).status, 201);
  assert.equal(rule.seen, 0);
  const seen = [];
  for (const identity of ['a', 'b', 'c', 'd']) seen.push((await join(identity)).status);
  assert.deepEqual([seen, rule.hits], [[201, 429, 429, 201], 2]);
  twilio.misbehave({ times: Infinity, status: 503 });
  for (let i = 0; i < 5; i += 1) assert.equal((await join(`x${i}`)).status, 503);
  twilio.behave();
  assert.equal((await join('last')).status, 201);
});

test('done all the same', async () => {
  twilio.misbehave({ status: 404, code: 20404, alsoDo: true });
  assert.equal((await join()).status, 404);
  assert.equal(joined(), 1);
});

test('later: the right answer, after a delay', async () => {
  twilio.misbehave({ delayMs: 60 });
  const began = performance.now();
  assert.equal((await join()).status, 201);
  assert.ok(performance.now() - began >= 55);
});

for (const [fault, error] of [['cut', 'ECONNRESET'], ['reset', 'ECONNRESET'], ['half', 'ECONNRESET']]) {
  test(`${fault}: the client sees the connection end`, async () => {
    twilio.misbehave({ fault });
    await assert.rejects(join(), { code: error });
    assert.equal(joined(), fault === 'half' ? 1 : 0);
    assert.equal((await join('next')).status, 201);
  });
}

test('half: the headers and some of the body did arrive', async () => {
  twilio.misbehave({ fault: 'half', body: 'x'.repeat(1000), status: 200 });
  const response = await fetch(twilio.url + path, { headers: { authorization: `Basic ${btoa(`${twilio.accountSid}:${twilio.authToken}`)}` } });
  const { value } = await response.body.getReader().read();
  assert.deepEqual([response.status, response.headers.get('content-length'), value.length], [200, '1000', 500]);
});

test('huge', async () => {
  const warnings = [];
  const warned = ({ name }) => warnings.push(name);
  process.on('warning', warned);
  twilio.misbehave({ fault: 'huge', bytes: 3 * 1024 * 1024 });
  const { status, body } = await join();
  assert.equal(status, 200);
  assert.ok(body.length > 3 * 1024 * 1024);
  process.off('warning', warned);
  assert.deepEqual(warnings, [], 'no listener is left behind');
});

test('huge: a client that has had enough ends it', async () => {
  twilio.misbehave({ fault: 'huge', bytes: Infinity });
  const controller = new AbortController();
  const response = await fetch(twilio.url + path, { signal: controller.signal });
  await response.body.getReader().read();
  controller.abort();
  while (twilio.active > 0) await new Promise(setImmediate);
});

test('html', async () => {
  twilio.misbehave({ fault: 'html' });
  const { status, headers, body } = await join();
  assert.deepEqual([status, headers['content-type']], [502, 'text/html']);
  assert.match(body, /^<html>/);
});

test('redirect: whoever follows is found out', async () => {
  twilio.misbehave({ fault: 'redirect' });
  await fetch(twilio.url + path);
  assert.deepEqual(twilio.requests.map((r) => r.path), [path, '/followed']);
});

test('slow bytes', async () => {
  twilio.misbehave({ fault: 'slow-bytes', delayMs: 2, body: 'abcdefghij', contentType: 'text/plain' });
  const began = performance.now();
  assert.equal((await join()).body, 'abcdefghij');
  assert.ok(performance.now() - began >= 15);
});

test('hang: no answer, until the client goes', async () => {
  const rule = twilio.misbehave({ fault: 'hang', alsoDo: true });
  await assert.rejects(join('bot', { timeoutMs: 50 }), /timed out/);
  assert.deepEqual([rule.hits, joined(), twilio.requests[0].status], [1, 1, null]);
});

test('empty', async () => {
  twilio.misbehave({ fault: 'empty', status: 201 });
  const { status, body } = await join();
  assert.deepEqual([status, body], [201, '']);
});

test('an unknown fault is told at once', () => {
  assert.throws(() => twilio.misbehave({ fault: 'meteor' }), /no such fault/);
});

test('refused, and listening again on the same port', async () => {
  const { url } = twilio;
  await twilio.refuse();
  await assert.rejects(join(), { code: 'ECONNREFUSED' });
  await twilio.accept();
  assert.equal(twilio.url, url);
  assert.equal((await join()).status, 201);
});

test('stopping ends what hangs', async () => {
  twilio.misbehave({ fault: 'hang' });
  const stuck = assert.rejects(join());
  while (twilio.active === 0) await new Promise(setImmediate);
  await twilio.stop();
  await stuck;
});
