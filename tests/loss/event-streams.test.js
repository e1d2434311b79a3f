// Event Streams as the second way in: what is answered 200 is joined or in the spool, and what is not comes again.

import { after, afterEach, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { chmod, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { newSid } from '../twilio/standin.js';
import { until } from '../servers/daemon.js';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { startResponder } from '../servers/responder.js';
import { cloudEvent } from '../lib/cloud-event.js';
import { IDENTITY, LossScene } from '../lib/loss-scene.js';
import { jsonLines } from '../lib/operator.js';
import { RESPONDER } from '../lib/programs.js';
import { webhookRequest } from '../lib/webhook-records.js';

const ALL_EVENTS = { AUTOJOIN_EVENTS: 'onConversationAdded,onMessageAdded,onParticipantAdded,onConversationStateUpdated' };
const LATER = { status: 503, headers: { 'Retry-After': '60' } };
const now = () => ({ data: { DateCreated: new Date().toISOString() } });

describe('an event that cannot be joined now', () => {
  let scene;
  before(async () => { scene = await LossScene.open(); });
  afterEach(() => scene.twilio.behave());
  after(() => scene.close());

  for (const [name, fault, word] of [['may pass', LATER, 'retry-later'], ['needs the operator', { code: 50417 }, 'refused']]) {
    it(`${name}: it is in the spool, so Twilio need not send it again`, async () => {
      const context = scene.newContext();
      scene.twilio.misbehave({ match: context.create, ...fault });
      const reply = await scene.sendStream(context, now());
      assert.deepEqual([reply.status, reply.body, reply.headers['retry-after']], [200, `{"result":"${word}"}`, undefined]);
      const line = (await scene.log()).find(({ conversation }) => conversation === context.conversation);
      assert.deepEqual([line.result, line.status, line.way], [word, '200', 'event-stream']);
      assert.deepEqual([scene.ticket(context).service, scene.ticket(context).event], ['', 'onConversationAdded']);
      assert.equal((await scene.drain()).code, 0);
      assert.deepEqual([scene.bots(context), scene.tickets()], [1, []]);
    });
  }

  it('among others: each is joined or kept, and the answer is 200', async () => {
    const [well, ill, refused] = [scene.newContext(), scene.newContext(), scene.newContext()];
    scene.twilio.misbehave({ match: ill.create, ...LATER });
    scene.twilio.misbehave({ match: refused.create, code: 50417 });
    const reply = await scene.sendStream(well, now(), { of: ill, ...now() }, { of: refused, ...now() });
    assert.deepEqual([reply.status, reply.body], [200, '{"result":"refused"}']);
    assert.deepEqual(scene.tickets(), [ill.conversation, refused.conversation].sort());
    await scene.drain();
    assert.deepEqual([well, ill, refused].map((context) => scene.bots(context)), [1, 1, 1]);
  });

  it('and cannot be kept either: all come again', async () => {
    const [well, ill] = [scene.newContext(), scene.newContext()];
    scene.twilio.misbehave({ match: ill.create, ...LATER });
    await chmod(scene.spool, 0o777);
    const reply = await scene.sendStream(well, now(), { of: ill, ...now() });
    await chmod(scene.spool, 0o700);
    assert.deepEqual([reply.status, reply.body], [503, '{"result":"retry-later"}']);
    const again = await scene.sendStream(well, now(), { of: ill, ...now() });
    assert.deepEqual([again.status, scene.bots(well), scene.bots(ill)], [200, 1, 1]);
  });

  it('a service that is not the default one: the ticket has none, the drainer finds it nowhere and says what to set', async () => {
    const service = scene.twilio.createService().sid;
    const context = { conversation: scene.twilio.createConversation({ serviceSid: service }).sid, service };
    const reply = await scene.sendStream(context, now());
    assert.deepEqual([reply.status, reply.body], [200, '{"result":"retry-later"}']);
    await scene.plant({ ...context, service: '' }, { attempts: 1, firstSeen: new Date(Date.now() - 61_000), nextAttempt: new Date() });
    const run = await scene.drain();
    assert.match(run.stdout + run.stderr, /set TWILIO_CHAT_SERVICE_SID/);
    assert.match(scene.ticket(context).last_verdict, /^refused: .*set TWILIO_CHAT_SERVICE_SID/);
    // A webhook knows it: the ticket of the event is no hindrance, and gets the service if that cannot be joined now.
    scene.twilio.misbehave({ match: context.create, ...LATER });
    await scene.send(context);
    assert.equal(scene.ticket(context).service, service);
    scene.twilio.misbehave({ match: context.create, ...LATER });
    await scene.sendStream(context, now());
    assert.equal(scene.ticket(context).service, service, 'an event without one does not take it away');
    await scene.drain();
    assert.deepEqual([scene.bots(context), scene.tickets()], [1, []]);
  });
});

describe('a webhook and an event of one conversation at once', () => {
  let scene;
  before(async () => { scene = await LossScene.open(); });
  after(() => scene.close());

  /** Both, the second while Twilio is asked for the first. */
  async function both(context, first, second) {
    const rule = scene.twilio.misbehave({ match: context.create, delayMs: 200, times: Infinity });
    const one = first();
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    const bodies = (await Promise.all([one, second()])).map(({ body }) => body);
    rule.remove();
    return bodies;
  }
  const joinedOnce = ['{"result":"joined"}', '{"result":"already-joined"}'];

  it('the event second: it follows the join under way', async () => {
    const context = scene.newContext();
    assert.deepEqual(await both(context, () => scene.send(context), () => scene.sendStream(context, now())), joinedOnce);
    assert.deepEqual([scene.creations(context).length, scene.bots(context), scene.tickets()], [1, 1, []]);
  });

  it('the event first, by the unscoped path: the webhook, which knows the service, asks for itself, and one bot is in', async () => {
    const context = scene.newContext();
    assert.deepEqual(await both(context, () => scene.sendStream(context, now()), () => scene.send(context)), joinedOnce);
    assert.deepEqual([scene.creations(context).length, scene.bots(context), scene.tickets()], [2, 1, []]);
  });

  it('of a service that is not the default one, the webhook first: the event, which cannot find it, leaves no ticket', async () => {
    const service = scene.twilio.createService().sid;
    const context = { conversation: scene.twilio.createConversation({ serviceSid: service }).sid, service };
    assert.equal((await scene.send(context)).body, '{"result":"joined"}');
    assert.deepEqual([(await scene.sendStream(context, now())).body, scene.tickets()], ['{"result":"already-joined"}', []]);
    assert.equal((await scene.send(context)).body, '{"result":"already-joined"}');
    assert.equal(scene.creations(context).length, 2, 'a webhook asks Twilio');
  });

  it('ten of each: one call', async () => {
    const context = scene.newContext();
    const bodies = await both(context, () => scene.send(context), async () => {
      const more = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? scene.send(context) : scene.sendStream(context, now(), now()))));
      assert.deepEqual([...new Set(more.map(({ status, body }) => `${status} ${body}`))], ['200 {"result":"already-joined"}']);
      return more[0];
    });
    assert.deepEqual(bodies, joinedOnce);
    assert.equal(scene.creations(context).length, 1);
  });

  it('a join that fails fails for all, and its ticket is one', async () => {
    const context = scene.newContext();
    const rule = scene.twilio.misbehave({ match: context.create, ...LATER, delayMs: 200 });
    const webhook = scene.send(context);
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    const event = await scene.sendStream(context, now());
    assert.deepEqual([(await webhook).status, event.status, event.body], [503, 200, '{"result":"retry-later"}']);
    assert.deepEqual(scene.tickets(), [context.conversation]);
    await scene.drain();
  });

  it('in two processes: 50433 is already joined', async () => {
    const context = scene.newContext();
    const other = await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile });
    try {
      const answers = await both(context, () => scene.send(context),
        () => fastcgiRequest(other.socket, webhookRequest(context, { json: JSON.stringify(cloudEvent(context, now())) })));
      assert.deepEqual(answers.sort(), [...joinedOnce].sort());
    } finally {
      await other.stop();
    }
    assert.deepEqual([scene.bots(context), scene.tickets()], [1, []]);
  });
});

