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

/** Which secrets, by which algorithm: what the headers name, else the tokens; without a settings header a SharedKey by the length too. */
function candidatesOf({ settings, keySid, signature }, { tokens, sharedKeys }) {
  if (!settings) {
    const long = signature?.length === 44;
    return [
      ...tokens.map((secret) => [secret, 'HMAC_SHA1']),
      ...(long || keySid ? Object.values(sharedKeys).map((secret) => [secret, long ? 'HMAC_SHA256' : 'HMAC_SHA1']) : []),
    ];
  }
  const members = settings.split(',').map((member) => /^([^=]*)=?(.*)$/s.exec(member).slice(1).map((part) => part.trim()));
  const find = (wanted) => members.find(([name, value]) => name === wanted && value !== '')?.[1];
  const algorithm = (find('algorithm') ?? 'HMAC_SHA1').toUpperCase();
  const key = find('key');
  if (!['HMAC_SHA1', 'HMAC_SHA256'].includes(algorithm)) return [];
  if (key === undefined) return tokens.map((secret) => [secret, algorithm]);
  return Object.hasOwn(sharedKeys, key) ? [[sharedKeys[key], algorithm]] : [];
}

export function rightVerdict(webhook, secrets) {
  const json = webhook.contentType === 'application/json';
  if (json && !bodyHashHolds(webhook)) return false;
  const params = json ? [] : decodeBody(webhook.body);
  return urlForms(seenUrl(webhook)).some((url) => candidatesOf(webhook, secrets).some((by) => sign(url, params, ...by) === webhook.signature));
}
