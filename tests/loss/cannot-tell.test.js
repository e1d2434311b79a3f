// What the spool cannot tell is not "no": who asks waits, or ends with the reason. And what was set aside is
// seen, and can be had back.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../servers/daemon.js';
import { IDENTITY, LossScene } from '../lib/loss-scene.js';
import { found } from '../lib/machine.js';
import { jsonLines } from '../lib/operator.js';
import { ticketText } from '../lib/ticket-file.js';

const TRIED = { firstSeen: new Date(Date.now() - 3_600_000), attempts: 1, nextAttempt: new Date(Date.now() - 60_000) };
const ALL_EVENTS = { AUTOJOIN_EVENTS: 'onConversationAdded,onMessageAdded' };
const EX_IOERR = 74;

/** The mark of a removed bot, as the responder sets it; its directory closed to everybody afterwards. */
async function removedAndHidden(scene) {
  const context = scene.newContext();
  await scene.sendEvent(context, 'onParticipantRemoved', { Identity: IDENTITY });
  assert.deepEqual(scene.kept('left'), [context.conversation]);
  chmodSync(`${scene.spool}/left`, 0);
  return context;
}

describe('a mark that cannot be read is not "no mark"', () => {
  let scene;
  before(async () => { scene = await LossScene.open({ settings: ALL_EVENTS }); });
  after(() => scene.close());

  it('reconcile ends with the reason and joins nobody', async () => {
    const context = await removedAndHidden(scene);
    const run = await scene.reconcile();
    assert.equal(run.code, EX_IOERR);
    assert.match(run.stderr, /removed on purpose cannot be read/);
    assert.equal(scene.bots(context), 0);
    chmodSync(`${scene.spool}/left`, 0o700);
  });

  it('check is not green, for most joins wait', async () => {
    mkdirSync(`${scene.spool}/left`, { recursive: true });
    chmodSync(`${scene.spool}/left`, 0);
    const lines = jsonLines(await scene.start(['check', '--offline', '--json']).exited);
    chmodSync(`${scene.spool}/left`, 0o700);
    const [spool] = lines.filter(({ check }) => check === 'spool');
    assert.equal(spool.verdict, 'fail');
    assert.match(spool.text, /Permission denied/);
  });

  it('reconcile that ends so does not count what it did not join as done: --state stays where it was', async () => {
    const all = Array.from({ length: 120 }, () => scene.newContext());
    const state = scene.folder.join('state');
    chmodSync(`${scene.spool}/left`, 0);
    assert.equal((await scene.reconcile('--state', state, '--rate', '1000')).code, EX_IOERR);
    chmodSync(`${scene.spool}/left`, 0o700);
    assert.ok(!existsSync(state), 'the next run would begin with the second page');
    assert.equal((await scene.reconcile('--state', state, '--rate', '1000')).code, 0);
    for (const context of all) assert.equal(scene.bots(context), 1);
  });

  for (const command of ['drain', 'reconcile']) {
    it(`${command} --rejoin joins, and says of a mark that it cannot take back`, async () => {
      const context = scene.newContext();
      await scene.sendEvent(context, 'onParticipantRemoved', { Identity: IDENTITY });
      if (command === 'drain') await scene.plant(context, TRIED);
      chmodSync(`${scene.spool}/left`, 0o500);
      const run = await scene.start([command, '--rejoin']).exited;
      chmodSync(`${scene.spool}/left`, 0o700);
      assert.equal(scene.bots(context), 1);
      assert.match(run.stderr, new RegExp(`${context.conversation}: .*left/.*: Permission denied`));
    });
  }

  it('reconcile --rejoin does not ask', async () => {
    const context = scene.newContext();
    await scene.sendEvent(context, 'onParticipantRemoved', { Identity: IDENTITY });
    assert.equal((await scene.reconcile('--rejoin')).code, 0);
    assert.equal(scene.bots(context), 1);
  });

  it('drain keeps the ticket and says why', async () => {
    const context = await scene.plant(scene.newContext(), TRIED);
    chmodSync(`${scene.spool}/left`, 0);
    const run = await scene.drain();
    chmodSync(`${scene.spool}/left`, 0o700);
    assert.equal(run.code, EX_IOERR);
    assert.match(run.stdout, /1 left: Permission denied/);
    assert.equal(scene.bots(context), 0);
    assert.ok(scene.hasTicket(context));
    assert.equal((await scene.drain()).code, 0);
  });

  it('a message waits, a conversation that was just made does not', async () => {
    const made = scene.newContext();
    const older = scene.newContext();
    chmodSync(`${scene.spool}/left`, 0);
    const later = await scene.sendEvent(older, 'onMessageAdded');
    const joined = await scene.send(made);
    const late = await scene.send(older, { set: { DateCreated: new Date(Date.now() - 301_000).toISOString() } });
    chmodSync(`${scene.spool}/left`, 0o700);
    assert.deepEqual([later.status, later.body], [503, '{"result":"retry-later"}']);
    assert.equal(late.body, later.body, 'told of late, it is not new');
    assert.equal(joined.body, '{"result":"joined"}');
    const line = (await scene.log()).find(({ conversation }) => conversation === older.conversation);
    assert.match(line.reason, /removed on purpose cannot be read/);
    assert.equal(scene.bots(older), 0);
    assert.ok(scene.hasTicket(older), 'if Twilio does not repeat it, nobody joins it');
    assert.equal((await scene.sendEvent(older, 'onMessageAdded')).body, '{"result":"joined"}');
  });
});

