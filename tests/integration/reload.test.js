// SIGHUP: the settings are read again, with the same process, socket and connections. What is in hand is finished by
// the old ones; faulty ones are not taken over.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, rename, rm, writeFile } from 'node:fs/promises';
import { StandIn } from '../twilio/standin.js';
import { allEnded, processesOf, until } from '../servers/daemon.js';
import { FastCgiConnection, fastcgiRequest } from '../servers/fastcgi.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { notifySocket } from '../servers/notifysocket.js';
import { accepts } from '../servers/port.js';
import { baseEnvironment, startOnSocket, startResponder } from '../servers/responder.js';
import { settingsText } from '../servers/settings.js';
import { Folder } from '../servers/folder.js';
import { AUTH_TOKEN, IDENTITY, baseSettings, standInOptions } from '../lib/account.js';
import { sendOverHttp } from '../lib/drivers/http.js';
import { gatewayVariables } from '../lib/gateway-variables.js';
import { found } from '../lib/machine.js';
import { RESPONDER } from '../lib/programs.js';
import { buildWebhook } from '../lib/webhook.js';
import { webhookRecords, webhookRequest } from '../lib/webhook-records.js';

const OTHER = 'the-other-bot';
const READ = /msg="settings read again"/;
const NOT_TAKEN = /msg="the settings are not taken over: the old ones stay in force"/;

let twilio;
let folder;
let settings;
let number = 0;
before(async () => {
  twilio = await StandIn.start(standInOptions());
  folder = await Folder.create('reload');
  settings = baseSettings(twilio);
});
after(async () => {
  await folder.remove();
  await twilio.stop();
});

/** A settings file of a test's own; `change` replaces it as an editor does. */
async function settingsFile(first = settings) {
  const path = folder.join(`settings-${number += 1}.conf`);
  const change = async (changed) => {
    await writeFile(`${path}.new`, settingsText(changed), { mode: 0o600 });
    await chmod(`${path}.new`, 0o600);
    if (process.getuid() === 0) await chown(`${path}.new`, folder.user.uid, folder.user.gid);
    await rename(`${path}.new`, path);
  };
  await change(first);
  return { path, change };
}

function newConversation() {
  const service = twilio.createService().sid;
  return { service, conversation: twilio.createConversation({ serviceSid: service }).sid };
}

const joiners = ({ conversation }) => twilio.participants(conversation).map(({ identity }) => identity);

/** Who joined a new conversation. */
async function joinedBy(socket) {
  const context = newConversation();
  assert.equal((await fastcgiRequest(socket, webhookRequest(context)))?.body, '{"result":"joined"}');
  return joiners(context).join();
}

async function health(socket) {
  const variables = gatewayVariables(buildWebhook({ method: 'GET', target: '/webhooks/twilio/healthz', signature: null }, newConversation()));
  return JSON.parse((await fastcgiRequest(socket, { variables })).body);
}

const linesOf = async (responder, pattern) => (await responder.readLog()).split('\n').filter((line) => pattern.test(line));

/** Sends SIGHUP and waits until the log says what came of it once more. */
async function hangUp(responder, pattern = READ) {
  const before = (await linesOf(responder, pattern)).length;
  responder.daemon.child.kill('SIGHUP');
  await until(async () => (await linesOf(responder, pattern)).length > before, { what: String(pattern) });
}

async function reloading(start, first, act) {
  const file = await settingsFile(first);
  const responder = await start({ responder: RESPONDER, settingsFile: file.path });
  let end;
  try {
    await act(responder, file);
  } finally {
    end = await responder.stop();
  }
  assert.deepEqual([end.code, end.left], [0, []]);
}

const STARTS = {
  '--listen': startResponder,
  'a socket of systemd\'s': (options) => startOnSocket({ ...options, systemd: true }),
  'descriptor 0': startOnSocket,
};

