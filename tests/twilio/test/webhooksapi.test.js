// The Webhooks configuration API: what it takes, what it refuses, and when a Rule is in force.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { StandIn } from '../standin.js';
import { WebhookListener } from '../../lib/webhook-listener.js';
import { call } from '../../lib/rest-client.js';
import { uuidV7 } from '../../lib/uuid.js';

const NONE = { source: 'INLINE', value: { scheme: 'NONE' } };
const BASIC = { source: 'INLINE', value: { scheme: 'BASIC', username: 'u', password: 'p' } };
const URL_OF_OURS = 'https://hook.example.com/webhooks/twilio';

let twilio;
async function restart(options = {}) {
  await twilio?.stop();
  twilio = await StandIn.start({ propagationMs: 60, ...options });
}
beforeEach(() => restart());
afterEach(() => twilio.stop());

function ask(method, path, json, headers = {}) {
  const body = json === undefined ? undefined : JSON.stringify(json);
  return call(twilio, method, `/v1/Webhooks/${path}`, { body, headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers } });
}

async function made(path, json) {
  const { status, json: answer } = await ask('POST', path, json);
  assert.equal(status, 201, JSON.stringify(answer));
  return answer;
}

const aSetting = (more = {}) => made('Settings', { auth: NONE, ...more });
const exactRule = (setting, more = {}) => ({ matchType: 'EXACT_MATCH', value: URL_OF_OURS, settings: [{ settingId: setting.id, percentage: 100 }], ...more });

async function over(operationId) {
  for (;;) {
    const { json } = await ask('GET', `Operations/${operationId}`);
    if (!['PENDING', 'RUNNING'].includes(json.status)) return json;
    await twilio.pause(5);
  }
}

async function refused(method, path, json, status, code, detail, headers) {
  const answer = await ask(method, path, json, headers);
  assert.deepEqual([answer.status, answer.json?.code, answer.json?.status], [status, code, status], answer.body);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  if (detail) assert.match(answer.json.detail, detail);
}

describe('SharedKeys', () => {
  test('the secret is told once, to who made it', async () => {
    const { secret, ...key } = await made('SharedKeys', { friendlyName: 'ours' });
    assert.match(key.id, /^webhooks_sharedkey_[0-9a-hjkmnp-tv-z]{26}$/);
    assert.ok(secret.length >= 32);
    assert.deepEqual((await ask('GET', `SharedKeys/${key.id}`)).json, key);
    assert.deepEqual((await ask('GET', 'SharedKeys')).json.sharedKeys, [key]);
    assert.equal((await ask('PATCH', `SharedKeys/${key.id}`, { friendlyName: 'again' })).json.friendlyName, 'again');
    assert.equal((await ask('DELETE', `SharedKeys/${key.id}`)).status, 204);
    await refused('GET', `SharedKeys/${key.id}`, undefined, 404, 20404);
  });

  test('50 of them and no more', async () => {
    for (let i = 0; i < 50; i += 1) twilio.webhookConfiguration.createSharedKey();
    await refused('POST', 'SharedKeys', {}, 422, 59200);
  });

  test('in use by a Setting it stays', async () => {
    const key = await made('SharedKeys', {});
    const setting = await aSetting({ signature: { type: 'SHARED_KEY', sharedKeyId: key.id, algorithm: 'HMAC_SHA256' } });
    await refused('DELETE', `SharedKeys/${key.id}`, undefined, 409, 59100);
    assert.deepEqual((await ask('GET', `Settings?sharedKeyId=${key.id}`)).json.settings.map(({ id }) => id), [setting.id]);
    assert.equal((await ask('DELETE', `Settings/${setting.id}`)).status, 204);
    assert.equal((await ask('DELETE', `SharedKeys/${key.id}`)).status, 204);
  });
});

