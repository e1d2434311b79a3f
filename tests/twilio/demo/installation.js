// What the operator of the demonstration has on the host: settings file, spool, captures, the tool; and how the
// responder is started anew.
import { spawn } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { until } from '../../servers/daemon.js';
import { Folder } from '../../servers/folder.js';
import { writeSettings } from '../../servers/settings.js';

const OUTPUT_MAX = 64 * 1024;
const PATIENCE_MS = 30_000;

export class Installation {
  #running = new Set();

  static async create({ operator, settings }) {
    const installation = new Installation();
    const folder = await Folder.create('demo');
    installation.folder = folder;
    try {
      installation.program = await folder.install(operator, 'twilio-autojoin');
      installation.settings = {
        ...settings,
        AUTOJOIN_SPOOL_DIR: await folder.directory('spool'),
        AUTOJOIN_CAPTURE_DIR: await folder.directory('captures'),
        AUTOJOIN_STATS_FILE: folder.join('stats'),
      };
      await installation.change({});
    } catch (error) {
      await folder.remove();
      throw error;
    }
    return installation;
  }

  /** undefined takes a setting out. Heeded by what is started from now on; who starts meanwhile reads the old file or the new one. */
  async change(settings) {
    this.settings = { ...this.settings, ...settings };
    this.settingsFile = this.folder.join('autojoin.conf');
    await rename(await writeSettings(this.folder, this.settings, { name: 'autojoin.conf.new' }), this.settingsFile);
  }

  /** As a restart of the web server does it, but on the same port. Settings are read when a process starts. */
  async restartResponder(server) {
    // lighttpd takes connections before its responders have started, and gives up if one ends meanwhile.
    await this.responderAnswers(server);
    const before = await server.processes();
    for (const pid of before) end(pid, 'SIGTERM');
    await until(async () => !(await server.processes()).some((pid) => before.includes(pid)), { what: 'the responder to end' });
    await this.responderAnswers(server);
  }

  responderAnswers(server) {
    return until(() => isWell(server), { what: 'the responder to answer again' });
  }

  /** Every responder at once, in the middle of what it does. */
  async killResponder(server) {
    for (const pid of await server.processes()) end(pid, 'SIGKILL');
  }

  /** -> { output, code }: what a terminal would show. */
  run(args) {
    return new Promise((resolve, reject) => {
      const child = spawn(this.program, args, {
        env: { PATH: process.env.PATH, AUTOJOIN_CONFIG: this.settingsFile }, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], ...this.folder.as,
      });
      this.#running.add(child);
      const last = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { output = (output + data).slice(0, OUTPUT_MAX); });
      const over = () => { clearTimeout(last); this.#running.delete(child); };
      child.once('error', (error) => { over(); reject(error); });
      child.once('close', (code) => { over(); resolve({ output, code }); });
    });
  }

  async remove() {
    const ends = [...this.#running].map((child) => new Promise((resolve) => { child.once('close', resolve); child.kill(); }));
    await Promise.all(ends);
    await this.folder.remove();
  }
}

function end(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // gone by itself
  }
}

async function isWell(server) {
  const answer = await fetch(`${server.url}/webhooks/twilio/healthz`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
  await answer?.arrayBuffer().catch(() => {});
  return answer?.status === 200;
}
