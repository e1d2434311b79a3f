// Runs one body of cases through one driver (the shape of git's t/t556x tests):
// a case says what is sent, what Twilio does and what must come of it; a driver
// says how a request reaches the responder.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { buildWebhook } from '../lib/webhook.js';
import { assertLog, assertNothingConfidential, assertOwnIds, assertReply, assertRest } from '../lib/assertions.js';
import { Scene } from '../lib/scene.js';

/** What the case says for this driver: for its name, for its web server, for web servers at large. */
export function variantFor(driver, { drivers = {} }) {
  return drivers[driver.name] ?? drivers[driver.front] ?? (driver.front ? drivers.front : drivers.gateway);
}

/** The cases that a driver runs, by the settings that they share a server with. */
export function groupsFor(driver, cases) {
  const groups = new Map();
  for (const one of cases) {
    const variant = variantFor(driver, one);
    if (variant?.absent) continue;
    const key = JSON.stringify([one.settings, one.files, one.environment, one.standIn, one.settingsMode, one.isolated && one.name],
      (name, value) => (typeof value === 'function' || value === undefined ? String(value) : value));
    if (!groups.has(key)) groups.set(key, { ...one, cases: [] });
    groups.get(key).cases.push({ ...one, expect: variant ?? one.expect });
  }
  return [...groups.values()];
}

async function runCase(scene, driver, one, { alone }) {
  const context = scene.newContext(one);
  await one.twilio?.(context);
  const webhook = buildWebhook(typeof one.request === 'function' ? one.request(context) : one.request ?? {}, context);
  const mark = scene.mark();
  const from = performance.now();
  const reply = await scene.server.send(webhook);
  const took = performance.now() - from;

  const { expect } = one;
  scene.expectLogs(expect.logs);
  assertReply(reply, expect, webhook.method);
  assertRest(context, scene.restSince(mark, context, alone), expect, alone);
  if (expect.within) {
    const [least, most] = expect.within;
    assert.ok(took >= least && took <= most + (driver.queueingMs ?? 0), `took ${took.toFixed(0)} ms, not ${least} to ${most}`);
  }
  await assertLog(scene, context, expect, alone);
  await one.afterwards?.({ ...context, scene, webhook, reply });
  scene.account(one.alsoRequests ?? 0);
}

function groupTitle(driver, { settings, files, environment, cases }) {
  const names = [...Object.keys(settings ?? {}), ...Object.keys(files ?? {}), ...Object.keys(environment ?? {})];
  const about = names.length > 0 ? `with ${names.join(' ')}` : 'with the required settings';
  return `${driver.name}, ${about} (${cases[0].isolated ? cases[0].name : `${cases.length} cases`})`;
}

function runGroup(driver, group) {
  describe(groupTitle(driver, group), { concurrency: 1 }, () => {
    let scene;
    before(async () => { scene = await Scene.open(driver, group); });
    after(() => scene?.close());

    for (const one of group.cases.filter(({ slow }) => !slow)) {
      it(one.name, () => runCase(scene, driver, one, { alone: true }));
    }
    const slow = group.cases.filter((one) => one.slow);
    if (slow.length > 0) {
      describe('cases in which Twilio takes its time, at once', { concurrency: driver.atOnce ?? slow.length }, () => {
        for (const one of slow) it(one.name, () => runCase(scene, driver, one, { alone: false }));
      });
    }
    it('leaves a log without surprises or secrets, and no process', async () => {
      const { left, lines } = await scene.close();
      assert.deepEqual(left, [], 'responders that outlived their server');
      assert.deepEqual(scene.surprises(lines), []);
      assertNothingConfidential(lines);
      assertOwnIds(lines);
    });
  });
}

/** Isolated groups (a server and a Twilio each) have nothing to share, so they run at once. */
export function runCases(driver, cases) {
  const groups = groupsFor(driver, cases);
  for (const group of groups.filter(({ cases: [one] }) => !one.isolated)) runGroup(driver, group);
  describe(`${driver.name}, a server for each case`, { concurrency: 4 }, () => {
    for (const group of groups.filter(({ cases: [one] }) => one.isolated)) runGroup(driver, group);
  });
}