for (const [name, start] of Object.entries(STARTS)) {
  describe(`SIGHUP, ${name}`, () => {
    it('changes the identity; the process, its socket and a kept connection stay', () => reloading(start, settings, async (responder, file) => {
      assert.equal(await joinedBy(responder.socket), IDENTITY);
      const before = await health(responder.socket);
      const kept = await FastCgiConnection.open(responder.socket);
      const first = newConversation();
      assert.equal((await kept.request({ ...webhookRequest(first), keep: true }))?.body, '{"result":"joined"}');
      await file.change({ ...settings, TWILIO_IDENTITY: OTHER });
      await hangUp(responder);
      const second = newConversation();
      assert.equal((await kept.request({ ...webhookRequest(second), keep: true }))?.body, '{"result":"joined"}');
      assert.deepEqual([joiners(first), joiners(second)], [[IDENTITY], [OTHER]]);
      assert.equal(await joinedBy(responder.socket), OTHER);
      assert.notEqual((await health(responder.socket)).settings, before.settings);
      assert.deepEqual(await responder.processes(), [responder.daemon.pid]);
      kept.socket.destroy();
    }));

    it('a join under way is finished by the old settings, whatever comes meanwhile', () => reloading(start, settings, async (responder, file) => {
      const slow = newConversation();
      twilio.misbehave({ match: { method: 'POST', path: new RegExp(slow.conversation) }, delayMs: 800 });
      const reply = fastcgiRequest(responder.socket, webhookRequest(slow));
      await until(() => twilio.requests.some(({ path }) => path.includes(slow.conversation)), { what: 'the join' });
      await file.change({ ...settings, TWILIO_IDENTITY: OTHER });
      await hangUp(responder);
      assert.equal(await joinedBy(responder.socket), OTHER);
      assert.deepEqual(joiners(slow), []);
      assert.equal((await reply)?.body, '{"result":"joined"}');
      assert.deepEqual(joiners(slow), [IDENTITY]);
      assert.equal(await joinedBy(responder.socket), OTHER);
    }));
  });
}

