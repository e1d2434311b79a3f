// How the responder comes by its socket, and what it makes of its command line
// (design 6.9).

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { StandIn } from '../twilio/standin.js';
import { FastCgiConnection, fastcgiRequest } from '../servers/fastcgi.js';
import { Folder } from '../servers/folder.js';
import { freePort } from '../servers/port.js';
import { runCgi, startOnSocket, startResponder } from '../servers/responder.js';
import { writeSettings } from '../servers/settings.js';
import { baseSettings, standInOptions } from '../lib/account.js';
import { ignoredRequest, webhookRequest } from '../lib/webhook-records.js';
import { RESPONDER } from '../lib/programs.js';

let twilio;
let folder;
let program;
let settings;
let settingsFile;
const someone = { conversation: 'CH0123456789abcdef0123456789abcdef', service: 'IS0123456789abcdef0123456789abcdef' };

before(async () => {
  twilio = await StandIn.start(standInOptions());
  folder = await Folder.create('listen');
  program = await folder.install(RESPONDER, 'twilio-autojoin.fcgi');
  settings = baseSettings(twilio);
  settingsFile = await writeSettings(folder, settings);
});
after(async () => {
  await folder.remove();
  await twilio.stop();
});

function newConversation() {
  const service = twilio.createService().sid;
  return { service, conversation: twilio.createConversation({ serviceSid: service }).sid };
}

async function serves(where) {
  const joined = await fastcgiRequest(where, webhookRequest(newConversation()));
  assert.equal(joined?.body, '{"result":"joined"}');
}

/** As an operator's shell starts it: nothing of a gateway in the environment. */
function byHand(...args) {
  return runCgi({ program, as: folder.as, args, env: { AUTOJOIN_CONFIG: settingsFile } });
}

describe('--listen', () => {
  it('unix: makes a socket of mode 0600', async () => {
    const responder = await startResponder({ responder: RESPONDER, settingsFile });
    assert.equal((await stat(responder.socket)).mode & 0o777, 0o600);
    await serves(responder.socket);
    await responder.stop();
  });

  it('--mode and --group are the socket\'s', async () => {
    const responder = await startResponder({ responder: RESPONDER, settingsFile, args: ['--mode', '0660', '--group', 'nogroup'], as: {} });
    const { mode, gid } = await stat(responder.socket);
    const nogroup = Number(/^nogroup:[^:]*:(\d+):/m.exec(await readFile('/etc/group', 'utf8'))[1]);
    assert.deepEqual([mode & 0o777, gid], [0o660, nogroup]);
    await serves(responder.socket);
    await responder.stop();
  });

  for (const mode of ['', '8', '0778', '01000', '-1', '660x', 'rw']) {
    it(`--mode ${JSON.stringify(mode)} is refused`, async () => {
      const { code, stderr } = await byHand('--listen', `unix:${folder.join('never')}`, '--mode', mode);
      assert.equal(code, 64);
      assert.match(stderr, /--mode takes an octal number/);
    });
  }

  it('with too few descriptors it says so, and serves', async () => {
    const responder = await startResponder({ responder: RESPONDER, settingsFile, wrap: ['/usr/bin/prlimit', '--nofile=200:200'] });
    await responder.log.waitFor(/too few file descriptors.*AUTOJOIN_MAX_PENDING/);
    await serves(responder.socket);
    await responder.stop();
  });

  it('127.0.0.1:PORT listens on loopback', async () => {
    const port = await freePort();
    const responder = await startResponder({ responder: RESPONDER, settingsFile, listen: `127.0.0.1:${port}` });
    await serves({ host: '127.0.0.1', port });
    await responder.stop();
  });

  for (const address of ['0.0.0.0:18080', ':18080', '192.0.2.1:18080', '[::]:18080', '18080', 'unix:', 'unix:relative/path', `unix:/tmp/${'x'.repeat(120)}`, 'localhost', '']) {
    it(`${JSON.stringify(address.slice(0, 40))} is refused`, async () => {
      const { code, stderr } = await byHand('--listen', address);
      assert.ok(code > 0 && code < 128, `exit ${code}`);
      assert.notEqual(stderr, '');
    });
  }

  it('refuses a path on which another responder answers, and leaves that one alone', async () => {
    const first = await startResponder({ responder: RESPONDER, settingsFile });
    const { code, stderr } = await byHand('--listen', `unix:${first.socket}`);
    assert.ok(code > 0 && code < 128, `exit ${code}`);
    assert.match(stderr, /listen/);
    await serves(first.socket);
    await first.stop();
  });

  it('takes over the path of a responder that was killed', async () => {
    const first = await startResponder({ responder: RESPONDER, settingsFile });
    first.daemon.child.kill('SIGKILL');
    await first.exited;
    assert.ok((await stat(first.socket)).isSocket());
    const second = await startResponder({ responder: RESPONDER, settingsFile, listen: `unix:${first.socket}` });
    await serves(first.socket);
    await second.stop();
    await first.stop();
  });

  it('never replaces what is no socket', async () => {
    const file = folder.join('precious');
    await writeFile(file, 'precious');
    await symlink(file, folder.join('link'));
    for (const path of [file, folder.join('link'), folder.path]) {
      const { code } = await byHand('--listen', `unix:${path}`);
      assert.ok(code > 0 && code < 128, `exit ${code} for ${path}`);
    }
    assert.equal((await stat(file)).size, 8);
  });

  it('with faulty settings listens and answers 500', async () => {
    const responder = await startResponder({ responder: RESPONDER, settings: { ...settings, TWILIO_IDENTITY: undefined } });
    assert.equal((await fastcgiRequest(responder.socket, ignoredRequest(someone)))?.status, 500);
    await responder.log.waitFor(/TWILIO_IDENTITY/);
    await responder.stop();
  });
});