describe('a spool that takes nothing any more', () => {
  let scene;
  before(async () => { scene = await LossScene.open({ responder: false }); });
  after(async () => {
    chmodSync(scene.spool, 0o700);
    await scene.close();
  });

  it('drain says why the ticket of a done join is still there', async () => {
    const context = await scene.plant(scene.newContext(), TRIED);
    chmodSync(scene.spool, 0o500);
    const run = await scene.drain();
    assert.equal(run.code, EX_IOERR);
    assert.match(run.stdout, /1 left: Permission denied/);
    assert.match(run.stdout, /could not be struck out/);
    assert.equal(scene.creations(context).length, 1);
  });

  it('drain --watch says it once and does not join again and again', async () => {
    const [{ conversation }] = scene.tickets().map((name) => ({ conversation: name }));
    const before = scene.creations({ conversation }).length;
    const run = scene.watch();
    await run.says(/cannot be used: Permission denied/);
    await pause(1500); // a pass each 500 ms, as it was, would show by then
    await run.stop();
    assert.equal(run.stderr.match(/cannot be used/g).length, 1);
    assert.equal(scene.creations({ conversation }).length, before + 1);
  });

  it('reconcile says that no ticket can be written', async () => {
    chmodSync(scene.spool, 0o500);
    const context = scene.newContext();
    scene.twilio.misbehave({ match: context.create, code: 50417 });
    const run = await scene.reconcile();
    assert.equal(run.code, 1);
    assert.match(run.stderr, /no ticket can be written/);
    assert.match(run.stderr, /Permission denied/);
    chmodSync(scene.spool, 0o700);
  });

  it('--watch tells of a directory that is gone', async () => {
    const gone = await LossScene.open({ responder: false });
    const run = gone.watch();
    await until(() => readFileSync(`/proc/${run.pid}/stat`, 'latin1').split(' ')[2] === 'S', { what: 'it waits' });
    await rename(gone.spool, `${gone.spool}.away`);
    await run.says(/cannot be used: No such file/, { timeoutMs: 20_000 });
    await gone.close();
  });
});

