// A front host as the README tells to set it up: lighttpd with the shipped configuration, its
// responders, a spool of its own, and the operator's tool.

import { readdirSync } from 'node:fs';
import { OPERATOR, RESPONDER } from '../lib/programs.js';
import { runOperator } from '../lib/operator.js';
import { Daemon, processesOf, until } from '../servers/daemon.js';
import { ErrorLog } from '../servers/errorlog.js';
import { Folder } from '../servers/folder.js';
import { shipped } from '../servers/frontserver.js';
import { accepts } from '../servers/port.js';
import { writeSettings } from '../servers/settings.js';

const PORT = 80; // contrib/haproxy's; of a namespace of its own, so nobody else has it
const PROCESSES = 2;

export class FrontHost {
  static async start({ network, name, address, settings }) {
    const host = Object.assign(new FrontHost(), { network, name, address });
    await network.addHost(name, address);
    host.folder = await Folder.create(name);
    host.program = await host.folder.install(RESPONDER, 'twilio-autojoin.fcgi');
    host.operator = await host.folder.install(OPERATOR, 'twilio-autojoin');
    host.spool = await host.folder.directory('spool');
    await host.folder.directory('htdocs');
    host.log = new ErrorLog(await host.folder.write('error.log', ''), await host.folder.write('stderr.log', ''));
    host.settings = { ...settings, AUTOJOIN_SPOOL_DIR: host.spool };
    host.settingsFile = await writeSettings(host.folder, host.settings);
    host.configuration = await host.folder.write('lighttpd.conf', host.#configuration());
    await host.start();
    return host;
  }

  #configuration() {
    const { folder, log } = this;
    return `
server.modules = ( "mod_fastcgi" )
server.document-root = "${folder.join('htdocs')}"
server.upload-dirs = ( "${folder.path}" )
server.errorlog = "${log.paths[0]}"
server.bind = "${this.address}"
server.port = ${PORT}
server.username = "${folder.user.name}"
server.groupname = "${folder.user.name}"
include "${shipped('lighttpd/twilio-autojoin-vars.conf')}"
var.twilio_autojoin_responder := "${this.program}"
var.twilio_autojoin_settings := "${this.settingsFile}"
var.twilio_autojoin_socket := "${folder.join('lighttpd.sock')}"
var.twilio_autojoin_stderr_log := "${log.paths[1]}"
var.twilio_autojoin_processes := ${PROCESSES}
include "${shipped('lighttpd/twilio-autojoin-fastcgi.conf')}"
`;
  }

  async start() {
    const [command, ...args] = [...this.network.on(this.name), '/usr/sbin/lighttpd', '-D', '-f', this.configuration];
    this.lighttpd = await Daemon.start({
      command, args, env: { PATH: process.env.PATH }, output: this.log.paths[1],
      ready: () => accepts({ host: this.address, port: PORT }),
    });
  }

  async signalResponders(signal) {
    const pids = await processesOf(this.program);
    for (const pid of pids) process.kill(pid, signal);
    return pids;
  }

  /** The responders alone: lighttpd is there and starts others. */
  async killResponders() {
    const killed = await this.signalResponders('SIGKILL');
    await until(async () => {
      const pids = await processesOf(this.program);
      return pids.length === killed.length && !pids.some((pid) => killed.includes(pid));
    }, { what: `lighttpd on ${this.name} to start other responders` });
    return killed.length;
  }

  /** All that runs on it; responders outlive a lighttpd that was killed. */
  async kill() {
    await this.lighttpd?.stop('SIGKILL');
    await this.signalResponders('SIGKILL');
  }

  /** Other settings, and all that runs on it started anew. */
  async change(settings) {
    Object.assign(this.settings, settings);
    await writeSettings(this.folder, this.settings);
    await this.kill();
    await this.start();
  }

  cut() {
    return this.network.cut(this.name);
  }

  fix() {
    return this.network.fix(this.name);
  }

  get url() {
    return `http://${this.address}:${PORT}`;
  }

  tickets() {
    return readdirSync(this.spool).filter((name) => /^CH/.test(name));
  }

  drain() {
    const env = { AUTOJOIN_CONFIG: this.settingsFile };
    return runOperator({ program: this.operator, wrap: this.network.on(this.name), args: ['drain'], env });
  }
}
