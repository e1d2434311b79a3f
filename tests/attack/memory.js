// Another process's memory, as root sees it: proc(5), smaps and mem.

import { open } from 'node:fs/promises';
import { readProc } from '../servers/proc.js';

const LARGEST = 64 * 1024 * 1024; // reserved address space is not worth a look

/** [{ from, to, name, locked }] of what can be written to. */
function writableRegions(pid) {
  const regions = [];
  for (const line of readProc(`${pid}/smaps`).split('\n')) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (....) \S+ \S+ \S+\s*(.*)$/.exec(line);
    if (head) regions.push({ from: parseInt(head[1], 16), to: parseInt(head[2], 16), rights: head[3], name: head[4] });
    else if (line.startsWith('VmFlags:')) regions.at(-1).locked = / lo\b/.test(line);
  }
  return regions.filter(({ rights, from, to }) => rights.startsWith('rw') && to - from <= LARGEST);
}

/** Where `text` stands: the regions' names and whether they are locked, one entry a copy. */
export async function copiesInMemory(pid, text) {
  const memory = await open(`/proc/${pid}/mem`);
  const wanted = Buffer.from(text, 'latin1');
  const copies = [];
  try {
    for (const { from, to, name, locked } of writableRegions(pid)) {
      const bytes = Buffer.alloc(to - from);
      const { bytesRead } = await memory.read(bytes, 0, bytes.length, from).catch(() => ({ bytesRead: 0 }));
      for (let at = 0; (at = bytes.subarray(0, bytesRead).indexOf(wanted, at)) >= 0; at++) copies.push({ name, locked });
    }
  } finally {
    await memory.close();
  }
  return copies;
}
