// twilio-autojoin setup --shared-key: SharedKey, settings, Setting, test, Rule, Operation, in this order; all taken back
// if one of them fails; rotated by percentages; undone.

import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { afterEach, describe, it } from 'node:test';
import { SHARED_KEY, standInOptions } from '../lib/account.js';
import { until } from '../servers/daemon.js';
import { StandIn } from '../twilio/standin.js';
import { isUuidV7 } from '../lib/uuid.js';
import { OperatorScene } from './scene.js';
import { hasNoTerminal } from './terminal.js';

const KEY = /^webhooks_sharedkey_\w{26}$/;

describe('setup --shared-key', () => {
  let scene;
  let twilio;
  afterEach(async () => {
    await twilio?.stop();
    await scene.close();
  });

  /** Twilio is the first stand-in whole, for only it signs by Rules. */
  async function open({ settings = {}, assume, ...options } = {}) {
    twilio = await StandIn.start({ ...standInOptions(), assume, propagationMs: 50 });
    const { url, urls } = twilio;
    scene = await OperatorScene.open({ ...options, settings: { AUTOJOIN_API_URL: url, AUTOJOIN_WEBHOOKS_API_URL: urls.webhooks, AUTOJOIN_EVENTS_API_URL: urls.events, ...settings } });
    twilio.configureWebhook({ serviceSid: twilio.defaultService.sid, url: scene.front.url, filters: ['onConversationAdded', 'onParticipantRemoved'] });
    return twilio.webhookConfiguration;
  }

  const setup = (...args) => scene.run('setup', '--shared-key', ...args);
  const writes = () => twilio.requests.filter(({ method, path }) => method !== 'GET' && path.startsWith('/v1/Webhooks/'));
  const steps = () => writes().map(({ method, path }) => `${method} ${path.split('/')[3]}`);
  const counts = ({ rules, settings, sharedKeys }) => [rules.size, [...settings.values()].filter(({ type }) => type === 'CUSTOMER').length, sharedKeys.size];
  const settingsText = () => readFile(scene.settingsFile, 'utf8');
  const keysInSettings = async () => {
    const [, value = ''] = /^AUTOJOIN_SHARED_KEYS="?([^"\n]*)"?$/m.exec(await settingsText()) ?? [];
    return value.split(',').filter(Boolean).map((pair) => pair.split('=')[0]);
  };

  /** What the responder answers to a customer's SMS. */
  let texts = 0;
  async function sms() {
    texts += 1;
    const { deliveries } = await twilio.arriveSms({ from: `+1500555${String(1000 + texts)}`, to: '+15005550001', body: 'hello' });
    return deliveries[0];
  }

  /** The responder reads the new settings as soon as they are written. */
  async function restartOnceWritten(before) {
    await until(async () => (await keysInSettings()).length > before, { what: 'the key in the settings' });
    await scene.restartResponder();
  }

  it('makes all of it in the order of 2.8, and webhooks are proved by the key', async () => {
    const configuration = await open();
    const before = await settingsText();
    const run = scene.start(['setup', '--shared-key', '--yes']);
    await restartOnceWritten(0);
    await run.exited;
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.deepEqual(counts(configuration), [1, 1, 1]);
    assert.deepEqual([...new Set(steps())], ['POST SharedKeys', 'POST Settings', 'POST Tests', 'POST Rules']);
    for (const { headers } of writes()) assert.ok(isUuidV7(headers['idempotency-key']), headers['idempotency-key']);
    assert.equal(new Set(writes().map(({ headers }) => headers['idempotency-key'])).size, writes().length);
    const [[id, { secret }]] = configuration.sharedKeys;
    const [rule] = configuration.rules.values();
    assert.match(id, KEY);
    assert.deepEqual([rule.matchType, rule.value, rule.settings.map(({ percentage }) => percentage)], ['EXACT_MATCH', scene.front.url, [100]]);
    assert.equal((await settingsText()).replace(/^AUTOJOIN_SHARED_KEYS=.*\n/m, ''), before);
    assert.ok((await settingsText()).includes(`${id}=${secret}`));
    assert.ok(!(run.stdout + run.stderr).includes(secret), 'the secret is shown to nobody');
    assert.match(run.stdout, /test webhook: answered 200, the key holds/);
    assert.match(run.stdout, /the Rule: COMPLETED, \d+ s/);
    assert.match(run.stdout, /not confirmed that Rules reach the webhooks of Conversations: twilio-autojoin probe/);
    const delivery = await sms();
    assert.equal(delivery.status, 200);
    const { findings } = await scene.check();
    assert.ok(findings.some(({ check, verdict, text }) => check === 'rules' && verdict === 'pass' && text.includes(id)), JSON.stringify(findings));
  });

  it('shows what is and what will be, and --dry-run writes nothing', async () => {
    await open();
    const before = await settingsText();
    const run = await setup('--dry-run');
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /signed +100 % by the auth token, for no Rule takes it\n +-> 100 % by the key \(a new one\) \(an exact Rule of our own\)\n/);
    assert.match(run.stdout, /To undo: twilio-autojoin setup --shared-key --undo/);
    assert.ok(run.stdout.includes(scene.settingsFile));
    assert.deepEqual([writes(), await settingsText()], [[], before]);
  });

  it('off a terminal without --yes: refused, nothing written', async () => {
    await open();
    const run = await setup();
    assert.equal(run.code, 1);
    assert.match(run.stderr, /--yes is needed/);
    assert.deepEqual(writes(), []);
  });

  it('a default Rule that somebody switched on: check fails with the fix, the log names key and algorithm, and the fix fixes it', async () => {
    const configuration = await open();
    configuration.createRule({ matchType: 'DEFAULT', settings: [configuration.createSetting({ sharedKeyId: configuration.createSharedKey(SHARED_KEY).id })] });
    assert.equal((await sms()).status, 403);
    const { findings } = await scene.check();
    const found = findings.find(({ check, verdict }) => check === 'rules' && verdict === 'fail');
    assert.match(found.fix, /^twilio-autojoin setup --shared-key/);
    const log = await scene.responders.at(-1).readLog();
    const line = log.split('\n').find((one) => one.includes('result=forbidden') && one.includes(SHARED_KEY.id));
    assert.match(line ?? log, /HMAC_SHA256/);
    const run = scene.start(['setup', '--shared-key', '--yes']);
    await restartOnceWritten(0);
    await run.exited;
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.match(run.stdout, /signed +the default Rule webhooks_rule_\w+/);
    const delivery = await sms();
    assert.deepEqual([delivery.status, delivery.body], [200, '{"result":"joined"}']);
    assert.ok(!(await scene.check()).findings.some(({ check, verdict }) => check === 'rules' && verdict !== 'pass'));
  });

  for (const [name, assume] of [
    ['auth of source NONE', { noAuth: 'source-none' }], ['no auth at all', { noAuth: 'absent' }], ['another name for SHARED_KEY', { sharedKeyType: 'SHAREDKEY' }],
    ['both', { noAuth: 'source-none', sharedKeyType: 'SHAREDKEY' }],
  ]) {
    it(`where a Setting wants ${name} it is found, and what Twilio answered is shown`, async () => {
      const configuration = await open({ assume, responder: false });
      scene.front.slips.reply = { status: 200, body: '{}' };
      const run = await setup('--yes');
      assert.equal(run.code, 0, run.stdout + run.stderr);
      assert.deepEqual(counts(configuration), [1, 1, 1]);
      assert.match(run.stdout, /^Setting with auth of scheme NONE and signature SHARED_KEY: Twilio error 59000: (auth|signature)/m);
    });
  }

  describe('a step that fails', () => {
    const INTO_THE_SETTINGS = 1;
    for (const [name, arrange, expected] of [
      ['the SharedKey', () => twilio.misbehave({ match: { method: 'POST', path: /SharedKeys/ }, status: 400, code: 59200 }), /SharedKey: Twilio error 59200.*there are 50 of them/],
      ['the Setting', () => twilio.misbehave({ match: { method: 'POST', path: /Settings/ }, status: 400, code: 59200 }), /Setting: Twilio error 59200/],
      ['the test', () => twilio.misbehave({ match: { method: 'POST', path: /Tests/ }, status: 500, code: 20500, times: Infinity }), /test webhook: /],
      ['the Rule', () => twilio.misbehave({ match: { method: 'POST', path: /Rules/ }, status: 409, code: 59103 }), /Rule: Twilio error 59103.*there is a Rule for exactly this/],
      ['the Operation', (configuration) => configuration.failNext(), /the Rule: Twilio did not do it: it failed: The Rule could not be propagated/],
      ['a cancelled Operation', (configuration) => configuration.failNext({ status: 'CANCELLED' }), /it was cancelled/],
    ]) {
      it(`${name}: all is taken back, in order, and the settings are as before`, async () => {
        const configuration = await open({ responder: false });
        scene.front.slips.reply = { status: 200, body: '{}' };
        const before = await settingsText();
        arrange(configuration);
        const run = await setup('--yes');
        assert.equal(run.code, INTO_THE_SETTINGS, run.stdout);
        assert.match(run.stderr, expected);
        assert.deepEqual([counts(configuration), await settingsText()], [[0, 0, 0], before]);
        const deleted = steps().filter((step) => step.startsWith('DELETE'));
        assert.deepEqual(deleted, ['DELETE Settings', 'DELETE SharedKeys'].slice(2 - deleted.length));
      });
    }

    it('a settings file that cannot be written: the SharedKey is deleted again', async () => {
      const configuration = await open({ responder: false });
      const { size } = await stat(scene.settingsFile);
      await scene.change({ AUTOJOIN_ATTRIBUTES: undefined, TWILIO_PADDING: 'x'.repeat(64 * 1024 - size - 40) });
      const run = await setup('--yes');
      assert.equal(run.code, 1, run.stdout);
      assert.match(run.stderr, /the key cannot be written: would be larger than 64 KiB/);
      assert.deepEqual([counts(configuration), steps()], [[0, 0, 0], ['POST SharedKeys', 'DELETE SharedKeys']]);
    });

    it('nobody answers at our URL: taken back', async () => {
      const configuration = await open({ responder: false });
      scene.front.slips.reply = { status: 404, body: 'no such page' };
      const run = await setup('--yes');
      assert.equal(run.code, 1, run.stdout);
      assert.match(run.stderr, /test webhook: what answers at our URL does not take it: answered 404/);
      assert.deepEqual(counts(configuration), [0, 0, 0]);
    });
  });

  it('a responder that was not restarted: said, and with --yes it goes on and says what is left to do', async () => {
    const configuration = await open({ responder: false });
    scene.front.slips.reply = { status: 403, body: '{}' };
    const run = await setup('--yes');
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /answered 403: the responders have not read the key yet; waiting for 10 s/);
    assert.match(run.stdout, /RESTART THEM NOW/);
    assert.equal(configuration.rules.size, 1);
  });

  it('interrupted: what is there is said, and how to go on', async () => {
    const configuration = await open({ responder: false });
    scene.front.slips.reply = { status: 403, body: '{}' };
    const run = scene.start(['setup', '--shared-key', '--yes']);
    await run.says(/answered 403/);
    await run.stop('SIGINT');
    assert.equal(run.code, 1);
    const [id] = configuration.sharedKeys.keys();
    assert.match(run.stderr, new RegExp(`not finished\\. Made until now: SharedKey ${id}, Setting webhooks_setting_\\w+\\..*The settings have the key[^]*--undo takes all of it back`));
    const undone = await setup('--undo', '--yes');
    assert.equal(undone.code, 0, undone.stderr);
    assert.deepEqual(counts(configuration), [0, 0, 0]);
  });

  it('somebody else\'s Rule for exactly our URL is refused and shown', async () => {
    const configuration = await open({ responder: false });
    const rule = configuration.createRule({ value: scene.front.url, settings: [configuration.createSetting()] });
    rule.friendlyName = 'of the CRM';
    const run = await setup('--yes');
    assert.equal(run.code, 1);
    assert.ok(run.stderr.includes(`${rule.id} "of the CRM"`), run.stderr);
    assert.deepEqual(writes(), []);
  });

  it('a URL that ends with "/" cannot have a Rule: said', async () => {
    await open({ responder: false });
    await scene.change({ AUTOJOIN_PUBLIC_URL: `${scene.front.url}/` });
    const run = await setup('--yes');
    assert.equal(run.code, 1);
    assert.match(run.stderr, /cannot end with "\/"/);
    assert.deepEqual(writes(), []);
  });

  it('keys that are there stay; eight are the most', async () => {
    const pairs = (count) => Array.from({ length: count }, (_, i) => `webhooks_sharedkey_${i}=secret+${i}/==`).join(',');
    await open({ responder: false, settings: { AUTOJOIN_SHARED_KEYS: pairs(7) } });
    scene.front.slips.reply = { status: 200, body: '{}' };
    assert.equal((await setup('--yes')).code, 0);
    assert.equal((await keysInSettings()).length, 8);
    assert.ok((await settingsText()).includes(pairs(7)));
    const run = await setup('--yes', '--share', '50');
    assert.equal(run.code, 1);
    assert.match(run.stderr, /has 8 keys already/);
  });

  it('a file of keys gets one line more, and keeps its mode', async () => {
    await open({ responder: false });
    const file = await scene.folder.write('keys', 'webhooks_sharedkey_0=secret+0/==\n');
    await scene.change({ AUTOJOIN_SHARED_KEYS_FILE: file });
    scene.front.slips.reply = { status: 200, body: '{}' };
    const run = await setup('--yes');
    assert.equal(run.code, 0, run.stderr);
    const [[id, { secret }]] = twilio.webhookConfiguration.sharedKeys;
    assert.equal(await readFile(file, 'utf8'), `webhooks_sharedkey_0=secret+0/==\n${id}=${secret}\n`);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it('keys of the environment are not overruled', async () => {
    await open({ responder: false });
    const run = await scene.start(['setup', '--shared-key', '--yes'], { env: { AUTOJOIN_SHARED_KEYS: 'a=b' } }).exited;
    assert.equal(run.code, 1);
    assert.match(run.stderr, /AUTOJOIN_SHARED_KEYS is set in the environment/);
    assert.deepEqual(writes(), []);
  });

  it('a write whose answer is lost is repeated with the same Idempotency-Key, and done once', async () => {
    const configuration = await open({ responder: false });
    scene.front.slips.reply = { status: 200, body: '{}' };
    for (const path of [/SharedKeys/, /Rules/]) twilio.misbehave({ match: { method: 'POST', path }, fault: 'half', alsoDo: true });
    const run = await setup('--yes');
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.deepEqual(counts(configuration), [1, 1, 1]);
    const keys = writes().filter(({ method, path }) => method === 'POST' && /Rules/.test(path)).map(({ headers }) => headers['idempotency-key']);
    assert.deepEqual([keys.length, new Set(keys).size], [2, 1]);
  });

  for (const [name, fault] of [['its answer is lost', { fault: 'half' }], ['a gateway of Twilio\'s gave up waiting', { status: 504 }]]) {
    it(`a Rule of which nobody knows whether it was made, as ${name}: nothing is taken back, and the state is told`, async () => {
      const configuration = await open({ responder: false });
      scene.front.slips.reply = { status: 200, body: '{}' };
      twilio.misbehave({ match: { method: 'POST', path: /Rules/ }, ...fault, alsoDo: true, times: Infinity });
      const run = await setup('--yes');
      assert.equal(run.code, 1, run.stdout);
      assert.match(run.stderr, /not finished\. Made until now: .*and the Rule is asked for: Twilio may apply it yet/);
      assert.deepEqual(counts(configuration), [1, 1, 1]);
      assert.equal((await keysInSettings()).length, 1);
    });
  }

  it('a SharedKey that cannot be deleted again stays in the settings, for something may sign by it', async () => {
    const configuration = await open({ responder: false });
    scene.front.slips.reply = { status: 200, body: '{}' };
    twilio.misbehave({ match: { method: 'POST', path: /Rules/ }, status: 409, code: 59103 });
    twilio.misbehave({ match: { method: 'DELETE', path: /SharedKeys/ }, status: 403, code: 70051 });
    const run = await setup('--yes');
    assert.equal(run.code, 1, run.stdout);
    assert.match(run.stderr, new RegExp(`${scene.settingsFile} keeps the key webhooks_sharedkey_\\w+, which is still at Twilio`));
    assert.equal(counts(configuration)[2], 1);
    assert.equal((await keysInSettings()).length, 1);
  });

  it('a Rule of ours whose newer key the settings have lost is not moved to it', async () => {
    const configuration = await open({ responder: false });
    scene.front.slips.reply = { status: 200, body: '{}' };
    const before = { ...scene.settings };
    assert.equal((await setup('--yes', '--share', '50')).code, 0);
    await scene.change(before);
    const run = await setup('--yes');
    assert.equal(run.code, 1);
    assert.match(run.stderr, /the newer key of the Rule is not in AUTOJOIN_SHARED_KEYS; .*: webhooks_sharedkey_/);
    assert.equal(counts(configuration)[1], 2);
  });

  describe('on a terminal', async () => {
    const skip = await hasNoTerminal();

    it('asks after it has shown what will be, and a no leaves everything', { skip }, async () => {
      await open({ responder: false });
      const session = scene.terminal('setup --shared-key');
      await session.shows(/\[y\/N\] $/);
      assert.match(session.output, /-> 100 % by the key \(a new one\)/);
      session.type('n\n');
      assert.equal((await session.exited).code, 1);
      assert.deepEqual(writes(), []);
    });

    it('shows how far Twilio is in one line', { skip }, async () => {
      await open({ responder: false });
      scene.front.slips.reply = { status: 200, body: '{}' };
      const session = scene.terminal('setup --shared-key --yes');
      assert.equal((await session.exited).code, 0, session.output);
      assert.match(session.output, /\rthe Rule: PENDING, 0 s[^\n]*\rthe Rule: COMPLETED, \d+ s/);
    });
  });

  describe('rotation', () => {
    const percentages = ({ rules }) => [...rules.values()][0].settings.map(({ percentage }) => percentage).sort((a, b) => a - b);

    it('by percentages from the auth token, then alone, then to a second key', async () => {
      const configuration = await open({ responder: false });
      scene.front.slips.reply = { status: 200, body: '{}' };
      const first = await setup('--yes', '--share', '30');
      assert.equal(first.code, 0, first.stdout + first.stderr);
      assert.deepEqual([counts(configuration), percentages(configuration)], [[1, 2, 1], [30, 70]]);
      assert.match(first.stdout, /To end the rotation: twilio-autojoin setup --shared-key$/m);
      const alone = await setup('--yes');
      assert.equal(alone.code, 0, alone.stdout + alone.stderr);
      assert.deepEqual([counts(configuration), percentages(configuration)], [[1, 1, 1], [100]]);
      const [firstKey] = configuration.sharedKeys.keys();
      const second = await setup('--yes', '--share', '50');
      assert.equal(second.code, 0, second.stdout + second.stderr);
      assert.deepEqual([counts(configuration), percentages(configuration)], [[1, 2, 2], [50, 50]]);
      const end = await setup('--yes');
      assert.equal(end.code, 0, end.stdout + end.stderr);
      assert.deepEqual([counts(configuration), percentages(configuration)], [[1, 1, 1], [100]]);
      assert.ok(!configuration.sharedKeys.has(firstKey), 'the older one is gone');
      assert.match(end.stdout, new RegExp(`AUTOJOIN_SHARED_KEYS still has ${firstKey}`));
      assert.equal((await keysInSettings()).length, 2);
    });
  });

  for (const status of [429, 503]) {
    it(`a test webhook for which Twilio is busy (${status}) is tried again, and nothing is taken back`, async () => {
      const configuration = await open({ responder: false });
      scene.front.slips.reply = { status: 200, body: '{}' };
      twilio.misbehave({ match: { method: 'POST', path: /Tests/ }, status, code: status === 429 ? 59004 : 20503, times: 1 });
      const run = await setup('--yes');
      assert.equal(run.code, 0, run.stdout + run.stderr);
      assert.deepEqual(counts(configuration), [1, 1, 1]);
    });
  }

  it('the auth token is the older one of two, whichever Setting was made first', async () => {
    const configuration = await open({ responder: false });
    scene.front.slips.reply = { status: 200, body: '{}' };
    assert.equal((await setup('--yes', '--share', '30')).code, 0);
    const [key] = configuration.sharedKeys.keys();
    for (const setting of configuration.settings.values()) setting.createdAt = `2026-01-01T00:00:0${setting.signature?.sharedKeyId ? 0 : 1}Z`;
    const alone = await setup('--yes');
    assert.equal(alone.code, 0, alone.stdout + alone.stderr);
    assert.deepEqual([...configuration.sharedKeys.keys()], [key]);
  });

  describe('--undo', () => {
    it('Rule, Setting, SharedKey; the key leaves the settings when it is called again', async () => {
      const configuration = await open({ responder: false });
      scene.front.slips.reply = { status: 200, body: '{}' };
      const before = await settingsText();
      assert.equal((await setup('--yes')).code, 0);
      const shown = await setup('--undo', '--dry-run');
      assert.match(shown.stdout, /Rule +webhooks_rule_\w+\n +Setting +webhooks_setting_\w+\n +SharedKey +webhooks_sharedkey_\w+\n/);
      assert.deepEqual(counts(configuration), [1, 1, 1]);
      const run = await setup('--undo', '--yes');
      assert.equal(run.code, 0, run.stdout + run.stderr);
      assert.deepEqual([counts(configuration), steps().slice(-3)], [[0, 0, 0], ['DELETE Rules', 'DELETE Settings', 'DELETE SharedKeys']]);
      assert.equal((await keysInSettings()).length, 1, 'webhooks under way have it');
      assert.equal((await setup('--undo', '--yes')).code, 0);
      assert.equal(await settingsText(), before);
      assert.match((await setup('--undo', '--yes')).stdout, /nothing to undo/);
    });

    it('what is somebody else\'s stays', async () => {
      const configuration = await open({ responder: false });
      configuration.createRule({ value: scene.front.url, settings: [configuration.createSetting({ sharedKeyId: configuration.createSharedKey(SHARED_KEY).id })] });
      assert.equal((await setup('--undo', '--yes')).code, 0);
      assert.deepEqual(counts(configuration), [1, 1, 1]);
    });

    it('goes with nothing else: exit 64', async () => {
      await open({ responder: false });
      for (const args of [['--undo'], ['--undo', '--retries', '3', '--shared-key'], ['--share', '50'], ['--shared-key', '--share', '0'], ['--shared-key', '--share', '101']]) {
        assert.equal((await scene.run('setup', ...args, '--yes')).code, 64, args.join(' '));
      }
    });
  });
});
