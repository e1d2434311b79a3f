// A dead Twilio is not waited for by everyone, and is found again when it is back.

import { after, afterEach, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../servers/daemon.js';
import { CREATE, LossScene } from '../lib/loss-scene.js';

const AT_ONCE_MS = 150;

describe('the breaker', () => {
  let scene;
  before(async () => { scene = await LossScene.open({ settings: { AUTOJOIN_DEADLINE_MS: 2000 } }); });
  after(() => scene.close());
  afterEach(async () => {
    scene.twilio.behave();
    await scene.twilio.accept();
    await until(async () => (await scene.send(scene.newContext())).status === 200, { what: 'Twilio to be found again' });
  });

  async function timed(context = scene.newContext()) {
    const from = performance.now();
    const reply = await scene.send(context);
    return { ...reply, ms: performance.now() - from, context };
  }

  const lines = async (start) => (await scene.log()).filter((fields) => Object.values(fields).some((value) => value.startsWith(start)));

  async function openIt() {
    scene.twilio.misbehave({ match: {}, fault: 'cut', times: Infinity });
    const reply = await timed();
    assert.equal(reply.status, 503);
    return reply;
  }

  it('answers 503 at once after five failures, says so once, and keeps the ticket unaged', async () => {
    const before = (await lines('breaker open')).length;
    const first = await openIt();
    assert.ok(scene.hasTicket(first.context));
    await pause(20);
    const more = await Promise.all(Array.from({ length: 20 }, () => timed()));
    // One of them may be the attempt that is let through once a second.
    const quick = more.filter(({ ms }) => ms < AT_ONCE_MS);
    assert.ok(quick.length >= 19, `${20 - quick.length} of 20 were not answered at once`);
    for (const { status, body, headers, context } of more) {
      assert.equal(status, 503);
      assert.equal(body, '{"result":"retry-later"}');
      assert.equal(headers['retry-after'], '2');
      assert.ok(scene.hasTicket(context));
    }
    assert.ok(more.filter(({ context }) => scene.ticket(context).attempts === '0').length >= 19);
    assert.equal((await lines('breaker open')).length, before + 1);
  });

  it('fewer failures and then an answer do not open it', async () => {
    const before = (await lines('breaker open')).length;
    scene.twilio.misbehave({ match: CREATE, fault: 'cut', times: 3 });
    assert.equal((await timed()).status, 200);
    scene.twilio.misbehave({ match: CREATE, fault: 'cut', times: 3 });
    assert.equal((await timed()).status, 200);
    assert.equal((await lines('breaker open')).length, before);
  });

  it('an answer of whatever kind is an answer: 503s do not open it', async () => {
    const before = (await lines('breaker open')).length;
    scene.twilio.misbehave({ match: CREATE, status: 503, headers: { 'Retry-After': '60' }, times: 8 });
    for (let i = 0; i < 8; i += 1) assert.equal((await timed()).status, 503);
    assert.equal((await timed()).status, 200);
    assert.equal((await lines('breaker open')).length, before);
  });

  it('lets one attempt a second through', async () => {
    await openIt();
    scene.twilio.behave();
    const counted = scene.twilio.misbehave({ match: {}, fault: 'cut', times: Infinity });
    const end = performance.now() + 3100;
    let sent = 0;
    while (performance.now() < end) {
      assert.equal((await timed()).status, 503);
      sent += 1;
      await pause(10);
    }
    // libcurl by itself asks again when a kept connection was found dead.
    assert.ok(sent > 30, `${sent} webhooks`);
    assert.ok(counted.hits >= 2 && counted.hits <= 8, `${counted.hits} calls of Twilio in 3.1 s`);
  });

  it('closes with the first answer, within a second or so, and says for how long it was open', async () => {
    await openIt();
    scene.twilio.behave();
    const from = performance.now();
    await until(async () => (await timed()).status === 200, { timeoutMs: 3000, what: 'a join' });
    assert.ok(performance.now() - from < 1500);
    for (const reply of await Promise.all(Array.from({ length: 10 }, () => timed()))) assert.equal(reply.status, 200);
    const closing = (await lines('breaker closed')).at(-1);
    assert.ok(Number(closing.open_for_s) >= 0 && Number(closing.open_for_s) <= 3, JSON.stringify(closing));
  });

  it('opens as well when nobody listens, and when nobody answers', async () => {
    for (const silence of ['refuse', 'hang']) {
      const before = (await lines('breaker open')).length;
      if (silence === 'refuse') await scene.twilio.refuse();
      else scene.twilio.misbehave({ match: {}, fault: 'hang', times: Infinity });
      await Promise.all(Array.from({ length: 6 }, () => timed()));
      assert.equal((await lines('breaker open')).length, before + 1, silence);
      const { ms, status } = await timed();
      assert.equal(status, 503);
      if (silence === 'refuse') assert.ok(ms < AT_ONCE_MS, `took ${ms.toFixed(0)} ms`);
      scene.twilio.behave();
      await scene.twilio.accept();
      await until(async () => (await timed()).status === 200, { what: 'a join' });
    }
  });
});
