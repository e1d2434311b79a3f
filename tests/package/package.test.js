// The Debian package as an administrator meets it, from apt install to apt purge, on a bare Debian
// with systemd. The tests are one story: each step goes on where the one before it ended.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Folder } from '../servers/folder.js';
import { until } from '../servers/daemon.js';
import { makeCertificate } from '../servers/certificate.js';
import { StandIn } from '../twilio/standin.js';
import { appendInside, existsInside, inside, ownerOf, readInside, tryInside, writeInside } from '../lib/system.js';

const SETTINGS = '/etc/twilio-autojoin.conf';
const SPOOL = '/var/spool/twilio-autojoin';
const IDENTITY = 'conversation-bot';
const URL_AT_TWILIO = 'https://api.example.com/webhooks/twilio';
const SERVICES = ['twilio-autojoin.service', 'twilio-autojoin-drain.service'];
const TIMERS = ['twilio-autojoin-reconcile.timer', 'twilio-autojoin-metrics.timer'];
const RESPONDER = '/usr/libexec/twilio-autojoin/twilio-autojoin.fcgi';

let folder;
let twilio;
let settings;

// Under Twilio's own name, so that nothing but four lines needs to be set: the hosts file leads to
// the stand-in, whose certificate the system trusts.
before(async () => {
  folder = await Folder.create('package');
  const { key, cert } = await makeCertificate(folder, ['conversations.twilio.com']);
  const tls = { key: await readFile(key), cert: await readFile(cert) };
  twilio = await StandIn.start({ port: 443, tls });
  twilio.configureWebhook({ url: URL_AT_TWILIO, connectTo: 'http://127.0.0.1:80', filters: ['onConversationAdded'] });
  await writeInside('/etc/hosts', '127.0.0.1 localhost conversations.twilio.com\n');
  await inside('mkdir -p /usr/local/share/ca-certificates');
  await writeInside('/usr/local/share/ca-certificates/stand-in.crt', tls.cert);
});

after(async () => {
  await twilio?.stop();
  await folder?.remove();
});

let failed;

/** A step of the story; once one failed, those after it would only tell of that again. */
function step(name, work) {
  test(name, async (t) => {
    if (failed) return t.skip(`"${failed}" failed`);
    try {
      await work();
    } catch (error) {
      failed = name;
      throw error;
    }
    return undefined;
  });
}

let customers = 0;

/** An SMS of a new customer; how its webhook was answered, and whether the bot is in the conversation. */
async function sms() {
  customers += 1;
  const { conversation, deliveries } = await twilio.arriveSms({ from: `+1500555${1000 + customers}`, to: '+15005550001', body: 'Hello' });
  return { conversation: conversation.sid, status: deliveries[0].status, joined: isIn(conversation.sid) };
}

const isIn = (sid) => twilio.participants(sid).some(({ identity }) => identity === IDENTITY);

async function assertJoins() {
  const { status, joined } = await sms();
  assert.deepEqual({ status, joined }, { status: 200, joined: true }, await logs());
}

const logs = async () => (await tryInside('tail -n 20 /var/log/lighttpd/*.log /var/log/apache2/error.log; journalctl --no-pager -n 30')).output;

async function assertRefusesForged() {
  const reply = await fetch('http://127.0.0.1/webhooks/twilio', {
    method: 'POST', headers: { 'X-Twilio-Signature': 'forged' }, body: new URLSearchParams({ EventType: 'onConversationAdded', AccountSid: twilio.accountSid }),
  });
  assert.equal(reply.status, 403, await logs());
}

/** Debian's units call a web server started before it listens. */
async function start(server) {
  await inside(`systemctl restart ${server}`);
  await until(() => fetch('http://127.0.0.1/').then(() => true, () => false), { what: `${server} to answer` });
}

const pidOf = async (unit) => Number(await inside(`systemctl show --property MainPID --value ${unit}`));

/** By their command lines: what they execute may have been replaced. */
async function responders() {
  const found = await inside(`cd /proc; for f in [0-9]*/cmdline; do tr '\\0' '\\n' <$f 2>/dev/null | head -n 1 | grep -qx ${RESPONDER} && echo $f; done; true`);
  return found.split('\n').filter(Boolean).map((path) => parseInt(path, 10));
}

