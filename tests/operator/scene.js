// The scene of the operator's tool: the second stand-in for Twilio, a responder behind a front of its own, a spool, a
// file of statistics, and the settings that all of them share.

import { API_KEY, API_SECRET, ACCOUNT_SID, AUTH_TOKEN, IDENTITY } from '../lib/account.js';
import { OPERATOR, RESPONDER } from '../lib/programs.js';
import { jsonLines, startOperator } from '../lib/operator.js';
import { Folder } from '../servers/folder.js';
import { startResponder } from '../servers/responder.js';
import { writeSettings } from '../servers/settings.js';
import { StandIn } from '../twilio/standin.js';
import { Front } from './front.js';
import { SecondStandIn } from './secondstandin.js';
import { onTerminal } from './terminal.js';

export { ACCOUNT_SID, API_SECRET, AUTH_TOKEN, IDENTITY };

const account = () => ({ accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, apiKey: API_KEY, apiSecret: API_SECRET });

export class OperatorScene {
  #ending = [];
  responders = [];

  /**
   * `settings`: over the base, undefined takes one out. `tls`: { key, cert } of the front. `slips`: of the front.
   * `webhook`: whether Twilio already sends to us as it should.
   */
  static async open({ settings = {}, tls, slips, responder = true, webhook = true, label = 'op' } = {}) {
    const scene = new OperatorScene();
    scene.folder = await Folder.create(label);
    scene.#ending.push(() => scene.folder.remove());
    try {
      scene.twilio = await SecondStandIn.start(account());
      scene.twilio.addUser(IDENTITY);
      scene.#ending.push(() => scene.twilio.stop());
      // Webhook Rules and Event Streams, which the second has no document of, are the first stand-in's.
      scene.hosts = await StandIn.start({ ...account(), ownHosts: true });
      scene.#ending.push(() => scene.hosts.stop());
      scene.program = await scene.folder.install(OPERATOR, 'twilio-autojoin');
      scene.spool = await scene.folder.directory('spool');
      scene.statsFile = scene.folder.join('stats');
      scene.front = await Front.start({ socket: scene.folder.join('fcgi.sock'), tls, slips });
      scene.#ending.push(() => scene.front.stop());
      await scene.change({ ...scene.#base(), ...settings });
      if (responder) await scene.startResponder();
      if (webhook) scene.pointAtUs();
    } catch (error) {
      await scene.close();
      throw error;
    }
    return scene;
  }

  #base() {
    return {
      TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: AUTH_TOKEN, TWILIO_API_KEY: API_KEY, TWILIO_API_SECRET: API_SECRET, TWILIO_IDENTITY: IDENTITY,
      AUTOJOIN_API_URL: this.twilio.url, AUTOJOIN_WEBHOOKS_API_URL: this.hosts.urls.webhooks, AUTOJOIN_EVENTS_API_URL: this.hosts.urls.events, AUTOJOIN_PUBLIC_URL: this.front.url, AUTOJOIN_SPOOL_DIR: this.spool, AUTOJOIN_STATS_FILE: this.statsFile,
    };
  }

  /** Other settings, for what is started from now on. */
  async change(settings) {
    this.settings = { ...this.settings, ...settings };
    this.settingsFile = await writeSettings(this.folder, this.settings);
  }

  async startResponder() {
    const responder = await startResponder({ responder: RESPONDER, settingsFile: this.settingsFile });
    this.responders.push(responder);
    this.front.socket = responder.socket;
    return responder;
  }

  async restartResponder() {
    await this.responders.pop().stop();
    return this.startResponder();
  }

  /** As if an operator had done all of it right. */
  pointAtUs(level = this.twilio.defaultService.webhook, url = this.front.url) {
    Object.assign(level, { post_webhook_url: url, method: 'POST', filters: ['onConversationAdded', 'onParticipantRemoved'] });
    this.twilio.defaultService.retries = 3;
  }

  start(args, { env = {}, as = this.folder.as, ...options } = {}) {
    const run = startOperator({ program: this.program, args, env: { AUTOJOIN_CONFIG: this.settingsFile, ...env }, as, graceMs: 30_000, ...options });
    this.#ending.push(() => run.code === undefined && run.stop('SIGKILL'));
    return run;
  }

  run(...args) {
    return this.start(args).exited;
  }

  /** On a terminal; `args` as a shell reads them. */
  terminal(args, env = {}) {
    const session = onTerminal(`exec ${this.program} ${args}`, { env: { AUTOJOIN_CONFIG: this.settingsFile, ...env }, as: this.folder.as });
    this.#ending.push(() => session.code === undefined && session.stop());
    return session;
  }

  /** What `check` found: [{ check, verdict, text, fix }], with the run. */
  async check(...args) {
    const run = await this.run('check', '--json', ...args);
    const lines = jsonLines(run);
    return { ...run, findings: lines.slice(0, -1), counts: lines.at(-1) };
  }

  /** The requests that could change something. */
  changes() {
    return this.twilio.requests.filter(({ method }) => method === 'POST' || method === 'DELETE');
  }

  async close() {
    await Promise.all(this.responders.map((one) => one.stop()));
    for (const end of this.#ending.reverse()) await end();
  }
}
