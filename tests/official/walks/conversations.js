// Conversations of one service and of the default one, and messages in them.

import assert from 'node:assert/strict';
import { refuses } from './refusals.js';

async function ofService({ twilio, client }) {
  const service = twilio.createService();
  const api = client.conversations.v1.services(service.sid).conversations;
  const made = await api.create({
    friendlyName: 'Fête 😀', uniqueName: 'room 1', attributes: '{"a":[1]}', 'timers.inactive': 'PT10M', 'timers.closed': 'P1D',
  });
  assert.match(made.sid, /^CH[0-9a-f]{32}$/);
  assert.deepEqual(
    [made.friendlyName, made.uniqueName, made.attributes, made.state, made.chatServiceSid, made.accountSid],
    ['Fête 😀', 'room 1', '{"a":[1]}', 'active', service.sid, twilio.accountSid],
  );
  assert.deepEqual(Object.keys(made.timers).sort(), ['date_closed', 'date_inactive']);
  assert.deepEqual(Object.keys(made.links).sort(), ['export', 'messages', 'participants', 'webhooks']);
  assert.equal((await api(made.sid).fetch()).sid, made.sid);
  assert.equal((await api(encodeURIComponent('room 1')).fetch()).sid, made.sid);
  await refuses(api.create({ uniqueName: 'room 1' }), 409, 50353);
  const changed = await api(made.sid).update({ friendlyName: 'Other', state: 'inactive' });
  assert.deepEqual([changed.friendlyName, changed.state, changed.uniqueName], ['Other', 'inactive', 'room 1']);
  assert.equal((await api(made.sid).update({ state: 'closed' })).state, 'closed');
  await refuses(api(made.sid).update({ friendlyName: 'Too late' }), 400, 50377);
  assert.equal(await api(made.sid).remove(), true);
  await refuses(api(made.sid).fetch(), 404, 20404);
}

async function ofTheDefaultService({ twilio, client }) {
  const api = client.conversations.v1.conversations;
  const made = await api.create({ friendlyName: 'default' });
  assert.equal(made.chatServiceSid, twilio.defaultService.sid);
  assert.equal((await api(made.sid).update({ attributes: '{"n":2}' })).attributes, '{"n":2}');
  const scoped = client.conversations.v1.services(twilio.defaultService.sid).conversations;
  assert.equal((await scoped(made.sid).fetch()).attributes, '{"n":2}');
  const other = client.conversations.v1.services(twilio.createService().sid).conversations;
  await refuses(other(made.sid).fetch(), 404, 20404);
  assert.ok((await api.list({ pageSize: 100 })).some(({ sid }) => sid === made.sid));
  assert.equal(await api(made.sid).remove(), true);
}

/** Twelve conversations, four to each of three days, in every state. */
function manyConversations(twilio) {
  const service = twilio.createService();
  const states = ['active', 'inactive', 'closed'];
  const made = Array.from({ length: 12 }, (_, i) => twilio.createConversation({
    serviceSid: service.sid, friendlyName: `c${i}`, state: states[i % 3], dateCreated: new Date(Date.UTC(2026, 0, 5 + Math.floor(i / 4), 6 + (i % 4))),
  }));
  return { service, made };
}

const names = (list) => list.map(({ friendlyName }) => friendlyName);

async function pages({ twilio, client }) {
  const { service, made } = manyConversations(twilio);
  const api = client.conversations.v1.services(service.sid).conversations;
  assert.deepEqual(names(await api.list({ pageSize: 5 })), names(made));
  assert.deepEqual(names(await api.list({ pageSize: 5, limit: 6 })), names(made.slice(0, 6)));
  const first = await api.page({ pageSize: 5 });
  assert.deepEqual(names(first.instances), names(made.slice(0, 5)));
  assert.equal(first.previousPageUrl, undefined);
  const second = await first.nextPage();
  const third = await second.nextPage();
  assert.deepEqual(names([...second.instances, ...third.instances]), names(made.slice(5)));
  assert.equal(third.nextPage(), undefined);
  assert.deepEqual(names((await api.getPage(first.nextPageUrl)).instances), names(second.instances));
  const seen = [];
  await new Promise((done) => { api.each({ pageSize: 7, callback: (item) => seen.push(item.friendlyName), done }); });
  assert.deepEqual(seen, names(made));
}