step('apt install: nothing is enabled, nothing is started', async () => {
  await inside('apt-get install -qy /srv/package.deb');
  await inside('update-ca-certificates');
  for (const unit of [...SERVICES, 'twilio-autojoin.socket', ...TIMERS]) {
    assert.equal((await tryInside(`systemctl is-enabled ${unit}`)).output.trim(), 'disabled', unit);
    assert.equal((await tryInside(`systemctl is-active ${unit}`)).output.trim(), 'inactive', unit);
  }
  assert.equal(await existsInside('/etc/lighttpd/conf-enabled/90-twilio-autojoin.conf'), false);
  assert.equal(await existsInside('/etc/lighttpd/conf-available/90-twilio-autojoin.conf'), true);
});

step('apt install brings a web server, and the certificates that TLS needs', async () => {
  assert.match(await inside("dpkg-query -W -f='${Package} ${db:Status-Status}\\n' lighttpd ca-certificates"), /^ca-certificates installed\nlighttpd installed$/);
});

step('the settings file and the folders belong to whom they must', async () => {
  assert.equal(await ownerOf(SETTINGS), 'root:www-data 640');
  for (const path of [SPOOL, '/var/lib/twilio-autojoin', '/var/lib/twilio-autojoin/captures']) assert.equal(await ownerOf(path), 'www-data:www-data 700', path);
  assert.equal(await ownerOf('/run/twilio-autojoin'), 'www-data:www-data 755');
});

step('the units are well-formed', async () => {
  assert.equal(await inside('systemd-analyze verify --man=no /lib/systemd/system/twilio-autojoin*'), '');
});

