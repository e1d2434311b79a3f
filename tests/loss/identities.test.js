// Several identities in running conversations: the bot that is in stays, full ones cost nothing, and what
// may not be asked is told and loses nothing.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { IDENTITY, LossScene } from '../lib/loss-scene.js';
import { jsonLines } from '../lib/operator.js';
import { waitOf } from '../lib/ticket-file.js';

const LIST = { method: 'GET', path: /\/Participants$/ };
const EVENTS = 'onConversationAdded, onMessageAdded';
const OTHERS = ['bot-2', 'bot-3'];
const MINUTE = 60_000;

/** The identities of ours that are in a conversation, the one that has been longest first. */
function botsIn(scene, { conversation }) {
  const ours = [IDENTITY, ...scene.settings.AUTOJOIN_IDENTITIES.split(/[ ,]+/)];
  return scene.twilio.participants(conversation).map(({ identity }) => identity).filter((identity) => ours.includes(identity));
}

/** What one action asks of Twilio, as "POST 201". */
async function callsOf(scene, action) {
  const from = scene.twilio.requests.length;
  await action();
  return scene.twilio.requests.slice(from).filter(({ method }) => method !== 'HEAD').map(({ method, status }) => `${method} ${status}`);
}

describe('who is in stays', () => {
  let scene;
  before(async () => {
    scene = await LossScene.open({ settings: { AUTOJOIN_IDENTITIES: OTHERS.join(','), AUTOJOIN_EVENTS: EVENTS } });
  });
  after(() => scene?.close());

  it('when an identity is added: a message in each of thirty conversations, and not a participant is created or removed', async () => {
    const contexts = Array.from({ length: 30 }, () => scene.newContext());
    for (const context of contexts) assert.equal((await scene.send(context)).body, '{"result":"joined"}');
    const bots = contexts.map((context) => botsIn(scene, context));
    await scene.change({ AUTOJOIN_IDENTITIES: [...OTHERS, 'bot-4'].join(',') });
    await scene.restartResponder();
    const calls = await callsOf(scene, async () => {
      for (const context of contexts) assert.equal((await scene.sendEvent(context, 'onMessageAdded', { Author: 'somebody' })).body, '{"result":"already-joined"}');
    });
    assert.deepEqual(contexts.map((context) => botsIn(scene, context)), bots);
    assert.deepEqual(calls, contexts.map(() => 'GET 200'));
  });

  it('new conversations are spread over all of them, and an old one asked for anew keeps its bot', async () => {
    const contexts = Array.from({ length: 40 }, () => scene.newContext());
    for (const context of contexts) await scene.send(context);
    assert.ok(contexts.some((context) => botsIn(scene, context)[0] === 'bot-4'));
    const bots = contexts.map((context) => botsIn(scene, context));
    await scene.change({ AUTOJOIN_IDENTITIES: [...OTHERS, 'bot-4', 'bot-5'].join(',') });
    await scene.restartResponder();
    for (const context of contexts) assert.match((await scene.send(context)).body, /already-joined/);
    assert.deepEqual(contexts.map((context) => botsIn(scene, context)), bots);
  });

  it('of two that are in, not the one whose date cannot be read', async () => {
    const context = scene.newContext();
    scene.twilio.addParticipant(context.conversation, { identity: OTHERS[0] }).dateCreated = null;
    scene.twilio.addParticipant(context.conversation, { identity: OTHERS[1] });
    assert.match((await scene.sendEvent(context, 'onMessageAdded', { Author: 'somebody' })).body, /already-joined/);
    assert.deepEqual(botsIn(scene, context), [OTHERS[1]]);
  });

  // Twilio allows 4 KiB of attributes, which are JSON in a JSON string: six times that if all of it is written as \uXXXX.
  it('in a conversation whose participants fill more than one MiB', async () => {
    const context = scene.newContext();
    for (let i = 0; i < 90; i++) scene.twilio.addParticipant(context.conversation, { identity: `guest-${i}` }).attributes = 'x'.repeat(6 * 4096);
    assert.equal((await scene.send(context)).body, '{"result":"joined"}');
    assert.equal(botsIn(scene, context).length, 1);
  });

  for (const [i, order] of [[IDENTITY, ...OTHERS], [...OTHERS, IDENTITY], [OTHERS[1], IDENTITY, OTHERS[0]]].entries()) {
    it(`of three that are in, the one that has been longest: ${order[0]}`, async () => {
      const context = scene.newContext();
      for (const [age, identity] of order.entries()) {
        scene.twilio.addParticipant(context.conversation, { identity, dateCreated: new Date(Date.now() - (10 - age) * MINUTE) });
      }
      assert.match((await scene.sendEvent(context, i === 0 ? 'onConversationAdded' : 'onMessageAdded', { Author: 'somebody' })).body, /already-joined/);
      assert.deepEqual(botsIn(scene, context), [order[0]]);
    });
  }
});

