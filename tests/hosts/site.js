// The whole site: Twilio and customers outside, haproxy, two front hosts.

import { readFileSync } from 'node:fs';
import { baseSettings, standInOptions } from '../lib/account.js';
import { PATH } from '../lib/webhook.js';
import { makeCertificate } from '../servers/certificate.js';
import { Folder } from '../servers/folder.js';
import { StandIn } from '../twilio/standin.js';
import { Balancer, PUBLIC_NAME } from './balancer.js';
import { FrontHost } from './fronthost.js';

export const PUBLIC_URL = `https://${PUBLIC_NAME}${PATH}`;
export const DEADLINE_MS = 2000; // what contrib/haproxy asks for

export class Site {
  static async open(network) {
    const site = new Site();
    site.network = network;
    site.folder = await Folder.create('twilio');
    site.certificate = await makeCertificate(site.folder, ['conversations.example.com'], [network.address]);
    site.balancer = await Balancer.start();
    return site;
  }

  /**
   * The two hosts of contrib/haproxy. One knows its public URL; the other believes haproxy, so that
   * it is seen whether haproxy says the right thing.
   */
  async settle() {
    const tls = { key: readFileSync(this.certificate.key), cert: readFileSync(this.certificate.cert) };
    this.twilio = await StandIn.start({ ...standInOptions(), host: this.network.address, tls, limits: { userConversations: Infinity } });
    this.twilio.configureWebhook({ url: PUBLIC_URL, connectTo: this.balancer.url, ca: this.balancer.ca });
    const base = { ...baseSettings(this.twilio), AUTOJOIN_CA_FILE: this.certificate.cert, AUTOJOIN_DEADLINE_MS: DEADLINE_MS };
    const start = (name, address, own) => FrontHost.start({ network: this.network, name, address, settings: { ...base, ...own } });
    this.a = await start('host-a', '192.0.2.11', { AUTOJOIN_PUBLIC_URL: PUBLIC_URL });
    this.b = await start('host-b', '192.0.2.12', { AUTOJOIN_FORWARDED: 'x-forwarded', AUTOJOIN_TRUSTED_PROXIES: this.network.address });
    for (const host of this.hosts) await this.balancer.waitFor(host, 'UP');
  }

  get hosts() {
    return [this.a, this.b];
  }

  /** The bot's participants in a conversation. */
  bots(sid, identities) {
    return this.twilio.participants(sid).map(({ identity }) => identity).filter((identity) => identities.includes(identity));
  }

  async close() {
    await this.balancer.daemon.stop();
    for (const host of this.hosts) await host?.kill();
    await this.twilio?.stop();
  }
}
