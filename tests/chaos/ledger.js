// What was promised, and was it kept? Every answer is judged at the moment when it comes, every
// conversation at the end.

const LATEST_MS = 5000; // Twilio waits no longer
const SETTLED = ['joined', 'already-joined', 'gone'];

export class Ledger {
  constructor({ twilio, place, identity }) {
    Object.assign(this, { twilio, place, identity });
    this.conversations = new Map();
    this.violations = [];
    this.answers = {};
    this.webhooks = 0;
    this.slowestMs = 0;
    this.written = { watched: 0, skipped: 0 };
  }

  open(sid) {
    if (!this.conversations.has(sid)) this.conversations.set(sid, { sid, kind: 'sms', answers: [] });
    return this.conversations.get(sid);
  }

  bots(sid) {
    return this.twilio.participants(sid).filter(({ identity }) => identity === this.identity).length;
  }

  isDone(sid) {
    return this.bots(sid) > 0;
  }

  /** At the moment when Twilio's side reads a POST: whoever calls has written it down. */
  seeCall(path) {
    const [sid] = /CH[0-9a-f]{32}/.exec(path);
    // A drainer has a ticket to begin with; a responder's join is over so long after it tried to write one.
    if (!this.place.wellSince(Date.now() - LATEST_MS)) {
      this.written.skipped += 1;
      return;
    }
    this.written.watched += 1;
    if (!this.place.has(sid) && !this.isDone(sid)) this.#violate(sid, 'Twilio was called for a join that is not written down');
  }

  take({ params, tries, status, body, headers, ms, timedOut }) {
    const sid = params.find(([name]) => name === 'ConversationSid')[1];
    const sentAt = Date.now() - ms;
    const result = headers['content-type'] === 'application/json' ? /^\{"result":"([a-z-]+)"\}$/.exec(body)?.[1] : undefined;
    for (const one of tries) this.#time(sid, one);
    const answer = { status, result, timedOut, kept: this.place.has(sid) || this.isDone(sid) };
    const kind = result ? `${status} ${result}` : status ? `${status} of the front` : 'none';
    this.answers[kind] = (this.answers[kind] ?? 0) + 1;
    this.webhooks += tries.length;
    this.open(sid).answers.push(answer);
    if (!result) return;
    if (SETTLED.includes(result) && !answer.kept) this.#violate(sid, `200 ${result} for a join that is neither done nor on disk`);
    if (result === 'gone' || result === 'ignored') this.#violate(sid, `${result}, although it is there and counts`);
    answer.excused = !this.place.wellSince(sentAt);
    if (!answer.kept && !answer.excused) this.#violate(sid, `${status} ${result} is neither done nor on disk, and the spool was well`);
  }

  #time(sid, { ms, timedOut }) {
    this.slowestMs = Math.max(this.slowestMs, ms);
    if (timedOut || ms > LATEST_MS) this.#violate(sid, `answered after ${ms.toFixed(0)} ms`);
  }

  #violate(sid, what) {
    this.violations.push(`${sid}: ${what}`);
  }

  missing() {
    return [...this.conversations.values()].filter(({ sid }) => !this.isDone(sid));
  }

  /**
   * After the drain: what only reconcile can find is what never reached a responder, or what was answered
   * by an error while the spool could not be used. Anything else was forgotten.
   */
  judgeMissing() {
    const counts = { silent: 0, unanswered: 0, unkept: 0, lost: 0 };
    for (const { sid, kind, answers } of this.missing()) {
      const ours = answers.filter(({ result }) => result);
      if (kind === 'silent') counts.silent += 1;
      else if (ours.length === 0) counts.unanswered += 1;
      else if (ours.every(({ kept, excused }) => !kept && excused)) counts.unkept += 1;
      else {
        counts.lost += 1;
        this.#violate(sid, `lost: answered ${ours.map(({ status, result }) => `${status} ${result}`).join(', ')}`);
      }
    }
    return counts;
  }

  /** At the very end: the bot everywhere, exactly once. */
  judgeEnd() {
    let lost = 0;
    for (const { sid } of this.conversations.values()) {
      const count = this.bots(sid);
      if (count !== 1) this.#violate(sid, `the bot is in it ${count} times`);
      lost += count === 0;
    }
    return lost;
  }
}
