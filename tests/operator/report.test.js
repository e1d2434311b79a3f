// twilio-autojoin report: what stands in it, what never does, and that nobody sends off what they have not seen.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, describe, it } from 'node:test';
import { OTHER_SHARED_KEY, SHARED_KEY } from '../lib/account.js';
import { webhookRequest } from '../lib/webhook-records.js';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { ACCOUNT_SID, API_SECRET, AUTH_TOKEN, IDENTITY, OperatorScene } from './scene.js';
import { hasNoTerminal, onTerminal } from './terminal.js';

const NUMBER = '+15005550001';
const EMAIL = 'helper@example.com';
const SECRETS = [AUTH_TOKEN, API_SECRET, ACCOUNT_SID, IDENTITY, NUMBER, NUMBER.slice(1), EMAIL, SHARED_KEY.secret, SHARED_KEY.id, OTHER_SHARED_KEY.secret, 'user-name', 'pass-word', '192.0.2.77'];

describe('report', async () => {
  let scene;
  afterEach(() => scene.close());

  async function open(settings = {}) {
    scene = await OperatorScene.open({
      settings: {
        AUTOJOIN_PROJECTED_ADDRESS: NUMBER, AUTOJOIN_IDENTITIES: EMAIL, AUTOJOIN_ATTRIBUTES: '{"who":"user-name"}', AUTOJOIN_EVENTS: 'onConversationAdded,onMessageAdded',
        AUTOJOIN_SHARED_KEYS: [SHARED_KEY, OTHER_SHARED_KEY].map(({ id, secret }) => `${id}=${secret}`).join(' '), ...settings,
      },
    });
    scene.twilio.addUser(EMAIL);
  }
  const context = () => {
    const { sid, service } = scene.twilio.addConversation({});
    return { conversation: sid, service };
  };
  const send = (spec = {}, given = context()) => fastcgiRequest(scene.responders[0].socket, webhookRequest(given, { signedUrl: scene.front.url, set: { Author: NUMBER }, ...spec }));
  const written = () => readdirSync(scene.folder.path).filter((name) => /report/.test(name));
  const log = () => ['--log', scene.responders[0].errorLog];

  function assertClean(text, others = []) {
    for (const secret of [...SECRETS, ...others]) assert.ok(!text.includes(secret), `${secret} stands in\n${text}`);
    assert.doesNotMatch(text, /[A-Z]{2}[0-9a-f]{32}/);
    assert.match(text, /^[\n -~]*$/, 'plain text');
  }

  it('versions, settings, check, status, stats and the log; no secret and nothing personal', async () => {
    await open({ AUTOJOIN_PROXY: undefined });
    const joined = context();
    await send({}, joined);
    await send({ token: 'x' });
    const output = scene.folder.join('report.txt');
    const run = await scene.run('report', '--yes', '--output', output, ...log());
    assert.equal(run.code, 0, run.stderr);
    const text = readFileSync(output, 'utf8');
    assert.equal(statSync(output).mode & 0o777, 0o600);
    assert.ok(run.stdout.startsWith(text), 'what is written was shown');
    assertClean(text, [joined.conversation, joined.service]);
    assert.match(text, /^twilio-autojoin \d+\.\d+.*\nlibcurl\/\d/m);
    assert.match(text, /^TWILIO_AUTH_TOKEN=\(set: 32 characters\)$/m);
    assert.match(text, /^AUTOJOIN_SHARED_KEYS=\(set: 2\)$/m);
    assert.match(text, /^AUTOJOIN_EVENTS=onConversationAdded,onMessageAdded$/m);
    assert.match(text, new RegExp(`^AUTOJOIN_PUBLIC_URL=${scene.front.url}$`, 'm'));
    assert.match(text, /^pass  credentials/m);
    assert.match(text, /\[TWILIO_IDENTITY\] is in \d+ of at most/);
    assert.match(text, /^working since /m);
    assert.match(text, /^ {2}joined +1$/m);
    assert.match(text, /^time=\S+ level=info msg=webhook result=joined status=200 .*event=onConversationAdded/m);
    assert.match(text, /result=forbidden status=403 .*reason="the signature does not match"/);
    assert.doesNotMatch(text.split('== log')[1], /conversation=|peer=|url=| id=/);
  });

  it('JSON lines within a web server\'s log are taken, the last hundred; lines of others are not', async () => {
    await open();
    const line = (i, more = '') => `2026-11-28 10:00:00: (mod_fastcgi.c.421) FastCGI-stderr: {"time":"2026-11-28T10:00:00.000Z","level":"info","msg":"webhook","result":"joined","ms":${i},"peer":"192.0.2.77"${more}}\n`;
    const file = scene.folder.join('error.log');
    writeFileSync(file, `${Array.from({ length: 250 }, (_, i) => `192.0.2.77 - user-name "GET /"\n${line(i)}`).join('')}last line of others`);
    const run = await scene.run('report', '--offline', '--log', file);
    const kept = run.stdout.split('== log')[1].split('\n').filter((one) => one.startsWith('time='));
    assert.deepEqual(kept.map((one) => Number(/ms=(\d+)/.exec(one)[1])), Array.from({ length: 100 }, (_, i) => 150 + i));
    assertClean(run.stdout);
  });

  it('faulty settings, no responder, no log: that stands in it, too', async () => {
    await open();
    await scene.change({ TWILIO_IDENTITY: undefined, AUTOJOIN_PROXY: 'http://user-name:pass-word@127.0.0.1:1/?k=pass-word' });
    const run = await scene.run('report', '--yes', '--output', scene.folder.join('report.txt'), '--log', scene.folder.join('no.log'));
    assert.equal(run.code, 0);
    assert.match(run.stdout, /^TWILIO_IDENTITY is not set$/m);
    assert.match(run.stdout, /^AUTOJOIN_PROXY=http:\/\/\*\*\*@127\.0\.0\.1:1\/\?\.\.\.$/m);
    assert.match(run.stdout, /cannot be read: No such file/);
    for (const secret of [AUTH_TOKEN, API_SECRET, 'user-name', 'pass-word']) assert.ok(!run.stdout.includes(secret));
  });

  it('settings from the environment are those that check and status see', async () => {
    await open();
    const run = await scene.start(['report', '--offline'], { env: { TWILIO_IDENTITY: 'from-the-environment', AUTOJOIN_STATS_FILE: '' } }).exited;
    assert.match(run.stdout, /^TWILIO_IDENTITY=\(set: 20 characters\)$/m);
    assert.match(run.stdout, /AUTOJOIN_STATS_FILE is not set/);
    assert.ok(!run.stdout.includes('from-the-environment'));
  });

  it('off a terminal nothing is written without --yes', async () => {
    await open();
    const run = await scene.start(['report', '--offline', '--output', scene.folder.join('report.txt')]).exited;
    assert.equal(run.code, 1);
    assert.match(run.stderr, /--yes is needed/);
    assert.match(run.stdout, /^== settings/m);
    assert.deepEqual(written(), []);
  });

  it('a file that is there, or a link, is left alone', async () => {
    await open();
    await scene.folder.write('report.txt', 'precious');
    const run = await scene.run('report', '--offline', '--yes', '--output', scene.folder.join('report.txt'));
    assert.equal(run.code, 73);
    assert.match(run.stderr, /report\.txt: File exists/);
    assert.equal(readFileSync(scene.folder.join('report.txt'), 'utf8'), 'precious');
  });

  const without = await hasNoTerminal();
  for (const [answer, code] of [['n', 1], ['', 1], ['y', 0]]) {
    it(`on a terminal it asks, once all is shown: ${JSON.stringify(answer)}`, { skip: without }, async () => {
      await open();
      const session = onTerminal(`cd ${scene.folder.path}; exec ${scene.program} report --offline`, { env: { AUTOJOIN_CONFIG: scene.settingsFile }, as: scene.folder.as });
      await session.shows(/== log[^]*Write it to twilio-autojoin-report-\d{8}-\d{6}\.txt\? \[y\/N\]/);
      assert.deepEqual(written(), []);
      session.type(`${answer}\n`);
      assert.equal((await session.exited).code, code);
      assert.equal(written().length, code === 0 ? 1 : 0);
      if (code === 0) assertClean(readFileSync(scene.folder.join(written()[0]), 'utf8'));
    });
  }
});
