// Users, and the two lists that say which conversations somebody is in.

import assert from 'node:assert/strict';
import { refuses } from './refusals.js';

async function users({ twilio, client }) {
  const service = twilio.createService();
  const api = client.conversations.v1.services(service.sid).users;
  const made = await api.create({ identity: 'anna@example.com', friendlyName: 'Anna', attributes: '{"vip":true}' });
  assert.match(made.sid, /^US[0-9a-f]{32}$/);
  assert.deepEqual([made.identity, made.friendlyName, made.attributes, made.chatServiceSid], ['anna@example.com', 'Anna', '{"vip":true}', service.sid]);
  await refuses(api.create({ identity: 'anna@example.com' }), 409, 50201);
  assert.equal((await api(made.sid).fetch()).identity, 'anna@example.com');
  assert.equal((await api('anna@example.com').fetch()).sid, made.sid);
  assert.equal((await api(made.sid).update({ friendlyName: 'Änne' })).friendlyName, 'Änne');
  for (let i = 0; i < 4; i += 1) await api.create({ identity: `user ${i}` });
  assert.deepEqual((await api.list({ pageSize: 2 })).map(({ identity }) => identity), ['anna@example.com', 'user 0', 'user 1', 'user 2', 'user 3']);
  assert.equal(await api(made.sid).remove(), true);
  await refuses(api(made.sid).fetch(), 404, 20404);
}

/** Somebody in conversations in every state that these lists show. */
function somebody(twilio, serviceSid, identity) {
  return ['active', 'inactive', 'closed', 'active', 'active'].map((state, i) => {
    const conversation = twilio.createConversation({ serviceSid, friendlyName: `c${i}` });
    twilio.addParticipant(conversation.sid, { identity });
    twilio.setState(conversation.sid, state);
    return conversation;
  });
}

async function userConversations({ twilio, client }) {
  const service = twilio.createService();
  const api = client.conversations.v1.services(service.sid).users;
  const made = somebody(twilio, service.sid, 'bot');
  const user = await api('bot').fetch();
  for (const name of ['bot', user.sid]) {
    const list = await api(name).userConversations.list({ pageSize: 2 });
    assert.deepEqual(list.map((c) => [c.conversationSid, c.conversationState]), made.map(({ sid, state }) => [sid, state]));
    assert.equal(list[0].userSid, user.sid);
  }
  const one = await api('bot').userConversations(made[0].sid).fetch();
  assert.deepEqual([one.conversationSid, one.friendlyName, one.unreadMessagesCount], [made[0].sid, 'c0', null]);
  assert.equal(await api('bot').userConversations(made[0].sid).remove(), true);
  assert.deepEqual(twilio.participants(made[0].sid), []);
  await refuses(api('nobody').userConversations.list(), 404, 20404);
}

async function participantConversations({ twilio, client }) {
  const service = twilio.createService();
  const made = somebody(twilio, service.sid, 'bot');
  const api = client.conversations.v1.services(service.sid).participantConversations;
  const list = await api.list({ identity: 'bot', pageSize: 2 });
  assert.deepEqual(list.map((c) => [c.conversationSid, c.conversationState, c.participantIdentity]), made.map(({ sid, state }) => [sid, state, 'bot']));
  assert.match(list[0].participantSid, /^MB[0-9a-f]{32}$/);
  assert.match(list[0].participantUserSid, /^US[0-9a-f]{32}$/);
  assert.deepEqual(await api.list({ identity: 'nobody yet' }), []);
  await refuses(api.list(), 400, 50451);
  await refuses(api.list({ identity: 'bot', address: '+15005550006' }), 400, 50451);
}

async function ofTheDefaultService({ twilio, client }) {
  const identity = `default ${twilio.requests.length}`;
  const made = somebody(twilio, twilio.defaultService.sid, identity);
  const v1 = client.conversations.v1;
  assert.deepEqual((await v1.participantConversations.list({ identity })).map((c) => c.conversationSid), made.map(({ sid }) => sid));
  const { sid } = await v1.users(encodeURIComponent(identity)).fetch();
  assert.equal((await v1.users(sid).userConversations.list()).length, made.length);
}

export const userWalks = [
  { name: 'users', run: users },
  { name: 'conversations of a user', run: userConversations },
  { name: 'conversations that an identity takes part in', run: participantConversations },
  { name: 'users of the default service', run: ofTheDefaultService },
];
