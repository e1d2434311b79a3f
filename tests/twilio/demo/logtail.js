// The responder's log lines out of a web server's log, as they are written.
import { statSync, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { parseLogLine, withoutWrapping } from '../../lib/log-line.js';

export class LogTail {
  #files;
  #watchers = [];
  #tell;

  /** From now on. tell(fields, line): a line of the responder's; tell(undefined, line): one of the web server's own. */
  constructor(paths, tell) {
    this.#tell = tell;
    this.#files = paths.map((path) => ({ path, at: statSync(path).size, rest: '', reading: undefined, again: false }));
    this.#watchers = this.#files.map((file) => watch(file.path, () => this.#look(file)));
    for (const file of this.#files) this.#look(file);
  }

  /** Until everything written so far is told. */
  async settled() {
    await Promise.all(this.#files.map((file) => this.#look(file)));
  }

  async close() {
    for (const watcher of this.#watchers) watcher.close();
    await Promise.allSettled(this.#files.map(({ reading }) => reading));
  }

  // One reader at a time; what is written meanwhile makes it look once more.
  #look(file) {
    file.again = true;
    file.reading ??= (async () => {
      while (file.again) {
        file.again = false;
        await this.#read(file);
      }
    })().finally(() => { file.reading = undefined; });
    return file.reading;
  }

  async #read(file) {
    const handle = await open(file.path).catch(() => undefined);
    if (!handle) return;
    try {
      const chunk = Buffer.alloc(64 * 1024);
      for (;;) {
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, file.at);
        if (bytesRead === 0) return;
        file.at += bytesRead;
        const lines = (file.rest + chunk.toString('latin1', 0, bytesRead)).split('\n');
        file.rest = lines.pop();
        for (const line of lines) if (line !== '') this.#tell(parseLogLine(line), withoutWrapping(line));
      }
    } finally {
      await handle.close();
    }
  }
}
