// Fronts that are not shipped, with the lines of docs/deploy.md: what they pass on was measured to differ
// (a chunked body as CONTENT_LENGTH=-1, FCGI_GET_VALUES, standard error that nobody reads).

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { allCases } from '../lib/cases/all.js';
import { others } from '../lib/drivers/other.js';
import { runCases } from './runcases.js';
import { Scene } from '../lib/scene.js';
import { buildWebhook } from '../lib/webhook.js';

const CHOSEN = [
  'Twilio answers: 201',
  'Twilio answers: wrong API secret',
  'forbidden: no signature',
  'forbidden: a signature of another token',
  'a body of 64 KiB',
  'a body of 64 KiB and one byte',
  'sent in one chunk',
  'sent in ten chunks',
  'the signed URL: http, signed with :80',
  'GET /webhooks/twilio/healthz without a signature',
  'HEAD /webhooks/twilio/healthz without a signature',
];

const cases = CHOSEN.map((name) => {
  const one = allCases.find((candidate) => candidate.name === name);
  if (!one) throw new Error(`no case "${name}"`);
  return one;
});

/** One after the other, over as few connections as the front likes. */
function overOneConnection(agent, port, { method, target, headers, body }) {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, method, path: target, headers: [...headers, ['Content-Length', body.length]].flat() }, (reply) => {
      const connection = reply.socket.localPort;
      let text = '';
      reply.setEncoding('latin1');
      reply.on('data', (data) => { text += data; });
      reply.on('end', () => resolve({ body: text, connection }));
      reply.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

for (const driver of others) {
  runCases(driver, cases);

  describe(`${driver.name}, a client that keeps its connection`, { concurrency: 1 }, () => {
    let scene;
    before(async () => { scene = await Scene.open(driver, {}); });
    after(() => scene?.close());

    it('a hundred webhooks over one', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1, host: '127.0.0.1' });
      try {
        const connections = new Set();
        for (let i = 0; i < 100; i++) {
          const { body, connection } = await overOneConnection(agent, scene.server.port, buildWebhook({}, scene.newContext({})));
          assert.equal(body, '{"result":"joined"}', `webhook ${i}`);
          connections.add(connection);
        }
        assert.equal(connections.size, 1);
      } finally {
        agent.destroy();
      }
    });
  });
}
