// AUTOJOIN_LANDLOCK: everything still works, what is outside stays out of reach, and where the kernel
// cannot do it a line of the log says so. What exactly is denied is tried by tests/unit/test_landlock.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { chown, mkdir, rename } from 'node:fs/promises';
import { makeCertificate } from '../servers/certificate.js';
import { processesOf, until } from '../servers/daemon.js';
import { found } from '../lib/machine.js';
import { LossScene } from '../lib/loss-scene.js';
import { cgi, fastcgi, send, unsanitized, withResponder } from './responderscene.js';

const CONFINED = { AUTOJOIN_LANDLOCK: 'yes' };
const allFolders = async (scene) => {
  const names = { AUTOJOIN_SPOOL_DIR: 'spool', AUTOJOIN_CAPTURE_DIR: 'captures' };
  for (const name of Object.values(names)) await scene.folder.directory(name);
  return {
    ...CONFINED, AUTOJOIN_STATS_FILE: scene.folder.join('stats'),
    ...Object.fromEntries(Object.entries(names).map(([setting, name]) => [setting, scene.folder.join(name)])),
  };
};

/** strace(1), told to do something to the call that asks for a ruleset. */
const tracing = (...options) => ['strace', '-f', '-qq', '-o', '/dev/null', ...options];
const withoutLandlock = tracing('-e', 'trace=landlock_create_ruleset', '-e', 'inject=landlock_create_ruleset:error=ENOSYS');

let here;
let traces;
before(async () => {
  // Tracing says whether this kernel has it: the version is asked for, and is no error.
  traces = await found('strace', [...withoutLandlock.slice(1), 'true']);
  here = await withResponder({ settings: CONFINED }, async (scene) => !(await scene.server.logLines()).some((line) => /no Landlock here/.test(line)));
});

describe('a confined responder', unsanitized, () => {
  for (const driver of [fastcgi, cgi]) {
    it(`joins, keeps a ticket, captures and counts (${driver.name})`, () => withResponder({ settings: allFolders }, async (scene) => {
      assert.equal((await send(scene)).body, '{"result":"joined"}');
      scene.twilio.misbehave({ match: { method: 'POST' }, code: 50417 });
      const refused = scene.newContext({});
      assert.equal((await send(scene, {}, refused)).body, '{"result":"refused"}');
      assert.deepEqual(readdirSync(scene.folder.join('spool')).filter((name) => /^CH/.test(name)), [refused.conversation]);
      assert.equal((await send(scene, { token: 'x' })).status, 403);
      assert.equal(readdirSync(scene.folder.join('captures')).length, 1);
      assert.ok(readFileSync(scene.folder.join('stats')).length > 0);
      assert.deepEqual((await scene.server.logLines()).filter((line) => /Landlock|LANDLOCK|Permission denied/i.test(line))
        .filter((line) => here && !line.startsWith('profiling:')), []); // which a build for coverage says: it cannot write its counts
    }, driver));
  }

  it('resolves names and verifies certificates, also when the CA file was replaced', () => withResponder({
    standIn: async ({ folder }) => {
      const { key, cert } = await makeCertificate(folder);
      return { tls: { key: readFileSync(key), cert: readFileSync(cert) } };
    },
    settings: ({ folder, twilio }) => ({
      ...CONFINED, AUTOJOIN_PRECONNECT: 'no', AUTOJOIN_CA_FILE: folder.join('cert.pem'), AUTOJOIN_API_URL: twilio.url.replace('127.0.0.1', 'localhost'),
    }),
  }, async (scene) => {
    await scene.folder.write('new.pem', readFileSync(scene.folder.join('cert.pem')));
    await rename(scene.folder.join('new.pem'), scene.folder.join('cert.pem'));
    assert.equal((await send(scene)).body, '{"result":"joined"}');
  }));

  it('removes its socket when it ends', () => withResponder({ settings: CONFINED }, async (scene) => {
    const { own } = scene.server;
    own.daemon.child.kill('SIGTERM');
    assert.equal((await own.exited).code, 0);
    assert.deepEqual(readdirSync(own.folder.path).filter((name) => /sock/.test(name)), []);
  }));

  it('does not follow a spool that somebody puts in the place of its own', (t) => withResponder({ settings: allFolders }, async (scene) => {
    if (!here) return t.skip('no Landlock in this kernel');
    const spool = scene.folder.join('spool');
    await rename(spool, `${spool}.old`);
    await mkdir(spool, { mode: 0o700 });
    if (process.getuid() === 0) await chown(spool, scene.folder.user.uid, scene.folder.user.gid);
    scene.twilio.misbehave({ match: { method: 'POST' }, code: 50417 });
    const fresh = { set: { DateCreated: new Date().toISOString() } };
    assert.equal((await send(scene, fresh)).body, '{"result":"refused"}');
    assert.deepEqual(readdirSync(spool), []);
    assert.equal((await send(scene, fresh)).body, '{"result":"joined"}');
    return until(async () => (await scene.server.logLines()).some((line) => /Permission denied/.test(line)), { what: 'a line about it' });
  }));
});

describe('a kernel without Landlock', unsanitized, () => {
  it('is said in one line, and everything works', async (t) => {
    if (!traces) { t.skip('strace cannot trace here'); return; }
    const scene = await LossScene.open({ settings: CONFINED, wrap: withoutLandlock });
    try {
      assert.equal((await scene.send(scene.newContext())).body, '{"result":"joined"}');
      const lines = (await scene.log()).filter(({ msg }) => /Landlock/.test(msg));
      assert.deepEqual(lines.map(({ level, reason }) => [level, reason]), [['warn', 'Function not implemented']]);
    } finally {
      // strace ends with what it traces, and not by a signal of its own.
      for (const pid of await processesOf(scene.responder.program)) process.kill(pid);
      await scene.responder.exited;
      await scene.close();
    }
  });
});