describe('what an event tells of the bot', () => {
  let scene;
  before(async () => { scene = await LossScene.open({ settings: ALL_EVENTS }); });
  after(() => scene.close());
  const removed = { type: 'participant.removed', data: { Identity: IDENTITY } };

  it('it was removed on purpose: nothing takes it back, neither an event nor a webhook', async () => {
    const context = scene.newContext();
    assert.equal((await scene.sendStream(context, removed)).body, '{"result":"ignored"}');
    assert.deepEqual(scene.kept('left'), [context.conversation]);
    assert.equal((await scene.sendStream(context, now(), { type: 'message.added' })).body, '{"result":"ignored"}');
    assert.equal((await scene.sendEvent(context, 'onMessageAdded')).body, '{"result":"ignored"}');
    assert.equal(scene.bots(context), 0);
    assert.equal((await scene.sendStream(context, { type: 'participant.added', data: { Identity: IDENTITY, DateCreated: new Date(Date.now() + 1000).toISOString() } })).status, 200);
    assert.deepEqual(scene.kept('left'), []);
  });

  it('that it was added, and the event overtaken by that of its removal: it stays away', async () => {
    const context = scene.newContext();
    const added = (ms) => ({ type: 'participant.added', data: { Identity: IDENTITY, DateCreated: new Date(Date.now() + ms).toISOString() } });
    await scene.sendStream(context, removed);
    assert.equal((await scene.sendStream(context, added(-5000))).body, '{"result":"ignored"}');
    assert.ok(scene.kept('left').includes(context.conversation));
    assert.equal((await scene.sendStream(context, { type: 'message.added' })).body, '{"result":"ignored"}');
    assert.deepEqual([scene.creations(context).length, scene.bots(context)], [0, 0]);
    await scene.sendStream(context, added(0));
    assert.ok(!scene.kept('left').includes(context.conversation));
  });

  it('that it was added, between two removals: the later one counts', async () => {
    const context = scene.newContext();
    const mark = join(scene.spool, 'left', context.conversation);
    await scene.sendStream(context, removed);
    await utimes(mark, new Date(Date.now() - 600_000), new Date(Date.now() - 600_000));
    await scene.sendStream(context, removed);
    await scene.sendStream(context, { type: 'participant.added', data: { Identity: IDENTITY, DateCreated: new Date(Date.now() - 5000).toISOString() } });
    assert.ok(scene.kept('left').includes(context.conversation));
  });

  it('the same without a spool', async () => {
    const memory = await LossScene.open({ settings: ALL_EVENTS, spool: false });
    try {
      const context = memory.newContext();
      const added = (ms) => ({ type: 'participant.added', data: { Identity: IDENTITY, DateCreated: new Date(Date.now() + ms).toISOString() } });
      await memory.sendStream(context, removed);
      await memory.sendStream(context, added(-5000));
      assert.equal((await memory.sendStream(context, { type: 'message.added' })).body, '{"result":"ignored"}');
      assert.deepEqual([memory.creations(context).length, memory.bots(context)], [0, 0]);
      await memory.sendStream(context, added(0));
      assert.equal((await memory.sendStream(context, { type: 'message.added' })).body, '{"result":"already-joined"}', 'it is believed to be in');
    } finally {
      await memory.close();
    }
  });

  it('in one list with what calls for a join, the one before the other', async () => {
    const context = scene.newContext();
    assert.equal((await scene.sendStream(context, removed, now())).body, '{"result":"ignored"}');
    assert.equal(scene.bots(context), 0);
  });

  it('what is remembered costs no call', async () => {
    const context = scene.newContext();
    await scene.sendStream(context, now());
    assert.equal((await scene.sendStream(context, { type: 'message.added' })).body, '{"result":"already-joined"}');
    assert.equal(scene.creations(context).length, 1);
  });

  it('that a conversation was closed is forgotten with its mark', async () => {
    const context = scene.newContext();
    await scene.sendStream(context, removed);
    assert.ok(scene.kept('left').includes(context.conversation));
    await scene.sendStream(context, { type: 'conversation-state.updated', data: { StateTo: 'closed' } });
    assert.ok(!scene.kept('left').includes(context.conversation));
  });
});

