#!/usr/bin/env node
// Twilio's REST side is refused for a while under a steady flow of webhooks: everyone is answered at
// once, and all is made up for soon after it is back.

import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../servers/daemon.js';
import { Stage } from './stage.js';

const WITHIN_MS = 10_000; // all are to be joined so long after REST is back
const BREAKER_MS = 8000; // by then every responder must have noticed
const SECONDS_AFTER = 1; // the flow goes on for a moment

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

export async function outage({ seconds, rate }) {
  const stage = await Stage.set({ able: {}, lastsMs: (seconds + 60) * 1000, events: ['onConversationAdded'] });
  const { twilio, ledger, place, drainers, server } = stage;
  const answers = [];
  twilio.on('webhook', ({ status, ms }) => answers.push({ status, ms, sentAt: performance.now() - ms }));
  try {
    const watching = drainers.keepWatching();
    const flow = steadyFlow(twilio, rate);
    await until(() => answers.length > 10, { what: 'the flow' });
    const processes = (await server.processes()).length;

    const from = performance.now();
    await twilio.refuse();
    const opened = async () => (await server.readLog()).split('breaker open:').length - 1 >= processes;
    await until(opened, { timeoutMs: BREAKER_MS, what: `the breakers of ${processes} responders` });
    const openAt = performance.now();
    await pause(seconds * 1000 - (openAt - from));
    await twilio.accept();
    const back = performance.now();
    await pause(SECONDS_AFTER * 1000);
    flow.stop();
    await twilio.settled();
    await until(() => ledger.missing().length === 0 && place.tickets().length === 0, { timeoutMs: 60_000, what: 'all to be joined' });
    const joinedAfterMs = performance.now() - back;

    await drainers.stop();
    await watching;
    const during = answers.filter(({ sentAt, ms }) => sentAt > openAt && sentAt + ms < back);
    return {
      sent: flow.sent(), answered: answers.length, violations: [...ledger.violations, ...drainers.faults],
      during: during.length, statuses: count(during), p99Ms: percentile(during.map(({ ms }) => ms), 0.99),
      slowestMs: Math.max(...answers.map(({ ms }) => ms)), openAfterMs: openAt - from, joinedAfterMs, withinMs: WITHIN_MS,
    };
  } finally {
    await stage.strike();
  }
}

function count(answers) {
  const statuses = {};
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
}

/** So many a second on the whole, whatever becomes of the ones before and however late a timer is. */
function steadyFlow(twilio, rate) {
  const from = performance.now();
  let number = 0;
  const timer = setInterval(() => {
    while (number < (performance.now() - from) / 1000 * rate) {
      number += 1;
      twilio.arriveSms({ from: `+1555${1_000_000 + number}`, to: '+15005550001' }).catch(() => {});
    }
  }, 1000 / rate);
  return { sent: () => number, stop: () => clearInterval(timer) };
}

async function main() {
  const text = { type: 'string' };
  const { values } = parseArgs({ options: { seconds: { ...text, default: '60' }, rate: { ...text, default: '50' } } });
  const run = await outage({ seconds: Number(values.seconds), rate: Number(values.rate) });
  process.stdout.write(`REST refused for ${values.seconds} s under ${values.rate} webhooks/s: ${run.sent} sent, ${run.answered} answered, breakers open after ${run.openAfterMs.toFixed(0)} ms\n`
    + `while they were open: ${run.during} webhooks, ${JSON.stringify(run.statuses)}, 99th percentile ${run.p99Ms.toFixed(1)} ms; slowest of all ${run.slowestMs.toFixed(0)} ms\n`
    + `all joined ${run.joinedAfterMs.toFixed(0)} ms after REST was back; violations: ${run.violations.length}\n`);
  for (const violation of run.violations.slice(0, 20)) process.stdout.write(`VIOLATION ${violation}\n`);
  const well = run.violations.length === 0 && run.p99Ms < 300 && run.joinedAfterMs < WITHIN_MS && run.sent === run.answered && Object.keys(run.statuses).join() === '503';
  process.exitCode = well ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
