// Who may call, and what is refused before anything is looked up.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { StandIn } from '../standin.js';
import { call } from '../../lib/rest-client.js';

let twilio;
let path;
before(async () => { twilio = await StandIn.start({ apiKey: 'SK1', apiSecret: 'hush', secondaryToken: 'second' }); });
after(() => twilio.stop());
beforeEach(() => {
  twilio.clearRequests();
  twilio.credentials.accountStatus = 'active';
  const { sid, chatServiceSid } = twilio.createConversation();
  path = `/v1/Services/${chatServiceSid}/Conversations/${sid}/Participants`;
});

function refused(answer, status, code) {
  assert.deepEqual([answer.status, answer.json.code, answer.json.status], [status, code, status]);
  assert.equal(answer.json.more_info, `https://www.twilio.com/docs/errors/${code}`);
  assert.equal(typeof answer.json.message, 'string');
}

for (const [name, auth] of [
  ['the auth token', () => [twilio.accountSid, twilio.authToken]],
  ['the secondary token', () => [twilio.accountSid, 'second']],
  ['an API key', () => ['SK1', 'hush']],
]) {
  test(`${name} opens the door`, async () => {
    assert.equal((await call(twilio, 'GET', path, { auth: auth() })).status, 200);
  });
}

for (const [name, auth] of [
  ['no credentials', () => null],
  ['a wrong token', () => [twilio.accountSid, 'x']],
  ['another account', () => [`AC${'0'.repeat(32)}`, twilio.authToken]],
  ['a wrong secret', () => ['SK1', 'x']],
  ['an empty password', () => [twilio.accountSid, '']],
]) {
  test(`${name}: 401, 20003`, async () => {
    const answer = await call(twilio, 'POST', path, { auth: auth(), form: [['Identity', 'bot']] });
    refused(answer, 401, 20003);
    assert.match(answer.headers['www-authenticate'], /^Basic realm=/);
  });
}

test('a restricted key may do only what it is made for', async () => {
  const { sid, secret } = twilio.addApiKey({ permissions: ['participants:create'] });
  const auth = [sid, secret];
  assert.equal((await call(twilio, 'POST', path, { auth, form: [['Identity', 'bot']] })).status, 201);
  refused(await call(twilio, 'GET', path, { auth }), 403, 70051);
});

test('a suspended account: 403, 20403', async () => {
  twilio.credentials.accountStatus = 'suspended';
  refused(await call(twilio, 'GET', path), 403, 20403);
});

for (const [name, body] of [
  ['an unknown parameter', 'Identity=bot&Colour=red'],
  ['a misspelt parameter', 'identity=bot'],
  ['a parameter given twice', 'Identity=bot&Identity=bot'],
  ['a cut percent escape', 'Identity=b%4'],
  ['no hexadecimal digits', 'Identity=b%zz'],
  ['a raw blank', 'Identity=b t'],
  ['a raw 8-bit byte', Buffer.from('Identity=b\xe4t', 'latin1')],
  ['escapes that are not UTF-8', 'Identity=%ff'],
  ['a parameter without a value', 'Identity'],
  ['an empty pair', 'Identity=bot&'],
  ['an empty name', 'Identity=bot&=x'],
]) {
  test(`${name} in the body: 400, 20001`, async () => {
    refused(await call(twilio, 'POST', path, { body }), 400, 20001);
    assert.equal(twilio.participants(path.split('/')[5]).length, 0);
  });
}

for (const type of ['application/json', 'text/plain', 'multipart/form-data', '']) {
  test(`Content-Type "${type}": 400, 20001`, async () => {
    refused(await call(twilio, 'POST', path, { body: 'Identity=bot', headers: { 'Content-Type': type } }), 400, 20001);
  });
}

test('a charset of UTF-8 is accepted', async () => {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' };
  assert.equal((await call(twilio, 'POST', path, { body: 'Identity=bot', headers })).status, 201);
});

test('a body where none is expected: 400', async () => {
  refused(await call(twilio, 'GET', path, { body: 'PageSize=5' }), 400, 20001);
});

test('an unknown query parameter: 400', async () => {
  refused(await call(twilio, 'GET', `${path}?Size=5`), 400, 20001);
});

test('a query on a POST: 400', async () => {
  refused(await call(twilio, 'POST', `${path}?Identity=bot`, { body: '' }), 400, 20001);
});

test('X-Twilio-Webhook-Enabled must be true or false', async () => {
  refused(await call(twilio, 'POST', path, { form: [['Identity', 'bot']], headers: { 'X-Twilio-Webhook-Enabled': 'yes' } }), 400, 20001);
});

for (const wrong of [
  '/', '/v1', '/v1/', '/v1/Nothing', '/v3/Services', '/v1/conversations', '/v1/Conversations/', '/v1//Conversations',
  '/v1/Conversations/CHx', '/v1/Services/ISx/Conversations', `/v1/Services/IS${'0'.repeat(32)}/Conversations`,
  `/v1/Services/CH${'0'.repeat(32)}`, '/v1/constructor', '/v1/Conversations/x/methods', '/v1/__proto__',
]) {
  test(`${wrong} is not found: 404, 20404`, async () => {
    refused(await call(twilio, 'GET', wrong), 404, 20404);
  });
}

test('a wrong method: 405, and which would be right', async () => {
  const answer = await call(twilio, 'PUT', path);
  refused(answer, 405, 20004);
  assert.deepEqual(answer.headers.allow.split(', ').sort(), ['GET', 'POST']);
});

test('a body of more than a megabyte: 413', async () => {
  const answer = await call(twilio, 'POST', path, { body: `Identity=${'x'.repeat(1024 * 1024)}` });
  assert.equal(answer.status, 413);
});

test('more requests at once than the account may have: 429, 20429', async () => {
  twilio.limits.concurrentRequests = 1;
  twilio.misbehave({ delayMs: 10_000 });
  const agent = new http.Agent();
  const stuck = call(twilio, 'GET', path, { agent }).catch(() => 'gone');
  while (twilio.active < 1) await new Promise(setImmediate);
  refused(await call(twilio, 'GET', path), 429, 20429);
  twilio.limits.concurrentRequests = Infinity;
  twilio.dropConnections();
  assert.equal(await stuck, 'gone');
});

test('every reply says what it is', async () => {
  const { headers } = await call(twilio, 'GET', path);
  assert.equal(headers['content-type'], 'application/json');
  assert.match(headers['twilio-request-id'], /^RQ[0-9a-f]{32}$/);
  assert.match(headers['twilio-concurrent-requests'], /^\d+$/);
  assert.match(headers['twilio-request-duration'], /^\d+\.\d{3}$/);
  assert.ok(headers.date);
});

test('requests are recorded as they came', async () => {
  await call(twilio, 'POST', path, { body: 'Identity=a%2Fb', headers: { 'X-Thing': 'Yes' } });
  const [record] = twilio.requests;
  assert.deepEqual([record.method, record.path, record.query, record.rawBody, record.params, record.status],
    ['POST', path, '', 'Identity=a%2Fb', [['Identity', 'a/b']], 201]);
  assert.equal(record.headers['x-thing'], 'Yes');
});

test('a kept connection is used again', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  await call(twilio, 'GET', path, { agent });
  const held = twilio.connections;
  await call(twilio, 'GET', path, { agent });
  assert.equal(twilio.connections, held);
  agent.destroy();
});
