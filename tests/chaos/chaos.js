#!/usr/bin/env node
// The fault injection run: conversations arrive while everything around them fails, and in the end
// the bot must be in every one of them, exactly once.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { seedFrom } from '../lib/seeded-random.js';
import { refusesMounts } from '../lib/machine.js';
import { play } from './play.js';
import { figures } from './figures.js';

const HELP = `Usage: node tests/chaos/chaos.js [OPTION]...
Let conversations arrive while responders, drainers, Twilio and the machine fail.

  --conversations N   how many (5000)
  --kills K           how many processes are killed with SIGKILL (200)
  --seed S            of everything that is left to chance (default: a fresh one, printed)
  --seconds-limit T   give up after so long (580)
  --help

Programs: RESPONDER and OPERATOR in the environment, or those of the build in this tree.
Exit status: 0 nothing was lost and every promise was kept, 1 otherwise.
`;

const NAMESPACE = 'AUTOJOIN_CHAOS_NAMESPACE';
const text = { type: 'string' };
const { values } = parseArgs({ options: { conversations: text, kills: text, seed: text, 'seconds-limit': text, help: { type: 'boolean' } } });

function number(name, otherwise) {
  const given = values[name] ?? String(otherwise);
  if (/^[0-9]{1,10}$/.test(given)) return Number(given);
  process.stderr.write(`chaos.js: --${name} must be a whole number\n`);
  return process.exit(64);
}

// Mounts and names of our own need a mount namespace, which only root gets, and not everywhere.
async function insideNamespace() {
  if (process.env[NAMESPACE] || await refusesMounts()) return undefined;
  const args = ['-m', '--propagation', 'private', process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn('unshare', args, { stdio: 'inherit', env: { ...process.env, [NAMESPACE]: '1' } });
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => { child.once('exit', (code) => resolve(code ?? 1)); });
}

async function main() {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const order = {
    conversations: number('conversations', 5000), kills: number('kills', 200), seed: seedFrom(values.seed), secondsLimit: number('seconds-limit', 580),
  };
  const code = await insideNamespace();
  if (code !== undefined) return code;
  const able = { mounts: Boolean(process.env[NAMESPACE]), names: Boolean(process.env[NAMESPACE]) };
  process.stdout.write(`seed ${order.seed}: node tests/chaos/chaos.js --conversations ${order.conversations} --kills ${order.kills} --seed ${order.seed}\n`);
  if (!able.mounts) process.stdout.write('without mounts of our own: no full disk, no failing names\n');
  const outcome = await play({ ...order, able, say: (line) => process.stdout.write(`${line}\n`) });
  process.stdout.write(figures(outcome));
  return outcome.violations.length === 0 ? 0 : 1;
}

process.exitCode = await main();
