// The responder without a web server: listening by itself, on a socket handed
// over as descriptor 0, and as a plain CGI program.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { chmod, chown, rename } from 'node:fs/promises';
import { Daemon, allEnded, processesOf } from './daemon.js';
import { ErrorLog } from './errorlog.js';
import { Folder } from './folder.js';
import { parseCgiReply } from './cgireply.js';
import { accepts } from './port.js';
import { writeSettings } from './settings.js';

/** So that a build with sanitizers can be told what to do; nothing else of ours is passed on. */
export function baseEnvironment() {
  const kept = ['PATH', 'ASAN_OPTIONS', 'LSAN_OPTIONS', 'UBSAN_OPTIONS', 'GCOV_PREFIX'];
  return Object.fromEntries(kept.filter((name) => name in process.env).map((name) => [name, process.env[name]]));
}

async function prepare({ responder, settings, settingsFile, env = {}, label }) {
  const folder = await Folder.create(label);
  const program = await folder.install(responder, 'twilio-autojoin.fcgi');
  const file = settingsFile ?? (settings && await writeSettings(folder, settings));
  return { folder, program, env: { ...baseEnvironment(), ...(file ? { AUTOJOIN_CONFIG: file } : {}), ...env } };
}

function handle({ daemon, folder, program, socket, log }) {
  return {
    socket, folder, program, pid: daemon.pid, daemon, exited: daemon.exited,
    errorLog: log.paths[0], log, readLog: () => log.read(),
    processes: () => processesOf(program),
    async stop(signal) {
      const end = await daemon.stop(signal);
      const left = await allEnded(program);
      await folder.remove();
      return { ...end, left };
    },
  };
}

/** `--listen unix:PATH`, or `listen` given in full. */
export async function startResponder({ responder, settings, settingsFile, env, listen, args = [], wrap = [], as }) {
  const { folder, program, env: environment } = await prepare({ responder, settings, settingsFile, env, label: 'own' });
  const socket = folder.join('responder.sock');
  const log = new ErrorLog(await folder.write('stderr.log', ''));
  const command = [...wrap, program, '--listen', listen ?? `unix:${socket}`, ...args];
  const where = listen && !listen.startsWith('unix:')
    ? { host: listen.slice(0, listen.lastIndexOf(':')), port: Number(listen.slice(listen.lastIndexOf(':') + 1)) }
    : { path: listen ? listen.slice('unix:'.length) : socket };
  try {
    const daemon = await Daemon.start({
      command: command[0], args: command.slice(1), env: environment, as: as ?? folder.as, output: log.paths[0],
      ready: () => accepts(where),
    });
    return handle({ daemon, folder, program, socket, log });
  } catch (error) {
    await allEnded(program, { timeoutMs: 0 });
    await folder.remove();
    throw error;
  }
}

/** A listening socket that this process holds but does not accept from. */
async function listeningSocket(folder, backlog) {
  const path = folder.join('handed.sock');
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen({ path: `${path}.new`, backlog }, resolve));
  // libuv removes the path it bound when the handle is closed here: so it is another one by then.
  await rename(`${path}.new`, path);
  await chmod(path, 0o600);
  if (process.getuid() === 0) await chown(path, folder.user.uid, folder.user.gid);
  // Node gives no other way to a listening socket's descriptor.
  return { path, descriptor: server._handle.fd, release: () => new Promise((resolve) => server.close(resolve)) };
}

/**
 * On a socket that is handed over: as descriptor 0, as lighttpd, mod_fcgid and spawn-fcgi do,
 * or with `systemd: true` as descriptor 3 with LISTEN_FDS. `backlog`: how long its queue is then.
 */
export async function startOnSocket({ responder, settings, settingsFile, env, args = [], systemd = false, backlog }) {
  const { folder, program, env: environment } = await prepare({ responder, settings, settingsFile, env, label: 'fd' });
  const log = new ErrorLog(await folder.write('stderr.log', ''));
  const socket = await listeningSocket(folder, backlog);
  // LISTEN_PID must be the program's own, which only a shell that becomes it knows before.
  const start = systemd
    ? { command: '/bin/sh', args: ['-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"', program, ...args], extra: [socket.descriptor] }
    : { command: program, args, stdin: socket.descriptor };
  const daemon = await Daemon.start({ ...start, env: environment, as: folder.as, output: log.paths[0], ready: () => true });
  await socket.release();
  return handle({ daemon, folder, program, socket: socket.path, log });
}

/**
 * One request as plain CGI. `variables`: [[name, value], ...] of the request, added to
 * `env`. `stdin`: the body's bytes. `closeStdin: false` leaves the body's end open.
 */
export async function runCgi({ program, env = {}, variables = [], stdin = '', args = [], as = {}, closeStdin = true, timeoutMs = 20_000 }) {
  const child = spawn(program, args, { env: { ...baseEnvironment(), ...env, ...Object.fromEntries(variables) }, ...as, stdio: 'pipe' });
  const out = [];
  const err = [];
  child.stdout.on('data', (data) => out.push(data));
  child.stderr.on('data', (data) => err.push(data));
  // A program that answers without reading everything closes its end.
  child.stdin.on('error', () => {});
  const bytes = Buffer.isBuffer(stdin) ? stdin : Buffer.from(stdin, 'latin1');
  if (closeStdin) child.stdin.end(bytes);
  else child.stdin.write(bytes);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const { code, signal } = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (c, s) => resolve({ code: c, signal: s }));
  });
  clearTimeout(timer);
  child.stdin.destroy();
  const stdout = Buffer.concat(out);
  const reply = stdout.includes('\r\n\r\n') ? parseCgiReply(stdout) : { status: 0, headers: {}, body: '' };
  return { code, signal, stdout, stderr: Buffer.concat(err).toString('latin1'), ...reply };
}