describe('what does not count towards AUTOJOIN_SPOOL_GIVE_UP', () => {
  let scene;
  before(async () => { scene = await LossScene.open({ responder: false, settings: { AUTOJOIN_SPOOL_GIVE_UP: '1h' } }); });
  after(() => scene.close());

  const CASES = [
    ['Twilio in trouble (503)', { status: 503 }, false],
    ['a group that is still initializing (50386)', { code: 50386 }, false],
    ['a redirect', { status: 302, headers: { location: 'https://example.com/' } }, false],
    ['a full conversation (50417), which does', { code: 50417 }, true],
  ];
  const contexts = new Map();

  before(async () => { // one pass for all: what may pass by itself is tried for 15 s
    for (const [name, fault] of CASES) {
      const context = await scene.plant(scene.newContext(), { ...TRIED, attempts: 5, refusedFor: 2 * 3_600_000 });
      scene.twilio.misbehave({ match: context.create, ...fault, times: 20 });
      contexts.set(name, context);
    }
    await scene.drain();
  });

  for (const [name, , counts] of CASES) {
    it(name, () => {
      const context = contexts.get(name);
      assert.equal(scene.hasTicket(context), !counts);
      assert.equal(scene.kept('failed').includes(context.conversation), counts);
      if (!counts) assert.equal(scene.ticket(context).refused_for, '7200');
    });
  }
});

