// Containers of the image under test, run by podman with a storage of its own.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../servers/daemon.js';

const run = promisify(execFile);
const { CONTAINER_IMAGES: images, CONTAINER_STORAGE: storage, CONTAINER_RUN: running } = process.env;
if (!images || !storage || !running) throw new Error('to be run by tests/package/check-container, which builds the image');

/** The directories of the two builds. */
export const builds = images.split(' ');

const OWN_STORAGE = [
  '--root', storage, '--runroot', join(running, 'root'), '--tmpdir', join(running, 'tmp'),
  '--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file',
];
const LONGEST_MS = 60_000;

/** podman's standard output; an error holds what it said. */
export async function podman(...args) {
  try {
    const { stdout } = await run('podman', [...OWN_STORAGE, ...args], { timeout: LONGEST_MS, maxBuffer: 1 << 26 });
    return stdout.trim();
  } catch (error) {
    // Without systemd podman cannot run health checks by itself, and says so each time.
    const said = error.stderr.split('\n').filter((line) => !line.includes('systemd connection')).join('\n');
    throw new Error(`podman ${args[0]} ended with ${error.code ?? error.signal}: ${said}${error.stdout}`);
  }
}

// As the README says to run it: nothing to write to, no capability, no privilege to gain. Without
// cgroups, which a machine may not give.
const CONFINED = [
  '--network', 'host', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--log-driver', 'k8s-file',
  '--cgroups', 'disabled', '--cgroupns', 'host', '--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=1024:1024',
];

let count = 0;

export class Container {
  /** `env`: settings; `mounts`: of podman's --volume; `command`: another one than the image's. */
  static async start(image, { env = {}, mounts = [], command = [], port = 8080 } = {}) {
    const container = new Container();
    count += 1;
    container.name = `autojoin-${count}`;
    container.url = `http://127.0.0.1:${port}`;
    const options = [...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]), ...mounts.flatMap((mount) => ['--volume', mount])];
    await podman('run', '--detach', '--name', container.name, ...CONFINED, ...options, image, ...command);
    return container;
  }

  async answers() {
    const ready = async () => {
      if (!(await this.running())) throw new Error(`the container ended:\n${await this.logs()}`);
      return fetch(`${this.url}/webhooks/twilio/healthz`).then(({ status }) => status, () => 0);
    };
    return until(ready, { what: 'the container to answer' });
  }

  running() {
    return podman('inspect', '--format', '{{.State.Running}}', this.name).then((text) => text === 'true');
  }

  logs() {
    return podman('logs', this.name);
  }

  exec(...command) {
    return podman('exec', this.name, ...command);
  }

  /** Of a command in the container that an engine runs to see whether it is healthy. */
  healthy() {
    return podman('healthcheck', 'run', this.name).then(() => true, () => false);
  }

  signal(name) {
    return podman('kill', '--signal', name, this.name);
  }

  /** Its exit status, once it ended. */
  async ended() {
    return Number(await podman('wait', '--interval', '20ms', this.name));
  }

  async remove() {
    await podman('rm', '--force', '--time', '0', this.name).catch(() => {});
  }
}
