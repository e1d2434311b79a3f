// Two builds of ours against each other: pair by pair, the order turned each time, so that a drift of the
// machine meets both. Started by `run --quick OLD NEW`.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CANDIDATES, stopEverything } from './candidates.js';
import { disturbedText, undisturbed } from './disturbed.js';
import { measure } from './measure.js';
import { MIXES } from './mixes.js';
import { median, table } from './report.js';
import { startStandin } from './standin.js';
import { writeWebhooks } from './webhooks.js';

const NAMES = ['old', 'new'];
const FIGURES = [['req/s', 'rate'], ['p50', 'p50'], ['p99', 'p99'], ['CPU', 'cpu'], ['own CPU', 'own'], ['PSS', 'pss'], ['start', 'cold']];

const seconds = Number(process.env.BENCH_SECONDS ?? 3);
const rounds = Number(process.env.BENCH_ROUNDS ?? 6);
const mixes = (process.env.BENCH_MIXES ?? 'valid,single,slow').split(',');
const unknown = mixes.find((mix) => !MIXES[mix]);
if (unknown) throw new Error(`no such mix: ${unknown}; there are: ${Object.keys(MIXES).join(', ')}`);
for (const name of NAMES) CANDIDATES[name] = { ...CANDIDATES['ours + lighttpd'], program: name };

const folder = await mkdtemp(join(tmpdir(), 'autojoin-load-'));
const standin = await startStandin();
const tidy = async () => {
  await standin.stop();
  await rm(folder, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stopEverything();
    await tidy();
    process.exit(1);
  });
}

/** What both did in the same round, for each figure: new divided by old. */
const ratios = (pairs, figure) => pairs.map((pair) => pair.new[figure] / pair.old[figure]);

function row(mix, pairs) {
  const cell = ([, figure]) => {
    const all = ratios(pairs, figure);
    return `${median(all).toFixed(3)} (${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)})`;
  };
  return [mix, String(pairs.length), ...FIGURES.map(cell)];
}

const faults = [];
const notes = [];
const rows = [['mix', 'pairs', ...FIGURES.map(([title]) => `${title} new : old`)]];
try {
  const tables = {};
  for (const kind of new Set(mixes.map((mix) => MIXES[mix].kind))) tables[kind] = await writeWebhooks(folder, kind);
  const programs = { old: process.env.BENCH_OLD, new: process.env.BENCH_NEW };
  for (const mix of mixes) {
    const pairs = [];
    for (let round = 0; round < rounds; round++) {
      const { result: pair, note } = await undisturbed(`${mix}, round ${round + 1}`, async () => {
        const measured = {};
        for (const name of round % 2 ? [...NAMES].reverse() : NAMES) {
          measured[name] = await measure(name, mix, { standin, tables, seconds, built: process.env.BENCH_BUILT, programs });
          faults.push(...measured[name].faults.map((fault) => `${mix}, ${name}: ${fault}`));
          process.stderr.write('.');
        }
        return measured;
      }, (measured) => Math.max(...NAMES.map((name) => measured[name].others)));
      notes.push(note);
      pairs.push(pair);
    }
    rows.push(row(mix, pairs));
  }
  process.stderr.write('\n');
  console.log(table(rows));
} finally {
  await tidy();
}
process.stdout.write(disturbedText(notes));
console.log(faults.length === 0 ? 'Every answer was the right one, and each join one REST call.' : `FAULTS:\n${faults.join('\n')}`);
process.exitCode = faults.length === 0 ? 0 : 1;
