// The image as whoever runs it meets it: its bytes, what is in it, webhooks through it, and its end.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Folder } from '../servers/folder.js';
import { until } from '../servers/daemon.js';
import { StandIn } from '../twilio/standin.js';
import { builds, Container, podman } from './container.js';

const run = promisify(execFile);
const IDENTITY = 'conversation-bot';
const URL_AT_TWILIO = 'https://api.example.com/webhooks/twilio';
const LARGEST = 120 * 1024 * 1024;
const DEADLINE_MS = 4000; // AUTOJOIN_DEADLINE_MS
const WWW_DATA = 33;

let folder;
let twilio;
let image;

before(async () => {
  folder = await Folder.create('container');
  twilio = await StandIn.start();
  twilio.configureWebhook({ url: URL_AT_TWILIO, connectTo: 'http://127.0.0.1:8080', filters: ['onConversationAdded'] });
  await folder.write('token', `${twilio.authToken}\n`, 0o440);
  const loaded = await podman('load', '--quiet', '--input', join(builds[0], (await archives(builds[0])).find((name) => name.endsWith('.docker.tar'))));
  [, image] = loaded.match(/(localhost\/twilio-autojoin:\S+)/);
});

after(async () => {
  await twilio?.stop();
  await folder?.remove();
});

const archives = async (directory) => (await readdir(directory)).filter((name) => name.endsWith('.tar')).sort();

const settings = () => ({
  TWILIO_ACCOUNT_SID: twilio.accountSid, TWILIO_AUTH_TOKEN_FILE: '/run/secrets/token', TWILIO_IDENTITY: IDENTITY,
  AUTOJOIN_PUBLIC_URL: URL_AT_TWILIO, AUTOJOIN_API_URL: twilio.url, AUTOJOIN_WEBHOOKS_API_URL: twilio.urls.webhooks, AUTOJOIN_EVENTS_API_URL: twilio.urls.events,
});

const started = [];

/** A container with sound settings, its secret in a file. */
async function start({ env = {}, mounts = [], ...others } = {}) {
  const secret = `${folder.join('token')}:/run/secrets/token:ro`;
  const container = await Container.start(image, { env: { ...settings(), ...env }, mounts: [secret, ...mounts], ...others });
  started.push(container);
  return container;
}

/** The same, that answers. */
async function serve(options) {
  const container = await start(options);
  assert.equal(await container.answers(), 200, await container.logs());
  return container;
}

async function removeAll() {
  for (const container of started.splice(0)) await container.remove();
  twilio.behave();
}

/** A test whose containers are gone when it ends: they all listen on one port of a network of their own. */
function story(name, work) {
  test(name, async () => {
    try {
      await work();
    } finally {
      await removeAll();
    }
  });
}

let customers = 0;

function sms() {
  customers += 1;
  return twilio.arriveSms({ from: `+1500555${1000 + customers}`, to: '+15005550001', body: 'Hello' });
}

const isIn = (sid) => twilio.participants(sid).some(({ identity }) => identity === IDENTITY);

const digest = async (path) => createHash('sha256').update(await readFile(path)).digest('hex');

story('two builds are the same, byte for byte', async () => {
  const names = await archives(builds[0]);
  assert.match(names.join(' '), /^twilio-autojoin-\S+\.docker\.tar twilio-autojoin-\S+\.oci\.tar$/);
  assert.deepEqual(await archives(builds[1]), names);
  for (const name of names) assert.equal(await digest(join(builds[0], name)), await digest(join(builds[1], name)), name);
});

story('OCI\'s archive holds the same files, and is an OCI layout', async () => {
  const [docker, oci] = (await archives(builds[0])).map((name) => join(builds[0], name));
  const { stdout: index } = await run('tar', ['-xOf', oci, './index.json']);
  const blob = async (sum) => JSON.parse((await run('tar', ['-xOf', oci, `./blobs/${sum.replace(':', '/')}`], { encoding: 'utf8' })).stdout);
  const manifest = await blob(JSON.parse(index).manifests[0].digest);
  assert.equal(manifest.config.mediaType, 'application/vnd.oci.image.config.v1+json');
  const { rootfs } = await blob(manifest.config.digest);
  assert.deepEqual(rootfs.diff_ids, JSON.parse(await podman('inspect', '--format', '{{json .RootFS.Layers}}', image)), docker);
});

