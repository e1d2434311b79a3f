// The bot's end: Twilio's Conversations SDK, unmodified, told only where its WebSocket is. Everything it
// says is kept in order, so that a test can wait for it, and see what was never said.
import conversations from '../lib/conversations-sdk.js';

const EVENTS = [
  'initialized', 'initFailed', 'connectionStateChanged', 'connectionError', 'tokenAboutToExpire', 'tokenExpired',
  'conversationAdded', 'conversationJoined', 'conversationLeft', 'conversationRemoved', 'participantJoined', 'participantLeft',
  'messageAdded',
];

export class Bot {
  events = [];
  #waiting = new Set();

  // prepare(client): what a client does before anything can happen to it.
  static async connect(twilio, token, { prepare } = {}) {
    const bot = Bot.start(twilio, token, { prepare });
    await bot.ready();
    return bot;
  }

  static start(twilio, token, { prepare } = {}) {
    const bot = new Bot();
    bot.client = new conversations.Client(token, { twilsock: { uri: twilio.gateway.url }, logLevel: 'silent' });
    for (const name of EVENTS) bot.client.on(name, (value) => bot.#take(name, value));
    prepare?.(bot.client);
    return bot;
  }

  #take(name, value) {
    this.events.push({ name, value });
    for (const look of [...this.#waiting]) look();
  }

  all(name) {
    return this.events.filter((event) => event.name === name).map(({ value }) => value);
  }

  get heard() {
    return this.all('messageAdded').map(({ body }) => body);
  }

  // Now or later: the first event of that name that fits.
  said(name, fits = () => true, timeoutMs = 8000) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.events.find((event) => event.name === name && fits(event.value));
        if (found) settle(resolve, found.value);
      };
      const settle = (outcome, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        outcome(value);
      };
      const timer = setTimeout(() => settle(reject, new Error(`no ${name} in ${timeoutMs} ms, but ${this.events.map((event) => event.name).join(', ')}`)), timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  joined({ sid }) {
    return this.said('conversationJoined', (conversation) => conversation.sid === sid);
  }

  hears(body) {
    return this.said('messageAdded', (message) => message.body === body);
  }

  state(wanted) {
    return this.said('connectionStateChanged', (state) => state === wanted);
  }

  // `initialized` comes before the SDK has read its conversations: shut down in between, it lets the
  // failure of that go unhandled.
  async ready() {
    await this.said('initialized');
    await this.client.getSubscribedConversations();
  }

  // Without it the SDK keeps the process alive, and connecting. A client that can neither connect nor
  // give up does not shut down at all: then the process ends with it.
  async end() {
    const stuck = setTimeout(() => {
      process.stderr.write(`the SDK does not shut down: ${this.events.map(({ name }) => name).join(', ')}\n`);
      process.exit(1);
    }, 8000);
    await this.client.shutdown();
    clearTimeout(stuck);
  }
}
