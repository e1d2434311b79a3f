// Webhooks that something on the way altered, or that were signed wrongly: what Twilio signed on one side, what
// arrives on the other, and which known alterations lie between.

import { createHmac } from 'node:crypto';

const byBytes = (a, b) => Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
const byNameThenValue = (a, b) => byBytes(a[0], b[0]) || byBytes(a[1], b[1]);
const samePair = (a, b) => a && a[0] === b[0] && a[1] === b[1];

/** The pairs in the order in which Twilio signs them. Texts are Latin-1: a character a byte. */
function rightly(pairs) {
  const sorted = [...pairs].sort(byNameThenValue);
  return sorted.filter((pair, i) => !samePair(sorted[i - 1], pair));
}

function byName(pairs) {
  const groups = new Map();
  for (const [name, value] of pairs) groups.set(name, [...(groups.get(name) ?? []), value]);
  return [...groups].sort((a, b) => byBytes(a[0], b[0]));
}

const bytes = (text) => Buffer.from(text).toString('latin1');
const escaped = (text) => [...Buffer.from(text, 'latin1')].map((byte) => {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
}).join('');

const value = (pairs, name, change) => pairs.map((pair) => (pair[0] === name ? [pair[0], change(pair[1])] : pair));
const values = (pairs, change) => pairs.map(([name, text]) => [name, change(text)]);
const withBody = (text) => (signed) => { signed.pairs = value(signed.pairs, 'Body', () => bytes(text)); };
const GROUP = 'MessagingBinding.Address';
const withGroup = (...addresses) => (signed) => {
  signed.pairs = [...signed.pairs.filter(([name]) => name !== GROUP), ...addresses.map((address) => [GROUP, address])];
};

/**
 * By the name that explain has for each: `part` (two of one part do not go together), `before` (what makes the
 * alteration tell: done to what is signed), `signer` (how it is signed), `wire` (what becomes of it).
 */
