// The name of Twilio's API, as this mount namespace resolves it, and how that may fail.

import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const API_NAME = 'conversations.example.com';
const RESOLVER = '127.0.0.78';

export class Names {
  static async make(folder) {
    const names = new Names();
    names.plain = readFileSync('/etc/hosts', 'utf8');
    names.hosts = await folder.write('hosts', '', 0o644);
    names.fix();
    await folder.write('resolv.conf', `nameserver ${RESOLVER}\noptions timeout:2 attempts:1\n`, 0o644);
    await folder.write('nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n', 0o644);
    for (const name of ['hosts', 'resolv.conf', 'nsswitch.conf']) {
      await run('/bin/sh', ['-c', `mount --bind "$0" "$(readlink -f /etc/${name})"`, folder.join(name)]);
    }
    return names;
  }

  fix() {
    writeFileSync(this.hosts, `${this.plain}\n127.0.0.1 ${API_NAME}\n`);
  }

  /** 'none': nobody is there to be asked. 'silence': somebody is, and never answers. */
  async fail(answer, until) {
    const silent = answer === 'silence' && createSocket('udp4');
    if (silent) {
      silent.bind(53, RESOLVER);
      await once(silent, 'listening');
    }
    writeFileSync(this.hosts, this.plain);
    await until;
    this.fix();
    if (silent) silent.close();
  }
}
