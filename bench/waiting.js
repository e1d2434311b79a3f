// Is an ignored webhook disturbed by joins that wait for a slow Twilio? Its latency on an idle
// process, and while 500 joins are under way.

import { setTimeout as pause } from 'node:timers/promises';
import { start } from './candidates.js';
import { undisturbed, watchMachine } from './disturbed.js';
import { load } from './load.js';
import { median, table } from './report.js';

const JOINS = 500;
const WAIT_S = 2; // the stand-in's way ms2000
const PROBING = { connections: 1, seconds: 1 };

async function measureOnce(name, { standin, tables, ...built }) {
  const candidate = await start(name, { ...built, apiUrl: standin.url('ms2000'), authority: standin.authority });
  const { url } = candidate;
  try {
    await load({ url, table: tables.ignored, ...PROBING });
    const othersShare = await watchMachine();
    const idle = await load({ url, table: tables.ignored, ...PROBING });
    // In the first wait all the connections to Twilio are made, which is not what is asked here.
    const joins = load({ url, table: tables.join, connections: JOINS, seconds: 3 * WAIT_S });
    await pause(1500 * WAIT_S);
    const before = await standin.counts();
    const busy = await load({ url, table: tables.ignored, ...PROBING });
    const after = await standin.counts();
    const { refused, broken } = await joins;
    const others = await othersShare();
    const faults = refused + broken > 0 ? [`${refused} joins refused, ${broken} unanswered`] : [];
    return { idle, busy, pending: Math.min(before.pending, after.pending), others, faults };
  } finally {
    await candidate.stop();
  }
}

/** The table, what was disturbed, and the faults. */
export async function waiting(names, rounds, context) {
  const measured = new Map(names.map((name) => [name, []]));
  const notes = [];
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const { result, note } = await undisturbed(`waiting, ${name}, round ${round + 1}`, () => measureOnce(name, context), ({ others }) => others);
      measured.get(name).push(result);
      notes.push(note);
    }
  }
  const rows = [['candidate', 'joins under way', 'idle p50 ms', 'idle p99 ms', 'busy p50 ms', 'busy p99 ms', 'p99 busy : idle']];
  for (const [name, all] of measured) {
    const [idle50, idle99, busy50, busy99] = [['idle', 'p50'], ['idle', 'p99'], ['busy', 'p50'], ['busy', 'p99']]
      .map(([when, figure]) => median(all.map((one) => one[when][figure])));
    rows.push([name, String(Math.min(...all.map(({ pending }) => pending))),
      ...[idle50, idle99, busy50, busy99].map((ms) => ms.toFixed(3)), (busy99 / idle99).toFixed(2)]);
  }
  const faults = [...measured].flatMap(([name, all]) => all.flatMap((one) => one.faults.map((fault) => `waiting, ${name}: ${fault}`)));
  return { text: `waiting: an ignored webhook on 1 connection, while ${JOINS} joins wait ${WAIT_S} s for Twilio\n${table(rows)}`, notes, faults };
}
