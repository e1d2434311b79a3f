// The bare Debian that a script booted (boot_root of root.sh): commands run in it, files read in it.
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const { SYSTEM_LEADER: leader, SYSTEM_ROOT: root } = process.env;
if (!leader || !root) throw new Error('to be run by a script that boots the system: tests/package/check-deb, tests/documents/run');

// An administrator's, not the one that the tests were started in.
const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' };

const LONGEST_MS = 120_000;

/** Runs a shell line as root: { status, output } of both streams, whatever its end. */
export async function tryInside(line, { timeoutMs = LONGEST_MS, shell = '/bin/sh' } = {}) {
  const command = ['--target', leader, '--all', shell, '-c', `exec 2>&1\n${line}`];
  try {
    const { stdout } = await run('nsenter', command, { env, timeout: timeoutMs, maxBuffer: 1 << 24 });
    return { status: 0, output: stdout };
  } catch (error) {
    if (typeof error.code !== 'number') throw error;
    return { status: error.code, output: error.stdout };
  }
}

/** A shell's line as root on a terminal that another program makes (script(1)): what to start it with. */
export const commandInside = (line) => ['env', '-i', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), 'TERM=dumb',
  'nsenter', '--target', leader, '--all', '/bin/bash', '-c', line];

/** The same, of a line that must succeed; gives its output. */
export async function inside(line) {
  const { status, output } = await tryInside(line);
  if (status !== 0) throw new Error(`\`${line}\` ended with ${status}:\n${output}`);
  return output.trim();
}

// /run and /tmp are mounted by the system itself and are not seen by these.
export const readInside = (path) => readFile(join(root, path), 'utf8');
export const writeInside = (path, text) => writeFile(join(root, path), text);
export const appendInside = (path, text) => writeFile(join(root, path), text, { flag: 'a' });
export const existsInside = (path) => stat(join(root, path)).then(() => true, () => false);

/** Owner, group and mode, as `www-data:www-data 700`. */
export const ownerOf = (path) => inside(`stat -c '%U:%G %a' ${path}`);