story('it is small', async () => {
  const size = Number(await podman('inspect', '--format', '{{.Size}}', image));
  assert.ok(size > 1e6 && size < LARGEST, `${size} bytes`);
});

story('it says who runs, what is healthy, and how it is stopped', async () => {
  const [{ User, Config, HealthCheck, Healthcheck }] = JSON.parse(await podman('inspect', image));
  assert.match(User || Config.User, /^[1-9]\d*:[1-9]\d*$/);
  assert.equal(Config.StopSignal, 'SIGTERM');
  assert.match((HealthCheck ?? Healthcheck ?? Config.Healthcheck).Test.join(' '), /\/webhooks\/twilio\/healthz/);
});

story('no log, cache, list, machine id or host name of the build is in it', async () => {
  const container = await serve();
  const found = (await container.exec('sh', '-c', 'for f in /var/log /var/cache /var/lib/apt /etc/apt /etc/machine-id /var/lib/dpkg/status; do [ ! -e $f ] || echo $f; done')).split('\n').filter(Boolean);
  assert.deepEqual(found, []);
});

story('the packages in it are told where scanners look, with their licences', async () => {
  const container = await serve();
  const names = (await container.exec('ls', '/var/lib/dpkg/status.d')).split('\n');
  for (const name of ['lighttpd', 'libc6', 'ca-certificates']) {
    assert.ok(names.includes(name), names.join(' '));
    assert.match(await container.exec('cat', `/var/lib/dpkg/status.d/${name}`), /^Version: \S+$/m);
    assert.notEqual(await container.exec('cat', `/usr/share/doc/${name}/copyright`), '');
  }
});

story('whom Twilio\'s certificate is checked against is in it', async () => {
  const container = await serve();
  const certificates = (await container.exec('cat', '/etc/ssl/certs/ca-certificates.crt')).match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g);
  assert.ok(certificates.length > 100);
  for (const text of certificates) assert.equal(new X509Certificate(text).ca, true);
});

story('a signed webhook is joined, with the secret from a file', async () => {
  const container = await serve();
  const { conversation, deliveries } = await sms();
  assert.equal(deliveries[0].status, 200, await container.logs());
  assert.ok(isIn(conversation.sid));
});

story('a forged one is refused', async () => {
  const container = await serve();
  const body = new URLSearchParams({ EventType: 'onConversationAdded', AccountSid: twilio.accountSid });
  const reply = await fetch(`${container.url}/webhooks/twilio`, { method: 'POST', headers: { 'X-Twilio-Signature': 'forged' }, body });
  assert.equal(reply.status, 403, await container.logs());
});

story('no other path leads anywhere', async () => {
  const container = await serve();
  for (const path of ['/', '/webhooks/twilioXYZ', '/etc/passwd', '/webhooks/twilio/../../etc/passwd']) {
    const { status } = await fetch(`${container.url}${path}`);
    assert.ok(status === 403 || status === 404, `${path}: ${status}`);
  }
});

story('it listens on $PORT', async () => {
  await serve({ env: { PORT: '9090' }, port: 9090 });
});

story('a PORT that is none is told', async () => {
  const container = await start({ env: { PORT: '80x' } });
  assert.equal(await container.ended(), 78);
  assert.match(await container.logs(), /PORT must be a number/);
});

story('nothing runs as root, and nothing can be written', async () => {
  const container = await serve();
  const users = (await container.exec('sh', '-c', 'cat /proc/[0-9]*/status')).match(/^Uid:.*/gm);
  assert.ok(users.length >= 3);
  for (const line of users) assert.equal(line, `Uid:\t${WWW_DATA}\t${WWW_DATA}\t${WWW_DATA}\t${WWW_DATA}`);
  for (const place of ['/etc/x', '/usr/x', '/var/spool/twilio-autojoin/x']) await assert.rejects(container.exec('sh', '-c', `echo >${place}`), /Read-only/);
});