export const ALTERATIONS = {
  scheme: { part: 'scheme', wire: (wire, signed) => { wire.https = !signed.https; } },
  host: {
    part: 'host',
    wire(wire, signed, random) {
      const header = random.pick(['HTTP_X_FORWARDED_HOST', 'HTTP_FORWARDED', 'SERVER_NAME', 'HTTP_X_ORIGINAL_HOST']);
      wire.variables[header] = header === 'HTTP_FORWARDED' ? `for=192.0.2.1;host="${signed.host}"` : signed.host;
      wire.host = random.pick(['127.0.0.1', 'backend', '10.1.2.3']);
    },
  },
  port: {
    part: 'port',
    before: (signed, random) => { signed.port = random.pick([':8443', ':4433']); },
    wire(wire, signed, random) {
      wire.port = random.pick(['', ':8010']);
      wire.variables.HTTP_X_FORWARDED_PORT = signed.port.slice(1);
    },
  },
  slash: {
    part: 'slash',
    wire(wire) { wire.path = wire.path.endsWith('/') ? wire.path.slice(0, -1) : `${wire.path}/`; },
  },
  path: {
    part: 'path',
    wire(wire, signed, random) {
      const kind = random.pick(['prefix-lost', 'prefix-added', 'usual']);
      if (kind === 'prefix-added') {
        wire.path = `${random.pick(['/internal', '/srv/app'])}${wire.path}`;
      } else {
        const prefix = kind === 'usual' ? '/twilio' : '/customers/bot';
        signed.path = `${prefix}${signed.path}`;
        if (kind === 'prefix-lost') wire.variables.HTTP_X_FORWARDED_PREFIX = `${prefix}/`;
      }
    },
  },
  'path-encoding': {
    part: 'path-encoding',
    before: (signed) => { signed.path = "/web%20hooks/it's%7Eme"; },
    wire: (wire, signed, random) => { wire.path = wire.path.replace(...random.pick([["'", '%27'], ['%7E', '~']])); },
  },
  'query-lost': {
    part: 'query',
    before: (signed) => { signed.query = signed.query || '?tenant=7&a=b'; },
    wire(wire, signed) { wire.variables.HTTP_X_ORIGINAL_URI = `${signed.path}${signed.query}`; wire.query = ''; },
  },
  'query-added': {
    part: 'query-added',
    wire: (wire, signed, random) => { wire.query = `${wire.query}${wire.query ? '&' : '?'}${random.pick(['utm_source=x', 'fbclid=1', 'apikey='])}`; },
  },
  'query-encoding': {
    part: 'query',
    before: (signed) => { signed.query = "?q=it's%20a%3ab&r=x%2by"; },
    wire(wire, signed, random) {
      wire.query = random.pick([
        (query) => query.replaceAll('%20', '+'), (query) => query.replaceAll("'", '%27'), (query) => query.replaceAll('%3a', ':'),
        (query) => query.replaceAll(/%../g, (escape) => escape.toUpperCase()),
      ])(wire.query);
    },
  },
  'query-order': {
    part: 'query-order',
    before: (signed) => { signed.query = signed.query || '?b=2&c=3&a=1'; },
    wire: (wire) => { wire.query = `?${wire.query.slice(1).split('&').sort().join('&')}`; },
  },
  token: { part: 'token', before: (signed, random) => { signed.token = random.pick(['apiSecret', 'file']); } },
  signature: {
    part: 'signature',
    wire(wire, signed, random) {
      wire.signature = random.pick([
        (text) => `${text}, ${text}`, (text) => encodeURIComponent(text), (text) => `"${text}"`, (text) => text.slice(0, -1),
      ]);
    },
  },
  names: { part: 'names', wire: (wire) => { wire.pairs = wire.pairs.map(([name, text]) => [name.replaceAll('.', '_'), text]); } },
  brackets: {
    part: 'names', before: withGroup('+15550002', '+15550001'),
    wire: (wire) => { wire.pairs = wire.pairs.map(([name, text], i) => [name === GROUP ? `${name}[${i % 2}]` : name, text]); },
  },
  plus: { part: 'plus', wire: (wire) => { wire.pairs = values(wire.pairs, (text) => text.replaceAll('+', ' ')); } },
  'encoded-twice': { part: 'bytes', before: withBody('two words & 5 %'), wire: (wire) => { wire.pairs = values(wire.pairs, escaped); } },
  charset: { part: 'bytes', before: withBody('schön, naïve'), wire: (wire) => { wire.pairs = values(wire.pairs, bytes); } },
  'line-ends': { part: 'bytes', before: withBody('one\ntwo\nthree'), wire: (wire) => { wire.pairs = value(wire.pairs, 'Body', (text) => text.replaceAll('\n', '\r\n')); } },
  joined: {
    part: 'repeats', before: withGroup('+15550002', '+15550001'),
    wire: (wire) => { wire.pairs = byName(wire.pairs).map(([name, texts]) => [name, texts.join(',')]); },
  },
  repeats: {
    part: 'repeats', before: withGroup('+15550002', '+15551234'), // the second is the author's
    wire: (wire) => { wire.pairs = byName(wire.pairs).map(([name, texts]) => [name, texts[0]]); },
  },
  trimmed: {
    part: 'trimmed', before: (signed, random) => { signed.pairs = value(signed.pairs, 'FriendlyName', () => random.pick(['Ann ', ' Ann', 'Ann\n', ' Ann '])); },
    wire: (wire) => { wire.pairs = values(wire.pairs, (text) => text.trim()); },
  },
  'parameter-added': { part: 'added', wire: (wire, signed, random) => { wire.pairs = [...wire.pairs, random.pick([['route', 'twilio'], ['q', '/webhooks/twilio'], ['_', '1']])]; } },
  'parameter-lost': { part: 'lost', wire: (wire, signed, random) => { const name = random.pick(['AccountSid', 'RetryCount', 'Attributes']); wire.pairs = wire.pairs.filter((pair) => pair[0] !== name); } },
  empty: {
    part: 'empty', before: (signed, random) => { signed.pairs = [...signed.pairs, ['UniqueName', ''], ...(random.chance(0.5) ? [['Media', '']] : [])]; },
    wire: (wire) => { wire.pairs = wire.pairs.filter(([, text]) => text !== ''); },
  },
  unsigned: { part: 'form', signer: () => [] },
  'signed-first': { part: 'signer', before: withGroup('+15550002', '+15550001', '+15550003'), signer: (pairs) => byName(pairs).map(([name, texts]) => [name, texts[0]]) },
  'signed-last': { part: 'signer', before: withGroup('+15550002', '+15550001', '+15550003'), signer: (pairs) => byName(pairs).map(([name, texts]) => [name, texts.at(-1)]) },
  'signed-joined': { part: 'signer', before: withGroup('+15550002', '+15550001'), signer: (pairs) => byName(pairs).map(([name, texts]) => [name, texts.join(',')]) },
  'signed-once': { part: 'signer', before: withGroup('+15550002', '+15550001'), signer: (pairs) => byName(pairs).map(([name, texts]) => [name, texts.join('')]) },
  'signed-equals': { part: 'signer', before: withGroup('+15550002', '+15550002'), signer: (pairs) => [...pairs].sort(byNameThenValue) },
  'signed-order': {
    part: 'signer',
    before(signed) {
      withGroup('+15550002', '+15550001')(signed);
      signed.pairs = [...signed.pairs, ['Reason', 'zebra'], ['ReasonConferenceEnded', 'apple']];
    },
    signer: (pairs, random) => random.pick([
      () => [...pairs].sort((a, b) => byBytes(a.join(''), b.join(''))), () => byName(pairs).flatMap(([name, texts]) => texts.map((text) => [name, text])), () => pairs,
    ])(),
  },
  'signed-names': { part: 'signer', signer: (pairs) => rightly(pairs.map(([name, text]) => [name.replaceAll('.', '_'), text])) },
  'signed-trimmed': { part: 'signer', before: withBody('  hello  '), signer: (pairs) => rightly(values(pairs, (text) => text.trim())) },
  'signed-encoded': { part: 'signer', before: withBody('two words'), signer: (pairs) => rightly(values(pairs, escaped)) },
};

