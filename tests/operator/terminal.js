// Runs a command on a terminal of its own, by script(1), and types what a person would.

import { spawn } from 'node:child_process';
import { until } from '../servers/daemon.js';
import { baseEnvironment } from '../servers/responder.js';
import { found } from '../lib/machine.js';

const GRACE_MS = 20_000;

/** false, or why there is no terminal to be had. */
export async function hasNoTerminal() {
  return await found('script', ['-qec', 'true', '/dev/null']) ? false : 'script(1) cannot be used here';
}

/** `command`: a shell's line. The result grows: `output`; `exited` resolves to itself with `code`. */
export function onTerminal(command, { env = {}, as = {} } = {}) {
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...baseEnvironment(), TERM: 'xterm', SHELL: '/bin/sh', ...env }, ...as, stdio: ['pipe', 'pipe', 'pipe'] });
  const session = { child, output: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { session.output += data; });
  child.stdin.on('error', () => {});
  const last = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  session.exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(last);
      resolve(Object.assign(session, { code }));
    });
  });
  session.type = (text) => child.stdin.write(text);
  session.shows = (pattern) => until(() => pattern.test(session.output), { what: `the terminal to show ${pattern}; it shows:\n${session.output}` });
  session.stop = () => {
    child.kill('SIGKILL');
    return session.exited;
  };
  return session;
}
