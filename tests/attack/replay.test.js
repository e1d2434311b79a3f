// Webhooks that Twilio did sign, sent again, elsewhere, or cut up anew.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, IDENTITY, PROXY_NUMBER } from '../lib/account.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { Scene } from '../lib/scene.js';
import { HOST, PATH, encodeForm, eventParameters } from '../lib/webhook.js';
import { sign } from '../twilio/signature.js';
import { callsOf, send, sendRecords } from './responderscene.js';

describe('a webhook sent again', () => {
  let scene;
  before(async () => { scene = await Scene.open(fastcgi, {}); });
  after(() => scene.close());

  const bots = ({ conversation }) => scene.twilio.participants(conversation).filter(({ identity }) => identity === IDENTITY).length;

  it('twenty times at once joins the bot once', async () => {
    const context = scene.newContext({});
    const replies = await Promise.all(Array.from({ length: 20 }, () => send(scene, {}, context)));
    assert.deepEqual([...new Set(replies.map(({ body }) => body))].sort(), ['{"result":"already-joined"}', '{"result":"joined"}']);
    assert.equal(replies.filter(({ body }) => body === '{"result":"joined"}').length, 1);
    assert.equal(bots(context), 1);
  });

  it('after the bot was removed on purpose does not bring it back', async () => {
    const context = scene.newContext({});
    assert.equal((await send(scene, {}, context)).body, '{"result":"joined"}');
    scene.twilio.removeParticipant(context.conversation, IDENTITY);
    await send(scene, { set: { EventType: 'onParticipantRemoved', Identity: IDENTITY } }, context);
    assert.equal((await send(scene, {}, context)).body, '{"result":"ignored"}');
    assert.equal(bots(context), 0);
  });

  it('with its parameters in the query, where a signed GET had them, is none', async () => {
    const context = scene.newContext({});
    const target = `${PATH}?${encodeForm(eventParameters(context))}`;
    const reply = await send(scene, { target, params: [] }, context);
    assert.equal(reply.body, '{"result":"ignored"}');
    assert.equal(bots(context), 0);
  });

  it('to another conversation is forged', async () => {
    const [context, other] = [scene.newContext({}), scene.newContext({})];
    const reply = await send(scene, { params: eventParameters(other), signedParams: eventParameters(context) }, context);
    assert.equal(reply.status, 403);
    assert.equal(bots(other), 0);
  });
});

// Who has a webhook that was signed for another URL of the account can choose the Host that he sends
// with it, and so may not write that URL into it.
describe('a Host that is more than a host', () => {
  let scene;
  before(async () => { scene = await Scene.open(fastcgi, {}); });
  after(() => scene.close());

  for (const host of [
    'other.example.com/voice?x=', 'other.example.com/', 'other.example.com?', 'user@other.example.com/x',
    'other.example.com:80/x', 'other.example.com\\x', 'other.example.com,hook.example.com', 'other example',
  ]) {
    it(`is refused though the URL that it makes was signed: ${host}`, async () => {
      const { length } = callsOf(scene);
      const reply = await sendRecords(scene, { host, signedUrl: `http://${host}${PATH}` });
      assert.ok([400, 403].includes(reply.status), `status ${reply.status}`);
      assert.equal(callsOf(scene).length, length);
    });
  }
});

describe('AUTOJOIN_PUBLIC_URL', () => {
  it('keeps a webhook that was signed for any other URL of the account from counting', async () => {
    const scene = await Scene.open(fastcgi, { settings: { AUTOJOIN_PUBLIC_URL: 'https://api.example.com/webhooks/twilio' } });
    try {
      for (const [host, target] of [['other.example.com', PATH], ['api.example.com', '/voice'], ['api.example.com', `${PATH}/status`], ['api.example.com:8443', PATH]]) {
        const reply = await send(scene, { host, target, https: true });
        assert.equal(reply.status, 403, `https://${host}${target}`);
      }
      assert.deepEqual(callsOf(scene), []);
    } finally {
      await scene.close();
    }
  });
});

// Twilio's signed string is the URL, names and values in a row, without delimiters. Who recorded a signature for a URL
// that goes on where ours ends, of a webhook whose text somebody chose, can cut the same string up otherwise.
describe('a signature for a longer URL, cut up anew', () => {
  const OURS = `https://api.example.com${PATH}`;
  let configured;
  let byHost;
  before(async () => {
    configured = await Scene.open(fastcgi, { settings: { AUTOJOIN_PUBLIC_URL: OURS } });
    byHost = await Scene.open(fastcgi, {});
  });
  after(() => Promise.all([configured?.close(), byHost?.close()]));

  /** An SMS webhook as Twilio sends it, its text chosen by whoever wrote the SMS: what `url` was signed with. */
  const sms = (text) => [
    ['AccountSid', ACCOUNT_SID], ['ApiVersion', '2010-04-01'], ['Body', text], ['From', CUSTOMER],
    ['MessageSid', `SM${'1'.repeat(32)}`], ['NumMedia', '0'], ['To', PROXY_NUMBER],
  ];
  const row = (params) => [...params].sort(([a], [b]) => (a < b ? -1 : 1)).flat().join('');

  /** The text that makes `event` of the string, and the parameters that it is cut into. */
  function cut(beyond, event) {
    const wanted = [...event].sort(([a], [b]) => (a < b ? -1 : 1));
    const text = `${row(wanted)}Z`;
    const whole = `${beyond}${row(sms(text))}`;
    const begin = whole.indexOf(text);
    const name = beyond.slice(0, 2);
    return { text, params: [[name, whole.slice(name.length, begin)], ...wanted, ['Z', whole.slice(begin + text.length)]] };
  }

  const joinOf = ({ conversation, service }) => [['AccountSid', ACCOUNT_SID], ['ChatServiceSid', service], ['ConversationSid', conversation], ['EventType', 'onConversationAdded']];
  const removalOf = (context) => [...joinOf(context).slice(0, 3), ['EventType', 'onParticipantRemoved'], ['Identity', IDENTITY]];

  for (const beyond of ['-sms', '/voice', '.old', '//', ':8443/sms', '%2Fsms', '2/sms']) {
    it(`joins nobody: our URL, and ${beyond}`, async () => {
      for (const [scene, url, spec] of [[configured, OURS, {}], [byHost, `http://${HOST}${PATH}`, { host: HOST }]]) {
        const context = scene.newContext({});
        const { text, params } = cut(beyond, joinOf(context));
        const recorded = sign(`${url}${beyond}`, sms(text), AUTH_TOKEN);
        // The attack itself: the same string, so the same signature.
        assert.equal(sign(url, params, AUTH_TOKEN), recorded);
        const { length } = callsOf(scene);
        const reply = await send(scene, { ...spec, params, signature: recorded }, context);
        assert.deepEqual([reply.status, reply.body], [403, '{}']);
        assert.equal(callsOf(scene).length, length);
      }
    });
  }

  it('does not make the bot stay away, as if it had been removed', async () => {
    const context = configured.newContext({});
    const { text, params } = cut('-sms', removalOf(context));
    const reply = await send(configured, { params, signature: sign(`${OURS}-sms`, sms(text), AUTH_TOKEN) }, context);
    assert.equal(reply.status, 403);
    assert.equal((await send(configured, { signedUrl: OURS }, context)).body, '{"result":"joined"}');
  });
});
