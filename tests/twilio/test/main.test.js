// The stand-in as a program, driven over HTTP as a demo or a benchmark does.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { call } from '../../lib/rest-client.js';
import { WebhookListener } from '../../lib/webhook-listener.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

async function launch(...options) {
  const child = spawn(process.execPath, [MAIN, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const ready = JSON.parse(line);
  const ask = async (method, path, body) => {
    const response = await fetch(`${ready.url}/_standin/${path}`, { method, body: body && JSON.stringify(body) });
    return { status: response.status, ...await response.json() };
  };
  return { child, ready, ask };
}

async function end({ child }) {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
}

test('ready, controlled, and ended by SIGTERM', async () => {
  const listener = await WebhookListener.start();
  const program = await launch('--account', `AC${'a'.repeat(32)}`, '--auth-token', 'tok', '--webhook-url', listener.url, '--conversations', '3');
  const { ready, ask, child } = program;
  assert.deepEqual([ready.pid, ready.accountSid, ready.authToken], [child.pid, `AC${'a'.repeat(32)}`, 'tok']);
  assert.equal((await ask('GET', 'conversations?count')).count, 3);
  assert.equal((await ask('POST', 'conversations', { count: 2000, state: 'closed' })).count, 2000);
  const { conversation, deliveries } = await ask('POST', 'sms', { from: '+15550001111', to: '+15559990000', body: 'hi' });
  assert.deepEqual(deliveries.map((d) => [d.event, d.status]), [['onConversationAdded', 200]]);
  assert.equal((await ask('GET', 'conversations?count')).count, 2004);

  const path = `/v1/Conversations/${conversation.sid}/Participants`;
  await ask('POST', 'misbehave', { match: { method: 'POST', path: 'Participants$' }, code: 50419, times: 'always' });
  assert.equal((await call(ready, 'POST', path, { form: [['Identity', 'bot']] })).json.code, 50419);
  await ask('POST', 'behave');
  assert.equal((await call(ready, 'POST', path, { form: [['Identity', 'bot']] })).status, 201);
  const { requests } = await ask('GET', 'requests');
  assert.deepEqual(requests.map((r) => [r.method, r.path, r.status]), [['POST', path, 409], ['POST', path, 201]]);
  const { participants } = await ask('GET', `participants?conversationSid=${conversation.sid}`);
  assert.deepEqual(participants.map((p) => p.identity), [null, 'bot']);
  assert.deepEqual((await ask('GET', 'conversations?count&identity=bot')).joined, 1);
  assert.equal((await ask('POST', 'nothing')).status, 404);
  assert.equal((await ask('POST', 'misbehave', { fault: 'meteor' })).status, 400);
  await end(program);
  await listener.stop();
});

test('Rules, assumptions and Event Streams, by control', async (t) => {
  const listener = await WebhookListener.start();
  t.after(() => listener.stop());
  const program = await launch('--webhook-url', listener.url, '--assume', 'keyHeader=both', '--assume', 'restIsEvent=true');
  t.after(() => end(program));
  const { ask, ready } = program;
  const key = await ask('POST', 'sharedkey', {});
  const setting = await ask('POST', 'setting', { sharedKeyId: key.id });
  const rule = await ask('POST', 'rule', { matchType: 'DEFAULT', settings: [[setting.id, 100]] });
  const type = 'com.twilio.conversations.conversation.added';
  await ask('POST', 'eventstream', { destination: `${listener.url}/events`, types: [{ type, schemaVersion: 2 }] });
  await ask('POST', 'sms', { from: '+15550001111', to: '+15559990000', body: 'hi' });
  await ask('POST', 'rule/remove', rule);
  await ask('POST', 'sms', { from: '+15550002222', to: '+15559990000', body: 'hi' });
  await call(ready, 'POST', '/v1/Conversations', { form: [] });
  for (let left = 400; listener.received.length < 5 && left > 0; left -= 1) await new Promise((resolve) => { setTimeout(resolve, 5); });
  const [first, second] = listener.received.filter(({ event }) => event === 'onConversationAdded').map(({ headers }) => headers);
  assert.deepEqual([first['x-twilio-signature-key-sid'], second['x-twilio-signature-key-sid']], [key.id, undefined]);
  assert.match(first['x-twilio-webhooks-signature-settings'], /^key=.*,algorithm=HMAC_SHA256$/);
  assert.equal(listener.received.filter(({ target }) => target.startsWith('/webhooks/twilio/events?bodySHA256=')).length, 3);
  assert.equal((await ask('POST', 'assume', { weather: 'fine' })).status, 400);
});

test('a wrong option is told', async () => {
  const child = spawn(process.execPath, [MAIN, '--port', 'x'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exit = once(child, 'exit');
  const [complaint] = await once(child.stderr.setEncoding('utf8'), 'data');
  assert.match(complaint, /--port/);
  assert.equal((await exit)[0], 64);
});
