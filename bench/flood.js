// Do forged webhooks disturb those of Twilio? The latency of 50 valid ones a second, alone and beside a flood.

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { start } from './candidates.js';
import { undisturbed, watchMachine } from './disturbed.js';
import { KeptConnection, requestBytes } from './kept.js';
import { plot } from './plot.js';
import { cpuSeconds } from './processes.js';
import { median, quantile, table } from './report.js';

const VALID = 50; // a second
const RATES = [0, ...(process.env.BENCH_FLOOD ?? '5000').split(',').map(Number)]; // forged ones a second
const WARM_UP_S = 1;

let conversations = 0x700000;

/** Sends each valid one when it is due, whatever became of those before: latencies in ms, and how many were not joined. */
async function validOnes(port, seconds) {
  const [idle, answers, latencies] = [[], [], []];
  let wrong = 0;
  const sendOne = async (bytes) => {
    const connection = idle.pop() ?? await KeptConnection.open(port);
    const asked = performance.now();
    const status = await connection.exchange(bytes);
    latencies.push(performance.now() - asked);
    if (status !== 200) wrong += 1;
    if (!connection.closed) idle.push(connection);
  };
  const begun = performance.now();
  for (let i = 0; i < VALID * seconds; i++) {
    const bytes = requestBytes('join', conversations++);
    await pause(Math.max(0, begun + i * 1000 / VALID - performance.now()));
    answers.push(sendOne(bytes));
  }
  await Promise.all(answers);
  for (const connection of idle) connection.close();
  return { latencies, wrong };
}

async function startFlood(port, rate) {
  if (rate === 0) return { counts: async () => ({ at: performance.now(), refused: 0, wrong: 0 }), stop: async () => {} };
  const worker = new Worker(new URL('flooder.js', import.meta.url), { workerData: { port, rate } });
  await once(worker, 'message');
  return {
    async counts() {
      const answer = once(worker, 'message');
      worker.postMessage('counts');
      return (await answer)[0];
    },
    stop: () => worker.terminate(),
  };
}

async function measureRate({ url, pids }, rate, { standin, seconds }) {
  const port = Number(new URL(url).port);
  const flood = await startFlood(port, rate);
  try {
    await validOnes(port, WARM_UP_S);
    const othersShare = await watchMachine();
    const askedBefore = (await standin.counts()).requests;
    const [before, cpuBefore, begun] = [await flood.counts(), await cpuSeconds(pids), performance.now()];
    const { latencies, wrong } = await validOnes(port, seconds);
    const [after, cpuAfter, ended] = [await flood.counts(), await cpuSeconds(pids), performance.now()];
    const others = await othersShare();
    const asked = (await standin.counts()).requests - askedBefore;
    const faults = asked === latencies.length ? [] : [`${latencies.length} joins, but ${asked} REST calls`];
    if (wrong > 0) faults.push(`beside ${rate} forged a second ${wrong} of ${latencies.length} were not joined`);
    if (after.wrong > 0) faults.push(`${after.wrong} forged ones were not answered 403`);
    return { latencies, others, faults, refused: (after.refused - before.refused) / (after.at - before.at) * 1000,
      cpu: (cpuAfter.all - cpuBefore.all) / (ended - begun) * 1000 };
  } finally {
    await flood.stop();
  }
}

/** All rates, one after the other, over one that was started for it. */
async function measureOnce(name, context) {
  const { standin, ...built } = context;
  const candidate = await start(name, { ...built, apiUrl: standin.url('prompt'), authority: standin.authority });
  try {
    const rates = [];
    for (const rate of RATES) rates.push(await measureRate(candidate, rate, context));
    return { rates, others: Math.max(...rates.map(({ others }) => others)) };
  } finally {
    await candidate.stop();
  }
}

/** Of all rounds together: one of them alone has too few for a p99. */
function summary(name, rate, all) {
  const sorted = all.flatMap(({ latencies }) => latencies).sort((a, b) => a - b);
  return { name, rate, refused: median(all.map(({ refused }) => refused)), cpu: median(all.map(({ cpu }) => cpu)), others: median(all.map(({ others }) => others)),
    count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) };
}

const row = ({ name, rate, refused, count, p50, p99, max, cpu, others }, alone) => [name, String(rate), refused.toFixed(0), String(count),
  ...[p50, p99, max].map((ms) => ms.toFixed(2)), (p99 / alone.p99).toFixed(2), `${(cpu * 100).toFixed(0)} %`, `${(others * 100).toFixed(0)} %`];

function picture(names, summaries) {
  const series = names.map((name) => ({ name, points: summaries.filter((one) => one.name === name && one.rate > 0).map(({ rate, p99 }) => [rate, p99]) }));
  return plot(`${VALID} valid webhooks a second beside forged ones`, 'forged webhooks a second', [{ title: 'p99 of the valid ones, ms', series }]);
}

/** The table, what was disturbed, and the faults. */
export async function floods(names, rounds, context) {
  const measured = new Map(names.map((name) => [name, []]));
  const notes = [];
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const { result, note } = await undisturbed(`flood, ${name}, round ${round + 1}`, () => measureOnce(name, context), ({ others }) => others);
      measured.get(name).push(result);
      notes.push(note);
      process.stderr.write('.');
    }
  }
  process.stderr.write('\n');
  const summaries = [...measured].flatMap(([name, all]) => RATES.map((rate, i) => summary(name, rate, all.map(({ rates }) => rates[i]))));
  const rows = [['candidate', 'forged/s', 'answered/s', 'valid ones', 'p50 ms', 'p99 ms', 'max ms', 'p99 : alone', 'CPU', 'others']];
  for (const one of summaries) rows.push(row(one, summaries.find(({ name, rate }) => name === one.name && rate === 0)));
  if (process.env.BENCH_FLOOD_SVG) await writeFile(process.env.BENCH_FLOOD_SVG, picture(names, summaries));
  const faults = [...measured].flatMap(([name, all]) => all.flatMap(({ rates }) => rates.flatMap((one) => one.faults.map((fault) => `flood, ${name}: ${fault}`))));
  return { text: `flood: ${VALID} valid webhooks a second beside forged ones, all ${rounds} rounds together; CPU of one processor\n${table(rows)}`, notes, faults };
}
