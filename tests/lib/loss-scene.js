// The scene of the tests of what may be lost: a stand-in Twilio, a spool directory, a responder
// on its own socket, and the operator's tool with the same settings.

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { chown, rename } from 'node:fs/promises';
import { baseSettings, standInOptions } from './account.js';
import { cloudEvent } from './cloud-event.js';
import { parseLog } from './log-line.js';
import { webhookRequest } from './webhook-records.js';
import { OPERATOR, RESPONDER } from './programs.js';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { Folder } from '../servers/folder.js';
import { startResponder } from '../servers/responder.js';
import { writeSettings } from '../servers/settings.js';
import { StandIn } from '../twilio/standin.js';
import { startOperator } from './operator.js';
import { parseTicket, ticketText } from './ticket-file.js';

export { IDENTITY } from './account.js';

export const CREATE = { method: 'POST', path: /\/Participants$/ };

export class LossScene {
  #stderr = [];
  #started = [];

  /**
   * `settings`: over the base (undefined takes one out). `standIn`: its options. `spool: false`:
   * no AUTOJOIN_SPOOL_DIR. `responder: false`: only the operator's tool.
   */
  static async open({ settings = {}, standIn = {}, spool = true, responder = true, wrap, as } = {}) {
    const scene = new LossScene();
    scene.folder = await Folder.create('loss');
    try {
      scene.twilio = await StandIn.start({ ...standInOptions(), ...standIn });
      scene.spool = await scene.folder.directory('spool');
      scene.operator = await scene.folder.install(OPERATOR, 'twilio-autojoin');
      scene.settings = { ...baseSettings(scene.twilio), ...(spool && { AUTOJOIN_SPOOL_DIR: scene.spool }), ...settings };
      scene.settingsFile = await writeSettings(scene.folder, scene.settings);
      if (responder) await scene.startResponder({ wrap, as });
    } catch (error) {
      await scene.close();
      throw error;
    }
    return scene;
  }

  async startResponder({ wrap, as } = {}) {
    this.responder = await startResponder({ responder: RESPONDER, settingsFile: this.settingsFile, wrap, as });
  }

  async restartResponder(signal) {
    this.#stderr.push(...await this.responder.log.lines());
    await this.responder.stop(signal);
    await this.startResponder();
  }

  /** Other settings for what is started from now on. */
  async change(settings) {
    this.settings = { ...this.settings, ...settings };
    await writeSettings(this.folder, this.settings);
  }

  newContext({ state = 'active' } = {}) {
    const service = this.twilio.defaultService.sid;
    const conversation = this.twilio.createConversation({ serviceSid: service, state }).sid;
    return { conversation, service, create: { method: 'POST', path: new RegExp(`/${conversation}/Participants$`) } };
  }

  /** Sends a webhook; `spec` says how it differs from an onConversationAdded of a moment ago. */
  async send(context, spec = {}) {
    const fresh = spec.json === undefined ? { ...spec, set: { DateCreated: new Date().toISOString(), ...spec.set } } : spec;
    const reply = await fastcgiRequest(this.responder.socket, webhookRequest(context, fresh));
    if (!reply) return { status: 0, body: '' };
    this.#stderr.push(...reply.stderr.split('\n').filter((line) => line !== ''));
    return reply;
  }

  /** Sends events as Event Streams does: specs as cloudEvent() takes them; a list if there are several. */
  sendStream(context, ...specs) {
    const events = specs.map(({ of = context, ...spec }) => cloudEvent(of, spec));
    return this.send(context, { json: JSON.stringify(events.length === 1 ? events[0] : events) });
  }

  sendEvent(context, type, parameters = {}) {
    return this.send(context, { set: { EventType: type, ...parameters } });
  }

  /** The responder's log, of requests and of itself. */
  async log() {
    return parseLog([...this.#stderr, ...await this.responder.log.lines()]);
  }

  // ---- Twilio's side

  bots({ conversation }, identity = this.settings.TWILIO_IDENTITY) {
    return this.twilio.participants(conversation).filter((participant) => participant.identity === identity).length;
  }

  /** The calls for adding a participant, to one conversation or to any. */
  creations(context) {
    return this.twilio.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/Participants')
      && (!context || path.includes(context.conversation)));
  }

  // ---- the spool

  tickets() {
    return readdirSync(this.spool).filter((name) => /^CH/.test(name)).sort();
  }

  /** What lies in one of the spool's folders; nothing if it is not there. */
  kept(folder) {
    const path = `${this.spool}/${folder}`;
    return existsSync(path) ? readdirSync(path).sort() : [];
  }

  hasTicket({ conversation }) {
    return existsSync(`${this.spool}/${conversation}`);
  }

  ticket({ conversation }, folder = '.') {
    return parseTicket(readFileSync(`${this.spool}/${folder}/${conversation}`, 'utf8'));
  }

  ticketMode({ conversation }) {
    return statSync(`${this.spool}/${conversation}`).mode & 0o7777;
  }

  /** Puts a ticket there as the programs do: whole, by a rename. */
  async plant(context, fields = {}) {
    const draft = await this.folder.write(`planted-${context.conversation}`, ticketText({ ...context, ...fields }));
    await rename(draft, `${this.spool}/${context.conversation}`);
    return context;
  }

  async plantMany(count, fields) {
    return Promise.all(Array.from({ length: count }, () => this.plant(this.newContext(), fields)));
  }

  async own(path) {
    if (process.getuid() === 0) await chown(path, this.folder.user.uid, this.folder.user.gid);
  }

  // ---- the operator's tool

  start(args, { env = {}, as = this.folder.as, ...options } = {}) {
    const run = startOperator({ program: this.operator, args, env: { AUTOJOIN_CONFIG: this.settingsFile, ...env }, as, ...options });
    this.#started.push(run);
    return run;
  }

  drain(...args) {
    return this.start(['drain', ...args]).exited;
  }

  reconcile(...args) {
    return this.start(['reconcile', ...args]).exited;
  }

  watch(...args) {
    return this.start(['drain', '--watch', ...args]);
  }

  close() {
    this.closed ??= this.#end();
    return this.closed;
  }

  async #end() {
    await Promise.all(this.#started.map((run) => run.code === undefined && run.stop('SIGKILL')));
    await this.responder?.stop();
    await this.twilio?.stop();
    await this.folder.remove();
  }
}
