// Files of /proc (proc(5)). Node 18's fs/promises.readFile() takes a short read for the end of a file
// of no size, as all of these are: what is longer than a page or so would be cut off, silently.

import { readFileSync } from 'node:fs';

/** The text of /proc/PATH, byte by byte. */
export const readProc = (path) => readFileSync(`/proc/${path}`, 'latin1');

/** The same, or '' where there is none any more, or it may not be read. */
export function tryProc(path) {
  try {
    return readProc(path);
  } catch {
    return '';
  }
}
