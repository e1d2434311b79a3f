// A plain REST client, for tests of the stand-in itself: it sends what it is told, right or wrong.
import http from 'node:http';
import https from 'node:https';
import { encodeForm } from './webhook.js';

// -> { status, headers, body, json }; rejects when the connection fails.
export function call(twilio, method, path, { form, body, headers = {}, auth = [twilio.accountSid, twilio.authToken], agent, timeoutMs = 5000 } = {}) {
  const { hostname, port, protocol } = new URL(twilio.url);
  const payload = body ?? (form && encodeForm(form));
  const given = {
    host: hostname,
    port,
    method,
    path,
    agent: agent ?? false,
    rejectUnauthorized: false,
    headers: {
      ...(auth && { Authorization: `Basic ${Buffer.from(auth.join(':')).toString('base64')}` }),
      ...(payload !== undefined && { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(payload) }),
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? https : http).request(given, (response) => read(response).then(resolve, reject));
    request.setTimeout(timeoutMs, () => request.destroy(new Error('client timed out')));
    request.on('error', reject);
    request.end(payload);
  });
}

async function read(response) {
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const typed = /\bjson\b/.test(response.headers['content-type'] ?? '');
  return { status: response.statusCode, headers: response.headers, body, json: typed && body ? JSON.parse(body) : undefined };
}