async function filters({ twilio, client }) {
  const { service, made } = manyConversations(twilio);
  const api = client.conversations.v1.services(service.sid).conversations;
  assert.deepEqual(names(await api.list({ state: 'active', pageSize: 2 })), names(made.filter(({ state }) => state === 'active')));
  assert.deepEqual(names(await api.list({ state: 'closed' })), names(made.filter(({ state }) => state === 'closed')));
  // By date: the newest first.
  const since = await api.list({ startDate: '2026-01-06T00:00:00Z', pageSize: 3 });
  assert.deepEqual(names(since), names(made.slice(4)).reverse());
  assert.deepEqual(names(await api.list({ endDate: '2026-01-05T23:59:59Z' })), names(made.slice(0, 4)).reverse());
  const day = { startDate: '2026-01-06T00:00:00Z', endDate: '2026-01-06T23:59:59Z' };
  assert.deepEqual(names(await api.list(day)), names(made.slice(4, 8)).reverse());
  assert.deepEqual(names(await api.list({ ...day, state: 'active' })), names(made.slice(4, 8).filter(({ state }) => state === 'active')).reverse());
}

async function messages({ twilio, client }) {
  const service = twilio.createService();
  const { sid } = twilio.createConversation({ serviceSid: service.sid });
  const api = client.conversations.v1.services(service.sid).conversations(sid).messages;
  const first = await api.create({ author: 'somebody', body: 'Hello + 100 %' });
  const second = await api.create({ author: 'somebody', body: 'Again', attributes: '{"x":1}' });
  assert.deepEqual([first.index, second.index, first.body, second.attributes], [0, 1, 'Hello + 100 %', '{"x":1}']);
  assert.deepEqual((await api.list({ order: 'desc' })).map(({ body }) => body), ['Again', 'Hello + 100 %']);
  assert.equal((await api(first.sid).fetch()).author, 'somebody');
  assert.equal(await api(first.sid).remove(), true);
  assert.deepEqual((await api.list()).map(({ index }) => index), [1]);
}

async function scopedWebhooks({ twilio, client }) {
  const service = twilio.createService();
  const { sid } = twilio.createConversation({ serviceSid: service.sid });
  const api = client.conversations.v1.services(service.sid).conversations(sid).webhooks;
  const made = await api.create({ target: 'webhook', 'configuration.url': 'https://hook.example.com/one', 'configuration.method': 'post', 'configuration.filters': ['onMessageAdded', 'onParticipantAdded'] });
  assert.match(made.sid, /^WH[0-9a-f]{32}$/);
  assert.deepEqual([made.target, made.configuration.url, made.configuration.filters], ['webhook', 'https://hook.example.com/one', ['onMessageAdded', 'onParticipantAdded']]);
  assert.deepEqual((await api.list()).map((w) => w.sid), [made.sid]);
  assert.equal((await api(made.sid).fetch()).conversationSid, sid);
  await refuses(api.create({ target: 'webhook', 'configuration.url': 'https://hook.example.com/two', 'configuration.filters': ['onConversationAdded'] }), 400, 20001);
  assert.equal(await api(made.sid).remove(), true);
  await refuses(api(made.sid).fetch(), 404, 20404);
}

export const conversationWalks = [
  { name: 'conversation of a service: created, found, changed, closed, removed', run: ofService },
  { name: 'conversation of the default service', run: ofTheDefaultService },
  { name: 'conversations in pages', run: pages },
  { name: 'conversations by state and date', run: filters },
  { name: 'messages', run: messages },
  { name: 'webhooks of one conversation', run: scopedWebhooks },
];
