// twilio-autojoin check, where the URL leads: has what runs there the settings of the file, is its certificate to be
// believed, and what is it that answers in its place?

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, it } from 'node:test';
import { RESPONDER } from '../lib/programs.js';
import { jsonLines } from '../lib/operator.js';
import { makeCertificate, makeDatedCertificate } from '../servers/certificate.js';
import { until } from '../servers/daemon.js';
import { Folder } from '../servers/folder.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { OperatorScene } from './scene.js';

const root = process.getuid() === 0;
// The certificates of these tests are none of Amazon's: that is told of AUTOJOIN_CA_FILE, and is not what they are about.
const wrong = ({ findings }) => findings.filter(({ verdict, text }) => verdict !== 'pass' && !/^AUTOJOIN_CA_FILE=\S+ holds no root of Amazon's/.test(text));
const of = ({ findings }, subject) => findings.filter(({ check }) => check === subject);

describe('check: the running responder and the file', () => {
  let scene;
  let server;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await scene?.close();
  });
  const checkAs = async (as) => {
    const run = await scene.start(['check', '--json'], { as }).exited;
    const lines = jsonLines(run);
    return { ...run, findings: lines.slice(0, -1), counts: lines.at(-1) };
  };

  it('an identity that was changed without a restart: fail, and what to restart; it passes once that is done', async () => {
    scene = await OperatorScene.open();
    assert.match(of(await scene.check(), 'responder')[0].text, /^runs with the settings of \S+autojoin\.conf$/);
    await scene.change({ TWILIO_IDENTITY: 'another-bot' });
    scene.twilio.addUser?.('another-bot');
    const run = await checkAs(root ? {} : scene.folder.as);
    assert.equal(run.code, 1, run.stdout);
    const [found, ...more] = wrong(run);
    assert.deepEqual(more, [], run.stdout);
    assert.deepEqual([found.check, found.verdict], ['responder', 'fail']);
    assert.match(found.text, /^the running responder has other settings than \S+autojoin\.conf: it was started before they were changed/);
    assert.match(found.fix, root ? new RegExp(`^kill -HUP ${scene.responders[0].pid}$`) : /process|restart/);
    if (root) {
      const from = await scene.responders[0].readLog();
      process.kill(scene.responders[0].pid, 'SIGHUP'); // the fix, taken literally
      await until(async () => (await scene.responders[0].readLog()).length > from.length, { what: 'the reload' });
    } else {
      await scene.restartResponder();
    }
    assert.equal((await scene.check()).code, 0);
  });

  it('another auth token in the file: the signature is refused, and the restart is the fix', async () => {
    scene = await OperatorScene.open();
    await scene.change({ TWILIO_AUTH_TOKEN: '7'.repeat(32) });
    scene.twilio.authToken = '7'.repeat(32);
    const run = await checkAs(root ? {} : scene.folder.as);
    const [found, ...more] = wrong(run);
    assert.deepEqual(more, [], run.stdout);
    assert.deepEqual([found.check, found.verdict], ['public URL', 'fail']);
    assert.match(found.text, /^our signature is refused there: the running responder has other settings than/);
    if (root) assert.match(found.fix, new RegExp(`^kill -HUP ${scene.responders[0].pid}; it must have the same`));
  });

  it('an older build, which tells no fingerprint', async () => {
    scene = await OperatorScene.open({ slips: { reply: ({ url }) => (url.endsWith('/healthz') ? { status: 200, body: '{"status":"ok"}' } : undefined) } });
    const run = await scene.check();
    assert.deepEqual(wrong(run).map(({ check, verdict }) => [check, verdict]), [['responder', 'warn']], run.stdout);
    assert.match(wrong(run)[0].text, /older build/);
    assert.match(wrong(run)[0].fix, /start|restart/);
  });

  it('a front that passes no healthz on: cannot tell is said, and is no alarm', async () => {
    scene = await OperatorScene.open({ slips: { reply: ({ url }) => (url.endsWith('/healthz') ? { status: 404, body: '' } : undefined) } });
    const run = await scene.check();
    assert.deepEqual([run.code, wrong(run)], [0, []], run.stdout);
    assert.match(of(run, 'responder')[0].text, /whether it has the settings of \S+ cannot be told/);
  });

  it('responders of lighttpd\'s: it is named, with its process', { timeout: 60_000 }, async () => {
    scene = await OperatorScene.open({ responder: false });
    server = await startLighttpd({ responder: RESPONDER, settingsFile: scene.settingsFile, processes: 1 });
    assert.equal((await fetch(`${server.url}/webhooks/twilio/healthz`)).status, 200); // it has read its settings by then
    await scene.change({ AUTOJOIN_PUBLIC_URL: `${server.url}/webhooks/twilio` });
    scene.pointAtUs(undefined, `${server.url}/webhooks/twilio`);
    const run = await checkAs(root ? {} : scene.folder.as);
    const [found, ...more] = wrong(run);
    assert.deepEqual(more, [], run.stdout);
    assert.match(found.text, /other settings than/);
    if (root) assert.match(found.fix, new RegExp(`^restart lighttpd \\(process ${server.pid}\\), which started it`));
  });
});

