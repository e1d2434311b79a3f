// Everything that the page's buttons do: texts, troubles and the way out of them, the operator's commands.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { LogTail } from './logtail.js';
import { PageServer, refusal } from './pageserver.js';
import { Proxy } from './proxy.js';
import { TROUBLES } from './troubles.js';

const TEXT_MAX = 1600; // Twilio's limit for an SMS
const EVENTS = ['onConversationAdded', 'onParticipantRemoved'];
const SEEN_MS = 600; // long enough to see that something is under way

export class Stage {
  #trouble;
  #busy;
  #customers = 0;
  #number;
  #log;
  #proxy;

  constructor({ twilio, server, installation, feed, story, ours, firstNumber, webhookUrl, commands }) {
    Object.assign(this, { twilio, server, installation, feed, story, ours, webhookUrl, commands });
    this.#number = firstNumber;
  }

  async open(greeting) {
    const troubles = TROUBLES.map(({ name, title, about, broken, see, wayBack, leave = 'Back to health' }) => ({ name, title, about, broken, see, wayBack, leave }));
    this.feed.tell({ type: 'hello', ...greeting, troubles, commands: this.commands.map(({ name, line, about }) => ({ name, line, about })) });
    this.#log = new LogTail(this.server.log.paths, (fields, line) => this.#logged(fields, line));
    this.page = await PageServer.start({
      feed: this.feed,
      actions: {
        sms: ({ text, who }) => this.#texted(text, who),
        trouble: ({ name }) => this.#start(name),
        health: () => this.#recover(),
        run: ({ name }) => this.#alone(`Running ${name}`, () => this.run(name)),
      },
    });
    this.#tellState();
  }

  async close() {
    await this.page?.stop();
    await this.#proxy?.stop();
    await this.#log?.close();
  }

  // ---- what a trouble may do

  sms(text, { to = this.ours } = {}) {
    return this.twilio.arriveSms({ from: this.#number, to, body: text });
  }

  newCustomer() {
    this.#customers += 1;
    this.#number = `+1500555${String(1000 + this.#customers).padStart(4, '0')}`;
    return this.#number;
  }

  /** `drawn: false`: the diagram stays with what was before. */
  async run(name, { drawn = true } = {}) {
    const command = this.commands.find((one) => one.name === name);
    if (!command) throw refusal('There is no such command.');
    const { line, args, throughFront } = command;
    const told = this.story.command(line, { throughFront, drawn: drawn && command.drawn });
    const result = await this.installation.run(args);
    told.end(result);
    this.feed.tell({ type: 'command', line, ...result });
    return result;
  }

  /** Twilio's webhook leads through a proxy from now on. -> the URL that Twilio has */
  async throughProxy() {
    this.#proxy ??= await Proxy.start({ to: this.webhookUrl, tell: (what) => this.story.noteOfWebhook('front', what) });
    const { url } = this.#proxy;
    this.twilio.configureWebhook({ serviceSid: this.twilio.defaultService.sid, url, filters: EVENTS });
    return url;
  }

  /** Somebody texts, and while Twilio is asked to take the bot in every responder is killed. */
  async killInTheMiddle(text) {
    const arrived = this.sms(text);
    await Promise.race([once(this.twilio, 'requestRead'), arrived]);
    await pause(SEEN_MS);
    this.story.killed();
    await this.installation.killResponder(this.server);
    await arrived;
    await this.installation.responderAnswers(this.server);
  }

  async settings(changes) {
    await this.installation.change(changes);
    await this.installation.restartResponder(this.server);
    for (const [name, value] of Object.entries(changes)) {
      const done = value === undefined ? `${name} taken out of` : `${name}=${/TOKEN|SECRET/.test(name) ? '…' : value} put into`;
      this.feed.tell({ type: 'command', line: `# ${done} the settings, and the responder started again` });
    }
  }

  // ---- buttons

  async #texted(text, who) {
    if (typeof text !== 'string' || text.trim() === '') throw refusal('There is no text yet.');
    if (text.length > TEXT_MAX) throw refusal(`An SMS has at most ${TEXT_MAX} characters.`);
    if (who === 'new') this.newCustomer();
    // It is not waited for: what becomes of it is told as it happens.
    this.sms(text).catch((error) => this.feed.tell({ type: 'fault', text: error.message }));
  }

  #start(name) {
    const trouble = TROUBLES.find((one) => one.name === name);
    if (!trouble) throw refusal('There is no such trouble.');
    if (this.#trouble) throw refusal('One trouble at a time: back to health first.');
    return this.#alone(trouble.title, async () => {
      this.#trouble = trouble;
      this.#tellState();
      await trouble.start(this);
    });
  }

  #recover() {
    if (!this.#trouble) throw refusal('All is well already.');
    return this.#alone('Back to health', async () => {
      await this.#trouble.recover(this);
      this.#trouble = undefined;
    });
  }

  async #alone(what, work) {
    if (this.#busy) throw refusal(`Not yet: ${this.#busy}.`);
    this.#busy = what;
    this.#tellState();
    try {
      await work();
    } finally {
      await this.#log.settled();
      this.#busy = undefined;
      this.#tellState();
    }
  }

  #tellState() {
    this.feed.tell({ type: 'state', trouble: this.#trouble?.name ?? null, busy: this.#busy ?? null });
  }

  #logged(fields, line) {
    if (fields && fields.msg !== 'webhook') return;
    if (fields) this.story.logged(fields);
    if (!fields && !this.#trouble?.frontTells?.test(line)) return;
    this.feed.tell({ type: 'log', exchange: this.story.exchangeOf(fields?.conversation), line, fields: fields ?? null });
  }
}
