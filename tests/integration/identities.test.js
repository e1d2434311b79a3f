// AUTOJOIN_IDENTITIES: conversations are spread over several identities, and never do two of them stay
// in one conversation, whoever races with whom.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { startResponder } from '../servers/responder.js';
import { IDENTITY } from '../lib/account.js';
import { webhookRequest } from '../lib/webhook-records.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { RESPONDER } from '../lib/programs.js';
import { Scene } from '../lib/scene.js';

const OTHERS = ['conversation-bot-2', 'conversation-bot-3'];
const ALL = [IDENTITY, ...OTHERS];
const LIMIT = 12; // conversations of one identity

describe('three identities', () => {
  let scene;
  let second; // another responder process with the same settings
  const contexts = [];

  before(async () => {
    scene = await Scene.open(fastcgi, {
      settings: { AUTOJOIN_IDENTITIES: OTHERS.join(', '), AUTOJOIN_PRECONNECT: 'no' },
      standIn: { limits: { userConversations: LIMIT } },
    });
    second = await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile });
  });
  after(async () => {
    await second?.stop();
    await scene?.close();
  });

  const newContext = () => {
    const context = scene.newContext({ service: 'default' });
    contexts.push(context);
    return context;
  };
  const send = (context, socket = scene.server.own.socket) => fastcgiRequest(socket, webhookRequest(context));
  const botsIn = ({ conversation }) => scene.twilio.participants(conversation)
    .map(({ identity }) => identity).filter((identity) => ALL.includes(identity));

  it('share the conversations, the same one for the same conversation', async () => {
    for (let i = 0; i < 12; i++) assert.equal((await send(newContext())).body, '{"result":"joined"}');
    const used = new Set(contexts.flatMap(botsIn));
    assert.ok(used.size > 1, `only ${[...used]}`);
    for (const context of contexts) {
      const bots = botsIn(context);
      assert.equal(bots.length, 1);
      assert.equal((await send(context)).body, '{"result":"already-joined"}');
      assert.deepEqual(botsIn(context), bots);
    }
  });

  it('a full one gives way to the next, and two processes that race leave one in', async () => {
    scene.twilio.misbehave({ match: { method: 'POST' }, times: Infinity, delayMs: 15, alsoDo: true });
    while (contexts.length < ALL.length * LIMIT) {
      const fresh = Array.from({ length: 8 }, newContext).slice(0, 8);
      const answers = await Promise.all(fresh.flatMap((context) => [send(context), send(context, second.socket), send(context)]));
      for (const { body } of answers) assert.match(body, /"(already-)?joined"|"retry-later"|"refused"/);
    }
    scene.twilio.behave();
    for (const context of contexts) {
      const bots = botsIn(context);
      assert.ok(bots.length <= 1, `${bots} in one conversation`);
    }
  });

  it('when all are full the operator is told, and for a minute none of them is asked', async () => {
    const full = newContext();
    await send(full);
    const calls = scene.twilio.requests.length;
    assert.equal((await send(full)).body, '{"result":"refused"}');
    assert.deepEqual(scene.twilio.requests.slice(calls).map(({ method }) => method), ['GET']);
    assert.deepEqual(botsIn(full), []);
  });

  it('a place that frees itself is used, by a process that does not know that it was full', async () => {
    const full = newContext();
    const third = await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile });
    try {
      const someone = contexts.find((context) => botsIn(context).length === 1);
      scene.twilio.removeParticipant(someone.conversation, { identity: botsIn(someone)[0] });
      assert.equal((await send(full, third.socket)).body, '{"result":"joined"}');
      assert.equal(botsIn(full).length, 1);
    } finally {
      await third.stop();
    }
  });

  it('of two that are in, the one that came later is taken out', async () => {
    const context = contexts.find((one) => botsIn(one).length === 1);
    const [first] = botsIn(context);
    const other = ALL.find((identity) => identity !== first);
    const freed = contexts.find((one) => botsIn(one)[0] === other);
    scene.twilio.removeParticipant(freed.conversation, { identity: other });
    scene.twilio.addParticipant(context.conversation, { identity: other });
    assert.equal((await send(context)).body, '{"result":"already-joined"}');
    assert.deepEqual(botsIn(context), [first]);
  });

  it('none of them joins for what another of them does', async () => {
    const context = contexts.find((one) => botsIn(one).length === 1);
    const calls = scene.twilio.requests.length;
    const removed = await fastcgiRequest(scene.server.own.socket, webhookRequest(context, {
      params: [['AccountSid', scene.twilio.accountSid], ['EventType', 'onParticipantRemoved'], ['ConversationSid', context.conversation],
        ['ChatServiceSid', context.service], ['Identity', OTHERS[1]], ['Source', 'API']],
    }));
    assert.equal(removed.body, '{"result":"ignored"}');
    assert.equal((await send(context)).body, '{"result":"ignored"}');
    assert.equal(scene.twilio.requests.length, calls);
  });
});

describe('several identities, and Twilio that does not tell or do', () => {
  let scene;
  before(async () => { scene = await Scene.open(fastcgi, { settings: { AUTOJOIN_IDENTITIES: OTHERS.join(', '), AUTOJOIN_DEADLINE_MS: 1500 } }); });
  after(() => scene?.close());

  const send = (context) => fastcgiRequest(scene.server.own.socket, webhookRequest(context));
  const botsIn = ({ conversation }) => scene.twilio.participants(conversation)
    .map(({ identity }) => identity).filter((identity) => ALL.includes(identity));

  it('who is in may stand on any page of the list', async () => {
    const context = scene.newContext({ service: 'default' });
    for (let i = 0; i < 130; i++) scene.twilio.addParticipant(context.conversation, { identity: `somebody-${i}` });
    scene.twilio.addParticipant(context.conversation, { identity: OTHERS[1] });
    const before = scene.twilio.requests.length;
    // Who was in before stays.
    assert.equal((await send(context)).body, '{"result":"already-joined"}');
    assert.deepEqual(botsIn(context), [OTHERS[1]]);
    const lists = scene.twilio.requests.slice(before).filter(({ method }) => method === 'GET');
    assert.ok(lists.length >= 2, `${lists.length} pages`);
  });

  for (const [name, match] of [['a list that cannot be read', { method: 'GET', path: /\/Participants$/ }], ['one that cannot be taken out', { method: 'DELETE' }]]) {
    it(`${name}: not joined yet, for two may be in`, async () => {
      const context = scene.newContext({ service: 'default' });
      for (const identity of ALL.slice(0, 2)) scene.twilio.addParticipant(context.conversation, { identity });
      scene.twilio.misbehave({ match, status: 500, times: Infinity });
      const reply = await send(context);
      scene.twilio.behave();
      assert.deepEqual([reply.status, reply.body], [503, '{"result":"retry-later"}']);
      assert.equal((await send(context)).body, '{"result":"already-joined"}');
      assert.equal(botsIn(context).length, 1);
    });
  }
});
