// The drainers of a run: one `drain --watch` always, started again when it was killed, as
// systemd would; now and then a second one; single passes that do not live long.

import { setTimeout as pause } from 'node:timers/promises';
import { startOperator } from '../lib/operator.js';

const RESTART_AFTER_MS = 200;

export class Drainers {
  #watchers = new Set();
  #stopping = false;
  faults = [];

  constructor({ program, settingsFile, as, lastsMs }) {
    Object.assign(this, { program, settingsFile, as, lastsMs });
  }

  start(...args) {
    return startOperator({ program: this.program, args, env: { AUTOJOIN_CONFIG: this.settingsFile }, as: this.as, graceMs: this.lastsMs });
  }

  /** Goes on until it is told to stop, through every kill. */
  async keepWatching() {
    while (!this.#stopping) {
      const run = this.start('drain', '--watch');
      this.#watchers.add(run);
      await run.exited;
      this.#watchers.delete(run);
      if (run.signal !== 'SIGKILL' && !this.#stopping) this.faults.push(`drain --watch ended by itself: ${run.code ?? run.signal} ${run.stderr.slice(-500)}`);
      await pause(RESTART_AFTER_MS);
    }
  }

  async watchToo(until) {
    const run = this.start('drain', '--watch');
    await until;
    await this.#end(run);
  }

  killWatcher() {
    const [run] = this.#watchers;
    return Boolean(run?.child.kill('SIGKILL'));
  }

  /** A pass that is killed after a while. False if it was over before. */
  async killedPass(afterMs) {
    const run = this.start('drain');
    await pause(afterMs);
    const killed = run.code === undefined && run.child.kill('SIGKILL');
    await run.exited;
    return killed && run.signal === 'SIGKILL';
  }

  async stop() {
    this.#stopping = true;
    await Promise.all([...this.#watchers].map((run) => this.#end(run)));
  }

  async #end(run) {
    const from = performance.now();
    await run.stop('SIGTERM');
    const ms = performance.now() - from;
    if (![0, 1].includes(run.code) || ms > 2000) this.faults.push(`drain --watch ended by SIGTERM with ${run.code ?? run.signal} after ${ms.toFixed(0)} ms: ${run.stderr.slice(-500)}`);
  }
}
