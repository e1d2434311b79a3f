// What a candidate's processes cost: its tree of processes, from the one that was started.

import { readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tryProc } from '../tests/servers/proc.js';

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux that Debian builds for

/** The fields of /proc/PID/stat behind the name, which may hold anything (proc(5)). */
function readStat(pid) {
  const text = tryProc(`${pid}/stat`);
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** What the threads that a process has now have worked (sched-stats in the kernel's documentation); 0 where that is not shown. */
function threadSeconds(pid) {
  let threads = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return 0; // it has ended
  }
  return threads.reduce((sum, thread) => sum + Number(tryProc(`${pid}/task/${thread}/schedstat`).split(' ')[0]), 0) / 1e9;
}

/** The processes that descend from `roots`, and these: [{ pid, seconds }]. */
export async function tree(roots) {
  const all = new Map();
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) && readStat(name);
    if (!stat) continue;
    const ticks = (...fields) => fields.reduce((sum, field) => sum + Number(stat[field]), 0) / TICKS_PER_SECOND;
    all.set(Number(name), { pid: Number(name), parent: Number(stat[1]), own: ticks(11, 12), ended: ticks(13, 14) }); // `ended`: its children
  }
  // To the tick, as stat has it, many processes that work a little each seem to have done nothing.
  const exact = ({ pid, own, ended }) => ({ pid, seconds: ended + Math.max(own, threadSeconds(pid)) });
  const belongs = ({ pid, parent }) => roots.includes(pid) || (all.has(parent) && parent !== pid && belongs(all.get(parent)));
  return [...all.values()].filter(belongs).map(exact);
}

// The kernel keeps 15 characters of a name.
const isResponder = (pid) => tryProc(`${pid}/comm`).startsWith('twilio-autojoin'.slice(0, 15));

/** CPU of all of them, and of the responder's alone. */
export async function cpuSeconds(roots) {
  const all = await tree(roots);
  const sum = (some) => some.reduce((total, { seconds }) => total + seconds, 0);
  return { all: sum(all), own: sum(all.filter(({ pid }) => isResponder(pid))) };
}

/** Proportional set size in MiB; NaN where the kernel does not show it to us. */
export async function pssMib(roots) {
  let kib = 0;
  for (const { pid } of await tree(roots)) {
    const text = tryProc(`${pid}/smaps_rollup`);
    kib += Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? NaN);
  }
  return kib / 1024;
}
