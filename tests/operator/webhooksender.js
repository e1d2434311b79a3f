// Twilio's webhooks as its documentation describes them: signed with the account's auth token over the URL
// and the sorted parameters, five seconds long, repeated only as often as the service says.

import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

const TIMEOUT_MS = 5000;
const WORTH_REPEATING = [0, 429, 503, 504]; // 0: no answer in time

export function signatureOf(url, pairs, token) {
  const lines = [...new Set(pairs.map(([name, value]) => `${name}\0${value}`))].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return createHmac('sha1', token).update(url + lines.map((line) => line.replace('\0', '')).join('')).digest('base64');
}

function exchange(url, { method, headers, body, ca }) {
  return new Promise((resolve) => {
    const { username, password } = new URL(url);
    const auth = username ? `${decodeURIComponent(username)}:${decodeURIComponent(password)}` : undefined;
    const request = (url.startsWith('https:') ? https : http).request(url, { method, headers, auth, ca, timeout: TIMEOUT_MS, agent: false }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, body: Buffer.concat(chunks).toString() }));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', (error) => resolve({ status: 0, body: error.message }));
    request.end(body);
  });
}

async function sendOnce(target, pairs) {
  const { url, token, ca } = target;
  if (target.method !== 'GET') {
    const body = new URLSearchParams(pairs).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8', 'content-length': Buffer.byteLength(body), 'x-twilio-signature': signatureOf(url, pairs, token) };
    return exchange(url, { method: 'POST', headers, body, ca });
  }
  const whole = `${url}${url.includes('?') ? '&' : '?'}${new URLSearchParams(pairs)}`;
  return exchange(whole, { method: 'GET', headers: { 'x-twilio-signature': signatureOf(whole, [], token) }, ca });
}

/** Resolves to { url, status, body, attempts } of the last attempt. */
export async function sendWebhook(target, parameters) {
  let answer;
  let attempts = 0;
  do {
    answer = await sendOnce(target, [...parameters, ['RetryCount', String(attempts)]]);
    attempts += 1;
  } while (attempts <= (target.retries ?? 0) && WORTH_REPEATING.includes(answer.status));
  return { url: target.url, ...answer, attempts };
}