describe('a socket on descriptor 0', () => {
  for (const args of [[], ['--help'], ['--listen', 'unix:/nowhere/x'], ['check'], ['--version']]) {
    it(`is served, whatever the command line: ${JSON.stringify(args)}`, async () => {
      const responder = await startOnSocket({ responder: RESPONDER, settingsFile, args });
      await serves(responder.socket);
      const end = await responder.stop();
      assert.deepEqual([end.code, end.left], [0, []]);
    });
  }
});

// mod_fcgid gives a queue of 5: what comes while the process is busy would find it full.
describe('the queue of a socket that was made with a short one', () => {
  const MANY = 100;
  for (const systemd of [false, true]) {
    it(`is made longer: ${systemd ? 'LISTEN_FDS' : 'descriptor 0'}`, async () => {
      const responder = await startOnSocket({ responder: RESPONDER, settingsFile, systemd, backlog: 2 });
      const connections = [];
      try {
        await serves(responder.socket);
        responder.daemon.child.kill('SIGSTOP');
        for (let i = 0; i < MANY; i++) connections.push(await FastCgiConnection.open(responder.socket));
        responder.daemon.child.kill('SIGCONT');
        await serves(responder.socket);
      } finally {
        responder.daemon.child.kill('SIGCONT');
        for (const { socket } of connections) socket.destroy();
        await responder.stop();
      }
    });
  }
});

describe('a socket handed over by systemd (LISTEN_FDS)', () => {
  it('is served, and stays for the next responder', async () => {
    const responder = await startOnSocket({ responder: RESPONDER, settingsFile, systemd: true });
    await serves(responder.socket);
    responder.daemon.child.kill('SIGTERM');
    assert.deepEqual(await responder.exited, { code: 0, signal: null });
    assert.ok((await stat(responder.socket)).isSocket(), 'the path is systemd\'s');
    await responder.stop();
  });
});

describe('by hand', () => {
  it('with nothing it says how to call it and exits 64', async () => {
    const { code, stdout, stderr } = await byHand();
    assert.equal(code, 64);
    assert.match(`${stdout}${stderr}`, /--listen/);
  });

  it('an unknown option: the same', async () => {
    const { code } = await byHand('--nonsense');
    assert.equal(code, 64);
  });

  it('--help', async () => {
    const { code, stdout } = await byHand('--help');
    assert.equal(code, 0);
    assert.match(stdout.toString(), /--listen/);
  });

  it('--version', async () => {
    const { code, stdout } = await byHand('--version');
    assert.equal(code, 0);
    assert.match(stdout.toString(), /twilio-autojoin.*\d/);
  });

  it('--check-config with good settings', async () => {
    const { code } = await byHand('--check-config');
    assert.equal(code, 0);
  });

  it('--check-config names every fault, and no value', async () => {
    const faulty = await writeSettings(folder, { ...settings, TWILIO_IDENTITY: undefined, AUTOJOIN_DEADLINE_MS: 'never-ever', AUTOJOIN_NONSENSE: 'x' }, { name: 'faulty.conf' });
    const { code, stdout, stderr } = await runCgi({ program, as: folder.as, args: ['--check-config'], env: { AUTOJOIN_CONFIG: faulty } });
    const text = `${stdout}${stderr}`;
    assert.ok(code > 0 && code < 128, `exit ${code}`);
    for (const name of ['TWILIO_IDENTITY', 'AUTOJOIN_DEADLINE_MS', 'AUTOJOIN_NONSENSE']) assert.match(text, new RegExp(name));
    assert.doesNotMatch(text, /never-ever/);
    assert.ok(!text.includes(settings.TWILIO_AUTH_TOKEN));
  });
});
