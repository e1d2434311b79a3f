// The benchmark: every mix over every candidate, round by round, so that a drift of the machine
// meets all of them. Started by `run`; see there for the settings.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bursts } from './burst.js';
import { CANDIDATES, stopEverything } from './candidates.js';
import { disturbedText, undisturbed } from './disturbed.js';
import { floods } from './flood.js';
import { measure } from './measure.js';
import { MIXES } from './mixes.js';
import { machineFacts, mixTable } from './report.js';
import { startStandin } from './standin.js';
import { waiting } from './waiting.js';
import { writeWebhooks } from './webhooks.js';

const LEAST_ROUNDS = 3;

const list = (text, all) => {
  const names = text ? text.split(',').map((name) => name.trim()).filter(Boolean) : all;
  const unknown = names.find((name) => !all.includes(name));
  if (unknown) throw new Error(`no such name: ${unknown}; there are: ${all.join(', ')}`);
  return names;
};

/** BENCH_CANDIDATES holds parts of names. */
function candidatesOf(mix) {
  const parts = (process.env.BENCH_CANDIDATES ?? '').split(',').map((part) => part.trim()).filter(Boolean);
  return Object.keys(CANDIDATES).filter((name) => CANDIDATES[name].mixes.includes(mix))
    .filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)));
}

/** The order is turned by one each round, so that nobody always follows the same neighbour. */
const turned = (names, by) => names.map((_, i) => names[(i + by) % names.length]);

/** Those that are no steady load of one kind, and make their tables themselves. */
const SCENES = { waiting, flood: floods, burst: (names, rounds, context) => bursts(rounds, context) };

async function measureMix(mix, rounds, context) {
  const names = candidatesOf(mix);
  if (SCENES[mix]) return SCENES[mix](names, rounds, context);
  const results = Object.fromEntries(names.map((name) => [name, Array(rounds).fill(undefined)]));
  const [faults, notes] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const name of turned(names, round)) {
      try {
        const { result: figures, note } = await undisturbed(`${mix}, ${name}, round ${round + 1}`, () => measure(name, mix, context), ({ others }) => others);
        notes.push(note);
        results[name][round] = figures;
        faults.push(...figures.faults.map((fault) => `${mix}, ${name}: ${fault}`));
      } catch (error) {
        faults.push(`${mix}, ${name}: ${error.message}`);
      }
      process.stderr.write('.');
    }
  }
  process.stderr.write('\n');
  return { text: mixTable(mix, results), notes, faults };
}

const seconds = Number(process.env.BENCH_SECONDS ?? 3);
const rounds = Math.max(LEAST_ROUNDS, Number(process.env.BENCH_ROUNDS ?? LEAST_ROUNDS));
const mixes = list(process.env.BENCH_MIXES, [...Object.keys(MIXES), ...Object.keys(SCENES)]);
const built = process.env.BENCH_BUILT;
const programs = { ours: process.env.BENCH_RESPONDER, floor: join(built, 'floor'), emptycgi: join(built, 'emptycgi') };

const folder = await mkdtemp(join(tmpdir(), 'autojoin-load-'));
const standin = await startStandin();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stopEverything();
    await standin.stop();
    await rm(folder, { recursive: true, force: true });
    process.exit(1);
  });
}
const faults = [];
try {
  const tables = {};
  for (const kind of ['join', 'ignored', 'forged']) {
    tables[kind] = await writeWebhooks(folder, kind);
  }
  console.log(`${machineFacts()}\nmedians of ${rounds} rounds of ${seconds} s\n`);
  const context = { standin, tables, seconds, built, programs };
  for (const mix of mixes) {
    const measured = await measureMix(mix, rounds, context);
    console.log(`${measured.text}\n${disturbedText(measured.notes)}`);
    faults.push(...measured.faults);
  }
} finally {
  await standin.stop();
  await rm(folder, { recursive: true });
}
console.log(faults.length === 0
  ? 'Every answer was the right one, and each join one REST call.'
  : `FAULTS:\n${faults.join('\n')}`);
process.exitCode = faults.length === 0 ? 0 : 1;
