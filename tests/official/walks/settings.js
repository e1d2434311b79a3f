// Services, roles, and what is configured: webhooks of the account and of a service, addresses.

import assert from 'node:assert/strict';
import { refuses } from './refusals.js';

async function accountWebhooks({ client }) {
  const api = client.conversations.v1.configuration.webhooks();
  const changed = await api.update({
    method: 'POST', filters: ['onConversationAdded', 'onMessageAdded'], postWebhookUrl: 'https://hook.example.com/webhooks/twilio', target: 'webhook',
  });
  assert.deepEqual([changed.method, changed.filters, changed.postWebhookUrl, changed.preWebhookUrl, changed.target], ['POST', ['onConversationAdded', 'onMessageAdded'], 'https://hook.example.com/webhooks/twilio', null, 'webhook']);
  assert.deepEqual((await api.fetch()).filters, ['onConversationAdded', 'onMessageAdded']);
  assert.deepEqual((await api.update({ filters: ['onConversationAdded'] })).filters, ['onConversationAdded']);
  assert.equal((await api.fetch()).postWebhookUrl, 'https://hook.example.com/webhooks/twilio');
}

async function serviceWebhooks({ twilio, client }) {
  const service = twilio.createService();
  const api = client.conversations.v1.services(service.sid).configuration.webhooks();
  assert.equal((await api.fetch()).postWebhookUrl, null);
  const changed = await api.update({ method: 'POST', filters: ['onConversationAdded'], postWebhookUrl: 'https://hook.example.com/s', preWebhookUrl: 'https://hook.example.com/pre' });
  assert.deepEqual([changed.chatServiceSid, changed.method, changed.filters, changed.postWebhookUrl, changed.preWebhookUrl], [service.sid, 'POST', ['onConversationAdded'], 'https://hook.example.com/s', 'https://hook.example.com/pre']);
  assert.deepEqual((await api.fetch()).filters, ['onConversationAdded']);
  await refuses(api.update({ filters: ['onNothingEver'] }), 400, 20001);
}

async function odd({ twilio, client }) {
  const { configuration } = client.conversations.v1;
  await refuses(configuration.webhooks().update({ target: 'nowhere' }), 400, 20001);
  const api = client.conversations.v1.services(twilio.createService().sid).configuration.webhooks();
  await refuses(api.update({ postWebhookUrl: 'no URL' }), 400, 20001);
  await api.update({ preWebhookUrl: 'https://hook.example.com/pre' });
  assert.equal((await api.update({ preWebhookUrl: '' })).preWebhookUrl, null);
}

async function services({ client }) {
  const api = client.conversations.v1.services;
  const made = await api.create({ friendlyName: 'A second one' });
  assert.match(made.sid, /^IS[0-9a-f]{32}$/);
  assert.equal((await api(made.sid).fetch()).friendlyName, 'A second one');
  assert.ok((await api.list()).some(({ sid }) => sid === made.sid));
  const conversation = await api(made.sid).conversations.create({});
  assert.equal(conversation.chatServiceSid, made.sid);
  assert.equal(await api(made.sid).remove(), true);
  await refuses(api(made.sid).fetch(), 404, 20404);
  await refuses(api(made.sid).conversations.list(), 404, 20404);
}

async function configuration({ twilio, client }) {
  const own = await client.conversations.v1.configuration().fetch();
  assert.deepEqual([own.accountSid, own.defaultChatServiceSid], [twilio.accountSid, twilio.defaultService.sid]);
  const changed = await client.conversations.v1.configuration().update({ defaultInactiveTimer: 'PT5M', defaultClosedTimer: 'P2D' });
  assert.deepEqual([changed.defaultInactiveTimer, changed.defaultClosedTimer], ['PT5M', 'P2D']);
  const conversation = await client.conversations.v1.conversations.create({});
  assert.deepEqual(Object.keys(conversation.timers).sort(), ['date_closed', 'date_inactive']);
  await client.conversations.v1.configuration().update({ defaultInactiveTimer: '', defaultClosedTimer: '' });
  await refuses(client.conversations.v1.configuration().update({ defaultChatServiceSid: `IS${'0'.repeat(32)}` }), 404, 50050);
  const service = twilio.createService();
  const of = client.conversations.v1.services(service.sid).configuration();
  const before = await of.fetch();
  assert.equal(before.reachabilityEnabled, false);
  assert.equal((await of.update({ reachabilityEnabled: true })).reachabilityEnabled, true);
  await refuses(of.update({ defaultConversationRoleSid: `RL${'0'.repeat(32)}` }), 404, 50100);
}

async function roles({ twilio, client }) {
  const service = twilio.createService();
  const api = client.conversations.v1.services(service.sid).roles;
  const list = await api.list();
  assert.deepEqual(new Set(list.map(({ type }) => type)), new Set(['service', 'conversation']));
  assert.equal((await api(list[0].sid).fetch()).friendlyName, list[0].friendlyName);
}

async function addresses({ twilio, client }) {
  const api = client.conversations.v1.addressConfigurations;
  const address = `+1500557${String(twilio.requests.length + 1000).slice(-4)}`;
  const made = await api.create({ type: 'sms', address, friendlyName: 'Support', 'autoCreation.enabled': true, 'autoCreation.type': 'default' });
  assert.match(made.sid, /^IG[0-9a-f]{32}$/);
  assert.deepEqual([made.address, made.type, made.friendlyName, made.autoCreation.enabled, made.autoCreation.type], [address, 'sms', 'Support', true, 'default']);
  assert.equal((await api(made.sid).fetch()).address, address);
  assert.equal((await api(encodeURIComponent(address)).fetch()).sid, made.sid);
  assert.ok((await api.list({ type: 'sms' })).some(({ sid }) => sid === made.sid));
  assert.deepEqual((await api.list({ type: 'whatsapp' })).filter(({ sid }) => sid === made.sid), []);
  assert.equal(await api(made.sid).remove(), true);
  await refuses(api(made.sid).fetch(), 404, 20404);
}

async function chatService({ twilio, client }) {
  const service = twilio.createService();
  const api = client.chat.v2.services(service.sid);
  assert.equal((await api.fetch()).postWebhookRetryCount, 0);
  const changed = await api.update({ postWebhookRetryCount: 2, 'limits.userChannels': 500 });
  assert.deepEqual([changed.postWebhookRetryCount, changed.limits.user_channels, changed.limits.channel_members], [2, 500, 1000]);
  assert.equal((await api.fetch()).postWebhookRetryCount, 2);
}

export const settingsWalks = [
  { name: 'webhooks of the account', run: accountWebhooks },
  { name: 'webhooks of a service', run: serviceWebhooks },
  // An empty URL takes it away, which the document does not tell.
  { name: 'webhook settings that are none', run: odd, offDocument: true },
  { name: 'services', run: services },
  { name: 'configuration of the account and of a service', run: configuration },
  { name: 'roles', run: roles },
  { name: 'addresses', run: addresses },
  // Another of Twilio's APIs, with a document of its own.
  { name: 'retry count, by Programmable Chat', run: chatService, offDocument: true },
];
