// 50 webhooks at once while Twilio takes 200 ms, behind Apache: mod_fcgid gives each process one
// request at a time and sleeps a second whenever it must grow, so its directives decide.

import { Agent } from 'node:http';
import { start } from './candidates.js';
import { undisturbed, watchMachine } from './disturbed.js';
import { post } from './probe.js';
import { median, table } from './report.js';
import { webhook } from './webhooks.js';

const BURST = 50;
const TWILIO_GIVES_UP_MS = 5000;
const FCGID = 'ours + Apache mod_fcgid';

/** `defines` are values of the shipped file, `more` lines behind it. */
const WAYS = [
  ['mod_fcgid, as shipped', FCGID, {}],
  ['mod_fcgid, 8 processes', FCGID, { defines: { TWILIO_AUTOJOIN_PROCESSES: 8 } }],
  ['mod_fcgid, 64 processes', FCGID, { defines: { TWILIO_AUTOJOIN_PROCESSES: 64 } }],
  ['mod_fcgid, as shipped, FcgidSpawnScoreUpLimit 64', FCGID, { more: 'FcgidSpawnScoreUpLimit 64' }],
  ['mod_fcgid, 64 processes, FcgidSpawnScoreUpLimit 64', FCGID, { defines: { TWILIO_AUTOJOIN_PROCESSES: 64 }, more: 'FcgidSpawnScoreUpLimit 64' }],
  ['mod_proxy_fcgi, as shipped', 'ours + Apache mod_proxy_fcgi', {}],
  ['lighttpd, as shipped', 'ours + lighttpd', {}],
  ['nginx, as shipped', 'ours + nginx', {}],
];

let number = 0x900000;

async function burst(url) {
  const agent = new Agent({ keepAlive: false });
  const begun = performance.now();
  return Promise.all(Array.from({ length: BURST }, async () => {
    const { status } = await post(url, webhook('join', number++), agent).catch(() => ({ status: 0 }));
    return { status, ms: performance.now() - begun };
  }));
}

function summary(answers) {
  const times = answers.map(({ ms }) => ms);
  const good = answers.filter(({ status, ms }) => status === 200 && ms < TWILIO_GIVES_UP_MS).length;
  return { good, middle: median(times), last: Math.max(...times) };
}

const cells = (all) => [
  String(Math.min(...all.map(({ good }) => good))),
  median(all.map(({ middle }) => middle)).toFixed(0),
  Math.max(...all.map(({ last }) => last)).toFixed(0),
];

/** Two bursts over one that was started for it: what the start takes is watched, too, as bursts alone are too short to tell. */
async function measureOnce(name, apache, { standin, ...built }) {
  const othersShare = await watchMachine();
  const candidate = await start(name, { ...built, apache, apiUrl: standin.url('ms200'), authority: standin.authority });
  try {
    const bursts = [summary(await burst(candidate.url)), summary(await burst(candidate.url))];
    return { bursts, others: await othersShare() };
  } finally {
    await candidate.stop();
  }
}

/** The first burst meets one responder that is up, the second those that the first called for. */
export async function bursts(rounds, context) {
  const rows = [['front', 'first: in time', 'median ms', 'last ms', 'second: in time', 'median ms', 'last ms']];
  const notes = [];
  for (const [label, name, apache] of WAYS) {
    const all = [];
    for (let round = 0; round < rounds; round++) {
      const { result, note } = await undisturbed(`burst, ${label}, round ${round + 1}`, () => measureOnce(name, apache, context), ({ others }) => others);
      all.push(result.bursts);
      notes.push(note);
    }
    rows.push([label, ...cells(all.map(([first]) => first)), ...cells(all.map(([, second]) => second))]);
  }
  return { text: `burst: ${BURST} webhooks at once, Twilio takes 200 ms (the worst of ${rounds} rounds)\n${table(rows)}`, notes, faults: [] };
}
