// The ten commonest complaints of users of Twilio's webhooks (docs/troubleshooting.md): each made here by a
// misconfiguration, named by `check` with its fix, and gone once that fix is applied. What only a
// captured request can tell (what a proxy did to the body) is explain's: explain.test.js.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { AUTH_TOKEN, API_SECRET, IDENTITY, OperatorScene } from './scene.js';
import { Folder } from '../servers/folder.js';
import { makeCertificate } from '../servers/certificate.js';
import { webhookRequest } from '../lib/webhook-records.js';
import { fastcgiRequest } from '../servers/fastcgi.js';

const NEW_TOKEN = '1'.repeat(32);
const FORBIDDEN = { status: 403, body: '{}' };

/** Runs the fix as it stands there: a command line, or NAME=value for the settings. */
async function apply(scene, { fix }) {
  const [, line] = /twilio-autojoin (setup(?: [^(;,]+)?)/.exec(fix) ?? [];
  if (line) {
    const run = await scene.run(...line.trim().split(/ +/), '--yes');
    assert.equal(run.code, 0, run.stderr);
    return;
  }
  const [, name, value] = /^([A-Z_]+)=(\S+)$/.exec(fix) ?? [];
  assert.ok(name, `no fix that can be typed: ${fix}`);
  await scene.change({ [name]: value });
  await scene.restartResponder();
}

/** For a fix that says which setting, and whose value only the operator knows. */
const setting = (name, value) => async (scene, { fix, text }) => {
  assert.ok(`${fix} ${text}`.includes(name), `${name} is not named: ${fix}`);
  await scene.change({ [name]: value(scene) });
  await scene.restartResponder();
};
const publicUrl = setting('AUTOJOIN_PUBLIC_URL', (scene) => scene.twilio.defaultService.webhook.post_webhook_url);
const notSet = { check: 'settings', says: /AUTOJOIN_PUBLIC_URL is not set: behind a proxy signatures will fail/ };

const COMPLAINTS = [
  {
    name: '1. TLS ends at a proxy, and the application hashes http://', secure: true,
    open: { settings: { AUTOJOIN_PUBLIC_URL: undefined }, slips: { terminated: true } },
    finds: notSet, fix: publicUrl, answered: FORBIDDEN,
  },
  {
    name: '1. TLS ends at a proxy, and the responder was told the inner URL', secure: true,
    open: { slips: { terminated: true }, settings: { AUTOJOIN_PUBLIC_URL: 'http://127.0.0.1/webhooks/twilio' } },
    finds: { check: 'webhook', says: /^Twilio sends to https:\S+, which is not byte for byte AUTOJOIN_PUBLIC_URL/ }, fix: publicUrl, answered: FORBIDDEN,
  },
  {
    name: '2. a port of one\'s own, which the proxy drops from Host',
    open: { settings: { AUTOJOIN_PUBLIC_URL: undefined }, slips: { host: '127.0.0.1' } },
    finds: notSet, fix: publicUrl, answered: FORBIDDEN,
  },
  {
    name: '2. the URL at Twilio is not quite the one that was meant',
    arrange: (scene) => scene.pointAtUs(undefined, `${scene.front.url}/`),
    finds: { check: 'webhook', says: /which is not byte for byte AUTOJOIN_PUBLIC_URL/ }, fix: apply, answered: FORBIDDEN,
  },
  {
    name: '3. a query that the proxy encodes anew',
    open: { settings: { AUTOJOIN_PUBLIC_URL: undefined }, slips: { target: (url) => url.replace('%20', '+').replace('\'', '%27') } },
    arrange: (scene) => scene.pointAtUs(undefined, `${scene.front.url}?name=it's%20me`),
    finds: notSet, fix: publicUrl, answered: FORBIDDEN,
  },
  {
    name: '6. the secondary token was promoted, and the old one is still set; REST by an API key',
    arrange: (scene) => { scene.twilio.authToken = NEW_TOKEN; },
    finds: { check: 'auth token', says: /Twilio does not take TWILIO_AUTH_TOKEN: its signatures will not match/, fixes: /from the console/ }, fix: setting('TWILIO_AUTH_TOKEN', () => NEW_TOKEN), answered: FORBIDDEN,
  },
  {
    name: '6. the secondary token was promoted, and the old one is still set; REST by it too',
    open: { settings: { TWILIO_API_KEY: undefined, TWILIO_API_SECRET: undefined } },
    arrange: (scene) => { scene.twilio.authToken = NEW_TOKEN; },
    finds: { check: 'credentials', says: /Twilio error 20003/, fixes: /promoted secondary token replaces/ }, fix: setting('TWILIO_AUTH_TOKEN', () => NEW_TOKEN), answered: FORBIDDEN,
  },
  {
    name: '7. the API key\'s secret where the auth token belongs',
    open: { settings: { TWILIO_AUTH_TOKEN: API_SECRET } },
    finds: { check: 'auth token', says: /Twilio does not take TWILIO_AUTH_TOKEN: its signatures will not match/, fixes: /from the console/ }, fix: setting('TWILIO_AUTH_TOKEN', () => AUTH_TOKEN), answered: FORBIDDEN,
  },
  {
    name: '8. X-Forwarded-* heeded, and nobody named who may say so', secure: true,
    open: { settings: { AUTOJOIN_PUBLIC_URL: undefined, AUTOJOIN_FORWARDED: 'x-forwarded' }, slips: { terminated: true, headers: { 'x-forwarded-proto': 'https' } } },
    finds: { check: 'settings', says: /AUTOJOIN_FORWARDED needs AUTOJOIN_TRUSTED_PROXIES/ }, fix: setting('AUTOJOIN_TRUSTED_PROXIES', () => '127.0.0.1'), answered: { status: 500 },
  },
  {
    name: '8. a prefix of the path that the proxy takes away',
    open: { settings: { AUTOJOIN_PUBLIC_URL: undefined }, slips: { target: (url) => url.replace('/api', '') } },
    arrange: (scene) => scene.pointAtUs(undefined, `${scene.front.origin}/api/webhooks/twilio`),
    finds: notSet, fix: publicUrl, answered: FORBIDDEN,
  },
  {
    name: '9. SMS conversations without the bot: no webhook is configured', open: { webhook: false },
    finds: { check: 'webhook', says: /neither account nor service has a webhook URL/ }, fix: apply, answered: undefined,
  },
  {
    name: '9. SMS conversations without the bot: the list of events is empty',
    arrange: (scene) => { scene.twilio.defaultService.webhook.filters = []; },
    finds: { check: 'service', says: /list of events is empty: Twilio sends nothing/ }, fix: apply, answered: undefined,
  },
  {
    name: '9. SMS conversations without the bot: other events only',
    arrange: (scene) => { scene.twilio.defaultService.webhook.filters = ['onMessageAdded']; },
    finds: { check: 'service', says: /onConversationAdded is not among the events/ }, fix: apply, answered: undefined,
  },
  {
    name: '9. SMS conversations without the bot: GET',
    arrange: (scene) => { scene.twilio.defaultService.webhook.method = 'GET'; },
    finds: { check: 'service', says: /method is GET, not POST/ }, fix: apply, answered: { status: 405 },
  },
  {
    name: '9. SMS conversations without the bot: the number creates them in another service',
    arrange: (scene) => {
      scene.elsewhere = scene.twilio.addService();
      scene.twilio.addAddress({ service: scene.elsewhere.sid });
    },
    finds: { check: 'address', says: /creates its conversations in IS/ }, answered: undefined,
    async fix(scene, found) {
      await setting('TWILIO_CHAT_SERVICE_SID', () => scene.elsewhere.sid)(scene, found);
      const { findings } = await scene.check();
      await apply(scene, findings.find(({ check, verdict }) => check === 'webhook' && verdict === 'fail'));
    },
  },
];

describe('the ten complaints', () => {
  let scene;
  let certificates;
  let tls;
  before(async () => {
    certificates = await Folder.create('tls');
    const { key, cert } = await makeCertificate(certificates);
    tls = { key: await readFile(key), cert: await readFile(cert), path: cert };
  });
  after(() => certificates.remove());
  afterEach(() => scene.close());

  async function open({ secure, open: options = {}, arrange }) {
    scene = await OperatorScene.open({ ...options, tls: secure && tls, settings: { ...(secure && { AUTOJOIN_CA_FILE: tls.path }), ...options.settings } });
    scene.twilio.webhookCa = tls.cert;
    await arrange?.(scene);
  }

  const isIn = ({ participants }) => participants.has(IDENTITY);
  const sms = () => scene.twilio.sms(scene.elsewhere && { service: scene.elsewhere.sid });

  for (const complaint of COMPLAINTS) {
    it(complaint.name, async () => {
      await open(complaint);
      const broken = await sms();
      assert.equal(isIn(broken.conversation), false, 'nothing is wrong here');
      const [answer] = broken.answers;
      if (complaint.answered) assert.deepEqual({ ...answer, ...complaint.answered }, answer);
      else assert.equal(answer, undefined, 'a webhook came');

      const { findings, code } = await scene.check();
      const { check, says, fixes = /./ } = complaint.finds;
      const found = findings.find((one) => one.verdict !== 'pass' && (!check || one.check === check) && says.test(one.text));
      assert.ok(found, `not found; but: ${JSON.stringify(findings, null, 1)}`);
      // A fault of the settings is its own fix: it says what is missing.
      if (found.text !== found.fix && found.fix !== '') assert.match(found.fix, fixes);
      assert.equal(code, findings.some(({ verdict }) => verdict === 'fail') ? 1 : 0);

      await complaint.fix(scene, found);
      const fixed = await sms();
      assert.equal(fixed.answers[0]?.body, '{"result":"joined"}', JSON.stringify(fixed.answers));
      assert.ok(isIn(fixed.conversation));
      const again = await scene.check();
      assert.equal(again.counts.fail, 0, again.stdout);
    });
  }

  it('4. repeated parameters (group MMS) are no mishap here', async () => {
    await open({});
    const { answers, conversation } = await scene.twilio.sms({ group: ['+15005550012', '+15005550011', '+15005550012'] });
    assert.equal(answers[0].body, '{"result":"joined"}');
    assert.ok(isIn(conversation));
  });

  it('5. names that begin alike are sorted as Twilio does', async () => {
    await open({});
    const { sid, service } = scene.twilio.addConversation();
    const spec = { signedUrl: scene.front.url, add: [['ReasonConferenceEnded', 'x'], ['Reason', 'y'], ['Reason.A', 'z'], ['ReasonA', '']] };
    const reply = await fastcgiRequest(scene.responders[0].socket, webhookRequest({ conversation: sid, service }, spec));
    assert.equal(reply.body, '{"result":"joined"}');
  });

  it('8. X-Forwarded-* of a stranger changes nothing, in either direction', async () => {
    await open({ open: { settings: { AUTOJOIN_PUBLIC_URL: undefined }, slips: { headers: { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example.com' } } } });
    const { answers } = await scene.twilio.sms();
    assert.equal(answers[0].body, '{"result":"joined"}');
  });

  it('10. the same hook on both levels: named, harmless, and gone with one of them', async () => {
    await open({ arrange: (one) => one.pointAtUs(one.twilio.webhook) });
    const twice = await scene.twilio.sms();
    assert.deepEqual(twice.answers.map(({ status }) => status), [200, 200]);
    assert.deepEqual(twice.answers.map(({ body }) => body).sort(), ['{"result":"already-joined"}', '{"result":"joined"}']);
    const { findings } = await scene.check();
    const found = findings.find(({ check, verdict }) => check === 'webhook' && verdict === 'warn');
    assert.match(found.text, /every event comes twice/);
    assert.match(found.fix, /^twilio-autojoin setup .clears one of the two/);
    scene.twilio.webhook.post_webhook_url = null;
    assert.equal((await scene.twilio.sms()).answers.length, 1);
    assert.equal((await scene.check()).counts.warn, 0);
  });
});
