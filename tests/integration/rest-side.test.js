// The responder's connections to Twilio: TLS, kept, opened ahead, through a
// proxy only where one is configured (design 6.7).

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { FastCgiConnection, fastcgiRequest } from '../servers/fastcgi.js';
import { makeCertificate } from '../servers/certificate.js';
import { until } from '../servers/daemon.js';
import { blockUntil, waitingConnections } from '../servers/backlog.js';
import { readProc } from '../servers/proc.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { parseLog } from '../lib/log-line.js';
import { ignoredRequest, webhookRecords, webhookRequest } from '../lib/webhook-records.js';
import { Scene } from '../lib/scene.js';

async function withScene(group, act) {
  const scene = await Scene.open(fastcgi, group);
  try {
    await act(scene);
  } finally {
    await scene.close();
  }
}

const joinAs = (scene, context) => fastcgiRequest(scene.server.own.socket, webhookRequest(context));
const join = (scene) => joinAs(scene, scene.newContext({}));
const withTls = (...how) => async ({ folder }) => {
  const { key, cert } = await makeCertificate(folder, ...how);
  return { tls: { key: await readFile(key), cert: await readFile(cert) } };
};
const trusting = ({ folder }) => ({ AUTOJOIN_CA_FILE: folder.join('cert.pem'), AUTOJOIN_DEADLINE_MS: 1500 });
const alone = (scene) => ({ ...trusting(scene), AUTOJOIN_PRECONNECT: 'no', AUTOJOIN_DEADLINE_MS: 4500 });

/** Not joined, and Twilio (or who plays it) was sent nothing. */
async function assertNotTrusted(scene) {
  const reply = await join(scene);
  assert.equal(reply.body, '{"result":"retry-later"}');
  assert.deepEqual(scene.twilio.requests, []);
  assert.ok(scene.server, 'still there');
}

describe('TLS', { concurrency: 4 }, () => {
  it('a certificate of AUTOJOIN_CA_FILE for this host is trusted', () => withScene({ standIn: withTls(), settings: trusting }, async (scene) => {
    assert.match(scene.twilio.url, /^https:/);
    assert.equal((await join(scene)).body, '{"result":"joined"}');
  }));

  it('an unknown certificate is not', () => withScene({ standIn: withTls(), settings: { AUTOJOIN_DEADLINE_MS: 1500 } }, assertNotTrusted));

  it('a certificate for another host is not', () => withScene({ standIn: withTls(['conversations.twilio.com'], ['192.0.2.1']), settings: trusting }, assertNotTrusted));

  it('TLS 1.1 is not', () => withScene({
    standIn: async (scene) => ({ tls: { ...(await withTls()(scene)).tls, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } }),
    settings: trusting,
  }, assertNotTrusted));

  it('a new connection resumes the session of the one before', () => withScene({ standIn: withTls(), settings: alone }, async (scene) => {
    await join(scene);
    scene.twilio.dropConnections();
    await join(scene);
    assert.deepEqual(scene.twilio.handshakes, ['full', 'resumed']);
  }));

  it('several new connections at once resume it, too', () => withScene({ standIn: withTls(), settings: alone }, async (scene) => {
    await join(scene);
    scene.twilio.dropConnections();
    const connections = await Promise.all([1, 2, 3].map(() => FastCgiConnection.open(scene.server.own.socket)));
    const records = connections.map(() => webhookRecords(scene.newContext({})));
    for (const [i, connection] of connections.entries()) connection.send(records[i]);
    // With TLS 1.3 OpenSSL takes a session until one handshake with it is done, and 3.0 keeps none of such
    // a handshake: none is answered before all three have begun.
    blockUntil(() => waitingConnections(scene.twilio.port) === connections.length, { what: 'three greetings' });
    for (const connection of connections) assert.equal((await connection.reply())?.body, '{"result":"joined"}');
    // A server gives two tickets with a full handshake, and RFC 8446 C.4 wants each used once, as newer libcurls do.
    const [first, ...others] = scene.twilio.handshakes;
    assert.equal(first, 'full');
    assert.equal(others.length, 3);
    assert.ok(others.filter((kind) => kind === 'resumed').length >= 2, others.join());
  }));

  it("the system's certificates are read once, not for each connection", () => withScene({
    standIn: withTls(), settings: { AUTOJOIN_DEADLINE_MS: 1500, AUTOJOIN_PRECONNECT: 'no' },
  }, async (scene) => {
    const bytesRead = () => Number(/^rchar: (\d+)$/m.exec(readProc(`${scene.server.own.pid}/io`))[1]);
    for (let i = 0; i < 3; i++) assert.equal((await join(scene)).body, '{"result":"retry-later"}'); // nobody of them vouches for the stand-in
    const bytes = bytesRead();
    const once = await readFile('/etc/ssl/certs/ca-certificates.crt');
    assert.ok(bytes < 1.5 * once.length, `${bytes} bytes were read for three connections, ${once.length} are the certificates'`);
  }));

  it('TLS 1.2 is', () => withScene({
    standIn: async (scene) => ({ tls: { ...(await withTls()(scene)).tls, maxVersion: 'TLSv1.2' } }),
    settings: trusting,
  }, async (scene) => {
    assert.equal((await join(scene)).body, '{"result":"joined"}');
  }));
});

