// Customers who write for the first time, so many a second, and what becomes of their webhooks.

import { until } from '../servers/daemon.js';

const NUMBER = '+15005550001';
const FIRST_CUSTOMER = 15_550_000_000;

export class Arrivals {
  outcomes = []; // of webhooks: { params, status, ms, body, timedOut }
  conversations = [];
  #sent = 0;

  constructor(twilio, perSecond) {
    this.twilio = twilio;
    twilio.on('webhook', (outcome) => this.outcomes.push(outcome));
    this.timer = setInterval(() => this.#arrive(), 1000 / perSecond);
  }

  #arrive() {
    this.#sent += 1;
    this.twilio.arriveSms({ from: `+${FIRST_CUSTOMER + this.#sent}`, to: NUMBER, body: `message ${this.#sent}` })
      .then(({ conversation }) => this.conversations.push(conversation.sid));
  }

  /** Until so many more webhooks were answered. */
  more(count) {
    const wanted = this.outcomes.length + count;
    return until(() => this.outcomes.length >= wanted, { what: `${count} more answers` });
  }

  /** Nobody writes any more, and every webhook is over. */
  async end() {
    clearInterval(this.timer);
    await this.twilio.settled();
    await until(() => this.conversations.length === this.#sent, { what: 'every conversation to be told of' });
    this.twilio.removeAllListeners('webhook');
  }
}
