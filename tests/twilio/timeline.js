// What happens between an SMS and the bot, printed as it happens: milliseconds since the SMS, who
// speaks to whom, and the result.
export class Timeline {
  #since = performance.now();
  #twilio;
  #server;
  #identity;
  #under = new Map(); // conversations with a webhook under way, and how many

  constructor(twilio, { server, identity }) {
    this.#twilio = twilio;
    this.#server = server;
    this.#identity = identity;
    twilio.on('sms', (sms) => this.#sms(sms));
    twilio.on('conversationAdded', (details) => this.#conversationAdded(details));
    twilio.on('webhookSent', (webhook) => this.#webhookSent(webhook));
    twilio.on('request', (record) => this.#request(record));
    twilio.on('webhook', (delivery) => this.#webhook(delivery));
    twilio.on('messageAdded', (details) => this.#messageAdded(details));
  }

  #sms({ from, to, body }) {
    this.#since = performance.now();
    this.#print('customer -> Twilio', `SMS ${from} to ${to}: "${body}"`);
  }

  roster(conversation) {
    this.#print('Twilio', `participants now: ${this.#names(conversation).join(', ')}`);
  }

  line(who, what) {
    this.#print(who, what);
  }

  #conversationAdded({ conversation }) {
    this.#print('Twilio', `conversation ${conversation.sid} created`);
  }

  #webhookSent({ event, url, params }) {
    const sid = conversationOf(params);
    this.#under.set(sid, (this.#under.get(sid) ?? 0) + 1);
    this.#print(`Twilio -> ${this.#server}`, `POST ${new URL(url).pathname} ${event}, signed`);
  }

  #request({ method, path, params, status, ms }) {
    if (method === 'HEAD') {
      this.#print('responder -> Twilio', 'a connection opened in advance');
      return;
    }
    // What else is asked comes from the operator's commands.
    if (!this.#under.get(/\/Conversations\/(CH[0-9a-f]{32})/.exec(path)?.[1])) return;
    const form = params.map(([name, value]) => `${name}=${value}`).join('&');
    const shown = [method, path, form].filter(Boolean).join(' ');
    this.#print('responder -> Twilio', `${shown}: ${status ?? 'no answer'} (in ${ms.toFixed(1)} ms)`);
  }

  #webhook({ params, status, body, timedOut, error, ms }) {
    const sid = conversationOf(params);
    this.#under.set(sid, this.#under.get(sid) - 1);
    const answer = status === null ? (timedOut && 'no answer in time') || error : `${status} ${body.replace(/\s+/g, ' ').slice(0, 80)}`;
    this.#print(`${this.#server} -> Twilio`, `${answer} (after ${ms.toFixed(1)} ms)`);
  }

  #messageAdded({ conversation, message }) {
    const heard = this.#names(conversation).includes(this.#identity) ? `"${this.#identity}" hears it` : 'no bot hears it yet';
    this.#print('Twilio', `message ${message.index} added to ${conversation.sid}: ${heard}`);
  }

  #names(conversation) {
    return this.#twilio.participants(conversation.sid).map((p) => p.identity ?? p.messagingBinding.address ?? p.messagingBinding.projectedAddress);
  }

  #print(who, what) {
    const ms = (performance.now() - this.#since).toFixed(1);
    process.stdout.write(`${ms.padStart(9)} ms  ${who.padEnd(20)} ${shortened(what)}\n`);
  }
}

const conversationOf = (params) => params.find(([name]) => name === 'ConversationSid')?.[1];

// SIDs are long and alike; their beginning tells them apart.
function shortened(text) {
  return text.replace(/\b([A-Z]{2}[0-9a-f]{6})[0-9a-f]{26}\b/g, '$1...');
}