describe('group texts, in which each number is one identity', () => {
  const NUMBERS = ['+15005550001', '+15005550002'];
  let scene;
  let people = 1000;
  before(async () => {
    scene = await LossScene.open({ settings: { AUTOJOIN_IDENTITIES: OTHERS.join(','), AUTOJOIN_EVENTS: EVENTS }, standIn: { limits: { userConversations: 40 } } });
  });
  after(() => scene?.close());

  const newGroup = (...numbers) => {
    const addresses = [people++, people++].map((n) => `+1500556${n}`);
    const { sid } = scene.twilio.createGroup({ addresses, number: numbers[0] });
    for (const projectedAddress of numbers.slice(1)) scene.twilio.addParticipant(sid, { messagingBinding: { projectedAddress } });
    return { conversation: sid, service: scene.twilio.defaultService.sid };
  };

  it('ten groups: one look each, one identity each, and not always the same', async () => {
    const contexts = Array.from({ length: 10 }, () => newGroup(NUMBERS[0]));
    for (const context of contexts) {
      const calls = await callsOf(scene, async () => assert.equal((await scene.send(context)).body, '{"result":"joined"}'));
      assert.deepEqual(calls, ['POST 400', 'GET 200', 'POST 200']);
    }
    const bots = contexts.map((context) => botsIn(scene, context));
    assert.ok(bots.every(({ length }) => length === 1));
    assert.ok(new Set(bots.flat()).size > 1);
  });

  it('in one that existed before the look comes first, and nothing is tried in vain', async () => {
    const context = newGroup(NUMBERS[0]);
    const calls = await callsOf(scene, async () => assert.equal((await scene.sendEvent(context, 'onMessageAdded', { Author: 'somebody' })).body, '{"result":"joined"}'));
    assert.deepEqual(calls, ['GET 200', 'POST 200']);
    assert.equal(botsIn(scene, context).length, 1);
  });

  for (const event of ['onConversationAdded', 'onMessageAdded']) {
    it(`whoever is in stays (${event})`, async () => {
      for (const identity of [IDENTITY, ...OTHERS]) {
        const context = newGroup(NUMBERS[0]);
        scene.twilio.giveIdentity(context.conversation, NUMBERS[0], identity);
        assert.equal((await scene.sendEvent(context, event, { Author: 'somebody' })).body, '{"result":"already-joined"}');
        assert.deepEqual(botsIn(scene, context), [identity]);
      }
    });

    it(`two of ours at two numbers stay both: nobody is removed, since the number would go as well (${event})`, async () => {
      const context = newGroup(...NUMBERS);
      OTHERS.forEach((identity, i) => scene.twilio.giveIdentity(context.conversation, NUMBERS[i], identity));
      assert.equal((await scene.sendEvent(context, event, { Author: 'somebody' })).body, '{"result":"already-joined"}');
      assert.deepEqual(botsIn(scene, context), OTHERS);
    });
  }

  it('an identity that is full is passed over', async () => {
    for (const identity of [IDENTITY, OTHERS[0]]) {
      for (;;) {
        try { scene.twilio.addParticipant(scene.newContext().conversation, { identity }); } catch { break; }
      }
    }
    await scene.restartResponder();
    for (let i = 0; i < 3; i += 1) {
      const context = newGroup(NUMBERS[0]);
      assert.equal((await scene.send(context)).body, '{"result":"joined"}');
      assert.deepEqual(botsIn(scene, context), [OTHERS[1]]);
    }
  });
});

describe('twenty identities, of which some are full', () => {
  const NAMES = Array.from({ length: 19 }, (_, i) => `bot-${i + 2}`);
  const LIMIT = 3;
  let scene;
  before(async () => {
    scene = await LossScene.open({ settings: { AUTOJOIN_IDENTITIES: NAMES.join(',') }, standIn: { limits: { userConversations: LIMIT } } });
  });
  after(() => scene?.close());

  const fill = (identities) => {
    for (const identity of identities) {
      for (let i = 0; i < LIMIT; i += 1) {
        try { scene.twilio.addParticipant(scene.newContext().conversation, { identity }); } catch (error) { assert.equal(error.code, 50214); }
      }
    }
  };
  // What a request to Twilio takes, and what a webhook has: enough for twenty such requests, one after the other.
  const slowly = () => scene.twilio.misbehave({ match: { path: /Participants/ }, delayMs: 120, times: Infinity });

  for (const [count, identities] of [[8, NAMES.slice(0, 8)], [10, NAMES.slice(8, 10)]]) {
    it(`${count} of them: everything is joined, once they are known with one creation and one look`, async () => {
      fill(identities);
      await scene.restartResponder();
      slowly();
      const mark = scene.twilio.requests.length;
      const took = [];
      for (let i = 0; i < 12; i += 1) {
        const context = scene.newContext();
        const from = Date.now();
        assert.equal((await scene.send(context)).body, '{"result":"joined"}');
        took.push(Date.now() - from);
        assert.equal(botsIn(scene, context).length, 1);
      }
      scene.twilio.behave();
      assert.deepEqual(scene.tickets(), []);
      const full = scene.twilio.requests.slice(mark).filter(({ method, status }) => method === 'POST' && status === 400);
      assert.ok(full.length <= 20, `${full.length} times told that one is full`);
      assert.ok(Math.min(...took) < 480, `${took} ms`);
      const calls = await callsOf(scene, () => scene.send(scene.newContext()));
      assert.deepEqual(calls.filter((call) => call !== 'POST 400'), ['POST 201', 'GET 200']);
    });
  }

  it('all of them: refused, and none is asked again for a minute', async () => {
    fill([IDENTITY, ...NAMES]);
    await scene.restartResponder();
    await scene.send(scene.newContext());
    const calls = await callsOf(scene, async () => {
      assert.deepEqual([(await scene.send(scene.newContext())).status], [500]);
    });
    assert.deepEqual(calls, ['GET 200']);
  });
});