describe('what was set aside', () => {
  let scene;
  const planted = [];
  before(async () => {
    scene = await LossScene.open({ settings: { AUTOJOIN_STATS_FILE: undefined } });
    for (const folder of ['failed', 'broken']) {
      mkdirSync(`${scene.spool}/${folder}`, { mode: 0o700 });
      await scene.own(`${scene.spool}/${folder}`);
    }
    for (let i = 0; i < 4; i++) {
      const context = scene.newContext();
      const path = `${scene.spool}/failed/${context.conversation}${i === 3 ? '.1' : ''}`;
      writeFile(path, ticketText({ ...context, ...TRIED, attempts: 9, refusedFor: 9 * 86_400_000 }));
      await scene.own(path);
      planted.push(context);
    }
    writeFile(`${scene.spool}/broken/notes.txt`, 'no ticket\n');
  });
  after(() => scene.close());

  function writeFile(path, text) {
    const file = openSync(path, 'w', 0o600);
    writeSync(file, text);
    closeSync(file);
  }

  it('check counts it, with the fix', async () => {
    const lines = jsonLines(await scene.start(['check', '--offline', '--json']).exited);
    const spool = lines.filter(({ check }) => check === 'spool');
    assert.match(spool[0].text, /4 joins were given up/);
    assert.match(JSON.stringify(spool[0]), /drain --failed/);
    assert.match(spool[1].text, /1 file lies in .*broken that is no ticket/);
    assert.ok(spool.every(({ verdict }) => verdict === 'warn'));
  });

  it('drain names it in its summary', async () => {
    const run = await scene.drain();
    assert.match(run.stdout, /^4 in failed\/.*drain --failed/m);
    assert.match(run.stdout, /^1 in broken\//m);
  });

  it('drain --failed --dry-run leaves it as it is', async () => {
    const before = scene.kept('failed');
    const run = await scene.drain('--failed', '--dry-run');
    assert.equal(run.code, 0);
    assert.deepEqual([scene.kept('failed'), scene.tickets()], [before, []]);
  });

  it('drain --failed tries it again', async () => {
    const run = await scene.drain('--failed');
    assert.equal(run.code, 0);
    assert.match(run.stderr, /4 taken back from failed/);
    for (const context of planted) assert.equal(scene.bots(context), 1);
    assert.deepEqual(scene.kept('failed'), []);
  });

  it('drain --failed loses none for a file of the same name that is no ticket', async () => {
    const context = scene.newContext();
    writeFile(`${scene.spool}/failed/${context.conversation}`, ticketText({ ...context, ...TRIED }));
    writeFile(`${scene.spool}/${context.conversation}`, '');
    for (const folder of ['failed', '.']) await scene.own(`${scene.spool}/${folder}/${context.conversation}`);
    await scene.drain('--failed');
    assert.equal(scene.bots(context), 1);
  });

  it('drain --failed does not give it up at the first refusal', async () => {
    const context = scene.newContext();
    writeFile(`${scene.spool}/failed/${context.conversation}`, ticketText({ ...context, ...TRIED, refusedFor: 9 * 86_400_000 }));
    await scene.own(`${scene.spool}/failed/${context.conversation}`);
    scene.twilio.misbehave({ match: context.create, code: 50417 });
    assert.equal((await scene.drain('--failed')).code, 1);
    assert.ok(scene.hasTicket(context));
  });
});

describe('drain --failed where the spool is full', () => {
  it('drains what waits all the same, and says that the others stay', async () => {
    const scene = await LossScene.open({ responder: false, settings: { AUTOJOIN_SPOOL_MAX: '1' } });
    try {
      const waiting = await scene.plant(scene.newContext(), TRIED);
      const failed = scene.newContext();
      mkdirSync(`${scene.spool}/failed`, { mode: 0o700 });
      await scene.own(`${scene.spool}/failed`);
      const file = openSync(`${scene.spool}/failed/${failed.conversation}`, 'w', 0o600);
      writeSync(file, ticketText({ ...failed, ...TRIED }));
      closeSync(file);
      await scene.own(`${scene.spool}/failed/${failed.conversation}`);
      const run = await scene.drain('--failed');
      assert.match(run.stderr, /the others stay in failed/);
      assert.equal(scene.bots(waiting), 1);
      assert.deepEqual(scene.kept('failed'), [failed.conversation]);
    } finally {
      await scene.close();
    }
  });
});

describe('files that come from elsewhere', () => {
  let scene;
  before(async () => { scene = await LossScene.open({ responder: false }); });
  after(() => scene.close());

  it('a ticket that cp(1) writes is not taken before it is whole', async () => {
    const run = scene.watch();
    await until(() => existsSync(`/proc/${run.pid}/fdinfo`), { what: 'it runs' });
    const contexts = Array.from({ length: 6 }, () => scene.newContext());
    const files = [];
    for (const context of contexts) {
      const path = `${scene.spool}/${context.conversation}`;
      files.push(openSync(path, 'w', 0o600));
      await scene.own(path);
    }
    await pause(300); // the file is there, its bytes are not
    contexts.forEach((context, i) => {
      writeSync(files[i], ticketText({ ...context, ...TRIED }));
      closeSync(files[i]);
    });
    await until(() => contexts.every((context) => scene.bots(context) === 1), { what: 'all joined' });
    await run.stop();
    assert.deepEqual(scene.kept('broken'), []);
    assert.equal(run.stderr.includes('not a ticket'), false);
  });

  it('lost+found stays where it is, and nobody speaks of it', async () => {
    mkdirSync(`${scene.spool}/lost+found`, { mode: 0o700 });
    const run = await scene.drain();
    assert.equal(run.code, 0);
    assert.equal(run.stderr, '');
    assert.ok(existsSync(`${scene.spool}/lost+found`));
  });
});

describe('AUTOJOIN_SPOOL_SYNC', () => {
  it('a mark has survived a power loss when the webhook is answered: left/ and the spool are synced', async (t) => {
    if (!await found('strace', ['-o', '/dev/null', 'true'])) { t.skip('strace cannot be used here'); return; }
    const scene = await LossScene.open({ responder: false, settings: { AUTOJOIN_SPOOL_SYNC: 'yes' } });
    try {
      const trace = await scene.folder.write('trace', '');
      await scene.own(trace);
      await scene.startResponder({ wrap: ['strace', '-f', '-e', 'trace=fsync', '-o', trace] });
      await scene.sendEvent(scene.newContext(), 'onParticipantRemoved', { Identity: IDENTITY });
      // The process hides its memory, so strace shows no names: left/ and the directory that it is in are two.
      const synced = [...readFileSync(trace, 'latin1').matchAll(/fsync\((\d+)\)\s+= 0/g)].map(([, descriptor]) => descriptor);
      assert.equal(new Set(synced).size, 2, synced.join());
    } finally {
      await scene.close();
    }
  });
});
