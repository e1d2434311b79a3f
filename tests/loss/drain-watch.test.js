// drain --watch: goes on for ever, reacts at once, hammers nobody.

import { after, afterEach, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../servers/daemon.js';
import { CREATE, LossScene } from '../lib/loss-scene.js';
import { waitOf } from '../lib/ticket-file.js';

const TRIED = { firstSeen: new Date(Date.now() - 60_000), attempts: 1 };
const QUIET_MS = 400; // long enough for a busy loop to show itself

describe('drain --watch', () => {
  let scene;
  let run;
  before(async () => { scene = await LossScene.open({ settings: { AUTOJOIN_DEADLINE_MS: 1000 } }); });
  after(() => scene.close());
  afterEach(async () => {
    scene.twilio.behave();
    await scene.twilio.accept();
    if (run && run.code === undefined) await run.stop();
    for (const conversation of scene.tickets()) await rm(`${scene.spool}/${conversation}`);
  });

  /** Started, and seen to be at work. */
  async function watching(...args) {
    run = scene.watch(...args);
    const first = await scene.plant(scene.newContext(), TRIED);
    await joined(first);
    return run;
  }

  const joined = (context, timeoutMs = 1000) => until(() => scene.bots(context) === 1 && !scene.hasTicket(context), { timeoutMs, what: 'the bot in the conversation, and no ticket' });

  it('reacts to a new ticket at once, and says that it waits for one', async () => {
    await watching();
    await run.says(/^twilio-autojoin: waiting for new tickets$/m);
    const from = performance.now();
    await joined(await scene.plant(scene.newContext(), TRIED));
    assert.ok(performance.now() - from < 500);
  });

  it('takes up what a responder could not do', async () => {
    await watching();
    const context = scene.newContext();
    scene.twilio.misbehave({ match: context.create, status: 503, headers: { 'Retry-After': '2' } });
    assert.equal((await scene.send(context)).status, 503);
    await joined(context, 4000);
  });

  it('takes up what a killed responder was at, after a moment', async () => {
    await watching();
    const context = scene.newContext();
    const rule = scene.twilio.misbehave({ match: context.create, fault: 'hang' });
    const answer = scene.send(context);
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    await scene.restartResponder('SIGKILL');
    await answer;
    await joined(context, 8000);
  });

  it('leaves a live join to its responder', async () => {
    await watching();
    const context = scene.newContext();
    scene.twilio.misbehave({ match: context.create, delayMs: 600 });
    assert.equal((await scene.send(context)).body, '{"result":"joined"}');
    assert.equal(scene.creations(context).length, 1);
  });

  it('waits for a ticket\'s time', async () => {
    await watching();
    const context = await scene.plant(scene.newContext(), { ...TRIED, nextAttempt: new Date(Date.now() + 1200) });
    const from = performance.now();
    await joined(context, 3000);
    assert.ok(performance.now() - from > 1000);
  });

  it('a ticket that cannot be done is tried once and put off, and holds up nobody', async () => {
    await watching();
    const bad = scene.newContext();
    const rule = scene.twilio.misbehave({ match: bad.create, code: 50417, times: Infinity });
    await scene.plant(bad, TRIED);
    await until(() => scene.ticket(bad).attempts === '2', { what: 'the verdict in the ticket' });
    await joined(await scene.plant(scene.newContext(), TRIED));
    await pause(QUIET_MS);
    assert.equal(rule.hits, 1);
  });

  it('a group that is still initializing is tried again after a second, however often; one that stays so, less often', async () => {
    await watching();
    const group = scene.newContext();
    const stuck = scene.newContext();
    for (const { create } of [group, stuck]) scene.twilio.misbehave({ match: create, code: 50386, times: Infinity });
    // As often as makes minutes of anything else.
    await scene.plant(group, { firstSeen: new Date(Date.now() - 5_000), attempts: 8 });
    await scene.plant(stuck, { firstSeen: new Date(Date.now() - 3600_000), attempts: 40, refusedFor: 1000 });
    for (const context of [group, stuck]) {
      await until(() => scene.ticket(context).last_verdict.includes('initializing'), { timeoutMs: 6000, what: 'the verdict in the ticket' });
    }
    assert.ok(waitOf(scene.ticket(group)) <= 1000, scene.ticket(group).next_attempt);
    const wait = waitOf(scene.ticket(stuck));
    assert.ok(wait > 20_000 && wait <= 60_000, `${wait}`);
    assert.equal(scene.ticket(stuck).refused_for, '1');
    scene.twilio.behave();
    await joined(group, 1500);
  });

  it('429 with a Retry-After holds for all', async () => {
    await watching();
    const rule = scene.twilio.misbehave({ match: CREATE, status: 429, headers: { 'Retry-After': '30' }, times: Infinity });
    await scene.plantMany(1, TRIED);
    await until(() => rule.hits === 1, { what: 'the first call' });
    await until(() => scene.tickets().some((conversation) => scene.ticket({ conversation }).attempts === '2'), { what: 'the verdict in the ticket' });
    await run.says(/^twilio-autojoin: 1 ticket waits: Twilio asks to slow down \(429\); on again at [\d:]+Z$/m);
    scene.twilio.behave();
    const before = scene.twilio.requests.length;
    await scene.plantMany(40, TRIED);
    await pause(QUIET_MS);
    assert.equal(scene.twilio.requests.length, before);
    assert.equal(scene.tickets().length, 41);
  });

  it('a Retry-After longer than any wait of ours is no reason to come again and again', async () => {
    await watching();
    const context = scene.newContext();
    const rule = scene.twilio.misbehave({ match: context.create, status: 503, headers: { 'Retry-After': '86400' }, times: Infinity });
    await scene.plant(context, TRIED);
    await until(() => rule.hits >= 1, { what: 'the first call' });
    await pause(QUIET_MS);
    assert.equal(rule.hits, 1);
  });

  it('refused credentials pause everything, and all tickets stay', async () => {
    await watching();
    scene.twilio.misbehave({ match: {}, status: 401, code: 20003, times: Infinity });
    const before = scene.twilio.requests.length;
    await scene.plantMany(60, TRIED);
    await until(() => scene.twilio.requests.length > before, { what: 'a call' });
    await pause(QUIET_MS);
    assert.ok(scene.twilio.requests.length - before <= 32, `${scene.twilio.requests.length - before} calls`);
    assert.equal(scene.tickets().length, 60);
    await run.says(/\d+ tickets wait: .*(credentials|20003).*; on again at [\d:]+Z$/m);
    assert.equal(run.stderr.match(/ wait: /g).length, 1, 'a reason is said once');
  });

  it('nobody listens: about one attempt a second, and all is joined soon after somebody listens again', async () => {
    await watching();
    const rule = scene.twilio.misbehave({ match: {}, fault: 'cut', times: Infinity });
    const contexts = await scene.plantMany(100, TRIED);
    await run.says(/breaker open/);
    await pause(QUIET_MS); // what was under way when it opened
    const before = rule.hits;
    await pause(2000);
    // libcurl by itself asks again when a kept connection was found dead.
    assert.ok(rule.hits - before <= 6, `${rule.hits - before} calls in 2 s`);
    assert.equal(scene.tickets().length, 100);
    scene.twilio.behave();
    await run.says(/breaker closed/);
    await until(() => scene.tickets().length === 0, { timeoutMs: 3000, what: 'an empty spool' });
    for (const context of contexts) assert.equal(scene.bots(context), 1);
  });

  it('costs next to nothing while there is nothing to do', async () => {
    await watching();
    const ticks = () => readFileSync(`/proc/${run.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).reduce((sum, n) => sum + Number(n), 0);
    const before = ticks();
    await pause(QUIET_MS);
    assert.ok(ticks() - before <= 2, `${ticks() - before} ticks of 10 ms in ${QUIET_MS} ms`);
  });

  it('a directory that is not there is named with the reason', async () => {
    const there = scene.spool;
    await scene.change({ AUTOJOIN_SPOOL_DIR: `${there}-none` });
    const { code, stderr } = await scene.drain('--watch');
    await scene.change({ AUTOJOIN_SPOOL_DIR: there });
    assert.equal(code, 74);
    assert.match(stderr, /-none: No such file or directory$/m);
  });

  it('the directory is taken away and made again: new tickets are seen', async () => {
    await watching();
    await rename(scene.spool, `${scene.spool}.old`);
    await rm(`${scene.spool}.old`, { recursive: true });
    await mkdir(scene.spool, { mode: 0o700 });
    await scene.own(scene.spool);
    await joined(await scene.plant(scene.newContext(), TRIED), 3000);
  });

  it('SIGTERM ends it within a second, with 0 when nothing is left and 1 when something is', async () => {
    for (const [planted, code] of [[0, 0], [3, 1]]) {
      await watching();
      await scene.plantMany(planted, { ...TRIED, nextAttempt: new Date(Date.now() + 600_000) });
      const from = performance.now();
      await run.stop('SIGTERM');
      assert.ok(performance.now() - from < 1000);
      assert.deepEqual([run.code, run.signal], [code, null]);
      assert.match(run.stdout, new RegExp(`, ${planted} left`));
    }
  });

  it('a stopped join is nobody\'s loss: its ticket stays', async () => {
    await watching();
    const context = scene.newContext();
    const rule = scene.twilio.misbehave({ match: context.create, fault: 'hang' });
    await scene.plant(context, TRIED);
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    await run.stop('SIGTERM');
    assert.equal(run.code, 1);
    assert.ok(scene.hasTicket(context));
  });
});

describe('names of drafts', () => {
  let scene;
  before(async () => { scene = await LossScene.open(); });
  after(() => scene.close());

  it('one that a killed process of the same number left behind is in nobody\'s way', async () => {
    // As in a container, where the process has the same number after every start.
    for (let i = 0; i < 50; i += 1) await scene.folder.write(`spool/.draft-${scene.responder.pid}-${i}`, 'half a tick');
    const context = scene.newContext();
    scene.twilio.misbehave({ match: context.create, code: 50417 });
    assert.equal((await scene.send(context)).status, 500);
    assert.ok(scene.hasTicket(context), 'not kept');
  });
});
