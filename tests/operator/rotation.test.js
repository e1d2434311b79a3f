// A rotation from the auth token to a SharedKey, and from that to another, all by `setup --shared-key`, while webhooks
// come without a break: none is refused, and the log counts each by the key that signed it. What the operator does
// besides is one SIGHUP a key, once the settings have it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { ACCOUNT_SID, IDENTITY, standInOptions } from '../lib/account.js';
import { parseLog } from '../lib/log-line.js';
import { SeededRandom, seedFrom } from '../lib/seeded-random.js';
import { until } from '../servers/daemon.js';
import { StandIn } from '../twilio/standin.js';
import { OperatorScene } from './scene.js';

const WEBHOOKS = 2000; // at least
const LANES = 5;
const BREAK_MS = 15;
const TOKEN = 'auth-token';

const count = (list) => list.reduce((counts, name) => ({ ...counts, [name]: (counts[name] ?? 0) + 1 }), {});

describe('a rotation by setup --shared-key, from the auth token to a key and to another', () => {
  const seed = seedFrom(process.env.SEED);
  const random = new SeededRandom(seed);
  const results = [];
  let twilio;
  let scene;
  let over = false;
  before(async () => {
    // While a Rule propagates a webhook meets the old one or the new.
    twilio = await StandIn.start({
      ...standInOptions(), assume: { whilePropagating: 'mixed' }, propagationMs: 300, random: () => random.below(1_000_000) / 1_000_000, limits: { userConversations: Infinity },
    });
    const { url, urls } = twilio;
    scene = await OperatorScene.open({ settings: { AUTOJOIN_API_URL: url, AUTOJOIN_WEBHOOKS_API_URL: urls.webhooks, AUTOJOIN_EVENTS_API_URL: urls.events } });
  });
  after(async () => {
    over = true;
    await twilio?.stop();
    await scene?.close();
  });

  async function deliver() {
    const { sid } = twilio.createConversation();
    const params = [['AccountSid', ACCOUNT_SID], ['EventType', 'onConversationAdded'], ['ConversationSid', sid], ['ChatServiceSid', twilio.defaultService.sid], ['Source', 'SMS']];
    const { status, body } = await twilio.deliver({ url: scene.front.url, params });
    results.push({ status, body, sid });
  }

  async function lane() {
    while (!over) {
      await deliver();
      await pause(BREAK_MS);
    }
  }

  const keysInSettings = async () => /^AUTOJOIN_SHARED_KEYS=(.*)$/m.exec(await readFile(scene.settingsFile, 'utf8'))?.[1].split(',').length ?? 0;

  /** What an operator does; a new key is read by SIGHUP. */
  async function rotate(expectedKeys, ...args) {
    const run = scene.start(['setup', '--shared-key', '--yes', ...args]);
    await until(async () => (await keysInSettings()) === expectedKeys, { what: `${expectedKeys} keys in the settings` });
    process.kill(scene.responders.at(-1).pid, 'SIGHUP');
    await run.exited;
    assert.equal(run.code, 0, run.stdout + run.stderr);
    return results.length;
  }

  it(`of ${WEBHOOKS} webhooks and more none is refused, and each is counted by its key`, async (t) => {
    t.diagnostic(`SEED=${seed}`);
    const lanes = Array.from({ length: LANES }, lane);
    await until(() => results.length > WEBHOOKS / 5, { what: 'webhooks signed by the auth token' });
    for (const [name, keys, ...args] of [
      ['both by percentages', 1, '--share', '40'], ['the key alone', 1], ['a second key by percentages', 2, '--share', '50'], ['the second alone', 2],
    ]) {
      const from = results.length;
      await rotate(keys, ...args);
      await until(() => results.length > from + WEBHOOKS / 5, { what: name });
    }
    over = true;
    await Promise.all(lanes);
    assert.ok(results.length > WEBHOOKS);
    assert.deepEqual(count(results.map(({ status, body }) => `${status} ${body}`)), { '200 {"result":"joined"}': results.length });
    for (const { sid } of results) assert.ok(twilio.participants(sid).some(({ identity }) => identity === IDENTITY));

    const lines = parseLog((await scene.responders.at(-1).readLog()).split('\n')).filter(({ result }) => result === 'joined');
    const signed = count(lines.map(({ key, signed_by: by }) => key ?? by));
    t.diagnostic(JSON.stringify(signed));
    assert.equal(lines.length, results.length);
    assert.equal(Object.keys(signed).length, 3);
    assert.ok(signed[TOKEN] > 0 && Object.values(signed).every((number) => number > WEBHOOKS / 20), JSON.stringify(signed));
    assert.equal(twilio.webhookConfiguration.sharedKeys.size, 1, 'the first key is gone at Twilio');
  });
});