describe('SIGHUP', () => {
  it('faulty settings are not taken over, and their faults are logged; once they are mended they are', () => reloading(startResponder, settings, async (responder, file) => {
    const before = await health(responder.socket);
    await file.change({ ...settings, TWILIO_IDENTITY: undefined, AUTOJOIN_DEADLINE_MS: 'never-ever' });
    await hangUp(responder, NOT_TAKEN);
    assert.deepEqual((await linesOf(responder, /faulty setting/)).length, 2);
    assert.doesNotMatch(await responder.readLog(), /never-ever/);
    assert.deepEqual(await health(responder.socket), before);
    assert.equal(await joinedBy(responder.socket), IDENTITY);
    await file.change({ ...settings, TWILIO_IDENTITY: OTHER });
    await hangUp(responder);
    assert.equal(await joinedBy(responder.socket), OTHER);
  }));

  it('heals a responder that was started with faulty settings', () => reloading(startResponder, { ...settings, TWILIO_IDENTITY: undefined }, async (responder, file) => {
    assert.equal((await fastcgiRequest(responder.socket, webhookRequest(newConversation())))?.status, 500);
    await file.change(settings);
    await hangUp(responder);
    assert.equal(await joinedBy(responder.socket), IDENTITY);
  }));

  it('what the environment says stays: secrets, too, and before the file', async () => {
    const { TWILIO_AUTH_TOKEN, ...others } = settings;
    const env = { TWILIO_AUTH_TOKEN, AUTOJOIN_SOURCES: 'SMS' };
    await reloading((options) => startResponder({ ...options, env }), others, async (responder, file) => {
      await file.change({ ...others, TWILIO_IDENTITY: OTHER, AUTOJOIN_SOURCES: 'API' });
      await hangUp(responder);
      assert.equal(await joinedBy(responder.socket), OTHER);
      const api = newConversation();
      assert.equal((await fastcgiRequest(responder.socket, webhookRequest(api, { set: { Source: 'API' } })))?.body, '{"result":"ignored"}');
      assert.ok(!(await responder.readLog()).includes(AUTH_TOKEN));
    });
  });

  it('changes where and how it logs, the limits, and the statistics\' file', () => reloading(startResponder, { ...settings, AUTOJOIN_STATS_FILE: folder.join('stats-1'), AUTOJOIN_MAX_PENDING: 4 }, async (responder, file) => {
    await joinedBy(responder.socket);
    for (const changes of [{ AUTOJOIN_STATS_FILE: folder.join('stats-2') }, { AUTOJOIN_STATS_FILE: folder.join('stats-2') }, { AUTOJOIN_STATS_FILE: undefined }]) {
      await file.change({ ...settings, ...changes, AUTOJOIN_LOG_FORMAT: 'json', AUTOJOIN_MAX_PENDING: 64, AUTOJOIN_MAX_BODY: 1024 });
      await hangUp(responder, /settings read again/);
      await Promise.all(Array.from({ length: 32 }, () => joinedBy(responder.socket)));
    }
    const body = 'x'.repeat(2000);
    const variables = gatewayVariables({ ...buildWebhook({}, newConversation()), body });
    assert.equal((await fastcgiRequest(responder.socket, { variables, body }))?.status, 413);
    const last = (await responder.readLog()).trim().split('\n').at(-1);
    assert.equal(JSON.parse(last).result, 'too-large');
  }));

  it('a file of statistics that was removed is made anew, as status says', () => reloading(startResponder, { ...settings, AUTOJOIN_STATS_FILE: folder.join('stats-3') }, async (responder) => {
    await joinedBy(responder.socket);
    const before = statSync(folder.join('stats-3')).ino;
    await hangUp(responder);
    assert.equal(statSync(folder.join('stats-3')).ino, before);
    await rm(folder.join('stats-3'));
    await hangUp(responder);
    await joinedBy(responder.socket);
    assert.ok(existsSync(folder.join('stats-3')));
  }));

  it('again and again at once: all are taken, the last one counts', () => reloading(startResponder, settings, async (responder, file) => {
    const slow = newConversation();
    twilio.misbehave({ match: { method: 'POST', path: new RegExp(slow.conversation) }, delayMs: 500 });
    const reply = fastcgiRequest(responder.socket, webhookRequest(slow));
    await until(() => twilio.requests.some(({ path }) => path.includes(slow.conversation)), { what: 'the join' });
    for (let i = 0; i < 8; i++) {
      await file.change({ ...settings, TWILIO_IDENTITY: `bot-${i}` });
      responder.daemon.child.kill('SIGHUP');
      if (i === 4) await hangUp(responder).catch(() => {});
    }
    assert.equal((await reply)?.body, '{"result":"joined"}');
    await until(async () => await joinedBy(responder.socket) === 'bot-7', { what: 'the last identity' });
  }));

  it('SIGTERM right behind it: what is in hand is answered', async () => {
    const file = await settingsFile();
    const responder = await startResponder({ responder: RESPONDER, settingsFile: file.path });
    const context = newConversation();
    twilio.misbehave({ match: { method: 'POST', path: new RegExp(context.conversation) }, delayMs: 500 });
    const connection = await FastCgiConnection.open(responder.socket);
    await connection.send(webhookRecords(context));
    await until(() => twilio.requests.some(({ path }) => path.includes(context.conversation)), { what: 'the join' });
    responder.daemon.child.kill('SIGHUP');
    await responder.log.waitFor(READ);
    responder.daemon.child.kill('SIGTERM');
    assert.equal((await connection.reply())?.body, '{"result":"joined"}');
    const end = await responder.stop();
    assert.deepEqual([end.code, end.left], [0, []]);
  });
});

describe('SIGHUP behind lighttpd, under load', () => {
  const RELOADS = 20;
  const LANES = 8;

  it(`no webhook is lost over ${RELOADS} reloads, and each change takes effect`, () => reloading(startResponder, settings, async (responder, file) => {
    const front = await startLighttpd({ responder: RESPONDER, mode: 'socket', settingsFile: file.path, socket: responder.socket });
    const replies = [];
    let running = true;
    try {
      const lanes = Array.from({ length: LANES }, async () => {
        while (running) {
          const { status, body } = await sendOverHttp(front, buildWebhook({}, newConversation()));
          replies.push(`${status} ${body}`);
        }
      });
      for (let i = 1; i <= RELOADS; i++) {
        const identity = `bot-${i}`;
        const before = replies.length;
        await file.change({ ...settings, TWILIO_IDENTITY: identity });
        await hangUp(responder);
        const context = newConversation();
        assert.equal((await sendOverHttp(front, buildWebhook({}, context))).body, '{"result":"joined"}');
        assert.deepEqual(joiners(context), [identity], `reload ${i}`);
        await until(() => replies.length > before + LANES, { what: 'more webhooks' });
      }
      running = false;
      await Promise.all(lanes);
    } finally {
      running = false;
      await front.stop();
    }
    assert.deepEqual([...new Set(replies)], ['200 {"result":"joined"}']);
    assert.ok(replies.length > RELOADS * LANES, `${replies.length} webhooks`);
    assert.deepEqual(await linesOf(responder, /level=(error|warn)/), []);
  }));
});

