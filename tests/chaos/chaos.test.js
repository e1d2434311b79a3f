// The short version of the fault injection run, and that a seed repeats it.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ALL_KINDS } from './misfortunes.js';
import { durationOf, makePlan } from './plan.js';

const PROGRAM = fileURLToPath(new URL('chaos.js', import.meta.url));
const SHORT = { conversations: 350, kills: 14 };
const LONG = { conversations: 5000, kills: 200 };
const ABLE = { mounts: true, names: true };

function run(...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { timeout: 120_000 }, (error, stdout, stderr) => resolve({ code: error ? error.code ?? error.signal : 0, stdout, stderr }));
  });
}

describe('the plan of a run', () => {
  it('the same seed gives the same plan, another one another', () => {
    const plan = (seed) => JSON.stringify(makePlan({ seed, ...SHORT, able: ABLE }));
    assert.equal(plan(7), plan(7));
    assert.notEqual(plan(7), plan(8));
  });

  it('the long run has everything in it, and ends in time', () => {
    const plan = makePlan({ seed: 7, ...LONG, able: ABLE });
    const count = (track) => plan.filter((event) => event.track === track).length;
    assert.equal(count('arrival'), LONG.conversations);
    assert.equal(count('kill'), LONG.kills);
    const kinds = new Set(plan.map(({ kind }) => kind));
    for (const kind of ['sms', 'silent', 'responder', 'watcher', 'pass', 'mixed', 'slow', 'errors', 'mute', 'refused', 'restarted', 'full', 'readonly', 'unwritable', 'names', 'clock', 'foreign', 'second-drainer']) {
      assert.ok(kinds.has(kind), `no ${kind}`);
    }
    const misfortunes = new Set(plan.flatMap((event) => event.misfortunes ?? []).map(({ kind }) => kind));
    assert.deepEqual([...misfortunes].sort(), ALL_KINDS.filter((kind) => kind !== 'reset').sort());
    assert.ok(durationOf(LONG) < 400_000);
  });
});

describe('the fault injection run', () => {
  it(`${SHORT.conversations} conversations, ${SHORT.kills} kills: nothing is lost`, async (t) => {
    const { code, stdout, stderr } = await run('--conversations', String(SHORT.conversations), '--kills', String(SHORT.kills), '--seconds-limit', '90');
    for (const line of stdout.trimEnd().split('\n')) t.diagnostic(line);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`^conversations  ${SHORT.conversations}$`, 'm'));
    assert.match(stdout, new RegExp(`^kills          ${SHORT.kills} `, 'm'));
    assert.match(stdout, /^seed \d+, violations: 0, lost: 0$/m);
  });

  it('wrong use: exit 64', async () => {
    assert.equal((await run('--kills', 'many')).code, 64);
  });
});
