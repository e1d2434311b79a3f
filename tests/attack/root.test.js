// Started by root, among files of those who may write where root does: what they plant leads root nowhere.
// The attacker is the user that the responder runs as, or anybody of the directory's group.

import { afterEach, beforeEach, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, lstatSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { chmod, chown, lchown, link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { webhookRequest } from '../lib/webhook-records.js';
import { RESPONDER } from '../lib/programs.js';
import { LossScene } from '../lib/loss-scene.js';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { runCgi, startResponder } from '../servers/responder.js';
import { settingsText } from '../servers/settings.js';

const asRoot = { skip: process.getuid() !== 0 && 'not root' };
const OPEN = /root's, and others can write to it/;
const MEND = /chown.*chmod/;

describe('started by root', asRoot, () => {
  let scene;
  let roots; // a folder of root's that nobody else may enter
  beforeEach(async () => {
    scene = await LossScene.open({ responder: false });
    roots = await mkdtemp(join(tmpdir(), 'autojoin-root-'));
  });
  afterEach(async () => {
    await scene.close();
    await rm(roots, { recursive: true });
  });

  const inRoots = (...names) => join(roots, ...names);
  const byRoot = (args, options) => scene.start(args, { as: {}, ...options }).exited;

  /** Settings that root can read though others cannot; over those of the scene. */
  async function settingsOfRoot(settings) {
    await writeFile(inRoots('conf'), settingsText({ ...scene.settings, ...settings }), { mode: 0o600 });
    return { AUTOJOIN_CONFIG: inRoots('conf') };
  }

  /** As the attacker would leave it. */
  async function plantLink(target, path) {
    await symlink(target, path);
    await lchown(path, scene.folder.user.uid, scene.folder.user.gid);
  }

  /** root:www-data 0770, as somebody sets up who wants both to write. */
  async function openSpool() {
    await chown(scene.spool, 0, scene.folder.user.gid);
    await chmod(scene.spool, 0o770);
  }

  describe('a spool of root\'s that others can write to', () => {
    beforeEach(openSpool);

    it('is not drained: a link there would lead root elsewhere', async () => {
      await mkdir(inRoots('elsewhere'));
      await plantLink(inRoots('elsewhere'), join(scene.spool, 'broken'));
      await scene.folder.write('spool/planted', 'whatever the attacker likes\n');
      const run = await byRoot(['drain']);
      assert.deepEqual(readdirSync(inRoots('elsewhere')), []);
      assert.ok(existsSync(join(scene.spool, 'planted')));
      assert.equal(run.code, 74, run.stderr);
      assert.match(run.stderr, OPEN);
      assert.match(run.stderr, MEND);
    });

    for (const who of ['root', 'the responder\'s user']) {
      it(`is a finding of check, with what fixes it, for ${who}`, async () => {
        const options = who === 'root' ? { as: {}, env: await settingsOfRoot() } : {};
        const run = await scene.start(['check', '--offline'], options).exited;
        assert.equal(run.code, 1, run.stderr);
        assert.match(run.stdout, OPEN);
        assert.match(run.stdout, MEND);
      });
    }

    it('keeps reconcile and the responder from starting', async () => {
      const run = await byRoot(['reconcile', '--dry-run']);
      assert.equal(run.code, 74, run.stdout);
      assert.match(run.stderr, OPEN);
      const program = await scene.folder.install(RESPONDER, 'by-root.fcgi');
      const started = await runCgi({ program, args: ['--listen', `unix:${scene.folder.join('own.sock')}`], env: { AUTOJOIN_CONFIG: scene.settingsFile }, timeoutMs: 5000 });
      assert.equal(started.code, 71, started.stderr);
      assert.match(started.stderr, OPEN);
    });

    it('is not written to by a responder of another user either', async () => {
      await scene.startResponder();
      const context = scene.newContext();
      assert.equal((await scene.send(context)).body, '{"result":"joined"}');
      assert.match((await scene.log()).find(({ directory }) => directory).reason, OPEN);
      assert.deepEqual(readdirSync(scene.spool), []);
    });
  });

  it('a spool of root\'s own is used as ever', async () => {
    await mkdir(inRoots('spool'), { mode: 0o700 });
    const env = await settingsOfRoot({ AUTOJOIN_SPOOL_DIR: inRoots('spool') });
    const run = await byRoot(['drain'], { env });
    assert.equal(run.code, 0, run.stderr);
    assert.match((await byRoot(['check', '--offline'], { env })).stdout, /usable and empty/);
  });

  describe('a spool in whose place others can put a link', () => {
    const REPLACEABLE = /others can put another directory in its place/;
    const precious = (...names) => inRoots('precious', ...names);
    const untouched = () => assert.deepEqual(readdirSync(precious()), ['passwd']);

    for (const [whose, owner] of [['root\'s', () => [0, 0]], ['a third user\'s', () => [4321, 4321]]]) {
      it(`to a directory of ${whose} is not drained, nor listened beside`, async () => {
        await chmod(roots, 0o755);
        await mkdir(precious());
        await writeFile(precious('passwd'), 'precious');
        await chmod(precious(), 0o755);
        await chown(precious(), ...owner());
        await rm(scene.spool, { recursive: true });
        await plantLink(precious(), scene.spool);
        const run = await byRoot(['drain']);
        untouched();
        assert.equal(run.code, 74, run.stderr);
        assert.match(run.stderr, REPLACEABLE);
        assert.match((await byRoot(['check', '--offline'])).stdout, REPLACEABLE);
        const program = await scene.folder.install(RESPONDER, 'by-root.fcgi');
        const started = await runCgi({ program, args: ['--listen', `unix:${scene.folder.join('own.sock')}`], env: { AUTOJOIN_CONFIG: scene.settingsFile }, timeoutMs: 5000 });
        assert.equal(started.code, 71, started.stderr);
        assert.match(started.stderr, REPLACEABLE);
        untouched();
      });
    }

    it('while the responder runs as root, because it was not there, is not written to', async () => {
      await rm(scene.spool, { recursive: true });
      const responder = await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile, as: {} });
      try {
        await mkdir(precious());
        await plantLink(precious(), scene.spool);
        const context = scene.newContext();
        const removed = webhookRequest(context, { set: { EventType: 'onParticipantRemoved', Identity: scene.settings.TWILIO_IDENTITY } });
        assert.equal((await fastcgiRequest(responder.socket, removed)).status, 200);
        assert.deepEqual(readdirSync(precious()), []);
      } finally {
        await responder.stop();
      }
    });
  });

  it('a spool that others make only later is not used, nor what they plant in it', async () => {
    await rm(scene.spool, { recursive: true });
    const responder = await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile, as: {} });
    try {
      await mkdir(scene.spool, { mode: 0o700 });
      await mkdir(inRoots('elsewhere'));
      await plantLink(inRoots('elsewhere'), join(scene.spool, 'left'));
      await scene.own(scene.spool);
      const context = scene.newContext();
      const removed = webhookRequest(context, { set: { EventType: 'onParticipantRemoved', Identity: scene.settings.TWILIO_IDENTITY } });
      assert.equal((await fastcgiRequest(responder.socket, removed)).status, 200);
      assert.deepEqual(readdirSync(inRoots('elsewhere')), []);
    } finally {
      await responder.stop();
    }
  });

  it('the responder is the spool\'s owner before it makes its socket', async () => {
    const program = await scene.folder.install(RESPONDER, 'by-root.fcgi');
    await mkdir(inRoots('run'));
    await chmod(roots, 0o755);
    await chmod(inRoots('run'), 0o755);
    const { code, stderr } = await runCgi({ program, args: ['--listen', `unix:${inRoots('run', 'own.sock')}`], env: { AUTOJOIN_CONFIG: scene.settingsFile }, timeoutMs: 5000 });
    assert.equal(code, 69, stderr);
    assert.match(stderr, /Permission denied, tried as the owner of/);
    assert.deepEqual(readdirSync(inRoots('run')), []);
  });

  it('the socket, its mode and its group are made by the owner, too', async () => {
    const responder = await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile, as: {}, args: ['--mode', '0660', '--group', 'nogroup'] });
    try {
      const { uid, gid, mode } = statSync(responder.socket);
      const nogroup = Number(/^nogroup:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))[1]);
      assert.deepEqual([uid, gid, mode & 0o777], [scene.folder.user.uid, nogroup, 0o660]);
    } finally {
      await responder.stop();
    }
  });

  for (const [how, args, groups] of [['', [], []], [', and has the group that the socket gets', ['--mode', '0660', '--group', 'nogroup'], ['nogroup']]]) {
    it(`the responder keeps neither root's user nor any of root's groups${how}`, async () => {
      const responder = await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile, as: {}, args });
      try {
        const { uid, gid } = scene.folder.user;
        const status = readFileSync(`/proc/${responder.pid}/status`, 'latin1');
        const ids = (name) => new RegExp(`^${name}:(.*)$`, 'm').exec(status)[1].trim().split(/\s+/).filter(Boolean).map(Number);
        const numbers = groups.map((name) => Number(new RegExp(`^${name}:[^:]*:(\\d+):`, 'm').exec(readFileSync('/etc/group', 'utf8'))[1]));
        assert.deepEqual([ids('Uid'), ids('Gid'), ids('Groups')], [Array(4).fill(uid), Array(4).fill(gid), numbers]);
        assert.match(status, /^CapEff:\t0+$/m);
        assert.match(status, /^CapPrm:\t0+$/m);
      } finally {
        await responder.stop();
      }
    });
  }

  it('captures and statistics are made by the owner', async () => {
    const captures = await scene.folder.directory('captures');
    await scene.change({ AUTOJOIN_CAPTURE_DIR: captures, AUTOJOIN_STATS_FILE: scene.folder.join('stats') });
    const responder = await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile, as: {} });
    try {
      assert.equal((await fastcgiRequest(responder.socket, webhookRequest(scene.newContext(), { token: 'x' }))).status, 403);
      const made = [scene.settings.AUTOJOIN_STATS_FILE, ...readdirSync(captures).map((name) => join(captures, name))];
      assert.equal(made.length, 2);
      for (const path of made) assert.equal(lstatSync(path).uid, scene.folder.user.uid, path);
    } finally {
      await responder.stop();
    }
  });

  for (const [what, plant] of [
    ['a link', (path) => plantLink(inRoots('precious'), path)],
    ['a second name of a file', (path) => link(inRoots('precious'), path)],
    ['a file of theirs', async (path) => { await writeFile(path, 'theirs'); await scene.own(path); }],
  ]) {
    it(`reconcile --state does not write through ${what}, planted under the name of its draft`, async () => {
      await writeFile(inRoots('precious'), 'precious', { mode: 0o600 });
      const state = scene.folder.join('state');
      await plant(`${state}.new`);
      scene.twilio.createConversations(220);
      const run = await byRoot(['reconcile', '--state', state, '--rate', '1000', '--limit', '120'], { env: await settingsOfRoot({ AUTOJOIN_SPOOL_DIR: undefined }) });
      assert.equal(readFileSync(inRoots('precious'), 'utf8'), 'precious', run.stderr);
      const { uid, mode, nlink } = lstatSync(state);
      assert.deepEqual([uid, mode & 0o777, nlink], [0, 0o600, 1]);
      assert.match(readFileSync(state, 'utf8'), /^query='/);
    });
  }
});
