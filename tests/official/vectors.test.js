// The signed requests in the official helper libraries' own test suites, and those that Twilio's Node library signed
// with SharedKeys, through the responder as a plain CGI program: as the request's own URL, and as the public URL that
// is configured, which carries what no request can (userinfo, a scheme in capitals).

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { Folder } from '../servers/folder.js';
import { runCgi } from '../servers/responder.js';
import { writeSettings } from '../servers/settings.js';
import { RESPONDER } from '../lib/programs.js';

const VECTORS = new URL('../vectors/', import.meta.url);
const FEWEST = 100;
const ACCOUNT_SID = 'AC0123456789abcdef0123456789abcdef';
const REQUEST_URL = /^(https?):\/\/([^/?#@]+)([/?][!-~]*)$/;

async function readVectors() {
  const files = (await readdir(VECTORS)).filter((name) => name.endsWith('.json')).sort();
  const lists = await Promise.all(files.map(async (name) => JSON.parse(await readFile(new URL(name, VECTORS), 'utf8'))));
  return lists.flat();
}

function bodyOf({ params, raw_body: raw }) {
  const pairs = (params ?? []).map(([name, value]) => [name, value ?? '']);
  return Buffer.from(raw ?? new URLSearchParams(pairs).toString());
}

/** JSON without bodySHA256 has nothing that could be signed, and is refused for what it is. */
function rightStatus({ valid, method, url, content_type: type }) {
  if (method !== 'POST') return 405; // of a GET only the unit test judges the signature
  if (valid) return 200;
  return type === 'application/json' && !url.includes('bodySHA256=') ? 415 : 403;
}

/** Whose webhook it is: as its form says, or its events. */
function accountOf({ params, raw_body: raw, content_type: type }) {
  if (type !== 'application/json') return Object.fromEntries(params ?? []).AccountSid;
  return /"AccountSid":"(AC[0-9a-f]{32})"/.exec(raw)?.[1];
}

function settingsFor({ token, keys = {}, ...vector }, publicUrl) {
  return {
    TWILIO_ACCOUNT_SID: accountOf(vector) ?? ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: token, TWILIO_IDENTITY: 'bot',
    AUTOJOIN_SHARED_KEYS: Object.entries(keys).map((pair) => pair.join('=')).join(',') || undefined,
    // Nobody is joined by them, and nothing listens there if it were tried.
    TWILIO_ENABLED: 'false', AUTOJOIN_API_URL: 'http://127.0.0.1:9', AUTOJOIN_PUBLIC_URL: publicUrl,
  };
}

function variablesFor(vector, body, { scheme = 'http', host = 'backend.internal', target }) {
  return [
    ['GATEWAY_INTERFACE', 'CGI/1.1'], ['REQUEST_METHOD', vector.method], ['REQUEST_SCHEME', scheme], ['HTTP_HOST', host],
    ['REQUEST_URI', target], ['CONTENT_TYPE', vector.content_type], ['CONTENT_LENGTH', String(body.length)], ['REMOTE_ADDR', '127.0.0.1'],
    ...(scheme === 'https' ? [['HTTPS', 'on']] : []),
    ...(vector.signature === null ? [] : [['HTTP_X_TWILIO_SIGNATURE', vector.signature]]),
    ...(vector.settings_header ? [['HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS', vector.settings_header]] : []),
  ];
}

const vectors = await readVectors();

describe(`${vectors.length} signed requests of the official libraries' tests, as CGI`, { concurrency: 2 }, () => {
  let folder;
  let program;
  before(async () => {
    folder = await Folder.create('vec');
    program = await folder.install(RESPONDER, 'twilio-autojoin.fcgi');
  });
  after(() => folder.remove());

  async function judge(vector, way, publicUrl, request) {
    const body = bodyOf(vector);
    const file = await writeSettings(folder, settingsFor(vector, publicUrl), { name: `${way}-${vector.id}.conf` });
    const reply = await runCgi({
      program, as: folder.as, env: { AUTOJOIN_CONFIG: file }, variables: variablesFor(vector, body, request), stdin: body,
    });
    assert.equal(reply.status, rightStatus(vector), `${JSON.stringify(vector)}\n${reply.stderr}`);
  }

  for (const vector of vectors) {
    const title = `${vector.id} ${vector.source.split(' ')[0]}: ${vector.case ?? vector.note}`;
    const [, scheme, host, target] = REQUEST_URL.exec(vector.url) ?? [];
    if (scheme) it(`${title}, URL of the request`, () => judge(vector, 'request', undefined, { scheme, host, target }));
    // The query may be the configuration's or the request's: JSON is recognised by the latter.
    const query = /\?[!-~]*$/.exec(vector.url)?.[0] ?? '';
    it(`${title}, configured URL`, () => judge(vector, 'public', vector.url, { target: `/internal${query}` }));
  }

  it('there are enough of both kinds', () => {
    const valid = vectors.filter((vector) => vector.valid).length;
    assert.ok(valid >= FEWEST / 2 && vectors.length >= FEWEST && vectors.length - valid >= FEWEST / 5, `${valid} of ${vectors.length} valid`);
  });
});
