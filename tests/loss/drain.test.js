// drain: what one pass does with the tickets.

import { after, afterEach, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { chmod, chown, rm, symlink } from 'node:fs/promises';
import { until } from '../servers/daemon.js';
import { jsonLines } from '../lib/operator.js';
import { CREATE, LossScene } from '../lib/loss-scene.js';
import { waitOf } from '../lib/ticket-file.js';

const HOUR = 3600_000;
const ago = (ms) => new Date(Date.now() - ms);
const ahead = (ms) => new Date(Date.now() + ms);
const TRIED = { firstSeen: ago(120_000), attempts: 1, verdict: 'retry-later: Twilio is in trouble' };

describe('drain', () => {
  let scene;
  before(async () => { scene = await LossScene.open({ responder: false, settings: { AUTOJOIN_SPOOL_GIVE_UP: '1h' } }); });
  after(() => scene.close());
  afterEach(async () => {
    scene.twilio.behave();
    await scene.twilio.accept();
    for (const conversation of scene.tickets()) await rm(`${scene.spool}/${conversation}`);
    for (const folder of ['failed', 'broken']) await rm(`${scene.spool}/${folder}`, { recursive: true, force: true });
  });

  it('one pass settles every ticket, whenever it was due', async () => {
    const contexts = [
      ...await scene.plantMany(30, TRIED),
      await scene.plant(scene.newContext(), { ...TRIED, nextAttempt: ahead(HOUR / 2) }),
    ];
    const run = await scene.drain();
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(scene.tickets(), []);
    for (const context of contexts) {
      assert.equal(scene.bots(context), 1);
      assert.equal(scene.creations(context).length, 1);
      assert.match(run.stdout, new RegExp(`^${context.conversation}  joined$`, 'm'));
    }
    assert.match(run.stdout, /^31 settled, 0 given up, 0 set aside, 0 left$/m);
  });

  it('an empty spool is done at once', async () => {
    const run = await scene.drain();
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, '0 settled, 0 given up, 0 set aside, 0 left\n', '']);
  });

  it('what is settled otherwise: already joined, closed, not there', async () => {
    const already = await scene.plant(scene.newContext(), TRIED);
    scene.twilio.addParticipant(already.conversation, { identity: scene.settings.TWILIO_IDENTITY });
    const closed = await scene.plant(scene.newContext({ state: 'closed' }), TRIED);
    const nowhere = await scene.plant({ conversation: `CH${'0'.repeat(32)}`, service: scene.twilio.defaultService.sid }, TRIED);
    const run = await scene.drain('--json');
    assert.equal(run.code, 0);
    const results = new Map(jsonLines(run).map(({ conversation, result }) => [conversation, result]));
    assert.equal(results.get(already.conversation), 'already-joined');
    assert.equal(results.get(closed.conversation), 'gone');
    assert.equal(results.get(nowhere.conversation), 'gone');
    assert.deepEqual(scene.tickets(), []);
  });

  it('a ticket without a service is for the default one', async () => {
    const context = scene.newContext();
    await scene.plant(context, { ...TRIED, service: '' });
    assert.equal((await scene.drain()).code, 0);
    assert.match(scene.creations(context)[0].path, /^\/v1\/Conversations\//);
  });

  it('one written by hand, with the conversation alone, is a ticket', async () => {
    const context = scene.newContext();
    await scene.folder.write(`spool/${context.conversation}`, `# by hand\nconversation = ${context.conversation}\n`.replace(' = ', '='));
    assert.equal((await scene.drain()).code, 0);
    assert.equal(scene.bots(context), 1);
  });

  it('--due takes only those whose time has come', async () => {
    const due = await scene.plant(scene.newContext(), { ...TRIED, nextAttempt: ago(1000) });
    const later = await scene.plant(scene.newContext(), { ...TRIED, nextAttempt: ahead(10 * 60_000) });
    const run = await scene.drain('--due');
    assert.equal(run.code, 1);
    assert.equal(scene.bots(due), 1);
    assert.deepEqual(scene.tickets(), [later.conversation]);
    assert.match(run.stdout, /, 1 left$/m);
  });

  it('a clock that was set back keeps nobody waiting', async () => {
    const context = await scene.plant(scene.newContext(), { ...TRIED, firstSeen: ahead(30 * 24 * HOUR), nextAttempt: ahead(30 * 24 * HOUR) });
    assert.equal((await scene.drain('--due')).code, 0);
    assert.equal(scene.bots(context), 1);
  });

  it('a fresh ticket is its responder\'s own for a moment', async () => {
    const context = await scene.plant(scene.newContext(), { firstSeen: new Date(), nextAttempt: ahead(1500) });
    const from = performance.now();
    assert.equal((await scene.drain()).code, 0);
    assert.ok(performance.now() - from > 1000, 'taken at once');
    assert.equal(scene.bots(context), 1);
  });

  it('--dry-run shows the tickets and calls nobody', async () => {
    const contexts = await scene.plantMany(3, TRIED);
    const before = scene.twilio.requests.length;
    const run = await scene.drain('--dry-run');
    assert.equal(run.code, 1);
    assert.equal(scene.twilio.requests.length, before);
    assert.equal(scene.tickets().length, 3);
    for (const { conversation } of contexts) assert.match(run.stdout, new RegExp(`^${conversation}  since .*, 1 attempt, next .*, last retry-later: Twilio is in trouble$`, 'm'));
    assert.match(run.stdout, /^3 left$/m);
  });

  it('--dry-run --json gives the tickets\' fields', async () => {
    const { conversation, service } = await scene.plant(scene.newContext(), TRIED);
    const [ticket] = jsonLines(await scene.drain('--dry-run', '--json'));
    assert.deepEqual({ ...ticket, next_attempt: undefined }, {
      conversation, service, event: 'onConversationAdded', first_seen: TRIED.firstSeen.toISOString(), attempts: 1,
      last_verdict: TRIED.verdict, next_attempt: undefined,
    });
  });

  it('--json gives an object a line, the summary last', async () => {
    const context = await scene.plant(scene.newContext(), TRIED);
    const bad = await scene.plant(scene.newContext(), TRIED);
    scene.twilio.misbehave({ match: bad.create, code: 50417 });
    const run = await scene.drain('--json');
    assert.equal(run.code, 1);
    const lines = jsonLines(run);
    assert.deepEqual(lines.find(({ conversation }) => conversation === context.conversation), {
      conversation: context.conversation, result: 'joined', reason: '', rest_status: 201, rest_code: 0, given_up: false,
    });
    assert.equal(lines.find(({ conversation }) => conversation === bad.conversation).rest_code, 50417);
    assert.deepEqual(lines.at(-1), { settled: 1, kept: 1, given_up: 0, set_aside: 0, left: 1, failed: 0, broken: 0, stopped: '' });
  });

  // ---- back-off

  // 404, although it is there: so soon after its creation that settles nothing.
  function undecided({ create }) {
    scene.twilio.misbehave({ match: create, code: 20404, times: 2 });
  }

  for (const [attempts, step] of [[0, 2000], [1, 4000], [4, 32_000], [8, 512_000], [9, 600_000], [500, 600_000]]) {
    it(`after attempt ${attempts + 1} that may pass by itself it waits between ${step / 2000} and ${step / 1000} s`, async () => {
      const contexts = await scene.plantMany(8, { ...TRIED, firstSeen: new Date(), nextAttempt: ago(1000), attempts });
      contexts.forEach(undecided);
      const from = Date.now();
      assert.equal((await scene.drain()).code, 1);
      const waits = contexts.map((context) => {
        assert.equal(scene.ticket(context).attempts, String(attempts + 1));
        return waitOf(scene.ticket(context), from);
      });
      for (const wait of waits) assert.ok(wait >= step / 2 && wait <= step + 2000, `${wait} ms`);
      assert.ok(new Set(waits).size > 1, `no jitter: ${waits}`);
    });
  }

  for (const [attempts, step] of [[0, 60_000], [3, 480_000], [9, HOUR]]) {
    it(`after refusal ${attempts + 1} it waits between ${step / 2000} and ${step / 1000} s`, async () => {
      const context = await scene.plant(scene.newContext(), { ...TRIED, attempts });
      scene.twilio.misbehave({ match: context.create, code: 50417 });
      const from = Date.now();
      assert.equal((await scene.drain()).code, 1);
      const wait = waitOf(scene.ticket(context), from);
      assert.ok(wait >= step / 2 && wait <= step + 2000, `${wait} ms`);
    });
  }

  it('a Retry-After longer than any wait of ours is no reason to come at once', async () => {
    const context = await scene.plant(scene.newContext(), TRIED);
    scene.twilio.misbehave({ match: context.create, status: 503, headers: { 'Retry-After': '86400' }, times: Infinity });
    assert.equal((await scene.drain()).code, 1);
    const before = scene.creations(context).length;
    const run = await scene.drain('--due');
    assert.equal(run.code, 1);
    assert.equal(scene.creations(context).length, before, `tried again at once, next attempt ${scene.ticket(context).next_attempt}`);
  });

  it('credentials that are refused stop the pass, and everything is kept', async () => {
    await scene.plantMany(60, TRIED);
    scene.twilio.misbehave({ match: {}, status: 401, code: 20003, times: Infinity });
    const before = scene.twilio.requests.length;
    const run = await scene.drain();
    assert.equal(run.code, 1);
    assert.equal(scene.tickets().length, 60);
    assert.ok(scene.twilio.requests.length - before <= 32, `${scene.twilio.requests.length - before} calls`);
    assert.match(run.stdout, /left: the REST credentials are wrong$/m);
  });

  it('the identity\'s limit stops the pass, and says what to do', async () => {
    await scene.plantMany(60, TRIED);
    scene.twilio.misbehave({ match: CREATE, code: 50214, times: Infinity });
    const run = await scene.drain();
    assert.equal(run.code, 1);
    assert.equal(scene.tickets().length, 60);
    assert.match(run.stdout, /left: .*too many conversations.*1000/m);
  });

  it('nobody listens: stopped soon, everything is kept and nothing ages', async () => {
    const contexts = await scene.plantMany(60, { ...TRIED, firstSeen: ago(2 * HOUR) });
    await scene.twilio.refuse();
    const run = await scene.drain();
    assert.equal(run.code, 1);
    assert.ok(run.ms < 5000, `took ${run.ms.toFixed(0)} ms`);
    assert.match(run.stdout, /left: Twilio does not answer$/m);
    assert.equal(scene.tickets().length, 60);
    assert.deepEqual(scene.kept('failed'), []);
    for (const context of contexts) assert.ok(waitOf(scene.ticket(context)) <= 0, 'put off');
  });

  it('429 that asks for an hour ends the pass, and says so', async () => {
    await scene.plantMany(60, TRIED);
    scene.twilio.misbehave({ match: CREATE, status: 429, headers: { 'Retry-After': '3600' }, times: Infinity });
    const run = await scene.drain();
    assert.equal(run.code, 1);
    assert.match(run.stdout, /, 60 left: Twilio asks to come back later \(429\)$/m);
  });

  // ---- giving up

  const HOPELESS = { ...TRIED, firstSeen: ago(9 * HOUR), attempts: 40, refusedFor: 2 * HOUR };

  it('Twilio has been answering for too long that it cannot be done: given up loudly, kept in failed/', async () => {
    const context = await scene.plant(scene.newContext(), HOPELESS);
    scene.twilio.misbehave({ match: context.create, code: 50417, times: Infinity });
    const run = await scene.drain();
    assert.match(run.stdout, new RegExp(`^${context.conversation}  refused: .*; given up \\(AUTOJOIN_SPOOL_GIVE_UP\\): moved to failed/$`, 'm'));
    assert.match(run.stdout, /^0 settled, 1 given up, 0 set aside, 0 left/m);
    assert.deepEqual(scene.tickets(), []);
    assert.deepEqual(scene.kept('failed'), [context.conversation]);
    assert.match(scene.ticket(context, 'failed').last_verdict, /^refused: the conversation has as many participants/);
    assert.equal(run.code, 1, 'a script learns nothing of it');
  });

  it('for too long, and now it can be done: joined', async () => {
    const context = await scene.plant(scene.newContext(), HOPELESS);
    assert.equal((await scene.drain()).code, 0);
    assert.equal(scene.bots(context), 1);
    assert.deepEqual(scene.kept('failed'), []);
  });

  it('not for so long: kept, and the wait until the next attempt counts', async () => {
    const context = await scene.plant(scene.newContext(), { ...HOPELESS, refusedFor: HOUR - 1000 });
    scene.twilio.misbehave({ match: context.create, code: 50417 });
    await scene.drain();
    assert.deepEqual(scene.tickets(), [context.conversation]);
    const { refused_for: seconds, next_attempt: next } = scene.ticket(context);
    const waits = (Date.parse(next) - Date.now()) / 1000;
    assert.ok(Math.abs(Number(seconds) - 3599 - waits) < 60, `${seconds}, and ${waits} to wait`);
  });

  for (const [name, fault] of [['503', { status: 503 }], ['that the conversation is full', { code: 50417 }]]) {
    it(`however old the tickets are, the first answer, ${name}, gives none of them up`, async () => {
      const contexts = await scene.plantMany(12, { ...TRIED, firstSeen: ago(100 * HOUR), attempts: 3 });
      scene.twilio.misbehave({ match: CREATE, ...fault, times: Infinity });
      assert.equal((await scene.drain()).code, 1);
      assert.equal(scene.tickets().length, contexts.length);
      assert.deepEqual(scene.kept('failed'), []);
    });
  }

  for (const [name, fault] of [
    ['429', { status: 429 }], ['refused credentials', { status: 401, code: 20003 }], ['nobody there', { fault: 'cut' }],
  ]) {
    it(`${name}: no answer about the conversation, which does not count and does not give up`, async () => {
      const context = await scene.plant(scene.newContext(), HOPELESS);
      scene.twilio.misbehave({ match: context.create, ...fault, times: Infinity });
      assert.equal((await scene.drain()).code, 1);
      assert.deepEqual(scene.tickets(), [context.conversation]);
      assert.equal(scene.ticket(context).refused_for, String(HOPELESS.refusedFor / 1000));
    });
  }

  // ---- what is no ticket

  it('foreign and broken files are put aside under their names, and reported', async () => {
    const contexts = { empty: scene.newContext(), other: scene.newContext(), nonsense: scene.newContext(), huge: scene.newContext() };
    const planted = {
      [contexts.empty.conversation]: '',
      [contexts.other.conversation]: `conversation=${contexts.nonsense.conversation}\n`,
      [contexts.nonsense.conversation]: '\0\x01binary\xff',
      [contexts.huge.conversation]: `conversation=${contexts.huge.conversation}\n${'#'.repeat(8000)}\n`,
      'README': 'foreign',
      'CHshort': 'conversation=CHshort\n',
      'new\nline\u001b[2J': 'foreign',
    };
    for (const [name, text] of Object.entries(planted)) await scene.folder.write(`spool/${name}`, text);
    await symlink('/etc/passwd', `${scene.spool}/CH${'9'.repeat(32)}`);
    const good = await scene.plant(scene.newContext(), TRIED);
    const names = [...Object.keys(planted), `CH${'9'.repeat(32)}`].sort();

    const shown = await scene.drain('--dry-run');
    assert.deepEqual(scene.kept('broken'), []);
    assert.equal(shown.stderr.match(/^twilio-autojoin: not a ticket: \S+(;.*)?$/gm)?.length, names.length);

    const run = await scene.drain();
    assert.equal(scene.bots(good), 1);
    assert.deepEqual(scene.kept('broken'), names);
    assert.deepEqual(scene.tickets(), []);
    assert.equal(run.stderr.match(/^twilio-autojoin: not a ticket: \S+ \(moved to broken\/\)(;.*)?$/gm)?.length, names.length);
    assert.equal(run.code, 1, 'five of them were a conversation\'s');
    assert.equal(run.stderr.match(/^twilio-autojoin: not a ticket: CH[0-9a-f]{32} .*; `twilio-autojoin reconcile` finds out/gm)?.length, 5);
    assert.ok(!run.stderr.includes('\u001b'));
    assert.match(run.stdout, new RegExp(`, ${names.length} set aside, 0 left`));
    assert.equal(scene.creations().filter(({ path }) => names.some((name) => path.includes(name))).length, 0);
  });

  it('a ticket that belongs to somebody else is told, with what fixes it', { skip: process.getuid() !== 0 && 'not root' }, async () => {
    const context = await scene.plant(scene.newContext(), TRIED);
    const path = `${scene.spool}/${context.conversation}`;
    await chown(path, 0, 0);
    await chmod(path, 0o600);
    const run = await scene.drain();
    assert.equal(run.code, 1);
    assert.match(run.stderr, new RegExp(`^twilio-autojoin: ${context.conversation}: Permission denied \\(.*chown.*\\)$`, 'm'));
    assert.deepEqual(scene.tickets(), [context.conversation]);
  });

  it('a second broken file of the same name overwrites nothing', async () => {
    for (let i = 0; i < 3; i += 1) {
      await scene.folder.write('spool/README', `number ${i}`);
      assert.equal((await scene.drain()).code, 0, 'it was never a join');
    }
    assert.deepEqual(scene.kept('broken'), ['README', 'README.1', 'README.2']);
  });

  // ---- several at once, and none

  it('two drainers at once join everything once and lose nothing', async () => {
    const contexts = await scene.plantMany(200, TRIED);
    scene.twilio.misbehave({ match: CREATE, delayMs: 5, times: Infinity });
    const runs = await Promise.all([scene.drain(), scene.drain()]);
    for (const run of runs) assert.deepEqual([run.code, run.stderr], [0, '']);
    assert.deepEqual(scene.tickets(), []);
    for (const context of contexts) assert.equal(scene.bots(context), 1);
  });

  it('a ticket that somebody else has struck out meanwhile does not come back', async () => {
    const context = await scene.plant(scene.newContext(), TRIED);
    const rule = scene.twilio.misbehave({ match: context.create, code: 50417, delayMs: 500 });
    const run = scene.start(['drain']);
    await until(() => rule.hits === 1, { what: 'the join is under way' });
    await rm(`${scene.spool}/${context.conversation}`);
    assert.equal((await run.exited).code, 0);
    assert.deepEqual([scene.tickets(), scene.kept('failed')], [[], []]);
    assert.match(run.stdout, new RegExp(`^${context.conversation}  refused: .*; meanwhile its ticket was struck out by another$`, 'm'));
  });

  it('... and is not counted as kept', async () => {
    const context = await scene.plant(scene.newContext(), TRIED);
    const rule = scene.twilio.misbehave({ match: context.create, code: 50417, delayMs: 500 });
    const run = scene.start(['drain', '--json']);
    await until(() => rule.hits === 1, { what: 'the join is under way' });
    await rm(`${scene.spool}/${context.conversation}`);
    const { settled, kept, given_up: givenUp, left } = jsonLines(await run.exited).at(-1);
    assert.deepEqual({ settled, kept, givenUp, left }, { settled: 0, kept: 0, givenUp: 0, left: 0 });
  });

  it('one that is killed half-way leaves the rest for the next', async () => {
    const contexts = await scene.plantMany(200, TRIED);
    const rule = scene.twilio.misbehave({ match: CREATE, delayMs: 20, times: Infinity });
    const run = scene.start(['drain']);
    await until(() => rule.hits > 60, { what: 'the drainer to be half-way' });
    await run.stop('SIGKILL');
    const left = scene.tickets().length;
    assert.ok(left > 0 && left < 200, `${left} left`);
    const joined = contexts.filter((context) => scene.bots(context) === 1).length;
    assert.ok(joined + left >= 200, `${joined} joined and ${left} tickets of 200`);
    assert.equal((await scene.drain()).code, 0);
    assert.deepEqual(scene.tickets(), []);
    for (const context of contexts) assert.equal(scene.bots(context), 1);
  });

  it('SIGTERM ends a pass cleanly, and says that something is left', async () => {
    await scene.plantMany(200, TRIED);
    const rule = scene.twilio.misbehave({ match: CREATE, delayMs: 50, times: Infinity });
    const run = scene.start(['drain']);
    await until(() => rule.hits > 40, { what: 'the drainer to be half-way' });
    const from = performance.now();
    await run.stop('SIGTERM');
    assert.equal(run.code, 1, run.stderr);
    assert.ok(performance.now() - from < 2000);
    assert.match(run.stdout, new RegExp(`, ${scene.tickets().length} left`));
  });

  it('started as root it becomes the owner of the spool', async (t) => {
    if (process.getuid() !== 0) return t.skip('only root can');
    const context = await scene.plant(scene.newContext(), TRIED);
    scene.twilio.misbehave({ match: context.create, code: 50417 });
    const run = await scene.start(['drain'], { as: {} }).exited;
    assert.equal(run.code, 1, run.stderr);
    const { statSync } = await import('node:fs');
    const { uid, gid } = statSync(`${scene.spool}/${context.conversation}`);
    assert.deepEqual({ uid, gid }, { uid: scene.folder.user.uid, gid: scene.folder.user.gid });
  });

  // ---- exit statuses

  it('exit statuses: 64 wrong use, 0 help, 78 settings, 74 spool', async () => {
    const status = async (args, options) => (await scene.start(args, options).exited).code;
    assert.equal(await status(['drain', '--nonsense']), 64);
    assert.equal(await status(['drain', 'more']), 64);
    assert.equal(await status([]), 64);
    assert.equal(await status(['drain', '--help']), 0);
    assert.equal(await status(['drain'], { env: { AUTOJOIN_SPOOL_DIR: '' } }), 78);
    assert.equal(await status(['drain'], { env: { AUTOJOIN_SPOOL_MAX: 'many' } }), 78);
    assert.equal(await status(['drain'], { env: { AUTOJOIN_SPOOL_DIR: `${scene.spool}/nowhere` } }), 74);
    assert.equal(await status(['drain', '--watch'], { env: { AUTOJOIN_SPOOL_DIR: `${scene.spool}/nowhere` } }), 74);
    await chmod(scene.spool, 0o000);
    assert.equal(await status(['drain']), 74);
    await chmod(scene.spool, 0o700);
  });
});
