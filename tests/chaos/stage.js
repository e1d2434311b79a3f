// What a run plays on: the stand-in (with TLS and a name, where names can be made to fail), responders
// behind lighttpd with the shipped configuration, drainers, and the spool between them.

import { readFileSync } from 'node:fs';
import { ACCOUNT_SID, AUTH_TOKEN, IDENTITY, baseSettings, standInOptions } from '../lib/account.js';
import { OPERATOR, RESPONDER } from '../lib/programs.js';
import { HOST, PATH } from '../lib/webhook.js';
import { atArrival } from '../lib/moment-of-arrival.js';
import { makeCertificate } from '../servers/certificate.js';
import { Folder } from '../servers/folder.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { writeSettings } from '../servers/settings.js';
import { StandIn } from '../twilio/standin.js';
import { Drainers } from './drainers.js';
import { Ledger } from './ledger.js';
import { API_NAME, Names } from './names.js';
import { SpoolDisk } from './spool-disk.js';

const PROCESSES = 2;
const EVENTS = ['onConversationAdded', 'onMessageAdded'];

export class Stage {
  /** `able`: { mounts, names }. `lastsMs`: no process of ours lives longer. */
  static async set({ able, lastsMs, settings = {}, processes = PROCESSES, events = EVENTS }) {
    const stage = new Stage();
    stage.folder = await Folder.create('chaos');
    try {
      await stage.#openTwilio(able);
      stage.place = await SpoolDisk.make(stage.folder, able);
      stage.settings = {
        ...baseSettings(stage.twilio),
        ...(able.names && { AUTOJOIN_CA_FILE: stage.certificate.cert }),
        AUTOJOIN_SPOOL_DIR: stage.place.path,
        AUTOJOIN_EVENTS: events.join(','),
        ...settings,
      };
      stage.settingsFile = await writeSettings(stage.folder, stage.settings);
      stage.server = await startLighttpd({ responder: RESPONDER, settingsFile: stage.settingsFile, processes });
      stage.twilio.configureWebhook({ url: `http://${HOST}${PATH}`, connectTo: stage.server.url, filters: events });
      const program = await stage.folder.install(OPERATOR, 'twilio-autojoin');
      stage.drainers = new Drainers({ program, settingsFile: stage.settingsFile, as: stage.folder.as, lastsMs });
      stage.#keepBooks();
    } catch (error) {
      await stage.strike();
      throw error;
    }
    return stage;
  }

  async #openTwilio(able) {
    const limits = { userConversations: Infinity };
    if (able.names) {
      this.names = await Names.make(this.folder);
      this.certificate = await makeCertificate(this.folder, [API_NAME]);
      const tls = { key: readFileSync(this.certificate.key), cert: readFileSync(this.certificate.cert) };
      this.twilio = await StandIn.start({ ...standInOptions(), limits, tls });
      // What it calls itself in its lists, also after it listened anew.
      const url = `https://${API_NAME}:${this.twilio.port}`;
      Object.defineProperty(this.twilio, 'url', { get: () => url, set: () => {} });
    } else {
      this.twilio = await StandIn.start({ ...standInOptions(), limits });
    }
    if (this.twilio.accountSid !== ACCOUNT_SID || this.twilio.authToken !== AUTH_TOKEN) throw new Error('another account');
  }

  #keepBooks() {
    this.ledger = new Ledger({ twilio: this.twilio, place: this.place, identity: IDENTITY });
    this.twilio.on('conversationAdded', ({ conversation }) => this.ledger.open(conversation.sid));
    this.twilio.on('webhook', (result) => this.ledger.take(result));
    atArrival(this.twilio, /\/Participants$/, (path) => this.ledger.seeCall(path));
  }

  async strike() {
    await this.drainers?.stop();
    const end = await this.server?.stop();
    await this.twilio?.stop();
    await this.place?.remove();
    await this.folder.remove();
    return end;
  }
}
