// check looks at the Webhook Rule that takes our URL, and at Event Streams that lead to it: what signs by a key that we
// lack, or delivers nothing, is named with its fix; what cannot be asked is never green.

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { OTHER_SHARED_KEY, SHARED_KEY } from '../lib/account.js';
import { OperatorScene } from './scene.js';

const PREFIX = 'com.twilio.conversations.';
const failing = (status, code) => ({ status, code });

describe('check', () => {
  let scene;
  afterEach(() => scene.close());
  const open = async (options = {}) => {
    scene = await OperatorScene.open(options);
    return { configuration: scene.hosts.webhookConfiguration, streams: scene.hosts.eventStreams };
  };
  const findings = async (subject) => (await scene.check()).findings.filter(({ check }) => check === subject)
    .map(({ verdict, text, fix }) => ({ verdict, text, fix }));
  const one = async (subject, verdict, text, fix = /^$/) => {
    const found = await findings(subject);
    assert.equal(found.length, 1, JSON.stringify(found));
    assert.equal(found[0].verdict, verdict, found[0].text);
    assert.match(found[0].text, text);
    assert.match(found[0].fix, fix);
  };

  describe('and the Webhook Rules', () => {
    const RULE = 'webhooks_rule_\\w{26}';
    const KEY = 'webhooks_sharedkey_\\w{26}';
    const own = (value = scene.front.url) => ({ matchType: 'EXACT_MATCH', value });
    const byKey = (configuration, key = SHARED_KEY, more = {}) => configuration.createSetting({ sharedKeyId: configuration.createSharedKey(key).id, ...more });

    it('without one: Twilio signs by the auth token', async () => {
      await open();
      await one('rules', 'pass', /^no Webhook Rule takes our URL: Twilio signs by the auth token$/);
    });

    it('where no AUTOJOIN_PUBLIC_URL says which URL is ours, one for a URL may be for it', async () => {
      const { configuration } = await open({ settings: { AUTOJOIN_PUBLIC_URL: undefined } });
      configuration.createRule({ ...own(), settings: [byKey(configuration)] });
      await one('rules', 'warn', /^whether one of the Webhook Rules for certain URLs takes ours cannot be told: AUTOJOIN_PUBLIC_URL is not set$/, /^AUTOJOIN_PUBLIC_URL=/);
    });

    it('a default Rule of somebody else that signs by a key that we lack', async () => {
      const { configuration } = await open();
      configuration.createRule({ matchType: 'DEFAULT', settings: [byKey(configuration)] });
      await one('rules', 'fail', new RegExp(`^the default Rule ${RULE} has Twilio send 100 % of what goes to our URL signed by the key ${SHARED_KEY.id} \\(HMAC_SHA256\\), which AUTOJOIN_SHARED_KEYS lacks`),
        new RegExp(`^twilio-autojoin setup --shared-key .*AUTOJOIN_SHARED_KEYS=${SHARED_KEY.id}=SECRET$`));
    });

    it('the same where we have another key', async () => {
      const { configuration } = await open({ settings: { AUTOJOIN_SHARED_KEYS: `${OTHER_SHARED_KEY.id}=${OTHER_SHARED_KEY.secret}` } });
      configuration.createRule({ matchType: 'DEFAULT', settings: [byKey(configuration)] });
      await one('rules', 'fail', new RegExp(`signed by the key ${SHARED_KEY.id} `), /^twilio-autojoin setup --shared-key/);
    });

    it('a Rule that setup made, whose key the settings have lost', async () => {
      const { configuration } = await open();
      configuration.createRule({ ...own(), settings: [byKey(configuration)] }).friendlyName = `twilio-autojoin ${scene.front.url}`;
      await one('rules', 'fail', /^the exact Rule/, /if you have it still; or twilio-autojoin setup --shared-key \(a new key\)$/);
    });

    it('the same where we have the key', async () => {
      const { configuration } = await open({ settings: { AUTOJOIN_SHARED_KEYS: `${SHARED_KEY.id}=${SHARED_KEY.secret}` } });
      configuration.createRule({ matchType: 'DEFAULT', settings: [byKey(configuration)] });
      await one('rules', 'pass', new RegExp(`^the default Rule ${RULE} takes our URL: 100 % signed by the key ${SHARED_KEY.id} \\(HMAC_SHA256\\)$`));
    });

    it('half of the webhooks signed by a key that we lack', async () => {
      const { configuration } = await open();
      configuration.createRule({ ...own(), settings: [[configuration.createSetting(), 50], [byKey(configuration), 50]] });
      await one('rules', 'fail', /^the exact Rule .* 50 % of what goes to our URL signed by the key/, new RegExp(`^AUTOJOIN_SHARED_KEYS=${KEY}=SECRET, of whoever made it; or have that Rule deleted`));
    });

    it('an exact Rule beats a longer prefix, and that the default', async () => {
      const { configuration } = await open();
      const token = configuration.createSetting();
      configuration.createRule({ matchType: 'DEFAULT', settings: [byKey(configuration)] });
      configuration.createRule({ matchType: 'PREFIX_MATCH', prefix: `${scene.front.origin}/`, settings: [token] });
      await one('rules', 'pass', /^the prefix Rule/);
      configuration.createRule({ ...own(), settings: [token] });
      await one('rules', 'pass', /^the exact Rule .* 100 % signed by the auth token \(HMAC_SHA1\)$/);
    });

    it('Rules of other URLs are nobody\'s business', async () => {
      const { configuration } = await open();
      configuration.createRule({ ...own('https://crm.example.com/hook'), settings: [byKey(configuration)] });
      configuration.createRule({ matchType: 'PREFIX_MATCH', prefix: 'https://crm.example.com/', settings: [configuration.createSetting()] });
      await one('rules', 'pass', /^no Webhook Rule takes our URL/);
    });

    it('a Rule on a further page is found', async () => {
      const { configuration } = await open();
      configuration.createRule({ ...own('https://crm.example.com/hook'), settings: [configuration.createSetting()] });
      configuration.createRule({ matchType: 'DEFAULT', settings: [byKey(configuration)] });
      const nextToken = Buffer.from('at:1').toString('base64url');
      const body = { meta: { key: 'rules', pageSize: 1, nextToken, previousToken: null }, rules: [...configuration.rules.values()].slice(0, 1) };
      scene.hosts.misbehave({ match: { path: /\/v1\/Webhooks\/Rules/ }, status: 200, body });
      await one('rules', 'fail', /^the default Rule/, /./);
    });

    it('a webhook without a signature', async () => {
      const { configuration } = await open();
      configuration.createRule({ ...own(), settings: [configuration.createSetting({ signature: { type: 'none' } })] });
      await one('rules', 'fail', /without a signature: it is answered 403$/, /^twilio-autojoin setup --shared-key/);
    });

    it('what it waits for, repeats and shows is told', async () => {
      const { configuration } = await open();
      const connection = { connectTimeoutMs: 2000, readTimeoutMs: 5000, retryPolicy: { retryCount: 2, retryOn: ['HTTP_5XX'] } };
      const auth = { source: 'INLINE', value: { scheme: 'BASIC', username: 'u', password: 'geheim' } };
      configuration.createRule({ ...own(), settings: [configuration.createSetting({ connection, auth })] });
      await one('rules', 'pass', /signed by the auth token \(HMAC_SHA1\), authenticated by BASIC, up to 2 retries, waits 5000 ms$/);
    });

    it('a time-out shorter than our deadline', async () => {
      const { configuration } = await open();
      configuration.createRule({ ...own(), settings: [configuration.createSetting({ connection: { connectTimeoutMs: 2000, readTimeoutMs: 3000 } })] });
      const found = await findings('rules');
      assert.deepEqual(found.map(({ verdict }) => verdict), ['warn', 'pass']);
      assert.match(found[0].text, /gives up after 3000 ms, and we answer within 4000$/);
    });

    it('where the query may count or not, both Rules are looked at', async () => {
      const { configuration } = await open();
      await scene.change({ AUTOJOIN_PUBLIC_URL: `${scene.front.url}?name=x` });
      configuration.createRule({ ...own(), settings: [byKey(configuration)] });
      const [found] = (await findings('rules'));
      assert.equal(found.verdict, 'fail');
      assert.match(found.text, /^if the URL's query does not count, the exact Rule/);
    });

    for (const [name, answer] of [
      ['not permitted', failing(403, 70051)], ['not there', failing(404, 20404)], ['failing', failing(500, 20500)], ['a page of a proxy', { status: 200, body: '<html>' }],
    ]) {
      it(`${name}: a warning that it cannot be told, and no pass`, async () => {
        await open();
        scene.hosts.misbehave({ match: { path: /\/v1\/Webhooks/ }, times: Infinity, ...answer });
        await one('rules', 'warn', /^whether a Webhook Rule signs what goes to our URL cannot be told: /);
      });
    }

    it('nobody listens: the same', async () => {
      await open();
      await scene.change({ AUTOJOIN_WEBHOOKS_API_URL: 'http://127.0.0.1:1' });
      await one('rules', 'warn', /cannot be told: /);
    });

    it('a Setting that cannot be read: the same', async () => {
      const { configuration } = await open();
      configuration.createRule({ ...own(), settings: [configuration.createSetting()] });
      scene.hosts.misbehave({ match: { path: /\/v1\/Webhooks\/Settings/ }, times: Infinity, ...failing(403, 70051) });
      await one('rules', 'warn', /takes our URL, and its Setting cannot be asked: Twilio error 70051/);
    });
  });

  describe('and Event Streams', () => {
    const types = (...names) => names.map((name) => ({ type: PREFIX + name, schemaVersion: 2 }));
    const sink = (streams, more = {}) => streams.createSink({ destination: scene.front.url, batch: true, ...more });

    it('no sink of ours: nothing is said', async () => {
      const { streams } = await open();
      sink(streams, { destination: 'https://crm.example.com/events' });
      assert.deepEqual(await findings('event stream'), []);
    });

    it('one as it should be', async () => {
      const { streams } = await open();
      streams.createSubscription({ sink: sink(streams), types: types('conversation.added', 'participant.removed', 'message.added') });
      await one('event stream', 'pass', /^the sink DG[0-9a-f]{32} is active, and has what AUTOJOIN_EVENTS waits for$/);
    });

    it('a failed one', async () => {
      const { streams } = await open();
      const failed = sink(streams);
      streams.createSubscription({ sink: failed, types: types('conversation.added', 'participant.removed') });
      failed.status = 'failed';
      await one('event stream', 'fail', /is failed, not active: it delivers nothing$/, /--event-stream --undo, then twilio-autojoin setup --event-stream$/);
    });

    it('one without subscription', async () => {
      const { streams } = await open();
      sink(streams);
      await one('event stream', 'fail', /has no subscription: it delivers nothing$/, /^twilio-autojoin setup --event-stream$/);
    });

    it('one that has nothing of what AUTOJOIN_EVENTS waits for', async () => {
      const { streams } = await open();
      streams.createSubscription({ sink: sink(streams), types: types('message.added', 'participant.removed') });
      await one('event stream', 'fail', /^com\.twilio\.conversations\.conversation\.added is not among/, /^twilio-autojoin setup --event-stream$/);
    });

    it('one alone, without a webhook: a warning, for joins come late', async () => {
      const { streams } = await open({ webhook: false });
      streams.createSubscription({ sink: sink(streams), types: types('conversation.added', 'participant.removed') });
      await one('webhook', 'warn', /^no webhook is sent to our URL: joins come by Event Streams alone$/, /^twilio-autojoin setup /);
    });

    it('one beside AUTOJOIN_SOURCES: an event names no source, and so joins nothing', async () => {
      const { streams } = await open({ webhook: false, settings: { AUTOJOIN_SOURCES: 'SMS' } });
      streams.createSubscription({ sink: sink(streams), types: types('conversation.added', 'participant.removed') });
      await one('event stream', 'fail', /^the sink DG[0-9a-f]{32} brings events, which name no source: by AUTOJOIN_SOURCES they join nothing$/, /AUTOJOIN_SOURCES/);
      assert.deepEqual((await findings('webhook')).map(({ verdict }) => verdict), ['fail'], 'it is no way in');
    });

    it('one of setup\'s, where no AUTOJOIN_PUBLIC_URL says which URL is ours', async () => {
      const { streams } = await open({ settings: { AUTOJOIN_PUBLIC_URL: undefined } });
      sink(streams, { description: 'twilio-autojoin' });
      await one('event stream', 'warn', /^whether the sink DG[0-9a-f]{32} that setup made leads to us cannot be told: AUTOJOIN_PUBLIC_URL is not set$/, /^AUTOJOIN_PUBLIC_URL=/);
    });

    it('one that lacks a part of it', async () => {
      const { streams } = await open({ settings: { AUTOJOIN_EVENTS: 'onConversationAdded,onMessageAdded' } });
      scene.twilio.defaultService.webhook.filters.push('onMessageAdded');
      streams.createSubscription({ sink: sink(streams), types: types('conversation.added', 'participant.removed') });
      await one('event stream', 'warn', /^com\.twilio\.conversations\.message\.added is not among/, /^twilio-autojoin setup --event-stream$/);
    });

    it('one that setup made, and that leads to another URL', async () => {
      const { streams } = await open();
      sink(streams, { destination: 'https://u:geheim@old.example.com/hook', description: 'twilio-autojoin' });
      await one('event stream', 'warn', /leads to https:\/\/\*\*\*@old\.example\.com\/hook, which is not AUTOJOIN_PUBLIC_URL$/, /--undo/);
    });

    it('one that is called by GET', async () => {
      const { streams } = await open();
      streams.createSubscription({ sink: sink(streams, { method: 'GET' }), types: types('conversation.added', 'participant.removed') });
      await one('event stream', 'fail', /called by GET, not POST$/, /--undo/);
    });

    it('what cannot be asked is never green', async () => {
      const { streams } = await open();
      streams.createSubscription({ sink: sink(streams), types: types('conversation.added', 'participant.removed') });
      scene.hosts.misbehave({ match: { path: /SubscribedEvents/ }, times: Infinity, ...failing(403, 70051) });
      await one('event stream', 'warn', /cannot be told: Twilio error 70051/);
    });
  });
});
