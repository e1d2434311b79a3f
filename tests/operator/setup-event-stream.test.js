// twilio-autojoin setup --event-stream: the sink, its subscription, the test event; completed where there is one, and undone.

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { OperatorScene } from './scene.js';

const PREFIX = 'com.twilio.conversations.';

describe('setup --event-stream', () => {
  let scene;
  afterEach(() => scene.close());
  async function open(options = {}) {
    scene = await OperatorScene.open(options);
    if (options.responder === false) scene.front.slips.reply = { status: 200, body: '{}' }; // to the test event
    return scene.hosts.eventStreams;
  }
  const setup = (...args) => scene.run('setup', '--event-stream', ...args);
  const writes = () => scene.hosts.requests.filter(({ method, path }) => method !== 'GET' && /^\/v1\/(Sinks|Subscriptions)/.test(path));
  const state = ({ sinks, subscriptions }) => [[...sinks].map(({ configuration }) => configuration.destination), [...subscriptions].map(({ types }) => types.map(({ type }) => type.slice(PREFIX.length)))];
  const event = (attempt) => scene.hosts.on('eventDelivery', attempt);

  it('sink and subscription, shown first; Twilio\'s test event arrives and is answered 200', async () => {
    const streams = await open();
    const delivered = new Promise((resolve) => { event(resolve); });
    const run = await setup('--yes');
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.deepEqual(state(streams), [[scene.front.url], [['conversation.added', 'participant.removed']]]);
    const [sink] = streams.sinks;
    assert.deepEqual(sink.configuration, { destination: scene.front.url, method: 'POST', batch_events: true });
    assert.deepEqual([...streams.subscriptions][0].types.map(({ schemaVersion }) => schemaVersion), [2, 2]);
    assert.match(run.stdout, new RegExp(`sink +\\(none\\)\\n +-> ${scene.front.url}\\n +types +\\(none\\)\\n +-> ${PREFIX}conversation.added,${PREFIX}participant.removed\\n`));
    assert.match(run.stdout, /To undo: twilio-autojoin setup --event-stream --undo/);
    const attempt = await delivered;
    assert.equal(attempt.status, 200, JSON.stringify(attempt));
    const { findings } = await scene.check();
    assert.deepEqual(findings.filter(({ check }) => check === 'event stream').map(({ verdict }) => verdict), ['pass']);
  });

  it('Types is a repeated parameter, each a JSON object', async () => {
    await open({ responder: false });
    assert.equal((await setup('--yes')).code, 0);
    const { rawBody } = writes().find(({ path }) => path.startsWith('/v1/Subscriptions'));
    assert.deepEqual(new URLSearchParams(String(rawBody)).getAll('Types').map((text) => JSON.parse(text)),
      ['conversation.added', 'participant.removed'].map((name) => ({ type: PREFIX + name, schema_version: 2 })));
  });

  it('the types are those that AUTOJOIN_EVENTS says', async () => {
    const streams = await open({ responder: false, settings: { AUTOJOIN_EVENTS: 'onMessageAdded,onConversationStateUpdated,onParticipantAdded' } });
    assert.equal((await setup('--yes')).code, 0);
    assert.deepEqual(state(streams)[1], [['message.added', 'participant.added', 'conversation-state.updated', 'participant.removed']]);
  });

  it('with AUTOJOIN_SOURCES it says that events would join nothing', async () => {
    await open({ responder: false, settings: { AUTOJOIN_SOURCES: 'SMS' } });
    assert.match((await setup('--dry-run')).stdout, /^ +AUTOJOIN_SOURCES is set, and an event names no source: with it they join nothing$/m);
  });

  it('a second time there is nothing to change', async () => {
    const streams = await open({ responder: false });
    assert.equal((await setup('--yes')).code, 0);
    const before = writes().length;
    const run = await setup();
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /nothing to change/);
    assert.deepEqual([writes().length, state(streams)[0].length], [before, 1]);
  });

  it('--dry-run, and off a terminal without --yes: nothing is written', async () => {
    await open({ responder: false });
    assert.equal((await setup('--dry-run')).code, 0);
    const run = await setup();
    assert.equal(run.code, 1);
    assert.match(run.stderr, /--yes is needed/);
    assert.deepEqual(writes(), []);
  });

  it('a sink of ours without subscription gets one; a subscription that lacks a type gets it, and keeps the others', async () => {
    const streams = await open({ responder: false });
    const sink = streams.createSink({ destination: scene.front.url, batch: false });
    assert.equal((await setup('--yes')).code, 0);
    assert.deepEqual(state(streams), [[scene.front.url], [['conversation.added', 'participant.removed']]]);
    streams.subscriptionOf(sink).types.splice(0, 2, { type: `${PREFIX}message.removed`, schemaVersion: 2 });
    const run = await setup('--yes');
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(state(streams), [[scene.front.url], [['message.removed', 'conversation.added', 'participant.removed']]]);
  });

  it('a failed sink is not built upon', async () => {
    const streams = await open({ responder: false });
    streams.createSink({ destination: scene.front.url }).status = 'failed';
    const run = await setup('--yes');
    assert.equal(run.code, 1);
    assert.match(run.stderr, /is not active: setup --event-stream --undo removes it/);
    assert.deepEqual(writes(), []);
  });

  it('a subscription that is refused: the sink goes again', async () => {
    const streams = await open({ responder: false });
    scene.hosts.misbehave({ match: { method: 'POST', path: /Subscriptions/ }, status: 403, code: 70051 });
    const run = await setup('--yes');
    assert.equal(run.code, 1);
    assert.match(run.stderr, /subscription: Twilio error 70051.*lacks the permission to create Event Streams subscriptions/);
    assert.deepEqual(state(streams), [[], []]);
  });

  it('--undo: the subscription, then the sink; other people\'s stay', async () => {
    const streams = await open({ responder: false });
    const other = streams.createSink({ destination: 'https://crm.example.com/events', description: 'of the CRM' });
    streams.createSubscription({ sink: other, types: [{ type: `${PREFIX}message.added`, schemaVersion: 2 }] });
    assert.equal((await setup('--yes')).code, 0);
    const shown = await setup('--undo', '--dry-run');
    assert.match(shown.stdout, new RegExp(`sink +${scene.front.url}\\n +-> \\(none\\)\\n`));
    const run = await setup('--undo', '--yes');
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(state(streams)[0], ['https://crm.example.com/events']);
    assert.deepEqual(writes().slice(-2).map(({ method, path }) => `${method} ${path.split('/')[2]}`), ['DELETE Subscriptions', 'DELETE Sinks']);
    assert.match((await setup('--undo', '--yes')).stdout, /nothing to undo/);
  });

  it('--undo shows what setup made for another URL, masked, and removes it with --replace alone: it may be another installation\'s', async () => {
    const streams = await open({ responder: false });
    streams.createSink({ destination: 'https://u:geheim@old.example.com/hook', description: 'twilio-autojoin' });
    const left = await setup('--undo', '--yes');
    assert.equal(left.code, 0, left.stderr);
    assert.match(left.stdout, /stays: ours of before, or another installation's; --replace takes it, too\n {2}nothing to undo/);
    assert.equal(state(streams)[0].length, 1);
    const run = await setup('--undo', '--replace', '--yes');
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /https:\/\/\*\*\*@old\.example\.com\/hook/);
    assert.ok(!run.stdout.includes('geheim'));
    assert.deepEqual(state(streams), [[], []]);
  });

  it('one run does all that it was asked: webhook, retries and event stream', async () => {
    const streams = await open({ responder: false, webhook: false });
    const run = await setup('--yes', '--retries', '2', '--url', scene.front.url);
    assert.equal(run.code, 0, run.stderr);
    const { webhook, retries } = scene.twilio.defaultService;
    assert.deepEqual([webhook.post_webhook_url, retries, state(streams)[0]], [scene.front.url, 2, [scene.front.url]]);
  });
});