describe('a list that is longer than what may be under way', () => {
  it('without a spool: each time more of them are in, until all are', async () => {
    const scene = await LossScene.open({ settings: { AUTOJOIN_MAX_PENDING: 8 }, spool: false });
    try {
      const contexts = Array.from({ length: 100 }, () => scene.newContext());
      const reply = await scene.sendStream(contexts[0], ...contexts.map((of) => ({ of, ...now() })));
      assert.deepEqual([reply.status, reply.body], [200, '{"result":"joined"}']);
      assert.deepEqual([...new Set(contexts.map((context) => scene.bots(context)))], [1]);
    } finally {
      await scene.close();
    }
  });

  it('the deadline is for all: what is left is kept', async () => {
    const scene = await LossScene.open({ settings: { AUTOJOIN_MAX_PENDING: 5, AUTOJOIN_DEADLINE_MS: 1000 } });
    try {
      const contexts = Array.from({ length: 30 }, () => scene.newContext());
      scene.twilio.misbehave({ match: { method: 'POST' }, delayMs: 300, times: Infinity });
      const from = performance.now();
      const reply = await scene.sendStream(contexts[0], ...contexts.map((of) => ({ of, ...now() })));
      assert.ok(performance.now() - from < 1300, 'in time');
      assert.deepEqual([reply.status, reply.body], [200, '{"result":"retry-later"}']);
      const joined = contexts.filter((context) => scene.bots(context)).length;
      assert.ok(joined >= 5 && joined < 30, `${joined} joined`);
      scene.twilio.behave();
      await scene.drain();
      assert.deepEqual([contexts.filter((context) => scene.bots(context) === 1).length, scene.tickets()], [30, []]);
    } finally {
      await scene.close();
    }
  });
});

describe('statistics', () => {
  it('count both ways in', async () => {
    const scene = await LossScene.open({ settings: { AUTOJOIN_STATS_FILE: undefined } });
    try {
      await scene.change({ AUTOJOIN_STATS_FILE: `${scene.spool}/../stats` });
      await scene.own(`${scene.spool}/..`);
      await scene.restartResponder();
      const [a, b] = [scene.newContext(), scene.newContext()];
      await scene.send(a);
      await scene.sendStream(a, now(), { of: b, ...now() }, { type: 'message.added' }, { data: { ConversationSid: 'x' } });
      await scene.sendStream(a, { data: { AccountSid: newSid('AC') } });
      const [counted] = jsonLines((await scene.start(['stats', '--json']).exited));
      assert.equal(counted.webhooks.joined, 1);
      const { joined, 'already-joined': already, ignored, 'bad-request': bad, forbidden } = counted.stream_events;
      assert.deepEqual([joined, already, ignored, bad, forbidden], [1, 1, 1, 1, 1]);
      assert.equal(counted.signatures['auth-token-sha1'], 3, 'once a request');
    } finally {
      await scene.close();
    }
  });
});
