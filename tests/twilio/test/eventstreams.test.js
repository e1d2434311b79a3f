// Event Streams: what a sink is sent, and for how long.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { StandIn } from '../standin.js';
import { sign, withBodyHash } from '../signature.js';
import { call } from '../../lib/rest-client.js';
import { WebhookListener } from '../../lib/webhook-listener.js';

const sms = { from: '+15550001111', to: '+15559990000', body: 'hello' };
const ADDED = 'com.twilio.conversations.conversation.added';
const MESSAGE = 'com.twilio.conversations.message.added';
const STATE = 'com.twilio.conversations.conversation-state.updated';

let twilio;
let listener;
beforeEach(async () => {
  twilio = await StandIn.start({ eventStreams: { firstBreakMs: 20, testMs: 5 } });
  listener = await WebhookListener.start();
});
afterEach(async () => {
  await twilio.stop();
  await listener.stop();
});

const refuses = async (answer, status, code, message) => {
  const { status: found, json } = await answer;
  assert.deepEqual([found, json.code], [status, code]);
  if (message) assert.match(json.message, message);
};
const post = (path, form = []) => call(twilio, 'POST', `/v1/${path}`, { form });
const sinkForm = (configuration = { destination: listener.url, method: 'POST' }) => [
  ['Description', 'ours'], ['SinkType', 'webhook'], ['SinkConfiguration', JSON.stringify(configuration)],
];
const subscriptionForm = (sink, ...types) => [['Description', 'ours'], ['SinkSid', sink.sid], ...types.map((type) => ['Types', JSON.stringify(type)])];

function subscribe(types = [ADDED], sinkOptions = {}) {
  const sink = twilio.eventStreams.createSink({ destination: listener.url, ...sinkOptions });
  twilio.eventStreams.createSubscription({ sink, types: types.map((type) => ({ type, schemaVersion: 2 })) });
  return sink;
}

const bodies = () => listener.received.map(({ body }) => JSON.parse(body));
async function outcome() {
  const [{ outcome: found, attempts }] = await once(twilio, 'eventDelivery');
  return [found, attempts];
}

describe('a sink', () => {
  test('is made active, and only its description can be changed', async () => {
    const { status, json: sink } = await post('Sinks', sinkForm());
    assert.deepEqual([status, sink.status, sink.sink_type, sink.sink_configuration], [201, 'active', 'webhook', { destination: listener.url, method: 'POST', batch_events: false }]);
    assert.equal((await post(`Sinks/${sink.sid}`, [['Description', 'again']])).json.description, 'again');
    await refuses(post(`Sinks/${sink.sid}`, [['SinkConfiguration', '{}']]), 400, 20001);
    await refuses(post(`Sinks/${sink.sid}/Validate`), 400, 20001, /TestId/);
  });

  for (const [name, configuration, message] of [
    ['no URL', { destination: 'x', method: 'POST' }, /destination/],
    ['another method', { destination: 'https://a.example/', method: 'PUT' }, /method/],
    ['OAuth', { destination: 'https://a.example/', method: 'POST', oauth: {} }, /oauth/],
  ]) test(`refused: ${name}`, () => refuses(post('Sinks', sinkForm(configuration)), 400, 20001, message));

  test('takes one subscription, and stays while that is there', async () => {
    const { json: sink } = await post('Sinks', sinkForm());
    const made = await post('Subscriptions', subscriptionForm(sink, { type: ADDED }, { type: MESSAGE, schema_version: 1 }));
    assert.equal(made.status, 201);
    await refuses(post('Subscriptions', subscriptionForm(sink, { type: ADDED })), 400, 20001, /is in use/);
    await refuses(call(twilio, 'DELETE', `/v1/Sinks/${sink.sid}`), 400, 20001, /is in use/);
    const listed = async (query) => (await call(twilio, 'GET', `/v1/Sinks?InUse=${query}`)).json.sinks.map(({ sid }) => sid);
    assert.deepEqual([await listed('true'), await listed('false')], [[sink.sid], []]);
    const { json: { types } } = await call(twilio, 'GET', `/v1/Subscriptions/${made.json.sid}/SubscribedEvents`);
    assert.deepEqual(types.map(({ type, schema_version: version }) => [type, version]), [[ADDED, 2], [MESSAGE, 1]]);
    assert.equal((await call(twilio, 'DELETE', `/v1/Subscriptions/${made.json.sid}`)).status, 204);
    assert.equal((await call(twilio, 'DELETE', `/v1/Sinks/${sink.sid}`)).status, 204);
  });

  test('Types is a repeated parameter of objects: one list of them is refused, and what there is not', async () => {
    const { json: sink } = await post('Sinks', sinkForm());
    await refuses(post('Subscriptions', subscriptionForm(sink, [{ type: ADDED }])), 400, 20001, /event_types\[0\]\.type/);
    await refuses(post('Subscriptions', subscriptionForm(sink)), 400, 20001, /event_types/);
    await refuses(post('Subscriptions', subscriptionForm(sink, { type: 'com.twilio.nothing' })), 400, 20001, /nothing/);
    await refuses(post('Subscriptions', subscriptionForm(sink, { type: ADDED, schema_version: 3 })), 400, 20001, /version/);
    await refuses(post('Subscriptions', subscriptionForm(sink, { type: 'com.twilio.conversations.delivery.updated' })), 400, 20001, /discontinued/);
  });

  test('of credentials nothing is learnt without them', async () => {
    assert.equal((await call(twilio, 'GET', '/v1/Sinks', { auth: null })).status, 401);
  });
});

