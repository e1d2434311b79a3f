// twilio-autojoin check: every finding provoked once, with its verdict and its fix.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { afterEach, describe, it } from 'node:test';
import { jsonLines } from '../lib/operator.js';
import { ticketText } from '../lib/ticket-file.js';
import { makeCertificate } from '../servers/certificate.js';
import { OTHER_ACCOUNT_SID } from '../lib/account.js';
import { Folder } from '../servers/folder.js';
import { settingsText } from '../servers/settings.js';
import { IDENTITY, OperatorScene } from './scene.js';
import { hasNoTerminal } from './terminal.js';

const WELL = ['settings', 'spool', 'credentials', 'auth token', 'clock', 'service', 'retries', 'limit', 'public URL'];
const failing = (code, status) => ({ status, json: { code, status, message: 'so it is' } });
const own = (scene) => scene.twilio.defaultService.webhook;
const replying = (status, body, headers) => (scene) => { scene.front.slips.reply = { status, body, headers }; };

async function plant(scene, sid = `CH${'7'.repeat(32)}`) {
  await scene.folder.write(`spool/${sid}`, ticketText({ conversation: sid }));
}

async function otherResponder(scene, settings) {
  const before = { ...scene.settings };
  await scene.change(settings);
  await scene.restartResponder();
  await scene.change(before);
}

// Most cases are about Twilio's side: an answer like our responder's will do for them.
const LIKE_OURS = { status: 200, body: '{"result":"ignored"}' };