describe('an API key that may only create participants', () => {
  let scene;
  before(async () => {
    scene = await LossScene.open({ settings: { AUTOJOIN_IDENTITIES: OTHERS.join(','), AUTOJOIN_SPOOL_GIVE_UP: '1s' } });
  });
  after(() => scene?.close());

  it('is refused and names the permission; the ticket stays, however often, and is struck out once it is given', async () => {
    const context = scene.newContext();
    scene.twilio.misbehave({ match: LIST, code: 70051, times: Infinity });
    const reply = await scene.send(context);
    assert.deepEqual([reply.status, reply.body], [500, '{"result":"refused"}']);
    assert.equal(botsIn(scene, context).length, 1);
    const [line] = (await scene.log()).filter(({ conversation }) => conversation === context.conversation);
    assert.match(line.reason, /may not list participants.*several identities and group texts need it/);
    assert.equal(line.rest_code, '70051');
    for (let i = 0; i < 3; i += 1) {
      await scene.plant(context, { attempts: 5 + i, refusedFor: 3600_000 });
      const run = await scene.drain('--json');
      assert.equal(jsonLines(run)[0].result, 'refused');
      assert.deepEqual(scene.tickets(), [context.conversation]);
      assert.deepEqual(scene.kept('failed'), []);
    }
    scene.twilio.behave();
    assert.equal((await scene.drain()).code, 0);
    assert.deepEqual(scene.tickets(), []);
    assert.equal(botsIn(scene, context).length, 1);
  });

  it('a pass of drain goes on: those that are not looked into first are joined', async () => {
    const contexts = await Promise.all(Array.from({ length: 12 }, async (_, i) => scene.plant(scene.newContext(), { attempts: 1, event: i % 3 ? 'onConversationAdded' : 'onMessageAdded' })));
    const rule = scene.twilio.misbehave({ match: LIST, code: 70051, times: Infinity });
    // One at a time, so that there are some behind the first refusal.
    await scene.change({ AUTOJOIN_MAX_PENDING: '1' });
    const run = await scene.drain('--json');
    scene.twilio.behave();
    await scene.change({ AUTOJOIN_MAX_PENDING: undefined });
    assert.equal(rule.hits, 12);
    assert.equal(jsonLines(run).at(-1).stopped, '');
    contexts.forEach((context, i) => assert.equal(botsIn(scene, context).length, i % 3 ? 1 : 0, `number ${i}`));
    assert.equal((await scene.drain()).code, 0);
  });

  it('the one that may not remove participants: two are in, that is told, and the ticket does not end in failed/', async () => {
    const context = scene.newContext();
    for (const identity of OTHERS) scene.twilio.addParticipant(context.conversation, { identity });
    await scene.plant(context, { attempts: 5, refusedFor: 3600_000, nextAttempt: new Date(Date.now() - 1000) });
    scene.twilio.misbehave({ match: { method: 'DELETE' }, code: 70051, times: Infinity });
    const run = await scene.drain('--json');
    assert.match(jsonLines(run)[0].reason, /may not remove participants/);
    assert.deepEqual(scene.kept('failed'), []);
    scene.twilio.behave();
    assert.equal((await scene.drain()).code, 0);
    assert.equal(botsIn(scene, context).length, 1);
  });

  it('a look that Twilio wants two minutes later is not made before: 503, and the ticket is due then', async () => {
    const context = scene.newContext();
    scene.twilio.misbehave({ match: LIST, status: 429, headers: { 'Retry-After': '120' }, times: Infinity });
    const from = Date.now();
    assert.deepEqual([(await scene.send(context)).status], [503]);
    scene.twilio.behave();
    const wait = waitOf(scene.ticket(context), from);
    assert.ok(wait >= 120_000 && wait < 130_000, `${wait} ms`);
  });

  it('a look that fails once is made again', async () => {
    const context = scene.newContext();
    scene.twilio.misbehave({ match: LIST, status: 503, times: 2 });
    assert.equal((await scene.send(context)).body, '{"result":"joined"}');
    assert.deepEqual(scene.tickets().filter((sid) => sid === context.conversation), []);
  });
});