describe('Settings', () => {
  for (const [name, json, detail] of [
    ['without auth', {}, /auth/],
    ['with an auth of no scheme', { auth: { source: 'INLINE', value: { scheme: 'NTLM' } } }, /scheme/],
    ['with Basic and no password', { auth: { source: 'INLINE', value: { scheme: 'BASIC', username: 'u' } } }, /password/],
    ['that refers to no AuthProfile', { auth: { source: 'REFERENCE', authProfileId: 'none' } }, /authProfileId/],
    ['signed without algorithm', { auth: NONE, signature: { type: 'ACCOUNT_AUTH_TOKEN' } }, /algorithm/],
    ['signed by another algorithm', { auth: NONE, signature: { type: 'ACCOUNT_AUTH_TOKEN', algorithm: 'HMAC_SHA512' } }, /algorithm/],
    ['signed by no SharedKey', { auth: NONE, signature: { type: 'SHARED_KEY', sharedKeyId: 'none', algorithm: 'HMAC_SHA256' } }, /sharedKeyId/],
    ['that connects in no time', { auth: NONE, connection: { connectTimeoutMs: 99, readTimeoutMs: 5000 } }, /connectTimeoutMs/],
    ['that is sent again on a whim', { auth: NONE, connection: { connectTimeoutMs: 100, readTimeoutMs: 100, retryPolicy: { retryCount: 1, retryOn: ['WHIM'] } } }, /retryOn/],
    ['from nowhere', { auth: NONE, edgeZones: { zones: ['DUB-1'] } }, /zones/],
    ['with a property of its own', { auth: NONE, colour: 'red' }, /colour/],
    ['with a name too long', { auth: NONE, friendlyName: 'x'.repeat(256) }, /friendlyName/],
  ]) test(`refused: ${name}`, () => refused('POST', 'Settings', json, 400, 59000, detail));

  test('their secrets are not told, and all but names is fixed', async () => {
    const setting = await aSetting({ auth: BASIC });
    assert.deepEqual([setting.auth.value, setting.type], [{ scheme: 'BASIC', username: 'u' }, 'CUSTOMER']);
    await refused('PATCH', `Settings/${setting.id}`, { signature: { type: 'none' } }, 400, 59000, /signature/);
    assert.equal((await ask('PATCH', `Settings/${setting.id}`, { description: 'of ours' })).json.description, 'of ours');
  });

  test('the account\'s own is a system Setting, listed on request and not to be changed', async () => {
    assert.deepEqual((await ask('GET', 'Settings')).json.settings, []);
    const [{ id }] = (await ask('GET', 'Settings?type=SYSTEM')).json.settings;
    await refused('PATCH', `Settings/${id}`, { friendlyName: 'mine' }, 409, 59101);
    await refused('DELETE', `Settings/${id}`, undefined, 409, 59101);
  });

  for (const [noAuth, auth] of [['inline-none', NONE], ['source-none', { source: 'NONE' }], ['absent', undefined]]) {
    test(`no authentication can be assumed to be written as ${noAuth}`, async () => {
      await restart({ assume: { noAuth } });
      assert.deepEqual((await aSetting({ auth })).auth, auth);
      if (noAuth !== 'inline-none') await refused('POST', 'Settings', { auth: NONE }, 400, 59000, /scheme/);
    });
  }
});

