// What this machine allows a test to do.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Whether a program is there and a call of it succeeds. */
export function found(program, args) {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 10_000 }, (error) => resolve(!error));
  });
}

/** The most memory that a command had until its end, in KiB. The kernel keeps the mark: only what comes after the last look is missed. */
export async function peakMemory(run, everyMs = 5) {
  let peak = 0;
  while (run.code === undefined) {
    try {
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${run.pid}/status`, 'utf8'))?.[1] ?? 0));
    } catch {
      break;
    }
    await pause(everyMs);
  }
  await run.exited;
  return peak;
}

/** false, or why a mount namespace of one's own cannot be had: it needs root, and a container may forbid it. */
export async function refusesMounts() {
  return await found('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']) ? false : 'mounts of our own are not permitted here';
}
