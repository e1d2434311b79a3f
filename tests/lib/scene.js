// The scene of a group of cases: a stand-in Twilio, settings, and the responder
// behind the driver's gateway.

import { StandIn, newSid } from '../twilio/standin.js';
import { until } from '../servers/daemon.js';
import { Folder } from '../servers/folder.js';
import { writeSettings } from '../servers/settings.js';
import { baseSettings, standInOptions } from './account.js';
import { parseLog, parseLogLine } from './log-line.js';
import { RESPONDER } from './programs.js';

export class Scene {
  #declared = [];
  #accounted = 0;
  #people = 1000;

  /** group: settings (over the base; or a function of the scene), files, environment, standIn, settingsMode. */
  static async open(driver, { settings = {}, files = {}, environment, standIn = {}, settingsMode, cases = [] }) {
    const scene = new Scene();
    scene.driver = driver;
    scene.folder = await Folder.create('set');
    try {
      scene.twilio = await StandIn.start({ ...standInOptions(), ...await resolve(standIn, scene) });
      for (const [name, { text, mode }] of Object.entries(await resolve(files, scene))) await scene.folder.write(name, text, mode);
      const all = { ...baseSettings(scene.twilio), ...await resolve(settings, scene) };
      scene.settingsFile = await writeSettings(scene.folder, all, { mode: settingsMode });
      scene.server = await driver.start({
        responder: RESPONDER,
        settingsFile: scene.settingsFile,
        environment: await resolve(environment, scene),
        tls: cases.some(({ request, tls }) => tls || request?.https),
      });
    } catch (error) {
      await scene.close();
      throw error;
    }
    return scene;
  }

  /**
   * A service and a conversation of the case's own, so that cases at once can be told apart. `group`: the account's
   * numbers in a group text of two people; none but them has these people.
   */
  newContext({ conversation = 'open', service = 'own', group }) {
    const { twilio } = this;
    const home = { own: () => twilio.createService().sid, default: () => twilio.defaultService.sid, unknown: () => newSid('IS') }[service]();
    const state = { open: 'active', closed: 'closed', initializing: 'initializing' }[conversation];
    const sid = conversation === 'unknown' || service === 'unknown'
      ? newSid('CH')
      : (group ? this.#newGroup(group, { serviceSid: home, state }) : twilio.createConversation({ serviceSid: home, state })).sid;
    return {
      twilio, service: home, conversation: sid,
      path: new RegExp(`/Conversations/${sid}/Participants$`),
      one: new RegExp(`/Conversations/${sid}/Participants/.`),
      create: { method: 'POST', path: new RegExp(`/Conversations/${sid}/Participants$`) },
    };
  }

  #newGroup([number, ...others], settings) {
    const addresses = [0, 1].map(() => `+1500556${String(this.#people++).padStart(4, '0')}`);
    const group = this.twilio.createGroup({ addresses, number, ...settings });
    for (const projectedAddress of others) this.twilio.addParticipant(group.sid, { messagingBinding: { projectedAddress } });
    return group;
  }

  mark() {
    return this.twilio.requests.length;
  }

  /** Everything that reached Twilio, or what belongs to the case where others run beside it. */
  restSince(mark, { conversation, service }, alone) {
    // A process that starts opens its connection ahead (AUTOJOIN_PRECONNECT), whenever that is.
    const since = this.twilio.requests.slice(mark).filter(({ method }) => method !== 'HEAD');
    return alone ? since : since.filter(({ path }) => path.includes(conversation) || path.includes(service));
  }

  /**
   * The case's lines of the log, once there is one. Cases by themselves take what is new;
   * others are found by their conversation.
   */
  async requestLines({ conversation }, alone, count = 1) {
    return until(async () => {
      const lines = parseLog(await this.server.logLines()).filter(({ result }) => result !== undefined);
      const own = alone ? lines.slice(this.#accounted) : lines.filter((fields) => fields.conversation === conversation);
      if (own.length < count) return undefined;
      if (alone) this.#accounted += own.length;
      return own;
    }, { timeoutMs: 3000, what: 'the log line of the request' });
  }

  /** Lines of requests that a case made beside its own. */
  account(count) {
    this.#accounted += count;
  }

  expectLogs(...patterns) {
    this.#declared.push(...patterns.flat().filter(Boolean));
  }

  /** Lines that are neither ours, nor the server's ordinary ones, nor declared by a case. */
  surprises(lines) {
    const expected = [...(this.driver.ordinary ?? []), ...this.#declared];
    return lines.filter((line) => {
      if (expected.some((pattern) => pattern.test(line))) return false;
      const fields = parseLogLine(line);
      if (!fields) return true;
      return fields.result === undefined && ['error', 'warn'].includes(fields.level);
    });
  }

  close() {
    this.closed ??= this.#end();
    return this.closed;
  }

  async #end() {
    const lines = await this.server?.logLines() ?? [];
    const end = await this.server?.stop();
    await this.twilio?.stop();
    await this.folder.remove();
    return { left: end?.left ?? [], lines };
  }
}

async function resolve(value, scene) {
  return typeof value === 'function' ? value(scene) : value;
}