describe('Type=notify', () => {
  const SERVING = { READY: '1', STATUS: 'Serving' };

  for (const kind of ['a path', 'an abstract name']) {
    it(`${kind}: what starts, reloads and stops is told`, async () => {
      const place = await Folder.create('notify');
      const notify = await notifySocket(kind === 'a path' ? place.join('notify') : `@autojoin-test-${process.pid}-${place.path.slice(-6)}`);
      try {
        const env = { NOTIFY_SOCKET: notify.address };
        await reloading((options) => startResponder({ ...options, env }), settings, async (responder, file) => {
          await notify.said(1);
          assert.deepEqual(notify.messages, [SERVING]);
          const before = Number(process.hrtime.bigint() / 1000n);
          responder.daemon.child.kill('SIGHUP');
          await notify.said(3);
          const [, { MONOTONIC_USEC: time, ...reloads }, ready] = notify.messages;
          assert.deepEqual([reloads, ready.READY], [{ RELOADING: '1' }, '1']);
          assert.ok(Number(time) >= before && Number(time) <= Number(process.hrtime.bigint() / 1000n), `${time}`);
          await file.change({ ...settings, TWILIO_IDENTITY: undefined });
          responder.daemon.child.kill('SIGHUP');
          await notify.said(5);
          assert.deepEqual(notify.messages[3].RELOADING, '1');
          assert.match(notify.messages[4].STATUS, /not taken over.*faulty/);
          assert.equal(notify.messages[4].READY, '1');
        });
        await notify.said(6);
        assert.deepEqual(notify.messages[5], { STOPPING: '1' });
        assert.equal(notify.messages.length, 6);
      } finally {
        await notify.stop();
        await place.remove();
      }
    });
  }

  it('ready is told when it serves, not before, also with faulty settings; and what is no socket is nobody', async () => {
    const place = await Folder.create('notify');
    const notify = await notifySocket(place.join('notify'));
    try {
      await reloading((options) => startOnSocket({ ...options, systemd: true, env: { NOTIFY_SOCKET: notify.address } }), { ...settings, TWILIO_IDENTITY: undefined }, async (responder) => {
        await notify.said(1);
        assert.match(notify.messages[0].STATUS, /faulty/);
        assert.equal((await fastcgiRequest(responder.socket, webhookRequest(newConversation())))?.status, 500);
      });
    } finally {
      await notify.stop();
    }
    for (const NOTIFY_SOCKET of [notify.address, place.join('nothing'), 'relative', '@', `/${'x'.repeat(200)}`, 'vsock:2:1']) {
      await reloading((options) => startResponder({ ...options, env: { NOTIFY_SOCKET } }), settings, async (responder) => {
        await hangUp(responder);
        assert.equal(await joinedBy(responder.socket), IDENTITY);
      });
    }
    await place.remove();
  });
});

const unsanitized = { skip: readFileSync(RESPONDER).includes('__asan_init') && 'a build with sanitizers gives up less' };

