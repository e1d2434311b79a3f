// twilio-autojoin probe: the round trip, and that nothing of it stays behind, whatever happens.

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../servers/daemon.js';
import { AUTH_TOKEN, IDENTITY, OperatorScene } from './scene.js';
import { hasNoTerminal } from './terminal.js';

const CREATE = /POST .*\/Conversations$/;
const LOOK = /GET .*\/Participants\//;
const DELETE = /DELETE /;
const CREATES_LATER = /looked up/;

describe('probe', () => {
  let scene;
  afterEach(async () => {
    assert.deepEqual(scene.twilio.objections, []);
    await scene.close();
  });
  const open = async (options) => { scene = await OperatorScene.open(options); };
  const left = () => [...scene.twilio.conversations.keys()];
  const json = ({ stdout }) => JSON.parse(stdout);
  const begin = (...args) => scene.start(['probe', '--yes', ...args]);

  it('creates, sees the bot come, deletes; says how long it took', async () => {
    await open();
    const run = await begin().exited;
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /^This creates a conversation named "twilio-autojoin probe" in IS[0-9a-f]{32} and deletes it again\.$/m);
    assert.match(run.stdout, /^The bot was in CH[0-9a-f]{32} after \d+ ms\.$/m);
    assert.deepEqual(left(), []);
    assert.equal(scene.twilio.webhooks[0].body, '{"result":"joined"}');
  });

  it('the time is the one from creation to join', async () => {
    await open();
    scene.twilio.answer(LOOK, { status: 404, json: { code: 20404, status: 404, message: 'not yet' }, times: 5 });
    const { ms, ...rest } = json(await begin('--json').exited);
    assert.ok(ms >= 500 && ms < 3000, `${ms} ms`);
    assert.deepEqual({ ...rest, conversation: 'CH' }, { conversation: 'CH', joined: true, deleted: true, proved_by: ['the auth token, HMAC-SHA1'], instead: '' });
  });

  it('in the service that is set', async () => {
    await open();
    const service = scene.twilio.addService();
    scene.pointAtUs(service.webhook);
    await scene.change({ TWILIO_CHAT_SERVICE_SID: service.sid });
    await scene.restartResponder();
    assert.equal((await begin().exited).code, 0);
    assert.ok(scene.changes().filter(({ path }) => path.includes('/Conversations')).every(({ path }) => path.startsWith(`/v1/Services/${service.sid}/`)));
  });

  it('an identity of any characters', async () => {
    await open({ settings: { TWILIO_IDENTITY: 'bot & co=1/ü+?#%' } });
    assert.equal((await begin().exited).code, 0);
  });

  it('any of the bot\'s identities', async () => {
    await open({ settings: { AUTOJOIN_IDENTITIES: 'second, third' }, responder: false, webhook: false });
    const held = scene.twilio.hold(LOOK);
    const run = begin('--timeout', '5s');
    await held.reached;
    scene.twilio.join(left()[0], 'third');
    held.release();
    assert.equal((await run.exited).code, 0, run.stdout);
    assert.deepEqual(left(), []);
  });

  it('the bot does not come within --timeout: exit 1, deleted all the same', async () => {
    await open({ responder: false, webhook: false });
    const run = await begin('--timeout', '1s').exited;
    assert.equal(run.code, 1);
    assert.match(run.stdout, /^The bot did not come to CH\S+ within 1000 ms\.\nSee: twilio-autojoin check$/m);
    assert.ok(run.ms > 1000 && run.ms < 4000, `${run.ms} ms`);
    assert.deepEqual(left(), []);
    assert.deepEqual({ ...json(await begin('--timeout', '1s', '--json').exited), conversation: 'CH', ms: 0 }, { conversation: 'CH', joined: false, ms: 0, deleted: true, proved_by: null, instead: '' });
  });

  it('a Twilio that does not answer the look does not lengthen --timeout', async () => {
    await open({ responder: false, webhook: false });
    const held = scene.twilio.hold(LOOK);
    const run = await begin('--timeout', '1s').exited;
    held.release();
    assert.equal(run.code, 1);
    assert.ok(run.ms < 5000, `${run.ms} ms`);
    assert.deepEqual(left(), []);
  });

  describe('by which key the webhook was proved', () => {
    const proved = ({ stdout }) => /^(?:Its webhook was proved|By which key).*$/m.exec(stdout)?.[0];

    it('as the statistics tell', async () => {
      await open();
      const before = await begin().exited; // what was counted earlier is not told
      assert.equal(proved(before), 'Its webhook was proved by the auth token, HMAC-SHA1.');
      await scene.change({ TWILIO_AUTH_TOKEN: 'f'.repeat(32), TWILIO_AUTH_TOKEN_SECONDARY: AUTH_TOKEN });
      await scene.restartResponder();
      assert.equal(proved(await begin().exited), 'Its webhook was proved by the secondary auth token, HMAC-SHA1.');
    });

    it('without them: that it cannot be told', async () => {
      await open({ settings: { AUTOJOIN_STATS_FILE: undefined } });
      assert.equal(proved(await begin().exited), 'By which key its webhook was proved cannot be told: AUTOJOIN_STATS_FILE is not set.');
      assert.equal(json(await begin('--json').exited).proved_by, null);
    });

    it('another host\'s responder joined: that it cannot be told', async () => {
      await open({ webhook: false });
      const held = scene.twilio.hold(LOOK);
      const run = begin();
      await held.reached;
      scene.twilio.join(left()[0], IDENTITY);
      held.release();
      assert.match(proved(await run.exited), /cannot be told: AUTOJOIN_STATS_FILE counted none/);
    });
  });

  it('another identity came: named', async () => {
    await open({ responder: false, webhook: false });
    const held = scene.twilio.hold(LOOK);
    const run = begin('--timeout', '1s');
    await held.reached;
    scene.twilio.join(left()[0], 'somebody else');
    held.release();
    const { code, stdout } = await run.exited;
    assert.equal(code, 1);
    assert.match(stdout, /^In it was, instead of the bot: somebody else$/m);
    assert.deepEqual(left(), []);
  });

  for (const [where, settings] of [['by its healthz', {}], ['by the statistics', { AUTOJOIN_PUBLIC_URL: undefined }]]) {
    it(`the settings were changed and the responder was not restarted, as is seen ${where}: who came, and to restart it; not to check again and again`, async () => {
      await open({ settings });
      await scene.change({ TWILIO_IDENTITY: 'renamed' });
      const { code, stdout } = await begin('--timeout', '1s').exited;
      assert.equal(code, 1);
      assert.match(stdout, new RegExp(`^In it was, instead of the bot: ${IDENTITY}$`, 'm'));
      assert.match(stdout, /^The last webhook was joined \(status 200\)$/m);
      assert.match(stdout, new RegExp(`^The running responder has other settings than ${scene.settingsFile}\\. Reload or restart it: .*(process|reload|restart|kill -HUP)`, 'm'));
      assert.ok(!stdout.includes('twilio-autojoin check'), stdout);
    });
  }

  it('the webhook is refused: says with what', async () => {
    await open({ slips: { target: (url) => `${url}/elsewhere` }, settings: { AUTOJOIN_PUBLIC_URL: undefined } });
    const { stdout } = await begin('--timeout', '1s').exited;
    assert.match(stdout, /^The last webhook was forbidden \(status 403\)/m);
    assert.match(stdout, /^See: twilio-autojoin check$/m);
  });

  describe('what the settings join is what it makes:', () => {
    for (const [what, settings, says] of [
      ['AUTOJOIN_SOURCES without API', { AUTOJOIN_SOURCES: 'SMS, SDK' }, /made through REST has the Source API, and AUTOJOIN_SOURCES leaves that out: add API/],
      ['TWILIO_ENABLED=false', { TWILIO_ENABLED: 'false' }, /TWILIO_ENABLED=false: nothing is joined/],
      ['an event that takes somebody else', { AUTOJOIN_EVENTS: 'onParticipantAdded' }, /of AUTOJOIN_EVENTS none can be had without somebody else/],
    ]) {
      it(`${what}: says why it cannot, and makes nothing`, async () => {
        await open({ responder: false, settings });
        const run = await begin().exited;
        assert.deepEqual([run.code, run.stdout], [1, '']);
        assert.match(run.stderr, says);
        assert.deepEqual(scene.twilio.requests, []);
      });
    }

    it('AUTOJOIN_SOURCES with API', async () => {
      await open({ settings: { AUTOJOIN_SOURCES: 'SMS, API' } });
      assert.equal((await begin().exited).code, 0);
    });

    for (const [event, says] of [['onMessageAdded', /puts a message into it, which reaches nobody,/], ['onConversationStateUpdated', /makes it inactive and active/]]) {
      it(`AUTOJOIN_EVENTS=${event}`, async () => {
        await open({ settings: { AUTOJOIN_EVENTS: event } });
        scene.hosts.configureWebhook({ url: scene.front.url, filters: [event] });
        await scene.change({ AUTOJOIN_API_URL: scene.hosts.urls.conversations });
        await scene.restartResponder();
        const run = await begin().exited;
        assert.equal(run.code, 0, run.stdout + run.stderr);
        assert.match(run.stdout, says);
        assert.match(run.stdout, /^Its webhook was proved by the auth token/m);
        assert.equal(scene.hosts.requests.filter(({ method }) => method === 'DELETE').length, 1);
      });
    }
  });

  it('cannot be created: says why, exit 1, nothing to delete', async () => {
    await open({ responder: false });
    scene.twilio.answer(CREATE, { status: 403, json: { code: 70051, status: 403, message: 'no permission' } });
    const run = await begin().exited;
    assert.equal(run.code, 1);
    assert.match(run.stderr, /cannot be created: Twilio error 70051: no permission/);
    assert.equal(scene.changes().filter(({ method }) => method === 'DELETE').length, 0);
  });

  it('a key that may not look: says so at once, and not that the bot did not come', async () => {
    await open({ responder: false, webhook: false });
    scene.twilio.answer(LOOK, { status: 403, json: { code: 70051, status: 403, message: 'no permission' } });
    const run = await begin('--timeout', '20s').exited;
    assert.equal(run.code, 1);
    assert.match(run.stdout, /Whether the bot came to CH\w+ cannot be seen: Twilio error 70051: no permission \(the key lacks the permission to read participants\)/);
    assert.ok(!run.stdout.includes('did not come'), run.stdout);
    assert.ok(run.ms < 10_000, `it looked on for ${run.ms} ms`);
    assert.deepEqual(left(), []);
  });

  it('Twilio wants to be left alone for a day: says so at once', async () => {
    await open({ responder: false, webhook: false });
    scene.twilio.answer(LOOK, { status: 429, headers: { 'retry-after': '86400' }, json: { code: 20429, status: 429, message: 'Too Many Requests' } });
    const run = await begin('--timeout', '20s').exited;
    assert.equal(run.code, 1);
    assert.match(run.stdout, /cannot be seen: Twilio error 20429: Too Many Requests \(asks to wait 86400 s\)/);
    assert.ok(run.ms < 10_000, `it looked on for ${run.ms} ms`);
    assert.deepEqual(left(), []);
  });

  it('... for a second: it is not asked every 100 ms', async () => {
    await open();
    scene.twilio.answer(LOOK, { status: 429, headers: { 'retry-after': '1' }, json: { code: 20429, status: 429 }, times: 1 });
    const run = await begin('--json').exited;
    assert.equal(run.code, 0, run.stdout);
    assert.ok(json(run).ms >= 1000, run.stdout);
    assert.equal(scene.twilio.requests.filter(({ method, path }) => LOOK.test(`${method} ${path}`)).length, 2);
  });

  it('a proxy\'s page in the place of the conversation: said, and nothing left behind', async () => {
    await open({ responder: false, webhook: false });
    scene.twilio.answer(CREATE, { status: 200, text: '<html>Please log in</html>' });
    const run = await begin('--timeout', '1s').exited;
    assert.equal(run.code, 1);
    assert.match(run.stderr, /cannot be created: what came is no JSON/);
    assert.deepEqual(left(), []);
  });

  it('a proxy\'s page in the place of the look is no bot', async () => {
    await open({ responder: false, webhook: false });
    scene.twilio.answer(LOOK, { status: 200, text: '<html>Please log in</html>' });
    const run = await begin('--timeout', '1s').exited;
    assert.equal(run.code, 1, run.stdout);
    assert.match(run.stdout, /did not come/);
  });

  it('created, and the answer is cut off: not left behind', async () => {
    await open({ responder: false, webhook: false });
    const held = scene.twilio.hold(CREATE);
    const run = begin('--timeout', '1s');
    await held.reached;
    scene.twilio.server.closeAllConnections();
    held.release();
    assert.equal((await run.exited).code, 1);
    assert.deepEqual(left(), []);
  });

  it('the account does not tell its default service: said, nothing made, exit 1', async () => {
    await open({ responder: false });
    scene.twilio.answer(/GET \/v1\/Configuration$/, { status: 500, json: {} });
    const run = await begin().exited;
    assert.equal(run.code, 1);
    assert.match(run.stderr, /HTTP status 500/);
    assert.deepEqual(scene.changes(), []);
  });

  it('deleting fails for a moment: tried again', async () => {
    await open();
    scene.twilio.answer(DELETE, { status: 503, json: {}, times: 2 });
    assert.equal((await begin().exited).code, 0);
    assert.deepEqual(left(), []);
  });

  it('deleting meets 429: not before Twilio wants it, and then', async () => {
    await open();
    scene.twilio.answer(DELETE, { status: 429, headers: { 'retry-after': '1' }, json: { code: 20429, status: 429 }, times: 2 });
    const run = await begin().exited;
    assert.equal(run.code, 0, run.stderr);
    assert.ok(run.ms >= 2000, `${run.ms} ms`);
    assert.deepEqual(left(), []);
    assert.equal(scene.changes().filter(({ method }) => method === 'DELETE').length, 3);
  });

  it('... for longer than anybody waits: names the conversation at once', async () => {
    await open();
    scene.twilio.answer(DELETE, { status: 429, headers: { 'retry-after': '600' }, json: { code: 20429, status: 429 } });
    const run = await begin().exited;
    assert.equal(run.code, 1);
    assert.ok(run.ms < 10_000, `${run.ms} ms`);
    assert.match(run.stderr, new RegExp(`${left()[0]} could not be deleted: please do so \\(.*600 s`));
  });

  it('a deletion that hangs is not waited for, but made again', async () => {
    await open();
    const held = scene.twilio.hold(DELETE, { before: true });
    held.times = 1;
    const run = await begin().exited;
    held.release();
    assert.equal(run.code, 0, run.stderr);
    assert.ok(run.ms < 15_000, `${run.ms} ms`);
    assert.deepEqual(left(), []);
  });

  it('deleting fails for good: names the conversation, exit 1', async () => {
    await open();
    scene.twilio.answer(DELETE, { status: 403, json: { code: 70051, status: 403, message: '' } });
    const run = await begin().exited;
    assert.equal(run.code, 1);
    assert.match(run.stderr, new RegExp(`${left()[0]} could not be deleted: please do so`));
  });

  describe('interrupted, it cleans up and ends at once, exit 1:', () => {
    const phases = [
      ['while the service is looked up', /GET \/v1\/Configuration$/],
      ['while the conversation is being created', CREATE],
      ['while the conversation is being created, before Twilio has done it', CREATE, { before: true }],
      ['while it looks for the bot', LOOK],
      ['while it deletes', DELETE],
    ];
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      for (const [when, match, how] of phases) {
        it(`${signal} ${when}`, async () => {
          await open({ responder: false, webhook: false });
          const held = scene.twilio.hold(match, how);
          const run = begin('--timeout', match === DELETE ? '1s' : '20s');
          await held.reached;
          const from = Date.now();
          run.child.kill(signal);
          await pause(100); // so that the signal comes before the answer
          held.release();
          if (how) await until(() => left().length > 0 || run.code !== undefined, { what: 'the creation' });
          const end = await run.exited;
          // Before anything is created it may simply be ended.
          if (!CREATES_LATER.test(when) || end.signal !== signal) assert.equal(end.code, 1);
          assert.ok(Date.now() - from < 4000, 'it waited on');
          await until(() => scene.twilio.requests.every(({ status }) => status !== undefined), { what: 'what is under way' });
          assert.deepEqual(left(), []);
        });
      }

      it(`${signal} between two looks`, async () => {
        await open({ responder: false, webhook: false });
        const run = begin('--timeout', '20s');
        await until(() => scene.twilio.requests.filter(({ path, status }) => /Participants/.test(path) && status).length >= 3, { what: 'looks' });
        await pause(30);
        const from = Date.now();
        run.child.kill(signal);
        const { code, stdout } = await run.exited;
        assert.equal(code, 1);
        assert.match(stdout, /before we were interrupted/);
        assert.ok(Date.now() - from < 3000, 'it waited on');
        assert.deepEqual(left(), []);
      });

      it(`${signal} at any moment, and again and again`, async () => {
        await open({ responder: false, webhook: false });
        for (let wait = 0; wait < 5; wait++) {
          const run = begin('--timeout', '20s');
          const seen = scene.twilio.requests.length;
          await until(() => scene.twilio.requests.length > seen, { what: 'the first request' });
          await pause(wait * 30);
          const beat = setInterval(() => run.code === undefined && run.child.kill(signal), 15);
          await run.exited;
          clearInterval(beat);
          assert.deepEqual(left(), [], `${wait * 30} ms after the first request`);
        }
      });
    }
  });

  for (const [when, match, how] of [['while it deletes', DELETE, { before: true }], ['while the conversation is being created', CREATE, { before: true }]]) {
    it(`a second Ctrl-C ${when} names the conversation and ends`, async () => {
      await open({ responder: false, webhook: false });
      const held = scene.twilio.hold(match, how);
      const run = begin('--timeout', '1s');
      await held.reached;
      run.child.kill('SIGINT');
      await pause(400);
      assert.equal(run.code, undefined, 'the first one ended it');
      const from = Date.now();
      run.child.kill('SIGINT');
      const { code, stderr } = await run.exited;
      assert.equal(code, 1);
      assert.ok(Date.now() - from < 2000, `${Date.now() - from} ms`);
      assert.match(stderr, match === DELETE ? new RegExp(`${left()[0]} could not be deleted: please do so`) : /twilio-autojoin-probe-[0-9a-f]{16} could not be deleted: please do so/);
      held.release();
    });
  }

  it('under nohup it goes on after SIGHUP', async () => {
    await open({ webhook: false, responder: false });
    const held = scene.twilio.hold(LOOK);
    const run = scene.start(['probe', '--yes', '--timeout', '2s'], { wrap: ['nohup'] });
    await held.reached;
    run.child.kill('SIGHUP');
    await pause(100);
    scene.twilio.join(left()[0], IDENTITY);
    held.release();
    assert.equal((await run.exited).code, 0, run.stdout);
  });

  it('off a terminal without --yes: refused, nothing created, exit 1', async () => {
    await open({ responder: false });
    const run = await scene.run('probe');
    assert.equal(run.code, 1);
    assert.match(run.stderr, /--yes is needed/);
    assert.deepEqual(scene.changes(), []);
  });

  describe('on a terminal', async () => {
    const skip = await hasNoTerminal();
    for (const [typed, code, changes] of [['y\n', 0, 2], ['n\n', 1, 0], ['\u0003', [1, 130], 0]]) {
      it(`says what it will create, asks, and heeds ${JSON.stringify(typed)}`, { skip }, async () => {
        await open();
        const session = scene.terminal('probe');
        await session.shows(/\[y\/N\] $/);
        assert.match(session.output, /This creates a conversation named/);
        session.type(typed);
        const from = Date.now();
        const end = await session.exited;
        assert.ok([code].flat().includes(end.code), `${end.code}: ${session.output}`);
        assert.ok(Date.now() - from < 10_000, 'Ctrl-C was not heeded');
        // The bot's own joining is the responder's.
        assert.equal(scene.changes().filter(({ path }) => !path.includes('/Participants')).length, changes);
        assert.deepEqual(left(), []);
      });
    }
  });

  it('wrong use: exit 64; --help: exit 0; faulty settings: exit 78', async () => {
    await open({ responder: false });
    for (const args of [['--nonsense'], ['more'], ['--timeout', 'soon'], ['--timeout', '-1'], ['--timeout', '2d'], ['--timeout']]) {
      const run = await scene.run('probe', ...args);
      assert.deepEqual([run.code, run.stdout], [64, ''], args.join(' '));
    }
    assert.equal((await scene.run('probe', '--help')).code, 0);
    await scene.change({ TWILIO_IDENTITY: undefined });
    assert.equal((await scene.run('probe', '--yes')).code, 78);
    assert.deepEqual(scene.twilio.requests, []);
  });
});
