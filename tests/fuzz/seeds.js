// Writes the seed corpora of the fuzz targets (tests/fuzz/corpora) from the signature vectors and the
// integration cases, so that a fuzzer begins where the tests end:
//   node tests/fuzz/seeds.js
// What is there already under another name - what fuzzers found - stays. Cases are seeds that stay when the
// corpora are minimised: what they reach others reach too, but not what a fault would make of them.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allCases } from '../lib/cases/all.js';
import { gatewayVariables } from '../lib/gateway-variables.js';
import { buildWebhook, encodeForm, eventParameters } from '../lib/webhook.js';
import { requestRecords, record, beginRequest, stream, nameValuePairs, TYPE } from '../servers/fastcgi.js';
import { settingsText } from '../servers/settings.js';
import { httpReplies, httpReplyCases } from './httpreplies.js';
import { replies, replyCases, pages, pageCases } from './twilioreplies.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const LARGEST = 4096;
const CONVERSATION = 'CH00000000000000000000000000000001';
const SERVICE = 'IS00000000000000000000000000000001';
const context = { conversation: CONVERSATION, service: SERVICE };

const written = {};

/** One seed, named by what it is of; equal ones once. */
function seed(target, name, content, kind = 'seed') {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content, 'latin1');
  if (bytes.length > LARGEST) return;
  const hash = createHash('sha256').update(bytes).digest('hex');
  const seen = (written[target] ??= new Set());
  if (seen.has(hash)) return;
  seen.add(hash);
  const folder = join(HERE, 'corpora', target);
  mkdirSync(folder, { recursive: true });
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 60);
  writeFileSync(join(folder, `${kind}-${plain}`), bytes);
}

const aCase = (target, name, content) => seed(target, name, content, 'case');

/** A case's webhook; undefined where it cannot be told without a server. */
function webhookOf(one) {
  try {
    return buildWebhook(typeof one.request === 'function' ? one.request(context) : one.request ?? {}, context);
  } catch {
    return undefined;
  }
}

/** The fuzzer's own token is nobody's, so a right signature is left for the target to write. */
function forFuzzer(one, webhook) {
  const spec = typeof one.request === 'function' ? one.request(context) : one.request ?? {};
  const right = spec.signature === undefined && spec.token === undefined && spec.signedUrl === undefined
    && spec.signedParams === undefined && spec.sharedKey === undefined;
  return gatewayVariables(webhook).map(([name, value]) =>
    (name === 'HTTP_X_TWILIO_SIGNATURE' && right ? [name, 'SIGN'] : [name, value]));
}

// The bits of fuzz_request.c that stand for a case's settings.
function bitsOf({ settings = {} }) {
  const names = typeof settings === 'function' ? {} : settings;
  return ('AUTOJOIN_PUBLIC_URL' in names ? 1 : 0)
    | (names.AUTOJOIN_FORWARDED ? 2 : 0) | (names.AUTOJOIN_FORWARDED === 'forwarded' ? 4 : 0)
    | (names.AUTOJOIN_EVENTS ? 8 : 0) | (names.AUTOJOIN_LOG_FORMAT === 'json' ? 16 : 0)
    | (names.TWILIO_CHAT_SERVICE_SID ? 32 : 0) | (names.TWILIO_ENABLED === 'false' ? 64 : 0)
    | (names.AUTOJOIN_CAPTURE_DIR ? 128 : 0);
}

const plainLines = (variables) => variables.filter(([name, value]) => !/[\n\0]/.test(name + value))
  .map(([name, value]) => `${name}=${value}\n`).join('');

function seedsOfCase(one) {
  const webhook = webhookOf(one);
  if (!webhook) return;
  const variables = forFuzzer(one, webhook);
  const body = webhook.body.toString('latin1');
  seed('request', one.name, `settings ${bitsOf(one).toString(16)}\n${plainLines(variables)}\n${body}`);
  seed('form', one.name, body);
  seed('records', one.name, Buffer.concat([Buffer.from([255]), requestRecords({ variables, body: webhook.body })]));
  const about = variables.filter(([name]) => /^(HTTP_HOST|HTTP_X_FORW|HTTP_FORW|REQUEST_|SERVER_N|SERVER_P|HTTPS|QUERY|SCRIPT|PATH|REMOTE_ADDR)/.test(name));
  const bits = bitsOf(one);
  seed('public_url', one.name, plainLines([
    ...(bits & 1 ? [['PUBLIC_URL', 'https://user:pass@hook.example.com:8443/webhooks/twilio']] : []),
    ...(bits & 2 ? [['FORWARDED', bits & 4 ? 'rfc' : 'x'], ['TRUSTED', '1']] : []), ...about]));
  seed('capture', one.name, `# captured\n${variables.map(([name, value]) =>
    `${name}=${escaped(value)}\n`).join('')}body=${escaped(body)}\n`);
}

