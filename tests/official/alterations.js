// What may befall a webhook on its way: most of it must be noticed, some of it
// means the same and must not be.

import { sign } from '../twilio/signature.js';
import { encodeBody } from './formbody.js';

const SAFE = [...'abcdefXYZ0123456789-_~'];
const BASE64 = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'];

function replaced(text, at, character) {
  return `${text.slice(0, at)}${character}${text.slice(at + 1)}`;
}

const body = {
  bodyByte(random, webhook) {
    const bytes = Buffer.from(webhook.body);
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
    webhook.body = bytes;
  },
  bodyBit(random, webhook) {
    const bytes = Buffer.from(webhook.body);
    if (bytes.length > 0) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    webhook.body = bytes;
  },
  byteLost(random, webhook) {
    const at = random.below(webhook.body.length);
    webhook.body = Buffer.concat([webhook.body.subarray(0, at), webhook.body.subarray(at + 1)]);
  },
  byteAdded(random, webhook) {
    const at = random.below(webhook.body.length + 1);
    webhook.body = Buffer.concat([webhook.body.subarray(0, at), Buffer.from(random.pick(['a', '&', '=', '+', '%', '0', ' ', '\0'])), webhook.body.subarray(at)]);
  },
};

const parameters = {
  parameterDropped(random, webhook) {
    webhook.pairs.splice(random.below(webhook.pairs.length), 1);
  },
  parameterRepeated(random, webhook) {
    webhook.pairs.push([...random.pick(webhook.pairs)]);
  },
  parameterGivenAnotherValue(random, webhook) {
    webhook.pairs.push([random.pick(webhook.pairs)[0], 'another']);
  },
  parametersReordered(random, webhook) {
    webhook.pairs = random.shuffled(webhook.pairs);
  },
  parameterTrimmed(random, webhook) {
    webhook.pairs = webhook.pairs.map(([name, value]) => [name, typeof value === 'string' ? value.trim() : value]);
  },
  boundaryMoved(random, webhook) {
    // The signed text has no delimiters: what is moved from a name to its value leaves it as it was.
    const at = random.below(webhook.pairs.length);
    const [name, value] = webhook.pairs[at];
    const letters = typeof name === 'string' ? [...name] : [];
    if (letters.length > 1 && typeof value === 'string') webhook.pairs[at] = [letters.slice(0, -1).join(''), `${letters.at(-1)}${value}`];
  },
  reencoded() {},
};

