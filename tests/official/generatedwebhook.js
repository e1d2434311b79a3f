// Webhooks made up at random, each told by a seed and its number: half of them as
// they were signed, half altered on the way.

import { createHash } from 'node:crypto';
import { parse, stringify } from 'node:querystring';
import twilio from 'twilio';
import { sign } from '../twilio/signature.js';
import { decodeBody, encodeBody } from './formbody.js';
import { alter } from './alterations.js';
import { randomHost, randomTarget } from './randomurl.js';
import { SeededRandom } from '../lib/seeded-random.js';

export const ACCOUNT_SID = 'AC0123456789abcdef0123456789abcdef';
export const TOKEN = 'b1e55ed0b1e55ed0b1e55ed0b1e55ed0';
export const SECONDARY_TOKEN = '5eed5eed5eed5eed5eed5eed5eed5eed';
export const SHARED_KEYS = {
  webhooks_sharedkey_01k4m9v6t3e8r7y2w5q1z0x9c8: 'q3Vt7Yx0Zb2Nc4Md6Lf8Kh1Jg5Pw9RsTuVwXyZaBc=',
  webhooks_sharedkey_01k4m9v6t3e8r7y2w5q1z0x9c9: 'a-secret-of-é,=and"',
};
/** What decides on a webhook whose signature holds. */
const EVENT_NAMES = new Set(['AccountSid', 'EventType', 'ConversationSid', 'ChatServiceSid']);
const STRANGER_TOKEN = '0ddba110ddba110ddba110ddba110dd0';

// Prefixes of each other, and what Twilio really sends.
const NAMES = [
  'Body', 'BodyA', 'From', 'FromCity', 'Reason', 'ReasonConferenceEnded', 'Sid', 'SidAccount', 'S', 'a', 'A', 'aB', 'Source',
  'MessagingBinding.Address', 'MessagingBinding.ProxyAddress', 'MessagingBinding', 'Attributes', 'DateCreated', 'RetryCount', 'State',
];
// What has gone wrong in some implementation or other: objects with a prototype, numbers as names, text that is markup.
const ODD = [
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', '1', '10', '2', '02', '-1', 'name[]', 'name[a]', 'a.b', '%', '%2', '%zz',
  '+', ' ', '  lead and trail  ', '\t', '\r\n', '\0', 'a\0b', '&', '=', 'a=b&c=d', '%26', '%C3%A9', '"', '\'', '<b>', '{"a b":"c+d"}',
];
// From every part of Unicode that sorts or encodes differently: two to four bytes, private use, above U+D7FF, combining.
const LETTERS = ['é', 'ß', 'ÿ', 'Ж', '中', '한', '\u0301', '\ue000', '\uff21', '\ufffd', '\uffee', '😀', '👩‍👩‍👧', '𝔸', '\u{10ffff}', '\u200b', '\ufeff'];
const ASCII = 'abcXYZ019 +%&=/?#\'"!*()~-_.:,;@$[]{}|\\^`<>\0\n';

function randomText(random) {
  return random.list(0, 12, () => (random.chance(0.2) ? random.pick(LETTERS) : random.pick([...ASCII]))).join('');
}

function randomBytes(random) {
  return Buffer.from(random.list(1, 6, () => random.below(256)));
}

function randomName(random) {
  const kind = random.weighted({ known: 10, odd: 3, text: 3, empty: 0.5, bytes: 0.05 });
  return { known: () => random.pick(NAMES), odd: () => random.pick(ODD), text: () => randomText(random), empty: () => '', bytes: () => randomBytes(random) }[kind]();
}

function randomValue(random) {
  const kind = random.weighted({ text: 8, odd: 3, phone: 4, empty: 3, bytes: 0.05, long: 0.1 });
  return {
    text: () => randomText(random), odd: () => random.pick(ODD), empty: () => '', bytes: () => randomBytes(random),
    phone: () => `+1${random.between(2_000_000_000, 9_999_999_999)}`, long: () => random.pick(LETTERS).repeat(random.between(50, 150)),
  }[kind]();
}

/** An event that calls for no join, now and then none at all, so that only the signature decides. */
function eventParameters(random) {
  const sid = (prefix) => `${prefix}${Array.from({ length: 32 }, () => random.below(16).toString(16)).join('')}`;
  const events = {
    onMessageAdded: [['ConversationSid', sid('CH')], ['Index', '0']],
    onMessageAdd: [['ConversationSid', sid('CH')]],
    onConversationAdded: [['ConversationSid', sid('CH')], ['ChatServiceSid', sid('IS')]],
    onUserUpdated: [['UserSid', sid('US')]],
  };
  const event = random.pick(Object.keys(events));
  return random.chance(0.15) ? [] : [['AccountSid', ACCOUNT_SID], ['EventType', event], ...events[event]];
}

function randomPairs(random) {
  const free = random.list(0, 9, () => [randomName(random), randomValue(random)]);
  const repeated = free.filter(() => random.chance(0.25)).flatMap(([name, value]) => [
    [name, random.chance(0.3) ? value : randomValue(random)],
    ...(random.chance(0.3) ? [[name, randomValue(random)]] : []),
  ]);
  return random.shuffled([...eventParameters(random), ...[...free, ...repeated].filter(([name]) => !EVENT_NAMES.has(name))]);
}

