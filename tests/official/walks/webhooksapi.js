// The Webhooks configuration API, and that Twilio's own validator takes what a Rule then signs.

import assert from 'node:assert/strict';
import twilioPackage from 'twilio';
import { WebhookListener } from '../../lib/webhook-listener.js';

const NONE = { source: 'INLINE', value: { scheme: 'NONE' } };
const params = [['AccountSid', 'AC1'], ['EventType', 'onConversationAdded'], ['MessagingBinding.Address', '+1'], ['MessagingBinding.Address', '+2']];

const UUID_V4 = '0b4fbb1e-6a4b-4f0e-9d0c-3c7d0b3a1f55';
const UUID_V7 = '01890a5d-ac96-774b-bcce-b302099a8057';

const names = (client, how) => client.webhooks.v1[how];

/** The client has an exception of its own for RFC 9457. */
async function refuses(promise, status, code) {
  const error = await promise.then(() => assert.fail(`not refused; ${status} ${code} expected`), (reason) => reason);
  assert.deepEqual([error.constructor.name, error.status, error.code], ['TwilioServiceException', status, code], error.stack);
}

async function over(client, { id }) {
  for (;;) {
    const operation = await names(client, 'operations')(id).fetch();
    if (!['PENDING', 'RUNNING'].includes(operation.status)) return operation;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

async function sharedKeys({ client }) {
  const api = names(client, 'sharedKeys');
  const made = await api.create({ friendlyName: 'ours' });
  assert.match(made.id, /^webhooks_sharedkey_/);
  assert.ok(made.secret);
  const found = await api(made.id).fetch();
  assert.deepEqual([found.friendlyName, found.secret], ['ours', undefined]);
  assert.equal((await api(made.id).patch({ friendlyName: 'theirs' })).friendlyName, 'theirs');
  assert.ok((await api.list({ pageSize: 1 })).some(({ id }) => id === made.id));
  assert.equal(await api(made.id).remove(), true);
  await refuses(api(made.id).fetch(), 404, 20404);
  await refuses(api.create({}, { 'Idempotency-Key': UUID_V4 }), 400, 59000);
  assert.ok((await api.create({}, { 'Idempotency-Key': UUID_V7 })).id);
}

async function authProfiles({ client }) {
  const api = names(client, 'authProfiles');
  const made = await api.create({ type: 'BASIC', friendlyName: 'b', username: 'u', password: 'p' });
  assert.deepEqual([made.type, made.username, made.password], ['BASIC', 'u', undefined]);
  const setting = await names(client, 'settings').create({ auth: { source: 'REFERENCE', authProfileId: made.id } });
  assert.deepEqual((await names(client, 'settings').list({ authProfileId: made.id })).map(({ id }) => id), [setting.id]);
  await refuses(api(made.id).remove(), 409, 59100);
  assert.equal(await names(client, 'settings')(setting.id).remove(), true);
  assert.equal(await api(made.id).remove(), true);
}

async function keyWithRule({ client }, algorithm, url) {
  const key = await names(client, 'sharedKeys').create({});
  const setting = await names(client, 'settings').create({
    auth: NONE, signature: { type: 'SHARED_KEY', sharedKeyId: key.id, algorithm },
    connection: { connectTimeoutMs: 2000, readTimeoutMs: 5000, totalTimeoutMs: 20000, retryPolicy: { retryCount: 2, retryOn: ['HTTP_5XX', 'READ_TIMEOUT'] } },
  });
  assert.deepEqual([setting.type, setting.signature.sharedKeyId, setting.connection.retryPolicy.retryCount], ['CUSTOMER', key.id, 2]);
  const { rule, operation } = await names(client, 'rules').create({ matchType: 'EXACT_MATCH', value: url, settings: [{ settingId: setting.id, percentage: 100 }] });
  const done = await over(client, operation);
  assert.deepEqual([done.status, done.resourceId], ['COMPLETED', rule.id]);
  return { key, setting, rule };
}

async function rules(context) {
  const { twilio, client } = context;
  const listener = await WebhookListener.start();
  try {
    for (const algorithm of ['HMAC_SHA1', 'HMAC_SHA256']) {
      const { key, setting, rule } = await keyWithRule(context, algorithm, listener.url);
      const test = await names(client, 'tests').create({ url: listener.url, settingId: setting.id });
      assert.equal(test.result.outcome, 'DELIVERED');
      await twilio.deliver({ url: listener.url, params });
      for (const { headers, params: sent } of listener.received.splice(0)) {
        const object = Object.fromEntries(sent.map(([name]) => [name, sent.filter(([other]) => other === name).map(([, value]) => value)]));
        assert.equal(twilioPackage.getSignatureAlgorithm(headers['x-twilio-webhooks-signature-settings']), algorithm);
        assert.equal(twilioPackage.validateRequest(key.secret, headers['x-twilio-signature'], listener.url, object, algorithm), true);
      }
      await refuses(names(client, 'settings')(setting.id).remove(), 409, 59100);
      assert.equal((await names(client, 'rules')(rule.id).fetch()).value, listener.url);
      const patched = await names(client, 'rules')(rule.id).patch({ friendlyName: 'ours' });
      assert.equal(patched.rule.friendlyName, 'ours');
      const { operation } = await names(client, 'rules')(rule.id).remove({ idempotencyKey: UUID_V7.replace(/.$/, algorithm.at(-1)) });
      await over(client, operation);
      assert.deepEqual(await names(client, 'rules').list({ settingId: setting.id }), []);
      assert.equal((await names(client, 'operations').list({ resourceId: rule.id })).length, 3);
      assert.equal(await names(client, 'settings')(setting.id).remove(), true);
      assert.equal(await names(client, 'sharedKeys')(key.id).remove(), true);
    }
  } finally {
    await listener.stop();
  }
}

async function zones({ client }) {
  assert.ok((await names(client, 'edgeZones').list()).length > 0);
}

export const webhooksApiWalks = [
  { name: 'shared keys', run: sharedKeys },
  { name: 'authentication profiles', run: authProfiles },
  { name: 'settings, rules, operations and tests, and what a rule signs', run: rules },
  { name: 'edge zones', run: zones },
];
