import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { StandIn } from '../standin.js';
import { call } from '../../lib/rest-client.js';

let twilio;
before(async () => { twilio = await StandIn.start(); });
after(() => twilio.stop());

const create = (...form) => call(twilio, 'POST', '/v1/Conversations', { form });

test('created, fetched by SID and by unique name, deleted', async () => {
  const { status, json } = await create(['UniqueName', 'a room/1'], ['FriendlyName', 'Room'], ['Attributes', '{"n":1}']);
  assert.equal(status, 201);
  assert.deepEqual([json.unique_name, json.friendly_name, json.attributes, json.state, json.chat_service_sid],
    ['a room/1', 'Room', '{"n":1}', 'active', twilio.defaultService.sid]);
  for (const name of [json.sid, 'a%20room%2F1']) {
    assert.deepEqual((await call(twilio, 'GET', `/v1/Conversations/${name}`)).json, json);
  }
  assert.equal((await call(twilio, 'DELETE', `/v1/Conversations/${json.sid}`)).status, 204);
  assert.equal((await call(twilio, 'GET', `/v1/Conversations/${json.sid}`)).json.code, 20404);
  assert.equal((await create(['UniqueName', 'a room/1'])).status, 201);
});

test('a unique name twice: 409, 50353', async () => {
  await create(['UniqueName', 'twice']);
  const { status, json } = await create(['UniqueName', 'twice']);
  assert.deepEqual([status, json.code], [409, 50353]);
});

test('state and timers', async () => {
  const { json: made } = await create(['Timers.Inactive', 'PT10M']);
  const wait = (Date.parse(made.timers.date_inactive) - Date.now()) / 1000;
  assert.ok(wait > 590 && wait <= 600, `${wait} s`);
  const at = `/v1/Conversations/${made.sid}`;
  const { json } = await call(twilio, 'POST', at, { form: [['State', 'inactive'], ['Timers.Closed', 'P1DT1H']] });
  assert.equal(json.state, 'inactive');
  assert.deepEqual(Object.keys(json.timers), ['date_inactive', 'date_closed']);
  for (const wrong of [['State', 'open'], ['Timers.Closed', '10m'], ['Timers.Closed', 'PT']]) {
    assert.equal((await call(twilio, 'POST', at, { form: [wrong] })).json.code, 20001);
  }
});

test('closed is for ever: 50377', async () => {
  const { json: { sid } } = await create();
  await call(twilio, 'POST', `/v1/Conversations/${sid}`, { form: [['State', 'closed']] });
  const { status, json } = await call(twilio, 'POST', `/v1/Conversations/${sid}`, { form: [['State', 'active']] });
  assert.deepEqual([status, json.code], [400, 50377]);
});

test('the default timers of the account are taken over', async () => {
  await call(twilio, 'POST', '/v1/Configuration', { form: [['DefaultClosedTimer', 'PT1H']] });
  assert.ok((await create()).json.timers.date_closed);
  await call(twilio, 'POST', '/v1/Configuration', { form: [['DefaultClosedTimer', '']] });
  assert.deepEqual((await create()).json.timers, {});
});

test('messages have an author, an index and their participant', async () => {
  const { json: { sid } } = await create();
  const { sid: speaker } = twilio.addParticipant(sid, { identity: 'bot' });
  const at = `/v1/Conversations/${sid}/Messages`;
  await call(twilio, 'POST', at, { form: [['Author', 'bot'], ['Body', 'one']] });
  await call(twilio, 'POST', at, { form: [['Body', 'two']] });
  const { json } = await call(twilio, 'GET', `${at}?Order=desc`);
  assert.deepEqual(json.messages.map((m) => [m.index, m.author, m.body, m.participant_sid]), [[1, 'system', 'two', null], [0, 'bot', 'one', speaker]]);
});

test('users: implicit with a participant, explicit only once (50201), found by SID and identity', async () => {
  const { json: { sid } } = await create();
  twilio.addParticipant(sid, { identity: 'implicit' });
  const { json: user } = await call(twilio, 'GET', '/v1/Users/implicit');
  assert.equal((await call(twilio, 'GET', `/v1/Users/${user.sid}`)).json.identity, 'implicit');
  assert.deepEqual((await call(twilio, 'POST', '/v1/Users', { form: [['Identity', 'implicit']] })).json.code, 50201);
  assert.equal((await call(twilio, 'POST', '/v1/Users', { form: [['Identity', 'explicit']] })).status, 201);
  const role = [['Identity', 'other'], ['RoleSid', `RL${'0'.repeat(32)}`]];
  assert.equal((await call(twilio, 'POST', '/v1/Users', { form: role })).json.code, 50100);
});
