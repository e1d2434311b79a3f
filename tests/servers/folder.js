// A private folder for one server under test. Web servers started by root give
// their privileges up to the worker user, and the responder refuses settings
// that others may read: so the folder, and what is in it, belongs to that user.

import { chmod, chown, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const WORKER = 'www-data';

/** Who the servers' workers and the responders run as. */
export async function workerUser() {
  if (process.getuid() !== 0) return { name: undefined, uid: process.getuid(), gid: process.getgid() };
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((l) => l.startsWith(`${WORKER}:`));
  if (!line) throw new Error(`tests started by root need the user ${WORKER}`);
  const [, , uid, gid] = line.split(':');
  return { name: WORKER, uid: Number(uid), gid: Number(gid) };
}

export class Folder {
  static async create(label) {
    const folder = new Folder();
    folder.user = await workerUser();
    // Short: a socket's path must fit 107 bytes, and mod_fcgid cuts values at 127.
    folder.path = await mkdtemp(join(tmpdir(), `autojoin-${label}-`));
    await folder.#own(folder.path, 0o700);
    return folder;
  }

  async #own(path, mode) {
    await chmod(path, mode);
    if (process.getuid() === 0) await chown(path, this.user.uid, this.user.gid);
    return path;
  }

  join(...names) {
    return join(this.path, ...names);
  }

  async write(name, text, mode = 0o600) {
    await writeFile(this.join(name), text);
    return this.#own(this.join(name), mode);
  }

  async directory(name, mode = 0o700) {
    await mkdir(this.join(name));
    return this.#own(this.join(name), mode);
  }

  /** A copy, because the worker user may not be able to reach the build tree. */
  async install(program, name) {
    try {
      await copyFile(program, this.join(name));
    } catch (error) {
      await this.remove();
      throw error;
    }
    return this.#own(this.join(name), 0o755);
  }

  /** spawn() options that make a child run as the worker user. */
  get as() {
    return process.getuid() === 0 ? { uid: this.user.uid, gid: this.user.gid } : {};
  }

  async remove() {
    await rm(this.path, { recursive: true, force: true });
  }
}
