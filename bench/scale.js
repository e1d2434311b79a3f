// One responder and ever more joins under way: what a join costs then, and whether an ignored webhook is disturbed.
// Started by `run --scale [OLD] NEW`; the requests come over FastCGI connections of its own, so that no front is
// measured with it.

import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { FastCgiConnection, requestRecords } from '../tests/servers/fastcgi.js';
import { until } from '../tests/servers/daemon.js';
import { Folder } from '../tests/servers/folder.js';
import { accepts } from '../tests/servers/port.js';
import { writeSettings } from '../tests/servers/settings.js';
import { usualSettings } from './candidates.js';
import { plot } from './plot.js';
import { pssMib, tree } from './processes.js';
import { quantile, table } from './report.js';
import { startAll } from './running.js';
import { startStandin } from './standin.js';
import { PATH, webhook } from './webhooks.js';

const WAIT_MS = 2000; // the stand-in's way ms2000
const STEPS = (process.env.BENCH_SCALE ?? '10,100,500,1000,2000,5000,10000').split(',').map(Number);
const MORE_AT_ONCE = 400; // new TLS connections, which take their time
const PROBE_MS = 1000;

const variablesOf = ({ body, headers }) => [
  ['GATEWAY_INTERFACE', 'CGI/1.1'], ['SERVER_PROTOCOL', 'HTTP/1.1'], ['REQUEST_METHOD', 'POST'], ['REQUEST_URI', PATH], ['SCRIPT_NAME', PATH],
  ['QUERY_STRING', ''], ['REMOTE_ADDR', '127.0.0.1'], ['CONTENT_LENGTH', String(body.length)], ['CONTENT_TYPE', headers['Content-Type']],
  ...Object.entries(headers).map(([name, value]) => [`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value]),
];

let conversations = 0;
function records(kind) {
  const one = webhook(kind, (conversations += 1));
  return requestRecords({ variables: variablesOf(one), body: one.body, keep: true });
}

/** A responder with its own socket, and connections to it that are opened as they are needed. */
async function startResponder(program, standin) {
  const folder = await Folder.create('scale');
  const settings = await writeSettings(folder, {
    ...usualSettings({ apiUrl: standin.url('ms2000'), authority: standin.authority }),
    AUTOJOIN_MAX_PENDING: String(Math.max(...STEPS) + 100), AUTOJOIN_DEADLINE_MS: '4500',
  });
  const installed = await folder.install(program, 'twilio-autojoin.fcgi');
  const socket = folder.join('responder.sock');
  const running = await startAll([{ command: installed, args: ['--listen', `unix:${socket}`], env: { AUTOJOIN_CONFIG: settings }, as: folder.as }],
    await folder.write('output.log', ''));
  await until(() => accepts({ path: socket }), { what: 'a responder that listens' });
  return {
    socket, pids: running.pids, connections: [],
    async stop() {
      for (const connection of this.connections) connection.close();
      await running.stop();
      await folder.remove();
    },
  };
}

async function cpuUs(pids) {
  let us = 0;
  for (const { pid } of await tree(pids)) us += Number((await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ')[0]) / 1000;
  return us;
}

/** Latencies of one ignored webhook after the other, in ms. */
async function probe(connection, end) {
  const all = [];
  while (performance.now() < end) {
    const asked = performance.now();
    await connection.send(records('ignored'));
    await connection.reply();
    all.push(performance.now() - asked);
    await pause(1);
  }
  return all.sort((a, b) => a - b);
}

/** So many joins at once, and what is seen while all of them wait. */
async function wave(responder, count, look) {
  for (let i = 0; i < count; i++) {
    if (!responder.connections[i] || responder.connections[i].closedAt) responder.connections[i] = await FastCgiConnection.open(responder.socket);
  }
  const ready = Array.from({ length: count }, () => records('join'));
  for (let i = 0; i < count; i++) responder.connections[i].send(ready[i]);
  const replies = responder.connections.slice(0, count).map((connection) => connection.reply(1, 10_000).catch(() => undefined));
  const seen = await look?.();
  const wrong = (await Promise.all(replies)).filter((reply) => reply?.body !== '{"result":"joined"}').length;
  return { seen, wrong };
}

/** Joins under way up to `count`, a few new connections to Twilio each time. */
async function grow(responder, from, count) {
  let wrong = 0;
  for (let now = from; now < count; ) {
    now = Math.min(count, now + MORE_AT_ONCE);
    wrong += (await wave(responder, now)).wrong;
  }
  return wrong;
}

async function measureStep(responder, prober, standin, from, count) {
  const faults = [];
  const grown = await grow(responder, from, count);
  if (grown > 0) faults.push(`${grown} joins failed on the way to ${count}`);
  const idle = await probe(prober, performance.now() + PROBE_MS);
  const before = await cpuUs(responder.pids);
  const { connections: connectionsBefore } = await standin.counts();
  const { seen, wrong } = await wave(responder, count, async () => {
    const end = performance.now() + WAIT_MS;
    let pending;
    do {
      await pause(20);
      ({ pending } = await standin.counts());
    } while (pending < count && performance.now() < end);
    const pss = await pssMib(responder.pids);
    const cpuWaiting = await cpuUs(responder.pids);
    const busy = await probe(prober, end - 100);
    return { pending, pss, busy, probing: await cpuUs(responder.pids) - cpuWaiting };
  });
  const cpu = await cpuUs(responder.pids) - before - seen.probing;
  const opened = (await standin.counts()).connections - connectionsBefore;
  if (wrong > 0) faults.push(`${wrong} of ${count} joins failed`);
  return { count, pending: seen.pending, cpu: cpu / count, pss: seen.pss, opened, idle: quantile(idle, 0.99), busy: quantile(seen.busy, 0.99), probes: seen.busy.length, faults };
}

async function measureScale(name, program, standin) {
  const responder = await startResponder(program, standin);
  try {
    const prober = await FastCgiConnection.open(responder.socket);
    await probe(prober, performance.now() + PROBE_MS / 2);
    const empty = await pssMib(responder.pids);
    const steps = [];
    for (const [i, count] of STEPS.entries()) {
      const step = await measureStep(responder, prober, standin, STEPS[i - 1] ?? 0, count);
      steps.push({ ...step, memory: (step.pss - empty) * 1024 / count });
      process.stderr.write('.');
    }
    prober.close();
    return { name, empty, steps };
  } finally {
    await responder.stop();
  }
}

function show({ name, empty, steps }) {
  const rows = [['joins at once', 'under way', 'CPU us a join', 'KiB a join', 'PSS MiB', 'new TLS', 'idle p99 ms', 'p99 ms beside them', 'of']];
  for (const step of steps) {
    rows.push([String(step.count), String(step.pending), step.cpu.toFixed(1), step.memory.toFixed(1), step.pss.toFixed(1), String(step.opened),
      step.idle.toFixed(2), step.busy.toFixed(2), String(step.probes)]);
  }
  return `${name}: ${empty.toFixed(1)} MiB with nothing under way\n${table(rows)}`;
}

const programs = Object.entries({ old: process.env.BENCH_OLD, new: process.env.BENCH_NEW }).filter(([, program]) => program);
const standin = await startStandin();
const results = [];
try {
  for (const [name, program] of programs) results.push(await measureScale(name, program, standin));
} finally {
  await standin.stop();
}
process.stderr.write('\n');
for (const result of results) console.log(show(result));
const series = (figure) => results.map(({ name, steps }) => ({ name, points: steps.map((step) => [step.count, step[figure]]) }));
const picture = process.env.BENCH_SCALE_SVG;
if (picture) {
  await writeFile(picture, plot('One responder, joins that wait 2 s for Twilio', 'joins under way', [
    { title: 'CPU of a join, µs', series: series('cpu') },
    { title: 'memory of a join, KiB', series: series('memory') },
    { title: 'an ignored webhook beside them, p99, ms', series: series('busy') },
  ]));
}
const faults = results.flatMap(({ name, steps }) => steps.flatMap((step) => step.faults.map((fault) => `${name}, ${step.count}: ${fault}`)));
console.log(faults.length === 0 ? 'Every join was joined.' : `FAULTS:\n${faults.join('\n')}`);
process.exitCode = faults.length === 0 ? 0 : 1;
