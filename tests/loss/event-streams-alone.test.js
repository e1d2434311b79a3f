// Event Streams alone, without a webhook, a drainer or reconcile: the responder is killed in the midst of its joins, perhaps its
// disk with it, and is down for ten minutes. Played time: ten minutes pass in seconds.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { rm, mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../servers/daemon.js';
import { FrontBridge } from '../lib/front-bridge.js';
import { CREATE, LossScene } from '../lib/loss-scene.js';

const URL_OF_SINK = 'http://hook.example.com/webhooks/twilio';
const TYPES = ['conversation.added', 'conversation-state.updated', 'participant.added', 'participant.removed'].map((type) => ({ type: `com.twilio.conversations.${type}`, schemaVersion: 2 }));
const BEFORE = 20; // conversations while it is up, at its death, and in each minute of the ten
const AT_DEATH = 20;
const A_MINUTE = 6;
const MINUTES = 10;

class Outage {
  #arrived = 0;
  #replies = [];
  contexts = [];

  static async open({ batch, spool, assume }) {
    const outage = new Outage();
    outage.scene = await LossScene.open({ standIn: { assume }, spool });
    outage.twilio = outage.scene.twilio;
    outage.up = true;
    outage.bridge = await FrontBridge.start(() => (outage.up ? outage.scene.responder.socket : undefined), (reply) => outage.#replies.push(reply?.status ?? 0));
    outage.twilio.leadTo(URL_OF_SINK, { connectTo: outage.bridge.origin });
    const sink = outage.twilio.eventStreams.createSink({ destination: URL_OF_SINK, batch });
    outage.twilio.eventStreams.createSubscription({ sink, types: TYPES });
    return outage;
  }

  async close() {
    await this.scene.close();
    await this.bridge.stop();
  }

  async arrive(count) {
    for (let i = 0; i < count; i += 1) {
      this.#arrived += 1;
      const { conversation } = await this.twilio.arriveSms({ from: `+1555${String(this.#arrived).padStart(7, '0')}`, to: '+15559990000', body: 'hello' });
      this.contexts.push({ conversation: conversation.sid });
    }
  }

  joined() {
    return this.contexts.filter((context) => this.scene.bots(context) > 0).length;
  }

  /** Killed with joins under way, and with `disk` all that it had on it is gone. */
  async kill({ disk }) {
    const rule = this.twilio.misbehave({ match: CREATE, delayMs: 300, times: Infinity });
    await this.arrive(AT_DEATH);
    await until(() => rule.hits >= 5, { what: 'joins under way' });
    this.up = false;
    await this.scene.responder.stop('SIGKILL');
    rule.remove();
    if (!disk) return;
    await rm(this.scene.spool, { recursive: true });
    await mkdir(this.scene.spool, { mode: 0o700 });
    await this.scene.own(this.scene.spool);
  }

  async rise() {
    await this.scene.startResponder();
    this.up = true;
  }

  /** Time passes until nothing waits to be sent again; gives how much. */
  async playUntilDelivered() {
    const { eventStreams } = this.twilio;
    let played = 0;
    for (; eventStreams.waiting > 0 || this.joined() < this.contexts.length; played += 10) {
      assert.ok(played <= 3600, `after an hour ${this.joined()} of ${this.contexts.length} are joined`);
      eventStreams.advance(10_000);
      await pause(20);
    }
    await eventStreams.settled();
    return played;
  }

  report() {
    const counts = Object.groupBy ? Object.groupBy(this.#replies, String) : this.#replies.reduce((all, status) => ({ ...all, [status]: [...(all[status] ?? []), status] }), {});
    return Object.entries(counts).map(([status, { length }]) => `${length} answers of ${status === '0' ? '502 (nobody there)' : status}`).join(', ');
  }
}

describe('Event Streams alone, the responder killed and down for ten minutes', () => {
  for (const { name, batch, disk = false, spool = true, assume = {} } of [
    { name: 'an event at a time', batch: false },
    { name: 'in batches', batch: true },
    { name: 'in batches, with the disk lost', batch: true, disk: true },
    { name: 'without a spool', batch: false, spool: false },
    { name: 'the service named by the events', batch: false, assume: { eventNamesService: true } },
    { name: 'batches unasked, and what is refused is lost', batch: undefined, assume: { batchedUnasked: true, otherRefusals: 'discarded' } },
    { name: 'what we do by REST is an event, too', batch: false, assume: { restIsEvent: true } },
  ]) {
    it(`${name}: every conversation is joined, none twice, none by reconcile`, async (t) => {
      const outage = await Outage.open({ batch, spool, assume });
      const { scene, twilio, contexts } = outage;
      try {
        await outage.arrive(BEFORE);
        await until(() => outage.joined() === BEFORE, { what: 'the joins before' });
        await outage.kill({ disk });
        for (let minute = 0; minute < MINUTES; minute += 1) {
          await outage.arrive(A_MINUTE);
          await pause(30);
          for (let i = 0; i < 6; i += 1) {
            twilio.eventStreams.advance(10_000);
            await pause(5);
          }
        }
        const missing = contexts.length - outage.joined();
        assert.ok(missing >= A_MINUTE * MINUTES, 'nobody joined while it was down');
        await outage.rise();
        const played = await outage.playUntilDelivered();
        assert.equal(contexts.length, BEFORE + AT_DEATH + A_MINUTE * MINUTES);
        assert.deepEqual([...new Set(contexts.map((context) => scene.bots(context)))], [1], 'each once');
        const created = scene.creations().filter(({ status }) => status === 201).length;
        assert.equal(created, contexts.length, 'none twice');
        assert.deepEqual(twilio.requests.filter(({ method, path }) => method === 'GET' && /Conversations(\?|$)/.test(path)), [], 'nobody reconciled');
        if (spool) assert.deepEqual(scene.tickets(), []);
        t.diagnostic(`${contexts.length} conversations, ${missing} of them missing after ten minutes, all joined ${played} s of played time after the responder was back; `
          + `${scene.creations().length} calls to add, ${created} of them did; ${outage.report()}`);
      } finally {
        await outage.close();
      }
    });
  }

  it('four hours and more are too long: that is what reconcile is for', async () => {
    const outage = await Outage.open({ batch: false });
    const { scene, twilio } = outage;
    try {
      outage.up = false;
      await scene.responder.stop('SIGKILL');
      await outage.arrive(3);
      await until(() => twilio.eventStreams.waiting >= 3, { what: 'the first breaks' });
      for (let i = 0; i < 40 && twilio.eventStreams.waiting > 0; i += 1) {
        twilio.eventStreams.advance(600_000);
        await pause(20);
      }
      await twilio.eventStreams.settled();
      await outage.rise();
      assert.deepEqual([twilio.eventStreams.waiting, outage.joined()], [0, 0]);
      assert.equal((await scene.reconcile()).code, 0);
      assert.equal(outage.joined(), 3);
    } finally {
      await outage.close();
    }
  });
});
