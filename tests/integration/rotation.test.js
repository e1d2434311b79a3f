// A rotation of what Twilio signs with, as it is played by Webhook Rules behind a real web server: nobody is refused on the way, and
// the log and the counters tell which key signed what.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { ACCOUNT_SID, IDENTITY } from '../lib/account.js';
import { lighttpd } from '../lib/drivers/lighttpd.js';
import { parseLog } from '../lib/log-line.js';
import { jsonLines, startOperator } from '../lib/operator.js';
import { OPERATOR } from '../lib/programs.js';
import { Scene } from '../lib/scene.js';
import { SeededRandom, seedFrom } from '../lib/seeded-random.js';
import { HOST, PATH } from '../lib/webhook.js';
import { until } from '../servers/daemon.js';

const URL_AT_TWILIO = `http://${HOST}${PATH}`;
const WEBHOOKS = 2000;
const AT_ONCE = 16;
const KEYS = [
  { id: 'webhooks_sharedkey_01k4m9v6t3e8r7y2w5q1z0x9ca', secret: 'first/q3Vt7Yx0Zb2Nc4Md6Lf8Kh1Jg5Pw9RsTuVwXyZaBc=' },
  { id: 'webhooks_sharedkey_01k4m9v6t3e8r7y2w5q1z0x9cb', secret: 'second+a7Hd0Secret2Of4A6SharedKey8With0Equals==' },
];
const TOKEN = 'auth-token';

const count = (list) => list.reduce((counts, name) => ({ ...counts, [name]: (counts[name] ?? 0) + 1 }), {});

for (const assume of [
  { keyHeader: 'settings', whilePropagating: 'mixed' },
  { keyHeader: 'key-sid', whilePropagating: 'mixed', tokenHeader: 'algorithm' },
]) {
  describe(`a rotation from the auth token to a SharedKey and to another (${assume.keyHeader})`, () => {
    const seed = seedFrom(process.env.SEED);
    const random = new SeededRandom(seed);
    const signed = []; // by what, as the stand-in did it
    let scene;
    let rule;
    before(async () => {
      const standIn = { assume, propagationMs: 200, random: () => random.below(1_000_000) / 1_000_000, limits: { userConversations: Infinity } };
      scene = await Scene.open(lighttpd, {
        standIn,
        settings: ({ folder }) => ({ AUTOJOIN_SHARED_KEYS: KEYS.map(({ id, secret }) => `${id}=${secret}`).join(' '), AUTOJOIN_STATS_FILE: folder.join('stats') }),
      });
      const { webhookConfiguration: configuration } = scene.twilio;
      for (const key of KEYS) configuration.createSharedKey(key);
      const signingBy = configuration.signingBy.bind(configuration);
      configuration.signingBy = (setting) => {
        signed.push(setting.signature.sharedKeyId ?? TOKEN);
        return signingBy(setting);
      };
      scene.byToken = configuration.createSetting({});
      scene.byKey = KEYS.map(({ id }, i) => configuration.createSetting({ sharedKeyId: id, algorithm: ['HMAC_SHA256', 'HMAC_SHA1'][i] }));
      rule = configuration.createRule({ value: URL_AT_TWILIO, settings: [scene.byToken] });
    });
    after(() => scene.close());

    /** As an update through the API: it is in force a while later, and until then as Twilio likes. */
    function change(...shares) {
      const settings = shares.map(([{ id }, percentage]) => ({ settingId: id, percentage }));
      rule = { ...rule, settings };
      scene.twilio.webhookConfiguration.begin(rule.id, rule);
    }

    async function deliver() {
      const { conversation, service } = scene.newContext({});
      const params = [['AccountSid', ACCOUNT_SID], ['EventType', 'onConversationAdded'], ['ConversationSid', conversation], ['ChatServiceSid', service], ['Source', 'SMS']];
      const { status, body } = await scene.twilio.deliver({ url: URL_AT_TWILIO, connectTo: scene.server.url, params });
      return { status, body, conversation };
    }

    async function deliverAll(number) {
      const results = [];
      await Promise.all(Array.from({ length: AT_ONCE }, async (_, lane) => {
        for (let i = lane; i < number; i += AT_ONCE) results.push(await deliver());
      }));
      return results;
    }

    it(`of ${WEBHOOKS} webhooks none is refused, and each is counted by its key`, async (t) => {
      t.diagnostic(`SEED=${seed}`);
      const phases = [
        ['the auth token', () => {}],
        ['both by percentages', () => change([scene.byToken, 70], [scene.byKey[0], 30])],
        ['the SharedKey alone', () => change([scene.byKey[0], 100])],
        ['a second SharedKey', () => change([scene.byKey[0], 50], [scene.byKey[1], 50])],
        ['the second alone', () => change([scene.byKey[1], 100])],
      ];
      const results = [];
      for (const [name, begin] of phases) {
        begin();
        const from = signed.length;
        results.push(...await deliverAll(WEBHOOKS / phases.length));
        t.diagnostic(`${name}: ${JSON.stringify(count(signed.slice(from)))}`);
      }
      assert.deepEqual(count(results.map(({ status, body }) => `${status} ${body}`)), { '200 {"result":"joined"}': WEBHOOKS });
      for (const { conversation } of results) assert.ok(scene.twilio.participants(conversation).some(({ identity }) => identity === IDENTITY));

      const expected = count(signed);
      assert.ok(Object.keys(expected).length === 3 && Object.values(expected).every((number) => number > WEBHOOKS / 10), JSON.stringify(expected));
      const lines = await until(async () => {
        const all = parseLog(await scene.server.logLines()).filter(({ result }) => result !== undefined);
        return all.length === WEBHOOKS ? all : undefined;
      }, { what: 'a line for each webhook' });
      assert.deepEqual(count(lines.map(({ key, signed_by: by }) => key ?? by)), expected);
      assert.deepEqual(count(lines.map(({ algorithm, key }) => `${KEYS.findIndex(({ id }) => id === key)} ${algorithm}`)),
        { '-1 HMAC_SHA1': expected[TOKEN], '0 HMAC_SHA256': expected[KEYS[0].id], '1 HMAC_SHA1': expected[KEYS[1].id] });
      const program = await scene.folder.install(OPERATOR, 'twilio-autojoin');
      const [stats] = jsonLines(await startOperator({ program, args: ['stats', '--json'], env: { AUTOJOIN_CONFIG: scene.settingsFile }, as: scene.folder.as, graceMs: 30_000 }).exited);
      assert.deepEqual(stats.signatures, {
        'auth-token-sha1': expected[TOKEN], 'auth-token-sha256': 0, 'secondary-sha1': 0, 'secondary-sha256': 0,
        'shared-key-sha1': expected[KEYS[1].id], 'shared-key-sha256': expected[KEYS[0].id],
      });
      for (const line of await scene.server.logLines()) for (const { secret } of KEYS) assert.ok(!line.includes(secret));
    });
  });
}
