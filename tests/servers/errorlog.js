// A server's log file, read while it grows.

import { readFile } from 'node:fs/promises';
import { until } from './daemon.js';

export class ErrorLog {
  /** Several files count as one log: lighttpd splits a program's lines over two. */
  constructor(...paths) {
    this.paths = paths;
  }

  async read() {
    const texts = await Promise.all(this.paths.map((path) => readFile(path, 'utf8').catch(() => '')));
    return texts.join('');
  }

  /** Whole lines only: the last one may be half written. */
  async lines() {
    const texts = await Promise.all(this.paths.map((path) => readFile(path, 'utf8').catch(() => '')));
    return texts.flatMap((text) => text.split('\n').slice(0, -1)).filter((line) => line !== '');
  }

  /** The first line that fits, once it is there. */
  async waitFor(fits, { timeoutMs = 5000, what = String(fits) } = {}) {
    const test = fits instanceof RegExp ? (line) => fits.test(line) : fits;
    return until(async () => (await this.lines()).find(test), { timeoutMs, what: `a log line: ${what}` });
  }
}
