// README.md, docs/ and debian/README.Debian, walked through on a bare Debian by typing their command blocks: one story, each step
// of which goes on where the one before it ended. Run by tests/documents/run. The stand-in has Twilio's names, and TLS for
// api.example.com ends before the web server, as behind a load balancer, so that nothing that is typed needs another word.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { after, before, test } from 'node:test';
import { Folder } from '../servers/folder.js';
import { until } from '../servers/daemon.js';
import { makeCertificate } from '../servers/certificate.js';
import { StandIn } from '../twilio/standin.js';
import { existsInside, inside, ownerOf, readInside, tryInside, writeInside } from '../lib/system.js';
import { fencesOf, promptsOf, read, runnableBlocks } from './blocks.js';
import { typeBlock } from './typed.js';

const SETTINGS = '/etc/twilio-autojoin.conf';
const SPOOL = '/var/spool/twilio-autojoin';
const IDENTITY = 'conversation-bot';
const PUBLIC_URL = 'https://api.example.com/webhooks/twilio';
const TWILIO = ['conversations.twilio.com', 'webhooks.twilio.com', 'events.twilio.com', 'chat.twilio.com'];
const PARTS = (process.env.WALK ?? 'package source').split(/\s+/);
// The programs that are built here are tested elsewhere. QUICK=no: exactly as it is typed.
const QUICKLY = process.env.QUICK === 'no' ? {} : { DEB_BUILD_OPTIONS: 'nocheck', DEB_CFLAGS_APPEND: '-O0', CFLAGS: '-O0', MAKEFLAGS: '-j4' };
const YES = [/\[y\/N\] /, 'y'];

const blocks = runnableBlocks();
const prompts = promptsOf('debian/README.Debian');

/** A fence's block, by its run=NAME. */
const block = (name) => blocks.get(name) ?? assert.fail(`no block has run=${name}`);
/** README.Debian's block that begins with this. */
const prompt = (beginning) => prompts.find(({ text }) => text.startsWith(beginning)) ?? assert.fail(`README.Debian has no "# ${beginning}"`);

let folder;
let twilio;
let proxy;
let customers = 0;
let began;

before(async () => {
  folder = await Folder.create('documents');
  const { key, cert } = await makeCertificate(folder, [...TWILIO, 'api.example.com']);
  const tls = { key: await readFile(key), cert: await readFile(cert) };
  twilio = await StandIn.start({ port: 443, tls });
  proxy = https.createServer(tls, pass).listen(443, '127.0.0.2');
  const way = { connectTo: 'https://127.0.0.2:443', ca: tls.cert, filters: [] };
  twilio.configureWebhook(way);
  for (const serviceSid of twilio.store.services.keys()) twilio.configureWebhook({ ...way, serviceSid });
  twilio.leadTo(PUBLIC_URL, way);
  await writeInside('/etc/hosts', `127.0.0.1 localhost ${TWILIO.join(' ')}\n127.0.0.2 api.example.com\n`);
  await inside('mkdir -p /usr/local/share/ca-certificates');
  await writeInside('/usr/local/share/ca-certificates/stand-in.crt', tls.cert);
  await inside('update-ca-certificates');
  // Nobody types as fast as this: a server may be started as often as it likes. And systemd in a
  // container may not notice that the last process of a web server has gone (cgroup v1): that is not waited for.
  await inside('mkdir -p /etc/systemd/system/service.d');
  await writeInside('/etc/systemd/system/service.d/often.conf', '[Unit]\nStartLimitIntervalSec=0\n[Service]\nTimeoutStopSec=10\n');
  await inside('systemctl daemon-reload');
  // What a reader answers to apt.
  await writeInside('/etc/apt/apt.conf.d/90yes', 'APT::Get::Assume-Yes "true";\n');
});

after(async () => {
  proxy?.close();
  await twilio?.stop();
  await folder?.remove();
});

