// The second stand-in: that it holds requests to Twilio's document, and that reconcile and drain do their work
// against it too. (check, setup and probe are tested against it throughout.)

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ticketText } from '../lib/ticket-file.js';
import { AUTH_TOKEN, ACCOUNT_SID, IDENTITY, OperatorScene } from './scene.js';
import { signatureOf } from './webhooksender.js';

const BASIC = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}`;

describe('the second stand-in', () => {
  let scene;
  afterEach(() => scene.close());
  const open = async () => { scene = await OperatorScene.open({ responder: false, webhook: false }); };
  const ask = async (method, path, body, headers = {}) => {
    const answer = await fetch(scene.twilio.url + path, { method, body: body && new URLSearchParams(body), headers: { authorization: BASIC, ...headers } });
    return { status: answer.status, json: answer.status === 204 ? undefined : await answer.json() };
  };
  const without = (name) => [...scene.twilio.conversations.values()].filter(({ participants }) => !participants.has(name));

  it('refuses what the document does not have', async () => {
    await open();
    const { sid } = scene.twilio.addConversation();
    const service = scene.twilio.defaultService.sid;
    const wrong = [
      ['GET', '/v1/Nonsense'],
      ['PUT', '/v1/Configuration'],
      ['GET', '/v1/Conversations?Pagesize=5'],
      ['GET', '/v1/Conversations?PageSize=5&PageSize=6'],
      ['GET', '/v1/Conversations?PageSize=101'],
      ['GET', '/v1/Conversations?State=open'],
      ['GET', '/v1/Services/IS1/Conversations'],
      ['GET', '/v1/Configuration/Addresses?PageSize=51'],
      ['POST', `/v1/Conversations/${sid}/Participants`, { identity: 'small letters' }],
      ['POST', `/v1/Conversations/${sid}/Participants`, { Identity: 'bot', RoleSid: 'RL1' }],
      ['POST', `/v1/Services/${service}/Configuration/Webhooks`, { Target: 'webhook' }],
      ['POST', `/v2/Services/${service}`, { PostWebhookRetryCount: 'many' }],
      ['POST', '/v1/Conversations', { FriendlyName: 'x' }, { 'X-Twilio-Webhook-Enabled': 'yes' }],
    ];
    for (const [method, path, body, headers] of wrong) assert.equal((await ask(method, path, body, headers)).status, 400, `${method} ${path}`);
    assert.equal(scene.twilio.objections.length, wrong.length);
  });

  it('takes what it has, with all of an answer\'s members', async () => {
    await open();
    const created = await ask('POST', '/v1/Conversations', { FriendlyName: 'x', UniqueName: 'mine' });
    assert.deepEqual([created.status, created.json.state, created.json.timers], [201, 'active', null]);
    const joined = await ask('POST', '/v1/Conversations/mine/Participants', { Identity: 'a/b' });
    assert.equal(joined.status, 201);
    assert.equal((await ask('POST', '/v1/Conversations/mine/Participants', { Identity: 'a/b' })).json.code, 50433);
    assert.equal((await ask('GET', '/v1/Conversations/mine/Participants/a%2Fb')).json.sid, joined.json.sid);
    assert.equal((await ask('DELETE', `/v1/Conversations/${created.json.sid}`)).status, 204);
    assert.equal((await ask('GET', '/v1/Conversations/mine/Participants/a%2Fb')).json.code, 20404);
    assert.equal((await ask('GET', '/v1/Configuration', undefined, { authorization: 'Basic eDp5' })).json.code, 20003);
    assert.deepEqual(scene.twilio.objections, []);
  });

  it('signs as Twilio\'s documentation has it', () => {
    // The example of Twilio's security page, which its libraries test with.
    const pairs = [['CallSid', 'CA1234567890ABCDE'], ['Caller', '+14158675309'], ['Digits', '1234'], ['From', '+14158675309'], ['To', '+18005551212']];
    assert.equal(signatureOf('https://mycompany.com/myapp.php?foo=1&bar=2', pairs, '12345'), 'RSOYDt4T1cUTdK1PDd93/VVr8B8=');
    assert.equal(signatureOf('https://mycompany.com/myapp.php?foo=1&bar=2', [...pairs].reverse().concat([pairs[0]]), '12345'), 'RSOYDt4T1cUTdK1PDd93/VVr8B8=');
  });

  it('reconcile joins what is missing, over several pages', async () => {
    await open();
    for (let i = 0; i < 230; i++) scene.twilio.addConversation({ identities: i % 60 === 7 ? [] : [IDENTITY] });
    scene.twilio.addConversation({ state: 'closed' });
    const run = await scene.run('reconcile', '--rate', '1000');
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.match(run.stdout, /^230 active conversations, 4 were without, 4 joined, 0 failed$/m);
    assert.deepEqual(without(IDENTITY).map(({ state }) => state), ['closed']);
    assert.deepEqual(scene.twilio.objections, []);
  });

  it('reconcile of a service that is set', async () => {
    await open();
    const service = scene.twilio.addService().sid;
    const own = scene.twilio.addConversation({ service });
    scene.twilio.addConversation();
    await scene.change({ TWILIO_CHAT_SERVICE_SID: service });
    const run = await scene.run('reconcile');
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.ok(own.participants.has(IDENTITY));
    assert.equal(without(IDENTITY).length, 1);
  });

  it('drain settles the tickets', async () => {
    await open();
    const waiting = [scene.twilio.addConversation(), scene.twilio.addConversation()];
    for (const { sid, service } of waiting) await scene.folder.write(`spool/${sid}`, ticketText({ conversation: sid, service }));
    const run = await scene.run('drain');
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.deepEqual(without(IDENTITY), []);
    assert.deepEqual(scene.twilio.objections, []);
  });
});
