// Cases: the URL that Twilio signed, found again behind each web server (design:
// the URL and the signature; what the servers hand over was measured).

import { BAD_REQUEST, FORBIDDEN, IGNORED, JOINED, frontAnswers, instead, notHere } from '../answers.js';
import { AUTH_TOKEN, CUSTOMER, OTHER_SHARED_KEY, SECONDARY_TOKEN, SHARED_KEY } from '../account.js';
import { HOST, PATH } from '../webhook.js';

const joined = { ...JOINED, rest: ['create 201'] };

const schemesAndPorts = [
  { name: 'http', request: {} },
  { name: 'https', request: { https: true } },
  { name: 'https, signed with :443', request: { https: true, signedUrl: `https://${HOST}:443${PATH}` } },
  { name: 'http, signed with :80', request: { signedUrl: `http://${HOST}:80${PATH}` } },
  { name: 'https, Host with :443, signed without', request: { https: true, host: `${HOST}:443`, signedUrl: `https://${HOST}${PATH}` } },
  { name: 'http, Host with :80, signed without', request: { host: `${HOST}:80`, signedUrl: `http://${HOST}${PATH}` } },
  { name: 'a port of its own', request: { host: `${HOST}:8443` } },
  { name: 'a port of its own over https', request: { https: true, host: `${HOST}:8443` } },
  { name: 'a port of its own that was not signed (as the official libraries do)', request: { host: `${HOST}:8443`, signedUrl: `http://${HOST}${PATH}` } },
  { name: 'an IPv6 host', request: { host: '[2001:db8::1]' } },
  { name: 'an IPv6 host, signed with :80', request: { host: '[2001:db8::1]', signedUrl: `http://[2001:db8::1]:80${PATH}` } },
  { name: 'an IPv6 host with a port', request: { host: '[2001:db8::1]:8443' } },
  {
    name: 'no Host in HTTP/1.0', request: { host: null, version: '1.0', signedUrl: `http://${HOST}${PATH}` },
    drivers: {
      lighttpd: instead(BAD_REQUEST, 'lighttpd sends an empty SERVER_NAME'),
      apache: notHere('SERVER_NAME and SERVER_PORT are the listening ones, which nobody signed'),
      nginx: notHere('HTTP/1.0 without Host is for its own server_name'),
    },
  },
];

// lighttpd hands REQUEST_URI over raw, and QUERY_STRING not: only the first one may count.
const targets = [
  ['a query', '?a=1&b=%20x%2By'],
  ['a query that a parser would write anew', `?a=%7E~[]|'",x&&=&a=1&A=+%2b`],
  ['a query of one question mark', '?'],
  ['more than one question mark', '??a=b?'],
  ['an encoded slash in the query', '?a=%2F%2f'],
].map(([what, query]) => ({
  name: `${what}: ${query}`, request: { target: PATH + query },
  drivers: query.lastIndexOf('?') > 0 ? { 'lighttpd-cgi': frontAnswers(404, 'lighttpd cuts the path at the last question mark and finds no such program') } : {},
})).concat([
  ['an encoded letter in the path', '/webhooks/%74wilio'],
  ['two slashes', '/webhooks//twilio'],
  ['two slashes at the start', '//webhooks/twilio'],
  ['dot segments', '/x/../webhooks/./twilio'],
].map(([what, target]) => ({ name: `${what}: ${target}`, request: { target } })), [
  {
    name: 'a fragment is never signed', request: { target: `${PATH}?a=b#frag`, signedUrl: `http://${HOST}${PATH}?a=b` },
    drivers: { apache: frontAnswers(400, 'Apache refuses a fragment') },
  },
  {
    name: 'an absolute-form target', request: { target: `http://${HOST}${PATH}?z=%7e`, signedUrl: `http://${HOST}${PATH}?z=%7e` },
  },
  {
    name: 'an absolute-form target with a port', request: { target: `http://${HOST}:8080${PATH}`, host: `${HOST}:8080`, signedUrl: `http://${HOST}:8080${PATH}` },
  },
  {
    name: 'a query in the signed URL that was not sent', request: { signedUrl: `http://${HOST}${PATH}?a=b` }, expect: FORBIDDEN,
  },
  {
    name: 'a query that was sent and not signed', request: { target: `${PATH}?a=b`, signedUrl: `http://${HOST}${PATH}` }, expect: FORBIDDEN,
  },
]);

