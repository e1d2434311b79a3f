// How Rules change the way in which webhooks are signed and sent.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { StandIn } from '../standin.js';
import { sign } from '../signature.js';
import { WebhookListener } from '../../lib/webhook-listener.js';

const params = [['AccountSid', 'AC1'], ['EventType', 'onConversationAdded']];
const SETTINGS_HEADER = 'x-twilio-webhooks-signature-settings';
const KEY_HEADER = 'x-twilio-signature-key-sid';

let twilio;
let listener;
let dice;
beforeEach(async () => {
  dice = [];
  twilio = await StandIn.start({ propagationMs: 60, random: () => dice.shift() ?? Math.random() });
  listener = await WebhookListener.start();
});
afterEach(async () => {
  await twilio.stop();
  await listener.stop();
});

function keyed(algorithm) {
  const { webhookConfiguration: configuration } = twilio;
  const key = configuration.createSharedKey();
  return { key, setting: configuration.createSetting({ sharedKeyId: key.id, algorithm }) };
}

/** -> the headers that arrived. */
async function sent(url = listener.url, more = {}) {
  await twilio.deliver({ url, params, ...more });
  return listener.received.at(-1).headers;
}

const createRule = (rule) => twilio.webhookConfiguration.createRule(rule);
const byToken = (url = listener.url) => sign(url, params, twilio.authToken);

test('without a Rule: the account\'s token, and no header that says so', async () => {
  keyed();
  const headers = await sent();
  assert.deepEqual([headers['x-twilio-signature'], headers[SETTINGS_HEADER], headers[KEY_HEADER]], [byToken(), undefined, undefined]);
});

for (const [algorithm, length] of [['HMAC_SHA1', 28], ['HMAC_SHA256', 44]]) {
  test(`a SharedKey by ${algorithm}, named in the settings header`, async () => {
    const { key, setting } = keyed(algorithm);
    createRule({ value: listener.url, settings: [setting] });
    const headers = await sent();
    assert.equal(headers['x-twilio-signature'], sign(listener.url, params, key.secret, algorithm));
    assert.equal(headers['x-twilio-signature'].length, length);
    assert.equal(headers[SETTINGS_HEADER], `key=${key.id},algorithm=${algorithm}`);
  });
}

test('the other name of the header, or both', async () => {
  const { key, setting } = keyed();
  createRule({ value: listener.url, settings: [setting] });
  twilio.assume.change({ keyHeader: 'key-sid' });
  const bare = await sent();
  assert.deepEqual([bare[KEY_HEADER], bare[SETTINGS_HEADER]], [key.id, undefined]);
  twilio.assume.change({ keyHeader: 'both' });
  const both = await sent();
  assert.deepEqual([both[KEY_HEADER], both[SETTINGS_HEADER]], [key.id, `key=${key.id},algorithm=HMAC_SHA256`]);
});

test('a Setting that signs with the token: no header, or one without a key', async () => {
  createRule({ value: listener.url, settings: [twilio.webhookConfiguration.createSetting()] });
  assert.equal((await sent())[SETTINGS_HEADER], undefined);
  twilio.assume.change({ tokenHeader: 'algorithm' });
  const headers = await sent();
  assert.deepEqual([headers[SETTINGS_HEADER], headers['x-twilio-signature']], ['algorithm=HMAC_SHA1', byToken()]);
});

test('a Setting that does not sign', async () => {
  createRule({ value: listener.url, settings: [twilio.webhookConfiguration.createSetting({ signature: { type: 'none' } })] });
  assert.equal((await sent())['x-twilio-signature'], undefined);
});

test('a Setting that authenticates', async () => {
  const auth = { source: 'INLINE', value: { scheme: 'BASIC', username: 'u', password: 'p' } };
  createRule({ value: listener.url, settings: [twilio.webhookConfiguration.createSetting({ auth })] });
  assert.equal((await sent()).authorization, `Basic ${btoa('u:p')}`);
});

