// The table: medians over the rounds, and ratios against Go and the floor of the same mix.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

export function median(values) {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Of sorted values. */
export const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

const FIGURES = ['rate', 'p50', 'p90', 'p99', 'cpu', 'pss', 'tls', 'cold', 'share', 'others'];

export function summarize(rounds) {
  return Object.fromEntries(FIGURES.map((name) => [name, median(rounds.map((round) => round?.[name] ?? NaN))]));
}

const fixed = (value, digits) => (Number.isNaN(value) ? '-' : value.toFixed(digits));

/** The median over the rounds of one candidate's figure against another's of the same round. */
function ratio(name, rounds, others) {
  return fixed(others ? median(rounds.map((round, i) => (round?.[name] ?? NaN) / (others[i]?.[name] ?? NaN))) : NaN, 2);
}

const COLUMNS = [
  ['candidate', (s, rounds, name) => name],
  ['req/s', (s) => fixed(s.rate, 0)],
  ['p50 ms', (s) => fixed(s.p50, 2)],
  ['p90 ms', (s) => fixed(s.p90, 2)],
  ['p99 ms', (s) => fixed(s.p99, 2)],
  ['CPU s/1000', (s) => fixed(s.cpu, 4)],
  ['PSS MiB', (s) => fixed(s.pss, 1)],
  ['new TLS/1000', (s) => fixed(s.tls, 2)],
  ['cold ms', (s) => fixed(s.cold, 1)],
  ['others', (s) => `${fixed(s.others * 100, 0)} %`], // their share of the machine
  ['of limit', (s) => (Number.isNaN(s.share) ? '' : `${fixed(s.share * 100, 1)} %`)],
  ['req/s : Go', (s, { go, own }) => ratio('rate', own, go)],
  ['p50 : Go', (s, { go, own }) => ratio('p50', own, go)],
  ['p99 : Go', (s, { go, own }) => ratio('p99', own, go)],
  ['CPU : Go', (s, { go, own }) => ratio('cpu', own, go)],
  ['req/s : floor', (s, { floor, own }) => ratio('rate', own, floor)],
  ['CPU : floor', (s, { floor, own }) => ratio('cpu', own, floor)],
];

/** rows: of strings, the first of them the titles. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? `-${'-'.repeat(width)}-` : `-${'-'.repeat(width)}:`)).join('|')}|`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

/** results: { candidate: rounds }, of one mix; a round that failed is undefined. */
export function mixTable(mix, results) {
  const summaries = new Map(Object.entries(results).filter(([, rounds]) => rounds.some(Boolean)).map(([name, rounds]) => [name, summarize(rounds)]));
  const references = { go: results['Go net/http'], floor: results['floor + lighttpd'] };
  const columns = COLUMNS.filter(([title]) => (title !== 'of limit' || [...summaries.values()].some((s) => !Number.isNaN(s.share)))
    && (!title.endsWith('floor') || references.floor));
  const rows = [...summaries].map(([name, summary]) => columns.map(([, cell]) => cell(summary, { ...references, own: results[name] }, name)));
  return `${mix}\n${table([columns.map(([title]) => title), ...rows])}`;
}

const version = (command, ...args) => {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split('\n')[0].trim();
  } catch {
    return `${command}: ?`;
  }
};

const debianVersion = (name) => `${name} ${version('dpkg-query', '-W', '-f', '${Version}', name)}`;

export function machineFacts() {
  const distribution = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const packages = ['lighttpd', 'nginx', 'apache2', 'libapache2-mod-fcgid', 'libfcgi0ldbl', 'libcurl4', 'libssl3', 'libevent-core-2.1-7', 'gunicorn', 'python3-flask', 'python3-twilio', 'wrk'];
  return [
    `${cpus().length} x ${cpus()[0].model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, ${distribution}`,
    `load average before: ${readFileSync('/proc/loadavg', 'latin1').split(' ').slice(0, 3).join(' ')}`,
    `${packages.map(debianVersion).join(', ')}, ${version('go', 'version')}, node ${process.version}`,
  ].join('\n');
}