/** What the URL is signed as: mostly what the server sees, else one of the ways that Twilio was seen to differ. */
function signedUrl(random, { https, host, target }) {
  const own = `${https ? 'https' : 'http'}://${host}${target}`;
  const port = /:\d+$/.test(host.replace(/\[.*?\]/, ''));
  const withPort = (text) => own.replace(host, port ? host.replace(/:\d+$/, text) : `${host}${text}`);
  const variants = {
    same: () => own,
    standard: () => withPort(https ? ':443' : ':80'),
    without: () => withPort(''),
    normalised: () => new URL(own).href, // what other libraries make of it before they sign or compare
    rewritten: () => own.replace(/\?[^#]*/, (query) => `?${stringify(parse(query.slice(1)))}`),
  };
  return variants[random.weighted({ same: 12, standard: 2, without: 2, normalised: 1, rewritten: 1 })]();
}

function eventOf({ body }) {
  const pairs = decodeBody(body).map(([name, value]) => `${name}=${value}`).filter((pair) => EVENT_NAMES.has(pair.split('=')[0]));
  return [...new Set(pairs)].sort().join();
}

function paramsObject(pairs) {
  const params = Object.create(null);
  for (const [name, value] of pairs) {
    if (name in params) params[name] = [params[name], value].flat();
    else params[name] = value;
  }
  return params;
}

/** Signed by Twilio's own code, or in the order of bytes, where text and its order are in question. */
function signatureOf(random, url, pairs, { secret, algorithm }) {
  const text = pairs.flat().every((part) => typeof part === 'string');
  return text && random.chance(0.5)
    ? twilio.getExpectedTwilioSignature(secret, url, paramsObject(pairs), algorithm)
    : sign(url, pairs, secret, algorithm);
}

/** The settings header, in the forms that its grammar allows. */
function settingsHeader(random, id, algorithm) {
  const name = random.chance(0.1) ? algorithm.toLowerCase() : algorithm;
  const members = [`key=${id}`, ...(algorithm === 'HMAC_SHA1' && random.chance(0.3) ? [] : [`algorithm=${name}`])];
  if (random.chance(0.8)) return members.join(',');
  const more = random.list(0, 2, () => random.pick(['v=1', 'unknown', '=', '', 'Algorithm=HMAC_SHA512', 'Key=x', 'algorithm=', 'key=']));
  const blank = () => random.pick(['', '', ' ', '\t', ' \t']);
  return random.shuffled([...members, ...more]).map((member) => `${blank()}${member.replace('=', () => `${blank()}=${blank()}`)}${blank()}`).join(',');
}

/** Who signs: an auth token, of which no header tells, or a SharedKey that is named. */
function signer(random) {
  const kind = random.weighted({ token: 9, secondary: 1, HMAC_SHA256: 6, HMAC_SHA1: 2 });
  if (kind === 'token' || kind === 'secondary') return { secret: kind === 'token' ? TOKEN : SECONDARY_TOKEN, algorithm: 'HMAC_SHA1', kind };
  const id = random.pick(Object.keys(SHARED_KEYS));
  return { secret: SHARED_KEYS[id], algorithm: kind, kind, id, settings: settingsHeader(random, id, kind) };
}

function form(random, base) {
  const pairs = randomPairs(random);
  return { ...base, contentType: 'application/x-www-form-urlencoded', pairs, body: encodeBody(pairs, random) };
}

function json(random, base) {
  const body = Buffer.from(JSON.stringify(Object.fromEntries(random.list(0, 4, () => [randomText(random), randomText(random)]))));
  const digest = createHash('sha256').update(body).digest('hex');
  const target = `${base.target.split(/[?#]/)[0]}?${random.chance(0.5) ? 'a=1&' : ''}bodySHA256=${random.chance(0.1) ? digest.toUpperCase() : digest}`;
  return { ...base, target, contentType: 'application/json', pairs: [], body };
}

/**
 * Webhook `number` of the run. `place` says how the URL comes about: from the request, or from
 * a configured public URL whose origin and path are then given, and only the query is the request's.
 */
export function generateWebhook(seed, number, place) {
  const random = new SeededRandom(seed, number);
  const base = place.fixed
    ? { ...place.fixed, target: `${place.fixed.path}${randomTarget(random).replace(/^[^?#]*/, '')}` }
    : { https: random.chance(0.7), host: randomHost(random), target: randomTarget(random) };
  const webhook = (random.chance(0.06) ? json : form)(random, base);
  const by = signer(random);
  webhook.signature = signatureOf(random, signedUrl(random, webhook), webhook.pairs, by);
  Object.assign(webhook, { settings: by.settings, signedBy: by.kind });
  webhook.alteration = 'none';
  const event = eventOf(webhook);
  if (random.chance(0.5)) alter(random, webhook, { fixed: Boolean(place.fixed), stranger: STRANGER_TOKEN, by, sharedKeys: Object.keys(SHARED_KEYS) });
  return { number, ...webhook, anotherEvent: eventOf(webhook) !== event };
}
