// twilio-autojoin setup: shows the difference, changes only what is ours to change, and can be undone.

import assert from 'node:assert/strict';
import { exec } from 'node:child_process';
import { afterEach, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { baseEnvironment } from '../servers/responder.js';
import { standInOptions } from '../lib/account.js';
import { StandIn } from '../twilio/standin.js';
import { OperatorScene } from './scene.js';
import { hasNoTerminal } from './terminal.js';

const FOREIGN = 'https://crm.example.com/hook';

describe('setup', () => {
  let scene;
  afterEach(async () => {
    assert.deepEqual(scene.twilio.objections, []);
    await scene.close();
  });
  const open = async (options = {}) => {
    scene = await OperatorScene.open({ responder: false, webhook: false, ...options });
    return scene.twilio.defaultService;
  };
  const setup = (...args) => scene.run('setup', ...args);
  const as = (level) => ({ url: level.post_webhook_url, method: level.method, filters: [...level.filters] });

  /** Runs what the output names as the way back, as a shell does. */
  async function undo({ stdout }) {
    const lines = [...stdout.matchAll(/^ *To undo[^:]*: (twilio-autojoin .*)$/gm)].map(([, line]) => line);
    for (const line of lines) {
      await promisify(exec)(`${line.replace('twilio-autojoin', scene.program)} --yes`, {
        env: { ...baseEnvironment(), AUTOJOIN_CONFIG: scene.settingsFile }, cwd: scene.folder.path, ...scene.folder.as,
      });
    }
    return lines.length;
  }

  it('sets URL, method and event for the service; shows the difference first', async () => {
    const { webhook, sid } = await open();
    const run = await setup('--url', scene.front.url, '--yes');
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(as(webhook), { url: scene.front.url, method: 'POST', filters: ['onConversationAdded', 'onParticipantRemoved'] });
    assert.match(run.stdout, new RegExp(`^Webhooks of the service ${sid}:$`, 'm'));
    assert.match(run.stdout, new RegExp(`URL +\\(none\\)\\n +-> ${scene.front.url}\\n`));
    assert.match(run.stdout, /events +none\n +-> onConversationAdded,onParticipantRemoved\n/);
    assert.match(run.stdout, /^webhooks: done$/m);
    assert.deepEqual(as(scene.twilio.webhook).filters, [], 'the account is nobody\'s business here');
  });

  it('without --url it is AUTOJOIN_PUBLIC_URL', async () => {
    const { webhook } = await open();
    assert.equal((await setup('--yes')).code, 0);
    assert.equal(webhook.post_webhook_url, scene.front.url);
  });

  it('without either it says what is missing, exit 64', async () => {
    await open({ settings: { AUTOJOIN_PUBLIC_URL: undefined } });
    const run = await setup('--yes');
    assert.equal(run.code, 64);
    assert.match(run.stderr, /Give --url or set AUTOJOIN_PUBLIC_URL/);
  });

  it('a URL\'s user and password are not shown, but in the line of undoing, which says so', async () => {
    const { webhook } = await open();
    webhook.post_webhook_url = 'https://crm:0ldS3cret@crm.example.com/hook';
    const before = as(webhook);
    const run = await setup('--url', 'https://ours:n3wS3cret@hook.example.com/webhooks/twilio', '--replace', '--yes');
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /URL +https:\/\/\*\*\*@crm\.example\.com\/hook\n +-> https:\/\/\*\*\*@hook\.example\.com\/webhooks\/twilio\n/);
    const lines = run.stdout.split('\n').filter((line) => line.includes('S3cret'));
    assert.deepEqual(lines.map((line) => /^ *To undo \(with the URL's password in the clear\): /.test(line)), [true], run.stdout);
    assert.equal(webhook.post_webhook_url, 'https://ours:n3wS3cret@hook.example.com/webhooks/twilio');
    assert.equal(await undo(run), 1);
    assert.deepEqual(as(webhook), before);
  });

  it('of another password alone it says that there is one', async () => {
    const { webhook } = await open();
    webhook.post_webhook_url = 'https://ours:0ldS3cret@hook.example.com/webhooks/twilio';
    const run = await setup('--url', 'https://ours:n3wS3cret@hook.example.com/webhooks/twilio', '--replace', '--dry-run');
    assert.match(run.stdout, /URL +https:\/\/\*\*\*@hook\.example\.com\/webhooks\/twilio\n +-> https:\/\/\*\*\*@hook\.example\.com\/webhooks\/twilio \(another user or password\)\n/);
  });

  it('a second time there is nothing to change, and nothing is sent', async () => {
    await open();
    await setup('--yes');
    const before = scene.changes().length;
    const run = await setup();
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /nothing to change/);
    assert.equal(scene.changes().length, before);
  });

  it('--dry-run shows the same and changes nothing', async () => {
    await open();
    const run = await setup('--url', scene.front.url, '--retries', '3', '--closed-timer', 'P7D', '--dry-run');
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /-> onConversationAdded/);
    assert.match(run.stdout, /retries +0\n +-> 3/);
    assert.match(run.stdout, /closed +PT0S\n +-> P7D/);
    assert.ok(!run.stdout.includes('done'));
    assert.deepEqual(scene.changes(), []);
  });

  it('other people\'s events stay', async () => {
    const { webhook } = await open();
    const others = ['onMessageAdded', 'onDeliveryUpdated', 'onUserAdded'];
    Object.assign(webhook, { post_webhook_url: scene.front.url, method: 'GET', filters: others });
    assert.equal((await setup('--yes')).code, 0);
    assert.deepEqual(as(webhook), { url: scene.front.url, method: 'POST', filters: [...others, 'onConversationAdded', 'onParticipantRemoved'] });
  });

  it('the pre-event webhook and the target are left alone', async () => {
    await open();
    Object.assign(scene.twilio.webhook, { pre_webhook_url: FOREIGN, target: 'flex' });
    assert.equal((await setup('--level', 'account', '--yes')).code, 0);
    const [{ form }] = scene.changes();
    assert.deepEqual([...new Set(form.keys())].sort(), ['Filters', 'Method', 'PostWebhookUrl']);
    assert.equal(scene.twilio.webhook.pre_webhook_url, FOREIGN);
  });

  it('somebody else\'s URL is refused without --replace', async () => {
    const { webhook } = await open();
    Object.assign(webhook, { post_webhook_url: FOREIGN, method: 'POST', filters: ['onMessageAdded'] });
    for (const args of [['--yes'], ['--dry-run']]) {
      const run = await setup(...args);
      assert.equal(run.code, 1);
      assert.match(run.stderr, /somebody else's: --replace/);
      assert.match(run.stdout, /crm\.example\.com/);
    }
    assert.deepEqual(scene.changes(), []);
    assert.equal((await setup('--yes', '--replace')).code, 0);
    assert.deepEqual(as(webhook), { url: scene.front.url, method: 'POST', filters: ['onMessageAdded', 'onConversationAdded', 'onParticipantRemoved'] });
  });

  it('--level account', async () => {
    const { webhook } = await open();
    const run = await setup('--level', 'account', '--yes');
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /^Webhooks of the account:$/m);
    assert.deepEqual([as(scene.twilio.webhook).url, as(webhook).url], [scene.front.url, null]);
  });

  it('the service that is set, and no other', async () => {
    await open();
    const service = scene.twilio.addService();
    await scene.change({ TWILIO_CHAT_SERVICE_SID: service.sid });
    assert.equal((await setup('--yes', '--retries', '2', '--url', scene.front.url)).code, 0);
    assert.deepEqual([service.webhook.post_webhook_url, service.retries], [scene.front.url, 2]);
    assert.deepEqual([scene.twilio.defaultService.webhook.post_webhook_url, scene.twilio.defaultService.retries], [null, 0]);
  });

  it('--retries', async () => {
    const service = await open();
    const run = await setup('--retries', '3', '--yes');
    assert.equal(run.code, 0, run.stderr);
    assert.equal(service.retries, 3);
    assert.equal(service.webhook.post_webhook_url, null, 'the webhook was not asked for');
    const again = await setup('--retries', '3');
    assert.equal(again.code, 0);
    assert.equal(scene.changes().length, 1);
    assert.equal(await undo(run), 1);
    assert.equal(service.retries, 0);
  });

  it('--retries is 0 to 3, the most that Twilio documents', async () => {
    const service = await open();
    const run = await setup('--retries', '4', '--yes');
    assert.deepEqual([run.code, service.retries], [64, 0]);
    assert.match(run.stderr, /^twilio-autojoin: --retries must be 0 to 3$/m);
    service.retries = 7;
    assert.match((await setup('--retries', '3', '--yes')).stdout, /To undo: by the Chat API/);
    assert.equal(service.retries, 3);
  });

  it('--retries with --level changes the webhook there, too', async () => {
    const service = await open();
    assert.equal((await setup('--retries', '3', '--level', 'account', '--yes')).code, 0);
    assert.deepEqual([service.retries, scene.twilio.webhook.post_webhook_url], [3, scene.front.url]);
  });

  it('the events are those of AUTOJOIN_EVENTS, and the one that says that the bot was removed', async () => {
    const { webhook } = await open({ responder: true, settings: { AUTOJOIN_EVENTS: 'onMessageAdded,onConversationStateUpdated' } });
    Object.assign(webhook, { post_webhook_url: scene.front.url, filters: ['onConversationAdded'] });
    const before = await scene.check();
    assert.deepEqual(before.findings.filter(({ verdict, check }) => verdict === 'fail' && check === 'service').map(({ text }) => text),
      ['onMessageAdded is not among the events', 'onConversationStateUpdated is not among the events']);
    assert.equal((await setup('--yes')).code, 0);
    assert.deepEqual(webhook.filters, ['onConversationAdded', 'onMessageAdded', 'onConversationStateUpdated', 'onParticipantRemoved']);
    const after = await scene.check();
    assert.deepEqual(after.findings.filter(({ check }) => check === 'service').map(({ verdict }) => verdict), ['pass']);
  });

  it('an event that Conversations does not have is refused by its name, and so is a URL with a blank or a fragment', async () => {
    await open();
    for (const [args, says] of [
      [['--events', 'onConversationAdded,onMesageAdded'], /--events: onMesageAdded is no event/],
      [['--url', 'https://a.example.com/web hook'], /--url: there is a blank/],
      [['--url', 'https://a.example.com/hook#rc=3'], /--url: there is a fragment/],
    ]) {
      const run = await setup(...args, '--yes');
      assert.equal(run.code, 64, args.join(' '));
      assert.match(run.stderr, says);
      assert.equal(run.stdout, '');
    }
    assert.deepEqual(scene.changes(), []);
  });

  it('a pre-event webhook of somebody else keeps the method that it is called by, unless --method says so', async () => {
    const { webhook } = await open();
    Object.assign(webhook, { pre_webhook_url: 'https://crm:geheim@crm.example.com/pre', method: 'GET', filters: ['onMessageAdd'] });
    const run = await setup('--yes');
    assert.equal(run.code, 1, run.stdout);
    assert.match(run.stderr, /pre-event webhook there, https:\/\/\*\*\*@crm\.example\.com\/pre, is called by GET.*--level account leaves it, --method POST changes it/);
    assert.deepEqual([webhook.method, scene.changes()], ['GET', []]);
    assert.equal((await setup('--yes', '--level', 'account')).code, 0);
    assert.deepEqual([webhook.method, webhook.post_webhook_url], ['GET', null]);
    scene.twilio.webhook.post_webhook_url = null;
    assert.equal((await setup('--yes', '--method', 'POST')).code, 0);
    assert.deepEqual([webhook.method, webhook.post_webhook_url, webhook.pre_webhook_url], ['POST', scene.front.url, 'https://crm:geheim@crm.example.com/pre']);
  });

  describe('both levels send to us', () => {
    const both = async () => {
      const { webhook } = await open({ responder: true });
      for (const level of [webhook, scene.twilio.webhook]) scene.pointAtUs(level);
      scene.twilio.webhook.filters.push('onUserAdded');
      return { service: webhook, account: scene.twilio.webhook };
    };

    it('the account\'s URL is taken out, and the line of undoing brings it back', async () => {
      const { service, account } = await both();
      const before = [as(service), as(account)];
      const run = await setup('--yes');
      assert.equal(run.code, 0, run.stderr);
      assert.deepEqual([service.post_webhook_url, account.post_webhook_url, account.filters], [scene.front.url, null, ['onConversationAdded', 'onParticipantRemoved', 'onUserAdded']]);
      assert.match(run.stdout, /^Webhooks of the account, which sends to the same URL, so that every event comes twice:$/m);
      assert.ok(!(await scene.check()).findings.some(({ text }) => /comes twice/.test(text)));
      assert.equal(await undo(run), 1, run.stdout);
      assert.deepEqual([as(service), as(account)], before);
    });

    it('--level account takes it out of the service', async () => {
      const { service, account } = await both();
      assert.equal((await setup('--yes', '--level', 'account')).code, 0);
      assert.deepEqual([service.post_webhook_url, account.post_webhook_url], [null, scene.front.url]);
    });

    it('where the account alone sends to us it is the account that is completed', async () => {
      const { webhook } = await open();
      scene.pointAtUs(scene.twilio.webhook);
      const run = await setup('--yes');
      assert.equal(run.code, 0, run.stderr);
      assert.match(run.stdout, /^Webhooks of the account:$/m);
      assert.deepEqual([webhook.post_webhook_url, scene.twilio.webhook.filters], [null, ['onConversationAdded', 'onParticipantRemoved']]);
    });

    it('what cannot be read is said', async () => {
      await open();
      scene.twilio.answer(/GET \/v1\/Configuration\/Webhooks/, { status: 403, json: { code: 70051, message: 'no permission', status: 403 } });
      const run = await setup('--yes');
      assert.equal(run.code, 0, run.stderr);
      assert.match(run.stdout, /^Whether the account sends to us too cannot be told: Twilio error 70051/m);
    });
  });

  it('undoing works against the first stand-in, too, which takes no empty list of events', async () => {
    await open();
    const twilio = await StandIn.start(standInOptions());
    try {
      await scene.change({ AUTOJOIN_API_URL: twilio.url });
      const run = await setup('--yes', '--retries', '2', '--url', scene.front.url);
      assert.equal(run.code, 0, run.stderr);
      assert.equal(twilio.defaultService.webhooks.postWebhookUrl, scene.front.url);
      assert.equal(await undo(run), 2);
      assert.deepEqual([twilio.defaultService.webhooks.postWebhookUrl, twilio.defaultService.postWebhookRetryCount], [null, 0]);
    } finally {
      await twilio.stop();
    }
  });

  it('where Twilio takes no empty list of events, undoing leaves the list and takes the URL out', async () => {
    const { webhook } = await open();
    const run = await setup('--yes');
    const EMPTY = /(^|&)Filters=(&|$)/;
    scene.twilio.answer(/POST .*Webhooks/, { status: 400, times: 1, json: { code: 20001, message: 'is no event', status: 400 } });
    assert.equal(await undo(run), 1);
    assert.equal(webhook.post_webhook_url, null);
    const [refused, taken] = scene.changes().slice(-2).map(({ form }) => form.toString());
    assert.deepEqual([EMPTY.test(refused), EMPTY.test(taken)], [true, false]);
  });

  it('--retries with --events changes the webhook, too', async () => {
    const service = await open();
    assert.equal((await setup('--retries', '3', '--events', 'onMessageAdded', '--yes')).code, 0);
    assert.deepEqual([service.retries, service.webhook.filters], [3, ['onMessageAdded']]);
    assert.equal(service.webhook.post_webhook_url, scene.front.url);
  });

  it('what stands at Twilio and is no plain text is not printed as it is', async () => {
    const { webhook } = await open();
    webhook.post_webhook_url = 'https://crm.example.com/\u001b]0;owned\u0007';
    const run = await setup('--replace', '--dry-run');
    assert.equal(run.code, 0, run.stderr);
    assert.ok(!/[\u001b\u0007]/.test(run.stdout), JSON.stringify(run.stdout));
    assert.match(run.stdout, /To undo: by Twilio's console/);
  });

  it('--closed-timer and --inactive-timer, which Twilio has for the account', async () => {
    await open();
    const run = await setup('--closed-timer', 'P7D', '--inactive-timer', 'PT1H', '--yes');
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(scene.twilio.timers, { default_inactive_timer: 'PT1H', default_closed_timer: 'P7D' });
    assert.equal(scene.changes().length, 1);
    assert.match(run.stdout, /account's new conversations/);
  });

  it('one timer alone leaves the other', async () => {
    await open();
    assert.equal((await setup('--closed-timer', 'P7D', '--yes')).code, 0);
    assert.deepEqual([...scene.changes()[0].form.keys()], ['DefaultClosedTimer']);
  });

  it('what Twilio does not tell is not changed, and said', async () => {
    await open();
    // The account's configuration is asked for its default service first.
    for (const [match, skip, ...args] of [[/GET \/v2\/Services\//, 0, '--retries', '2'], [/GET \/v1\/Configuration$/, 1, '--closed-timer', 'P7D']]) {
      scene.twilio.answer(match, { status: 500, json: {}, skip });
      const run = await setup(...args, '--yes');
      assert.ok(run.code > 0 && run.code < 128, `exit ${run.code}`);
      assert.match(run.stderr, /(Configuration|Services\/IS\w+): HTTP status 500/);
      assert.deepEqual(scene.changes(), []);
    }
  });

  const WEBHOOKS = /GET \/v1\/Services\/\w+\/Configuration\/Webhooks/;
  const CONFIGURATION = /GET \/v1\/Configuration$/;
  const settings = (more) => ({ post_webhook_url: FOREIGN, method: 'POST', filters: ['onMessageAdded'], pre_webhook_url: null, ...more });
  for (const [what, match, args, answer, skip] of [
    ['a proxy\'s page with 200, for the service\'s webhooks', WEBHOOKS, [], { text: '<html>Please log in</html>' }],
    ['a proxy\'s page with 200, for the account\'s webhooks', /GET \/v1\/Configuration\/Webhooks/, ['--level', 'account'], { text: '<html>Please log in</html>' }],
    ['a proxy\'s page with 200, for the retries', /GET \/v2\//, ['--retries', '3'], { text: '<html>Please log in</html>' }],
    ['a proxy\'s page with 200, for the timers', CONFIGURATION, ['--closed-timer', 'P7D'], { text: '<html>Please log in</html>' }, 1],
    ['a proxy\'s page with 200, for the default service', CONFIGURATION, [], { text: '<html>Please log in</html>' }],
    ['200 with nothing', WEBHOOKS, [], {}],
    ['an empty object', WEBHOOKS, [], { json: {} }],
    ['a list', WEBHOOKS, [], { json: [settings()] }],
    ['an object of something else', WEBHOOKS, [], { json: { result: 'ok' } }],
    ['no URL told', WEBHOOKS, [], { json: settings({ post_webhook_url: undefined }) }],
    ['no method told', WEBHOOKS, [], { json: settings({ method: undefined }) }],
    ['no events told', WEBHOOKS, [], { json: settings({ filters: undefined }) }],
    ['events that are no list', WEBHOOKS, [], { json: settings({ filters: 'onMessageAdded' }) }],
    ['an event that is no text', WEBHOOKS, [], { json: settings({ filters: [{}] }) }],
    ['more events than can be kept', WEBHOOKS, ['--replace'], { json: settings({ filters: Array.from({ length: 65 }, (_, i) => `on${i}`) }) }],
    ['no retries told', /GET \/v2\//, ['--retries', '3'], { json: { sid: 'IS' } }],
    ['retries that are no number', /GET \/v2\//, ['--retries', '3'], { json: { post_webhook_retry_count: '2' } }],
    ['no timers told', CONFIGURATION, ['--closed-timer', 'P7D'], { json: { default_chat_service_sid: null } }, 1],
    ['no default service told', CONFIGURATION, [], { json: { account_sid: 'AC' } }],
  ]) {
    it(`what is there is not "nothing" because it cannot be read (${what}): said, nothing overwritten, exit 1`, async () => {
      const { webhook } = await open();
      for (const level of [webhook, scene.twilio.webhook]) Object.assign(level, { post_webhook_url: FOREIGN, method: 'POST', filters: ['onMessageAdded', 'onUserAdded'] });
      scene.twilio.answer(match, { status: 200, skip, ...answer });
      const run = await setup(...args, '--yes');
      assert.equal(run.code, 1, run.stdout);
      assert.match(run.stderr, /what came is (no JSON|not what Twilio's API gives)/);
      assert.ok(!run.stdout.includes('To undo'), run.stdout);
      assert.deepEqual(scene.changes(), []);
    });
  }

  it('a proxy\'s page in answer to the change is not "done"', async () => {
    await open();
    scene.twilio.answer(/POST /, { status: 200, text: '<html>Please log in</html>' });
    const run = await setup('--yes');
    assert.equal(run.code, 1);
    assert.ok(!run.stdout.includes('done'), run.stdout);
    assert.match(run.stderr, /webhooks: what came is no JSON/);
  });

  it('timers that are so already are nothing to ask about', async () => {
    await open();
    scene.twilio.timers.default_closed_timer = 'P7D';
    const run = await setup('--closed-timer', 'P7D');
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.deepEqual(scene.changes(), []);
  });

  it('the timers\' line of undoing brings them back', async () => {
    await open();
    const run = await setup('--closed-timer', 'P7D', '--yes');
    assert.equal(await undo(run), 1, run.stdout);
    assert.equal(scene.twilio.timers.default_closed_timer, 'PT0S');
  });

  for (const [name, before] of [
    ['another URL', { post_webhook_url: FOREIGN, method: 'POST', filters: ['onMessageAdded', 'onConversationAdded'] }],
    ['another method', { post_webhook_url: FOREIGN, method: 'GET', filters: ['onConversationAdded'] }],
    ['other events', { post_webhook_url: FOREIGN, method: 'POST', filters: ['onMessageAdded'] }],
    ['no events', { post_webhook_url: FOREIGN, method: 'POST', filters: [] }],
    ['a URL that a shell could misread', { post_webhook_url: 'https://crm.example.com/it\'s?a=$(touch pwned)&b=`id`', method: 'POST', filters: ['onConversationAdded'] }],
  ]) {
    it(`the line of undoing restores what was: ${name}`, async () => {
      const { webhook } = await open();
      Object.assign(webhook, before);
      const run = await setup('--replace', '--yes');
      assert.equal(run.code, 0, run.stderr);
      assert.equal(webhook.post_webhook_url, scene.front.url);
      assert.match(run.stdout, /URL +https:\/\/crm/);
      assert.ok(await undo(run) > 0, run.stdout);
      assert.deepEqual(as(webhook), { url: before.post_webhook_url, method: before.method, filters: before.filters });
    });
  }

  it('the line of undoing restores what was: nothing', async () => {
    const { webhook } = await open();
    const before = as(webhook);
    const run = await setup('--yes');
    assert.match(run.stdout, /URL +\(none\)/);
    assert.equal(await undo(run), 1);
    assert.deepEqual(as(webhook), before);
  });

  it('--events: exactly these, or none', async () => {
    const { webhook } = await open();
    assert.equal((await setup('--yes', '--events', 'onMessageAdded, onConversationAdded')).code, 0);
    assert.deepEqual(webhook.filters, ['onMessageAdded', 'onConversationAdded']);
    assert.equal((await setup('--yes', '--events', 'none')).code, 0);
    assert.deepEqual(webhook.filters, []);
  });

  it('off a terminal, without --yes: refused, nothing changed, exit 1', async () => {
    await open();
    for (const args of [[], ['--retries', '3'], ['--closed-timer', 'P7D']]) {
      const run = await setup(...args);
      assert.equal(run.code, 1);
      assert.match(run.stderr, /--yes is needed/);
    }
    assert.deepEqual(scene.changes(), []);
  });

  describe('on a terminal', async () => {
    const skip = await hasNoTerminal();
    for (const [typed, code, changed] of [['y\n', 0, 1], ['Y\n', 0, 1], ['yes\n', 0, 1], ['n\n', 1, 0], ['N\n', 1, 0], ['\n', 1, 0], ['\u0004', 1, 0], ['\u0003', 130, 0]]) {
      it(`asks, and ${JSON.stringify(typed)} is ${changed ? 'a yes' : 'a no'}`, { skip }, async () => {
        await open();
        const session = scene.terminal('setup');
        await session.shows(/\[y\/N\] $/);
        assert.match(session.output, /-> onConversationAdded/, 'the difference comes before the question');
        session.type(typed);
        assert.equal((await session.exited).code, code, session.output);
        assert.equal(scene.changes().length, changed);
      });
    }

    it('--yes asks nothing', { skip }, async () => {
      await open();
      const { code, output } = await scene.terminal('setup --yes').exited;
      assert.equal(code, 0);
      assert.ok(!output.includes('[y/N]'));
    });
  });

  for (const [name, match, answer, says] of [
    ['what is there cannot be read', /GET .*Webhooks/, { status: 403, json: { code: 70051, message: 'no permission', status: 403 } }, /70051: no permission/],
    ['it cannot be written', /POST .*Webhooks/, { status: 403, json: { code: 70051, message: 'no permission', status: 403 } }, /webhooks: Twilio error 70051.* lacks the permission to update the webhook configuration/],
    ['no service', /GET \/v1\/Configuration$/, { status: 401, json: { code: 20003, message: 'Authenticate', status: 401 } }, /20003/],
  ]) {
    it(`${name}: says so, exit 1`, async () => {
      await open();
      scene.twilio.answer(match, answer);
      const run = await setup('--yes', '--url', scene.front.url, '--retries', '3');
      assert.equal(run.code, 1);
      assert.match(run.stderr, says);
      assert.equal(scene.twilio.defaultService.retries, 0, 'after a failure it went on');
    });
  }

  it('faulty settings: exit 78, all of them named', async () => {
    await open();
    await scene.change({ TWILIO_IDENTITY: undefined, AUTOJOIN_MAX_BODY: '1' });
    const run = await setup('--yes');
    assert.equal(run.code, 78);
    assert.match(run.stderr, /TWILIO_IDENTITY is not set[^]*AUTOJOIN_MAX_BODY/);
  });

  it('wrong use: exit 64', async () => {
    await open();
    for (const args of [['--nonsense'], ['more'], ['--url', 'ftp://x/'], ['--url', 'example.com'], ['--level', 'world'], ['--retries', 'many'], ['--retries', '-1'], ['--retries', '4'], ['--method', 'PUT'], ['--closed-timer', '7d'], ['--inactive-timer', ''], ['--url']]) {
      const run = await setup(...args, '--yes');
      assert.equal(run.code, 64, args.join(' '));
      assert.equal(run.stdout, '');
      assert.notEqual(run.stderr, '');
    }
    assert.equal((await setup('--help')).code, 0);
    assert.deepEqual(scene.changes(), []);
  });
});
