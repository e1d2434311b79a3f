// Cases: bodies that are large, short, long or sent in chunks, and variables
// that are there twice. Twilio is never called for any of the wrong ones.

import { BAD_REQUEST, FORBIDDEN, IGNORED, JOINED, METHOD_NOT_ALLOWED, TOO_LARGE, UNSUPPORTED_TYPE, notHere } from '../answers.js';
import { eventParameters, encodeForm, HOST, PATH } from '../webhook.js';
import { AUTH_TOKEN } from '../account.js';
import { sign } from '../../twilio/signature.js';

const joined = { ...JOINED, rest: ['create 201'] };
const LIMIT = 65_536;

/** A right webhook whose body has exactly `length` bytes. */
const ofLength = (length) => (context) => {
  const params = eventParameters(context);
  const filler = length - encodeForm(params).length - '&Filler='.length;
  return { add: [['Filler', 'x'.repeat(filler)]] };
};

const sizes = [
  { name: '64 KiB', request: ofLength(LIMIT), expect: joined },
  { name: '64 KiB and one byte', request: ofLength(LIMIT + 1), expect: TOO_LARGE },
  { name: '200 kB', request: ofLength(200_000), expect: TOO_LARGE },
  { name: '1 MB', request: ofLength(1_000_000), expect: TOO_LARGE },
  { name: '1 MB, unsigned: the length is looked at before the signature', request: { body: 'x'.repeat(1_000_000), signature: null }, expect: TOO_LARGE },
  { name: '1 MB of the wrong type: the type is looked at before the length', request: { body: 'x'.repeat(1_000_000), contentType: 'text/plain' }, expect: UNSUPPORTED_TYPE },
  { name: '1 MB by PUT: the method is looked at before the length', request: { method: 'PUT', body: 'x'.repeat(1_000_000) }, expect: METHOD_NOT_ALLOWED },
  { name: 'AUTOJOIN_MAX_BODY', settings: { AUTOJOIN_MAX_BODY: 2048 }, request: ofLength(2048), expect: joined },
  { name: 'AUTOJOIN_MAX_BODY and one byte', settings: { AUTOJOIN_MAX_BODY: 2048 }, request: ofLength(2049), expect: TOO_LARGE },
  { name: 'nothing', request: { params: [] }, expect: IGNORED },
  { name: '5000 parameters', request: { add: Array.from({ length: 5000 }, (_, i) => [`P${i}`, 'x']) }, expect: { ...BAD_REQUEST, log: { reason: 'too many parameters' } } },
];

// A front that passes chunks on states no length: mod_cgid and mod_proxy_fcgi, nginx without buffering.
const inPieces = (count) => (bytes) => {
  const size = Math.ceil(bytes.length / count);
  const pieces = Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  return [...pieces.filter((piece) => piece.length > 0), Buffer.alloc(0)]
    .map((piece) => Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]));
};
const chunks = [
  { name: 'in one chunk', request: { chunks: inPieces(1) }, expect: joined },
  { name: 'in ten chunks', request: { chunks: inPieces(10) }, expect: joined },
  { name: 'in ten chunks, with an empty CONTENT_LENGTH', request: { chunks: inPieces(10), variables: [['CONTENT_LENGTH', '']] }, expect: joined, drivers: { front: notHere('CONTENT_LENGTH is the web server\'s own') } },
  // Caddy 2.6, of a body in chunks.
  { name: 'in ten chunks, with CONTENT_LENGTH -1', request: { chunks: inPieces(10), variables: [['CONTENT_LENGTH', '-1']] }, expect: joined, drivers: { front: notHere('CONTENT_LENGTH is the web server\'s own') } },
  { name: '64 KiB and one byte, with CONTENT_LENGTH -1', request: (c) => ({ ...ofLength(LIMIT + 1)(c), chunks: inPieces(9), variables: [['CONTENT_LENGTH', '-1']] }), expect: TOO_LARGE, drivers: { front: notHere('CONTENT_LENGTH is the web server\'s own') } },
  { name: '64 KiB and one byte in chunks', request: (c) => ({ ...ofLength(LIMIT + 1)(c), chunks: inPieces(9) }), expect: TOO_LARGE },
  { name: '1 MB in chunks', request: (c) => ({ ...ofLength(1_000_000)(c), chunks: inPieces(9) }), expect: TOO_LARGE },
].map((one) => ({ ...one, name: `sent ${one.name}` }));

const readsAll = notHere('the web server reads the whole body first, and never asks the responder about half a one');
const judgesItself = notHere('the web server judges Content-Length itself and passes its own count on');
const lengths = [
  { name: 'shorter than CONTENT_LENGTH', request: { contentLength: 5000 }, drivers: { front: readsAll } },
  { name: 'empty, with a CONTENT_LENGTH', request: { body: '', signedParams: [], contentLength: 10 }, drivers: { front: readsAll } },
  { name: 'longer than CONTENT_LENGTH', request: { contentLength: 50 }, drivers: { front: judgesItself, cgi: notHere('CGI programs read CONTENT_LENGTH bytes and no more: RFC 3875, 4.2') } },
  ...['-2', '+3', 'abc', '12x', '1e2', '0x10', ' ', '99999999999999999999999'].map((contentLength) => ({
    name: `with CONTENT_LENGTH ${JSON.stringify(contentLength)}`, request: { contentLength }, drivers: { front: judgesItself },
  })),
].map((one) => ({ ...one, name: `a body ${one.name}`, expect: BAD_REQUEST }));

