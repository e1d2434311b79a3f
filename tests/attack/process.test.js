// What another process learns of a responder, and what a responder keeps: /proc, core files,
// descriptors, limits, memory.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readlink } from 'node:fs/promises';
import { API_KEY, API_SECRET, AUTH_TOKEN, SECONDARY_TOKEN, baseSettings, standInOptions } from '../lib/account.js';
import { gatewayVariables } from '../lib/gateway-variables.js';
import { RESPONDER } from '../lib/programs.js';
import { Scene } from '../lib/scene.js';
import { buildWebhook } from '../lib/webhook.js';
import { processesOf, until } from '../servers/daemon.js';
import { Folder } from '../servers/folder.js';
import { readProc, tryProc } from '../servers/proc.js';
import { runCgi, startResponder } from '../servers/responder.js';
import { StandIn } from '../twilio/standin.js';
import { copiesInMemory } from './memory.js';
import { fastcgi, send, unsanitized, withResponder } from './responderscene.js';

const asRoot = { skip: process.getuid() !== 0 && 'only root can look into a process that is not dumpable' };
// The secrets as a careless administrator gives them: in the environment.
const inEnvironment = {
  settings: { TWILIO_AUTH_TOKEN: undefined, TWILIO_API_SECRET: undefined },
  environment: { TWILIO_AUTH_TOKEN: AUTH_TOKEN, TWILIO_AUTH_TOKEN_SECONDARY: SECONDARY_TOKEN, TWILIO_API_SECRET: API_SECRET },
};
const SECRETS = [AUTH_TOKEN, SECONDARY_TOKEN, API_SECRET];

const of = (pid, name) => readProc(`${pid}/${name}`);

/** As the responder's own user, who also runs the web server's other applications. */
function tries(folder, command, ...args) {
  return new Promise((resolve) => {
    execFile(command, args, { ...folder.as, encoding: 'latin1', timeout: 10_000 }, (error, stdout, stderr) => resolve({ failed: Boolean(error), stdout, stderr }));
  });
}

