// Whether others used the machine while something was measured; such a round is measured again.

import { cpus } from 'node:os';
import { readFileSync } from 'node:fs';
import { cpuSeconds } from './processes.js';

const TICKS_PER_SECOND = 100; // USER_HZ
const MOST = Number(process.env.BENCH_DISTURBED ?? 0.1); // of the machine's time, for all others
const AGAIN = 2; // times at most: on a machine that has other work there is no better round

/** Seconds that all processes worked, or another guest had this one's processor. Interrupts are nobody's. */
function workedSeconds() {
  const [user, nice, system, , , , , steal] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))[1].split(' ').map(Number);
  return (user + nice + system + steal) / TICKS_PER_SECOND;
}

/** Begins to watch; what it gives tells which share of the machine others have taken since. Of ours nobody may begin and end between. */
export async function watchMachine() {
  const [at, worked, own] = [performance.now(), workedSeconds(), (await cpuSeconds([process.pid])).all];
  return async () => {
    const others = workedSeconds() - worked - ((await cpuSeconds([process.pid])).all - own);
    return Math.max(0, others) / ((performance.now() - at) / 1000 * cpus().length);
  };
}

/**
 * Measures until nobody disturbs, a few times at most, and takes the least disturbed: { result, note }. `othersIn` tells the share that
 * others had in a result; `note` says what was disturbed, and is undefined if nothing was.
 */
export async function undisturbed(what, act, othersIn) {
  const results = [];
  do results.push(await act()); while (othersIn(results.at(-1)) > MOST && results.length <= AGAIN);
  const best = results.reduce((one, other) => (othersIn(other) < othersIn(one) ? other : one));
  const shares = results.map((result) => `${Math.round(othersIn(result) * 100)} %`).join(', ');
  return { result: best, note: results.length > 1 ? `${what}: others took ${shares} of the machine; the least counts` : undefined };
}

/** What to print of the notes of many; undefined ones are none. */
export function disturbedText(notes) {
  const disturbed = notes.filter(Boolean);
  return disturbed.length > 0 ? `Disturbed, and measured again:\n${disturbed.join('\n')}\n` : '';
}