describe('connections', { concurrency: 4 }, () => {
  it('the first is opened before the first webhook, without credentials', () => withScene({}, async (scene) => {
    await until(() => scene.twilio.requests[0]?.status, { what: 'the connection opened ahead' });
    const [{ method, headers }] = scene.twilio.requests;
    // Its answer is waiting for the responder before this one is: both are taken now.
    await fastcgiRequest(scene.server.own.socket, ignoredRequest(scene.newContext({})));
    assert.equal(method, 'HEAD');
    assert.equal(headers.authorization, undefined);
    assert.equal((await join(scene)).body, '{"result":"joined"}');
    assert.equal(scene.twilio.connections, 1);
  }));

  it('with AUTOJOIN_PRECONNECT=no none is', () => withScene({ settings: { AUTOJOIN_PRECONNECT: 'no' } }, async (scene) => {
    assert.equal((await join(scene)).body, '{"result":"joined"}');
    assert.deepEqual(scene.twilio.requests.map(({ method }) => method), ['POST']);
  }));

  it('thirty joins one after the other use one', () => withScene({ settings: { AUTOJOIN_PRECONNECT: 'no' } }, async (scene) => {
    for (let i = 0; i < 30; i++) assert.equal((await join(scene)).body, '{"result":"joined"}');
    assert.equal(scene.twilio.connections, 1);
  }));

  it('thirty joins at once, twice, use thirty', () => withScene({ settings: { AUTOJOIN_PRECONNECT: 'no' } }, async (scene) => {
    scene.twilio.misbehave({ match: { method: 'POST' }, delayMs: 200, times: Infinity });
    for (let burst = 0; burst < 2; burst++) {
      for (const { body } of await Promise.all(Array.from({ length: 30 }, () => join(scene)))) assert.equal(body, '{"result":"joined"}');
    }
    assert.equal(scene.twilio.connections, 30);
  }));

  it('one that Twilio closed in the meantime costs no join', () => withScene({}, async (scene) => {
    assert.equal((await join(scene)).body, '{"result":"joined"}');
    scene.twilio.dropConnections();
    const context = scene.newContext({});
    assert.equal((await joinAs(scene, context)).body, '{"result":"joined"}');
    assert.equal(scene.twilio.participants(context.conversation).length, 1);
  }));

  it('one that Twilio closed in the meantime is not looked at again and again', () => withScene({}, async (scene) => {
    const cpuTicks = async () => {
      const fields = readProc(`${scene.server.own.pid}/stat`).split(') ')[1].split(' ');
      return Number(fields[11]) + Number(fields[12]);
    };
    await join(scene);
    scene.twilio.dropConnections();
    const before = await cpuTicks();
    await new Promise((resolve) => { setTimeout(resolve, 500); }); // of a busy loop: 50 ticks
    const spent = await cpuTicks() - before;
    assert.ok(spent < 10, `${spent} ticks of CPU in half a second`);
  }));

  it('joins go on after Twilio was down', () => withScene({ settings: { AUTOJOIN_DEADLINE_MS: 500 } }, async (scene) => {
    await scene.twilio.refuse();
    assert.equal((await join(scene)).body, '{"result":"retry-later"}');
    await scene.twilio.accept();
    await until(async () => (await join(scene)).body === '{"result":"joined"}', { timeoutMs: 5000, what: 'a join' });
  }));

  it('one that is not made within AUTOJOIN_CONNECT_TIMEOUT_MS is tried again within the deadline', () => withScene({
    settings: { AUTOJOIN_PRECONNECT: 'no', AUTOJOIN_CONNECT_TIMEOUT_MS: 400, AUTOJOIN_API_URL: 'https://192.0.2.1', AUTOJOIN_DEADLINE_MS: 1500 },
  }, async (scene) => {
    // 192.0.2.0/24 is nobody's (RFC 5737): either the packets are lost, or there is no way to it at all.
    const reply = await join(scene);
    assert.equal(reply.body, '{"result":"retry-later"}');
    const { attempts } = parseLog(await scene.server.logLines()).find(({ result }) => result);
    assert.ok(Number(attempts) >= 2, `${attempts} attempts`);
  }));
});

describe('AUTOJOIN_PROXY', () => {
  /** A proxy that can do CONNECT and plain requests to loopback, and counts them. */
  async function startProxy() {
    const seen = [];
    const server = createServer((client) => {
      client.on('error', () => {});
      client.once('data', (data) => {
        const [line] = data.toString('latin1').split('\r\n');
        seen.push(line);
        const [method, target] = line.split(' ');
        const { hostname, port } = new URL(method === 'CONNECT' ? `http://${target}` : target);
        const upstream = connect(Number(port), hostname, () => {
          if (method === 'CONNECT') client.write('HTTP/1.1 200 OK\r\n\r\n');
          else upstream.write(data.toString('latin1').replace(/^(\S+) http:\/\/[^/]+/, '$1 '), 'latin1');
          client.pipe(upstream).pipe(client);
        });
        upstream.on('error', () => client.destroy());
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${server.address().port}`, seen, stop: () => server.close() };
  }

  it('is the way to Twilio, by CONNECT, so that it sees no credentials', async () => {
    const proxy = await startProxy();
    try {
      await withScene({ standIn: withTls(), settings: (scene) => ({ ...trusting(scene), AUTOJOIN_PROXY: proxy.url, AUTOJOIN_PRECONNECT: 'no' }) }, async (scene) => {
        assert.equal((await join(scene)).body, '{"result":"joined"}');
        assert.deepEqual(proxy.seen.map((line) => line.split(' ')[0]), ['CONNECT']);
      });
    } finally {
      proxy.stop();
    }
  });
});
