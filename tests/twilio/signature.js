// X-Twilio-Signature, as Twilio makes it (docs: "Webhooks security").
import { createHash, createHmac } from 'node:crypto';

const HASHES = { HMAC_SHA1: 'sha1', HMAC_SHA256: 'sha256' };
export const ALGORITHMS = Object.keys(HASHES);

const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

// The signed text is the URL followed by each name and value, sorted by name, the values of one
// name sorted too, and equal pairs counted once (group MMS repeats MessagingBinding.Address).
// Strings are signed as UTF-8; a Buffer is taken as it is, for values that are no text.
export function sign(url, params, secret, algorithm = 'HMAC_SHA1') {
  if (!Object.hasOwn(HASHES, algorithm)) throw new TypeError(`no algorithm of Twilio's: ${algorithm}`);
  const sorted = [...params].sort((a, b) => byBytes(a[0], b[0]) || byBytes(a[1], b[1]));
  const hmac = createHmac(HASHES[algorithm], secret).update(withoutFragment(url));
  sorted.forEach(([name, value], i) => {
    const previous = sorted[i - 1];
    if (previous && byBytes(previous[0], name) === 0 && byBytes(previous[1], value) === 0) return;
    hmac.update(name).update(value);
  });
  return hmac.digest('base64');
}

// A body that is no form is not signed itself: its hash stands in the URL, and is always SHA-256.
export function withBodyHash(url, body) {
  const [, before, query = ''] = /^([^?]*)(?:\?(.*))?$/s.exec(withoutFragment(url));
  const hash = `bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
  return `${before}?${query === '' ? hash : `${query}&${hash}`}`;
}

// Connection overrides (#rc=...) are instructions to Twilio and never part of what it signs.
export function withoutFragment(url) {
  const hash = url.indexOf('#');
  return hash < 0 ? url : url.slice(0, hash);
}
