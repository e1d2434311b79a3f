// Twilio's official Node validator and the responder judge the same webhooks, side by
// side. VALIDATOR_SEED repeats a run, VALIDATOR_ONLY a single webhook of it;
// VALIDATOR_WEBHOOKS says how many there are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'node:querystring';
import twilio from 'twilio';
import { FastCgiConnection } from '../servers/fastcgi.js';
import { Folder } from '../servers/folder.js';
import { startResponder } from '../servers/responder.js';
import { ACCOUNT_SID, SECONDARY_TOKEN, SHARED_KEYS, TOKEN, generateWebhook } from './generatedwebhook.js';
import { ruleFor, ruleNames } from './libraryrules.js';
import { RESPONDER } from '../lib/programs.js';
import { rightVerdict, seenUrl } from './rightverdict.js';
import { seedFrom } from '../lib/seeded-random.js';

const SEED = seedFrom(process.env.VALIDATOR_SEED);
const ONLY = process.env.VALIDATOR_ONLY === undefined ? undefined : Number(process.env.VALIDATOR_ONLY);
const WEBHOOKS = ONLY === undefined ? Number(process.env.VALIDATOR_WEBHOOKS ?? 22_500) : ONLY + 1;
const SHOWN = ONLY === undefined ? 2000 : Infinity;
const SECRETS = { tokens: [TOKEN, SECONDARY_TOKEN], sharedKeys: SHARED_KEYS };
const FEWEST = { token: 12_000, HMAC_SHA256: 5000, HMAC_SHA1: 1500 };

/** How the responder comes to know its URL: each way has a process and one kept connection. */
const PLACES = [
  { name: 'URL from the request' },
  { name: 'public URL with userinfo and port', fixed: { https: true, host: 'twilio:s3cret%21@hook.example.com:8443', path: '/Hooks/in%20coming' } },
  { name: 'public URL with IPv6 address', fixed: { https: false, host: '[2001:db8::7]', path: '/' } },
];

async function open({ fixed }, folder) {
  // In a file, a line each: a secret may be made of anything but a line's end.
  const responder = await startResponder({
    responder: RESPONDER,
    settings: {
      TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: TOKEN, TWILIO_AUTH_TOKEN_SECONDARY: SECONDARY_TOKEN,
      AUTOJOIN_SHARED_KEYS_FILE: await folder.write('shared-keys', Object.entries(SHARED_KEYS).map((pair) => `${pair.join('=')}\n`).join('')),
      TWILIO_IDENTITY: 'bot',
      // Whatever would be joined is not: only the signature is in question here.
      TWILIO_ENABLED: 'false', AUTOJOIN_API_URL: 'http://127.0.0.1:9', AUTOJOIN_PRECONNECT: 'no', AUTOJOIN_LOG_LEVEL: 'error',
      AUTOJOIN_PUBLIC_URL: fixed && seenUrl({ ...fixed, target: fixed.path }),
    },
  });
  return { responder, connection: await FastCgiConnection.open(responder.socket) };
}

