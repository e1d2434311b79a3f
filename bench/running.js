// A candidate's processes while it is measured: started together, ended by their ids.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { tree } from './processes.js';

const GRACE_MS = 5000;

/** commands: [{ command, args, env, as }]. Gives them back as a handle with `pids`, `startedAt`, `stop`. */
export async function startAll(commands, output) {
  const file = await open(output, 'a');
  const startedAt = performance.now();
  const children = commands.map(({ command, args, env, as }) =>
    spawn(command, args, { env: { PATH: process.env.PATH, ...env }, ...as, stdio: ['ignore', file.fd, file.fd] }));
  await file.close();
  for (const child of children) child.once('error', () => {});
  const pids = children.map(({ pid }) => pid);
  return { startedAt, pids, stop: () => stopAll(children, pids) };
}

const isAlive = ({ exitCode, signalCode, pid }) => pid !== undefined && exitCode === null && signalCode === null;

async function stopAll(children, pids) {
  const all = await tree(pids); // while parents still tell who their children are
  const alive = children.filter(isAlive);
  const ends = alive.map((child) => once(child, 'exit'));
  for (const child of alive) child.kill('SIGTERM');
  const timer = setTimeout(() => alive.forEach((child) => child.kill('SIGKILL')), GRACE_MS);
  await Promise.all(ends);
  clearTimeout(timer);
  await endOrphans(all.map(({ pid }) => pid).filter((pid) => !pids.includes(pid)));
}

/** A front that ends may leave its responders a moment, or for ever. */
async function endOrphans(pids) {
  const exists = (pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  for (let waited = 0; waited < GRACE_MS && pids.some(exists); waited += 10) await pause(10);
  for (const pid of pids.filter(exists)) process.kill(pid, 'SIGKILL');
}