describe('a responder that runs', unsanitized, () => {
  let scene;
  let pid;
  before(async () => {
    scene = await Scene.open(fastcgi, inEnvironment);
    ({ pid } = scene.server.own);
    assert.equal((await send(scene)).body, '{"result":"joined"}');
  });
  after(() => scene.close());

  it('has no secret in /proc/PID/environ, though it was given them there', asRoot, async () => {
    const environment = of(pid, 'environ');
    assert.match(environment, /TWILIO_AUTH_TOKEN=/);
    for (const secret of SECRETS) assert.ok(!environment.includes(secret));
  });

  it('has no password of a URL there either', asRoot, () => withResponder({
    environment: { AUTOJOIN_PROXY: 'http://user:proxy-password@127.0.0.1:9', AUTOJOIN_PUBLIC_URL: 'https://user:hook-password@api.example.com/webhooks/twilio' },
    settings: { AUTOJOIN_PRECONNECT: 'no' },
  }, async ({ server }) => {
    const environment = of(server.own.pid, 'environ');
    assert.match(environment, /AUTOJOIN_PROXY=\0/);
    assert.match(environment, /AUTOJOIN_PUBLIC_URL=\0/);
  }));

  it('has no secret on its command line', async () => {
    const line = of(pid, 'cmdline');
    assert.ok(line.length > 0);
    for (const secret of SECRETS) assert.ok(!line.includes(secret));
  });

  for (const name of ['environ', 'mem', 'maps', 'smaps', 'auxv']) {
    it(`shows /proc/PID/${name} to no other process of its user`, async () => {
      const { failed, stderr } = await tries(scene.folder, '/bin/sh', '-c', ': < "$0"', `/proc/${pid}/${name}`);
      assert.ok(failed);
      assert.match(stderr, /Permission denied/);
    });
  }

  it('shows its open files to no other process of its user', async () => {
    assert.ok((await tries(scene.folder, 'ls', `/proc/${pid}/fd`)).failed);
  });

  it('can be traced by no other process of its user', async () => {
    const { failed, stderr } = await tries(scene.folder, 'timeout', '2', 'strace', '-p', String(pid));
    assert.ok(failed);
    assert.match(stderr, /Operation not permitted/);
  });

  it('can gain no privileges, and makes private files', async () => {
    const status = of(pid, 'status');
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Umask:\t0077$/m);
    assert.match(status, /^Cap(?:Prm|Eff):\t0+$/m);
  });

  it('has limits: no core file, bounded memory, descriptors for its joins', async () => {
    const limits = Object.fromEntries([...of(pid, 'limits').matchAll(/^(Max .*?) {2,}(\S+) +(\S+)/gm)].map(([, name, soft, hard]) => [name, { soft, hard }]));
    assert.deepEqual(limits['Max core file size'], { soft: '0', hard: '0' });
    assert.ok(Number(limits['Max data size'].soft) <= 2 ** 31, limits['Max data size'].soft);
    assert.ok(Number(limits['Max open files'].soft) >= 2 * 512 + 512, limits['Max open files'].soft);
  });

  it('has no shell, no child, and no file open but its own', asRoot, async () => {
    assert.equal(tryProc(`${pid}/task/${pid}/children`), '');
    const open = await Promise.all((await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`)));
    assert.deepEqual(open.filter((path) => path.startsWith('/') && !/^\/dev\/null$|\/stderr\.log$/.test(path)), []);
  });
});

// What OpenSSL copies for itself is not ours: of each token it keeps one.
const KEPT = [['the auth token', AUTH_TOKEN, 1], ['the secondary token', SECONDARY_TOKEN, 1], ['the API secret', API_SECRET, 0],
  ['the Authorization header', Buffer.from(`${API_KEY}:${API_SECRET}`).toString('base64'), 0]];
const inFile = { settings: { TWILIO_AUTH_TOKEN_SECONDARY: SECONDARY_TOKEN } };

for (const [where, group] of Object.entries({ 'the environment': inEnvironment, 'the settings file': inFile })) {
  describe(`secrets from ${where}`, unsanitized, () => {
    let scene;
    before(async () => { scene = await Scene.open(fastcgi, group); });
    after(() => scene.close());

    for (const [name, secret, theirs] of KEPT) {
      it(`${name} is kept in memory that is locked, and no second copy`, asRoot, async () => {
        const copies = await copiesInMemory(scene.server.own.pid, secret);
        assert.equal(copies.filter(({ locked }) => locked).length, 1, JSON.stringify(copies));
        assert.equal(copies.filter(({ locked }) => !locked).length, theirs, JSON.stringify(copies));
        assert.deepEqual(copies.filter(({ name: region }) => region !== '[heap]'), [], 'neither on the stack nor in the environment');
      });
    }
  });
}

describe('a responder that starts', () => {
  it('with descriptors 0 to 2 closed has them open, and writes no socket\'s bytes into a log', asRoot, async () => {
    const twilio = await StandIn.start(standInOptions());
    const own = await startResponder({ responder: RESPONDER, settings: baseSettings(twilio), wrap: ['/bin/sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh'] });
    try {
      for (const descriptor of [0, 1, 2]) assert.equal(await readlink(`/proc/${own.pid}/fd/${descriptor}`), '/dev/null');
    } finally {
      await own.stop();
      await twilio.stop();
    }
  });
});

describe('a responder that crashes', unsanitized, () => {
  let twilio;
  before(async () => { twilio = await StandIn.start(standInOptions()); });
  after(() => twilio.stop());

  for (const signal of ['SIGSEGV', 'SIGABRT', 'SIGQUIT']) {
    it(`leaves no core file after ${signal}, where the machine would like one`, async () => {
      const folder = await Folder.create('core');
      try {
        const own = await startResponder({
          responder: RESPONDER, settings: baseSettings(twilio), wrap: ['/bin/sh', '-c', 'cd "$0" && ulimit -c unlimited; exec "$@"', folder.path],
        });
        process.kill(own.pid, signal);
        assert.equal((await own.exited).signal, signal);
        await own.stop();
        assert.deepEqual(await readdir(folder.path), []);
      } finally {
        await folder.remove();
      }
    });
  }
});

describe('under plain CGI', () => {
  it('the environment holds no secret while Twilio is waited for', asRoot, async () => {
    const twilio = await StandIn.start(standInOptions());
    const folder = await Folder.create('cgi');
    try {
      const program = await folder.install(RESPONDER, 'twilio-autojoin.fcgi');
      const service = twilio.createService().sid;
      const context = { service, conversation: twilio.createConversation({ serviceSid: service }).sid };
      const rule = twilio.misbehave({ match: { method: 'POST' }, delayMs: 300 });
      const webhook = buildWebhook({}, context);
      const reply = runCgi({ program, as: folder.as, env: { ...baseSettings(twilio), AUTOJOIN_CONFIG: await folder.write('empty.conf', '') }, variables: gatewayVariables(webhook), stdin: webhook.body });
      await until(() => rule.hits === 1, { what: 'the call of Twilio' });
      const [pid] = await processesOf(program);
      const environment = of(pid, 'environ');
      assert.match(environment, /TWILIO_AUTH_TOKEN=/);
      for (const secret of SECRETS) assert.ok(!environment.includes(secret));
      assert.equal((await reply).body, '{"result":"joined"}');
    } finally {
      await twilio.stop();
      await folder.remove();
    }
  });
});
