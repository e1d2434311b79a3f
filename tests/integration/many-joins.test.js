// One process, many joins under way: each waits for its own, the process for
// none (design: one process is one event loop).

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { until } from '../servers/daemon.js';
import { runCgi, startResponder } from '../servers/responder.js';
import { Folder } from '../servers/folder.js';
import { writeSettings } from '../servers/settings.js';
import { baseSettings } from '../lib/account.js';
import { ignoredRequest, webhookRequest } from '../lib/webhook-records.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { RESPONDER } from '../lib/programs.js';
import { Scene } from '../lib/scene.js';

const QUICK_MS = 250;

async function timed(promise) {
  const from = performance.now();
  const value = await promise;
  return [value, performance.now() - from];
}

describe('512 joins under way', () => {
  let scene;
  let socket;
  before(async () => {
    scene = await Scene.open(fastcgi, {});
    ({ socket } = scene.server.own);
  });
  after(() => scene.close());

  it('an ignored webhook is answered at once, one join too many gets 503 at once, and all are joined in the end', async () => {
    const contexts = Array.from({ length: 512 }, () => scene.newContext({}));
    const rule = scene.twilio.misbehave({ match: { method: 'POST' }, delayMs: 2000, times: Infinity });
    const joins = contexts.map((context) => timed(fastcgiRequest(socket, webhookRequest(context))));
    await until(() => rule.hits === 512, { what: 'all 512 calls of Twilio' });

    const [ignored, took] = await timed(fastcgiRequest(socket, ignoredRequest(contexts[0])));
    assert.equal(ignored.body, '{"result":"ignored"}');
    assert.ok(took < QUICK_MS, `took ${took.toFixed(0)} ms`);

    const [oneMore, tookMore] = await timed(fastcgiRequest(socket, webhookRequest(scene.newContext({}))));
    assert.equal(oneMore.body, '{"result":"retry-later"}');
    assert.ok(tookMore < QUICK_MS, `took ${tookMore.toFixed(0)} ms`);

    for (const [reply, ms] of await Promise.all(joins)) {
      assert.equal(reply?.body, '{"result":"joined"}');
      assert.ok(ms < 4500, `took ${ms.toFixed(0)} ms`);
    }
    for (const { conversation } of contexts) assert.equal(scene.twilio.participants(conversation).length, 1);
  });

  it('each webhook gets the answer to its own join', async () => {
    scene.twilio.behave();
    const kinds = [
      [() => {}, '{"result":"joined"}'],
      [(c) => scene.twilio.misbehave({ match: c.create, code: 50433 }), '{"result":"already-joined"}'],
      [(c) => scene.twilio.misbehave({ match: c.create, code: 50377 }), '{"result":"gone"}'],
      [(c) => scene.twilio.misbehave({ match: c.create, code: 50214 }), '{"result":"refused"}'],
      [(c) => scene.twilio.misbehave({ match: c.create, status: 503, times: 1, headers: { 'Retry-After': '60' } }), '{"result":"retry-later"}'],
      [(c) => scene.twilio.misbehave({ match: c.create, delayMs: 300 }), '{"result":"joined"}'],
    ];
    await Promise.all(Array.from({ length: 120 }, async (_, i) => {
      const [prepare, body] = kinds[i % kinds.length];
      const context = scene.newContext({});
      prepare(context);
      assert.equal((await fastcgiRequest(socket, webhookRequest(context)))?.body, body, `request ${i}`);
    }));
  });
});

/** A private mount namespace needs root, and not every container allows it. */
function canUnshare() {
  return new Promise((resolve) => {
    execFile('unshare', ['-m', 'true'], (error) => resolve(!error));
  });
}

describe('a resolver that never answers', () => {
  let silent;
  let folder;
  let settingsFile;
  let wrap;
  let responder;
  let refusal;
  before(async () => {
    refusal = await canUnshare() ? false : 'unshare -m is not permitted here';
    if (refusal) return;
    silent = createSocket('udp4');
    silent.bind(53, '127.0.0.77');
    await once(silent, 'listening');
    folder = await Folder.create('dns');
    await folder.write('resolv.conf', 'nameserver 127.0.0.77\noptions timeout:30 attempts:1\n', 0o644);
    await folder.write('nsswitch.conf', 'hosts: dns\n', 0o644);
    settingsFile = await writeSettings(folder, { ...baseSettings({ url: 'https://conversations.example.com' }), AUTOJOIN_DEADLINE_MS: 1500 });
    // Only this process's view of the two files changes; the worker's rights are given up after that.
    const mount = `mount --bind ${folder.join('resolv.conf')} "$(readlink -f /etc/resolv.conf)" && mount --bind ${folder.join('nsswitch.conf')} /etc/nsswitch.conf`;
    wrap = ['unshare', '-m', '/bin/sh', '-c', `${mount} && exec setpriv --reuid ${folder.user.uid} --regid ${folder.user.gid} --clear-groups "$0" "$@"`];
    responder = await startResponder({ responder: RESPONDER, settingsFile, as: {}, wrap });
  });
  after(async () => {
    await responder?.stop();
    silent?.close();
    await folder?.remove();
  });

  it('holds up its own join until the deadline, and nobody else', async (t) => {
    if (refusal) return t.skip(refusal);
    const someone = (i) => ({ conversation: `CH${String(i).padStart(32, '0')}`, service: `IS${'0'.repeat(32)}` });
    let asked = 0;
    silent.on('message', () => { asked += 1; });
    const joins = [1, 2, 3].map((i) => timed(fastcgiRequest(responder.socket, webhookRequest(someone(i)))));
    await until(() => asked > 0, { what: 'a question to the resolver' });

    let waiting = true;
    const worst = (async () => {
      let most = 0;
      for (let i = 0; waiting && i < 10_000; i++) {
        const [reply, took] = await timed(fastcgiRequest(responder.socket, ignoredRequest(someone(9))));
        assert.equal(reply.body, '{"result":"ignored"}');
        most = Math.max(most, took);
      }
      return most;
    })();
    for (const [reply, took] of await Promise.all(joins)) {
      assert.equal(reply?.body, '{"result":"retry-later"}');
      assert.ok(took > 1000 && took < 2200, `took ${took.toFixed(0)} ms`);
    }
    waiting = false;
    const most = await worst;
    assert.ok(most < QUICK_MS, `an ignored webhook took ${most.toFixed(0)} ms`);
  });

  it('does not hold up the end of a CGI process, either', async (t) => {
    if (refusal) return t.skip(refusal);
    const program = await folder.install(RESPONDER, 'twilio-autojoin.fcgi');
    const { variables, body } = webhookRequest({ conversation: `CH${'7'.repeat(32)}`, service: `IS${'0'.repeat(32)}` });
    const [reply, took] = await timed(runCgi({ program: wrap[0], args: [...wrap.slice(1), program], env: { AUTOJOIN_CONFIG: settingsFile }, variables, stdin: body, timeoutMs: 60_000 }));
    assert.equal(reply.body, '{"result":"retry-later"}');
    assert.ok(took < 3000, `took ${took.toFixed(0)} ms`);
  });

  it('does not hold up the end of the process', async (t) => {
    if (refusal) return t.skip(refusal);
    const from = performance.now();
    responder.daemon.child.kill('SIGTERM');
    await responder.exited;
    assert.ok(performance.now() - from < 3000);
  });
});
