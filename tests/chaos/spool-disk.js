// The spool that things happen to: a small tmpfs where mounts are permitted, a plain folder
// elsewhere. It knows when it was in trouble, because what failed then may not be in it.

import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync, chownSync, renameSync } from 'node:fs';
import { promisify } from 'node:util';
import { parseTicket } from '../lib/ticket-file.js';

const run = promisify(execFile);

const SIZE = '6m'; // 1,500 tickets of a page each
const FILLER = '.filler'; // names with a dot are nobody's tickets
const SAMPLE_EVERY_MS = 20;
const MARGIN_MS = 60;

export class SpoolDisk {
  #intervals = [];
  #troubles = new Set();

  static async make(folder, { mounts }) {
    const place = new SpoolDisk();
    Object.assign(place, { folder, mounts, path: await folder.directory('spool') });
    const { uid, gid } = folder.user;
    if (mounts) await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700,uid=${uid},gid=${gid}`, 'tmpfs', place.path]);
    // It may also fill up by itself.
    place.sampler = setInterval(() => place.#sample(), SAMPLE_EVERY_MS);
    return place;
  }

  #sample() {
    if (this.mounts && statfsSync(this.path).bavail === 0) this.#intervals.push([Date.now(), Date.now()]);
  }

  /** Whether it could be used all the time from then until now. */
  wellSince(moment) {
    if (this.#troubles.size > 0) return false;
    return !this.#intervals.some(([, to]) => to + MARGIN_MS >= moment);
  }

  /** Does it, waits for `until`, fixes it. */
  async trouble(kind, until) {
    const [begin, end] = TROUBLES[kind];
    const mark = { from: Date.now() };
    this.#troubles.add(mark);
    try {
      await begin(this);
      await until;
      await end(this);
    } finally {
      this.#troubles.delete(mark);
      this.#intervals.push([mark.from, Date.now()]);
    }
  }

  has(conversation) {
    return existsSync(`${this.path}/${conversation}`);
  }

  tickets() {
    return readdirSync(this.path).filter((name) => /^CH[0-9a-f]{32}$/.test(name));
  }

  inFolder(name) {
    return existsSync(`${this.path}/${name}`) ? readdirSync(`${this.path}/${name}`) : [];
  }

  drafts() {
    return readdirSync(this.path).filter((name) => name.startsWith('.draft-')).length;
  }

  /** As if the clock had stood elsewhere when the ticket was written. */
  shiftTimes(conversation, shiftMs) {
    const shift = (text) => new Date(Date.parse(text) + shiftMs).toISOString();
    const draft = `${this.path}/.shifted`;
    try {
      const text = readFileSync(`${this.path}/${conversation}`, 'utf8');
      const { first_seen: first, next_attempt: next } = parseTicket(text);
      this.#put(draft, text.replace(`first_seen=${first}`, `first_seen=${shift(first)}`).replace(`next_attempt=${next}`, `next_attempt=${shift(next)}`));
      renameSync(draft, `${this.path}/${conversation}`);
      return true;
    } catch {
      return false; // settled meanwhile, or no room
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** False if one of that name still lies there, or nothing can be written. */
  plant(name) {
    const path = `${this.path}/${name}`;
    if (existsSync(path)) return false;
    try {
      this.#put(path, 'not a ticket\n');
      return true;
    } catch {
      rmSync(path, { force: true });
      return false;
    }
  }

  #put(path, text) {
    writeFileSync(path, text, { mode: 0o600 });
    if (process.getuid() === 0) chownSync(path, this.folder.user.uid, this.folder.user.gid);
  }

  async remove() {
    clearInterval(this.sampler);
    if (this.mounts) await run('umount', ['-l', this.path]);
  }
}

const TROUBLES = {
  full: [
    (place) => {
      try {
        writeFileSync(`${place.path}/${FILLER}`, Buffer.alloc(16 * 1024 * 1024));
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error;
      }
    },
    (place) => rmSync(`${place.path}/${FILLER}`, { force: true }),
  ],
  readonly: [
    (place) => run('mount', ['-o', 'remount,ro', place.path]).catch(() => {}), // busy while a file is open for writing
    (place) => run('mount', ['-o', 'remount,rw', place.path]),
  ],
  unwritable: [
    (place) => chmodSync(place.path, 0o500),
    (place) => chmodSync(place.path, 0o700),
  ],
};
