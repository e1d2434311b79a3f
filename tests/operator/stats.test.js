// twilio-autojoin stats: what all processes counted, whatever became of them.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, rm, symlink } from 'node:fs/promises';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { AUTH_TOKEN, OTHER_SHARED_KEY, SECONDARY_TOKEN, SHARED_KEY } from '../lib/account.js';
import { webhookRequest } from '../lib/webhook-records.js';
import { RESPONDER } from '../lib/programs.js';
import { SeededRandom } from '../lib/seeded-random.js';
import { found, refusesMounts } from '../lib/machine.js';
import { ticketText } from '../lib/ticket-file.js';
import { until } from '../servers/daemon.js';
import { FastCgiConnection, fastcgiRequest } from '../servers/fastcgi.js';
import { startResponder } from '../servers/responder.js';
import { parsePrometheus } from './prometheustext.js';
import { IDENTITY, OperatorScene } from './scene.js';
import { hasNoTerminal, onTerminal } from './terminal.js';

const RESULTS = ['joined', 'already-joined', 'gone', 'ignored', 'retry-later', 'refused', 'forbidden', 'method-not-allowed', 'unsupported-type', 'too-large', 'bad-request'];

describe('stats', async () => {
  let scene;
  afterEach(() => scene.close());
  const open = async (options) => { scene = await OperatorScene.open(options); };

  const newContext = (given = {}) => {
    const { sid, service } = scene.twilio.addConversation(given);
    return { conversation: sid, service };
  };
  const request = (spec = {}, context = newContext()) => webhookRequest(context, { signedUrl: scene.front.url, ...spec });
  const send = (spec, context, responder = scene.responders[0]) => fastcgiRequest(responder.socket, request(spec, context));
  const json = async () => {
    const run = await scene.run('stats', '--json');
    assert.equal(run.code, 0, run.stderr);
    return JSON.parse(run.stdout);
  };
  const prometheus = async () => {
    const run = await scene.run('stats', '--prometheus');
    assert.equal(run.code, 0, run.stderr);
    return parsePrometheus(run.stdout);
  };
  const sum = (object) => Object.values(object).reduce((a, b) => a + b, 0);
  const nothingBut = (some) => Object.fromEntries(RESULTS.map((name) => [name, some[name] ?? 0]));

  /** One request of every result; resolves to what must have been counted. */
  async function oneOfEach() {
    await send();
    await send({}, newContext({ identities: [IDENTITY] }));
    await send({}, { conversation: `CH${'0'.repeat(32)}`, service: scene.twilio.defaultService.sid });
    await send({ set: { EventType: 'onMessageAdded' } });
    scene.twilio.answer(/POST .*Participants$/, { status: 503, headers: { 'retry-after': '60' }, json: {}, times: 1 });
    await send();
    scene.twilio.answer(/POST .*Participants$/, { status: 401, json: { code: 20003, status: 401 }, times: 1 });
    await send();
    await send({ signature: null });
    await send({ method: 'PUT' });
    await send({ contentType: 'text/plain' });
    await send({ body: `a=${'x'.repeat(70_000)}` });
    await send({ set: { ConversationSid: 'CH1' } });
    return Object.fromEntries(RESULTS.map((name) => [name, 1]));
  }

  it('counts each result once, and REST by its outcome', async () => {
    await open();
    const expected = await oneOfEach();
    const counted = await json();
    assert.deepEqual(counted.webhooks, expected);
    assert.deepEqual([counted.rest.ok >= 1, counted.rest.conflict, counted.rest.limited, counted.rest['server-error']], [true, 1, 0, 1]);
    assert.ok(counted.rest['client-error'] >= 2);
    assert.equal(sum(counted.rest_time.buckets), sum(counted.rest));
    assert.equal(sum(counted.webhook_time.buckets), 5, 'joins are timed, and nothing else is');
    assert.equal(counted.breaker_open, false);
    // Each try at a join is written down first; two were not settled.
    assert.deepEqual([counted.spool.written - counted.spool.struck, counted.spool_depth], [2, 2]);
  });

  it('counts by which kind of key and which algorithm each was proved, and nothing that was not', async () => {
    const [first, second] = [SHARED_KEY, OTHER_SHARED_KEY];
    await open({ settings: { TWILIO_AUTH_TOKEN_SECONDARY: SECONDARY_TOKEN, AUTOJOIN_SHARED_KEYS: `${first.id}=${first.secret} ${second.id}=${second.secret}` } });
    const noKey = (algorithm) => [['X-Twilio-Webhooks-Signature-Settings', `algorithm=${algorithm}`]];
    const token = (secret) => ({ sharedKey: { secret, algorithm: 'HMAC_SHA256' }, settingsHeader: 'algorithm=HMAC_SHA256' });
    const specs = [
      [{}, 4], [{ headers: noKey('HMAC_SHA1') }, 1], [{ set: { EventType: 'onMessageAdded' } }, 1], [{ set: { ConversationSid: 'CH1' } }, 1], [token(AUTH_TOKEN), 2],
      [{ token: SECONDARY_TOKEN }, 3], [token(SECONDARY_TOKEN), 1], [{ sharedKey: first }, 4], [{ sharedKey: second }, 1], [{ sharedKey: { ...first, algorithm: 'HMAC_SHA1' } }, 2],
      // Not proved.
      [{ signature: null }, 1], [{ sharedKey: { id: 'k', secret: 'k' } }, 2], [{ method: 'PUT' }, 1], [{ json: '{}', bodySHA256: '0'.repeat(64), signedUrl: `${scene.front.url}?bodySHA256=${'0'.repeat(64)}` }, 1],
    ];
    for (const [spec, times] of specs) for (let i = 0; i < times; i++) await send(spec);
    const expected = { 'auth-token-sha1': 7, 'auth-token-sha256': 2, 'secondary-sha1': 3, 'secondary-sha256': 1, 'shared-key-sha1': 2, 'shared-key-sha256': 5 };
    assert.deepEqual((await json()).signatures, expected);
    const { samples } = (await prometheus()).get('twilio_autojoin_signatures_total');
    assert.deepEqual(Object.fromEntries(samples.map(({ labels, value }) => [labels.key, value])), expected);
    const { stdout } = await scene.run('stats');
    for (const [name, number] of Object.entries(expected)) assert.match(stdout, new RegExp(`^ {2}${name} +${number}$`, 'm'));
  });

  it('health looks are not counted', async () => {
    await open();
    await send({ method: 'GET', target: '/webhooks/twilio/healthz' });
    assert.equal(sum((await json()).webhooks), 0);
  });

  it('the same for people, in JSON and for Prometheus', async () => {
    await open();
    await oneOfEach();
    const { webhooks, rest } = await json();
    const families = await prometheus();
    const labelled = (name, label) => Object.fromEntries(families.get(name).samples.map(({ labels, value }) => [labels[label], value]));
    assert.deepEqual(labelled('twilio_autojoin_webhooks_total', 'result'), webhooks);
    assert.deepEqual(labelled('twilio_autojoin_rest_total', 'outcome'), rest);
    const { stdout } = await scene.run('stats');
    for (const name of RESULTS) assert.match(stdout, new RegExp(`^ {2}${name} +1$`, 'm'));
    assert.match(stdout, /^Since \d{4}-\d\d-\d\dT[\d:.]+Z$/m);
    assert.match(stdout, /^ {2}webhook +p50 .* p90 .* p99 /m);
    assert.match(stdout, /^spool: 2 tickets, the oldest \d+ s old\nbreaker: closed$/m);
    assert.ok(!stdout.includes('\u001b'));
  });

  // Where it is not installed our own reader judges alone: nothing is left out by that.
  if (await found('promtool', ['--version'])) {
    it('promtool agrees', async () => {
      await open();
      await oneOfEach();
      const { stdout } = await scene.run('stats', '--prometheus');
      const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'ignore', 'inherit'] });
      child.stdin.end(stdout);
      const [code] = await new Promise((resolve) => child.once('exit', (...end) => resolve(end)));
      assert.equal(code, 0);
    });
  }

  it('times: the histogram bounds what was measured', async () => {
    await open();
    const held = scene.twilio.hold(/POST .*Participants$/);
    const sent = send();
    await held.reached;
    await pause(120);
    held.release();
    await sent;
    const { webhook_time: webhook, rest_time: rest } = await json();
    for (const times of [webhook, rest]) assert.ok(times.p50_us >= 120_000 && times.p50_us <= 500_000 && times.p50_us === times.p99_us, JSON.stringify(times));
    const seconds = (await prometheus()).get('twilio_autojoin_webhook_seconds').samples.find(({ name }) => name.endsWith('_sum')).value;
    assert.ok(seconds >= 0.12 && seconds < 0.5, `${seconds} s`);
  });

  it('all processes add to the same file, and lose nothing', async () => {
    await open();
    await scene.startResponder();
    await scene.startResponder();
    await Promise.all(scene.responders.map(async (responder, i) => {
      const connection = await FastCgiConnection.open(responder.socket);
      for (let n = 0; n < 100; n++) await connection.request({ ...request({ set: { EventType: 'onUserAdded' } }, { conversation: `CH${String(i).repeat(32)}`, service: '' }), keep: true });
      connection.close();
    }));
    assert.deepEqual((await json()).webhooks, nothingBut({ ignored: 300 }));
  });

  it('what was counted outlives the processes', async () => {
    await open();
    await send();
    await scene.restartResponder();
    await send();
    assert.equal((await json()).webhooks.joined, 2);
  });

  it('kill -9 at any moment leaves a readable file, and no more than the request under way uncounted', async () => {
    const seed = process.env.SEED ?? String(randomInt(1e9));
    const random = new SeededRandom(Number(seed));
    await open();
    let answered = 0;
    for (let round = 0; round < 8; round++) {
      const connection = await FastCgiConnection.open(scene.responders[0].socket);
      const flood = (async () => {
        for (;;) {
          const reply = await connection.request({ ...request({ set: { EventType: 'onUserAdded' } }, { conversation: `CH${'0'.repeat(32)}`, service: '' }), keep: true });
          if (!reply) return;
          answered += 1;
        }
      })();
      await pause(random.below(40));
      await scene.responders.pop().stop('SIGKILL');
      await flood;
      connection.close();
      const { webhooks } = await json();
      const over = webhooks.ignored - answered;
      assert.ok(over >= 0 && over <= round + 1, `seed ${seed}, round ${round}: ${answered} answered, ${webhooks.ignored} counted`);
      await scene.startResponder();
    }
    assert.ok(answered > 8, `seed ${seed}: too few requests to mean anything`);
  });

  it('kill -9 while the file is being made: the next process makes it good', async () => {
    await open({ responder: false });
    const program = await scene.folder.install(RESPONDER, 'killed.fcgi');
    for (let wait = 0; wait < 12; wait++) {
      await rm(scene.statsFile, { force: true });
      const child = spawn(program, ['--listen', `unix:${scene.folder.join(`k${wait}`)}`], { env: { AUTOJOIN_CONFIG: scene.settingsFile }, stdio: 'ignore', ...scene.folder.as });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await pause(wait);
      child.kill('SIGKILL');
      await ended;
      await scene.startResponder();
      assert.equal(sum((await json()).webhooks), 0);
      await scene.responders.pop().stop();
    }
  });

  for (const [name, make] of [
    ['another layout', (whole) => Buffer.concat([whole, Buffer.alloc(8)])],
    ['another version', (whole) => { whole[7] ^= 1; return whole; }],
    ['no statistics at all', () => Buffer.from('some text\n')],
    ['cut short', (whole) => whole.subarray(0, 100)],
  ]) {
    it(`a file that is ${name} is refused clearly, left alone, and stops no join`, async () => {
      await open();
      await scene.responders.pop().stop();
      const bytes = make(readFileSync(scene.statsFile));
      writeFileSync(scene.statsFile, bytes);
      const responder = await scene.startResponder();
      for (const args of [[], ['--json'], ['--prometheus'], ['--watch']]) {
        const run = await scene.run('stats', ...args);
        assert.deepEqual([run.code, run.stdout], [66, '']);
        assert.ok(run.stderr.includes(`${scene.statsFile}: another version's statistics`), run.stderr);
      }
      assert.equal((await send()).body, '{"result":"joined"}');
      assert.deepEqual(readFileSync(scene.statsFile), Buffer.from(bytes));
      assert.match((await responder.log.lines()).join('\n'), /AUTOJOIN_STATS_FILE cannot be used/);
    });
  }

  it('a symbolic link, a folder, a missing folder: no join is stopped', async () => {
    await open({ responder: false });
    await scene.folder.write('precious', 'keep me');
    await symlink(scene.folder.join('precious'), scene.folder.join('link'));
    for (const path of [scene.folder.join('link'), scene.spool, scene.folder.join('no', 'such')]) {
      await scene.change({ AUTOJOIN_STATS_FILE: path });
      const responder = await scene.startResponder();
      assert.equal((await send({}, undefined, responder)).body, '{"result":"joined"}');
      assert.equal((await scene.run('stats')).code, 66, path);
      assert.match((await responder.log.lines()).join('\n'), /AUTOJOIN_STATS_FILE cannot be used/);
    }
    assert.equal(readFileSync(scene.folder.join('precious'), 'utf8'), 'keep me');
  });

  it('is private', async () => {
    await open();
    assert.equal(statSync(scene.statsFile).mode & 0o7777, 0o600);
  });

  it('on a full disk no join is stopped', async (t) => {
    const reason = await refusesMounts();
    if (reason) return t.skip(reason);
    await open({ responder: false });
    const small = await scene.folder.directory('small');
    await scene.change({ AUTOJOIN_STATS_FILE: `${small}/stats` });
    const { uid, gid } = scene.folder.user;
    const fill = `mount -t tmpfs -o size=4k,mode=777 tmpfs ${small} && dd if=/dev/zero of=${small}/full bs=4096 count=1 2>/dev/null; exec setpriv --reuid ${uid} --regid ${gid} --clear-groups "$0" "$@"`;
    const responder = await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile, wrap: ['unshare', '-m', 'sh', '-c', fill], as: {} });
    scene.responders.push(responder);
    assert.equal((await send({}, undefined, responder)).body, '{"result":"joined"}');
    assert.match((await responder.log.lines()).join('\n'), /AUTOJOIN_STATS_FILE cannot be used/);
  });

  it('the spool: how many, and how old the oldest is', async () => {
    await open();
    const plant = (digit, age) => {
      const conversation = `CH${String(digit).repeat(32)}`;
      return scene.folder.write(`spool/${conversation}`, ticketText({ conversation, firstSeen: new Date(Date.now() - age * 1000) }));
    };
    assert.deepEqual([(await json()).spool_depth, (await json()).spool_oldest_s], [0, 0]);
    await plant(1, 60);
    await plant(2, 3600);
    await plant(3, 5);
    const { spool_depth: depth, spool_oldest_s: oldest } = await json();
    assert.equal(depth, 3);
    assert.ok(oldest >= 3600 && oldest < 3630, `${oldest} s`);
    const families = await prometheus();
    assert.equal(families.get('twilio_autojoin_spool_tickets').samples[0].value, 3);
    assert.ok(families.get('twilio_autojoin_spool_oldest_seconds').samples[0].value >= 3600);
  });

  it('no spool: nothing is said of one', async () => {
    await open({ settings: { AUTOJOIN_SPOOL_DIR: undefined } });
    assert.ok(!('spool_depth' in await json()));
    assert.ok(!(await prometheus()).has('twilio_autojoin_spool_tickets'));
    assert.ok(!/^spool:/m.test((await scene.run('stats')).stdout));
  });

  it('the breaker: open while Twilio is dead, closed again later', async () => {
    await open({ settings: { AUTOJOIN_API_URL: 'http://127.0.0.1:1', AUTOJOIN_DEADLINE_MS: '500' } });
    await Promise.all(Array.from({ length: 6 }, () => send()));
    const dead = await json();
    assert.deepEqual([dead.breaker_open, dead.breaker.opened], [true, 1]);
    assert.ok(dead.rest.unreachable >= 5 && dead.webhooks['retry-later'] === 6, JSON.stringify(dead));
    assert.match((await scene.run('stats')).stdout, /^breaker: open$/m);
    assert.equal((await prometheus()).get('twilio_autojoin_breaker_open').samples[0].value, 1);
    await until(async () => (await json()).breaker_open === false, { what: 'the breaker to be told closed', timeoutMs: 6000 });
  });

  it('no AUTOJOIN_STATS_FILE: exit 78; no file yet: exit 66', async () => {
    await open({ responder: false });
    const none = await scene.run('stats');
    assert.equal(none.code, 66);
    assert.ok(none.stderr.includes(`${scene.statsFile}: No such file`), none.stderr);
    await scene.change({ AUTOJOIN_STATS_FILE: undefined });
    const run = await scene.run('stats');
    assert.equal(run.code, 78);
    assert.match(run.stderr, /AUTOJOIN_STATS_FILE is not set/);
  });

  it('reads a copy, too: nothing of it is bound to a process or a place', async () => {
    await open();
    await send();
    await copyFile(scene.statsFile, scene.folder.join('copy'));
    await scene.folder.write('copy', readFileSync(scene.statsFile));
    await scene.change({ AUTOJOIN_STATS_FILE: scene.folder.join('copy') });
    assert.equal((await json()).webhooks.joined, 1);
  });

  it('--watch on a terminal redraws in place, until Ctrl-C', async (t) => {
    const reason = await hasNoTerminal();
    if (reason) return t.skip(reason);
    await open();
    const session = scene.terminal('stats --watch');
    await session.shows(/responder started +1\b/);
    await send();
    await session.shows(/webhook joined +1\b/);
    assert.ok(session.output.split('\u001b[H').length >= 3, JSON.stringify(session.output));
    assert.doesNotMatch(session.output, /already-joined/);
    session.type('\u0003');
    assert.equal((await session.exited).code, 0);
  });

  for (const [rows, columns] of [[24, 80], [10, 80], [10, 44]]) {
    it(`--watch fits a terminal of ${rows} lines of ${columns} columns, and shows how fast it grows`, async (t) => {
      const reason = await hasNoTerminal();
      if (reason) return t.skip(reason);
      await open();
      await oneOfEach();
      const session = onTerminal(`stty rows ${rows} cols ${columns}; exec ${scene.program} stats --watch`, { env: { AUTOJOIN_CONFIG: scene.settingsFile }, as: scene.folder.as });
      await session.shows(/breaker closed/);
      for (let i = 0; i < 5; i++) await send();
      await session.shows(/webhook joined +6 +\d+(\.\d)?\/(s|min)/);
      session.type('\u0003');
      assert.equal((await session.exited).code, 0);
      for (const frame of session.output.split('\u001b[H').slice(1)) {
        const lines = frame.replaceAll('\u001b[K', '').replace(/\u001b\[J[^]*/, '').split('\r\n');
        assert.ok(lines.length <= rows && lines.every((line) => line.length <= columns), frame);
        assert.ok(lines.some((line) => /webhook joined/.test(line)));
        assert.equal(rows === 10, lines.some((line) => /^and \d+ more/.test(line)));
      }
    });
  }

  it('--watch off a terminal prints plainly, until SIGTERM', async () => {
    await open();
    const run = scene.start(['stats', '--watch']);
    await run.says(/breaker closed; spool 0 tickets\n\nSince/);
    await run.stop();
    assert.equal(run.code, 0);
    assert.ok(!run.stdout.includes('\u001b'));
  });

  it('wrong use: exit 64; --help: exit 0', async () => {
    await open({ responder: false });
    for (const args of [['--nonsense'], ['more']]) {
      const run = await scene.run('stats', ...args);
      assert.deepEqual([run.code, run.stdout], [64, ''], args.join(' '));
      assert.match(run.stderr, /Usage: twilio-autojoin stats/);
    }
    assert.equal((await scene.run('stats', '--help')).code, 0);
  });
});