const address = {
  queryCharacter(random, webhook) {
    const from = webhook.target.indexOf('?') + 1;
    if (from > 0 && from < webhook.target.length) webhook.target = replaced(webhook.target, random.between(from, webhook.target.length - 1), random.pick(SAFE));
  },
  queryAdded(random, webhook) {
    const [, before, fragment] = /^([^#]*)(.*)$/.exec(webhook.target);
    webhook.target = `${before}${before.includes('?') ? '&' : '?'}added=1${fragment}`;
  },
  queryDropped(random, webhook) {
    webhook.target = webhook.target.split('?')[0];
  },
};

// Not with a configured public URL: then the request's own origin and path do not count.
const origin = {
  targetCharacter(random, webhook) {
    webhook.target = replaced(webhook.target, random.between(1, Math.max(1, webhook.target.length - 1)), random.pick(SAFE));
  },
  slash(random, webhook) {
    webhook.target = webhook.target.replace(/^[^?#]*/, (path) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : `${path}/`));
  },
  otherScheme(random, webhook) {
    webhook.https = !webhook.https;
  },
  otherHost(random, webhook) {
    webhook.host = `${webhook.host.startsWith('[') ? '[::2]' : 'evil.example.com'}${/(:\d+)?$/.exec(webhook.host.replace(/^\[.*\]/, ''))[0]}`;
  },
  otherPort(random, webhook) {
    webhook.host = `${webhook.host.replace(/:\d+$/, '')}:${random.pick(['443', '80', '8443', '9'])}`;
  },
};

const signature = {
  signatureCharacter(random, webhook) {
    webhook.signature = replaced(webhook.signature, random.below(webhook.signature.length), random.pick(BASE64));
  },
  signatureLastBits(random, webhook) {
    // Two bits before the padding say nothing, of either length: other text, the same bytes.
    const last = BASE64.indexOf(webhook.signature.at(-2));
    webhook.signature = replaced(webhook.signature, webhook.signature.length - 2, BASE64[last ^ random.between(1, 3)]);
  },
  signatureCut(random, webhook) {
    webhook.signature = webhook.signature.slice(0, random.below(webhook.signature.length));
  },
  signatureLonger(random, webhook) {
    webhook.signature += random.pick(['=', 'A', webhook.signature]);
  },
  signatureMissing(random, webhook) {
    webhook.signature = undefined;
  },
  signatureOtherCase(random, webhook) {
    webhook.signature = webhook.signature.toLowerCase();
  },
};

// No header is signed: whoever is on the way, or sends a webhook of his own, writes there what he likes.
const named = {
  settingsDropped(random, webhook) {
    webhook.settings = undefined;
  },
  keySidInstead(random, webhook, { by }) {
    webhook.settings = undefined;
    webhook.keySid = by.id;
  },
  otherKeyNamed(random, webhook, { by, sharedKeys }) {
    webhook.settings = webhook.settings.replace(by.id, sharedKeys.find((id) => id !== by.id));
  },
  unknownKeyNamed(random, webhook, { by }) {
    webhook.settings = webhook.settings.replace(by.id, random.pick([`${by.id}x`, by.id.slice(0, -1), by.id.toUpperCase(), by.secret.replaceAll(',', ''), 'undefined']));
  },
  noKeyNamed(random, webhook, { by }) {
    webhook.settings = webhook.settings.replace(by.id, '');
  },
  otherAlgorithmNamed(random, webhook, { by, sharedKeys }) {
    webhook.settings = `key=${by.id ?? random.pick(sharedKeys)},algorithm=${by.algorithm === 'HMAC_SHA1' ? 'HMAC_SHA256' : 'HMAC_SHA1'}`;
  },
  unknownAlgorithmNamed(random, webhook, { by }) {
    webhook.settings = `key=${by.id},algorithm=${random.pick(['HMAC_SHA512', '"HMAC_SHA256"', 'HMAC_SHA256=', 'SHA256', 'none'])}`;
  },
  secondKeyNamed(random, webhook, { by, sharedKeys }) {
    webhook.settings = random.shuffled([webhook.settings, `key=${sharedKeys.find((id) => id !== by.id)},algorithm=HMAC_SHA1`]).join(', ');
  },
};

const unnamed = {
  settingsAdded(random, webhook, { sharedKeys }) {
    webhook.settings = `key=${random.pick(sharedKeys)},algorithm=HMAC_SHA1`;
  },
  settingsWithoutKeyAdded(random, webhook) {
    webhook.settings = random.pick(['algorithm=HMAC_SHA1', 'x=1', 'algorithm=HMAC_SHA256', 'algorithm=MD5']);
  },
  keySidAdded(random, webhook, { sharedKeys }) {
    webhook.keySid = random.pick([...sharedKeys, 'unknown']);
  },
};

function seenUrl({ https, host, target }) {
  return `${https ? 'https' : 'http'}://${host}${target}`;
}

/** Changes the webhook, after it was signed, in one way; its `alteration` says which. */
export function alter(random, webhook, { fixed, stranger, by, sharedKeys }) {
  const form = webhook.pairs.length > 0;
  const kinds = {
    ...body,
    ...(form ? parameters : {}),
    ...(webhook.contentType.endsWith('json') ? {} : { ...address, ...(fixed ? {} : origin) }),
    ...signature,
    ...(by.id ? named : unnamed),
    otherToken: () => { webhook.signature = sign(seenUrl(webhook), webhook.pairs, stranger, by.algorithm); },
  };
  webhook.alteration = random.pick(Object.keys(kinds));
  kinds[webhook.alteration](random, webhook, { by, sharedKeys });
  if (webhook.alteration in parameters) webhook.body = encodeBody(webhook.pairs, random);
}