describe('Rules', () => {
  test('are accepted, and their Operation tells when they are in force', async () => {
    const setting = await aSetting();
    const { status, headers, json } = await ask('POST', 'Rules', exactRule(setting));
    assert.deepEqual([status, headers['operation-id'], headers.location, headers['retry-after']], [202, json.operation.id, json.operation.statusUrl, '0']);
    assert.deepEqual([json.operation.status, json.operation.resourceId, json.operation.retentionPeriod], ['PENDING', json.rule.id, 'P7D']);
    assert.equal(twilio.webhookConfiguration.ruleFor(URL_OF_OURS), undefined);
    const operation = await over(json.operation.id);
    assert.deepEqual([operation.status, operation.error], ['COMPLETED', undefined]);
    assert.equal(twilio.webhookConfiguration.ruleFor(URL_OF_OURS).id, json.rule.id);
    assert.deepEqual((await ask('GET', `Operations?resourceId=${json.rule.id}&status=COMPLETED`)).json.operations.map(({ id }) => id), [operation.id]);
    const gone = await ask('DELETE', `Rules/${json.rule.id}`);
    assert.deepEqual([gone.status, gone.json.rule], [202, undefined]);
    await refused('DELETE', `Settings/${setting.id}`, undefined, 409, 59100);
    await over(gone.json.operation.id);
    assert.equal((await ask('DELETE', `Settings/${setting.id}`)).status, 204);
  });

  test('whose Operation fails are as they were', async () => {
    twilio.webhookConfiguration.failNext({ detail: 'no region took it' });
    const { json } = await ask('POST', 'Rules', exactRule(await aSetting()));
    const { status, error } = await over(json.operation.id);
    assert.deepEqual([status, error.code, error.detail], ['FAILED', 59000, 'no region took it']);
    await refused('GET', `Rules/${json.rule.id}`, undefined, 404, 20404);
  });

  test('match once each, and a PATCH changes what they match', async () => {
    const setting = await aSetting();
    const { json: { rule } } = await ask('POST', 'Rules', exactRule(setting));
    await refused('POST', 'Rules', exactRule(setting), 409, 59103, new RegExp(rule.id));
    await refused('PATCH', `Rules/${rule.id}`, { prefix: 'https://hook.example.com/' }, 400, 59000, /matchType/);
    const changed = await ask('PATCH', `Rules/${rule.id}`, { matchType: 'PREFIX_MATCH', prefix: 'https://hook.example.com/' });
    assert.deepEqual([changed.status, changed.json.rule.prefix, changed.json.rule.value], [202, 'https://hook.example.com/', undefined]);
    assert.deepEqual((await ask('GET', `Rules?settingId=${setting.id}`)).json.rules.map(({ id }) => id), [rule.id]);
  });

  for (const [name, change, detail] of [
    ['an exact one that ends with a slash', { value: `${URL_OF_OURS}/` }, /value/],
    ['a prefix that does not', { matchType: 'PREFIX_MATCH', value: undefined, prefix: URL_OF_OURS }, /prefix/],
    ['a wildcard', { value: 'https://hook.example.com/*' }, /wildcard/],
    ['a default one with a URL', { matchType: 'DEFAULT' }, /value/],
    ['percentages of 99', (id) => ({ settings: [{ settingId: id, percentage: 99 }] }), /100/],
    ['a Setting twice', (id) => ({ settings: [{ settingId: id, percentage: 50 }, { settingId: id, percentage: 50 }] }), /twice/],
    ['no Setting', { settings: [] }, /settings/],
    ['a URL too long', { value: `https://hook.example.com/${'x'.repeat(2048)}` }, /value/],
  ]) {
    test(`refused: ${name}`, async () => {
      const setting = await aSetting();
      const changed = typeof change === 'function' ? change(setting.id) : change;
      await refused('POST', 'Rules', { ...exactRule(setting), ...changed }, 400, 59000, detail);
    });
  }

  test('refused: Basic authentication by default', async () => {
    const setting = await aSetting({ auth: BASIC });
    await refused('POST', 'Rules', { ...exactRule(setting), matchType: 'DEFAULT', value: undefined }, 422, 59202);
  });
});