const badTargets = ['webhooks/twilio', '*', 'ftp://hook.example.com/webhooks/twilio', 'https:///webhooks/twilio', '/webhooks/tw\xeflio', '/webhooks/twilio\x01', '']
  .map((target) => ({
    name: `a target that is none: ${JSON.stringify(target)}`,
    request: { signedUrl: `http://${HOST}${PATH}`, variables: [['REQUEST_URI', target]] },
    expect: BAD_REQUEST,
    drivers: { front: notHere('a web server refuses such a request line, or never passes it on') },
  }));

const withoutRequestUri = [
  {
    name: 'no REQUEST_URI: SCRIPT_NAME, PATH_INFO and QUERY_STRING stand in',
    request: { without: ['REQUEST_URI'], variables: [['SCRIPT_NAME', '/webhooks'], ['PATH_INFO', '/twilio'], ['QUERY_STRING', 'a=%20']], signedUrl: `http://${HOST}/webhooks/twilio?a=%20` },
    drivers: { front: notHere('every web server sends REQUEST_URI') },
  },
  {
    name: 'HTTPS counts before REQUEST_SCHEME (as with SetEnvIf)',
    request: { variables: [['HTTPS', 'on'], ['REQUEST_SCHEME', 'http']], signedUrl: `https://${HOST}${PATH}` },
    drivers: { front: notHere('these variables are the web server\'s own') },
  },
  {
    name: 'REQUEST_SCHEME where there is no HTTPS',
    request: { variables: [['REQUEST_SCHEME', 'https']], signedUrl: `https://${HOST}${PATH}` },
    drivers: { front: notHere('these variables are the web server\'s own') },
  },
  {
    name: 'HTTP_HOST without its port, the port in SERVER_PORT (as with nginx\'s fastcgi_params)',
    request: { variables: [['HTTP_HOST', HOST], ['SERVER_PORT', '8443']], signedUrl: `http://${HOST}:8443${PATH}` },
    drivers: { front: notHere('these variables are the web server\'s own') },
  },
];

const publicUrl = [
  { name: 'whatever Host and scheme are', url: 'https://api.example.com/webhooks/twilio', request: { host: 'internal:8080' } },
  { name: 'signed with :443', url: 'https://api.example.com/webhooks/twilio', request: { signedUrl: 'https://api.example.com:443/webhooks/twilio' } },
  { name: 'with a port that was not signed', url: 'https://api.example.com:443/webhooks/twilio', request: { signedUrl: 'https://api.example.com/webhooks/twilio' } },
  { name: 'with the query of the request', url: 'https://api.example.com/hook', request: { target: `${PATH}?a=%7e&b`, signedUrl: 'https://api.example.com/hook?a=%7e&b' } },
  { name: 'with a query of its own', url: 'https://api.example.com/hook?key=%2F1', request: { target: `${PATH}?key=%2F1` } },
  { name: 'with userinfo', url: 'https://user:pa55word@api.example.com/webhooks/twilio' },
  { name: 'with userinfo, signed with :443', url: 'https://user:pa55word@api.example.com/webhooks/twilio', request: { signedUrl: 'https://user:pa55word@api.example.com:443/webhooks/twilio' } },
  { name: 'with userinfo and a port that was not signed', url: 'https://user:pa55word@api.example.com:443/webhooks/twilio', request: { signedUrl: 'https://user:pa55word@api.example.com/webhooks/twilio' } },
  { name: 'with an IPv6 host', url: 'https://[2001:db8::1]/webhooks/twilio', request: { signedUrl: 'https://[2001:db8::1]:443/webhooks/twilio' } },
  { name: 'without a path', url: 'https://api.example.com' },
  { name: 'but signed for what Host says', url: 'https://api.example.com/webhooks/twilio', request: { signedUrl: `http://${HOST}${PATH}` }, expect: FORBIDDEN },
  { name: 'with userinfo, and a wrong signature', url: 'https://user:pa55word@api.example.com/webhooks/twilio', request: { token: 'x' }, expect: { ...FORBIDDEN, log: { url: 'https://***@api.example.com/webhooks/twilio' } } },
].map(({ url, request, ...one }) => ({
  ...one, name: `AUTOJOIN_PUBLIC_URL ${one.name} (${url})`, settings: { AUTOJOIN_PUBLIC_URL: url },
  request: { signedUrl: url, ...request },
}));