step('check says what is missing before there are settings', async () => {
  const { status, output } = await tryInside('twilio-autojoin check --offline');
  assert.equal(status, 1, output);
  for (const name of ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_IDENTITY']) assert.match(output, new RegExp(`fail .*${name}`));
});

step('four lines of settings are enough', async () => {
  await appendInside(SETTINGS, [
    `TWILIO_ACCOUNT_SID=${twilio.accountSid}`, `TWILIO_AUTH_TOKEN=${twilio.authToken}`,
    `TWILIO_IDENTITY=${IDENTITY}`, `AUTOJOIN_PUBLIC_URL=${URL_AT_TWILIO}`, ''].join('\n'));
  settings = await readInside(SETTINGS);
  const { status, output } = await tryInside('twilio-autojoin check --offline');
  assert.equal(status, 0, output);
  assert.match(output, / 0 warn, 0 fail$/m);
});

step('lighttpd: lighty-enable-mod, and a signed webhook is joined', async () => {
  await inside('lighty-enable-mod fastcgi twilio-autojoin');
  await start('lighttpd');
  await assertJoins();
});

step('lighttpd: a forged webhook is refused', assertRefusesForged);

step('a join that Twilio does not take is kept, and finished by the drain service', async () => {
  twilio.misbehave({ status: 503, times: Infinity });
  const { conversation, status } = await sms();
  assert.equal(status, 503, await logs());
  assert.equal(await ownerOf(`${SPOOL}/${conversation}`), 'www-data:www-data 600');
  twilio.behave();
  await inside('systemctl enable --now twilio-autojoin-drain.service');
  await until(() => isIn(conversation), { timeoutMs: 60_000, what: 'the drain service to join' });
  await until(async () => !(await existsInside(`${SPOOL}/${conversation}`)), { what: 'the ticket to be struck out' });
});

step('the reconcile service joins a conversation that no webhook told of; the timer waits for its day', async () => {
  const { sid } = twilio.createConversation();
  await inside('systemctl start twilio-autojoin-reconcile.service');
  assert.equal(isIn(sid), true, await logs());
  await inside('systemctl enable --now twilio-autojoin-reconcile.timer');
  assert.match(await inside('systemctl list-timers --no-legend --no-pager'), /twilio-autojoin-reconcile\.timer/);
});

step('the metrics service writes for node_exporter, whole, and readable for it', async () => {
  const folder = '/var/lib/prometheus/node-exporter'; // prometheus-node-exporter's
  await inside(`mkdir -p ${folder}`);
  await appendInside(SETTINGS, 'AUTOJOIN_STATS_FILE=/run/twilio-autojoin/stats\n');
  await start('lighttpd');
  await assertJoins();
  await inside('systemctl start twilio-autojoin-metrics.service');
  assert.equal(await ownerOf(`${folder}/twilio-autojoin.prom`), 'root:root 644');
  assert.match(await readInside(`${folder}/twilio-autojoin.prom`), /^twilio_autojoin_webhooks_total\{result="joined"\} 1$/m);
  assert.equal(await existsInside(`${folder}/twilio-autojoin.prom.new`), false);
  await writeInside(SETTINGS, settings);
  await inside('systemctl start twilio-autojoin-metrics.timer; systemctl stop twilio-autojoin-metrics.timer');
});

step('Apache: a2enconf asks for mod_fcgid', async () => {
  await inside('systemctl stop lighttpd && apt-get install -qy apache2');
  const { status, output } = await tryInside('a2enconf twilio-autojoin');
  assert.notEqual(status, 0);
  assert.match(output, /fcgid/);
});

step('Apache with mod_fcgid: a2enconf, and a signed webhook is joined', async () => {
  await inside('apt-get install -qy libapache2-mod-fcgid && a2enmod -q fcgid && a2enconf -q twilio-autojoin');
  await start('apache2');
  await assertJoins();
});

step('Apache with mod_fcgid: a forged webhook is refused', assertRefusesForged);

step('Apache with mod_proxy_fcgi: the socket starts the service, and a signed webhook is joined', async () => {
  await inside('a2disconf -q twilio-autojoin && a2enmod -q proxy_fcgi && a2enconf -q twilio-autojoin-proxy-fcgi');
  await start('apache2');
  await inside('systemctl enable --now twilio-autojoin.socket');
  assert.equal((await tryInside('systemctl is-active twilio-autojoin.service')).output.trim(), 'inactive');
  await assertJoins();
  assert.equal(await ownerOf('/run/twilio-autojoin/responder.sock'), 'www-data:www-data 600');
});

step('Apache with mod_proxy_fcgi: a forged webhook is refused', assertRefusesForged);

step('the service runs confined, and nothing of its own is refused to it', async () => {
  const status = await inside(`cat /proc/${await pidOf('twilio-autojoin.service')}/status`);
  assert.match(status, /^Uid:\t33\t33\t33\t33$/m);
  assert.match(status, /^CapBnd:\t0+$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^Seccomp:\t2$/m);
  const journal = await inside("journalctl --no-pager -o cat -u 'twilio-autojoin*' | grep -v msg=webhook");
  assert.doesNotMatch(journal, /level=(warn|error)|too few|cannot|denied|not permitted/i);
});

step('a webhook\'s line is in the journal, with its priority', async () => {
  const lines = (await inside('journalctl --no-pager -o json -u twilio-autojoin.service')).split('\n')
    .filter((line) => line !== '').map((line) => JSON.parse(line)).filter(({ MESSAGE: text }) => /msg=webhook/.test(text));
  const priorityOf = (result) => lines.find(({ MESSAGE: text }) => text.includes(`result=${result}`))?.PRIORITY;
  assert.deepEqual([priorityOf('joined'), priorityOf('forbidden')], ['6', '4'], JSON.stringify(lines));
  for (const { MESSAGE: text } of lines) assert.match(text, /^time=/);
});

step('a responder that dies is replaced, and the next webhook is joined', async () => {
  await inside('systemctl enable --now twilio-autojoin.service');
  const before = await pidOf('twilio-autojoin.service');
  await inside(`kill -9 ${before}`);
  await until(async () => await pidOf('twilio-autojoin.service') !== before, { what: 'its death' });
  await assertJoins();
  const now = await pidOf('twilio-autojoin.service');
  assert.ok(now > 0 && now !== before, `${before} was followed by ${now}`);
});

step('nginx with the same service: a signed webhook is joined', async () => {
  await inside('systemctl stop apache2 && apt-get install -qy nginx-light && systemctl stop nginx');
  await inside('ln -s /usr/share/twilio-autojoin/nginx/twilio-autojoin-upstream.conf /etc/nginx/conf.d/');
  await writeInside('/etc/nginx/sites-available/default',
    'server { listen 80 default_server; include /usr/share/twilio-autojoin/nginx/twilio-autojoin-locations.conf; }\n');
  await start('nginx');
  await assertJoins();
  await inside('apt-get purge -qy nginx-light nginx-common nginx && rm -rf /etc/nginx');
  await start('apache2');
});

step('a user of their own for the services, as README.Debian has it: www-data can read the token no more', async () => {
  const text = await inside('cat /usr/share/doc/twilio-autojoin/README.Debian || zcat /usr/share/doc/twilio-autojoin/README.Debian.gz');
  const first = text.indexOf('     # adduser --system');
  const lines = text.slice(first, text.indexOf('\n\n', first)).replace(/^ +# /gm, '');
  await inside(`bash -ec '${lines.replaceAll("'", "'\\''")}'`);
  await assertJoins();
  assert.equal(await ownerOf(SETTINGS), 'root:twilio-autojoin 640');
  assert.match((await tryInside(`setpriv --reuid=www-data --regid=www-data --clear-groups cat ${SETTINGS}`)).output, /Permission denied/);
  assert.match(await inside(`cat /proc/${await pidOf('twilio-autojoin.service')}/status`), /^Uid:\t(?!33\t|0\t)/m);
  twilio.misbehave({ status: 503, times: Infinity });
  const { conversation } = await sms();
  assert.equal(await ownerOf(`${SPOOL}/${conversation}`), 'twilio-autojoin:twilio-autojoin 600');
  twilio.behave();
  await until(() => isIn(conversation), { timeoutMs: 60_000, what: 'the drain service to join' });
  await inside(`rm -r /etc/tmpfiles.d/twilio-autojoin.conf /etc/systemd/system/twilio-autojoin*.service.d && chgrp www-data ${SETTINGS} && chown -R www-data: ${SPOOL} /var/lib/twilio-autojoin /run/twilio-autojoin`);
  await inside(`systemctl daemon-reload && systemctl restart ${SERVICES.join(' ')} && userdel twilio-autojoin`);
});

step('upgrade: settings, tickets and what was enabled stay; services go on with the new program', async () => {
  const ticket = `${SPOOL}/failed/kept-by-hand`;
  await inside(`install -d -o www-data -g www-data -m 700 ${SPOOL}/failed && touch ${ticket}`);
  const socketSince = () => inside('systemctl show --property ActiveEnterTimestampMonotonic --value twilio-autojoin.socket');
  const since = await socketSince();
  const before = await Promise.all(SERVICES.map(pidOf));
  await inside('apt-get install -qy /srv/upgrade.deb');
  assert.match(await inside("dpkg-query -W -f='${Version}' twilio-autojoin"), /\+upgrade$/);
  const now = await Promise.all(SERVICES.map(pidOf));
  SERVICES.forEach((unit, i) => assert.ok(now[i] > 0 && now[i] !== before[i], `${unit}: ${before[i]}, ${now[i]}`));
  assert.equal(await socketSince(), since);
  assert.equal(await readInside(SETTINGS), settings);
  assert.equal(await ownerOf(SETTINGS), 'root:www-data 640');
  assert.equal(await existsInside(ticket), true);
  await assertJoins();
});

step('upgrade: Apache goes on with new responders', async () => {
  await inside('a2disconf -q twilio-autojoin-proxy-fcgi && a2enconf -q twilio-autojoin');
  await start('apache2');
  await assertJoins();
  const ofApache = async () => {
    const service = await pidOf('twilio-autojoin.service');
    return (await responders()).filter((pid) => pid !== service);
  };
  const before = await ofApache();
  assert.notEqual(before.length, 0);
  await inside('apt-get install -qy --allow-downgrades /srv/package.deb');
  await assertJoins();
  const now = await ofApache();
  assert.deepEqual(before.filter((pid) => now.includes(pid)), []);
});

step('remove: settings and tickets stay; the web servers start without it; nothing of it runs', async () => {
  await inside('apt-get remove -qy twilio-autojoin');
  assert.equal(await readInside(SETTINGS), settings);
  assert.equal(await existsInside(`${SPOOL}/failed/kept-by-hand`), true);
  await start('apache2');
  assert.equal((await fetch('http://127.0.0.1/webhooks/twilio', { method: 'POST' })).status, 404);
  await inside('systemctl stop apache2');
  await start('lighttpd');
  assert.equal((await fetch('http://127.0.0.1/webhooks/twilio', { method: 'POST' })).status, 404);
  for (const unit of [...SERVICES, 'twilio-autojoin.socket', ...TIMERS]) {
    assert.equal((await tryInside(`systemctl is-active ${unit}`)).output.trim(), 'inactive', unit);
  }
  assert.deepEqual(await responders(), []);
});

step('installed again after a removal, it is as it was', async () => {
  await inside('apt-get install -qy /srv/package.deb');
  assert.equal(await readInside(SETTINGS), settings);
  await inside('lighty-enable-mod twilio-autojoin');
  await start('lighttpd');
  await assertJoins();
});

step('purge: nothing of it is left, and lighttpd serves on', async () => {
  await inside('apt-get purge -qy twilio-autojoin');
  // lighttpd, told to read its settings anew, ends its responders and takes their sockets away a moment later.
  let left;
  await until(async () => {
    left = await inside("find / /run -xdev \\( -name '*twilio*' -o -name '*autojoin*' \\) ! -path '/proc/*'");
    return left === '';
  }, { what: 'the last file to go' }).catch(() => assert.equal(left, ''));
  await start('lighttpd');
  assert.equal((await fetch('http://127.0.0.1/webhooks/twilio', { method: 'POST' })).status, 404);
});

// What an operator types, from nothing to a joined bot.
const FRONTS = { lighttpd: 'lighttpd', apache: 'apache2 libapache2-mod-fcgid', 'apache (mod_proxy_fcgi)': 'apache2', nginx: 'nginx-light' };
const URL_HERE = 'http://127.0.0.1/webhooks/twilio';

for (const [front, packages] of Object.entries(FRONTS)) {
  step(`init: from apt install to a joined webhook under ${front} in two commands`, async () => {
    await tryInside('apt-get purge -qy twilio-autojoin; for unit in lighttpd apache2 nginx; do systemctl disable --now $unit; done');
    if (packages === 'apache2') await inside('apt-get purge -qy libapache2-mod-fcgid');
    await inside(`apt-get install -qy ${packages} && systemctl restart ${packages.split(' ')[0].replace('-light', '')}`); // the web server was there before
    await writeInside('/root/answers.conf', [
      `TWILIO_ACCOUNT_SID=${twilio.accountSid}`, `TWILIO_AUTH_TOKEN=${twilio.authToken}`, `TWILIO_IDENTITY=${IDENTITY}`, `AUTOJOIN_PUBLIC_URL=${URL_HERE}`, ''].join('\n'));
    const typed = ['apt-get install -qy --no-install-recommends /srv/package.deb', `twilio-autojoin init --answers /root/answers.conf --front ${front.split(' ')[0]} --yes`];
    await inside('chmod 600 /root/answers.conf');
    for (const line of typed) {
      const { status, output } = await tryInside(line);
      assert.equal(status, 0, `${line}\n${output}\n${await logs()}`);
    }
    assert.ok(typed.length <= 4);
    assert.equal(await ownerOf(SETTINGS), 'root:www-data 640');
    assert.equal(await ownerOf(SPOOL), 'www-data:www-data 700');
    customers += 1;
    const { conversation } = await twilio.arriveSms({ from: `+1500555${1000 + customers}`, to: '+15005550001', body: 'Hello' });
    assert.equal(isIn(conversation.sid), true, await logs());
  });
}