describe('check: the certificate of the public URL', () => {
  let scene;
  let folder;
  afterEach(async () => {
    await folder?.remove();
    await scene?.close();
  });
  const open = async (make, settings = {}) => {
    folder = await Folder.create('tls');
    const { key, cert } = await make(folder);
    scene = await OperatorScene.open({ tls: { key: await readFile(key), cert: await readFile(cert) }, settings: typeof settings === 'function' ? settings(cert) : settings });
    const run = await scene.check();
    assert.equal(run.code, 1, run.stdout);
    const [found, ...more] = wrong(run);
    assert.deepEqual(more, [], run.stdout);
    assert.deepEqual([found.check, found.verdict], ['public URL', 'fail']);
    return found;
  };

  it('expired: with its name and the day', async () => {
    const found = await open((one) => makeDatedCertificate(one, { from: '20240101000000Z', until: '20250315000000Z' }), (cert) => ({ AUTOJOIN_CA_FILE: cert }));
    assert.match(found.text, /^the certificate of 127\.0\.0\.1 (expired on 2025-03-15|is not trusted: .*) \(hook\.example\.com, by hook\.example\.com/);
    assert.match(found.text, /2025-03-15/);
    assert.match(found.fix, /renew|public authority/);
  });

  it('of nobody that is trusted', async () => {
    const found = await open((one) => makeCertificate(one));
    assert.match(found.text, /^the certificate of 127\.0\.0\.1 is not trusted: self-signed certificate \(hook\.example\.com, by hook\.example\.com, until 20\d\d-\d\d-\d\d\)$/);
    assert.match(found.fix, /public authority.*whole chain/);
  });

  it('of another name', async () => {
    const found = await open((one) => makeCertificate(one, ['other.example.com'], ['127.0.0.9']), (cert) => ({ AUTOJOIN_CA_FILE: cert }));
    assert.match(found.text, /^the certificate that 127\.0\.0\.1 shows is of another name \(other\.example\.com, by other\.example\.com, until /);
    assert.match(found.fix, /get one for that name/);
  });
});

describe('check: what answers in the responder\'s place', () => {
  let scene;
  const servers = [];
  afterEach(async () => {
    for (const server of servers.splice(0).reverse()) await server.stop();
    await scene?.close();
  });
  const point = async (url) => {
    await scene.change({ AUTOJOIN_PUBLIC_URL: url });
    scene.pointAtUs(undefined, url);
  };
  const only = async () => {
    const run = await scene.check();
    const [found, ...more] = wrong(run);
    assert.deepEqual(more, [], run.stdout);
    assert.deepEqual([found?.check, found?.verdict, run.code], ['public URL', 'fail', 1], run.stdout);
    return found;
  };

  it('lighttpd in front of a responder that is stopped, and a path that lighttpd does not know', { timeout: 60_000 }, async () => {
    scene = await OperatorScene.open();
    const server = await startLighttpd({ mode: 'socket', socket: scene.responders[0].socket });
    servers.push(server);
    await point(`${server.url}/webhooks/twilio`);
    await scene.restartResponder();
    // A socket of its own each time.
    servers.push(await startLighttpd({ mode: 'socket', socket: scene.responders[0].socket }));
    await point(`${servers[1].url}/webhooks/twilio`);
    await scene.responders.pop().stop();
    const stopped = await only();
    assert.match(stopped.text, /^the web server knows the path, but reaches no responder behind it \(HTTP status 503\)/);
    assert.match(stopped.fix, /^start the responder: systemctl start twilio-autojoin\.socket/);
    await point(`${servers[1].url}/webhooks/twillio`);
    const astray = await only();
    assert.match(astray.text, /^something else answers there \(HTTP status 404\): the web server there does not know this path$/);
    assert.match(astray.fix, /^route the path/);
  });

  it('a proxy that answers every path so', async () => {
    scene = await OperatorScene.open({ slips: { reply: { status: 503, body: '<h1>503 Service Unavailable</h1>' } } });
    const found = await only();
    assert.match(found.text, /^the front answers HTTP status 503 there as to any other path/);
    assert.match(found.fix, /^route this path/);
    await scene.responders.pop().stop();
    const run = await scene.start(['check', '--json'], { as: root ? {} : scene.folder.as }).exited; // root knows which responders are ours
    assert.match(jsonLines(run).find(({ check }) => check === 'public URL').fix, root ? /^start the responder, for none runs here/ : /^(start the responder|route this path)/);
  });

  for (const [what, slips] of [['the signature', { headers: { 'x-twilio-signature': '' } }], ['the body', { body: (text) => text.replace('EventType', 'eventType') }]]) {
    it(`it changes ${what} on the way: the responder's settings are not blamed`, async () => {
      scene = await OperatorScene.open({ slips });
      const found = await only();
      assert.match(found.text, /^our signature is refused there, though the responder has these settings: what stands in front/);
      assert.match(found.fix, /^let the front hand on the header X-Twilio-Signature, the query and the body/);
    });
  }

  it('AUTOJOIN_PROXY leads nowhere: the web server is not blamed', async () => {
    scene = await OperatorScene.open({ settings: { AUTOJOIN_PROXY: 'http://127.0.0.1:1' } });
    const found = (await scene.check()).findings.find(({ check }) => check === 'public URL');
    assert.match(found.text, /cannot be reached from here by AUTOJOIN_PROXY: /);
    assert.match(found.fix, /^see whether AUTOJOIN_PROXY runs, and lets 127\.0\.0\.1:\d+ be reached$/);
  });

  for (const [name, reply, text, fix] of [
    ['a password', { status: 401, body: '' }, /asks for a password$/, /https:\/\/USER:PASSWORD@HOST/],
    ['a file', { status: 405, body: '' }, /takes no POST at this path/, /route the path/],
    ['an allow-list', { status: 403, body: '<html>' }, /forbids it \(HTTP status 403, and not the responder's answer\)/, /let POST through/],
    ['a redirect', { status: 308, headers: { location: '/elsewhere' }, body: '' }, /redirects \(HTTP status 308\)/, /configure the URL it redirects to: http:\/\/127\.0\.0\.1:\d+\/elsewhere/],
  ]) {
    it(`${name} is in the way`, async () => {
      scene = await OperatorScene.open({ slips: { reply } });
      const found = await only();
      assert.match(found.text, text);
      assert.match(found.fix, fix);
    });
  }

  it('a name that has no address', async () => {
    scene = await OperatorScene.open({ responder: false });
    await point('https://no-such-name.invalid/webhooks/twilio');
    const [found] = wrong(await scene.check());
    assert.match(found.text, /^no-such-name\.invalid cannot be reached from here: /);
    assert.match(found.fix, /^(give no-such-name\.invalid an address|let the firewall)/);
  });
});

describe('check: no AUTOJOIN_PUBLIC_URL, and TLS ends in front', () => {
  let scene;
  let folder;
  afterEach(async () => {
    await folder?.remove();
    await scene?.close();
  });

  it('the signed webhook goes where Twilio sends to, and fails as Twilio\'s do; the fix mends it', async () => {
    folder = await Folder.create('tls');
    const { key, cert } = await makeCertificate(folder);
    const tls = { key: await readFile(key), cert: await readFile(cert) };
    scene = await OperatorScene.open({ tls, slips: { terminated: true }, settings: { AUTOJOIN_PUBLIC_URL: undefined, AUTOJOIN_CA_FILE: cert } });
    scene.twilio.webhookCa = tls.cert;
    for (let i = 0; i < 37; i++) assert.equal((await scene.twilio.sms()).answers[0].status, 403);
    const run = await scene.check();
    assert.equal(run.code, 1, run.stdout);
    const refused = of(run, 'webhooks')[0];
    assert.match(refused.text, /^the last 37 webhooks were refused \(403\), and none has ever been joined; explain says why$/);
    assert.match(refused.fix, /AUTOJOIN_CAPTURE_DIR/);
    const found = run.findings.find(({ verdict }) => verdict === 'fail');
    assert.equal(found.check, 'public URL');
    assert.match(found.text, /^our signature for https:\S+, where Twilio sends to, is refused there/);
    const [, value] = /^AUTOJOIN_PUBLIC_URL=(\S+), and restart the responder$/.exec(found.fix);
    await scene.change({ AUTOJOIN_PUBLIC_URL: value });
    await scene.restartResponder();
    const again = await scene.check();
    assert.deepEqual([again.code, wrong(again)], [0, []], again.stdout);
  });
});

describe('check: webhooks that were refused', () => {
  let scene;
  afterEach(() => scene?.close());
  const kept = async (count, minutesAgo = 0) => {
    for (let i = 0; i < count; i++) await scene.folder.write(`captures/refused-${new Date(Date.now() - minutesAgo * 60_000 - i).toISOString()}-1-${String(i).padStart(6, '0')}`, 'POST / HTTP/1.1\n\n');
  };
  const open = async () => {
    scene = await OperatorScene.open({ responder: false });
    await scene.change({ AUTOJOIN_CAPTURE_DIR: await scene.folder.directory('captures') });
    await scene.startResponder();
  };

  it('those that were kept since the settings were changed: fail while none was ever joined, and explain is the fix', async () => {
    await open();
    await kept(37);
    const run = await scene.check();
    assert.deepEqual(wrong(run).map(({ check, verdict, fix }) => [check, verdict, fix]), [['webhooks', 'fail', 'twilio-autojoin explain']], run.stdout);
    assert.match(wrong(run)[0].text, /^the last 37 webhooks were refused \(403\), and none has ever been joined; explain says why$/);
  });

  it('beside others that were joined: warn; one or two are nothing', async () => {
    await open();
    assert.equal((await scene.twilio.sms()).answers[0].status, 200);
    await kept(2);
    assert.deepEqual(wrong(await scene.check()), []);
    await kept(5);
    const run = await scene.check();
    assert.deepEqual(wrong(run).map(({ check, verdict }) => [check, verdict]), [['webhooks', 'warn']], run.stdout);
  });

  it('those from before the settings were changed are no news', async () => {
    await open();
    await kept(37, 10);
    assert.deepEqual(wrong(await scene.check()), []);
  });
});