const TLS_IN_FRONT = [['X-Forwarded-Proto', 'https'], ['X-Forwarded-Host', 'api.example.com'], ['X-Forwarded-For', '192.0.2.9']];
const RFC7239 = [['Forwarded', 'for=192.0.2.9;proto=https;host=api.example.com']];
const PUBLIC = `https://api.example.com${PATH}`;
const trustX = { AUTOJOIN_FORWARDED: 'x-forwarded', AUTOJOIN_TRUSTED_PROXIES: '192.0.2.0/24, 127.0.0.0/8' };
const trustStandard = { AUTOJOIN_FORWARDED: 'forwarded', AUTOJOIN_TRUSTED_PROXIES: '127.0.0.1' };
const forwarded = [
  { name: 'x-forwarded from a trusted peer', settings: trustX, request: { headers: TLS_IN_FRONT, signedUrl: PUBLIC } },
  { name: 'only the scheme from a trusted peer', settings: trustX, request: { headers: [['X-Forwarded-Proto', 'https']], signedUrl: `https://${HOST}${PATH}` } },
  { name: 'x-forwarded with a port in the host', settings: trustX, request: { headers: [['X-Forwarded-Proto', 'https'], ['X-Forwarded-Host', 'api.example.com:8443']], signedUrl: `https://api.example.com:8443${PATH}` } },
  { name: 'x-forwarded from a trusted peer says more than HTTPS', settings: trustX, request: { https: true, headers: [['X-Forwarded-Proto', 'http']], signedUrl: `http://${HOST}${PATH}` } },
  { name: 'Forwarded from a trusted peer', settings: trustStandard, request: { headers: RFC7239, signedUrl: PUBLIC } },
  { name: 'Forwarded with a quoted host and port', settings: trustStandard, request: { headers: [['Forwarded', 'proto=https;host="api.example.com:8443"']], signedUrl: `https://api.example.com:8443${PATH}` } },
  { name: 'nothing forwarded by a trusted peer', settings: trustX, request: {} },
  { name: 'Forwarded where x-forwarded is trusted', settings: trustX, request: { headers: RFC7239, signedUrl: PUBLIC }, expect: FORBIDDEN },
  { name: 'x-forwarded where Forwarded is trusted', settings: trustStandard, request: { headers: TLS_IN_FRONT, signedUrl: PUBLIC }, expect: FORBIDDEN },
  { name: 'x-forwarded from a peer that is not trusted', settings: { ...trustX, AUTOJOIN_TRUSTED_PROXIES: '192.0.2.0/24' }, request: { headers: TLS_IN_FRONT, signedUrl: PUBLIC }, expect: FORBIDDEN },
  { name: 'headers of a peer that is not trusted change nothing', settings: { ...trustX, AUTOJOIN_TRUSTED_PROXIES: '192.0.2.0/24' }, request: { headers: TLS_IN_FRONT } },
  { name: 'x-forwarded where nothing is trusted', request: { headers: [...TLS_IN_FRONT, ...RFC7239], signedUrl: PUBLIC }, expect: FORBIDDEN },
  { name: 'headers where nothing is trusted change nothing', request: { headers: [...TLS_IN_FRONT, ...RFC7239] } },
  { name: 'two schemes from a trusted peer', settings: trustX, request: { headers: [['X-Forwarded-Proto', 'http'], ['X-Forwarded-Proto', 'https']], signedUrl: `https://${HOST}${PATH}` }, expect: BAD_REQUEST },
  { name: 'AUTOJOIN_PUBLIC_URL counts before a trusted peer', settings: { ...trustX, AUTOJOIN_PUBLIC_URL: PUBLIC }, request: { headers: [['X-Forwarded-Host', 'evil.example.net']], signedUrl: PUBLIC } },
].map((one) => ({ ...one, name: `forwarded: ${one.name}` }));