describe('requests', () => {
  test('an Idempotency-Key is a UUIDv7, and what it was is not done again', async () => {
    await refused('POST', 'SharedKeys', {}, 400, 59000, /Idempotency-Key/, { 'Idempotency-Key': '0b4fbb1e-6a4b-4f0e-9d0c-3c7d0b3a1f55' });
    const headers = { 'Idempotency-Key': uuidV7() };
    const [first, again] = [await ask('POST', 'SharedKeys', {}, headers), await ask('POST', 'SharedKeys', {}, headers)];
    assert.deepEqual([again.status, again.json], [201, first.json]);
    await refused('POST', 'SharedKeys', { friendlyName: 'other' }, 400, 59000, /another request/, headers);
  });

  test('a form is no JSON, and nothing is sent to a list', async () => {
    await refused('POST', 'SharedKeys', {}, 400, 59000, /Content-Type/, { 'Content-Type': 'application/x-www-form-urlencoded' });
    for (const body of ['{', Buffer.from('{"friendlyName":"\xff"}', 'latin1')]) {
      const { status, json } = await call(twilio, 'POST', '/v1/Webhooks/SharedKeys', { body, headers: { 'Content-Type': 'application/json' } });
      assert.deepEqual([status, json.code], [400, 59000]);
    }
    await refused('GET', 'SharedKeys?page=1', undefined, 400, 59000, /page/);
    await refused('GET', 'SharedKeys', {}, 400, 59000, /body/);
    await refused('PUT', 'SharedKeys', {}, 405, 20004);
    await refused('GET', 'SharedKey', undefined, 404, 20404);
  });

  test('an error on command has the same form', async () => {
    twilio.misbehave({ match: { method: 'POST' }, code: 59004, headers: { 'Retry-After': '7' } });
    const { status, headers, json } = await ask('POST', 'SharedKeys', {});
    assert.deepEqual([status, headers['retry-after'], headers['content-type'], json.code], [429, '7', 'application/problem+json', 59004]);
  });

  test('each host knows its own operations, if they are apart', async () => {
    await restart({ ownHosts: true });
    const { conversations, webhooks, events } = twilio.urls;
    const at = async (url, path) => (await call({ url, accountSid: twilio.accountSid, authToken: twilio.authToken }, 'GET', path)).status;
    const paths = ['/v1/Conversations', '/v1/Webhooks/Rules', '/v1/Sinks'];
    const found = await Promise.all([conversations, webhooks, events].map((url) => Promise.all(paths.map((path) => at(url, path)))));
    assert.deepEqual(found, [[200, 404, 404], [404, 200, 404], [404, 404, 200]]);
    const { port } = twilio;
    await twilio.refuse();
    await assert.rejects(at(webhooks, paths[1]), { code: 'ECONNREFUSED' });
    await twilio.accept();
    assert.deepEqual([twilio.port, await at(webhooks, paths[1])], [port, 200]);
  });

  test('credentials first', async () => {
    const { status, json } = await call(twilio, 'GET', '/v1/Webhooks/Rules', { auth: ['SKnobody', 'x'] });
    assert.deepEqual([status, json.code], [401, 20003]);
  });

  test('pages by tokens', async () => {
    for (let i = 0; i < 5; i += 1) twilio.webhookConfiguration.createSharedKey({ friendlyName: `${i}` });
    const seen = [];
    for (let token = ''; token !== null;) {
      const { json } = await ask('GET', `SharedKeys?pageSize=2${token && `&pageToken=${token}`}`);
      assert.deepEqual([json.meta.key, json.meta.pageSize], ['sharedKeys', 2]);
      seen.push(...json.sharedKeys.map(({ friendlyName }) => friendlyName));
      token = json.meta.nextToken;
    }
    assert.deepEqual(seen, ['0', '1', '2', '3', '4']);
  });
});

describe('Tests', () => {
  let listener;
  beforeEach(async () => { listener = await WebhookListener.start(); });
  afterEach(() => listener.stop());

  test('422 until the Setting has propagated, then what came of it', async () => {
    const { id } = await aSetting();
    await refused('POST', 'Tests', { url: listener.url, settingId: id }, 422, 59000);
    await twilio.pause(70);
    listener.answers.push({ status: 200 }, { status: 403 });
    const [good, bad] = [await ask('POST', 'Tests', { url: listener.url, settingId: id }), await ask('POST', 'Tests', { url: listener.url, settingId: id })];
    assert.deepEqual([good.status, good.json.result.outcome, good.json.result.response.statusCode], [200, 'DELIVERED', 200]);
    assert.deepEqual([bad.json.result.outcome, bad.json.result.response.statusCode, bad.json.result.error], ['FAILED', 403, 'answered 403']);
    assert.deepEqual(listener.received.map(({ method, body }) => [method, body]), [['POST', ''], ['POST', '']]);
  });

  test('go where the public URL leads, signed as the Setting says', async () => {
    const key = twilio.webhookConfiguration.createSharedKey();
    const { id } = twilio.webhookConfiguration.createSetting({ sharedKeyId: key.id });
    twilio.leadTo(URL_OF_OURS, { connectTo: listener.url });
    twilio.assume.change({ testNamesAccount: true });
    await ask('POST', 'Tests', { url: URL_OF_OURS, settingId: id });
    const [{ params, headers }] = listener.received;
    assert.deepEqual([params, headers.host], [[['AccountSid', twilio.accountSid]], 'hook.example.com']);
    assert.equal(headers['x-twilio-webhooks-signature-settings'], `key=${key.id},algorithm=HMAC_SHA256`);
  });
});
