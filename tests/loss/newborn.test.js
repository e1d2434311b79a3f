// For some seconds after its creation a conversation may be unknown to a part of Twilio: 404 to everything. Such a
// one is not gone.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { LossScene } from '../lib/loss-scene.js';

describe('a conversation that is not known everywhere yet', () => {
  let scene;
  before(async () => { scene = await LossScene.open(); });
  after(() => scene?.close());

  const bornNow = () => ({ set: { DateCreated: new Date().toISOString() } });
  const bornBefore = (ms) => ({ set: { DateCreated: new Date(Date.now() - ms).toISOString() } });

  /** 404 to all about it until the time is over or it is shown, as from a replica that lags behind. */
  function hide({ conversation }, ms) {
    const rule = scene.twilio.misbehave({ match: { path: new RegExp(`/Conversations/${conversation}/`) }, code: 50350, times: Infinity });
    const timer = ms && setTimeout(() => rule.remove(), ms);
    return { show: () => { clearTimeout(timer); rule.remove(); } };
  }

  for (const ms of [50, 500, 2500]) {
    it(`${ms} ms of 404s: joined at once, or by the ticket that is kept; never gone`, async () => {
      const contexts = Array.from({ length: 5 }, () => scene.newContext());
      const hidden = contexts.map((context) => hide(context, ms));
      const bodies = await Promise.all(contexts.map(async (context) => (await scene.send(context, bornNow())).body));
      for (const [i, body] of bodies.entries()) {
        assert.match(body, /"joined"|"retry-later"/);
        assert.equal(scene.hasTicket(contexts[i]), body.includes('retry-later'));
      }
      for (const one of hidden) one.show();
      await scene.drain();
      for (const context of contexts) assert.equal(scene.bots(context), 1);
      assert.deepEqual(scene.tickets(), []);
    });
  }

  it('of unknown age: the ticket is kept, and a minute later the drainer finds it gone', async () => {
    const context = scene.newContext();
    const { show } = hide(context);
    const reply = await scene.send(context, { set: { DateCreated: undefined } });
    assert.deepEqual([reply.status, reply.body], [503, '{"result":"retry-later"}']);
    assert.match((await scene.log()).at(-1).reason, /as new as it is/);
    await scene.plant(context, { attempts: 1, firstSeen: new Date(Date.now() - 55_000), nextAttempt: new Date() });
    assert.equal((await scene.drain()).code, 1);
    assert.ok(scene.hasTicket(context));
    await scene.plant(context, { attempts: 2, firstSeen: new Date(Date.now() - 61_000), nextAttempt: new Date() });
    assert.equal((await scene.drain()).code, 0);
    show();
    assert.deepEqual(scene.tickets(), []);
  });

  it('more than a minute old: gone at once', async () => {
    const context = scene.newContext();
    const { show } = hide(context);
    assert.equal((await scene.send(context, bornBefore(61_000))).body, '{"result":"gone"}');
    show();
    assert.ok(!scene.hasTicket(context));
  });
});