const parameters = [
  { name: 'repeated names, values not sorted', request: { add: [['MessagingBinding.Address', '+15005550003'], ['MessagingBinding.Address', '+15005550002']] } },
  { name: 'an equal pair twice counts once', request: { add: [['MessagingBinding.Address', CUSTOMER]] } },
  { name: 'blanks around a value are not trimmed', request: { set: { FriendlyName: '  a b\t' } } },
  { name: 'an empty value', request: { set: { FriendlyName: '' } } },
  { name: 'a name without "="', request: (c) => signedBody(c, '&FriendlyName', [['FriendlyName', '']]) },
  { name: 'an empty name, of an event that is not acted on', request: (c) => notActedOn(signedBody(c, '&=x', [['', 'x']])), expect: IGNORED },
  { name: 'an empty name', request: (c) => signedBody(c, '&=x', [['', 'x']]), expect: FORBIDDEN },
  { name: '"&" at the end and twice', request: (c) => signedBody(c, '&&', []) },
  { name: '+ and %20 are the same blank', request: (c) => signedBody(c, '&A=x+y&B=x%20y', [['A', 'x y'], ['B', 'x y']]) },
  { name: 'small hexadecimal letters', request: (c) => signedBody(c, '&A=%c3%bc%2b', [['A', 'ü+']]) },
  { name: 'a NUL in a value is data', request: { set: { FriendlyName: 'a\0b' } } },
  { name: 'UTF-8 in values', request: { set: { FriendlyName: 'こんにちは 😀' } } },
  { name: 'UTF-8 in names and values, of an event that is not acted on', request: { set: { EventType: 'onUserAdded', 'Größe': 'こんにちは 😀' } }, expect: IGNORED },
  { name: 'UTF-8 in names', request: { set: { 'Größe': 'こんにちは 😀' } }, expect: FORBIDDEN },
  { name: 'names of which one begins another', request: { set: { Reason: 'x', ReasonConferenceEnded: 'y', Reason_: 'z' } } },
  { name: 'names of which one begins another, of an event that is not acted on', request: { set: { EventType: 'onUserAdded', Reason: 'x', ReasonConferenceEnded: 'y', 'Reason-': 'z' } }, expect: IGNORED },
  { name: 'a name with more than letters, digits, dots and underscores', request: { set: { 'Reason-': 'z' } }, expect: FORBIDDEN },
].map((one) => ({ ...one, name: `parameters: ${one.name}` }));

function signedBody({ conversation, service }, tail, more) {
  const params = [
    ['AccountSid', 'AC0123456789abcdef0123456789abcdef'], ['EventType', 'onConversationAdded'],
    ['ConversationSid', conversation], ['ChatServiceSid', service],
  ];
  return { body: params.map((pair) => pair.join('=')).join('&') + tail, signedParams: [...params, ...more] };
}

/** The same of an event that nobody asked for. */
function notActedOn({ body, signedParams }) {
  return {
    body: body.replace('onConversationAdded', 'onUserAdded'),
    signedParams: signedParams.map(([name, value]) => [name, name === 'EventType' ? 'onUserAdded' : value]),
  };
}

const tokens = [
  { name: 'the secondary token is accepted', settings: { TWILIO_AUTH_TOKEN_SECONDARY: SECONDARY_TOKEN }, request: { token: SECONDARY_TOKEN } },
  { name: 'the primary one too', settings: { TWILIO_AUTH_TOKEN_SECONDARY: SECONDARY_TOKEN }, request: { token: AUTH_TOKEN } },
  { name: 'the secondary token where it is not set', request: { token: SECONDARY_TOKEN }, expect: FORBIDDEN },
].map((one) => ({ ...one, name: `tokens: ${one.name}` }));