/** Each: what is wrong, and all that is not "pass": [verdict, subject, text, fix]. */
const CASES = [
  {
    name: 'TWILIO_ENABLED is false', open: { settings: { TWILIO_ENABLED: 'false' } },
    finds: [['fail', 'settings', /TWILIO_ENABLED is false/, /^TWILIO_ENABLED=true$/]],
  },
  {
    name: 'no public URL, and Twilio sends somewhere', open: { settings: { AUTOJOIN_PUBLIC_URL: undefined } },
    finds: [['warn', 'settings', /AUTOJOIN_PUBLIC_URL is not set/, /AUTOJOIN_PUBLIC_URL=https:/], ['warn', 'webhook', /^Twilio sends to http:\/\/127/, /AUTOJOIN_PUBLIC_URL/]],
  },
  {
    name: 'no spool', open: { settings: { AUTOJOIN_SPOOL_DIR: undefined } },
    finds: [['warn', 'settings', /AUTOJOIN_SPOOL_DIR is not set/, /AUTOJOIN_SPOOL_DIR=/]],
  },
  {
    name: 'a spool that is not there', arrange: (scene) => rm(scene.spool, { recursive: true }),
    finds: [['fail', 'spool', /No such file/, /^create it, owned by the user the responder runs as, mode 0700 .*: install -d -o \S+ -g \S+ -m 0700 \S+\/spool$/]],
  },
  {
    name: 'a spool that nobody can write to', arrange: (scene) => chmod(scene.spool, 0o500),
    finds: [['fail', 'spool', /Permission denied/, /mode 0700/]],
  },
  {
    name: 'a spool that everybody can write to', arrange: (scene) => chmod(scene.spool, 0o777),
    finds: [['fail', 'spool', /writable by everybody/, /mode 0700/]],
  },
  { name: 'joins are waiting', arrange: (scene) => plant(scene), finds: [['warn', 'spool', /^1 joins? (is|are) waiting in /, /^twilio-autojoin drain$/]] },
  {
    name: 'an API key that Twilio refuses', open: { settings: { TWILIO_API_SECRET: 'wrong' } },
    finds: [['fail', 'credentials', /Twilio error 20003/, /TWILIO_API_KEY and TWILIO_API_SECRET/]],
  },
  {
    name: 'an auth token that Twilio refuses', open: { settings: { TWILIO_API_KEY: undefined, TWILIO_API_SECRET: undefined, TWILIO_AUTH_TOKEN: 'old' } },
    finds: [['fail', 'credentials', /Twilio error 20003/, /TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.*promoted/]],
  },
  {
    name: 'an API key of another account', arrange: (scene) => { scene.twilio.webhook.account_sid = OTHER_ACCOUNT_SID; },
    finds: [['fail', 'credentials', new RegExp(`^TWILIO_API_KEY is of the account ${OTHER_ACCOUNT_SID}, and TWILIO_ACCOUNT_SID is AC`), /^take an API key of that account/]],
  },
  {
    name: 'an identity that nobody ever connected with, and a near one', arrange: (scene) => { scene.twilio.users = []; for (const name of ['agent-1', 'conversation_bot', 'supervisor']) scene.twilio.addUser(name); },
    finds: [['warn', 'identity', /^conversation-bot is no user of the service: nobody has ever connected with it \(3 users there\)$/, /^TWILIO_IDENTITY=conversation_bot, if that is the bot's/]],
  },
  {
    name: 'an identity that nobody ever connected with, and none that is near', arrange: (scene) => { scene.twilio.users = []; scene.twilio.addUser('xyz'); },
    finds: [['warn', 'identity', /is no user of the service.*\(1 user there\)$/, /^connect the bot once with that identity, or correct TWILIO_IDENTITY$/]],
  },
  {
    name: 'a key that may not read users', arrange: (scene) => scene.twilio.answer(/GET .*\/Users\//, failing(70051, 403)),
    finds: [['warn', 'identity', /lacks the permission to read users/, /give the key that permission/]],
  },
  {
    name: 'a suspended account', arrange: (scene) => scene.twilio.answer(/./, failing(20403, 403)),
    finds: [['fail', 'credentials', /Twilio error 20403: so it is/, /^see to the account in Twilio's console: it is suspended/]],
  },
  {
    name: 'Twilio fails', arrange: (scene) => scene.twilio.answer(/./, { status: 500, text: 'no JSON' }),
    finds: [['fail', 'twilio', /^cannot be asked: HTTP status 500$/, /AUTOJOIN_API_URL, AUTOJOIN_PROXY and AUTOJOIN_CA_FILE/]],
  },
  {
    name: 'nobody listens', open: { settings: { AUTOJOIN_API_URL: 'http://127.0.0.1:1' } },
    finds: [['fail', 'twilio', /^cannot be asked: .* \(http:\/\/127\.0\.0\.1:1\)$/, /check the network/]],
  },
  { name: 'a clock that is ahead', arrange: (scene) => { scene.twilio.clockOffsetMs = -300_000; }, finds: [['warn', 'clock', /by (299|30\d) s$/, /timedatectl/]] },
  { name: 'a clock that is behind', arrange: (scene) => { scene.twilio.clockOffsetMs = 300_000; }, finds: [['warn', 'clock', /by -(299|300) s$/, /timedatectl/]] },
  {
    name: 'an account without a default service', arrange: (scene) => { scene.twilio.defaultService = undefined; },
    finds: [['fail', 'service', /no default service/, /^set TWILIO_CHAT_SERVICE_SID$/]],
  },
  {
    name: 'a service that is not there', open: { settings: { TWILIO_CHAT_SERVICE_SID: `IS${'9'.repeat(32)}` } }, some: true,
    finds: [['fail', 'service', /20404|no such service/, /TWILIO_CHAT_SERVICE_SID/]],
  },
  {
    name: 'the account\'s webhooks cannot be asked', arrange: (scene) => scene.twilio.answer(/GET \/v1\/Configuration\/Webhooks/, { ...failing(20429, 429), skip: 1 }), some: true,
    finds: [['warn', 'account', /^cannot be asked: Twilio error 20429/]],
  },
  {
    name: 'the service\'s webhooks cannot be asked', arrange: (scene) => scene.twilio.answer(/GET \/v1\/Services\/.*\/Configuration\/Webhooks/, failing(20429, 429)), some: true,
    finds: [['warn', 'service', /^cannot be asked: Twilio error 20429/]],
  },
  {
    name: 'no webhook at all', open: { webhook: false }, arrange: (scene) => { scene.twilio.defaultService.retries = 1; },
    finds: [['fail', 'webhook', /neither account nor service has a webhook URL/, /^twilio-autojoin setup$/]],
  },
  {
    name: 'a URL with a password at Twilio', arrange: (scene) => scene.pointAtUs(undefined, 'https://hook:geheim@other.example.com/x'),
    finds: [['fail', 'webhook', /^Twilio sends to https:\/\/\*\*\*@other\.example\.com\/x, which is not/, /^AUTOJOIN_PUBLIC_URL=https:\/\/\*\*\*@other/]],
  },
  ...[['a slash more', (url) => `${url}/`], ['another scheme', (url) => url.replace('http:', 'https:')], ['a capital', (url) => url.replace('twilio', 'Twilio')], ['somebody else\'s', () => 'https://crm.example.com/']].map(([what, url]) => ({
    name: `a webhook URL that is not ours byte for byte: ${what}`, arrange: (scene) => scene.pointAtUs(undefined, url(scene.front.url)),
    finds: [['fail', 'webhook', /^Twilio sends to https?:\S+, which is not byte for byte AUTOJOIN_PUBLIC_URL/, /^AUTOJOIN_PUBLIC_URL=\S+ if that is right; otherwise twilio-autojoin setup --replace$/]],
  })),
  {
    name: 'our URL with a fragment', arrange: (scene) => scene.pointAtUs(undefined, `${scene.front.url}#rc=3&rp=all`),
    finds: [['warn', 'service', /^the webhook's URL has a fragment \(#\.\.\.\), which Conversations does not heed$/, /^twilio-autojoin setup --replace$/]],
  },
  {
    name: 'our own URL of before', arrange: (scene) => scene.pointAtUs(undefined, 'https://old.example.com/webhooks/twilio'),
    finds: [['fail', 'webhook', /AUTOJOIN_PUBLIC_URL: it is our path at another host: ours of before, most likely$/, /setup --replace$/]],
  },
  {
    name: 'no public URL, and Twilio sends other events than those that are waited for', open: { settings: { AUTOJOIN_PUBLIC_URL: undefined } }, arrange: (scene) => { own(scene).filters = ['onMessageAdded']; },
    finds: [['warn', 'settings', /AUTOJOIN_PUBLIC_URL is not set/, /./], ['warn', 'webhook', /^Twilio sends to http:/, /./], ['fail', 'service', /onConversationAdded is not among the events/, /setup --level service/]],
  },
  {
    name: 'the account\'s webhooks are routed to Flex, and ours is the service\'s', arrange: (scene) => { scene.twilio.webhook.target = 'flex'; },
    finds: [['warn', 'account', /routed to Flex, which orchestrates its conversations itself/, /^our webhook is the service's: twilio-autojoin probe/]],
  },
  {
    name: 'the account\'s webhooks are routed to Flex, ours among them', open: { webhook: false }, arrange: (scene) => { scene.pointAtUs(scene.twilio.webhook); scene.twilio.webhook.target = 'flex'; },
    finds: [['fail', 'account', /routed to Flex, which orchestrates its conversations itself/, /setup --level service.*Target/]],
  },
  { name: 'method GET', arrange: (scene) => { own(scene).method = 'GET'; }, finds: [['fail', 'service', /method is GET, not POST/, /^twilio-autojoin setup --level service$/]] },
  { name: 'an empty list of events', arrange: (scene) => { own(scene).filters = []; }, finds: [['fail', 'service', /list of events is empty/, /^twilio-autojoin setup --level service$/]] },
  { name: 'a list without ours', arrange: (scene) => { own(scene).filters = ['onMessageAdded']; }, finds: [['fail', 'service', /onConversationAdded is not among the events/, /^twilio-autojoin setup --level service$/]] },
  {
    name: 'a list with ours, and without the event that AUTOJOIN_EVENTS waits for', open: { settings: { AUTOJOIN_EVENTS: 'onMessageAdded' } },
    finds: [['fail', 'service', /^onMessageAdded is not among the events$/, /^twilio-autojoin setup --level service$/]],
  },
  {
    name: 'nobody tells that the bot was removed', arrange: (scene) => { own(scene).filters = ['onConversationAdded']; },
    finds: [['warn', 'service', /^onParticipantRemoved is not among the events/, /^twilio-autojoin setup --level service$/]],
  },
  {
    name: 'the same on the account\'s level', open: { webhook: false },
    arrange: (scene) => {
      scene.pointAtUs(scene.twilio.webhook);
      scene.twilio.webhook.filters = [];
    },
    finds: [['fail', 'account', /list of events is empty/, /--level account$/]],
  },
  { name: 'both levels', arrange: (scene) => scene.pointAtUs(scene.twilio.webhook), finds: [['warn', 'webhook', /every event comes twice/, /^twilio-autojoin setup \(clears one of the two\)$/]] },
  { name: 'we are the pre-event webhook', arrange: (scene) => { own(scene).pre_webhook_url = scene.front.url; }, finds: [['fail', 'service', /pre-event webhook/, /clear the pre-event webhook URL/]] },
  { name: 'we are the account\'s pre-event webhook', arrange: (scene) => { scene.twilio.webhook.pre_webhook_url = scene.front.url; }, finds: [['fail', 'account', /pre-event webhook/, /clear/]] },
  { name: 'no retries', arrange: (scene) => { scene.twilio.defaultService.retries = 0; }, finds: [['warn', 'retries', /does not repeat/, /^twilio-autojoin setup --retries 3/]] },
  { name: 'retries cannot be asked', arrange: (scene) => scene.twilio.answer(/GET \/v2/, failing(20003, 401)), finds: [['warn', 'retries', /cannot be asked: Twilio error 20003/]] },
  { name: 'an address without autocreation', arrange: (scene) => scene.twilio.addAddress({ enabled: false }), finds: [['warn', 'address', /ending in 0042 creates no/, /switch on autocreation/]] },
  { name: 'an address of another service', arrange: (scene) => scene.twilio.addAddress({ service: scene.twilio.addService().sid }), finds: [['warn', 'address', /ending in 0042 creates its conversations in IS[0-9a-f]{32}$/, /TWILIO_CHAT_SERVICE_SID/]] },
  {
    name: 'an address of the default service, which is not ours',
    async arrange(scene) {
      const service = scene.twilio.addService();
      scene.twilio.addAddress();
      Object.assign(service, { retries: 1 });
      scene.pointAtUs(service.webhook);
      await scene.change({ TWILIO_CHAT_SERVICE_SID: service.sid });
    },
    finds: [['warn', 'address', /ending in 0042 creates its conversations in IS[0-9a-f]{32}$/, /TWILIO_CHAT_SERVICE_SID/]],
  },
  { name: 'an address with a Studio flow', arrange: (scene) => scene.twilio.addAddress({ kind: 'studio' }), finds: [['warn', 'address', /ending in 0042 hands its conversations to a Studio flow/, /autocreation to "default"/]] },
  { name: 'an address that creates for somebody else', arrange: (scene) => scene.twilio.addAddress({ kind: 'flex' }), finds: [['warn', 'address', /ending in 0042 hands its conversations to flex/, /a number of its own/]] },
  {
    name: 'a WhatsApp address that is no number: no character of it is shown', arrange: (scene) => scene.twilio.addAddress({ type: 'whatsapp', address: 'whatsapp:US.ABC123XYZ', enabled: false }),
    finds: [['warn', 'address', /^the whatsapp address IG[0-9a-f]{32} creates no conversations$/, /switch on autocreation/]],
  },
  {
    name: 'an address of which it cannot be told where it creates', open: { webhook: false },
    async arrange(scene) {
      scene.twilio.addAddress();
      scene.pointAtUs();
      await scene.change({ TWILIO_CHAT_SERVICE_SID: scene.twilio.defaultService.sid });
      scene.twilio.answer(/GET \/v1\/Configuration$/, failing(70051, 403));
    },
    finds: [['warn', 'addresses', /^in which service 1 of them creates its conversations cannot be told: the account's default one is not known \(Twilio error 70051/, /give each address a service/]],
  },
  { name: 'an address as it should be', arrange: (scene) => scene.twilio.addAddress(), finds: [] },
  {
    name: 'a key that may not list addresses', arrange: (scene) => scene.twilio.answer(/Addresses/, failing(70051, 403)),
    finds: [['warn', 'addresses', /Twilio error 70051.*lacks the permission to list address configurations/, /give the key that permission/]],
  },
  {
    name: 'an address that is not among the first 50', arrange: (scene) => {
      for (let i = 0; i < 120; i++) scene.twilio.addAddress({ address: `+1500555${1000 + i}`, enabled: i !== 110 });
    },
    finds: [['warn', 'address', /ending in 1110 creates no/, /switch on autocreation/]],
  },
  {
    name: 'a key that may not read the account\'s webhooks', arrange: (scene) => scene.twilio.answer(/GET \/v1\/Configuration\/Webhooks/, failing(70051, 403)),
    finds: [['warn', 'account', /Twilio error 70051.*lacks the permission to read the webhook configuration/, /give the key that permission/]],
  },
  {
    name: 'a key that may not read which service is the default one', arrange: (scene) => scene.twilio.answer(/GET \/v1\/Configuration$/, failing(70051, 403)),
    finds: [['warn', 'service', /lacks the permission to read the configuration/, /give the key that permission/]],
  },
  {
    name: 'a 403 that is not Twilio\'s', arrange: (scene) => scene.twilio.answer(/./, { status: 403, text: '<html>blocked</html>' }),
    finds: [['fail', 'twilio', /^cannot be asked: HTTP status 403$/, /AUTOJOIN_PROXY/]],
  },
  {
    name: 'a proxy that answers in Twilio\'s place', arrange: (scene) => scene.twilio.answer(/./, { status: 200, text: '<html>Please log in</html>' }),
    finds: [['fail', 'twilio', /^cannot be asked: what came is no JSON/, /AUTOJOIN_PROXY/]],
  },
  {
    name: 'webhooks of another shape', open: { webhook: false }, arrange: (scene) => {
      scene.twilio.defaultService.retries = 1;
      scene.twilio.answer(/GET \/v1\/Services\/.*\/Configuration\/Webhooks/, { status: 200, json: {} });
    },
    finds: [['warn', 'service', /^cannot be asked: what came is not what Twilio's API gives$/]],
  },
  {
    name: 'retries of another shape', arrange: (scene) => scene.twilio.answer(/GET \/v2/, { status: 200, json: {} }),
    finds: [['warn', 'retries', /^cannot be asked: what came is not what Twilio's API gives$/]],
  },
  {
    name: 'Twilio asks to wait for a day', arrange: (scene) => scene.twilio.answer(/ParticipantConversations/, { ...failing(20429, 429), headers: { 'retry-after': '86400' } }),
    finds: [['warn', 'limit', /^cannot be asked: Twilio error 20429: so it is \(asks to wait 86400 s\)$/]],
  },
  {
    name: 'pages above one MiB', arrange: (scene) => {
      for (let i = 0; i < 120; i++) scene.twilio.addConversation({ identities: [IDENTITY], attributes: JSON.stringify({ padding: '"'.repeat(8000) }) });
    },
    finds: [],
  },
  { name: '800 conversations', arrange: (scene) => inConversations(scene, 800), finds: [['warn', 'limit', /in 800 of at most 1000/, /^twilio-autojoin setup --closed-timer P7D/]] },
  { name: '1000 conversations, inactive ones too', arrange: (scene) => { inConversations(scene, 600); inConversations(scene, 400, 'inactive'); }, finds: [['fail', 'limit', /in 1000 of at most 1000/, /--closed-timer/]] },
  {
    name: 'the limit of each identity', open: { settings: { AUTOJOIN_IDENTITIES: 'second' } },
    arrange: (scene) => inConversations(scene, 1000, 'active', 'second'), finds: [['fail', 'limit', /second.* in 1000 of at most 1000/, /--closed-timer/]],
  },
  { name: '799 conversations, and closed ones', arrange: (scene) => { inConversations(scene, 300, 'closed'); inConversations(scene, 799); }, finds: [] },
  { name: 'conversations cannot be listed', arrange: (scene) => scene.twilio.answer(/ParticipantConversations/, failing(20003, 401)), finds: [['warn', 'limit', /cannot be asked/]] },
  {
    name: 'conversations cannot be listed, of several identities', open: { settings: { AUTOJOIN_IDENTITIES: 'second, third' } },
    arrange: (scene) => scene.twilio.answer(/ParticipantConversations/, failing(70051, 403)),
    finds: [['warn', 'limit', /lacks the permission to list participant conversations/, /give the key that permission/]],
  },
  { name: 'a list that is none', arrange: (scene) => scene.twilio.answer(/ParticipantConversations/, { status: 200, text: '<html>' }), finds: [['warn', 'limit', /cannot be asked|no list/]] },
  {
    name: 'the responder has another auth token', arrange: (scene) => otherResponder(scene, { TWILIO_AUTH_TOKEN: 'another' }),
    finds: [['fail', 'public URL', /our signature is refused there/, /same AUTOJOIN_PUBLIC_URL and TWILIO_AUTH_TOKEN/]],
  },
  {
    name: 'the responder has another public URL', arrange: (scene) => otherResponder(scene, { AUTOJOIN_PUBLIC_URL: 'https://elsewhere.example.com/' }),
    finds: [['fail', 'public URL', /refused/, /AUTOJOIN_PUBLIC_URL/]],
  },
  {
    name: 'the responder is another account\'s', arrange: (scene) => otherResponder(scene, { TWILIO_ACCOUNT_SID: OTHER_ACCOUNT_SID }),
    finds: [['fail', 'public URL', /refused/, /.+/]],
  },
  { name: 'the responder has faulty settings', arrange: (scene) => otherResponder(scene, { TWILIO_IDENTITY: undefined }), finds: [['fail', 'public URL', /faulty settings/, /error log/]] },
  { name: 'the URL redirects', arrange: replying(301, '', { location: 'https://www.example.com/' }), finds: [['fail', 'public URL', /redirects/, /configure the URL it redirects to/]] },
  { name: 'the path leads nowhere', arrange: replying(404, 'none'), finds: [['fail', 'public URL', /something else answers there \(HTTP status 404\)/, /route the path/]] },
  { name: 'a page answers 200', arrange: replying(200, '<html>It works!</html>'), finds: [['fail', 'public URL', /something else answers there \(HTTP status 200\)/, /route the path/]] },
  { name: 'somebody else says 200', arrange: replying(200, '{"status":"ok"}'), finds: [['fail', 'public URL', /something else answers/, /route the path/]] },
  { name: 'the URL cannot be reached from here', arrange: (scene) => scene.front.server.close(), finds: [['warn', 'public URL', /^127\.0\.0\.1:\d+ cannot be reached from here: Could(n't| not) connect to server/, /^start the web server that is to listen at 127\.0\.0\.1:\d+, or open its port$/]] },
];

function inConversations(scene, count, state = 'active', identity = IDENTITY) {
  for (let i = 0; i < count; i++) scene.twilio.addConversation({ state, identities: [identity] });
}

describe('check', () => {
  let scene;
  afterEach(() => scene?.close());
  const open = async (options) => { scene = await OperatorScene.open(options); };
  const subjects = ({ findings }) => findings.map(({ check }) => check);

  it('passes what is right, exits 0, changes nothing', async () => {
    await open();
    const run = await scene.check();
    assert.equal(run.code, 0, run.stdout);
    assert.equal(run.stderr, '');
    assert.ok(run.findings.every(({ verdict, fix }) => verdict === 'pass' && fix === ''), run.stdout);
    assert.deepEqual(WELL.filter((name) => !subjects(run).includes(name)), []);
    assert.deepEqual(run.counts, { pass: run.findings.length, warn: 0, fail: 0 });
    assert.deepEqual(scene.changes(), []);
    assert.deepEqual(scene.twilio.objections, []);
  });

  for (const { name, open: options, arrange, finds, some } of CASES) {
    it(name, async () => {
      await open(/^the responder/.test(name) ? options : { responder: false, slips: { reply: LIKE_OURS }, ...options });
      await arrange?.(scene);
      const run = await scene.check();
      const wrong = run.findings.filter(({ verdict }) => verdict !== 'pass');
      const told = (found) => finds.find(([verdict, subject, text, fix]) => found.verdict === verdict && found.check === subject
        && text.test(found.text) && (fix ? fix.test(found.fix) : found.fix === ''));
      const shown = JSON.stringify(wrong, null, 1);
      assert.deepEqual(finds.filter((one) => !wrong.some((found) => told(found) === one)), [], `not found; but: ${shown}`);
      if (!some) assert.equal(wrong.length, finds.length, shown);
      assert.equal(run.code, wrong.some(({ verdict }) => verdict === 'fail') ? 1 : 0);
      assert.equal(run.counts.fail + run.counts.warn, wrong.length);
      assert.deepEqual(scene.twilio.objections, []);
      assert.deepEqual(scene.changes(), []);
    });
  }

  it('a key that may only create participants: what it lacks is named, and what needs no key is looked at all the same', async () => {
    await open();
    scene.twilio.answer(/\/v[12]\//, failing(70051, 403));
    const run = await scene.check();
    assert.equal(run.code, 0, run.stdout);
    const of = (verdict) => run.findings.filter((found) => found.verdict === verdict).map(({ check }) => check);
    assert.deepEqual(of('fail'), []);
    assert.deepEqual(of('warn'), ['service', 'account', 'addresses', 'limit']);
    assert.deepEqual(of('pass').slice(-1), ['public URL']);
    for (const { verdict, text, fix } of run.findings) if (verdict === 'warn') assert.match(text + fix, /lacks the permission to .*give the key that permission/);
  });

  it('an auth token that only signs is judged too: with an API key nobody else would notice', async () => {
    await open({ settings: { TWILIO_AUTH_TOKEN: 'api+secret/that=nobody&may#see' } });
    const run = await scene.check();
    assert.equal(run.code, 1, run.stdout);
    const found = run.findings.find(({ check, verdict }) => check === 'auth token' && verdict === 'fail');
    assert.match(found.text, /Twilio does not take TWILIO_AUTH_TOKEN: its signatures will not match/);
    assert.match(found.fix, /from the console.*API key's secret signs nothing.*promotion/);
  });

  it('a secondary token that Twilio does not take yet is no fault', async () => {
    await open({ settings: { TWILIO_AUTH_TOKEN_SECONDARY: 'f'.repeat(32) } });
    const run = await scene.check();
    assert.equal(run.code, 0, run.stdout);
    assert.deepEqual(run.findings.filter(({ verdict }) => verdict !== 'pass').map(({ check, verdict }) => [check, verdict]), [['auth token', 'warn']]);
  });

  it('names every faulty setting, and then asks nobody', async () => {
    await open();
    await scene.change({ TWILIO_IDENTITY: undefined, AUTOJOIN_MAX_BODY: '1', AUTOJOIN_NONSENSE: '1' });
    const run = await scene.check();
    assert.equal(run.code, 1);
    const texts = run.findings.filter(({ check, verdict }) => check === 'settings' && verdict === 'fail').map(({ text }) => text);
    for (const name of ['TWILIO_IDENTITY', 'AUTOJOIN_MAX_BODY', 'AUTOJOIN_NONSENSE']) assert.ok(texts.some((text) => text.includes(name)), texts.join('\n'));
    assert.equal(scene.twilio.requests.filter(({ method }) => method !== 'HEAD').length, 0);
  });

  it('a settings file that others may read', async () => {
    await open();
    await chmod(scene.settingsFile, 0o644);
    const run = await scene.check();
    assert.equal(run.code, 1);
    assert.match(run.findings[0].text, /can be read or written by others/);
  });

  it('a settings file that is not there, or cannot be read: one line, with the file, who cannot, and what to do', async () => {
    await open({ responder: false });
    const missing = scene.folder.join('no-such.conf');
    const roots = scene.folder.join('roots.conf');
    await writeFile(roots, settingsText(scene.settings), { mode: 0o600 });
    const cases = [
      [missing, /no-such\.conf does not exist$/, /^twilio-autojoin init; or: install -m 0640 -o root -g \S+ \S+\/twilio-autojoin\.conf \S+no-such\.conf, and write your account's values into it$/],
      ...(process.getuid() === 0 ? [[roots, /roots\.conf cannot be read by the user this program runs as$/, /^sudo twilio-autojoin check; .*chown root:\S+ \S+roots\.conf && chmod 0640 \S+roots\.conf$/]] : []),
    ];
    for (const [path, text, fix] of cases) {
      const run = await scene.start(['check', '--json'], { env: { AUTOJOIN_CONFIG: path } }).exited;
      const faults = jsonLines(run).filter(({ verdict }) => verdict === 'fail');
      assert.equal(faults.length, 1, run.stdout);
      assert.equal(run.code, 1);
      assert.match(faults[0].text, text);
      assert.match(faults[0].fix, fix);
    }
  });

  it('a public URL without TLS that is not this machine', async () => {
    await open({ responder: false, settings: { AUTOJOIN_PUBLIC_URL: 'http://hook.example.invalid/webhooks/twilio' } });
    const run = await scene.check('--offline');
    const [found] = run.findings.filter(({ verdict }) => verdict !== 'pass');
    assert.deepEqual([found.check, found.verdict], ['settings', 'warn'], run.stdout);
    assert.match(found.text, /^AUTOJOIN_PUBLIC_URL is http:/);
    assert.match(found.fix, /AUTOJOIN_PUBLIC_URL=https:.*setup --replace/);
  });

  it('as root, a spool that is not there is a finding and no end', { skip: process.getuid() !== 0 && 'not root' }, async () => {
    await open();
    const folder = await Folder.create('root');
    try {
      const missing = folder.join('no-such');
      await writeFile(folder.join('conf'), settingsText({ ...scene.settings, AUTOJOIN_SPOOL_DIR: missing }), { mode: 0o600 });
      const run = await scene.start(['check', '--json'], { as: {}, env: { AUTOJOIN_CONFIG: folder.join('conf') } }).exited;
      assert.equal(run.code, 1, run.stderr);
      assert.ok(jsonLines(run).some(({ check, verdict }) => check === 'spool' && verdict === 'fail'), run.stdout);
    } finally {
      await folder.remove();
    }
  });

  it('--offline asks nobody', async () => {
    await open();
    const run = await scene.check('--offline');
    assert.equal(run.code, 0);
    assert.deepEqual(subjects(run), ['settings', 'spool']);
    // What the responder opens ahead is not ours.
    assert.deepEqual(scene.twilio.requests.filter(({ method }) => method !== 'HEAD'), []);
    assert.equal(scene.front.requests.length, 0);
  });

  it('the public URL with a query, and with credentials of its own', async () => {
    await open({ responder: false });
    const url = `${scene.front.url.replace('http://', 'http://hook:se%40cret@')}?a=b%20c&d`;
    await scene.change({ AUTOJOIN_PUBLIC_URL: url });
    await scene.startResponder();
    scene.pointAtUs(undefined, url);
    const run = await scene.check();
    assert.equal(run.code, 0, run.stdout);
    assert.equal(run.findings.at(-1).verdict, 'pass', run.stdout);
    const [{ url: target, headers }] = scene.front.requests;
    assert.equal(target, '/webhooks/twilio?a=b%20c&d');
    assert.equal(headers.authorization, `Basic ${Buffer.from('hook:se@cret').toString('base64')}`);
  });

  it('the public URL by HTTPS; Twilio\'s credentials never go there', async () => {
    const folder = await Folder.create('tls');
    try {
      const { key, cert } = await makeCertificate(folder);
      await open({ tls: { key: await readFile(key), cert: await readFile(cert) }, settings: { AUTOJOIN_CA_FILE: cert } });
      const run = await scene.check();
      assert.equal(run.findings.at(-1).verdict, 'pass', run.stdout);
      for (const { headers } of scene.front.requests) assert.equal(headers.authorization, undefined);
    } finally {
      await folder.remove();
    }
  });

  it('the public URL is asked through AUTOJOIN_PROXY, whatever the environment says', async () => {
    await open();
    const asked = [];
    const proxy = http.createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      request.pipe(http.request(request.url, { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      }));
    }).listen(0, '127.0.0.1');
    try {
      await once(proxy, 'listening');
      await scene.change({ AUTOJOIN_PROXY: `http://127.0.0.1:${proxy.address().port}` });
      await scene.restartResponder();
      const run = await scene.start(['check', '--json'], { env: { http_proxy: 'http://127.0.0.1:1', no_proxy: '127.0.0.1' } }).exited;
      assert.equal(run.code, 0, run.stdout);
      assert.ok(asked.includes(`POST ${scene.front.url}`), asked.join('\n'));
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('Ctrl-C ends the wait for a public URL that does not answer', async () => {
    await open();
    scene.front.server.removeAllListeners('request');
    const asked = once(scene.front.server, 'request');
    const run = scene.start(['check', '--json']);
    await asked;
    const begun = performance.now();
    run.child.kill('SIGINT');
    const { stdout, code } = await run.exited;
    const took = performance.now() - begun;
    assert.ok(took < 5000, `${took} ms`);
    assert.match(stdout, /cannot be reached from here: interrupted/);
    assert.match(stdout, /"check":"check","verdict":"warn","text":"was interrupted: not all was looked at"/);
    assert.equal(code, 1, 'what was not looked at is not well');
  });

  it('for people: a line each, the fix below, a count at the end', async () => {
    await open();
    scene.twilio.defaultService.retries = 0;
    const { stdout, code } = await scene.run('check');
    assert.equal(code, 0);
    assert.match(stdout, /^pass {2}credentials {2}Twilio takes the API key$/m);
    assert.match(stdout, /^warn {2}retries +Twilio does not repeat a failed webhook\n +fix: twilio-autojoin setup --retries 3/m);
    assert.match(stdout, /\n\d+ pass, 1 warn, 0 fail\n$/);
    assert.ok(!stdout.includes('\u001b'));
  });

  it('what Twilio sends does not command the terminal', async () => {
    await open();
    scene.pointAtUs(undefined, 'https://e.example.com/\u001b]0;pwned\u0007');
    const { stdout } = await scene.run('check');
    assert.match(stdout, /https:\/\/e\.example\.com/);
    assert.ok(!/[\u001b\u0007]/.test(stdout), JSON.stringify(stdout));
  });

  it('what Twilio sends, cut in the middle of a character, is still JSON', async () => {
    await open();
    for (const pad of ['', 'x']) {
      scene.pointAtUs(undefined, `https://e.example.com/${pad}${'ü'.repeat(300)}`);
      const run = await scene.check();
      assert.ok(run.findings.some(({ check }) => check === 'webhook'), run.stdout);
    }
  });

  it('colours on a terminal, and none with NO_COLOR', async (t) => {
    const reason = await hasNoTerminal();
    if (reason) return t.skip(reason);
    await open();
    scene.twilio.defaultService.retries = 0;
    own(scene).filters = [];
    const shown = await scene.terminal('check').exited;
    assert.equal(shown.code, 1);
    for (const [color, word] of [['32', 'pass'], ['33', 'warn'], ['31', 'fail']]) assert.ok(shown.output.includes(`\u001b[${color}m${word}\u001b[0m`), shown.output);
    assert.ok(!(await scene.terminal('check', { NO_COLOR: '1' }).exited).output.includes('\u001b'));
    assert.ok((await scene.terminal('check', { NO_COLOR: '' }).exited).output.includes('\u001b'), 'an empty NO_COLOR is none (no-color.org)');
    assert.ok(!(await scene.terminal('check --json').exited).output.includes('\u001b'));
  });

  it('findings that nobody can read are not "all is well"', async () => {
    await open();
    for (const args of ['check', 'check --json']) {
      const full = await scene.start(['-c', `exec "$0" ${args} >/dev/full`, scene.program], { program: '/bin/sh' }).exited;
      assert.equal(full.code, 74, full.stderr);
      assert.match(full.stderr, /standard output: No space left on device/);
    }
  });

  it('wrong use: exit 64; --help: exit 0', async () => {
    await open({ responder: false });
    for (const args of [['--nonsense'], ['more']]) {
      const run = await scene.run('check', ...args);
      assert.deepEqual([run.code, run.stdout], [64, ''], args.join(' '));
      assert.match(run.stderr, /Usage: twilio-autojoin check/);
    }
    const help = await scene.run('check', '--help');
    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(help.stdout, /^Usage: twilio-autojoin check/);
  });

});
