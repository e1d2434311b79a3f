// Event Streams, and that Twilio's own validator takes what a sink is sent.

import assert from 'node:assert/strict';
import twilioPackage from 'twilio';
import { WebhookListener } from '../../lib/webhook-listener.js';
import { refuses } from './refusals.js';

const ADDED = 'com.twilio.conversations.conversation.added';
const MESSAGE = 'com.twilio.conversations.message.added';
const of = ({ client }) => client.events.v1;

const sinkTo = (destination) => ({ description: 'ours', sinkType: 'webhook', sinkConfiguration: { destination, method: 'POST', batch_events: true } });

async function sinks(context) {
  const api = of(context).sinks;
  const made = await api.create(sinkTo('https://hook.example.com/webhooks/twilio'));
  assert.match(made.sid, /^DG[0-9a-f]{32}$/);
  assert.deepEqual([made.status, made.sinkType, made.sinkConfiguration.batch_events], ['active', 'webhook', true]);
  assert.equal((await api(made.sid).update({ description: 'still ours' })).description, 'still ours');
  assert.equal((await api(made.sid).fetch()).description, 'still ours');
  assert.ok((await api.list({ inUse: false, status: 'active' })).some(({ sid }) => sid === made.sid));
  assert.equal((await api(made.sid).sinkValidate.create({ testId: 'any' })).result, 'valid');
  assert.equal(await api(made.sid).remove(), true);
  await refuses(api(made.sid).fetch(), 404, 20404);
}

async function subscriptions(context) {
  const sink = await of(context).sinks.create(sinkTo('https://hook.example.com/webhooks/twilio'));
  const api = of(context).subscriptions;
  const made = await api.create({ description: 'ours', sinkSid: sink.sid, types: [{ type: ADDED, schema_version: 2 }, { type: MESSAGE }] });
  assert.match(made.sid, /^DF[0-9a-f]{32}$/);
  assert.equal(made.sinkSid, sink.sid);
  await refuses(api.create({ description: 'more', sinkSid: sink.sid, types: [{ type: ADDED }] }), 400, 20001, /is in use/);
  assert.equal((await api(made.sid).update({ description: 'still ours' })).description, 'still ours');
  assert.deepEqual((await api.list({ sinkSid: sink.sid })).map(({ sid }) => sid), [made.sid]);
  const types = api(made.sid).subscribedEvents;
  assert.equal((await types.create({ type: 'com.twilio.conversations.participant.removed', schemaVersion: 2 })).schemaVersion, 2);
  assert.equal((await types(MESSAGE).update({ schemaVersion: 1 })).schemaVersion, 1);
  assert.equal((await types(MESSAGE).fetch()).schemaVersion, 1);
  assert.equal(await types(MESSAGE).remove(), true);
  assert.deepEqual((await types.list()).map(({ type }) => type), [ADDED, 'com.twilio.conversations.participant.removed']);
  await refuses(of(context).sinks(sink.sid).remove(), 400, 20001, /is in use/);
  assert.equal(await api(made.sid).remove(), true);
  assert.equal(await of(context).sinks(sink.sid).remove(), true);
}

async function types(context) {
  const { eventTypes, schemas } = of(context);
  assert.equal((await eventTypes(ADDED).fetch()).schemaId, 'Conversations.ConversationAdded');
  assert.ok((await eventTypes.list({ pageSize: 3 })).some(({ type }) => type === MESSAGE));
  const schema = schemas('Conversations.MessageAdded');
  assert.equal((await schema.fetch()).latestVersion, 2);
  assert.deepEqual((await schema.versions.list()).map(({ schemaVersion }) => schemaVersion), [1, 2]);
  assert.equal((await schema.versions(2).fetch()).raw, 'https://events-schemas.twilio.com/Conversations.MessageAdded/2');
}

async function delivered(context) {
  const { twilio } = context;
  const listener = await WebhookListener.start();
  try {
    const sink = await of(context).sinks.create(sinkTo(listener.url));
    const { sid } = await of(context).subscriptions.create({ description: 'ours', sinkSid: sink.sid, types: [{ type: ADDED, schema_version: 2 }] });
    assert.equal((await of(context).sinks(sink.sid).sinkTest.create()).result, 'submitted');
    await twilio.arriveSms({ from: `+1500556${String(twilio.requests.length).padStart(4, '0')}`, to: '+15005550002', body: 'hello' });
    await twilio.eventStreams.settled();
    assert.equal(listener.received.length, 2);
    for (const { headers, target, body } of listener.received) {
      const url = `${new URL(listener.url).origin}${target}`;
      assert.equal(twilioPackage.validateRequestWithBody(twilio.authToken, headers['x-twilio-signature'], url, body), true);
      assert.equal(twilioPackage.validateRequestWithBody(twilio.authToken, headers['x-twilio-signature'], url, `${body} `), false);
    }
    await of(context).subscriptions(sid).remove();
    await of(context).sinks(sink.sid).remove();
  } finally {
    await listener.stop();
  }
}

export const eventStreamWalks = [
  { name: 'sinks', run: sinks },
  { name: 'subscriptions', run: subscriptions },
  { name: 'types of events, and their schemas', run: types },
  { name: 'what a sink is sent', run: delivered },
];
