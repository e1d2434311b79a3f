// One candidate, one mix, one round: started, probed, warmed up, loaded, probed, ended.

import { setTimeout as pause } from 'node:timers/promises';
import { CANDIDATES, start } from './candidates.js';
import { watchMachine } from './disturbed.js';
import { load } from './load.js';
import { MIXES } from './mixes.js';
import { probe } from './probe.js';
import { cpuSeconds, pssMib } from './processes.js';
import { CONVERSATIONS } from './webhooks.js';

const WARM_UP_S = 1;
const SKIPPED = CONVERSATIONS / 2; // those of the warm-up are known by then
const SETTLE_MS = 50; // besides Twilio's delay: what wrk left under way ends meanwhile

async function settledCounts(standin) {
  for (let before = await standin.counts(); ;) {
    await pause(SETTLE_MS);
    const now = await standin.counts();
    if (now.requests === before.requests) return now;
    before = now;
  }
}

/** Every fault of the round, in words; none is what is due. */
function faultsOf(mix, { always, grows, queues }, { refused, broken, requests }, restCalls, connections) {
  const faults = [];
  const refusals = mix.result === 'forbidden' && always !== 'ignored' ? requests : 0;
  if (refused !== refusals) faults.push(`${refused} of ${requests} answers were refusals, ${refusals} were due`);
  if (broken > 0) faults.push(`${broken} requests got no answer`);
  // wrk leaves at most one request a connection unanswered at its end, whose join goes on.
  // A responder that is started meanwhile opens a connection ahead, by a call of its own; and
  // who queues still works on what the warm-up left unanswered.
  const most = (mix.rest ? requests + mix.connections * (queues ? 2 : 1) : 0) + (grows ? connections : 0);
  if (restCalls < (mix.rest ? requests : 0) || restCalls > most) {
    faults.push(`${requests} answers, but ${restCalls} REST calls`);
  }
  return faults;
}

export async function measure(name, mixName, { standin, tables, seconds, ...built }) {
  const mix = MIXES[mixName];
  const result = CANDIDATES[name].always ?? mix.result;
  const table = tables[mix.kind];
  const { connections } = mix;
  const candidate = await start(name, { ...built, apiUrl: standin.url(mix.way), authority: standin.authority, spool: mix.spool });
  try {
    const { url, pids } = candidate;
    await probe(url, result);
    await load({ url, table, connections, seconds: WARM_UP_S });
    const before = await settledCounts(standin);
    const othersShare = await watchMachine();
    const cpuBefore = await cpuSeconds(pids);
    const figures = await load({ url, table, connections, seconds, skip: SKIPPED });
    const cpuAfter = await cpuSeconds(pids);
    const others = await othersShare();
    const after = await settledCounts(standin);
    const pss = await pssMib(pids);
    await probe(url, result);
    const { requests } = figures;
    const opened = after.connections - before.connections;
    return {
      rate: requests / figures.seconds,
      p50: figures.p50, p90: figures.p90, p99: figures.p99,
      cpu: (cpuAfter.all - cpuBefore.all) / requests * 1000,
      own: (cpuAfter.own - cpuBefore.own) / requests * 1000, // of the responder alone
      pss, others,
      tls: opened / requests * 1000,
      cold: candidate.coldStartMs,
      // Of the rate that the delay allows. (Not from the rate: a load that ends within a wave of
      // answers counts too few.)
      share: mix.delayMs && mix.delayMs / figures.mean,
      faults: faultsOf(mix, CANDIDATES[name], figures, after.requests - before.requests, opened),
    };
  } finally {
    await candidate.stop();
  }
}
