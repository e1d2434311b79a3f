// Webhooks as Twilio sends them: signed, five seconds at most, and sent again only after a
// time-out, 429, 503 or 504, as often as the service's retry count says.
import http from 'node:http';
import https from 'node:https';
import { randomUUID } from 'node:crypto';
import { encodeForm } from './form.js';
import { sign, withBodyHash } from './signature.js';

const ANSWER_MAX = 1024 * 1024;

// params, or `json`: a body that is text already, signed by its hash in the URL. signing: { secret, algorithm?, headers? },
// or a function that gives one for each attempt; secret null leaves the signature out.
// -> { event, url, params, status, ms, headers, body, timedOut, error, attempts, tries }
export async function deliver({
  url, params = [], json, signing, method = 'POST', headers = {}, timeoutMs = 5000, retryCount = 0, isRetried = isConversationsRetried,
  connectTo, signal, onSent, onTried, ca,
}) {
  const idempotency = randomUUID();
  const tries = [];
  for (let retry = 0; ; retry += 1) {
    const sent = retry === 0 ? params : counted(params, retry);
    const signature = typeof signing === 'function' ? signing() : signing;
    const outgoing = compose({ url, params: sent, json, signature, method, headers: { 'I-Twilio-Idempotency-Token': idempotency, ...headers } });
    const outcome = await attempt({ ...outgoing, method, timeoutMs, connectTo, signal, onSent, ca });
    tries.push(outcome);
    const over = retry >= retryCount || !isRetried(outcome) || signal?.aborted;
    onTried?.({ ...outcome, retry, over });
    if (over) {
      return { event: valueOf(params, 'EventType'), url, params: sent, ...outcome, attempts: tries.length, tries };
    }
  }
}

function isConversationsRetried({ timedOut, status }) {
  return timedOut || [429, 503, 504].includes(status);
}

function counted(params, retry) {
  return [...params.filter(([name]) => name !== 'RetryCount'), ['RetryCount', String(retry)]];
}

function valueOf(params, wanted) {
  return params.find(([name]) => name === wanted)?.[1];
}

// With GET the parameters are in the query, hence in the signed URL, and are not appended to it.
function compose({ url, params, json, signature, method, headers }) {
  if (json !== undefined) return composeJson({ url, json, signature, headers });
  const form = encodeForm(params);
  if (method === 'GET') {
    const target = `${url}${url.includes('?') ? '&' : '?'}${form}`;
    return { url: target, headers: { ...ownHeaders(target, [], signature), ...headers } };
  }
  return {
    url,
    body: form,
    headers: {
      ...ownHeaders(url, params, signature),
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'Content-Length': Buffer.byteLength(form),
      ...headers,
    },
  };
}

function composeJson({ url, json, signature, headers }) {
  const target = withBodyHash(url, json);
  const own = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(json) };
  return { url: target, body: json, headers: { ...ownHeaders(target, [], signature), ...own, ...headers } };
}

function ownHeaders(url, params, { secret, algorithm, headers }) {
  const signed = secret !== null && { 'X-Twilio-Signature': sign(url, params, secret, algorithm) };
  return { 'User-Agent': 'TwilioProxy/1.1', Accept: '*/*', ...signed, ...headers };
}

// connectTo: where the connection really goes, when the public URL is a name that only the outside
// world knows, or TLS ends before the server under test.
function attempt({ url, body, method, headers, timeoutMs, connectTo, signal, onSent, ca }) {
  const { authority, userinfo, target } = takeApart(url);
  const peer = new URL(connectTo ?? url);
  const began = performance.now();
  const secure = peer.protocol === 'https:';
  const given = {
    method,
    host: peer.hostname.replace(/^\[|\]$/g, ''),
    port: peer.port || (secure ? 443 : 80),
    path: target,
    agent: false,
    signal,
    headers: { Host: authority, ...(userinfo && { Authorization: basic(userinfo) }), ...headers },
    ...(secure && { ca, rejectUnauthorized: ca !== undefined, servername: serverName(authority) }),
  };
  return new Promise((resolve) => {
    const outcome = { status: null, headers: {}, body: '', timedOut: false, error: null };
    const request = (secure ? https : http).request(given);
    const timer = setTimeout(() => {
      outcome.timedOut = true;
      request.destroy();
    }, timeoutMs);
    const settle = (error) => {
      clearTimeout(timer);
      if (error) outcome.error = error.code ?? error.message;
      if (outcome.timedOut) outcome.status = null;
      onSent?.();
      resolve({ ...outcome, ms: performance.now() - began });
    };
    request.on('error', settle);
    request.on('close', () => settle());
    request.on('finish', () => onSent?.());
    request.on('response', (response) => collect(response, outcome, settle));
    request.end(body);
  });
}

function collect(response, outcome, settle) {
  const chunks = [];
  let size = 0;
  outcome.status = response.statusCode;
  outcome.headers = response.headers;
  response.on('data', (chunk) => {
    size += chunk.length;
    if (size <= ANSWER_MAX) chunks.push(chunk);
  });
  response.on('error', settle);
  response.on('end', () => {
    outcome.body = Buffer.concat(chunks).toString();
    settle();
  });
}

// By hand, not by the URL class, which would fix what must arrive as it was configured.
function takeApart(url) {
  const [, userinfo, authority, target] = /^https?:\/\/(?:([^@/?#]*)@)?([^/?#]*)([^#]*)/i.exec(url) ?? [];
  if (authority === undefined) throw new TypeError(`no webhook URL: ${url}`);
  return { authority, userinfo, target: target.startsWith('/') ? target : `/${target}` };
}

function basic(userinfo) {
  return `Basic ${Buffer.from(decodeURIComponent(userinfo)).toString('base64')}`;
}

// A server name is not sent for an address (RFC 6066, 3).
function serverName(authority) {
  const name = authority.replace(/:\d*$/, '');
  return /^\[|^[\d.]+$/.test(name) ? '' : name;
}