function pass(request, response) {
  const inner = http.request({ host: '127.0.0.1', port: 80, path: request.url, method: request.method, headers: request.headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  inner.on('error', () => response.writeHead(502).end());
  request.pipe(inner);
}

let failed;

/** A step of the story; once one failed, those after it would only tell of that again. */
function step(part, name, work) {
  test(`${part}: ${name}`, async (t) => {
    if (failed) return t.skip(`"${failed}" failed`);
    if (!PARTS.includes(part)) return t.skip(`only ${PARTS.join(', ')} is walked`);
    try {
      await work();
    } catch (error) {
      failed = name;
      t.diagnostic(await logs().catch(String));
      throw error;
    }
    return undefined;
  });
}

const isIn = (sid) => twilio.participants(sid).some(({ identity }) => identity === IDENTITY);

/** An SMS of a new customer. */
async function sms() {
  customers += 1;
  const { conversation, deliveries } = await twilio.arriveSms({ from: `+1500555${1000 + customers}`, to: '+15005550001', body: 'Hello' });
  return { sid: conversation.sid, status: deliveries[0]?.status, joined: isIn(conversation.sid) };
}

const logs = async () => (await tryInside('tail -n 20 /var/log/lighttpd/*.log /var/log/lighttpd/*.stderr /var/log/apache2/error.log /var/log/nginx/error.log; journalctl --no-pager -n 30')).output;

/** What the web server answers to a webhook that nobody signed, on a connection of its own: a kept one would hold up its end. */
function forgedStatus() {
  return new Promise((resolve) => {
    const headers = { 'X-Twilio-Signature': 'forged', 'Content-Type': 'application/x-www-form-urlencoded' };
    const request = http.request({ host: '127.0.0.1', port: 80, path: '/webhooks/twilio', method: 'POST', headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.on('error', () => resolve(undefined));
    request.end(`EventType=onConversationAdded&AccountSid=${twilio.accountSid}`);
  });
}

/** A web server is called started, or reloaded, before it serves: one of the next webhooks is joined, and a forged one refused. */
async function assertJoins() {
  let last;
  await until(async () => {
    last = { ...await sms(), forged: await forgedStatus() };
    return last.joined && last.forged === 403;
  }, { what: 'a webhook to be joined' }).catch((error) => assert.fail(`${error.message}: ${JSON.stringify(last)}`));
}

/** Called started before it does; and a reload that comes earlier ends it. */
const listens = (server) => until(forgedStatus, { what: `${server} to answer` });

/** A web server that was there before, and no other. */
async function have(server, packages = server) {
  await inside('systemctl stop lighttpd apache2 nginx 2>/dev/null; systemctl stop twilio-autojoin.service twilio-autojoin.socket 2>/dev/null; true');
  await inside(`apt-get install -qy ${packages} && systemctl start ${server}`);
  await listens(server);
}

/** The four lines as the document has them, with this account's values. */
function settingsOf(path) {
  const { text } = fencesOf(path).find(({ text: one }) => one.startsWith('TWILIO_ACCOUNT_SID=')) ?? assert.fail(`${path}: no settings`);
  const values = { TWILIO_ACCOUNT_SID: twilio.accountSid, TWILIO_AUTH_TOKEN: twilio.authToken, TWILIO_IDENTITY: IDENTITY };
  return text.split('\n').map((line) => {
    const [name] = line.split('=');
    return name in values ? `${name}=${values[name]}` : line;
  });
}

// ---- the package

step('package', 'README: from the clone to an installed package', async () => {
  began = performance.now();
  await typeBlock(block('package'), { env: QUICKLY });
  assert.equal(await ownerOf(SETTINGS), 'root:www-data 640');
});

step('package', 'README: init asks, and the bot joins', async () => {
  const shown = await typeBlock(block('init'), {
    answers: [
      [/Account SID: /, twilio.accountSid], [/Auth token: /, twilio.authToken], [/The bot's identity: /, IDENTITY], [/Public URL: /, PUBLIC_URL],
      [/\[Y\/n\] /, 'y'], YES,
    ],
  });
  assert.match(shown, /The bot joins\./);
  assert.ok(!shown.includes(twilio.authToken), 'the token is shown');
  await assertJoins();
  console.log(`# ${Math.round((performance.now() - began) / 1000)} s from the clone to a joined webhook`);
});

step('package', 'README: check, setup, probe, drain', async () => {
  const shown = await typeBlock(block('finish'), { answers: [YES] });
  assert.match(shown, / 0 fail/);
});

step('package', 'README: lighttpd', async () => {
  await typeBlock(block('lighttpd'));
  await assertJoins();
});

step('package', 'README.Debian: check, lighttpd, setup and probe', async () => {
  await typeBlock(prompt('twilio-autojoin check --offline'));
  await inside('lighty-disable-mod twilio-autojoin');
  await typeBlock(prompt('lighty-enable-mod'));
  await assertJoins();
  await typeBlock(prompt('twilio-autojoin setup'), { answers: [YES] });
});

step('package', 'operations: drain, backup, and a spool that is brought to another host', async () => {
  await typeBlock(block('drain'));
  await inside('systemctl stop twilio-autojoin-drain');
  twilio.misbehave({ status: 503, times: Infinity });
  const { sid, status } = await sms();
  assert.equal(status, 503);
  twilio.behave();
  await typeBlock(block('spool-backup'));
  await inside(`rm ${SPOOL}/${sid}`);
  await typeBlock(block('spool-restore'));
  assert.equal(isIn(sid), true);
  await inside('systemctl start twilio-autojoin-drain');
});

step('package', 'operations: reconcile, metrics', async () => {
  const { sid } = twilio.createConversation();
  await typeBlock(block('reconcile'));
  assert.equal(isIn(sid), true);
  await inside('mkdir -p /var/lib/prometheus/node-exporter'); // prometheus-node-exporter's
  await typeBlock(block('metrics'));
  await typeBlock(prompt('systemctl enable --now twilio-autojoin-drain'));
  await inside('systemctl start twilio-autojoin-metrics.service');
  assert.match(await readInside('/var/lib/prometheus/node-exporter/twilio-autojoin.prom'), /^twilio_autojoin_webhooks_total\{result="joined"\} [1-9]/m);
});

step('package', 'troubleshooting: a refused webhook is kept, and explained', async () => {
  await inside(`sed -i /AUTOJOIN_CAPTURE_DIR/d ${SETTINGS}`);
  await typeBlock(block('captures'));
  assert.equal(await ownerOf('/var/lib/twilio-autojoin/captures'), 'www-data:www-data 700');
  await until(async () => {
    const url = 'http://api.example.com/webhooks/twilio';
    await twilio.deliver({ url, connectTo: 'http://127.0.0.1:80', params: [['EventType', 'onConversationAdded'], ['AccountSid', twilio.accountSid]] });
    return (await inside('ls /var/lib/twilio-autojoin/captures')) !== '';
  }, { what: 'a capture' });
  const shown = await typeBlock(block('explain'), { statuses: [1] });
  assert.match(shown, /Twilio signed .*http:/);
});

step('package', 'deploy: by hand', async () => {
  const shown = await typeBlock(block('by-hand'));
  assert.match((await tryInside(shown)).output, /^Status: 200 OK/m);
});

step('package', 'deploy: lighttpd with several workers', async () => {
  await inside("printf '\\nserver.max-worker = 2\\n' >>/etc/lighttpd/lighttpd.conf");
  await typeBlock(block('lighttpd-socket'));
  await assertJoins();
  await inside("sed -i '/^server.max-worker/d' /etc/lighttpd/lighttpd.conf && lighty-disable-mod twilio-autojoin-socket");
});

step('package', 'deploy: lighttpd with CGI', async () => {
  await have('lighttpd');
  await typeBlock(block('lighttpd-cgi'));
  await assertJoins();
});

step('package', 'README and README.Debian: Apache with mod_fcgid', async () => {
  await have('apache2');
  await typeBlock(block('apache'));
  await assertJoins();
  await inside('a2disconf -q twilio-autojoin');
  await typeBlock(prompt('apt install libapache2-mod-fcgid'));
  await assertJoins();
  await inside('a2disconf -q twilio-autojoin');
});

step('package', 'README and README.Debian: Apache with mod_proxy_fcgi', async () => {
  await typeBlock(block('apache-proxy'));
  await assertJoins();
  await typeBlock(prompt('systemctl enable --now twilio-autojoin.service\na2enmod'));
  await assertJoins();
});

step('package', 'README: systemctl reload reads the settings again', async () => {
  const rows = read('README.md').split('\n').filter((line) => line.startsWith('| settings; the responder as a service'));
  assert.equal(rows.length, 1);
  const [, command] = /`([^`]+)`/.exec(rows[0]);
  await inside(`sed -i '$aTWILIO_ENABLED=false' ${SETTINGS} && ${command}`);
  await until(async () => !(await sms()).joined, { what: 'TWILIO_ENABLED=false to count' });
  await inside(`sed -i '/TWILIO_ENABLED/d' ${SETTINGS} && ${command}`);
  await assertJoins();
});

step('package', 'README.Debian: a user of their own for the services', async () => {
  await typeBlock(prompt('adduser'));
  await assertJoins();
  assert.match(await inside('ps -o user= -C twilio-autojoin.fcgi'), /^twilio-\+|^twilio-autojoin/m);
  await inside(`rm -r /etc/tmpfiles.d/twilio-autojoin.conf /etc/systemd/system/twilio-autojoin*.service.d && chgrp www-data ${SETTINGS}`);
  await inside(`chown -R www-data: ${SPOOL} /var/lib/twilio-autojoin /run/twilio-autojoin && systemctl daemon-reload`);
  await inside('systemctl restart twilio-autojoin twilio-autojoin-drain');
  await inside('a2disconf -q twilio-autojoin-proxy-fcgi');
});

step('package', 'deploy: Apache with CGI', async () => {
  await typeBlock(block('apache-cgi'));
  await assertJoins();
  await inside('a2disconf -q twilio-autojoin-cgi; rm /etc/apache2/conf-available/twilio-autojoin-cgi.conf');
});

step('package', 'README and README.Debian: nginx', async () => {
  await have('nginx', 'nginx-light');
  const [, line] = /`(include [^`]*locations\.conf;)`/.exec(read('README.md').replace(/\s+/g, ' ')) ?? assert.fail('README.md: no include');
  assert.ok(read('debian/README.Debian').includes(line), `README.Debian: no ${line}`);
  await inside(`sed -i 's#^\\tserver_name _;#&\\n\\t${line}#' /etc/nginx/sites-available/default`);
  await typeBlock(block('nginx'));
  await assertJoins();
  await inside('rm /etc/nginx/conf.d/twilio-autojoin-upstream.conf');
  await typeBlock(prompt('ln -s'));
  await assertJoins();
});

step('package', 'operations: no webhook any more, and nothing of it is left after a purge', async () => {
  await typeBlock(block('stop-sending'));
  assert.deepEqual((await twilio.arriveSms({ from: '+15005559999', to: '+15005550001', body: 'Hello' })).deliveries, []);
  await inside('sed -i /twilio-autojoin/d /etc/nginx/sites-available/default');
  await inside('apt-get purge -qy twilio-autojoin');
  await inside('rm -f /etc/*/conf-*/*twilio-autojoin*'); // what the blocks of docs/deploy.md made
});

step('package', 'what is ours ended by itself whenever it was stopped', async () => {
  assert.equal((await tryInside("journalctl --no-pager | grep -E 'twilio-autojoin[a-z-]*.(service|socket): .*(timed out|SIGKILL)'")).output, '');
});

// ---- from source

step('source', 'README: from the clone to installed programs', async () => {
  await inside('make -s -C /root/twilio-autojoin distclean >/dev/null 2>&1; true');
  await typeBlock(block('source'), { env: QUICKLY });
  assert.equal(await ownerOf(SETTINGS), 'root:www-data 640');
  assert.equal(await ownerOf(SPOOL), 'www-data:www-data 700');
});

step('source', 'README: four lines of settings, lighttpd, and a webhook is joined', async () => {
  const lines = settingsOf('README.md');
  assert.equal(lines.length, 4);
  await writeInside(SETTINGS, `${await readInside(SETTINGS)}\n${lines.join('\n')}\n`);
  await have('lighttpd');
  await typeBlock(block('lighttpd'));
  await typeBlock(block('finish'), { answers: [YES] });
  await assertJoins();
});

step('source', 'operations: an upgrade', async () => {
  await typeBlock(block('upgrade-source'), { env: QUICKLY });
  await assertJoins();
});

step('source', 'operations: uninstalled, but for what the page names', async () => {
  await typeBlock(block('uninstall-source'));
  await inside('systemctl restart lighttpd');
  await listens('lighttpd');
  assert.equal(await forgedStatus(), 404);
  const left = (await inside("find / -xdev -name '*twilio-autojoin*' ! -path '/root/*' ! -path '/proc/*' -prune")).split('\n').sort();
  const named = [SETTINGS, '/var/lib/twilio-autojoin', SPOOL];
  // Logs, and what Apache's a2disconf keeps in mind.
  assert.deepEqual(left.filter((path) => !/^\/var\/(log|lib\/apache2)\//.test(path)), named);
  assert.equal(await existsInside('/usr/bin/twilio-autojoin'), false);
});
