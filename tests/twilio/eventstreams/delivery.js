// How events reach a sink: at least once, for four hours, with longer and longer breaks between, in no order.
import { OrderedList } from '../orderedlist.js';
import { newSid } from '../sids.js';
import { stamps } from '../store.js';
import { deliver } from '../webhooks.js';
import { cloudEvent, testEvent } from './cloudevents.js';
import { typeOfEvent } from './eventtypes.js';

const HOUR_MS = 3_600_000;
// Longest first break of all: Twilio names none, and says exponential, with jitter.
const DEFAULTS = { firstBreakMs: 1000, longestBreakMs: 600_000, giveUpMs: 4 * HOUR_MS, batchMs: 20, testMs: 50, timeoutMs: 5000 };

export class EventStreams {
  sinks = new OrderedList();
  subscriptions = new OrderedList();
  #standIn;
  #signal;
  #batches = new Map(); // by sink
  #breaks = new Set();
  #under = new Set();
  #ahead = 0; // of the real time
  #twice = 0;

  constructor(standIn, signal, times = {}) {
    this.#standIn = standIn;
    this.#signal = signal;
    this.times = { ...DEFAULTS, ...times };
  }

  // ---- scenes

  createSink({ destination, method = 'POST', batch, description = '' }) {
    const { store, assume } = this.#standIn;
    const configuration = { destination, method, batch_events: batch ?? assume.batchedUnasked };
    const sink = { sid: newSid('DG'), sequence: store.nextSequence(), description, configuration, status: 'active', ...stamps() };
    this.sinks.add(sink);
    return sink;
  }

  /** types: [{ type, schemaVersion }]. */
  createSubscription({ sink, types, description = '' }) {
    const subscription = { sid: newSid('DF'), sequence: this.#standIn.store.nextSequence(), sink, description, types: [...types], ...stamps() };
    this.subscriptions.add(subscription);
    return subscription;
  }

  subscriptionOf(sink) {
    return [...this.subscriptions].find((subscription) => subscription.sink === sink);
  }

  // ---- events

  /** Of an event that would be a webhook; events of users are none here. */
  publish(event, details) {
    const type = typeOfEvent(event);
    if (!type) return;
    for (const { sink, types } of this.subscriptions) {
      const wanted = types.find((one) => one.type === type.type);
      if (wanted && sink.status === 'active') this.#queue(sink, cloudEvent(type, wanted.schemaVersion, details, this.#standIn));
    }
  }

  test(sink) {
    const { accountSid } = this.#standIn;
    this.#track(this.#standIn.pause(this.times.testMs).then(() => this.#carry(sink, [testEvent(accountSid)])));
  }

  /** The next n deliveries come twice, as they may at any time. */
  repeatNext(n = 1) {
    this.#twice += n;
  }

  #queue(sink, event) {
    const waiting = this.#batches.get(sink);
    if (waiting) waiting.push(event);
    else if (!sink.configuration.batch_events) this.#track(this.#carry(sink, [event]));
    else this.#openBatch(sink, event);
  }

  #openBatch(sink, event) {
    this.#batches.set(sink, [event]);
    this.#track(this.#standIn.pause(this.times.batchMs).then(() => {
      const events = this.#batches.get(sink);
      this.#batches.delete(sink);
      return this.#carry(sink, events);
    }));
  }

  #track(work) {
    this.#under.add(work);
    const over = () => this.#under.delete(work);
    work.then(over, over);
  }

  // ---- deliveries

  #now() {
    return Date.now() + this.#ahead;
  }

  async #carry(sink, events) {
    const since = this.#now();
    for (let attempts = 1; !this.#signal.aborted; attempts += 1) {
      const result = await this.#attempt(sink, events);
      const outcome = this.#judge(result, since);
      if (this.#signal.aborted) return;
      this.#standIn.emit('eventDelivery', { ...result, sinkSid: sink.sid, events, attempts, outcome });
      if (outcome !== 'repeated') return;
      await this.#breakBefore(attempts);
    }
  }

  async #attempt(sink, events) {
    const { destination, method, batch_events: batch } = sink.configuration;
    const sent = {
      url: destination, method, json: JSON.stringify(batch ? events : events[0]), signing: this.#signingFor(destination),
      timeoutMs: this.times.timeoutMs, signal: this.#signal, ...this.#standIn.wayTo(destination),
    };
    if (this.#twice > 0) {
      this.#twice -= 1;
      await deliver(sent);
    }
    return deliver(sent);
  }

  #signingFor(destination) {
    const { assume, authToken, webhookConfiguration: configuration } = this.#standIn;
    const setting = assume.rulesReachEventStreams ? configuration.settingFor(destination) : undefined;
    return setting ? configuration.signingBy(setting) : { secret: authToken };
  }

  #judge({ status }, since) {
    if (status >= 200 && status < 300) return 'delivered';
    const passing = status === null || status === 429 || status >= 500;
    if (status === 400 || (!passing && this.#standIn.assume.otherRefusals === 'discarded')) return 'discarded';
    return this.#now() - since >= this.times.giveUpMs ? 'given-up' : 'repeated';
  }

  // Half of it at least, and the rest by chance.
  #breakBefore(attempts) {
    const { firstBreakMs, longestBreakMs } = this.times;
    const ms = Math.min(firstBreakMs * 2 ** (attempts - 1), longestBreakMs) * (1 + Math.random()) / 2;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#signal.removeEventListener('abort', end);
        this.#breaks.delete(entry);
        resolve();
      };
      const timer = setTimeout(end, ms);
      const entry = { due: this.#now() + ms, end };
      this.#breaks.add(entry);
      this.#signal.addEventListener('abort', end);
    });
  }

  // ---- time

  /** Plays that so much time has passed: what was due by then is tried now. */
  advance(ms) {
    this.#ahead += ms;
    for (const { due, end } of [...this.#breaks]) if (due <= this.#now()) end();
  }

  /** Everything that waits is tried now. */
  hurry() {
    for (const { end } of [...this.#breaks]) end();
  }

  get waiting() {
    return this.#breaks.size;
  }

  /** Until nothing is under way; with a sink that is down that may be four hours. */
  async settled() {
    while (this.#under.size > 0) await Promise.allSettled([...this.#under]);
  }
}