function escaped(text) {
  return String(text).replace(/[^ -[\]-~]/g, (c) => `\\x${(c.charCodeAt(0) & 255).toString(16).padStart(2, '0')}`);
}

function seedsOfEvents(one) {
  const webhook = webhookOf(one);
  if (webhook?.headers.some(([name, value]) => name === 'Content-Type' && /json/.test(value))) seed('cloud_event', one.name.replace('Event Streams: ', ''), webhook.body);
}

/** Texts that are nearly JSON, or hardly. */
function casesOfJson() {
  const sid = `"ConversationSid":"${CONVERSATION}"`;
  const event = (data) => `{"type":"com.twilio.conversations.conversation.added","data":{"AccountSid":"AC0123456789abcdef0123456789abcdef",${data}}}`;
  const cases = {
    'an escape cut short': '{"a":"\\', 'half an escape': '{"a":"\\u00', 'no escape': '"\\x"', 'brackets that cross': '{"a":[}]', 'brackets that stay open': '[[[[',
    'two values': '{} {}', 'a comma at the end': '[1,]', 'a comma at the beginning': '[,1]', 'two commas': '[1,,2]', 'a name alone': '{"a"}', 'no name': '{:1}',
    'a number that ends early': '[1e]', 'a number with a zero in front': '[01]', 'minus alone': '[-]', 'words': '[true,false,null]', 'half a word': '[nul]',
    'a control byte in a string': '["\n"]', 'a nul': '["\0"]', 'a surrogate alone': event('"Identity":"\\ud800"'), 'surrogates': event('"Identity":"\\ud83d\\ude00"'),
    'surrogates the wrong way': event('"Identity":"\\ude00\\ud83d"'), 'an escaped name': event(sid.replace('S', '\\u0053')), 'every escape': event('"Identity":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac"'),
    'data twice': '{"type":"com.twilio.conversations.message.added","data":{"Author":"a"},"data":{"Author":"b"}}', 'data of no object': '[{"type":"x","data":[{"Author":"a"}]}]',
    'a value that is an object': event('"ConversationSid":{"ConversationSid":"x"}'), 'one name': event(sid), 'two': event(`${sid},${sid}`), 'many': `[${Array(200).fill('{"type":1}').join()}]`,
    'nested as deeply as may be': `${'['.repeat(256)}${']'.repeat(256)}`, 'nested deeper': `${'['.repeat(257)}${']'.repeat(257)}`, 'objects in lists in objects': `${'{"a":['.repeat(100)}${']}'.repeat(100)}`,
    'blanks': ' \t\r\n[ { "type" : "x" , "data" : { } } , 1 ]\n',
  };
  for (const [name, text] of Object.entries(cases)) aCase('cloud_event', name, text);
}

function seedsOfSettings(one) {
  if (!one.settings || typeof one.settings === 'function') return;
  seed('settings', one.name, settingsText({
    TWILIO_ACCOUNT_SID: 'AC0123456789abcdef0123456789abcdef', TWILIO_AUTH_TOKEN: 's3cr3t', TWILIO_IDENTITY: 'bot',
    ...one.settings,
  }));
}

