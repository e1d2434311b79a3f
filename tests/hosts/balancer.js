// haproxy with the shipped configuration, to the byte: its ports and paths are free in namespaces of
// our own. What Debian's haproxy.cfg says beside it (user, log, statistics) is said here.

import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { makeCertificate } from '../servers/certificate.js';
import { Daemon, until } from '../servers/daemon.js';
import { ErrorLog } from '../servers/errorlog.js';
import { Folder } from '../servers/folder.js';
import { shipped } from '../servers/frontserver.js';
import { accepts } from '../servers/port.js';

const run = promisify(execFile);
export const CONFIGURATION = shipped('contrib/haproxy/twilio-autojoin.cfg');
export const PUBLIC_NAME = 'api.example.com';
const PORT = 443;

export class Balancer {
  static async start() {
    const balancer = new Balancer();
    const folder = await Folder.create('haproxy');
    await balancer.#provideCertificate(folder);
    balancer.control = folder.join('control.sock');
    balancer.base = await folder.write('haproxy.cfg', `
global
  user haproxy
  group haproxy
  log stdout format raw local0
  stats socket ${balancer.control} mode 600 level admin
`);
    balancer.log = new ErrorLog(await folder.write('haproxy.log', ''));
    await balancer.judge();
    balancer.daemon = await Daemon.start({
      command: 'haproxy', args: ['-db', '-f', balancer.base, '-f', CONFIGURATION], env: { PATH: process.env.PATH },
      output: balancer.log.paths[0], ready: () => accepts({ host: '127.0.0.1', port: PORT }),
    });
    return balancer;
  }

  // Where the shipped file looks for it.
  async #provideCertificate(folder) {
    const { key, cert } = await makeCertificate(folder, [PUBLIC_NAME]);
    this.ca = await readFile(cert);
    await run('mount', ['-t', 'tmpfs', 'tmpfs', '/etc/ssl/private']);
    await writeFile('/etc/ssl/private/twilio-autojoin.pem', Buffer.concat([this.ca, await readFile(key)]), { mode: 0o600 });
  }

  get url() {
    return `https://127.0.0.1:${PORT}`;
  }

  /**
   * What haproxy says of its configuration beside its own version: throws if it is none. Its last word on a
   * valid one is not the same in all versions.
   */
  async judge(...files) {
    const { stdout, stderr } = await run('haproxy', ['-c', ...(files.length > 0 ? files : [this.base, CONFIGURATION]).flatMap((file) => ['-f', file])]);
    return (stdout + stderr).replace(/^\[NOTICE\].*\n/gm, '');
  }

  ask(command) {
    return new Promise((resolve, reject) => {
      const socket = connect(this.control);
      let answer = '';
      socket.on('data', (data) => { answer += data; });
      socket.on('error', reject);
      socket.on('close', () => resolve(answer));
      socket.write(`${command}\n`);
    });
  }

  /** Of a host: { status, wretr: tries again, wredis: ... on another host, stot: requests } and more. */
  async statistics(name) {
    const [names, ...rows] = (await this.ask('show stat')).replace(/^# /, '').trim().split('\n').map((line) => line.split(','));
    const row = rows.find((values) => values[0] === 'twilio_autojoin' && values[1] === name);
    return Object.fromEntries(names.map((title, i) => [title, row[i]]));
  }

  /** 'UP' or 'DOWN', as the health checks found. */
  waitFor(host, status) {
    return until(async () => (await this.statistics(host.name)).status === status, { what: `haproxy to find ${host.name} ${status}` });
  }

  /** A host gets no webhooks while others are tried. */
  set(host, state) {
    return this.ask(`set server twilio_autojoin/${host.name} state ${state}`);
  }
}
