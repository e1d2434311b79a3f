// twilio-autojoin check: no false alarm. Set-ups as they should be, each by another way; a webhook is joined in each, and
// then check has nothing to say but what is its contract (`warns`: the settings that are recommended and not set).

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { RESPONDER } from '../lib/programs.js';
import { jsonLines } from '../lib/operator.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { startApache } from '../servers/apache.js';
import { IDENTITY, OperatorScene } from './scene.js';

const root = process.getuid() === 0;
const SECOND = 'f'.repeat(31) + '2';
const NO_URL = ['settings', 'webhook'];

/** `settings(scene)`: over the scene's. `arrange(scene)`: what is at Twilio. `front(scene)`: a real web server; gives its URL. */
const HEALTHY = [
  { name: 'the webhook at the service' },
  { name: 'the webhook at the account', open: { webhook: false }, arrange: (scene) => scene.pointAtUs(scene.twilio.webhook) },
  {
    name: 'a service that is not the default one',
    async settings(scene) {
      scene.bots = scene.twilio.addService();
      return { TWILIO_CHAT_SERVICE_SID: scene.bots.sid };
    },
    arrange(scene) {
      scene.pointAtUs(scene.bots.webhook);
      scene.bots.retries = 3;
    },
    service: (scene) => scene.bots.sid, open: { webhook: false },
  },
  {
    name: 'several events call for a join', settings: () => ({ AUTOJOIN_EVENTS: 'onConversationAdded, onMessageAdded, onParticipantAdded, onConversationStateUpdated' }),
    arrange: (scene) => { scene.twilio.defaultService.webhook.filters.push('onMessageAdded', 'onParticipantAdded', 'onConversationStateUpdated'); },
  },
  { name: 'other people\'s events and pre-event webhook beside ours', arrange: (scene) => { const { webhook } = scene.twilio.defaultService; webhook.filters.push('onUserAdded', 'onMessageAdd'); webhook.pre_webhook_url = 'https://crm.example.com/pre'; } },
  { name: 'no spool', settings: () => ({ AUTOJOIN_SPOOL_DIR: undefined }), warns: ['settings'] },
  { name: 'no statistics', settings: () => ({ AUTOJOIN_STATS_FILE: undefined }) },
  { name: 'statistics that are not there yet, and captures', async settings(scene) { return { AUTOJOIN_STATS_FILE: scene.folder.join('later'), AUTOJOIN_CAPTURE_DIR: await scene.folder.directory('captures') }; } },
  { name: 'a forgery or two among the captures', async settings(scene) { return { AUTOJOIN_CAPTURE_DIR: await scene.folder.directory('captures') }; }, arrange: (scene) => forge(scene, 2) },
  { name: 'the account\'s token for REST, no API key', settings: () => ({ TWILIO_API_KEY: undefined, TWILIO_API_SECRET: undefined }) },
  { name: 'a secondary token that Twilio takes too', settings: () => ({ TWILIO_AUTH_TOKEN_SECONDARY: SECOND }), arrange: (scene) => { scene.twilio.secondaryToken = SECOND; } },
  { name: 'shared keys', settings: () => ({ AUTOJOIN_SHARED_KEYS: `SK1=${'a'.repeat(40)}, SK2=${'b'.repeat(40)}` }) },
  { name: 'secrets in files of their own', async settings(scene) { await scene.folder.write('token', `${scene.settings.TWILIO_AUTH_TOKEN}\n`); return { TWILIO_AUTH_TOKEN: undefined, TWILIO_AUTH_TOKEN_FILE: scene.folder.join('token') }; } },
  { name: 'several identities', settings: () => ({ AUTOJOIN_IDENTITIES: 'second-bot, third-bot' }), arrange: (scene) => { scene.twilio.addUser('second-bot'); scene.twilio.addUser('third-bot'); }, identities: [IDENTITY, 'second-bot', 'third-bot'] },
  { name: 'addresses that create in our service', arrange(scene) { scene.twilio.addAddress(); scene.twilio.addAddress({ address: 'whatsapp:+15005550043', type: 'whatsapp', service: scene.twilio.defaultService.sid, kind: 'webhook' }); } },
  { name: 'a public URL with a query', url: (scene) => `${scene.front.url}?tenant=a%20b&x` },
  { name: 'no public URL, and a front that hands on what was asked for', settings: () => ({ AUTOJOIN_PUBLIC_URL: undefined }), warns: NO_URL },
  { name: 'hundreds of conversations, most of them closed', arrange: (scene) => { for (let i = 0; i < 900; i++) scene.twilio.addConversation({ state: i % 3 ? 'closed' : 'active', identities: [IDENTITY] }); } },
  { name: 'responders of lighttpd\'s', front: (scene) => startLighttpd({ responder: RESPONDER, settingsFile: scene.settingsFile, processes: 2 }), warns: NO_URL, settings: () => ({ AUTOJOIN_PUBLIC_URL: undefined }) },
  { name: 'lighttpd in front of a responder by itself', by: 'itself', front: (scene) => startLighttpd({ mode: 'socket', socket: scene.responders[0].socket }), warns: NO_URL, settings: () => ({ AUTOJOIN_PUBLIC_URL: undefined }) },
  { name: 'plain CGI under lighttpd', front: (scene) => startLighttpd({ responder: RESPONDER, mode: 'cgi', settingsFile: scene.settingsFile }), warns: NO_URL, settings: () => ({ AUTOJOIN_PUBLIC_URL: undefined }) },
  { name: 'Apache\'s mod_fcgid', front: (scene) => startApache({ responder: RESPONDER, mode: 'fcgid', settingsFile: scene.settingsFile }), warns: NO_URL, settings: () => ({ AUTOJOIN_PUBLIC_URL: undefined }) },
];

async function forge(scene, count) {
  for (let i = 0; i < count; i++) {
    const answer = await fetch(scene.front.url, { method: 'POST', body: 'AccountSid=AC1', headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' } });
    assert.equal(answer.status, 403);
  }
}

describe('check: no false alarm', () => {
  let scene;
  let server;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await scene?.close();
  });

  for (const { name, open, settings, arrange, front, by, url, service, warns = [], identities = [IDENTITY] } of HEALTHY) {
    it(name, { timeout: 60_000 }, async () => {
      scene = await OperatorScene.open({ ...open, responder: false });
      await scene.change(await settings?.(scene) ?? {});
      if (url) await scene.change({ AUTOJOIN_PUBLIC_URL: url(scene) });
      if (!front || by === 'itself') await scene.startResponder();
      server = await front?.(scene);
      const target = server ? `${server.url}/webhooks/twilio` : url?.(scene);
      if (target) scene.pointAtUs(undefined, target);
      await arrange?.(scene);
      const { answers, conversation } = await scene.twilio.sms({ service: service?.(scene) });
      assert.deepEqual(answers.map(({ body }) => body), ['{"result":"joined"}']);
      assert.ok(identities.some((one) => conversation.participants.has(one)));
      for (const as of [scene.folder.as, ...(root ? [{}] : [])]) {
        const run = await scene.start(['check', '--json'], { as }).exited;
        const found = jsonLines(run).filter(({ verdict }) => verdict && verdict !== 'pass');
        assert.deepEqual(found.map(({ check, verdict }) => [check, verdict]), warns.map((subject) => [subject, 'warn']), run.stdout + run.stderr);
        assert.equal(run.code, 0);
      }
      assert.deepEqual(scene.twilio.objections, []);
    });
  }
});