test('exact before prefix before default, and the longer prefix first', async () => {
  const [exact, near, far, rest] = Array.from({ length: 4 }, () => keyed());
  const { origin } = new URL(listener.url);
  createRule({ matchType: 'DEFAULT', settings: [rest.setting] });
  createRule({ matchType: 'PREFIX_MATCH', prefix: `${origin}/`, settings: [far.setting] });
  createRule({ matchType: 'PREFIX_MATCH', prefix: `${origin}/webhooks/`, settings: [near.setting] });
  createRule({ value: listener.url, settings: [exact.setting] });
  const found = [];
  for (const url of [listener.url, `${listener.url}/deeper`, `${origin}/else`]) found.push((await sent(url))[SETTINGS_HEADER].split(/[=,]/)[1]);
  assert.deepEqual(found, [exact.key.id, near.key.id, far.key.id]);
  assert.equal(twilio.webhookConfiguration.settingFor('https://elsewhere.example.com/'), rest.setting);
});

test('the query takes part in the comparison, or does not', async () => {
  const { setting } = keyed();
  createRule({ value: listener.url, settings: [setting] });
  assert.equal((await sent(`${listener.url}?a=1`))[SETTINGS_HEADER], undefined);
  twilio.assume.change({ ruleMatch: 'without-query' });
  assert.ok((await sent(`${listener.url}?a=1`))[SETTINGS_HEADER]);
});

test('percentages share the webhooks out', async () => {
  const { setting } = keyed();
  createRule({ value: listener.url, settings: [[twilio.webhookConfiguration.createSetting(), 30], [setting, 70]] });
  dice.push(0.29, 0.31, 0.99);
  const byKey = [];
  for (let i = 0; i < 3; i += 1) byKey.push(Boolean((await sent())[SETTINGS_HEADER]));
  assert.deepEqual(byKey, [false, true, true]);
});

test('what is sent again keeps its Setting, or not', async () => {
  const { setting } = keyed();
  createRule({ value: listener.url, settings: [[twilio.webhookConfiguration.createSetting(), 50], [setting, 50]] });
  for (const [retriesKeepSetting, expected] of [[true, [true, true]], [false, [true, false]]]) {
    twilio.assume.change({ retriesKeepSetting });
    listener.received.length = 0;
    listener.answers.push({ status: 503 });
    dice.push(0.9, 0.1, 0.1);
    await sent(listener.url, { retryCount: 1 });
    dice.length = 0;
    assert.deepEqual(listener.received.map(({ headers }) => Boolean(headers[SETTINGS_HEADER])), expected);
  }
});

test('while a Rule propagates webhooks meet the old ones, or some the new', async () => {
  const { setting } = keyed();
  const { webhookConfiguration: configuration } = twilio;
  configuration.begin('rule', { id: 'rule', matchType: 'EXACT_MATCH', value: listener.url, settings: [{ settingId: setting.id, percentage: 100 }] });
  assert.equal(configuration.ruleFor(listener.url), undefined);
  twilio.assume.change({ whilePropagating: 'mixed' });
  dice.push(0.1);
  assert.equal(configuration.ruleFor(listener.url)?.id, 'rule');
  dice.push(0.9);
  assert.equal(configuration.ruleFor(listener.url), undefined);
});

test('Rules may not reach Conversations, and a Setting\'s connection may', async () => {
  const { key } = keyed();
  const connection = { connectTimeoutMs: 100, readTimeoutMs: 100, retryPolicy: { retryCount: 1, retryOn: ['HTTP_5XX'] } };
  createRule({ value: listener.url, settings: [twilio.webhookConfiguration.createSetting({ sharedKeyId: key.id, connection })] });
  listener.answers.push({ status: 500 });
  await sent();
  assert.equal(listener.received.length, 1, 'Conversations repeats no 500');
  twilio.assume.change({ connectionReachesConversations: true });
  listener.answers.push({ status: 500 });
  await sent();
  assert.equal(listener.received.length, 3);
  twilio.assume.change({ rulesReachConversations: false });
  assert.equal((await sent())['x-twilio-signature'], byToken());
});

test('an SMS\'s webhooks are signed by the Rule too', async () => {
  const { key, setting } = keyed();
  createRule({ matchType: 'DEFAULT', settings: [setting] });
  twilio.configureWebhook({ url: listener.url, filters: ['onConversationAdded'] });
  await twilio.arriveSms({ from: '+15550001111', to: '+15559990000', body: 'hello' });
  const [{ headers, params: told }] = listener.received;
  assert.equal(headers['x-twilio-signature'], sign(listener.url, told, key.secret, 'HMAC_SHA256'));
});

test('nothing but what may be can be assumed', () => {
  assert.throws(() => twilio.assume.change({ keyHeader: 'none' }), /settings, key-sid, both/);
  assert.throws(() => twilio.assume.change({ weather: 'fine' }), /weather/);
});
