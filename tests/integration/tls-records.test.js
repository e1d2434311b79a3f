// A server of Twilio's that writes its TLS records as it likes: what a kept connection makes of them. OpenSSL reads
// ahead, and so may hold bytes of which no event tells.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:tls';
import { connect, createServer as createRelay } from 'node:net';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { makeCertificate } from '../servers/certificate.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { webhookRequest } from '../lib/webhook-records.js';
import { Scene } from '../lib/scene.js';

const PARTICIPANT = '{"sid":"MB00000000000000000000000000000001"}';
const head = (...lines) => ['HTTP/1.1 201 Created', ...lines, '', ''].join('\r\n');
const REPLY = `${head(`Content-Length: ${PARTICIPANT.length}`)}${PARTICIPANT}`;
const CHUNKED = `${head('Transfer-Encoding: chunked')}${PARTICIPANT.length.toString(16)}\r\n${PARTICIPANT}\r\n0\r\n\r\n`;
const UNASKED = 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}';

const listen = async (server) => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
};

/** Each part in a record of its own. */
function writeRecords(socket, parts) {
  for (const part of parts) socket.write(part);
}

const GATHER_MS = 5;

/** Passes on what the server says: all that comes within a moment as one segment, or in pieces of `size` bytes, a moment apart. */
async function startRelay(port, size = Infinity) {
  const server = createRelay((client) => {
    const upstream = connect(port, '127.0.0.1');
    let [held, passing] = [Buffer.alloc(0), undefined];
    const pass = async () => {
      await pause(GATHER_MS);
      for (let i = 0; i < held.length; i += size) {
        client.write(held.subarray(i, i + size));
        if (i + size < held.length) await pause(1);
      }
      [held, passing] = [Buffer.alloc(0), undefined];
    };
    client.on('error', () => upstream.destroy()).pipe(upstream).on('error', () => client.destroy());
    client.setNoDelay(true);
    upstream.on('data', (data) => {
      held = Buffer.concat([held, data]);
      passing ??= pass();
    });
    upstream.on('end', async () => {
      await passing;
      client.end();
    });
  });
  return { port: await listen(server), stop: () => server.close() };
}

/** Joins `count` times, one after the other; gives the answers, and which connection each request came over. */
async function joinOver({ answer, version, pieces, count = 2 }) {
  const scene = await Scene.open(fastcgi, {
    settings: async (opening) => {
      const { key, cert } = await makeCertificate(opening.folder);
      const own = { connections: 0, over: [] };
      own.server = createServer({ key: await readFile(key), cert: await readFile(cert), maxVersion: version }, (socket) => {
        const connection = own.connections++;
        socket.setNoDelay(true);
        socket.on('error', () => {});
        socket.on('data', () => {
          own.over.push(connection);
          answer(socket);
        });
      });
      const port = await listen(own.server);
      own.relay = await startRelay(port, pieces);
      opening.own = own;
      return {
        AUTOJOIN_API_URL: `https://127.0.0.1:${own.relay.port}`, AUTOJOIN_CA_FILE: opening.folder.join('cert.pem'),
        AUTOJOIN_PRECONNECT: 'no', AUTOJOIN_DEADLINE_MS: 4500,
      };
    },
  });
  try {
    const bodies = [];
    for (let i = 0; i < count; i++) bodies.push((await fastcgiRequest(scene.server.own.socket, webhookRequest(scene.newContext({})))).body);
    return { bodies, over: scene.own.over };
  } finally {
    await scene.close();
    scene.own.relay.stop();
    scene.own.server.close();
  }
}

const JOINED = '{"result":"joined"}';
const bytesOf = (text) => text.match(/[^]/g);

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  describe(`the records of ${version}`, { concurrency: 2 }, () => {
    for (const [name, answer] of Object.entries({
      'head and body in records of their own': (socket) => writeRecords(socket, REPLY.split(/(?<=\r\n\r\n)/)),
      'a record a byte': (socket) => writeRecords(socket, bytesOf(REPLY)),
      'a record a byte of chunks': (socket) => writeRecords(socket, bytesOf(CHUNKED)),
    })) {
      it(`${name} are one reply, and the connection is kept`, async () => {
        const { bodies, over } = await joinOver({ version, answer, count: 3 });
        assert.deepEqual(bodies, [JOINED, JOINED, JOINED]);
        assert.deepEqual(over, [0, 0, 0]);
      });
    }

    it('seven bytes a segment are read to the end', async () => {
      const { bodies, over } = await joinOver({ version, pieces: 7, answer: (socket) => socket.write(REPLY) });
      assert.deepEqual(bodies, [JOINED, JOINED]);
      assert.deepEqual(over, [0, 0]);
    });

    it('what comes unasked behind a reply, in a record of its own, is no answer to the next request', async () => {
      const { bodies, over } = await joinOver({ version, answer: (socket) => writeRecords(socket, [REPLY, UNASKED]) });
      assert.deepEqual(bodies, [JOINED, JOINED]);
      assert.deepEqual(over, [0, 1]);
    });

    it('nor what comes in the same record', async () => {
      const { bodies, over } = await joinOver({ version, answer: (socket) => socket.write(REPLY + UNASKED) });
      assert.deepEqual(bodies, [JOINED, JOINED]);
      assert.deepEqual(over, [0, 1]);
    });

    for (const [name, end, over] of [
      ['that TLS says is over is whole', (socket) => socket.end(), [0]],
      ['that ends without a word of TLS may have been cut: it is asked again', (socket) => socket.destroy(), [0, 1]],
    ]) {
      it(`a reply without a length ${name}`, async () => {
        const replies = [(socket) => socket.write(`${head()}${PARTICIPANT}`, () => end(socket)), (socket) => socket.write(REPLY)];
        const joins = await joinOver({ version, count: 1, answer: (socket) => replies.shift()(socket) });
        assert.deepEqual(joins, { bodies: [JOINED], over });
      });
    }

    it('a connection whose end comes with the reply is not asked again', async () => {
      const { bodies, over } = await joinOver({ version, answer: (socket) => socket.end(REPLY) });
      assert.deepEqual(bodies, [JOINED, JOINED]);
      assert.deepEqual(over, [0, 1]);
    });
  });
}
