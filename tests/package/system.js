// The bare Debian that check-deb booted: commands run in it, files read in it.
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const { SYSTEM_LEADER: leader, SYSTEM_ROOT: root } = process.env;
if (!leader || !root) throw new Error('to be run by tests/package/check-deb, which boots the system');

// An administrator's, not the one that the tests were started in.
const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' };

const LONGEST_MS = 120_000;

/** Runs a shell line as root: { status, output } of both streams, whatever its end. */
export async function tryInside(line) {
  const command = ['--target', leader, '--all', '--wd=/', '/bin/sh', '-c', `exec 2>&1\n${line}`];
  try {
    const { stdout } = await run('nsenter', command, { env, timeout: LONGEST_MS, maxBuffer: 1 << 24 });
    return { status: 0, output: stdout };
  } catch (error) {
    if (typeof error.code !== 'number') throw error;
    return { status: error.code, output: error.stdout };
  }
}

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
