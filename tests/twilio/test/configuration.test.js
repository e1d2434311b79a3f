import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { StandIn } from '../standin.js';
import { call } from '../../lib/rest-client.js';

let twilio;
let service;
before(async () => {
  twilio = await StandIn.start();
  service = twilio.defaultService.sid;
});
after(() => twilio.stop());

const hook = 'https://hook.example.com/webhooks/twilio';

test('webhooks of the account', async () => {
  const at = '/v1/Configuration/Webhooks';
  assert.deepEqual((await call(twilio, 'GET', at)).json, {
    account_sid: twilio.accountSid, method: 'POST', filters: [], pre_webhook_url: null, post_webhook_url: null, target: 'webhook', url: twilio.url + at,
  });
  const form = [['PostWebhookUrl', hook], ['Filters', 'onConversationAdded'], ['Filters', 'onMessageAdded'], ['Method', 'GET']];
  const { json } = await call(twilio, 'POST', at, { form });
  assert.deepEqual([json.post_webhook_url, json.filters, json.method], [hook, ['onConversationAdded', 'onMessageAdded'], 'GET']);
  assert.deepEqual((await call(twilio, 'GET', at)).json, json);
});

test('webhooks of a service are its own', async () => {
  const other = twilio.createService();
  await call(twilio, 'POST', `/v1/Services/${other.sid}/Configuration/Webhooks`, { form: [['PreWebhookUrl', hook], ['Filters', 'onMessageAdd']] });
  const { json } = await call(twilio, 'GET', `/v1/Services/${other.sid}/Configuration/Webhooks`);
  assert.deepEqual([json.pre_webhook_url, json.post_webhook_url, json.filters, json.chat_service_sid], [hook, null, ['onMessageAdd'], other.sid]);
  assert.equal((await call(twilio, 'GET', `/v1/Services/${service}/Configuration/Webhooks`)).json.pre_webhook_url, null);
});

test('an update leaves alone what it does not name', async () => {
  const at = `/v1/Services/${service}/Configuration/Webhooks`;
  await call(twilio, 'POST', at, { form: [['PostWebhookUrl', hook], ['Filters', 'onConversationAdded']] });
  const { json } = await call(twilio, 'POST', at, { form: [['Method', 'POST']] });
  assert.deepEqual([json.post_webhook_url, json.filters], [hook, ['onConversationAdded']]);
});

for (const wrong of [['Filters', 'onEverything'], ['Method', 'PUT'], ['PostWebhookUrl', 'hook.example.com'], ['Target', 'x']]) {
  test(`${wrong.join('=')} is refused`, async () => {
    assert.equal((await call(twilio, 'POST', '/v1/Configuration/Webhooks', { form: [wrong] })).json.code, 20001);
  });
}

test('the retry count is a matter of the chat service', async () => {
  const at = `/v2/Services/${service}`;
  assert.equal((await call(twilio, 'GET', at)).json.post_webhook_retry_count, 0);
  assert.equal((await call(twilio, 'POST', at, { form: [['PostWebhookRetryCount', '3']] })).json.post_webhook_retry_count, 3);
  assert.equal((await call(twilio, 'GET', at)).json.post_webhook_retry_count, 3);
  for (const wrong of ['-1', '4', 'x', '']) {
    assert.equal((await call(twilio, 'POST', at, { form: [['PostWebhookRetryCount', wrong]] })).json.code, 20001);
  }
});

test('limits of the chat service hold for its conversations', async () => {
  const { sid } = twilio.createService();
  await call(twilio, 'POST', `/v2/Services/${sid}`, { form: [['Limits.UserChannels', '1']] });
  const [first, second] = twilio.createConversations(2, { serviceSid: sid });
  twilio.addParticipant(first.sid, { identity: 'bot' });
  assert.throws(() => twilio.addParticipant(second.sid, { identity: 'bot' }), { code: 50214 });
});

test('another default service changes what the short path means', async () => {
  const other = twilio.createService();
  const { sid } = twilio.createConversation({ serviceSid: other.sid });
  assert.equal((await call(twilio, 'GET', `/v1/Conversations/${sid}`)).status, 404);
  await call(twilio, 'POST', '/v1/Configuration', { form: [['DefaultChatServiceSid', other.sid]] });
  assert.equal((await call(twilio, 'GET', `/v1/Conversations/${sid}`)).status, 200);
});

test('addresses', async () => {
  const { json: made } = await call(twilio, 'POST', '/v1/Configuration/Addresses', { form: [['Type', 'sms'], ['Address', '+15559990000'], ['AutoCreation.ConversationServiceSid', service]] });
  const { json } = await call(twilio, 'GET', '/v1/Configuration/Addresses?Type=sms');
  assert.deepEqual(json.address_configurations, [made]);
  assert.deepEqual(made.auto_creation, { enabled: true, type: 'default', conversation_service_sid: service });
  assert.deepEqual((await call(twilio, 'GET', '/v1/Configuration/Addresses?Type=email')).json.address_configurations, []);
});

test('webhooks of one conversation: five at most, and never its creation', async () => {
  const { sid } = twilio.createConversation();
  const at = `/v1/Conversations/${sid}/Webhooks`;
  const add = (filter) => call(twilio, 'POST', at, { form: [['Target', 'webhook'], ['Configuration.Url', hook], ['Configuration.Filters', filter]] });
  assert.equal((await add('onConversationAdded')).json.code, 20001);
  const capital = [['Target', 'webhook'], ['Configuration.Url', hook], ['Configuration.Method', 'POST'], ['Configuration.Filters', 'onMessageAdded']];
  assert.equal((await call(twilio, 'POST', at, { form: capital })).json.code, 20001, 'here the methods are written small');
  for (let i = 0; i < 5; i += 1) assert.equal((await add('onMessageAdded')).status, 201);
  assert.equal((await add('onMessageAdded')).json.code, 50361);
});
