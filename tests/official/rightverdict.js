// What is right about a webhook, by Twilio's documentation of the signature alone:
// the URL's raw bytes with the port as seen, and with or without it; the parameters'
// decoded bytes; bodySHA256 over a JSON body.

import { createHash } from 'node:crypto';
import { sign } from '../twilio/signature.js';
import { decodeBody } from './formbody.js';

/** The URL as the server sees it. */
export function seenUrl({ https, host, target }) {
  return `${https ? 'https' : 'http'}://${host}${target}`;
}

function urlForms(url) {
  const [, scheme, authority, rest] = /^(https?:\/\/)([^/?#]*)([^#]*)/.exec(url);
  const without = authority.replace(/:\d+$/, '');
  const port = authority === without ? (scheme === 'https://' ? ':443' : ':80') : '';
  return [`${scheme}${authority}${rest}`, `${scheme}${without}${port}${rest}`];
}

function bodyHashHolds({ target, body }) {
  const given = /[?&]bodySHA256=([^&#]*)/.exec(target)?.[1] ?? '';
  return given.toLowerCase() === createHash('sha256').update(body).digest('hex');
}

export function rightVerdict(webhook, tokens) {
  const json = webhook.contentType === 'application/json';
  if (json && !bodyHashHolds(webhook)) return false;
  const params = json ? [] : decodeBody(webhook.body);
  return urlForms(seenUrl(webhook)).some((url) => tokens.some((token) => sign(url, params, token) === webhook.signature));
}
