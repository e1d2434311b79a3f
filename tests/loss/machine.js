// What this machine allows a test to do.

import { execFile } from 'node:child_process';

/** Whether a program is there and a call of it succeeds. */
export function found(program, args) {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 10_000 }, (error) => resolve(!error));
  });
}

/** false, or why a mount namespace of one's own cannot be had: it needs root, and a container may forbid it. */
export async function refusesMounts() {
  return await found('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']) ? false : 'mounts of our own are not permitted here';
}
