// Carries a plan out: what is to happen at each time, on the stage that stage.js has set.

import { setTimeout as pause } from 'node:timers/promises';

const SETTLE_MS = 15_000; // longer than any webhook may take

export class Conductor {
  #under = new Set();
  #planted = [];

  constructor(stage) {
    Object.assign(this, { stage, kills: {}, events: {}, misfortunes: [], shifted: 0 });
  }

  /** Until everything of the plan has happened and is over. */
  async perform(plan, { giveUpAt }) {
    const from = performance.now();
    for (const event of plan) {
      const wait = event.at - (performance.now() - from);
      if (wait > 1) await pause(wait);
      if (Date.now() > giveUpAt) throw new Error('the time is over before the plan is');
      this.#start(event);
    }
    while (this.#under.size > 0) await Promise.all(this.#under);
    await Promise.race([this.stage.twilio.settled(), pause(SETTLE_MS, undefined, { ref: false })]);
  }

  #start(event) {
    const work = this[event.track](event).finally(() => this.#under.delete(work));
    this.#under.add(work);
    // Reported by perform(); without this Node would end the program before it is.
    work.catch(() => {});
  }

  // ---- arrivals

  async arrival({ kind, number, againAfter, retries }) {
    const { twilio, ledger } = this.stage;
    if (kind === 'silent') {
      ledger.open(twilio.createConversation().sid).kind = kind;
      return;
    }
    // A setting of the service: it holds until the next one arrives.
    twilio.defaultService.postWebhookRetryCount = retries;
    const sms = { from: `+1555${String(1_000_000 + number)}`, to: '+15005550001', body: 'hello' };
    await twilio.arriveSms(sms);
    if (againAfter === undefined) return;
    await pause(againAfter);
    await twilio.arriveSms({ ...sms, body: 'hello again' });
  }

  // ---- kills

  async kill({ kind, which, after }) {
    const { ledger } = this.stage;
    for (let i = 0; i < 200; i += 1) {
      if (await this.#killOne(kind, which, after)) {
        this.kills[kind] = (this.kills[kind] ?? 0) + 1;
        return;
      }
      await pause(20); // nobody is there: the last one was killed just now
    }
    ledger.violations.push(`there was no ${kind} to be killed for 4 s`);
  }

  async #killOne(kind, which, after) {
    const { server, drainers } = this.stage;
    if (kind === 'watcher') return drainers.killWatcher();
    if (kind === 'pass') return drainers.killedPass(after);
    const pids = (await server.processes()).sort((a, b) => a - b);
    if (pids.length === 0) return false;
    try {
      process.kill(pids[Math.floor(which * pids.length)], 'SIGKILL');
      return true;
    } catch {
      return false;
    }
  }

  // ---- Twilio's weather

  async twilio({ kind, lasts, ...details }) {
    const { twilio } = this.stage;
    this.#count(kind);
    const rules = (this[`when_${kind}`]?.(details) ?? []).map(({ kind: name, rule }) => {
      const added = twilio.misbehave(rule);
      this.misfortunes.push({ name, rule: added });
      return added;
    });
    if (kind === 'refused' || kind === 'restarted') await twilio.refuse();
    await pause(lasts);
    await twilio.accept();
    for (const rule of rules) rule.remove();
  }

  when_mixed({ misfortunes }) {
    return misfortunes;
  }

  when_slow({ delayMs }) {
    return [{ kind: 'slow', rule: { delayMs, times: Infinity } }];
  }

  when_errors({ status }) {
    return [{ kind: 'errors', rule: { status, times: Infinity } }];
  }

  when_mute() {
    return [{ kind: 'mute', rule: { fault: 'hang', times: Infinity } }];
  }

  when_credentials() {
    return [{ kind: 'credentials', rule: { status: 401, code: 20003, times: Infinity } }];
  }

  // ---- the machine's weather

  async machine({ kind, lasts, ...details }) {
    const { place, names, drainers } = this.stage;
    this.#count(kind);
    if (['full', 'readonly', 'unwritable'].includes(kind)) await place.trouble(kind, pause(lasts));
    if (kind === 'second-drainer') await drainers.watchToo(pause(lasts));
    if (kind === 'clock') this.#shiftClock(details);
    if (kind === 'foreign' && place.plant(details.name)) this.#planted.push(details.name);
    if (kind === 'names') {
      // Names are remembered by whoever asked before: somebody must be new.
      const failing = names.fail(details.answer, pause(lasts));
      await this.#killOne('responder', details.which);
      await failing;
    }
  }

  #shiftClock({ shiftMs, share }) {
    const { place } = this.stage;
    const tickets = place.tickets();
    for (const conversation of tickets.slice(0, Math.ceil(tickets.length * share))) {
      if (place.shiftTimes(conversation, shiftMs)) this.shifted += 1;
    }
  }

  #count(kind) {
    this.events[kind] = (this.events[kind] ?? 0) + 1;
  }

  // ---- figures

  /** How often each misfortune met a request. */
  get faults() {
    const hits = {};
    for (const { name, rule } of this.misfortunes) if (rule.hits > 0) hits[name] = (hits[name] ?? 0) + rule.hits;
    return hits;
  }

  /** Foreign files that must have been put aside: those with a dot before their name are left alone. */
  get plantedFiles() {
    return this.#planted.filter((name) => !name.startsWith('.')).length;
  }
}