story('what happens is on standard output, a webhook a line of JSON, without the secret', async () => {
  const container = await serve({ env: { AUTOJOIN_LOG_FORMAT: 'json' } });
  const { conversation } = await sms();
  await until(async () => (await container.logs()).includes(conversation.sid), { what: 'the webhook\'s line' });
  const log = await container.logs();
  assert.equal(JSON.parse(log.split('\n').find((line) => line.includes(conversation.sid))).result, 'joined');
  assert.doesNotMatch(log, new RegExp(twilio.authToken));
  const file = await podman('inspect', '--format', '{{.HostConfig.LogConfig.Path}}', container.name);
  for (const line of (await readFile(file, 'utf8')).split('\n').filter(Boolean)) assert.match(line, /^\S+ stdout /);
});

story('the environment of lighttpd holds no setting', async () => {
  const container = await serve();
  const environment = await container.exec('sh', '-c', 'for p in /proc/[0-9]*; do case $(cat $p/comm) in lighttpd) cat $p/environ;; esac; done');
  assert.match(environment, /PORT=8080/);
  assert.doesNotMatch(environment, /TWILIO|AUTOJOIN/);
});

story('it is healthy, and with faulty settings it is not, and says why', async () => {
  assert.equal(await (await serve()).healthy(), true);
  await removeAll();
  const container = await start({ env: { TWILIO_IDENTITY: '' } });
  assert.equal(await container.answers(), 500);
  assert.equal(await container.healthy(), false);
  assert.match(await container.logs(), /TWILIO_IDENTITY is not set/);
});

story('SIGTERM during a join: the join\'s answer comes, and the container ends within the deadline', async () => {
  const container = await serve();
  const rule = twilio.misbehave({ match: { method: 'POST' }, delayMs: 1500 });
  const arriving = sms();
  await until(() => rule.hits > 0, { what: 'the join to be under way' });
  const since = Date.now();
  await container.signal('TERM');
  const [status, { conversation, deliveries }] = await Promise.all([container.ended(), arriving]);
  assert.equal(deliveries[0].status, 200, await container.logs());
  assert.ok(isIn(conversation.sid));
  assert.equal(status, 0, await container.logs());
  assert.ok(Date.now() - since < DEADLINE_MS + 500, `${Date.now() - since} ms`);
});

story('a connection that a load balancer keeps open does not hold up the end', async () => {
  const container = await serve();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  await new Promise((resolve, reject) => {
    http.get(`${container.url}/webhooks/twilio/healthz`, { agent }, (reply) => reply.resume().on('end', resolve)).on('error', reject);
  });
  const since = Date.now();
  await container.signal('TERM');
  assert.equal(await container.ended(), 0, await container.logs());
  assert.ok(Date.now() - since < 3000, `${Date.now() - since} ms`);
  agent.destroy();
});

for (const [name, what] of [['lighttpd', 'lighttpd'], ['twilio-autojoin', 'the responder']]) {
  story(`when ${what} ends by itself so does the container, and says so`, async () => {
    const container = await serve();
    const own = `for p in /proc/[0-9]*; do case $(cat $p/comm) in ${name}*) kill -9 \${p#/proc/};; esac; done`;
    await container.exec('sh', '-c', own);
    assert.equal(await container.ended(), 1);
    assert.match(await container.logs(), new RegExp(`level=error msg="${what} ended"`));
  });
}

story('a join that Twilio does not take is kept on a volume, and finished by a second container', async () => {
  const spool = await folder.directory('spool');
  const env = { AUTOJOIN_SPOOL_DIR: '/var/spool/twilio-autojoin' };
  const mounts = [`${spool}:/var/spool/twilio-autojoin`];
  await serve({ env, mounts });
  const rule = twilio.misbehave({ status: 503, times: Infinity });
  const { conversation, deliveries } = await sms();
  assert.equal(deliveries[0].status, 503);
  assert.equal((await stat(folder.join('spool', conversation.sid))).uid, WWW_DATA);
  rule.remove();
  const drain = await start({ env, mounts, command: ['twilio-autojoin', 'drain'] });
  assert.equal(await drain.ended(), 0, await drain.logs());
  assert.ok(isIn(conversation.sid));
});

