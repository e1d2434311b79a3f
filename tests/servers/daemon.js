// A server process in the foreground: started, waited for, ended by its own pid.

import { spawn } from 'node:child_process';
import { open, readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { readProc, tryProc } from './proc.js';

const PROBE_EVERY_MS = 10;

/** Repeats `probe` until it gives something true; the bound is the test's, not the server's. */
export async function until(probe, { timeoutMs = 10_000, what = 'a condition' } = {}) {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > giveUpAt) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await pause(PROBE_EVERY_MS);
  }
}

export class Daemon {
  /**
   * `output`: the file that takes descriptors 1 and 2. `ready`: resolves to true
   * once the server answers. `stdin`, `extra`: descriptors to hand over as 0, and as 3 and on.
   */
  static async start({ command, args = [], env, cwd, as = {}, output, ready, stdin = 'ignore', extra = [] }) {
    const daemon = new Daemon();
    const file = await open(output, 'a');
    try {
      daemon.child = spawn(command, args, { env, cwd, ...as, stdio: [stdin, file.fd, file.fd, ...extra] });
    } finally {
      await file.close();
    }
    daemon.exited = new Promise((resolve) => {
      daemon.child.once('exit', (code, signal) => resolve((daemon.end = { code, signal })));
      daemon.child.once('error', (error) => resolve((daemon.end = { error })));
    });
    const say = async () => `${command}: ${JSON.stringify(daemon.end)}\n${await readFile(output, 'utf8')}`;
    try {
      await until(async () => {
        if (daemon.end) throw new Error(`ended at once: ${await say()}`);
        return ready();
      }, { what: `${command} to answer` });
    } catch (error) {
      await daemon.stop('SIGKILL');
      throw error;
    }
    return daemon;
  }

  get pid() {
    return this.child.pid;
  }

  async stop(signal = 'SIGTERM', graceMs = 10_000) {
    if (this.end) return this.end;
    this.child.kill(signal);
    const last = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(last);
    }
  }
}

/** The processes that run a given program file. */
export async function processesOf(program) {
  const pids = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const exe = await readlink(`/proc/${name}/exe`).catch(() => '');
    // The responder is not dumpable, so only root may see what it executes; all may see its name.
    const [command] = tryProc(`${name}/cmdline`).split('\0');
    if (exe === program || exe === `${program} (deleted)` || command === program) pids.push(Number(name));
  }
  return pids;
}

/** Waits until nobody runs the program any more; kills and names those who stay. */
export async function allEnded(program, { timeoutMs = 8000 } = {}) {
  try {
    await until(async () => (await processesOf(program)).length === 0, { timeoutMs });
    return [];
  } catch {
    const left = await processesOf(program);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    return left;
  }
}

/** How many connections the server of a Unix socket holds: its ends bear the path (proc(5)). */
export function connectionsTo(path) {
  const CONNECTED = '03';
  const lines = readProc('net/unix').split('\n').map((line) => line.split(/\s+/));
  return lines.filter(([, , , , , state, , where]) => state === CONNECTED && where === path).length;
}
