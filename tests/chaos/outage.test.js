// The short version of outage.js.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { outage } from './outage.js';

const SECONDS = 8;
const RATE = 50;

describe('REST is refused under load', () => {
  it(`${SECONDS} s under ${RATE} webhooks/s: each answered 503 at once, all joined soon after`, async () => {
    const run = await outage({ seconds: SECONDS, rate: RATE });
    assert.deepEqual(run.violations, []);
    assert.equal(run.answered, run.sent);
    assert.ok(run.during > SECONDS * RATE / 2, `${run.during} webhooks while the breakers were open`);
    assert.deepEqual(Object.keys(run.statuses), ['503']);
    assert.ok(run.p99Ms < 300, `99th percentile ${run.p99Ms.toFixed(0)} ms`);
    assert.ok(run.slowestMs < 5000);
    assert.ok(run.joinedAfterMs < run.withinMs, `took ${run.joinedAfterMs.toFixed(0)} ms`);
  });
});
