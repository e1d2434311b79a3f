// twilio-autojoin status: one screen, what it says of each state of things, and the one thing to do.

import assert from 'node:assert/strict';
import { chmod, rm } from 'node:fs/promises';
import { afterEach, describe, it } from 'node:test';
import { jsonLines } from '../lib/operator.js';
import { ticketText } from '../lib/ticket-file.js';
import { webhookRequest } from '../lib/webhook-records.js';
import { until } from '../servers/daemon.js';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { AUTH_TOKEN, API_SECRET, OperatorScene } from './scene.js';
import { hasNoTerminal } from './terminal.js';

const LINES = 24;
const COLUMNS = 80;

describe('status', async () => {
  let scene;
  afterEach(() => scene.close());
  const open = async (options) => { scene = await OperatorScene.open(options); };

  const request = (spec = {}) => {
    const { sid, service } = scene.twilio.addConversation({});
    return webhookRequest({ conversation: sid, service }, { signedUrl: scene.front.url, ...spec });
  };
  const send = (spec, responder = scene.responders[0]) => fastcgiRequest(responder.socket, request(spec));
  const refuse = (code = 20003) => scene.twilio.answer(/POST .*Participants$/, { status: 401, json: { code, status: 401 }, times: 1 });
  const plant = (name, options) => scene.folder.write(`spool/${name}`, ticketText({ conversation: name.replace('failed/', ''), ...options }));

  /** The page, held to its size and to what may stand there. */
  async function page(...args) {
    const run = await scene.run('status', ...args);
    const lines = run.stdout.split('\n').slice(0, -1);
    assert.ok(lines.length <= LINES, `${lines.length} lines:\n${run.stdout}`);
    for (const line of lines) assert.ok(line.length <= COLUMNS, `${line.length} columns: ${line}`);
    assert.equal(run.stderr, '');
    for (const secret of [AUTH_TOKEN, API_SECRET]) assert.ok(!run.stdout.includes(secret));
    return { ...run, lines };
  }

  async function json(...args) {
    const run = await scene.run('status', '--json', ...args);
    assert.equal(run.stderr, '');
    return { code: run.code, ...jsonLines(run)[0] };
  }

  it('nothing came yet: ready, with what is known', async () => {
    await open();
    const { code, stdout } = await page();
    assert.equal(code, 0);
    assert.match(stdout, /^ready: no join was called for yet +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n/);
    assert.match(stdout, new RegExp(`^responders  ${scene.responders[0].pid} .*current settings$`, 'm'));
    assert.match(stdout, /^answers     current settings at http:.*\/webhooks\/twilio$/m);
    assert.match(stdout, /^breaker     closed$/m);
    assert.match(stdout, /^spool       0 wait; 0 given up$/m);
    assert.match(stdout, /^Twilio      sends to us: http:.*\n            onConversationAdded, onParticipantRemoved$/m);
    assert.match(stdout, /^webhooks    none yet$/m);
    assert.match(stdout, /^to do       twilio-autojoin probe/m);
  });

  it('the last ten webhooks, each with time, result and reason; forgeries that are alike are one line', async () => {
    await open();
    for (let i = 0; i < 12; i++) await send();
    for (let i = 0; i < 30; i++) await send({ signature: null });
    await send({ set: { EventType: 'onMessageAdded' } });
    refuse();
    await send();
    const { stdout, lines } = await page();
    const first = lines.findIndex((line) => line.startsWith('webhooks'));
    const ten = lines.slice(first, first + 10);
    for (const line of ten) assert.match(line, /^(webhooks|        )    \d\d:\d\d:\d\d  \S/);
    assert.match(ten[0], /refused  Twilio 20003 .*credentials/);
    assert.match(ten[1], /ignored/);
    assert.match(ten[2], /forbidden x30  no X-Twilio-Signature/);
    assert.match(ten[9], /joined$/);
    assert.equal(lines[first + 10], '');
    assert.match(stdout, /^to do /m);
    const { webhooks } = await json();
    assert.deepEqual(webhooks.map(({ result, times }) => `${result} ${times}`), ['refused 1', 'ignored 1', 'forbidden 30', ...Array(7).fill('joined 1')]);
    assert.deepEqual([webhooks[0].code, webhooks[0].status, webhooks[0].way], [20003, 500, 'webhook']);
    assert.ok(Math.abs(Date.parse(webhooks[0].time) - Date.now()) < 60_000);
  });

  it('working, and since when: since the first join after the last failure', async () => {
    await open();
    const before = Date.now();
    await send();
    const first = await json();
    assert.deepEqual([first.state, first.code, first.todo], ['working', 0, '']);
    assert.ok(Date.parse(first.since) >= before - 1 && Date.parse(first.since) <= Date.now());
    await send();
    assert.equal((await json()).since, first.since);
    refuse();
    await send();
    const failing = await json();
    assert.deepEqual([failing.state, failing.code, failing.why, failing.todo], ['not-working', 1, 'joins fail: Twilio error 20003', 'twilio-autojoin check']);
    refuse();
    await send();
    assert.equal((await json()).since, failing.since);
    await send();
    const again = await json();
    assert.equal(again.state, 'working');
    assert.ok(Date.parse(again.since) > Date.parse(failing.since));
  });

  it('a failure whose tickets a drainer has settled is none any more', async () => {
    await open();
    await send();
    refuse();
    await send();
    assert.equal((await json()).state, 'not-working');
    assert.equal((await scene.run('drain')).code, 0);
    assert.equal((await json()).state, 'working');
  });

  it('responders: each with its settings; those that are older are named with what helps', async () => {
    await open();
    await scene.startResponder();
    await scene.startResponder();
    await scene.startResponder();
    await send();
    await scene.change({ TWILIO_IDENTITY: 'another-bot' });
    const [first, ...others] = scene.responders;
    for (const responder of others) {
      responder.daemon.child.kill('SIGHUP');
      await responder.log.waitFor(/settings read again/);
    }
    const { stdout, code } = await page();
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^responders  ${first.pid} .*OLDER settings: reload$`, 'm'));
    assert.match(stdout, /^ {12}and 2 more$/m);
    assert.match(stdout, new RegExp(`^to do       kill -HUP ${first.pid} `, 'm'));
    const { responders } = await json();
    assert.deepEqual(responders.map(({ pid, settings }) => [pid, settings]).sort(), [[first.pid, 'older'], ...others.map(({ pid }) => [pid, 'current'])].sort());
    for (const { version, started } of responders) {
      assert.match(version, /^\d+\.\d+/);
      assert.ok(Math.abs(Date.parse(started) - Date.now()) < 60_000);
    }
    first.daemon.child.kill('SIGHUP');
    await first.log.waitFor(/settings read again/);
    assert.equal((await json()).todo, '');
  });

  it('one that was killed is none; and where none runs that is what is wrong', async () => {
    await open();
    await send();
    const second = await scene.startResponder();
    scene.responders[0].daemon.child.kill('SIGKILL');
    await scene.responders[0].exited;
    assert.deepEqual((await json()).responders.map(({ pid }) => pid), [second.pid]);
    scene.front.slips.reply = { status: 503, body: '' };
    await second.stop();
    const { stdout, code } = await page();
    assert.equal(code, 1);
    assert.match(stdout, /^NOT WORKING .*\nno responder runs\nresponders  none runs here$/m);
    assert.match(stdout, /^to do       start it: systemctl start twilio-autojoin/m);
  });

  const CASES = [
    { name: 'faulty settings', arrange: () => scene.change({ TWILIO_IDENTITY: undefined }), says: ['not-working', /^the settings are faulty \(1\)$/, /^twilio-autojoin check --offline/] },
    {
      name: 'a responder that was started with faulty settings', says: ['not-working', /started with faulty settings/, /^kill -HUP/],
      arrange: async () => {
        await scene.change({ TWILIO_IDENTITY: undefined });
        await scene.restartResponder();
        await scene.change({ TWILIO_IDENTITY: 'bot' });
      },
    },
    { name: 'Twilio sends elsewhere', arrange: () => scene.pointAtUs(undefined, 'https://other.example.com/hook'), says: ['not-working', /sends its webhooks elsewhere/, /^twilio-autojoin setup$/] },
    { name: 'Twilio sends nowhere', open: { webhook: false }, says: ['not-working', /its webhooks nowhere/, /^twilio-autojoin setup$/] },
    { name: 'Twilio sends to us, but another event', arrange: () => { scene.twilio.defaultService.webhook.filters = ['onMessageAdded']; }, says: ['not-working', /not the event/, /^twilio-autojoin setup$/] },
    {
      name: 'Twilio does not answer: the breaker', open: { settings: { AUTOJOIN_API_URL: 'http://127.0.0.1:1', AUTOJOIN_DEADLINE_MS: '500' } }, says: ['not-working', /does not answer, joins are put off/, /check/],
      arrange: async () => {
        await Promise.all(Array.from({ length: 6 }, () => send()));
        assert.match((await page()).stdout, /^breaker     OPEN in 1 of 1, for \d+ s/m);
      },
    },
    { name: 'signatures that do not match', arrange: async () => { for (let i = 0; i < 3; i++) await send({ token: 'x' }); }, says: ['not-working', /webhooks are refused/, /^twilio-autojoin explain$/] },
    { name: 'a scanner that only knocks', arrange: async () => { for (let i = 0; i < 9; i++) await send({ signature: null }); }, says: ['ready', /^$/, /probe/] },
    { name: 'given-up tickets', arrange: async () => { await send(); await scene.folder.directory('spool/failed'); await plant(`failed/CH${'7'.repeat(32)}`); }, says: ['working', /^$/, /^twilio-autojoin drain --failed/] },
    { name: 'tickets that wait for long', arrange: async () => { await send(); await plant(`CH${'7'.repeat(32)}`, { firstSeen: new Date(Date.now() - 3_600_000) }); }, says: ['working', /^$/, /tickets wait long: .*drain/] },
    { name: 'TWILIO_ENABLED=false', open: { settings: { TWILIO_ENABLED: 'false' } }, says: ['off', /TWILIO_ENABLED=false/, /TWILIO_ENABLED=true/] },
    { name: 'no statistics', open: { settings: { AUTOJOIN_STATS_FILE: undefined } }, says: ['unknown', /AUTOJOIN_STATS_FILE is not set/, /^set AUTOJOIN_STATS_FILE=/] },
    { name: 'something else answers', arrange: () => { scene.front.slips.reply = { status: 200, body: '{"status":"ok too"}' }; }, says: ['not-working', /something else answers/, /^twilio-autojoin check$/] },
    { name: 'the web server reaches no responder', arrange: async () => { scene.front.slips.reply = { status: 503, body: '' }; }, says: ['not-working', /reaches no responder/, /^twilio-autojoin check/] },
  ];
  for (const { name, open: options, arrange = () => {}, says: [state, why, todo] } of CASES) {
    it(`${name}: says so, and what to do`, async () => {
      await open(options);
      await arrange();
      const found = await json();
      assert.deepEqual([found.state, found.code], [state, state === 'not-working' ? 1 : 0], JSON.stringify(found));
      assert.match(found.why, why);
      assert.match(found.todo, todo);
      const { lines } = await page();
      assert.ok(lines.at(-1).startsWith('to do ') || lines.at(-2).startsWith('to do '));
    });
  }

  it('a spool that cannot be read is no empty one', async () => {
    await open();
    await send();
    await rm(scene.spool, { recursive: true });
    const { stdout } = await page();
    assert.match(stdout, /^spool       cannot tell: No such file/m);
    assert.match((await json()).spool.wrong, /No such file/);
  });

  it('Twilio refuses the credentials: not ready, though no join was called for yet', async () => {
    await open({ settings: { TWILIO_API_SECRET: 'wrong' } });
    const found = await json();
    assert.deepEqual([found.code, found.state, found.why, found.todo], [1, 'not-working', 'Twilio refuses the credentials, or the account', 'twilio-autojoin check']);
  });

  it('statistics that are a directory: removing it is no advice', async () => {
    await open({ responder: false });
    await scene.change({ AUTOJOIN_STATS_FILE: await scene.folder.directory('counted') });
    await scene.startResponder();
    const { stdout } = await page();
    assert.match(stdout, /counted: Is a directory/);
    assert.match(stdout, /^to do +AUTOJOIN_STATS_FILE=\S+\/counted\/stats,/m);
  });

  it('Twilio hangs, and the front too: it is said after a few seconds', async () => {
    await open();
    scene.twilio.hold(/^GET/, { before: true });
    let release;
    scene.front.slips.reply = () => ({ then(done) { release = () => done({ status: 200, body: '' }); } });
    const run = await page();
    release();
    scene.twilio.behave();
    assert.ok(run.ms < 9000, `${run.ms} ms`);
    assert.match(run.stdout, /^Twilio      cannot tell: /m);
    assert.equal((await json('--offline')).twilio.state, 'unknown');
  });

  it('--offline asks nobody', async () => {
    await open();
    const before = scene.twilio.requests.filter(({ method }) => method === 'GET').length;
    const { stdout } = await page('--offline');
    assert.equal(scene.twilio.requests.filter(({ method }) => method === 'GET').length, before);
    assert.match(stdout, /^Twilio      cannot tell: not asked/m);
  });

  it('statistics that another may not read, or of another version', async () => {
    await open();
    await scene.folder.write('stats-other', 'x'.repeat(100));
    await scene.change({ AUTOJOIN_STATS_FILE: scene.folder.join('stats-other') });
    await scene.restartResponder();
    const { why, todo } = await json();
    assert.match(why, /another version/);
    assert.match(todo, /^rm .*stats-other, and reload/);
    await chmod(scene.folder.join('stats-other'), 0o000);
    assert.match((await json()).todo, /run this as root/);
  });

  it('--watch prints it again and again; --json an object a line; a signal ends it', async () => {
    await open();
    const run = scene.start(['status', '--watch', '--json', '--offline']);
    await until(() => run.stdout.split('\n').length > 2, { what: 'two lines' });
    await send();
    await until(() => /"working"/.test(run.stdout), { what: 'what changed' });
    const end = await run.stop('SIGINT');
    assert.equal(end.code, 0);
    for (const line of jsonLines(end)) assert.ok(['ready', 'working'].includes(line.state));
  });

  const without = await hasNoTerminal();
  it('--watch on a terminal draws in place, within its lines', { skip: without }, async () => {
    await open();
    const session = scene.terminal('status --watch --offline');
    await session.shows(/to do/);
    await send();
    await session.shows(/working since/);
    session.type('\u0003');
    await session.exited;
    const frames = session.output.split('\u001b[H').slice(1);
    assert.ok(frames.length >= 2);
    for (const frame of frames) assert.ok(frame.split('\n').length <= LINES + 1, frame);
    assert.ok(!frames.slice(1).some((frame) => frame.includes('\u001b[2J')), 'it does not flicker');
  });

  it('a page that nobody can read is no success', async () => {
    await open();
    const { code, stderr } = await scene.start(['-c', `${scene.program} status --offline >/dev/full`], { wrap: [], program: '/bin/sh' }).exited;
    assert.equal(code, 74);
    assert.match(stderr, /standard output: No space/);
  });

  it('wrong options are named', async () => {
    await open({ responder: false });
    const run = await scene.run('status', '--whatever');
    assert.equal(run.code, 64);
    assert.match(run.stderr, /--whatever/);
  });
});