describe('an event', () => {
  test('is one CloudEvent, signed by its hash in the URL', async () => {
    subscribe();
    const { conversation } = await twilio.arriveSms(sms);
    await twilio.eventStreams.settled();
    const [{ method, target, headers, body }] = listener.received;
    assert.deepEqual([method, headers['content-type']], ['POST', 'application/json']);
    const url = withBodyHash(listener.url, body);
    assert.equal(`${new URL(listener.url).origin}${target}`, url);
    assert.equal(headers['x-twilio-signature'], sign(url, [], twilio.authToken));
    const { data, ...envelope } = JSON.parse(body);
    assert.deepEqual([envelope.specversion, envelope.type, envelope.dataschema], ['1.0', ADDED, 'https://events-schemas.twilio.com/Conversations.ConversationAdded/2']);
    assert.deepEqual([data.AccountSid, data.ConversationSid, data.State, data.ChatServiceSid], [twilio.accountSid, conversation.sid, 'active', undefined]);
    assert.deepEqual(data.MessagingBinding, { ProxyAddress: sms.to, ProjectedAddress: null, AuthorAddress: sms.from, Address: sms.from });
  });

  test('of a group says when it is active', async () => {
    subscribe([ADDED, STATE]);
    const { conversation } = await twilio.arriveSms({ ...sms, to: [sms.to, '+15550002222'], activateAfterMs: 1 });
    await twilio.eventStreams.settled();
    const [added, state] = [ADDED, STATE].map((wanted) => bodies().find(({ type }) => type === wanted).data);
    assert.equal(added.MessagingBinding.Address, '[+15550001111, +15550002222]');
    assert.deepEqual([state.ConversationSid, state.StateFrom, state.StateTo, state.Reason], [conversation.sid, 'initializing', 'active', 'EVENT']);
  });

  test('of a batching sink comes in an array, with others', async () => {
    subscribe([ADDED, MESSAGE], { batch: true });
    await twilio.arriveSms(sms);
    await twilio.eventStreams.settled();
    const [[added, message]] = bodies();
    assert.equal(listener.received.length, 1);
    assert.deepEqual([added.type, message.type, message.data.Index, message.data.Media], [ADDED, MESSAGE, 0, []]);
  });

  test('of REST is one with X-Twilio-Webhook-Enabled, or can be assumed to be without', async () => {
    subscribe();
    await post('Conversations');
    await call(twilio, 'POST', '/v1/Conversations', { form: [], headers: { 'X-Twilio-Webhook-Enabled': 'true' } });
    await twilio.eventStreams.settled();
    assert.equal(listener.received.length, 1);
    twilio.assume.change({ restIsEvent: true, eventNamesService: true });
    await post('Conversations');
    await twilio.eventStreams.settled();
    assert.equal(bodies()[1].data.ChatServiceSid, twilio.defaultService.sid);
  });

  test('for a test has no conversation, and is sent on request', async () => {
    const { sid } = twilio.eventStreams.createSink({ destination: listener.url });
    assert.deepEqual((await post(`Sinks/${sid}/Test`)).json, { result: 'submitted' });
    await twilio.eventStreams.settled();
    const [{ type, source, id, data }] = bodies();
    assert.deepEqual([type, source, id, Object.keys(data)], ['com.twilio.eventstreams.test-event', 'Sink', twilio.accountSid, ['test_id']]);
  });

  test('can be signed by a Rule, if Rules are assumed to reach sinks', async () => {
    const key = twilio.webhookConfiguration.createSharedKey();
    twilio.webhookConfiguration.createRule({ matchType: 'DEFAULT', settings: [twilio.webhookConfiguration.createSetting({ sharedKeyId: key.id })] });
    subscribe();
    await twilio.arriveSms(sms);
    twilio.assume.change({ rulesReachEventStreams: true });
    await twilio.arriveSms({ ...sms, from: '+15550002222' });
    await twilio.eventStreams.settled();
    assert.deepEqual(listener.received.map(({ headers }) => headers['x-twilio-signature'].length).sort(), [28, 44]);
  });

  test('goes where the public URL leads', async () => {
    twilio.leadTo('https://hook.example.com/x', { connectTo: listener.url });
    subscribe([ADDED], { destination: 'https://me:pw@hook.example.com/webhooks/twilio' });
    await twilio.arriveSms(sms);
    await twilio.eventStreams.settled();
    const [{ headers }] = listener.received;
    assert.deepEqual([headers.host, headers.authorization], ['hook.example.com', `Basic ${btoa('me:pw')}`]);
  });
});

