// init: from nothing to a joined bot, by asking and by a file of answers; and what it refuses.

import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readFile, readlink, stat, symlink } from 'node:fs/promises';
import { afterEach, describe, it } from 'node:test';
import { ACCOUNT_SID, AUTH_TOKEN, IDENTITY, OperatorScene } from './scene.js';
import { hasNoTerminal, onTerminal } from './terminal.js';

const noTerminal = await hasNoTerminal();
const onlyRoot = { skip: process.getuid() !== 0 && 'not root' };
const QUESTIONS = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_IDENTITY', 'AUTOJOIN_PUBLIC_URL'];

describe('init', () => {
  let scene;
  let target; // the settings file that is to be written
  afterEach(() => scene?.close());

  async function open(options) {
    scene = await OperatorScene.open({ settings: { TWILIO_API_KEY: undefined, TWILIO_API_SECRET: undefined }, ...options });
    target = scene.folder.join('init.conf');
  }

  const answersOf = (settings) => Object.entries(settings).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}\n`).join('');
  const answers = (more = {}, mode = 0o600) => scene.folder.write('answers.conf', answersOf({ ...scene.settings, ...more }), mode);
  const init = (args, env = {}) => scene.start(['init', ...args], { env: { AUTOJOIN_CONFIG: target, ...env } }).exited;
  const isWritten = () => stat(target).then(() => true, () => false);
  const named = async () => Object.fromEntries((await readFile(target, 'utf8')).split('\n').filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2)));

  it('without a terminal and without answers, what is missing is named, and nothing is written', async () => {
    await open({ responder: false });
    const { code, stderr } = await init([]);
    assert.equal(code, 78);
    for (const name of QUESTIONS) assert.match(stderr, new RegExp(`${name} is not answered: give it by --answers, or run init on a terminal`));
    assert.equal(await isWritten(), false);
  });

  it('a file of answers, one command: written, set up, checked, and the bot joins', async () => {
    await open({ webhook: false });
    const { code, stdout, stderr } = await init(['--answers', await answers(), '--front', 'none', '--yes']);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^Twilio takes account and token\.$/m);
    assert.match(stdout, /^The bot joins\.$/m);
    assert.equal((await stat(target)).mode & 0o777, 0o600);
    assert.deepEqual(await named(), Object.fromEntries(Object.entries(scene.settings).filter(([, value]) => value !== undefined)));
    assert.equal(scene.twilio.defaultService.webhook.post_webhook_url, scene.front.url);
    assert.ok(!(stdout + stderr).includes(AUTH_TOKEN), 'the token is shown');
  });

  it('answers that others can read are refused', async () => {
    await open({ responder: false });
    const { code, stderr } = await init(['--answers', await answers({}, 0o644), '--yes']);
    assert.equal(code, 66);
    assert.match(stderr, /answers\.conf can be read or written by others/);
    assert.equal(await isWritten(), false);
  });

  it('an answer that is none is named with what is allowed, and nothing is written', async () => {
    await open({ responder: false });
    const { code, stderr } = await init(['--answers', await answers({ TWILIO_ACCOUNT_SID: 'AC1', AUTOJOIN_PUBLIC_URL: 'ftp://x' })]);
    assert.equal(code, 78);
    assert.match(stderr, /^TWILIO_ACCOUNT_SID: /m);
    assert.match(stderr, /^AUTOJOIN_PUBLIC_URL: /m);
    assert.equal(await isWritten(), false);
  });

  it('a token that Twilio refuses is not written', async () => {
    await open({ responder: false });
    const { code, stderr } = await init(['--answers', await answers({ TWILIO_AUTH_TOKEN: '0'.repeat(32) }), '--yes']);
    assert.equal(code, 1);
    assert.match(stderr, /^Twilio refuses them: /m);
    assert.equal(await isWritten(), false);
  });

  it('a Twilio that cannot be asked is said, and nothing is written', async () => {
    await open({ responder: false });
    const { code, stderr } = await init(['--answers', await answers({ AUTOJOIN_API_URL: 'http://127.0.0.1:1' }), '--yes']);
    assert.equal(code, 69);
    assert.match(stderr, /^It cannot be verified: /m);
    assert.equal(await isWritten(), false);
  });

  it('an identity that Twilio does not know is doubted, and taken', async () => {
    await open({ responder: false });
    const { stdout } = await init(['--answers', await answers({ TWILIO_IDENTITY: 'somebody-else' }), '--front', 'none']);
    assert.match(stdout, /Twilio has no user "somebody-else" yet/);
    assert.match(stdout, /What is left: twilio-autojoin setup, then check, then probe\./);
    assert.equal((await named()).TWILIO_IDENTITY, 'somebody-else');
  });

  it('what the settings file has is kept, its comments too, unless it is answered anew', async () => {
    await open({ responder: false });
    const before = `# mine\n${answersOf(scene.settings)}AUTOJOIN_LOG_LEVEL=debug\n`;
    await scene.folder.write('init.conf', before, 0o640);
    const file = await scene.folder.write('few.conf', 'TWILIO_IDENTITY="another one"\n');
    const run = await init(['--answers', file, '--front', 'none'], {});
    assert.equal(run.code, 0, run.stderr);
    const text = await readFile(target, 'utf8');
    assert.equal(text, before.replace(`TWILIO_IDENTITY=${IDENTITY}`, 'TWILIO_IDENTITY="another one"'));
    assert.equal((await stat(target)).mode & 0o777, 0o640);
  });

  it('an unknown web server is refused', async () => {
    await open({ responder: false });
    const { code, stderr } = await init(['--front', 'iis']);
    assert.equal(code, 64);
    assert.match(stderr, /--front must be lighttpd, apache, nginx or none/);
  });

  it('on a terminal it asks, again where Twilio refuses, and shows no token', { skip: noTerminal }, async () => {
    await open({ responder: false });
    const session = scene.terminal('init --front none', { AUTOJOIN_CONFIG: target, AUTOJOIN_API_URL: scene.twilio.url });
    const answer = async (shows, text) => { await session.shows(shows); session.output = ''; session.type(`${text}\n`); };
    await answer(/Account SID: $/, 'AC12');
    await answer(/TWILIO_ACCOUNT_SID: .*\r?\nAccount SID: $/s, ACCOUNT_SID);
    await answer(/Auth token: $/, 'f'.repeat(32));
    await answer(/Twilio refuses them: [^]*Account SID \[AC[^]*\]: $/, '');
    await answer(/Auth token: $/, AUTH_TOKEN);
    await answer(/Twilio takes account and token[^]*The bot's identity: $/, IDENTITY);
    await answer(/Public URL: $/, scene.front.url);
    await answer(/Wrote [^]*init\.conf[^]*try it\? \[Y\/n\] $/, 'n');
    const { code, output } = await session.exited;
    assert.equal(code, 0, output);
    assert.match(output, /What is left/);
    assert.deepEqual(await named(), { TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: AUTH_TOKEN, TWILIO_IDENTITY: IDENTITY, AUTOJOIN_PUBLIC_URL: scene.front.url });
  });

  it('the token is not echoed, and the terminal shows again afterwards', { skip: noTerminal }, async () => {
    await open({ responder: false });
    const session = scene.terminal('init --front none; stty -a | tr ";" "\\n" | grep -c -- "-echo "', { AUTOJOIN_CONFIG: target, AUTOJOIN_API_URL: scene.twilio.url });
    await session.shows(/Account SID: $/);
    session.type(`${ACCOUNT_SID}\n`);
    await session.shows(/Auth token: $/);
    session.type(`${AUTH_TOKEN}\n`);
    await session.shows(/The bot's identity: $/);
    assert.ok(!session.output.includes(AUTH_TOKEN), 'the token is echoed');
    session.type('\u0003');
    await session.exited;
    assert.equal(await isWritten(), false, 'interrupted: nothing is written');
  });

  it('a settings file that cannot be written is told before anything is asked', async () => {
    await open({ responder: false });
    for (const [path, says] of [['/dev/null', /^twilio-autojoin: \/dev\/null is no file that settings could be written to$/m], [scene.folder.join('no', 'such.conf'), /such\.conf cannot be written: .*: No such file or directory/]]) {
      const { code, stderr } = await init([], { AUTOJOIN_CONFIG: path });
      assert.equal(code, 73, stderr);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /is not answered/);
    }
  });

  it('a settings file with a fault that no answer mends: it is named, and nothing is written', async () => {
    await open({ responder: false });
    await scene.folder.write('init.conf', 'AUTOJOIN_SPOOLDIR=/x\n', 0o600);
    const { code, stderr } = await init(['--answers', await answers()]);
    assert.equal(code, 78, stderr);
    assert.match(stderr, /^AUTOJOIN_SPOOLDIR: no such setting; the nearest is AUTOJOIN_SPOOL_DIR$/m);
    assert.match(stderr, /correct that in \S+init\.conf .*and run init again; nothing was written$/m);
    assert.equal(await readFile(target, 'utf8'), 'AUTOJOIN_SPOOLDIR=/x\n');
  });

  it('names that are no settings are refused, and an empty answer is none', async () => {
    await open({ responder: false });
    const { code, stderr } = await init(['--answers', await answers({ TWILO_IDENTITY: 'x', AUTOJOIN_CONFIG: '/x', TWILIO_IDENTITY: '' })]);
    assert.equal(code, 78);
    assert.match(stderr, /^TWILO_IDENTITY: no such setting$/m);
    assert.match(stderr, /^AUTOJOIN_CONFIG: no such setting$/m);
    assert.match(stderr, /TWILIO_IDENTITY is not answered/);
    assert.equal(await isWritten(), false);
  });

  it('a token in a file of its own stays there; answered anew it is in one place only', async () => {
    await open({ responder: false });
    await scene.folder.write('token', `${AUTH_TOKEN}\n`, 0o600);
    const tokenFile = scene.folder.join('token');
    await scene.folder.write('init.conf', answersOf({ ...scene.settings, TWILIO_AUTH_TOKEN: undefined, TWILIO_AUTH_TOKEN_FILE: tokenFile }), 0o600);
    const few = await scene.folder.write('few.conf', 'TWILIO_IDENTITY=other\n', 0o600);
    assert.equal((await init(['--answers', few, '--front', 'none'])).code, 0);
    assert.deepEqual([(await named()).TWILIO_AUTH_TOKEN, (await named()).TWILIO_AUTH_TOKEN_FILE], [undefined, tokenFile]);
    await scene.folder.write('few.conf', `TWILIO_AUTH_TOKEN=${AUTH_TOKEN}\n`, 0o600);
    assert.equal((await init(['--answers', few, '--front', 'none'])).code, 0);
    assert.deepEqual([(await named()).TWILIO_AUTH_TOKEN, (await named()).TWILIO_AUTH_TOKEN_FILE], [AUTH_TOKEN, undefined]);
    await scene.folder.write('few.conf', `TWILIO_AUTH_TOKEN_FILE=${tokenFile}\n`, 0o600);
    assert.equal((await init(['--answers', few, '--front', 'none'])).code, 0);
    assert.deepEqual([(await named()).TWILIO_AUTH_TOKEN, (await named()).TWILIO_AUTH_TOKEN_FILE], [undefined, tokenFile]);
  });

  it('odd characters of an answer come back from the file as they were', async () => {
    await open({ responder: false });
    const identity = '"it\'s \\$x \\\\ \\"q\\" #1"';
    const { code, stdout } = await init(['--answers', await answers({ TWILIO_IDENTITY: identity }), '--front', 'none']);
    assert.equal(code, 0);
    assert.match(stdout, /Twilio has no user "it's \$x \\ "q" #1" yet/);
    assert.equal((await named()).TWILIO_IDENTITY, identity);
  });

  it('a link is followed and stays one', async () => {
    await open({ responder: false });
    await scene.folder.write('real.conf', '# mine\n', 0o600);
    await symlink(scene.folder.join('real.conf'), target);
    assert.equal((await init(['--answers', await answers(), '--front', 'none'])).code, 0);
    assert.equal(await readlink(target), scene.folder.join('real.conf'));
    assert.match(await readFile(scene.folder.join('real.conf'), 'utf8'), /^# mine\nTWILIO_ACCOUNT_SID=/);
  });

  describe('by root', onlyRoot, () => {
    const WWW_DATA = { uid: 33, gid: 33 };
    const owned = async (path) => { const { uid, gid, mode } = await stat(path); return [uid, gid, mode & 0o777]; };
    /** In a directory of root's, with a umask that lets nobody in. */
    async function byRoot(before, more = () => ({})) {
      await open({ responder: false });
      const at = (name) => scene.folder.join('etc', name);
      await mkdir(at('.'));
      await chmod(scene.folder.join('.'), 0o755);
      target = at('init.conf');
      await before?.(at);
      const settings = { AUTOJOIN_SPOOL_DIR: at('var/spool/joins'), AUTOJOIN_CAPTURE_DIR: at('var/lib/captures'), AUTOJOIN_STATS_FILE: at('run/stats'), ...more(at) };
      const file = await answers(settings);
      await chown(file, 0, 0);
      const umask = process.umask(0o077);
      const started = scene.start(['init', '--answers', file, '--front', 'none'], { as: {}, env: { AUTOJOIN_CONFIG: target } });
      process.umask(umask);
      return { ...await started.exited, at };
    }

    it('with no responder to be seen yet, what is written is for www-data, and that is said', async () => {
      const { code, stdout, stderr, at } = await byRoot();
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^Taken for the responder's user: www-data, /m);
      assert.deepEqual(await owned(target), [0, WWW_DATA.gid, 0o640]);
      assert.deepEqual(await owned(at('var')), [0, 0, 0o755]);
      assert.deepEqual(await owned(at('var/spool/joins')), [WWW_DATA.uid, WWW_DATA.gid, 0o700]);
      assert.deepEqual(await owned(at('var/lib/captures')), [WWW_DATA.uid, WWW_DATA.gid, 0o700]);
      assert.deepEqual(await owned(at('run')), [WWW_DATA.uid, WWW_DATA.gid, 0o755]);
    });

    it('a file that was root\'s alone is made readable for the responder', async () => {
      const { code, stdout } = await byRoot(async (at) => {
        await scene.folder.write('etc/init.conf', '# mine\n', 0o600);
        await chown(at('init.conf'), 0, 0);
      });
      assert.equal(code, 0);
      assert.match(stdout, /^Wrote \S+init\.conf: root's, which www-data's group can read\.$/m);
      assert.deepEqual(await owned(target), [0, WWW_DATA.gid, 0o640]);
    });

    it('a file where a directory should be is no directory', async () => {
      const { code, stderr } = await byRoot(() => scene.folder.write('etc/spool', ''), (at) => ({ AUTOJOIN_SPOOL_DIR: at('spool') }));
      assert.equal(code, 73);
      assert.match(stderr, /^twilio-autojoin: AUTOJOIN_SPOOL_DIR: \S+spool: Not a directory$/m);
      assert.equal(await isWritten(), false);
    });
  });

  describe('Ctrl-C', { skip: noTerminal }, () => {
    /** The shell outlives it, and says how it ended and whether the terminal shows what is typed. */
    async function interrupted(steps) {
      await open({ responder: false });
      const line = `trap : INT; ${scene.program} init --front none; code=$?; stty -a | grep -q -- " -echo " && echo hidden; echo "ended $code."`;
      const session = onTerminal(`sh -c '${line}'`, { env: { AUTOJOIN_CONFIG: target, AUTOJOIN_API_URL: scene.twilio.url }, as: scene.folder.as });
      for (const [shows, text] of steps) {
        await session.shows(shows);
        session.output = '';
        session.type(text);
      }
      const { output } = await session.exited;
      assert.match(output, /ended 130\./);
      assert.doesNotMatch(output, /hidden/);
      return output;
    }
    const SID = [/Account SID: $/, `${ACCOUNT_SID}\n`];
    const TOKEN = [/Auth token: $/, `${AUTH_TOKEN}\n`];
    const WHO = [/The bot's identity: $/, `${IDENTITY}\n`];
    for (const [where, steps, written] of [
      ['at the account', [[/Account SID: $/, '\u0003']]],
      ['at the token, which is hidden', [SID, [/Auth token: $/, 'abc\u0003']]],
      ['at the identity', [SID, TOKEN, [/The bot's identity: $/, '\u0003']]],
      ['at the URL', [SID, TOKEN, WHO, [/Public URL: $/, '\u0003']]],
      ['at the last question', [SID, TOKEN, WHO, [/Public URL: $/, 'http://127.0.0.1:1/x\n'], [/try it\? \[Y\/n\] $/, '\u0003']], true],
    ]) {
      it(where, async () => {
        const output = await interrupted(steps);
        assert.equal(await isWritten(), written ?? false);
        assert.doesNotMatch(output, /What is left/);
      });
    }
  });

  it('nobody answers any more: said, and nothing is written', { skip: noTerminal }, async () => {
    await open({ responder: false });
    const session = scene.terminal('init --front none', { AUTOJOIN_CONFIG: target, AUTOJOIN_API_URL: scene.twilio.url });
    await session.shows(/Account SID: $/);
    session.type('\u0004');
    const { code, output } = await session.exited;
    assert.equal(code, 78);
    assert.match(output, /TWILIO_ACCOUNT_SID: nobody answers; nothing was written/);
  });
});
