// Runs the operator's tool: once to its end, or for as long as a test needs it.

import { spawn } from 'node:child_process';
import { baseEnvironment } from '../servers/responder.js';
import { until } from '../servers/daemon.js';
import { OPERATOR } from './programs.js';


const GRACE_MS = 60_000; // a command that has not ended by then never will

/**
 * `wrap`: a command line to start it by. The result's stdout and stderr grow while it runs;
 * `exited` resolves to itself once it is over, with `code`, `signal` and `ms`.
 */
export function startOperator({ program = OPERATOR, args, env = {}, as = {}, wrap = [], graceMs = GRACE_MS }) {
  const [command, ...given] = [...wrap, program, ...args];
  const from = performance.now();
  const child = spawn(command, given, { env: { ...baseEnvironment(), ...env }, ...as, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { child, pid: child.pid, stdout: '', stderr: '' };
  child.stdout.on('data', (data) => { run.stdout += data; });
  child.stderr.on('data', (data) => { run.stderr += data; });
  const last = setTimeout(() => child.kill('SIGKILL'), graceMs);
  run.exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(last);
      resolve(Object.assign(run, { code, signal, ms: performance.now() - from }));
    });
  });
  run.stop = (signal = 'SIGTERM') => {
    child.kill(signal);
    return run.exited;
  };
  run.says = (pattern, options) => until(() => pattern.test(run.stdout + run.stderr), { what: `${args.join(' ')} to say ${pattern}; it said:\n${run.stdout}${run.stderr}`, ...options });
  return run;
}

export function runOperator(options) {
  return startOperator(options).exited;
}

/** What --json printed: an object a line. */
export function jsonLines({ stdout }) {
  return stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}
