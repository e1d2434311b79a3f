import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { StandIn } from '../standin.js';
import { call } from '../../lib/rest-client.js';

test('over TLS everything is the same, and URLs say https', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stand-in-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  const twilio = await StandIn.start({ tls: { key: readFileSync(keyFile), cert: readFileSync(certFile) } });
  rmSync(folder, { recursive: true });
  const { sid } = twilio.createConversation();
  const { status, json } = await call(twilio, 'POST', `/v1/Conversations/${sid}/Participants`, { form: [['Identity', 'bot']] });
  assert.equal(status, 201);
  assert.ok(json.url.startsWith(`https://127.0.0.1:${twilio.port}/v1/`));
  const plain = { ...twilio, url: twilio.url.replace('https', 'http') };
  await assert.rejects(call(plain, 'GET', '/v1/Services'));
  twilio.misbehave({ fault: 'reset' });
  await assert.rejects(call(twilio, 'GET', '/v1/Services'), { code: 'ECONNRESET' });
  assert.equal((await call(twilio, 'GET', '/v1/Services')).status, 200);
  await twilio.stop();
});
