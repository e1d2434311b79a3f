// ./demo --stay as a program of its own: started, read, and ended as by Ctrl-C.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '../servers/daemon.js';
import { OPERATOR, RESPONDER } from '../lib/programs.js';

const DEMO = fileURLToPath(new URL('../twilio/demo.js', import.meta.url));

export class Demonstration {
  output = '';

  static async start(...options) {
    const demonstration = new Demonstration();
    const child = spawn(process.execPath, [DEMO, '--responder', RESPONDER, '--operator', OPERATOR, '--stay', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    demonstration.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { demonstration.output += data; });
    demonstration.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(demonstration.end = { code, signal }));
    });
    try {
      await until(() => /Another SMS without the page[^]*\n\n$/.test(demonstration.output) || demonstration.end, { what: 'the demonstration to stay', timeoutMs: 30_000 });
      if (demonstration.end) throw new Error(`ended: ${JSON.stringify(demonstration.end)}`);
    } catch (error) {
      await demonstration.stop('SIGKILL');
      error.message += `\n${demonstration.output}`;
      throw error;
    }
    return demonstration;
  }

  /** The page's address. */
  get url() {
    return /^ {2}(http:\/\/127\.0\.0\.1:\d+\/)$/m.exec(this.output)[1];
  }

  /** The line that exports, and those to try. */
  get lines() {
    const [environment, ...commands] = [...this.output.matchAll(/^ {2}((?:export|twilio-autojoin) .*)$/gm)].map(([, line]) => line);
    return { environment, commands };
  }

  /** A stand-in's event, by its own HTTP face. */
  get standIn() {
    return /stand-in Twilio at (\S+)/.exec(this.output)[1];
  }

  async stop(signal = 'SIGTERM') {
    if (!this.end) this.child.kill(signal);
    return this.exited;
  }
}