function seedsOfVectors() {
  for (const file of ['signatures.json', 'helper-libraries.json']) {
    for (const row of JSON.parse(readFileSync(join(HERE, '../vectors', file), 'utf8'))) {
      const body = row.raw_body ?? encodeForm(row.params ?? []);
      seed('signature', `${file} ${row.id}`, `${row.signature ?? ''}\n${row.url}\n\n${body}`);
      seed('form', `${file} ${row.id}`, body);
    }
  }
  for (const row of JSON.parse(readFileSync(join(HERE, '../vectors/sharedkeys.json'), 'utf8'))) {
    const body = row.raw_body ?? encodeForm(row.params ?? []);
    // The ids that the target has.
    const settings = (row.settings_header ?? '').replace(/webhooks_sharedkey_\w+/, 'webhooks_sharedkey_1');
    seed('signature', `sharedkeys.json ${row.id}`, `${row.signature ?? ''}\n${row.url}\n${settings}\n\n${body}`);
  }
  for (const [name, settings, sid] of [
    ['two keys', 'key=k2,algorithm=HMAC_SHA1, key=webhooks_sharedkey_1,algorithm=HMAC_SHA256', ''],
    ['an unknown key', 'key=k3,algorithm=HMAC_SHA256', ''], ['an unknown algorithm', 'key=k2,algorithm=HMAC_SHA512', ''],
    ['no key', 'algorithm=HMAC_SHA256', ''], ['a key sid', '-', 'k2'], ['a key sid and settings', 'key=webhooks_sharedkey_1', 'k2'],
  ]) aCase('signature', name, `AAAA\nhttps://hook.example.com/webhooks/twilio\n${settings}\n${sid}\n\na=b`);
}

