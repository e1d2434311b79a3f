// twilio-autojoin probe: the round trip, and that nothing of it stays behind, whatever happens.

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../servers/daemon.js';
import { OperatorScene } from './scene.js';
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
    assert.deepEqual({ ...rest, conversation: 'CH' }, { conversation: 'CH', joined: true, deleted: true });
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
    assert.match(run.stdout, /The bot did not come to CH\S+\. See: twilio-autojoin check/);
    assert.ok(run.ms > 1000 && run.ms < 4000, `${run.ms} ms`);
    assert.deepEqual(left(), []);
    assert.deepEqual({ ...json(await begin('--timeout', '1s', '--json').exited), conversation: 'CH', ms: 0 }, { conversation: 'CH', joined: false, ms: 0, deleted: true });
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
    for (const signal of ['SIGINT', 'SIGTERM']) {
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
