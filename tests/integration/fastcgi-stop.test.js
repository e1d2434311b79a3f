// SIGTERM, and SIGINT (Ctrl-C): nothing new is accepted on a socket of our own, requests in hand are finished and answered,
// and the process ends within the deadline (mod_fcgid kills 8 s after its first
// signal, measured).

import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { FastCgiConnection, fastcgiRequest } from '../servers/fastcgi.js';
import { accepts } from '../servers/port.js';
import { allEnded, until } from '../servers/daemon.js';
import { Folder } from '../servers/folder.js';
import { baseEnvironment, startOnSocket } from '../servers/responder.js';
import { writeSettings } from '../servers/settings.js';
import { found } from '../lib/machine.js';
import { ignoredRequest, webhookRecords, webhookRequest } from '../lib/webhook-records.js';
import { baseSettings } from '../lib/account.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { RESPONDER } from '../lib/programs.js';
import { Scene } from '../lib/scene.js';

const ENOUGH_MS = 10_000;
const HANDLERS = 3; // of SIGTERM, SIGINT and SIGHUP

/** No signal waits for the process any more, and it waits for something else. */
function takenSignals(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return /^ShdPnd:\s*0+$/m.test(status) && /^State:\s*S/m.test(status);
}

describe('SIGTERM', () => {
  let scene;
  let own;
  beforeEach(async () => {
    scene = await Scene.open(fastcgi, {});
    ({ own } = scene.server);
  });
  afterEach(() => scene.close());

  /** Milliseconds from the signal to the end of the process. */
  async function terminate(signal = 'SIGTERM') {
    const from = performance.now();
    own.daemon.child.kill(signal);
    const end = await own.exited;
    assert.deepEqual(end, { code: 0, signal: null });
    return performance.now() - from;
  }

  it('while idle ends it at once, and its socket goes with it', async () => {
    assert.ok(await terminate() < 1000);
    assert.equal(await accepts({ path: own.socket }), false);
  });

  for (const [first, second] of [['SIGTERM', 'SIGTERM'], ['SIGINT', 'SIGINT'], ['SIGINT', 'SIGTERM']]) {
    it(`twice is as good as once: ${first}, ${second}`, async () => {
      own.daemon.child.kill(first);
      assert.ok(await terminate(second) < 1000);
    });
  }

  it('by Ctrl-C while idle ends it at once, and its socket is removed', async () => {
    assert.ok(await terminate('SIGINT') < 1000);
    assert.equal(existsSync(own.socket), false);
  });

  it('by Ctrl-C, once and again, during a join waits for it, and the answer is delivered', async () => {
    const context = scene.newContext({});
    const rule = scene.twilio.misbehave({ match: context.create, delayMs: 800 });
    const connection = await FastCgiConnection.open(own.socket);
    await connection.send(webhookRecords(context));
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    own.daemon.child.kill('SIGINT');
    const ended = terminate('SIGINT');
    assert.equal((await connection.reply())?.body, '{"result":"joined"}');
    const took = await ended;
    assert.ok(took >= 600 && took < 2500, `${took}`);
    assert.equal(existsSync(own.socket), false);
  });

  it('with kept connections that are idle ends it at once', async () => {
    const connections = [];
    for (let i = 0; i < 5; i++) {
      const connection = await FastCgiConnection.open(own.socket);
      assert.equal((await connection.request({ ...ignoredRequest(scene.newContext({})), keep: true })).status, 200);
      connections.push(connection);
    }
    assert.ok(await terminate() < 1500);
    await Promise.all(connections.map(({ closed }) => closed));
  });

  it('during a join waits for it, and the answer is delivered', async () => {
    const context = scene.newContext({});
    const rule = scene.twilio.misbehave({ match: context.create, delayMs: 800 });
    const connection = await FastCgiConnection.open(own.socket);
    await connection.send(webhookRecords(context));
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    const ended = terminate();
    assert.equal((await connection.reply())?.body, '{"result":"joined"}');
    const took = await ended;
    assert.ok(took >= 600 && took < 2500, `${took}`);
  });

  it('during a join on a kept connection delivers the answer too', async () => {
    const context = scene.newContext({});
    const rule = scene.twilio.misbehave({ match: context.create, delayMs: 500 });
    const connection = await FastCgiConnection.open(own.socket);
    await connection.send(webhookRecords(context, { keep: true }));
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    const ended = terminate();
    assert.equal((await connection.reply())?.body, '{"result":"joined"}');
    assert.ok(await ended < 2500);
  });

  it('during a join that Twilio never answers: 503 by the deadline, then the end', async () => {
    const context = scene.newContext({});
    const rule = scene.twilio.misbehave({ match: context.create, fault: 'hang', times: Infinity });
    const connection = await FastCgiConnection.open(own.socket);
    await connection.send(webhookRecords(context));
    await until(() => rule.hits >= 1, { what: 'the call of Twilio' });
    const ended = terminate();
    assert.equal((await connection.reply())?.status, 503);
    const took = await ended;
    assert.ok(took < 6000, `${took}`);
  });

  it('during twenty joins answers all of them', async () => {
    const contexts = Array.from({ length: 20 }, () => scene.newContext({}));
    const rule = scene.twilio.misbehave({ match: { method: 'POST' }, delayMs: 600, times: Infinity });
    const replies = contexts.map((context) => fastcgiRequest(own.socket, webhookRequest(context)));
    await until(() => rule.hits === 20, { what: 'the calls of Twilio' });
    const ended = terminate();
    for (const reply of await Promise.all(replies)) assert.equal(reply?.body, '{"result":"joined"}');
    assert.ok(await ended < 3000);
  });

  it('a connection that waits to be accepted at that moment is served', async () => {
    own.daemon.child.kill('SIGSTOP');
    const connection = await FastCgiConnection.open(own.socket);
    await connection.send(webhookRecords(scene.newContext({})));
    own.daemon.child.kill('SIGTERM');
    own.daemon.child.kill('SIGCONT');
    assert.equal((await connection.reply())?.body, '{"result":"joined"}');
    assert.deepEqual(await own.exited, { code: 0, signal: null });
  });

  // lighttpd makes a socket for each responder, and with several workers signals all its processes at once.
  it('on a web server\'s socket serves what comes there while a join is under way, and refuses what comes later', async () => {
    const front = await startOnSocket({ responder: RESPONDER, settings: baseSettings(scene.twilio) });
    try {
      const context = scene.newContext({});
      const rule = scene.twilio.misbehave({ match: context.create, delayMs: 700 });
      const first = fastcgiRequest(front.socket, webhookRequest(context));
      await until(() => rule.hits === 1, { what: 'the call of Twilio' });
      front.daemon.child.kill('SIGTERM');
      await until(() => takenSignals(front.pid), { what: 'the responder to have its signal' });
      const late = await Promise.all(Array.from({ length: 5 }, () => fastcgiRequest(front.socket, webhookRequest(scene.newContext({})))));
      assert.deepEqual(late.map((reply) => reply?.body), Array(5).fill('{"result":"joined"}'));
      assert.equal((await first)?.body, '{"result":"joined"}');
      assert.deepEqual(await front.exited, { code: 0, signal: null });
      assert.equal(await accepts({ path: front.socket }), false);
    } finally {
      await front.stop();
    }
  });

  it('on a web server\'s socket serves late ones for a second, not for ever', async () => {
    const front = await startOnSocket({ responder: RESPONDER, settings: { ...baseSettings(scene.twilio), AUTOJOIN_DEADLINE_MS: 3000 } });
    try {
      const context = scene.newContext({});
      const rule = scene.twilio.misbehave({ match: context.create, fault: 'hang', times: Infinity });
      const first = fastcgiRequest(front.socket, webhookRequest(context));
      await until(() => rule.hits === 1, { what: 'the call of Twilio' });
      const from = performance.now();
      front.daemon.child.kill('SIGTERM');
      let sent;
      do sent = performance.now() - from;
      while (await fastcgiRequest(front.socket, ignoredRequest(scene.newContext({}))).catch(() => undefined));
      assert.ok(sent > 900 && sent < 2000, `${sent}`);
      assert.equal((await first)?.status, 503);
      assert.deepEqual(await front.exited, { code: 0, signal: null });
    } finally {
      await front.stop();
    }
  });

  it('with a peer that says nothing, and one that said half a request, ends it soon', async () => {
    await FastCgiConnection.open(own.socket);
    const half = await FastCgiConnection.open(own.socket);
    await half.send(webhookRecords(scene.newContext({})).subarray(0, 300));
    const took = await terminate();
    assert.ok(took < 3000, `${took}`);
  });

  it('a request that becomes whole just after the signal is served', async () => {
    const bytes = webhookRecords(scene.newContext({}));
    const connection = await FastCgiConnection.open(own.socket);
    await connection.send(bytes.subarray(0, 300));
    await fastcgiRequest(own.socket, ignoredRequest(scene.newContext({})));
    const ended = terminate();
    await connection.send(bytes.subarray(300));
    assert.equal((await connection.reply())?.body, '{"result":"joined"}');
    assert.ok(await ended < 3000);
  });

  it('SIGUSR1, for which libfcgi has a handler of its own, leaves no process that cannot serve', async () => {
    own.daemon.child.kill('SIGUSR1');
    const served = fastcgiRequest(own.socket, ignoredRequest(scene.newContext({}))).catch(() => undefined);
    const reply = await Promise.race([served, own.exited.then(() => 'ended')]);
    assert.ok(reply === 'ended' || reply?.status === 200, JSON.stringify(reply));
  });

  it('SIGPIPE does not end it', async () => {
    own.daemon.child.kill('SIGPIPE');
    const reply = await fastcgiRequest(own.socket, ignoredRequest(scene.newContext({})));
    assert.equal(reply.status, 200);
  });
});