/** Parts of which an alteration hides the other's or takes its ground away. */
const APART = [
  ['query', 'query-order'], ['query', 'query-added'], ['trimmed', 'signer'], ['form', 'signer'],
  ['repeats', 'signer'], ['names', 'signer'], ['names', 'repeats'], ['plus', 'bytes'], ['plus', 'trimmed'], ['bytes', 'signer'], ['path', 'path-encoding'],
  ['repeats', 'empty'], ['repeats', 'lost'], ['query', 'path-encoding'],
];
const FORM_PARTS = ['names', 'plus', 'bytes', 'repeats', 'trimmed', 'added', 'lost', 'empty'];

export function goTogether(a, b) {
  const parts = [ALTERATIONS[a].part, ALTERATIONS[b].part];
  if (parts[0] === parts[1]) return false;
  if (parts.includes('form') && parts.some((part) => FORM_PARTS.includes(part))) return false;
  return !APART.some((apart) => apart.every((part) => parts.includes(part)));
}

function signedUrl({ https, host, port, path, query }) {
  return `${https ? 'https' : 'http'}://${host}${port}${path}${query}`;
}

/** As `keys`: { primary, apiSecret, file }. */
function signatureOf(signed, pairs, keys) {
  const hmac = createHmac('sha1', keys[signed.token]).update(signedUrl(signed));
  for (const [name, text] of pairs) hmac.update(name, 'latin1').update(text, 'latin1');
  return hmac.digest('base64');
}

const formText = (text) => escaped(text).replaceAll('%20', '+');

/** A file of AUTOJOIN_CAPTURE_DIR. */
function captured({ https, host, port, path, query, variables, pairs }, signature) {
  const all = {
    REQUEST_METHOD: 'POST', CONTENT_TYPE: 'application/x-www-form-urlencoded', HTTP_HOST: `${host}${port}`, REQUEST_URI: `${path}${query}`,
    SERVER_NAME: '_', SERVER_PORT: '8010', QUERY_STRING: query.slice(1), REQUEST_SCHEME: https ? 'https' : 'http', ...(https ? { HTTPS: 'on' } : {}),
    REMOTE_ADDR: '192.0.2.9', HTTP_X_TWILIO_SIGNATURE: signature, ...variables,
  };
  const lines = Object.entries(all).map(([name, text]) => `${name}=${text.replaceAll('\\', '\\x5c')}\n`);
  const body = pairs.map(([name, text]) => `${formText(name)}=${formText(text)}`).join('&');
  return `# a test's\n${lines.join('')}body=${body}\n`;
}

function webhook(random) {
  const sid = (prefix) => `${prefix}${Array.from({ length: 32 }, () => random.below(16).toString(16)).join('')}`;
  return {
    https: true, host: 'hook.example.com', port: '', path: '/webhooks/twilio', query: '', token: 'primary',
    pairs: random.shuffled([
      ['AccountSid', 'AC0123456789abcdef0123456789abcdef'], ['EventType', 'onMessageAdded'], ['ConversationSid', sid('CH')],
      ['MessageSid', sid('IM')], ['Body', 'hello there'], ['Author', '+15551234'], ['FriendlyName', 'Ann'], ['Source', 'SMS'],
      ['Attributes', '{}'], ['DateCreated', '2026-01-02T03:04:05.678Z'], ['RetryCount', '0'], [GROUP, '+15551234'], ['MessagingBinding.ProxyAddress', '+15559999'],
    ]),
  };
}

/** One webhook with those alterations; the text of its capture, and the URL that was signed. */
export function mishap(random, names, keys) {
  const alterations = names.map((name) => ALTERATIONS[name]);
  const signed = webhook(random);
  for (const { before } of alterations) before?.(signed, random);
  const wire = { ...signed, pairs: signed.pairs.map((pair) => [...pair]), variables: {}, signature: (text) => text };
  for (const { wire: befall } of alterations) befall?.(wire, signed, random);
  const signer = alterations.find((alteration) => alteration.signer)?.signer ?? rightly;
  const signature = signatureOf(signed, signer(signed.pairs, random), keys);
  return { text: captured(wire, wire.signature(signature)), url: signedUrl(signed), names };
}