describe('an event that is not taken', () => {
  for (const status of [500, 503, 429, 404]) {
    test(`with ${status} comes again`, async () => {
      subscribe();
      listener.answers.push({ status }, { status });
      await twilio.arriveSms(sms);
      await twilio.eventStreams.settled();
      assert.equal(listener.received.length, 3);
      assert.deepEqual(new Set(bodies().map(({ id }) => id)).size, 1);
    });
  }

  test('with 400 is discarded, and with another 4xx can be assumed to be', async () => {
    subscribe();
    for (const [status, otherRefusals] of [[400, 'repeated'], [404, 'discarded']]) {
      twilio.assume.change({ otherRefusals });
      listener.answers.push({ status });
      const told = outcome();
      await twilio.arriveSms({ ...sms, from: `+1555000${status}0` });
      assert.deepEqual(await told, ['discarded', 1]);
    }
  });

  test('comes again in longer and longer breaks, for four hours', async () => {
    await twilio.stop();
    twilio = await StandIn.start({ eventStreams: { firstBreakMs: 60_000 } });
    subscribe();
    await listener.stop();
    const told = outcome();
    await twilio.arriveSms(sms);
    assert.deepEqual(await told, ['repeated', 1]);
    const next = outcome();
    twilio.eventStreams.advance(60_000);
    assert.deepEqual(await next, ['repeated', 2]);
    twilio.eventStreams.advance(59_000);
    assert.equal(twilio.eventStreams.waiting, 1, 'the second break is of one minute at least');
    const last = outcome();
    twilio.eventStreams.advance(4 * 3_600_000);
    assert.deepEqual(await last, ['given-up', 3]);
    listener = await WebhookListener.start();
  });

  test('may come twice all the same', async () => {
    subscribe();
    twilio.eventStreams.repeatNext();
    await twilio.arriveSms(sms);
    await twilio.eventStreams.settled();
    const [first, second] = bodies();
    assert.deepEqual(first, second);
  });
});