const SHARED = { AUTOJOIN_SHARED_KEYS: `${SHARED_KEY.id}=${SHARED_KEY.secret}, ${OTHER_SHARED_KEY.id}=${OTHER_SHARED_KEY.secret}` };
const ONE_SHARED = { AUTOJOIN_SHARED_KEYS: `${SHARED_KEY.id}=${SHARED_KEY.secret}` };
const SHA1 = { ...SHARED_KEY, algorithm: 'HMAC_SHA1' };
const provedBy = (log) => ({ ...joined, log });
const sharedKeys = [
  { name: 'by HMAC_SHA256', request: { sharedKey: SHARED_KEY }, expect: provedBy({ signed_by: 'shared-key', key: SHARED_KEY.id, algorithm: 'HMAC_SHA256' }) },
  { name: 'by HMAC_SHA1', request: { sharedKey: SHA1 }, expect: provedBy({ signed_by: 'shared-key', key: SHARED_KEY.id, algorithm: 'HMAC_SHA1' }) },
  { name: 'the other one', request: { sharedKey: OTHER_SHARED_KEY }, expect: provedBy({ signed_by: 'shared-key', key: OTHER_SHARED_KEY.id }) },
  { name: 'without a header, by the length', request: { sharedKey: SHARED_KEY, settingsHeader: null }, expect: provedBy({ signed_by: 'shared-key', key: SHARED_KEY.id, key_header: undefined }) },
  {
    name: 'by the header of the private beta', request: { sharedKey: SHA1, settingsHeader: null, headers: [['X-Twilio-Signature-Key-Sid', SHARED_KEY.id]] },
    expect: provedBy({ key: SHARED_KEY.id, algorithm: 'HMAC_SHA1', key_header: 'X-Twilio-Signature-Key-Sid' }),
  },
  { name: 'the auth token beside them', request: {}, expect: provedBy({ signed_by: 'auth-token', key: undefined, algorithm: 'HMAC_SHA1' }) },
  { name: 'a SharedKey that is not set', settings: ONE_SHARED, request: { sharedKey: OTHER_SHARED_KEY }, expect: { ...FORBIDDEN, log: { key: OTHER_SHARED_KEY.id, algorithm: 'HMAC_SHA256', reason: /AUTOJOIN_SHARED_KEYS does not have/ } } },
  { name: 'an algorithm that is none', request: { sharedKey: SHARED_KEY, settingsHeader: `key=${SHARED_KEY.id},algorithm=HMAC_SHA512` }, expect: { ...FORBIDDEN, log: { algorithm: 'HMAC_SHA512', reason: /neither HMAC_SHA1 nor HMAC_SHA256/ } } },
  { name: 'by another algorithm than the header names', request: { sharedKey: SHA1, settingsHeader: `key=${SHARED_KEY.id},algorithm=HMAC_SHA256` }, expect: FORBIDDEN },
  { name: 'by HMAC_SHA1 without a header', request: { sharedKey: SHA1, settingsHeader: null }, expect: FORBIDDEN },
].map((one) => ({ settings: SHARED, ...one, name: `SharedKeys: ${one.name}` }));

// Looked for once a second at most, hence a server for each.
const hints = [
  { name: 'TLS that ends in front', request: { signedUrl: `https://${HOST}${PATH}` }, url: `http://${HOST}${PATH}`, fix: `https://${HOST}${PATH}` },
  { name: 'the host that a proxy forwards', request: { headers: [['X-Forwarded-Host', 'api.example.com']], signedUrl: `https://api.example.com${PATH}` }, url: `http://${HOST}${PATH}`, fix: `https://api.example.com${PATH}` },
  { name: 'a slash at the end', request: { signedUrl: `http://${HOST}${PATH}/` }, url: `http://${HOST}${PATH}`, fix: `http://${HOST}${PATH}/` },
].map(({ url, fix, ...one }) => ({
  ...one, name: `the log's hint: ${one.name}`, isolated: true,
  expect: {
    ...FORBIDDEN,
    log: {
      url, hint: `the signature matches ${fix}: set AUTOJOIN_PUBLIC_URL to it`,
      parameters: /^AccountSid,EventType,.*MessagingBinding\.Address,/, peer: '127.0.0.1', conversation: undefined,
    },
  },
}));

export const urls = [
  ...[...schemesAndPorts, ...targets, ...badTargets, ...withoutRequestUri].map((one) => ({ ...one, name: `the signed URL: ${one.name}` })),
  ...publicUrl, ...hints, ...forwarded, ...parameters, ...tokens, ...sharedKeys,
].map((one) => ({ ...one, expect: one.expect ?? joined }));
