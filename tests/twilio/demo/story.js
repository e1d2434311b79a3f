// What happens between an SMS and the bot, told as the steps of a sequence diagram: who speaks to whom, when, and
// how it went. An exchange is what one SMS or one command sets off; a step stands between two of
//   phone or operator, twilio, front, responder, bot
// and one that goes through the front to the responder has `via`.
const QUIET_MS = 2000; // a terminal's requests with less between them belong together

export class Story {
  #twilio;
  #feed;
  #identity;
  #sdk;
  #exchanges = 0;
  #pending = []; // SMS that Twilio has not yet filed under a conversation
  #latest = new Map(); // conversation SID -> its newest exchange
  #webhooks = new Map(); // conversation SID -> the webhook under way
  #asked = new WeakMap(); // REST request -> who asked, in which exchange
  #joins = new Set(); // conversations that the bot came into, and was not yet seen to be told
  #byHand = new Map(); // conversation SID -> what a terminal's exchange has of it
  #command;
  #terminal;
  #newest;

  constructor(twilio, feed, { identity, sdk }) {
    this.#twilio = twilio;
    this.#feed = feed;
    this.#identity = identity;
    this.#sdk = sdk;
    twilio.on('sms', (sms) => this.#sms(sms));
    twilio.on('conversationAdded', ({ conversation }) => this.#conversationAdded(conversation));
    twilio.on('messageAdded', ({ conversation, message }) => this.#messageAdded(conversation, message));
    twilio.on('webhookSent', (webhook) => this.#webhookSent(webhook));
    twilio.on('webhookTried', (outcome) => this.#webhookTried(outcome));
    twilio.on('requestRead', (record) => this.#requestRead(record));
    twilio.on('request', (record) => this.#requestOver(record));
    twilio.on('participantAdded', (details) => this.#participant(details));
    twilio.on('participantUpdated', (details) => this.#participant(details));
  }

  /** The bot's own SDK, instead of what Twilio would tell it. */
  listenTo(client) {
    client.on('conversationJoined', async (conversation) => {
      this.#joined(conversation.sid);
      const { items } = await conversation.getMessages().catch(() => ({ items: [] }));
      for (const { body, author } of items) this.#reads(conversation.sid, body, author);
    });
    client.on('messageAdded', ({ body, author, conversation }) => this.#hears(conversation.sid, body, author));
  }

  /** An operator's command; what it asks of Twilio until end() is drawn as its own. `throughFront`: it speaks to the web server. */
  command(line, { throughFront = false, drawn = true } = {}) {
    const exchange = drawn ? this.#begin({ actor: 'operator', title: line }) : undefined;
    this.#command = { exchange, throughFront };
    const post = throughFront && this.#step(exchange, { from: 'operator', to: 'front', text: 'POST, signed as Twilio would' });
    return {
      end: ({ code, output }) => {
        this.#command = undefined;
        if (post) {
          this.#change(exchange, post, { to: 'responder', via: 'front' });
          this.#step(exchange, { from: 'responder', to: 'operator', via: 'front', reply: true, text: output.trim().split('\n').slice(-1)[0], tone: code === 0 ? 'ok' : 'bad' });
        }
        if (exchange) this.#outcome(exchange, { text: `exit status ${code}`, tone: code === 0 ? 'ok' : 'bad' });
      },
    };
  }

  /** Something at one of them, in the newest exchange. */
  note(at, text, tone = 'plain') {
    if (this.#newest) this.#step(this.#newest, { from: at, to: at, text, tone });
  }

  /** The same, but only while a webhook is under way. */
  noteOfWebhook(at, text) {
    if (this.#webhooks.size > 0) this.note(at, text);
  }

  /** Whoever was in the middle of something is no more. */
  killed() {
    this.note('responder', 'killed', 'bad');
    for (const webhook of this.#webhooks.values()) webhook.killed = true;
  }

  /** The responder's line on a webhook: one from a terminal (sign --send) shows only by it, when it is over. */
  logged({ conversation, result, status }) {
    const { exchange, steps } = this.#byHand.get(conversation) ?? {};
    if (!exchange) return;
    this.#byHand.delete(conversation);
    for (const [step, end] of steps) this.#change(exchange, step, { [end]: 'responder' });
    this.#step(exchange, { from: 'responder', to: 'operator', via: 'front', reply: true, text: `${status} ${result}`, tone: status === '200' ? 'ok' : 'bad' });
  }

  /** The exchange that a line of the log belongs to. */
  exchangeOf(conversation) {
    return (this.#latest.get(conversation) ?? this.#newest)?.id;
  }

  // ---- the customer's side

  #sms({ from, to, body, group }) {
    const exchange = this.#begin({ actor: 'phone', title: group ? `Group text from ${from}` : `SMS from ${from}` });
    this.#pending.push({ exchange, from });
    const whom = group ? `${to}, ${group.filter((one) => one !== from).join(', ')}` : to;
    this.#step(exchange, { from: 'phone', to: 'twilio', text: `${group ? 'MMS' : 'SMS'} “${shortened(body, 40)}”` });
    this.#feed.tell({ type: 'message', exchange: exchange.id, from, to: whom, text: body });
  }

  #conversationAdded({ sid, group }) {
    const exchange = this.#pending[0]?.exchange ?? this.#command?.exchange;
    if (!exchange) return;
    this.#latest.set(sid, exchange);
    this.#step(exchange, { from: 'twilio', to: 'twilio', text: `creates ${group ? 'group ' : ''}conversation ${brief(sid)}` });
  }

  #messageAdded({ sid }, { author, body, index }) {
    const at = this.#pending.findIndex(({ from }) => from === author);
    if (at < 0) return;
    const [{ exchange }] = this.#pending.splice(at, 1);
    this.#latest.set(sid, exchange);
    this.#feed.tell({ type: 'filed', exchange: exchange.id, conversation: sid });
    if (this.#hasBot(sid)) {
      if (!this.#sdk) this.#hears(sid, body, author);
    } else if (index > 0) { // of a first one a webhook tells
      this.#step(exchange, { from: 'twilio', to: 'twilio', text: 'no bot is in this conversation', tone: 'bad' });
      this.#feed.tell({ type: 'unheard', conversation: sid });
      this.#outcome(exchange, { text: 'no bot hears it', tone: 'bad' });
    }
  }

  // ---- webhooks

  #webhookSent({ event, params }) {
    const sid = valueOf(params, 'ConversationSid');
    const exchange = this.#latest.get(sid) ?? this.#newest;
    if (!exchange) return;
    const step = this.#step(exchange, { from: 'twilio', to: 'front', text: `POST ${event}, signed`, open: true });
    this.#webhooks.set(sid, { exchange, step, handed: false, event });
  }

  #webhookTried({ params, status, headers, body, timedOut, error, ms, over, retry }) {
    const sid = valueOf(params, 'ConversationSid');
    const webhook = this.#webhooks.get(sid);
    if (!webhook) return;
    const { exchange } = webhook;
    const byResponder = /^application\/json/.test(headers['content-type'] ?? '');
    if (byResponder) this.#hand(webhook);
    this.#change(exchange, webhook.step, { open: false });
    const tone = status === 200 ? 'ok' : status === 503 ? 'wait' : 'bad';
    if (status === null) {
      this.#step(exchange, { from: 'twilio', to: 'twilio', text: timedOut ? 'no answer in time' : error, tone });
    } else {
      const text = `${status} ${byResponder ? shortened(body, 60) : 'from the web server itself'}`;
      this.#step(exchange, byResponder ? { from: 'responder', to: 'twilio', via: 'front', reply: true, text, tone } : { from: 'front', to: 'twilio', reply: true, text, tone });
    }
    if (!over) {
      webhook.step = this.#step(exchange, { from: 'twilio', to: 'front', text: `POST ${webhook.event} again, RetryCount=${retry + 1}`, open: true });
      webhook.handed = false;
      return;
    }
    this.#webhooks.delete(sid);
    if (status !== 200) this.#feed.tell({ type: 'unheard', conversation: sid });
    const result = byResponder ? resultOf(body) : 'by the web server itself,';
    this.#outcome(exchange, { text: status === 200 ? result : `${status ?? 'no answer'} ${result}`, tone, ms });
  }

  // Nothing is seen of how the front passes it on; that it did shows by what the responder does.
  #hand(webhook) {
    if (webhook.handed) return;
    webhook.handed = true;
    this.#change(webhook.exchange, webhook.step, { to: 'responder', via: 'front' });
  }

  // ---- REST

  #requestRead(record) {
    const { method, path, rawBody } = record;
    if (method === 'HEAD') return; // a connection opened in advance
    const asker = this.#askerOf(path);
    if (!asker.exchange || this.#counted(asker, method)) return;
    const step = this.#step(asker.exchange, { from: asker.who, to: 'twilio', text: `${method} ${resource(path)}${told(rawBody)}`, open: true });
    this.#asked.set(record, { ...asker, step, conversation: conversationIn(path) });
    this.#remember(asker, conversationIn(path), step, 'from');
  }

  #remember({ exchange }, conversation, step, end) {
    if (!conversation || exchange !== this.#terminal?.exchange) return;
    if (this.#byHand.get(conversation)?.exchange !== exchange) this.#byHand.set(conversation, { exchange, steps: [] });
    this.#byHand.get(conversation).steps.push([step, end]);
  }

  // The many questions of a command are one line of the diagram.
  #counted({ who, exchange }, method) {
    if (who !== 'operator' || method !== 'GET') return false;
    if (!exchange.questions) exchange.questions = { step: this.#step(exchange, { from: 'operator', to: 'twilio', text: 'GET' }), count: 0 };
    exchange.questions.count += 1;
    if (exchange.questions.count > 1) this.#change(exchange, exchange.questions.step, { text: `GET, ${exchange.questions.count} times` });
    return true;
  }

  #askerOf(path) {
    const webhook = this.#webhooks.get(conversationIn(path));
    if (webhook) {
      this.#hand(webhook);
      return { who: 'responder', exchange: webhook.exchange, webhook };
    }
    if (this.#command) return { who: this.#command.throughFront ? 'responder' : 'operator', exchange: this.#command.exchange };
    if (!this.#terminal || performance.now() - this.#terminal.last > QUIET_MS) {
      this.#terminal = { exchange: this.#begin({ actor: 'operator', title: 'From a terminal' }) };
      this.#byHand.clear();
    }
    this.#terminal.last = performance.now();
    return { who: 'operator', exchange: this.#terminal.exchange };
  }

  #requestOver(record) {
    const asked = this.#asked.get(record);
    if (!asked) return;
    const { who, exchange, step, conversation, webhook } = asked;
    const { status, code, ms } = record;
    this.#change(exchange, step, { open: false });
    if (webhook?.killed) return;
    if (status === null) {
      this.#step(exchange, { from: who, to: who, tone: 'wait', text: `gives up after ${(ms / 1000).toFixed(1)} s` });
    } else {
      const reply = this.#step(exchange, { from: 'twilio', to: who, reply: true, tone: status < 300 ? 'ok' : 'wait', text: code ? `${status}, error ${code}` : String(status) });
      this.#remember(asked, conversation, reply, 'to');
    }
    if (this.#joins.delete(conversation) && !this.#sdk) {
      this.#joined(conversation);
      for (const { body, author } of this.#twilio.conversation(conversation)?.messages ?? []) this.#reads(conversation, body, author);
    }
  }

  // ---- the bot's side

  #participant({ conversation, participant }) {
    if (participant.identity === this.#identity) this.#joins.add(conversation.sid);
  }

  #joined(sid) {
    const exchange = this.#speaking(sid);
    if (exchange) this.#step(exchange, { from: 'twilio', to: 'bot', text: 'conversationJoined', tone: 'ok' });
    this.#feed.tell({ type: 'bot', what: 'joined', conversation: sid });
  }

  #reads(sid, text, author) {
    this.#feed.tell({ type: 'bot', what: 'reads', conversation: sid, text, author });
  }

  #hears(sid, text, author) {
    const exchange = this.#speaking(sid);
    if (exchange) {
      this.#step(exchange, { from: 'twilio', to: 'bot', text: `messageAdded “${shortened(text, 40)}”`, tone: 'ok' });
      this.#outcome(exchange, { text: 'heard', tone: 'ok', ms: performance.now() - exchange.since });
    }
    this.#feed.tell({ type: 'bot', what: 'hears', conversation: sid, text, author });
  }

  #hasBot(sid) {
    return this.#twilio.participants(sid).some(({ identity }) => identity === this.#identity);
  }

  // A command that joins the bot is what set that off, not the SMS of long ago.
  #speaking(sid) {
    return this.#command?.exchange ?? this.#latest.get(sid);
  }

  // ---- telling

  #begin({ actor, title }) {
    this.#exchanges += 1;
    const exchange = { id: this.#exchanges, since: performance.now(), steps: 0 };
    this.#newest = exchange;
    this.#feed.tell({ type: 'exchange', exchange: exchange.id, actor, title });
    return exchange;
  }

  #step(exchange, step) {
    exchange.steps += 1;
    this.#feed.tell({ type: 'step', exchange: exchange.id, step: exchange.steps, at: performance.now() - exchange.since, tone: 'plain', ...step });
    return exchange.steps;
  }

  #change(exchange, step, changes) {
    this.#feed.tell({ type: 'change', exchange: exchange.id, step, ...changes });
  }

  #outcome(exchange, outcome) {
    this.#feed.tell({ type: 'outcome', exchange: exchange.id, ...outcome });
  }
}

const valueOf = (params, wanted) => params.find(([name]) => name === wanted)?.[1];
const conversationIn = (path) => /\/Conversations\/(CH[0-9a-f]{32})/.exec(path)?.[1];
const brief = (text) => text.replace(/\b([A-Z]{2}[0-9a-f]{4})[0-9a-f]{28}\b/g, '$1…');
const shortened = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text).replace(/\s+/g, ' ');

// The last two parts of a path say enough: /v1/Services/IS.../Conversations/CH.../Participants
function resource(path) {
  return `…/${brief(path).split('/').slice(-1).join('/')}`;
}

function told(body) {
  const form = [...new URLSearchParams(body)].map(([name, value]) => `${name}=${value}`).join('&');
  return form === '' ? '' : ` ${shortened(form, 48)}`;
}

function resultOf(body) {
  try {
    return JSON.parse(body).result ?? 'forbidden';
  } catch {
    return 'no result';
  }
}
