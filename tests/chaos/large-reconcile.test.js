// reconcile among 100,000 conversations: by the cheapest route, in little memory.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { peakMemory } from '../lib/machine.js';
import { OPERATOR } from '../lib/programs.js';
import { IDENTITY, LossScene } from '../lib/loss-scene.js';

const ALL = 100_000;
const LACKING = 137;
const MEMORY_KIB = 32 * 1024;
const sanitized = readFileSync(OPERATOR).includes('__asan_init'); // which takes several times the memory

describe(`reconcile among ${ALL} conversations, ${LACKING} of them without the bot`, () => {
  let scene;
  let lacking;
  before(async () => {
    scene = await LossScene.open({ responder: false, standIn: { limits: { userConversations: Infinity } } });
    const step = Math.floor(ALL / LACKING);
    const isLacking = (i) => i % step === step - 1 && i < step * LACKING;
    lacking = scene.twilio.createConversations(ALL).filter(({ sid }, i) => {
      if (!isLacking(i)) scene.twilio.addParticipant(sid, { identity: IDENTITY });
      return isLacking(i);
    });
    assert.equal(lacking.length, LACKING);
  });
  after(() => scene.close());

  it('two lists and the missing ones: calls within 5 % of the cheapest route, under 32 MiB', async (t) => {
    const run = scene.start(['reconcile', '--rate', '1000']);
    const peak = await peakMemory(run, 20);
    assert.equal(run.code, 0, run.stdout.slice(-500) + run.stderr.slice(-500));
    for (const { sid } of lacking) assert.equal(scene.bots({ conversation: sid }), 1);
    const cheapest = ALL / 100 + ALL / 50 + LACKING;
    const calls = scene.twilio.requests.length;
    t.diagnostic(`${calls} calls (the cheapest route: ${cheapest}), ${(peak / 1024).toFixed(1)} MiB, ${(run.ms / 1000).toFixed(1)} s`);
    assert.ok(calls <= cheapest * 1.05, `${calls} calls`);
    assert.equal(scene.creations().length, LACKING);
    if (!sanitized) assert.ok(peak > 0 && peak < MEMORY_KIB, `${peak} KiB`);
    assert.match(run.stdout, new RegExp(`^${ALL} active conversations, ${LACKING} were without, ${LACKING} joined, 0 failed$`, 'm'));
  });
});
