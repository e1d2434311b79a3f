// Several hosts on one machine: network namespaces on a bridge, all of it inside namespaces of this
// run's own. They end with their first process, and with them every process, link, name and folder:
// after a failure, after Ctrl-C, and also when the test itself is killed.

import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { found } from '../lib/machine.js';

const run = promisify(execFile);
const INSIDE = 'AUTOJOIN_HOSTS_INSIDE';
const OWN = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
// Nobody's addresses, kept for examples (RFC 5737); contrib/haproxy names the hosts by two of them.
const OUTSIDE = '192.0.2.1';
const PREFIX = 24;
const LIMIT_MS = 120_000; // a run that takes so long never ends

export const isInside = () => process.env[INSIDE] !== undefined;

/** false, or why hosts cannot be had here. */
export async function refusesHosts() {
  if (process.getuid() !== 0) return 'network namespaces need root';
  if (!await found('ip', ['-V'])) return 'ip (iproute2) is missing';
  if (!await found('haproxy', ['-v'])) return 'haproxy is missing';
  const trial = 'mount -t tmpfs tmpfs /run && ip netns add trial && ip link add trial type bridge'
    + ' && ip link add left type veth peer name right netns trial';
  return await found('unshare', [...OWN, '/bin/sh', '-c', trial]) ? false : 'network namespaces, bridges or veth links are not permitted here';
}

/** Runs a program of ours in namespaces of its own, and gives its exit status. */
export function runInside(program) {
  const child = spawn('unshare', [...OWN, process.execPath, ...process.execArgv, program], {
    stdio: ['pipe', 'inherit', 'inherit'], env: { ...process.env, [INSIDE]: '1' },
  });
  const end = () => child.kill('SIGKILL');
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, end);
  const last = setTimeout(end, LIMIT_MS);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(last);
      resolve(code ?? 1);
    });
  });
}

/** Inside: whoever started us holds the other end of descriptor 0, and does so for as long as it lives. */
function endWithWhoStartedUs() {
  process.stdin.once('close', () => process.exit(1));
  process.stdin.resume();
  process.stdin.unref();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, () => process.exit(1));
}

export class Network {
  /** The address of what is outside the hosts: customers, Twilio, haproxy. */
  address = OUTSIDE;

  static async build() {
    endWithWhoStartedUs();
    // For ip-netns(8), and for every folder of this run.
    await run('mount', ['-t', 'tmpfs', 'tmpfs', '/run']);
    process.env.TMPDIR = '/run';
    await ip('link set lo up');
    await ip('link add hosts type bridge');
    await ip(`addr add ${OUTSIDE}/${PREFIX} dev hosts`);
    await ip('link set hosts up');
    return new Network();
  }

  async addHost(name, address) {
    await ip(`netns add ${name}`);
    await ip(`link add to-${name} type veth peer name eth0 netns ${name}`);
    await ip(`link set to-${name} master hosts up`);
    await ip(`-n ${name} addr add ${address}/${PREFIX} dev eth0`);
    await ip(`-n ${name} link set lo up`);
    await ip(`-n ${name} link set eth0 up`);
  }

  /** The cable is pulled, and put back. */
  cut(name) {
    return ip(`link set to-${name} down`);
  }

  fix(name) {
    return ip(`link set to-${name} up`);
  }

  /** What to put before a command so that it runs on that host. */
  on(name) {
    return ['ip', 'netns', 'exec', name];
  }
}

function ip(words) {
  return run('ip', words.split(' '));
}
