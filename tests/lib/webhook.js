// A webhook as Twilio sends it, described by how it differs from a right one.

import { createHash } from 'node:crypto';
import { sign } from '../twilio/signature.js';
import { ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, MESSAGE_TEXT, PROXY_NUMBER } from './account.js';

export const PATH = '/webhooks/twilio';
export const HOST = 'hook.example.com';
const FORM = 'application/x-www-form-urlencoded';

/** The parameters of onConversationAdded, in Twilio's order, with what must never be logged in them. */
export function eventParameters({ conversation, service }) {
  return [
    ['AccountSid', ACCOUNT_SID],
    ['EventType', 'onConversationAdded'],
    ['Source', 'SMS'],
    ['ConversationSid', conversation],
    ['ChatServiceSid', service],
    ['DateCreated', '2026-03-04T05:06:07.890Z'],
    ['State', 'active'],
    ['MessagingBinding.Address', CUSTOMER],
    ['MessagingBinding.ProxyAddress', PROXY_NUMBER],
    ['MessageBody', MESSAGE_TEXT],
    ['Attributes', '{"a b":"c&d=e+f%"}'],
    ['RetryCount', '0'],
  ];
}

/** Names set to undefined are left out, unknown ones are added, `add` repeats names. */
function changed(params, { set = {}, add = [] }) {
  const names = new Set(params.map(([name]) => name));
  const kept = params.map(([name, value]) => [name, name in set ? set[name] : value]);
  const fresh = Object.entries(set).filter(([name]) => !names.has(name));
  return [...kept, ...fresh, ...add].filter(([, value]) => value !== undefined);
}

/** As Twilio encodes: everything but letters, digits and -._* is %XX, a blank is +. */
export function encodeForm(params) {
  const encode = (text) => [...Buffer.from(text)].map((byte) => {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-._*]/.test(char)) return char;
    return char === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
  return params.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

function signatureHeader(spec, { url, params, host, scheme, target }) {
  if (spec.signature !== undefined) return spec.signature === null ? [] : [['X-Twilio-Signature', spec.signature]];
  const signed = spec.signedUrl ?? url ?? `${scheme}://${host}${target}`;
  if (!spec.sharedKey) return [['X-Twilio-Signature', sign(signed, params, spec.token ?? AUTH_TOKEN)]];
  const { id, secret, algorithm = 'HMAC_SHA256' } = spec.sharedKey;
  const header = spec.settingsHeader === undefined ? `key=${id},algorithm=${algorithm}` : spec.settingsHeader;
  return [
    ['X-Twilio-Signature', sign(signed, params, secret, algorithm)],
    ...(header === null ? [] : [['X-Twilio-Webhooks-Signature-Settings', header]]),
  ];
}

/**
 * spec: method, target, host (null: none), https, headers, contentType (null: none),
 * set/add (parameters) or params (all of them) or body (raw; then signedParams),
 * json, signature (null: none), signedUrl, token, or sharedKey ({ id, secret, algorithm }) with settingsHeader (null: none), contentLength (null: none),
 * chunks (sent chunked), variables (of the gateway, for drivers that have them), more.
 */
export function buildWebhook(spec, context) {
  const { method = 'POST', target = PATH, https = false } = spec;
  const host = spec.host === undefined ? HOST : spec.host;
  const scheme = https ? 'https' : 'http';
  let params = spec.params ?? changed(eventParameters(context), spec);
  let body = spec.body ?? (method === 'POST' ? encodeForm(params) : '');
  let contentType = spec.contentType === undefined && method === 'POST' ? FORM : spec.contentType;
  let path = target;
  if (spec.json !== undefined) {
    body = spec.json;
    path += `?bodySHA256=${spec.bodySHA256 ?? createHash('sha256').update(body).digest('hex')}`;
    contentType = spec.contentType ?? 'application/json';
    params = [];
  }
  if (method === 'GET' || method === 'HEAD') params = [];
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body, 'latin1');
  return {
    method, target: path, https, host, body: bytes, chunks: spec.chunks && spec.chunks(bytes),
    headers: [
      ...(host === null ? [] : [['Host', host]]),
      ...(contentType ? [['Content-Type', contentType]] : []),
      ...signatureHeader(spec, { params: spec.signedParams ?? params, host, scheme, target: path }),
      ...(spec.headers ?? []),
    ],
    contentLength: spec.contentLength,
    version: spec.version ?? '1.1',
    variables: spec.variables ?? [],
    without: spec.without ?? [],
    args: spec.args ?? [],
    more: spec.more,
  };
}