describe('SIGHUP where the process has shut itself in', unsanitized, () => {
  const CONFINED = { AUTOJOIN_LANDLOCK: 'yes' };

  it('AUTOJOIN_LANDLOCK: a new identity and a new secret\'s file are read; another directory needs a restart, and is named', async () => {
    const place = await Folder.create('shut');
    for (const name of ['spool', 'other']) await place.directory(name);
    const { TWILIO_AUTH_TOKEN, ...others } = settings;
    const token = async () => {
      await place.write('token.new', `${TWILIO_AUTH_TOKEN}\n`);
      await rename(place.join('token.new'), place.join('token'));
    };
    await token();
    const confined = { ...others, ...CONFINED, TWILIO_AUTH_TOKEN_FILE: place.join('token'), AUTOJOIN_SPOOL_DIR: place.join('spool'), AUTOJOIN_STATS_FILE: place.join('stats') };
    await reloading(startResponder, confined, async (responder, file) => {
      await token();
      await file.change({ ...confined, TWILIO_IDENTITY: OTHER });
      await hangUp(responder);
      assert.equal(await joinedBy(responder.socket), OTHER);
      for (const changed of [{ AUTOJOIN_SPOOL_DIR: place.join('other') }, { AUTOJOIN_STATS_FILE: place.join('other', 'stats') }, { AUTOJOIN_LANDLOCK: 'no' }, { AUTOJOIN_CAPTURE_DIR: place.join('other') }, { AUTOJOIN_CA_FILE: place.join('ca.pem') }]) {
        await file.change({ ...confined, ...changed });
        await hangUp(responder, NOT_TAKEN);
        const line = (await linesOf(responder, NOT_TAKEN)).at(-1);
        assert.match(line, new RegExp(`setting=${Object.keys(changed)}.*restart`));
        assert.equal(await joinedBy(responder.socket), OTHER);
      }
      await file.change({ ...confined, AUTOJOIN_SPOOL_DIR: undefined });
      await hangUp(responder);
      assert.deepEqual(await linesOf(responder, /Permission denied/), []);
    });
    await place.remove();
  });

  it('shuts itself in when that is set', () => reloading(startResponder, settings, async (responder, file) => {
    for (let i = 0; i < 20; i++) { // more often than Landlock can be stacked
      await file.change({ ...settings, ...CONFINED, TWILIO_IDENTITY: `bot-${i}` });
      await hangUp(responder);
      assert.equal(await joinedBy(responder.socket), `bot-${i}`);
    }
    assert.deepEqual(await linesOf(responder, /Landlock here/), []);
  }));

  it('started by root, it has become another: settings that only root may read are not taken over, and the log names them', { skip: process.getuid() !== 0 && 'not root' }, async () => {
    const place = await Folder.create('root');
    await place.directory('spool');
    const rooted = { ...settings, AUTOJOIN_SPOOL_DIR: place.join('spool') };
    await reloading((options) => startResponder({ ...options, as: {} }), rooted, async (responder, file) => {
      const context = newConversation();
      assert.equal((await fastcgiRequest(responder.socket, webhookRequest(context)))?.body, '{"result":"joined"}');
      await hangUp(responder);
      await chown(file.path, 0, 0);
      await hangUp(responder, NOT_TAKEN);
      assert.match((await linesOf(responder, /faulty setting/)).join('\n'), /settings-\d+\.conf \S.*/);
      assert.equal(await joinedBy(responder.socket), IDENTITY);
    });
    await place.remove();
  });
});

describe('SIGHUP from a terminal that has gone', async () => {
  const skip = !await found('script', ['-qec', 'true', '/dev/null']) && 'script(1) cannot be used here';

  it('ends it as SIGTERM does', { skip }, async () => {
    const file = await settingsFile();
    const place = await Folder.create('tty');
    const program = await place.install(RESPONDER, 'twilio-autojoin.fcgi');
    const socket = place.join('sock');
    const env = { ...baseEnvironment(), SHELL: '/bin/sh', TERM: 'xterm', AUTOJOIN_CONFIG: file.path };
    const terminal = spawn('script', ['-qec', `exec ${program} --listen unix:${socket}`, '/dev/null'], { env, ...place.as, stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    terminal.stdout.on('data', (data) => { shown += data; });
    const ended = new Promise((resolve) => { terminal.once('close', resolve); });
    try {
      await until(() => accepts({ path: socket }), { what: 'the socket' });
      assert.equal(await joinedBy(socket), IDENTITY);
      process.kill((await processesOf(program))[0], 'SIGHUP'); // the terminal is there: that is a reload
      await until(() => READ.test(shown), { what: 'a line about it' });
      assert.equal(await joinedBy(socket), IDENTITY);
    } finally {
      terminal.kill('SIGKILL'); // it was the terminal's other side
      await ended;
    }
    assert.deepEqual(await allEnded(program), []);
    assert.ok(!existsSync(socket), 'its socket is removed');
    await place.remove();
  });
});