function variables(webhook, { fixed }) {
  // With a public URL the request's own origin and path may be anything.
  const { https, host, target } = fixed ? { https: false, host: 'backend:8080', target: webhook.target.replace(/^[^?#]*/, '/internal') } : webhook;
  return [
    ['REQUEST_METHOD', 'POST'], ['REQUEST_URI', target], ['HTTP_HOST', host], ['CONTENT_TYPE', webhook.contentType],
    ['CONTENT_LENGTH', webhook.body.length], ['REMOTE_ADDR', '127.0.0.1'],
    ...(https ? [['HTTPS', 'on'], ['REQUEST_SCHEME', 'https']] : [['REQUEST_SCHEME', 'http']]),
    ...(webhook.signature === undefined ? [] : [['HTTP_X_TWILIO_SIGNATURE', webhook.signature]]),
    ...(webhook.settings === undefined ? [] : [['HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS', webhook.settings]]),
    ...(webhook.keySid === undefined ? [] : [['HTTP_X_TWILIO_SIGNATURE_KEY_SID', webhook.keySid]]),
  ];
}

async function responderAccepts(connection, webhook, place) {
  const reply = await connection.request({ keep: true, variables: variables(webhook, place), body: webhook.body });
  if (reply?.status === 200) return true;
  if (reply?.status === 403) return false;
  throw new Error(`neither 200 nor 403 but ${reply?.status} ${reply?.stderr}`);
}

/** What its middleware would be given: without a settings header the auth token, with one the SharedKey, which is for us to choose. */
function librarySecrets({ settings }) {
  if (!settings) return SECRETS.tokens;
  const key = /(?:^|,)[ \t]*key[ \t]*=[ \t]*([^ \t,][^,]*?)[ \t]*(?:,|$)/.exec(settings)?.[1];
  if (key === undefined) return Object.values(SHARED_KEYS);
  return Object.hasOwn(SHARED_KEYS, key) ? [SHARED_KEYS[key]] : [];
}

/** The library with what Express would hand it. */
function libraryAccepts(webhook) {
  const url = seenUrl(webhook);
  const text = webhook.body.toString();
  const algorithm = webhook.settings && twilio.getSignatureAlgorithm(webhook.settings);
  return librarySecrets(webhook).some((secret) => (webhook.contentType === 'application/json'
    ? twilio.validateRequestWithBody(secret, webhook.signature, url, text, algorithm)
    : twilio.validateRequest(secret, webhook.signature, url, parse(text, '&', '=', { maxKeys: 0 }), algorithm)));
}

function describe(webhook, verdicts) {
  const { number, pairs, body, ...rest } = webhook;
  return [
    `webhook ${number} of seed ${SEED}; again with VALIDATOR_SEED=${SEED} VALIDATOR_ONLY=${number}`,
    JSON.stringify({ ...verdicts, url: seenUrl(webhook), ...rest }, undefined, 1),
    `body: ${JSON.stringify(body.toString('latin1'))}`,
    `parameters: ${JSON.stringify(pairs)}`,
  ].map((line) => (line.length > SHOWN ? `${line.slice(0, SHOWN)} ... (${line.length} characters)` : line)).join('\n');
}

/** Judges one webhook; the tally is what came of it, and whatever is unexplained throws. */
async function judge(webhook, place, connection, tally) {
  const count = (name) => { tally[name] = (tally[name] ?? 0) + 1; };
  const verdicts = { library: libraryAccepts(webhook), right: rightVerdict(webhook, SECRETS) };
  // The signed text has no delimiters. Where that makes an event of another account, or none at all, of a
  // signed one, the responder's answer no longer tells what it thought of the signature.
  if (webhook.anotherEvent && verdicts.right) return count('signed, and yet another event: not compared');
  try {
    verdicts.responder = await responderAccepts(connection, webhook, place);
  } catch (error) {
    assert.fail(`${error.message}\n${describe(webhook, verdicts)}`);
  }
  if (ONLY !== undefined) process.stdout.write(`${describe(webhook, verdicts)}\n`);
  count(`${webhook.alteration === 'none' ? 'whole' : 'altered'}, ${verdicts.responder ? 'accepted' : 'refused'}`);
  count(`signed by ${webhook.signedBy}`);
  if (verdicts.library !== verdicts.responder) {
    const rule = ruleFor(webhook, verdicts.library);
    assert.ok(rule, `the library ${verdicts.library ? 'accepts' : 'refuses'} what the responder does not, and no rule says why\n${describe(webhook, verdicts)}`);
    count(rule.name);
  }
  return assert.equal(verdicts.responder, verdicts.right, `the responder is wrong\n${describe(webhook, verdicts)}`);
}

test(`the official Node validator and the responder judge ${ONLY === undefined ? WEBHOOKS : 1} webhooks (seed ${SEED})`, async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const tally = {};
  const folder = await Folder.create('validator');
  t.after(() => folder.remove());
  // The library says on the console what it thinks of an algorithm that it does not know.
  t.mock.method(console, 'warn', () => {});
  await Promise.all(PLACES.map(async (place, lane) => {
    const { responder, connection } = await open(place, folder);
    try {
      for (let number = lane; number < WEBHOOKS; number += PLACES.length) {
        if (ONLY !== undefined && number !== ONLY) continue;
        await judge(generateWebhook(SEED, number, place), place, connection, tally);
      }
    } finally {
      connection.close();
      await responder.stop();
    }
  }));
  for (const [name, count] of Object.entries(tally)) t.diagnostic(`${name}: ${count}`);
  if (ONLY !== undefined) return;
  // A generator that makes nothing of a kind, or a judge that says the same of everything, shows here.
  const share = (name) => (tally[name] ?? 0) / WEBHOOKS;
  assert.ok(share('whole, accepted') > 0.4 && share('whole, refused') < 0.06, JSON.stringify(tally));
  assert.ok(share('altered, refused') > 0.35 && share('altered, accepted') > 0.03, JSON.stringify(tally));
  assert.ok((tally['signed, and yet another event: not compared'] ?? 0) < 0.02 * WEBHOOKS, JSON.stringify(tally));
  if (WEBHOOKS >= 22_500) for (const [kind, fewest] of Object.entries(FEWEST)) assert.ok(tally[`signed by ${kind}`] + (kind === 'token' ? tally['signed by secondary'] : 0) >= fewest, kind);
  if (WEBHOOKS >= 10_000) assert.deepEqual(ruleNames.filter((name) => !tally[name]), [], 'rules that nothing shows: no longer needed, or no longer tried');
});