// By records, where the same name can stand twice; and with web servers that were
// measured to pass a header in two spellings on twice.
const right = (context) => sign(`http://${HOST}${PATH}`, eventParameters(context), AUTH_TOKEN);
const TRUST_X = { AUTOJOIN_FORWARDED: 'x-forwarded', AUTOJOIN_TRUSTED_PROXIES: '127.0.0.0/8' };
const TRUST_STANDARD = { AUTOJOIN_FORWARDED: 'forwarded', AUTOJOIN_TRUSTED_PROXIES: '127.0.0.0/8' };
const CONFIGURED = { AUTOJOIN_PUBLIC_URL: `http://${HOST}${PATH}` };
const forwardedTwice = {
  HTTP_X_FORWARDED_PROTO: () => ['http', 'https'],
  HTTP_X_FORWARDED_HOST: () => [HOST, HOST],
  HTTP_X_FORWARDED_PORT: () => ['80', '443'],
  HTTP_X_FORWARDED_FOR: () => ['192.0.2.1', '192.0.2.2'],
  HTTP_FORWARDED: () => ['proto=http', 'proto=https'],
};
const onceOnly = [
  ['HTTP_X_TWILIO_SIGNATURE', (c) => [right(c), right(c)]],
  ['HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS', () => ['algorithm=HMAC_SHA1', 'algorithm=HMAC_SHA1']],
  ['HTTP_X_TWILIO_SIGNATURE_KEY_SID', () => ['a', 'a']],
  ['CONTENT_LENGTH', (c) => Array(2).fill(String(encodeForm(eventParameters(c)).length))],
  ['CONTENT_TYPE', () => Array(2).fill('application/x-www-form-urlencoded')],
  ['REQUEST_URI', () => [PATH, PATH]],
  ['HTTPS', () => ['off', 'off']],
  ['HTTP_HOST', () => [HOST, `${HOST}:8443`]],
  ...['HTTP_X_FORWARDED_PROTO', 'HTTP_X_FORWARDED_HOST', 'HTTP_X_FORWARDED_PORT'].map((name) => [name, forwardedTwice[name], TRUST_X]),
  ['HTTP_FORWARDED', forwardedTwice.HTTP_FORWARDED, TRUST_STANDARD],
];
// What nobody reads may stand there as often as it likes: a second proxy in a row adds its X-Forwarded-For.
const notRead = [
  ...Object.keys(forwardedTwice).map((name) => [name, 'nothing forwarded is read', {}]),
  ...[...Object.keys(forwardedTwice), 'HTTPS', 'HTTP_HOST'].map((name) => [name, 'AUTOJOIN_PUBLIC_URL says what counts', CONFIGURED]),
  ['HTTP_X_FORWARDED_FOR', 'x-forwarded is read', TRUST_X],
  ['HTTP_FORWARDED', 'x-forwarded is read', TRUST_X],
  ['HTTP_X_FORWARDED_PROTO', 'Forwarded is read', TRUST_STANDARD],
];
const onlyByRecords = {
  cgi: notHere('the environment that Node makes holds a name once'),
  front: notHere('web servers join headers of the same name, or refuse them'),
};
const twice = [
  ...onceOnly.map(([name, values, settings]) => ({
    name: `${name} twice`,
    settings,
    request: (context) => ({ variables: values(context).map((value) => [name, value]) }),
    expect: { ...BAD_REQUEST, log: { variable: name } },
    drivers: onlyByRecords,
  })),
  ...notRead.map(([name, where, settings]) => ({
    name: `${name} twice where ${where}`,
    settings,
    request: { variables: (forwardedTwice[name]?.() ?? ['a.example', 'b.example']).map((value) => [name, value]) },
    expect: joined,
    drivers: onlyByRecords,
  })),
  {
    name: 'X-Twilio-Signature and X_Twilio_Signature',
    request: { headers: [['X_Twilio_Signature', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=']] },
    expect: joined,
    drivers: {
      gateway: notHere('the two spellings are a web server\'s affair'),
      lighttpd: { ...BAD_REQUEST, why: 'lighttpd makes one variable of both and passes it twice' },
    },
  },
  {
    name: 'two equal X-Twilio-Signature headers',
    request: (context) => ({ headers: [['X-Twilio-Signature', right(context)]] }),
    expect: FORBIDDEN,
    drivers: { nginx: { ...FORBIDDEN, status: /^40[03]$/, reason: undefined, result: /^(bad-request|forbidden)$/, why: 'nginx passes the variable twice, or since 1.23 joins both' } },
  },
];

const notSettings = [
  {
    name: 'variables of a request are never settings',
    request: {
      token: 'e'.repeat(32),
      variables: [['TWILIO_AUTH_TOKEN', 'e'.repeat(32)], ['TWILIO_AUTH_TOKEN_SECONDARY', 'e'.repeat(32)], ['AUTOJOIN_PUBLIC_URL', `http://${HOST}${PATH}`]],
    },
    expect: FORBIDDEN,
    drivers: {
      cgi: notHere('under CGI the environment is where settings come from'),
      front: notHere('no header becomes such a variable'),
    },
  },
  {
    name: 'Proxy: and lower-case proxy variables are not heeded',
    request: { headers: [['Proxy', 'http://127.0.0.1:1/']], variables: [['http_proxy', 'http://127.0.0.1:1/'], ['https_proxy', 'http://127.0.0.1:1/'], ['all_proxy', 'http://127.0.0.1:1/'], ['ALL_PROXY', 'http://127.0.0.1:1/']] },
    expect: joined,
  },
];

export const bodies = [...sizes.map((one) => ({ ...one, name: `a body of ${one.name}` })), ...chunks, ...lengths, ...twice, ...notSettings];
