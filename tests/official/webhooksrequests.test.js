// The Webhooks configuration API has no published document: what Twilio's own client would send for the same deed is
// the judge of what `setup --shared-key`, its rotation and its undoing send - method, path, content type, every member.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { describe, it } from 'node:test';
import { standInOptions } from '../lib/account.js';
import { OPERATOR } from '../lib/programs.js';
import { runOperator } from '../lib/operator.js';
import { Folder } from '../servers/folder.js';
import { writeSettings } from '../servers/settings.js';
import { StandIn } from '../twilio/standin.js';
import { isUuidV7 } from '../lib/uuid.js';
import { baseSettings } from '../lib/account.js';
import { WebhookListener } from '../lib/webhook-listener.js';
import { connect } from './officialclient.js';

const KINDS = { SharedKeys: 'sharedKeys', Settings: 'settings', Rules: 'rules', Operations: 'operations', Tests: 'tests' };

/** A server that keeps what it is asked, and answers anything with what the client can read. */
class Recorder {
  requests = [];

  static async start() {
    const recorder = new Recorder();
    recorder.server = http.createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      recorder.requests.push({ method: request.method, path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const empty = request.method === 'DELETE' && !request.url.includes('/Rules/');
      response.writeHead(empty ? 204 : 200, { 'content-type': 'application/json' });
      response.end(empty ? '' : JSON.stringify({ operation: {}, meta: { key: 'none' }, none: [] }));
    }).listen(0, '127.0.0.1');
    await once(recorder.server, 'listening');
    recorder.url = `http://127.0.0.1:${recorder.server.address().port}`;
    return recorder;
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** The same deed by Twilio's client. */
function byClient(client, { method, path, body }) {
  const [, , , kind, id] = path.split('?')[0].split('/');
  const api = client.webhooks.v1[KINDS[kind]];
  const json = body && JSON.parse(body);
  if (method === 'GET') return id ? api(id).fetch() : api.list({ limit: 1 });
  if (method === 'POST') return api.create(json);
  return method === 'PATCH' ? api(id).patch(json) : api(id).remove();
}

describe('the requests to the Webhooks configuration API', () => {
  it('are those of Twilio\'s client', async (t) => {
    const twilio = await StandIn.start({ ...standInOptions(), propagationMs: 50 });
    const folder = await Folder.create('webhooks');
    const listener = await WebhookListener.start();
    const recorder = await Recorder.start();
    t.after(() => Promise.all([twilio.stop(), folder.remove(), listener.stop(), recorder.stop()]));
    const program = await folder.install(OPERATOR, 'twilio-autojoin');
    const file = await writeSettings(folder, { ...baseSettings(twilio), AUTOJOIN_PUBLIC_URL: listener.url });
    for (const args of [['--share', '30'], [], ['--undo']]) {
      const run = await runOperator({ program, args: ['setup', '--shared-key', ...args, '--yes'], env: { AUTOJOIN_CONFIG: file }, as: folder.as });
      assert.equal(run.code, 0, run.stdout + run.stderr);
    }
    const ours = twilio.requests.filter(({ path }) => path.startsWith('/v1/Webhooks/')).map(({ method, path, headers, rawBody }) => ({ method, path, headers, body: String(rawBody) }));
    const kinds = new Set(ours.map(({ method, path }) => `${method} ${path.split('?')[0].split('/')[3]}`));
    assert.deepEqual([...kinds].sort(), ['DELETE Rules', 'DELETE Settings', 'DELETE SharedKeys', 'GET Operations', 'GET Rules', 'GET Settings', 'GET SharedKeys', 'PATCH Rules',
      'POST Rules', 'POST Settings', 'POST SharedKeys', 'POST Tests']);
    const client = connect(recorder.url, { accountSid: twilio.accountSid, authToken: twilio.authToken });
    for (const request of ours) {
      await byClient(client, request).catch(() => {}); // what it makes of the answer is not the question
      const theirs = recorder.requests.at(-1);
      assert.deepEqual([request.method, request.path.split('?')[0]], [theirs.method, theirs.path.split('?')[0]]);
      if (request.method === 'GET') continue;
      assert.ok(isUuidV7(request.headers['idempotency-key']), 'Idempotency-Key');
      if (!request.body) continue;
      assert.deepEqual(JSON.parse(request.body), JSON.parse(theirs.body));
      assert.equal(request.headers['content-type'], theirs.headers['content-type'].split(';')[0]);
    }
  });
});