/** A SharedKey's signature under every header that may come with it. */
function seedsOfSharedKeys() {
  const body = encodeForm(eventParameters(context));
  const right = gatewayVariables(buildWebhook({}, context));
  const settings = 'HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS';
  const cases = {
    'shared key': ['SIGN KEY', [[settings, 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256']]],
    'shared key by HMAC_SHA1': ['SIGN KEY SHA1', [[settings, 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA1']]],
    'shared key without a header': ['SIGN KEY', []],
    'shared key by HMAC_SHA1 without a header': ['SIGN KEY SHA1', []],
    'shared key by its sid': ['SIGN KEY SHA1', [['HTTP_X_TWILIO_SIGNATURE_KEY_SID', 'webhooks_sharedkey_1']]],
    'shared key by the other algorithm': ['SIGN KEY SHA1', [[settings, 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256']]],
    'shared key under another name': ['SIGN KEY', [[settings, 'key=webhooks_sharedkey_2,algorithm=HMAC_SHA256']]],
    'shared key and no name': ['SIGN KEY', [[settings, 'algorithm=HMAC_SHA256']]],
    'token under the name of a shared key': ['SIGN', [[settings, 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA1']]],
    'shared key, tampered': ['TAMPER KEY', [[settings, 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256']]],
    'shared key, cut short': ['CUT KEY', [[settings, 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256']]],
    'settings header twice': ['SIGN KEY', [[settings, 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256'], [settings, 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256']]],
  };
  for (const [name, [word, more]] of Object.entries(cases)) {
    const variables = right.map(([variable, value]) => (variable === 'HTTP_X_TWILIO_SIGNATURE' ? [variable, word] : [variable, value]));
    aCase('request', name, `settings 80\n${plainLines([...variables, ...more])}\n${body}`);
  }
}

/** What every join verdict makes of the same signed webhook, at once and later. */
function seedsOfVerdicts() {
  const body = encodeForm(eventParameters(context));
  const variables = gatewayVariables(buildWebhook({}, context))
    .map(([name, value]) => [name, name === 'HTTP_X_TWILIO_SIGNATURE' ? 'SIGN' : value]);
  for (let verdict = 0; verdict < 6; verdict++) {
    for (const later of [0, 1 << 11]) {
      seed('request', `verdict ${verdict} ${later}`, `settings ${(verdict << 8 | later).toString(16)}\n${plainLines(variables)}\n${body}`);
    }
  }
  for (const [name, instead] of [['tampered', 'TAMPER'], ['signature cut short', 'CUT'], ['signature empty', '']]) {
    const wrong = variables.map(([variable, value]) => [variable, value === 'SIGN' ? instead : value]);
    aCase('request', name, `settings 80\n${plainLines(wrong)}\n${body}`);
  }
  seed('request', 'faulty settings', `settings 1000\n${plainLines(variables)}\n${body}`);
}

/** Signed as it should be, and all the same nothing to be joined: not ours, or not clear which one. */
function seedsOfContradictions() {
  const other = 'CH00000000000000000000000000000002';
  const specs = {
    'account cut short': { set: { AccountSid: 'AC0123456789abcdef' } },
    'account empty': { set: { AccountSid: '' } },
    'account twice': { add: [['AccountSid', `AC${'f'.repeat(32)}`]] },
    'conversation twice': { add: [['ConversationSid', other]] },
    'conversation and one byte': { set: { ConversationSid: `${CONVERSATION}0` } },
    'conversation in the query': { target: `/webhooks/twilio?ConversationSid=${other}`, set: { ConversationSid: undefined } },
    'service twice': { add: [['ChatServiceSid', 'IS00000000000000000000000000000002']] },
  };
  for (const [name, spec] of Object.entries(specs)) {
    const webhook = buildWebhook(spec, context);
    const variables = gatewayVariables(webhook)
      .map(([variable, value]) => [variable, variable === 'HTTP_X_TWILIO_SIGNATURE' ? 'SIGN' : value]);
    for (const events of [0, 8]) {
      aCase('request', `${name} ${events}`, `settings ${events}\n${plainLines(variables)}\n${webhook.body.toString('latin1')}`);
    }
  }
}

function seedsOfRecords() {
  const at = (piece, ...records) => Buffer.concat([Buffer.from([piece]), ...records]);
  const variables = [['REQUEST_METHOD', 'POST'], ['CONTENT_LENGTH', '3'], ['LONG', 'x'.repeat(300)]];
  const params = stream(TYPE.PARAMS, 1, nameValuePairs(variables));
  seed('records', 'padded', at(6, requestRecords({ variables, body: 'abc', padding: 7 })));
  seed('records', 'small records', at(0, requestRecords({ variables, body: 'abc', size: 3 })));
  seed('records', 'kept', at(30, requestRecords({ variables, body: '', keep: true })));
  seed('records', 'oversize', at(200, beginRequest(1), params, record(TYPE.STDIN, 1, 'x'.repeat(3000)), record(TYPE.STDIN, 1, 'x'.repeat(500))));
  aCase('records', 'get values', at(8, record(TYPE.GET_VALUES, 0, nameValuePairs(Array(5).fill(['FCGI_MAX_CONNS', '']))), beginRequest(1)));
  aCase('records', 'get values before a request', at(8, record(TYPE.GET_VALUES, 0, nameValuePairs(Array(5).fill(['FCGI_MAX_CONNS', '']))),
    requestRecords({ variables, body: 'abc' })));
  const allValues = ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS'].map((name) => [name, '']);
  seed('records', 'haproxy', at(30, record(TYPE.GET_VALUES, 0, nameValuePairs(allValues), { padding: 5 }), requestRecords({ variables, body: 'abc', keep: true })));
  aCase('records', 'get values that are cut off', at(3, record(TYPE.GET_VALUES, 0, Buffer.from('\x0e\x00FCGI_MAX_CONNS\x80\xff', 'latin1'))));
  aCase('records', 'padding behind the parameters', at(8, beginRequest(1), record(TYPE.PARAMS, 1, nameValuePairs(variables)),
    record(TYPE.PARAMS, 1, '', { padding: 8 }), record(TYPE.STDIN, 1, 'abc'), record(TYPE.STDIN, 1, '')));
  aCase('records', 'parameters that end within a pair', at(8, beginRequest(1), stream(TYPE.PARAMS, 1, Buffer.from('\x05\x09NAME', 'latin1')),
    record(TYPE.STDIN, 1, '')));
  seed('records', 'abort', at(8, beginRequest(1), params, record(TYPE.ABORT_REQUEST, 1)));
  seed('records', 'two requests', at(8, requestRecords({ variables, body: 'abc' }), requestRecords({ variables, body: 'abc' })));
  aCase('records', 'padding behind the end', at(8, beginRequest(1), params, record(TYPE.STDIN, 1, '', { padding: 8 })));
}

/** Each value is the first outside its limits. */
function casesOfSettings() {
  const sound = { TWILIO_ACCOUNT_SID: 'AC0123456789abcdef0123456789abcdef', TWILIO_AUTH_TOKEN: 's3cr3t', TWILIO_IDENTITY: 'bot' };
  const wrong = {
    AUTOJOIN_DEADLINE_MS: ['499', '4501', '5s'], AUTOJOIN_MAX_BODY: ['1023', '65537'], AUTOJOIN_MAX_PENDING: ['0', '65537'],
    TWILIO_CHAT_SERVICE_SID: ['IS0', `IS${'g'.repeat(32)}`], TWILIO_ACCOUNT_SID: ['AC0'], TWILIO_IDENTITY: [''], TWILIO_API_KEY: ['SK0'],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) aCase('settings', `${name} ${value}`, settingsText({ ...sound, [name]: value }));
  }
  aCase('settings', 'every character that is escaped', 'A="\\"\\\\\\`\\$\\x"\nB=\'\\\'\nC=\\$\\"\n');
}

function casesOfUrls() {
  const front = [['HTTP_HOST', 'hook.example.com:8443'], ['SERVER_PORT', '8443'], ['REQUEST_SCHEME', 'https']];
  const cases = {
    'fragment behind a query': [...front, ['REQUEST_URI', '/webhooks/twilio?a=b#c']],
    'fragment without a query': [...front, ['REQUEST_URI', '/webhooks/twilio#c?d']],
    'host with a path': [['HTTP_HOST', 'other.example.com/path?x='], ['REQUEST_URI', '/webhooks/twilio']],
    'host with userinfo': [['HTTP_HOST', 'hook.example.com@other.example.com'], ['REQUEST_URI', '/webhooks/twilio']],
    'forwarded host with a path': [['FORWARDED', 'x'], ['TRUSTED', '1'], ['REMOTE_ADDR', '127.0.0.1'], ...front,
      ['HTTP_X_FORWARDED_HOST', 'other.example.com/path?x='], ['REQUEST_URI', '/webhooks/twilio']],
    'port and query': [...front, ['REQUEST_URI', '/webhooks/twilio?a=b']],
  };
  for (const [name, variables] of Object.entries(cases)) aCase('public_url', name, plainLines(variables));
}

function seedsOfTickets() {
  const lines = [`conversation=${CONVERSATION}`, `service=${SERVICE}`, 'event=onConversationAdded',
    'first_seen=2026-03-04T05:06:07.890Z', 'attempts=3', 'next_attempt=2026-03-04T05:16:07.001Z',
    'last_verdict="retry-later: Twilio is in trouble"'];
  seed('ticket', 'whole', `${lines.join('\n')}\n`);
  seed('ticket', 'only a conversation', `conversation=${CONVERSATION}\n`);
  seed('ticket', 'by hand', `# by hand\n\n  conversation = '${CONVERSATION}'  \nservice=\nunknown=1\nattempts=x\nfirst_seen=yesterday\n`);
  aCase('ticket', 'verdict with a backslash', `${lines.slice(0, -1).join('\n')}\nlast_verdict="a\\\\b\\"c"\n`);
  for (const [i, line] of lines.entries()) seed('ticket', `without ${i}`, `${lines.filter((l) => l !== line).join('\n')}\n`);
}

// Cases first: of equal ones the first is written.
casesOfSettings();
casesOfUrls();
casesOfJson();
for (const [name, status, body] of replyCases) aCase('reply', name, Buffer.concat([Buffer.from([status]), Buffer.from(body)]));
for (const [name, body] of pageCases) aCase('page', name, body);
aCase('capture', 'backslashes in values', '# captured\nHTTP_HOST=a\\x5cx41\nREQUEST_METHOD=POST\nbody=\\x5c\\x5cx0a\\x7f\n');
seedsOfVerdicts();
seedsOfSharedKeys();
seedsOfContradictions();
seedsOfRecords();
for (const one of allCases) {
  seedsOfCase(one);
  seedsOfEvents(one);
  seedsOfSettings(one);
}
seedsOfVectors();
seedsOfTickets();
for (const [name, how, bytes] of httpReplies) seed('http_reply', name, Buffer.concat([Buffer.from([how]), Buffer.from(bytes)]));
for (const [name, how, bytes] of httpReplyCases) aCase('http_reply', name, Buffer.concat([Buffer.from([how]), Buffer.from(bytes)]));
for (const [name, status, body] of replies) seed('reply', name, Buffer.concat([Buffer.from([status]), Buffer.from(body)]));
for (const [name, body] of pages) seed('page', name, body);
for (const target of Object.keys(written).sort()) console.log(`${target}: ${written[target].size} seeds`);
