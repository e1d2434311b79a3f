import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, test } from 'node:test';
import { StandIn } from '../standin.js';
import { sign } from '../signature.js';
import { call } from '../../lib/rest-client.js';
import { WebhookListener } from '../../lib/webhook-listener.js';

let twilio;
let listener;
beforeEach(async () => {
  twilio = await StandIn.start();
  listener = await WebhookListener.start();
});
afterEach(async () => {
  await twilio.stop();
  await listener.stop();
});

const params = [['EventType', 'onConversationAdded'], ['Body', 'grüß & co = 1+1'], ['RetryCount', '0']];

test('POST: form-encoded, signed over URL and parameters', async () => {
  const result = await twilio.deliver({ url: `${listener.url}?a=1`, params });
  const [got] = listener.received;
  assert.deepEqual([result.status, result.body, result.event, result.attempts, result.timedOut], [200, '{}', 'onConversationAdded', 1, false]);
  assert.deepEqual([got.method, got.target, got.params], ['POST', '/webhooks/twilio?a=1', params]);
  assert.match(got.headers['content-type'], /^application\/x-www-form-urlencoded/);
  assert.equal(got.headers['x-twilio-signature'], sign(`${listener.url}?a=1`, params, twilio.authToken));
});

test('GET: all in the query, signed with it', async () => {
  await twilio.deliver({ url: listener.url, params, method: 'GET' });
  const [{ method, target, body, headers }] = listener.received;
  assert.deepEqual([method, body], ['GET', '']);
  assert.match(target, /\?EventType=onConversationAdded&Body=gr%C3%BC%C3%9F/);
  assert.equal(headers['x-twilio-signature'], sign(`http://127.0.0.1:${listener.port}${target}`, [], twilio.authToken));
});

test('another token, another signature', async () => {
  await twilio.deliver({ url: listener.url, params, token: 'other' });
  assert.equal(listener.received[0].headers['x-twilio-signature'], sign(listener.url, params, 'other'));
});

test('connectTo: the public name is signed and named, the connection goes elsewhere', async () => {
  const url = 'https://me:pw@hook.example.com:8443/webhooks/twilio';
  await twilio.deliver({ url, params, connectTo: listener.url });
  const [{ headers, target }] = listener.received;
  assert.deepEqual([headers.host, target], ['hook.example.com:8443', '/webhooks/twilio']);
  assert.equal(headers.authorization, `Basic ${btoa('me:pw')}`);
  assert.equal(headers['x-twilio-signature'], sign(url, params, twilio.authToken));
});

test('not sent again by default', async () => {
  listener.answers.push({ status: 503 });
  const { status, attempts } = await twilio.deliver({ url: listener.url, params });
  assert.deepEqual([status, attempts, listener.received.length], [503, 1, 1]);
});

test('sent again after 429, 503 and 504, with RetryCount rising and signed anew', async () => {
  listener.answers.push({ status: 503 }, { status: 504 }, { status: 429 });
  const { status, attempts } = await twilio.deliver({ url: listener.url, params, retryCount: 3 });
  assert.deepEqual([status, attempts], [200, 4]);
  assert.deepEqual(listener.received.map((r) => new Map(r.params).get('RetryCount')), ['0', '1', '2', '3']);
  for (const { headers, params: sent } of listener.received) {
    assert.equal(headers['x-twilio-signature'], sign(listener.url, sent, twilio.authToken));
    assert.equal(headers['i-twilio-idempotency-token'], listener.received[0].headers['i-twilio-idempotency-token']);
  }
});

for (const status of [400, 403, 404, 500, 502]) {
  test(`not sent again after ${status}`, async () => {
    listener.answers.push({ status });
    assert.equal((await twilio.deliver({ url: listener.url, params, retryCount: 3 })).attempts, 1);
  });
}

test('a time-out is told and counts for a retry', async () => {
  listener.answers.push({ silent: true });
  const { tries, status } = await twilio.deliver({ url: listener.url, params, timeoutMs: 50, retryCount: 1 });
  assert.deepEqual([tries.map((t) => [t.timedOut, t.status]), status], [[[true, null], [false, 200]], 200]);
  assert.ok(tries[0].ms >= 45);
});

test('an answer that is not whole in time is none', async () => {
  listener.answers.push({ stalled: true });
  const { timedOut, status } = await twilio.deliver({ url: listener.url, params, timeoutMs: 50 });
  assert.deepEqual([timedOut, status], [true, null]);
});

test('nobody listens: told as an error', async () => {
  await listener.stop();
  const { status, error } = await twilio.deliver({ url: listener.url, params, retryCount: 3 });
  assert.deepEqual([status, error], [null, 'ECONNREFUSED']);
  listener = await WebhookListener.start();
});

test('REST fires webhooks only when the request says so', async () => {
  twilio.configureWebhook({ url: listener.url, filters: ['onConversationAdded', 'onParticipantAdded'] });
  await call(twilio, 'POST', '/v1/Conversations', { form: [] });
  await twilio.settled();
  assert.equal(listener.received.length, 0);
  const headers = { 'X-Twilio-Webhook-Enabled': 'true' };
  const { json } = await call(twilio, 'POST', '/v1/Conversations', { form: [], headers });
  await call(twilio, 'POST', `/v1/Conversations/${json.sid}/Participants`, { form: [['Identity', 'bot']], headers });
  await twilio.settled();
  assert.deepEqual(listener.received.map((r) => [r.event, new Map(r.params).get('Source')]).sort(),
    [['onConversationAdded', 'API'], ['onParticipantAdded', 'API']]);
  const told = new Map(listener.received.find((r) => r.event === 'onParticipantAdded').params);
  assert.deepEqual([told.get('Identity'), told.get('MessagingBinding.Type')], ['bot', 'CHAT']);
});

test('filters decide, and those of account and service both', async () => {
  twilio.configureWebhook({ url: listener.url, filters: ['onMessageAdded'] });
  twilio.configureWebhook({ serviceSid: twilio.defaultService.sid, url: `${listener.url}/service`, filters: ['onConversationAdded', 'onMessageAdded'] });
  await twilio.arriveSms({ from: '+15550001111', to: '+15559990000', body: 'hello' });
  assert.deepEqual(listener.received.map((r) => [r.event, r.target]).sort(), [
    ['onConversationAdded', '/webhooks/twilio/service'], ['onMessageAdded', '/webhooks/twilio'], ['onMessageAdded', '/webhooks/twilio/service'],
  ]);
});

test('events tell of each delivery', async () => {
  const sent = once(twilio, 'webhookSent');
  const over = once(twilio, 'webhook');
  const result = await twilio.deliver({ url: listener.url, params });
  assert.equal((await sent)[0].url, listener.url);
  assert.equal((await over)[0], result);
});

test('stopping ends deliveries under way', async () => {
  listener.answers.push({ silent: true });
  const delivery = twilio.deliver({ url: listener.url, params, retryCount: 3 });
  while (listener.received.length === 0) await new Promise(setImmediate);
  await twilio.stop();
  const { status, attempts } = await delivery;
  assert.deepEqual([status, attempts], [null, 1]);
});