/** The documents of a YAML file of contrib/container/. */
async function documents(name) {
  const path = fileURLToPath(new URL(`../../contrib/container/${name}`, import.meta.url));
  const program = 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))';
  const { stdout } = await run('python3', ['-c', program, path]);
  return JSON.parse(stdout);
}

const version = () => image.split(':').at(-1);

story('compose.yaml: the image, confined, with its secret in a file that is mounted', async () => {
  const [{ services, secrets }] = await documents('compose.yaml');
  for (const service of Object.values(services)) {
    assert.equal(service.image, `twilio-autojoin:${version()}`);
    assert.deepEqual([service.read_only, service.cap_drop, service.security_opt], [true, ['ALL'], ['no-new-privileges:true']]);
    for (const secret of service.secrets) assert.equal(service.environment.TWILIO_AUTH_TOKEN_FILE, `/run/secrets/${secret}`);
    for (const secret of service.secrets) assert.ok(secrets[secret].file);
  }
});

story('compose.yaml: podman-compose, or docker, would take it', async () => {
  const [{ services, ...top }] = await documents('compose.yaml');
  const known = ['image', 'command', 'environment', 'secrets', 'ports', 'volumes', 'read_only', 'tmpfs', 'cap_drop', 'security_opt', 'restart', 'stop_grace_period', 'depends_on'];
  for (const service of Object.values(services)) assert.deepEqual(Object.keys(service).filter((key) => !known.includes(key)), []);
  assert.deepEqual(Object.keys(top).sort(), ['secrets', 'volumes']);
});

story('kubernetes.yaml: the pods run as the image says, are probed where it answers, and see their secret', async () => {
  const all = await documents('kubernetes.yaml');
  assert.deepEqual(all.map(({ kind }) => kind), ['Secret', 'Deployment', 'Service']);
  const [secret, deployment, service] = all;
  const { spec, metadata } = deployment.spec.template;
  const [container] = spec.containers;
  assert.equal(container.image, `twilio-autojoin:${version()}`);
  assert.equal(spec.securityContext.runAsNonRoot, true);
  assert.deepEqual(container.securityContext, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
  const names = container.ports.map(({ name }) => name);
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'].map((name) => container[name]).filter(Boolean)) {
    assert.ok(names.includes((probe.httpGet ?? probe.tcpSocket).port));
    if (probe.httpGet) assert.equal(probe.httpGet.path, '/webhooks/twilio/healthz');
  }
  assert.ok(container.readinessProbe && container.livenessProbe);
  const volume = spec.volumes.find((one) => one.secret);
  assert.equal(volume.secret.secretName, secret.metadata.name);
  assert.equal(volume.secret.defaultMode & 0o007, 0, 'others could read it, and the responder would refuse it');
  assert.equal(spec.securityContext.fsGroup, WWW_DATA);
  const { mountPath } = container.volumeMounts.find(({ name }) => name === volume.name);
  const [key] = Object.keys(secret.stringData);
  assert.equal(container.env.find(({ name }) => name === 'TWILIO_AUTH_TOKEN_FILE').value, `${mountPath}/${key}`);
  assert.deepEqual(deployment.spec.selector.matchLabels, metadata.labels);
  assert.deepEqual(service.spec.selector, metadata.labels);
  assert.ok(names.includes(service.spec.ports[0].targetPort));
});

story('every setting that the examples name is one', async () => {
  const manual = await readFile(new URL('../../src/twilio-autojoin.conf.5', import.meta.url), 'utf8');
  for (const name of ['compose.yaml', 'kubernetes.yaml', 'README.md']) {
    const text = await readFile(new URL(`../../contrib/container/${name}`, import.meta.url), 'utf8');
    for (const [setting] of text.matchAll(/\b(?:AUTOJOIN|TWILIO)_[A-Z_]+\b/g)) {
      assert.match(manual, new RegExp(`^\\.It .*\\b${setting.replace(/_FILE$/, '')}\\b`, 'm'), `${name}: ${setting}`);
    }
  }
});
