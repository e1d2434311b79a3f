// init: from nothing to a joined bot, by asking and by a file of answers; and what it refuses.

import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { afterEach, describe, it } from 'node:test';
import { ACCOUNT_SID, AUTH_TOKEN, IDENTITY, OperatorScene } from './scene.js';
import { hasNoTerminal } from './terminal.js';

const noTerminal = await hasNoTerminal();
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
});
