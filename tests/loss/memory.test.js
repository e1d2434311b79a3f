// What is known to be joined costs no call of Twilio, where more than one event calls for a join.

import { after, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { IDENTITY, LossScene } from '../lib/loss-scene.js';

describe('the memory of joined conversations', () => {
  let scene;
  after(() => scene?.close());

  async function open(events) {
    await scene?.close();
    scene = await LossScene.open({ settings: { AUTOJOIN_EVENTS: events } });
  }

  async function answers(context, ...events) {
    const given = [];
    for (const event of events) given.push(JSON.parse((await scene.sendEvent(context, event)).body).result);
    return given;
  }

  it('the second event costs no REST call', async () => {
    await open('onConversationAdded,onMessageAdded');
    const context = scene.newContext();
    assert.deepEqual(await answers(context, 'onConversationAdded', 'onMessageAdded', 'onMessageAdded'), ['joined', 'already-joined', 'already-joined']);
    assert.equal(scene.creations(context).length, 1);
    assert.deepEqual(scene.tickets(), []);
  });

  it('50433 is remembered too', async () => {
    const context = scene.newContext();
    scene.twilio.addParticipant(context.conversation, { identity: IDENTITY });
    assert.deepEqual(await answers(context, 'onMessageAdded', 'onMessageAdded'), ['already-joined', 'already-joined']);
    assert.equal(scene.creations(context).length, 1);
  });

  it('a join that failed is not', async () => {
    const context = scene.newContext();
    scene.twilio.misbehave({ match: context.create, code: 50417 });
    assert.deepEqual(await answers(context, 'onConversationAdded', 'onMessageAdded'), ['refused', 'joined']);
  });

  it('a conversation that ended is forgotten', async () => {
    const context = scene.newContext();
    await answers(context, 'onConversationAdded', 'onConversationRemoved');
    assert.deepEqual(await answers(context, 'onMessageAdded'), ['already-joined']);
    assert.equal(scene.creations(context).length, 2);
  });

  it('does not outlive the process: Twilio is asked again', async () => {
    const context = scene.newContext();
    await answers(context, 'onConversationAdded');
    await scene.restartResponder();
    assert.deepEqual(await answers(context, 'onMessageAdded'), ['already-joined']);
    assert.equal(scene.creations(context).length, 2);
  });

  it('with onConversationAdded alone nothing is remembered, and a repeated webhook asks Twilio', async () => {
    await open('onConversationAdded');
    const context = scene.newContext();
    assert.deepEqual(await answers(context, 'onConversationAdded', 'onConversationAdded'), ['joined', 'already-joined']);
    assert.equal(scene.creations(context).length, 2);
  });
});
