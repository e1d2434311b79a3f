// Somebody removed the bot from a conversation on purpose: nothing takes it back there but --rejoin
// or somebody who adds it again.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { until } from '../servers/daemon.js';
import { LossScene, IDENTITY } from '../lib/loss-scene.js';
import { jsonLines } from '../lib/operator.js';

const ALL_EVENTS = { AUTOJOIN_EVENTS: 'onConversationAdded,onMessageAdded,onParticipantAdded,onConversationStateUpdated' };
const TRIGGERS = [
  ['onConversationAdded', {}],
  ['onMessageAdded', { Author: '+15005550006' }],
  ['onParticipantAdded', { Identity: 'somebody-else' }],
  ['onConversationStateUpdated', { StateTo: 'active' }],
];

for (const spool of [true, false]) {
  describe(`the bot was removed, ${spool ? 'with' : 'without'} a spool`, () => {
    let scene;
    before(async () => { scene = await LossScene.open({ settings: ALL_EVENTS, spool }); });
    after(() => scene.close());

    async function removedFrom(context = scene.newContext()) {
      const reply = await scene.sendEvent(context, 'onParticipantRemoved', { Identity: IDENTITY });
      assert.equal(reply.body, '{"result":"ignored"}');
      return context;
    }

    async function assertJoins(context, event = 'onConversationAdded', parameters = {}) {
      assert.equal((await scene.sendEvent(context, event, parameters)).body, '{"result":"joined"}');
    }

    for (const [event, parameters] of TRIGGERS) {
      it(`${event} does not take it back`, async () => {
        const context = await removedFrom();
        assert.equal((await scene.sendEvent(context, event, parameters)).body, '{"result":"ignored"}');
        assert.equal(scene.creations(context).length, 0);
        assert.equal(scene.bots(context), 0);
      });
    }

    it('after it had been joined by us', async () => {
      const context = scene.newContext();
      await assertJoins(context);
      scene.twilio.removeParticipant(context.conversation, IDENTITY);
      await removedFrom(context);
      assert.equal((await scene.sendEvent(context, 'onMessageAdded')).body, '{"result":"ignored"}');
      assert.equal(scene.bots(context), 0);
    });

    it('while a join was under way, which ends afterwards', async () => {
      const context = scene.newContext();
      const rule = scene.twilio.misbehave({ match: { method: 'POST', path: new RegExp(context.conversation) }, delayMs: 500 });
      const join = scene.sendEvent(context, 'onConversationAdded', {});
      await until(() => rule.hits === 1, { what: 'the call of Twilio' });
      await removedFrom(context);
      await join;
      scene.twilio.removeParticipant(context.conversation, IDENTITY);
      assert.equal((await scene.sendEvent(context, 'onMessageAdded')).body, '{"result":"ignored"}');
      assert.equal(scene.bots(context), 0);
    });

    it('somebody else was removed: nothing of the kind', async () => {
      const context = scene.newContext();
      await scene.sendEvent(context, 'onParticipantRemoved', { Identity: `${IDENTITY}-2` });
      await assertJoins(context);
    });

    it('an unsigned removal is not believed', async () => {
      const context = scene.newContext();
      const reply = await scene.send(context, { set: { EventType: 'onParticipantRemoved', Identity: IDENTITY }, token: 'f'.repeat(32) });
      assert.equal(reply.status, 403);
      await assertJoins(context);
    });

    it('somebody adds it again: forgotten', async () => {
      const context = await removedFrom();
      assert.equal((await scene.sendEvent(context, 'onParticipantAdded', { Identity: IDENTITY })).body, '{"result":"ignored"}');
      const reply = await scene.sendEvent(context, 'onMessageAdded');
      assert.notEqual(reply.body, '{"result":"ignored"}');
    });

    for (const [name, event, parameters] of [
      ['removed', 'onConversationRemoved', {}],
      ['closed', 'onConversationStateUpdated', { StateTo: 'closed' }],
    ]) {
      it(`the conversation is ${name}: forgotten`, async () => {
        const context = await removedFrom();
        await scene.sendEvent(context, event, parameters);
        if (spool) assert.deepEqual(scene.kept('left').filter((sid) => sid === context.conversation), []);
        await assertJoins(context);
      });
    }
  });
}

describe('left/', () => {
  let scene;
  before(async () => { scene = await LossScene.open({ settings: ALL_EVENTS }); });
  after(() => scene.close());

  async function left({ ticket = false } = {}) {
    const context = scene.newContext();
    await scene.sendEvent(context, 'onParticipantRemoved', { Identity: IDENTITY });
    if (ticket) await scene.plant(context);
    return context;
  }

  it('is a file a conversation, which outlives the responder', async () => {
    const context = await left();
    assert.deepEqual(scene.kept('left'), [context.conversation]);
    await scene.restartResponder();
    assert.equal((await scene.send(context)).body, '{"result":"ignored"}');
    assert.equal(scene.creations(context).length, 0);
  });

  it('the removal strikes out a ticket that waits', async () => {
    const context = scene.newContext();
    await scene.plant(context, { attempts: 3 });
    await scene.sendEvent(context, 'onParticipantRemoved', { Identity: IDENTITY });
    assert.ok(!scene.hasTicket(context));
  });

  it('drain respects it: the ticket goes, the bot stays away', async () => {
    const context = await left({ ticket: true });
    const run = await scene.drain('--json');
    assert.equal(run.code, 0);
    assert.equal(jsonLines(run).find(({ conversation }) => conversation === context.conversation).result, 'left');
    assert.ok(!scene.hasTicket(context));
    assert.equal(scene.creations(context).length, 0);
  });

  it('drain --rejoin overrides it', async () => {
    const context = await left({ ticket: true });
    assert.equal((await scene.drain('--rejoin')).code, 0);
    assert.equal(scene.bots(context), 1);
  });

  for (const [name, rejoin] of [
    ['drain', async (context) => { await scene.plant(context); return scene.drain('--rejoin'); }],
    ['reconcile', () => scene.reconcile('--rejoin')],
  ]) {
    it(`${name} --rejoin that fails for now is done by the next drain`, async () => {
      const context = await left();
      scene.twilio.misbehave({ match: context.create, status: 503, times: Infinity });
      assert.equal((await rejoin(context)).code, 1);
      scene.twilio.behave();
      assert.ok(scene.hasTicket(context));
      assert.equal((await scene.drain()).code, 0);
      assert.equal(scene.bots(context), 1);
      assert.deepEqual(scene.kept('left').filter((sid) => sid === context.conversation), []);
    });
  }

  it('reconcile respects it, and says how many it left alone', async () => {
    const context = await left();
    const run = await scene.reconcile('--json');
    assert.equal(run.code, 0, run.stderr);
    const summary = jsonLines(run).at(-1);
    assert.ok(summary.left_alone >= 1);
    assert.equal(scene.bots(context), 0);
    assert.equal(scene.creations(context).length, 0);
  });

  it('reconcile --rejoin overrides it', async () => {
    const context = await left();
    assert.equal((await scene.reconcile('--rejoin')).code, 0);
    assert.equal(scene.bots(context), 1);
  });
});