// Between libfcgi's handler and ours the signal was swallowed, and the process stayed for ever.
describe('SIGTERM while it starts', () => {
  let folder;
  let command;
  before(async () => {
    folder = await Folder.create('start');
    command = [await folder.install(RESPONDER, 'twilio-autojoin.fcgi'), '--listen', `unix:${folder.join('sock')}`];
  });
  after(() => folder.remove());

  /** One life under strace, which gives the signal at system calls; undefined if it lives on. */
  async function live(settings, ...injections) {
    const traced = ['rt_sigaction', ...injections.map((one) => one.split(':')[0])].join();
    const args = ['-f', '-qq', '-o', folder.join('trace'), '-e', `trace=${traced}`, ...injections.flatMap((one) => ['-e', `inject=${one}`]), ...command];
    const env = { ...baseEnvironment(), AUTOJOIN_CONFIG: settings };
    const ended = new Promise((resolve) => { execFile('strace', args, { env, ...folder.as }, (error) => resolve({ error })); });
    const end = await Promise.race([ended, pause(ENOUGH_MS, undefined, { ref: false })]);
    await allEnded(command[0], { timeoutMs: 0 });
    await ended;
    return end && { ...end, calls: [...(await readFile(folder.join('trace'), 'utf8')).matchAll(/rt_sigaction\(/g)].length };
  }

  it('ends it, after whichever call that sets up a signal, and once more while it ends', async (t) => {
    if (!await found('strace', ['-o', '/dev/null', 'true'])) { t.skip('strace cannot be used here'); return; }
    const settings = await writeSettings(folder, {
      TWILIO_ACCOUNT_SID: `AC${'a'.repeat(32)}`, TWILIO_AUTH_TOKEN: 'b'.repeat(32), TWILIO_IDENTITY: 'bot', AUTOJOIN_PRECONNECT: 'no',
    });
    const inTheLoop = 'epoll_wait:signal=SIGTERM:when=1';
    const { calls } = await live(settings, inTheLoop);
    assert.ok(calls >= 7 + HANDLERS, `${calls}`);
    for (let call = 1; call <= calls - HANDLERS; call++) assert.ok(await live(settings, `rt_sigaction:signal=SIGTERM:when=${call}`), `call ${call} of ${calls}`);
    // The last calls take the handlers back, when all is over.
    for (let call = calls - HANDLERS + 1; call <= calls; call++) {
      const { error } = await live(settings, inTheLoop, `rt_sigaction:signal=SIGTERM:when=${call}`);
      assert.equal(error?.signal ?? null, null); // LeakSanitizer has a status of its own under strace
    }
  });
});
