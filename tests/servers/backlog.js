// Connections that a server of this very process has not looked at yet. To see several there at once it
// must not run meanwhile, so these wait without giving up the thread.

import { readFileSync } from 'node:fs';

const ESTABLISHED = '01';

/** How many TCP connections to a local IPv4 port have sent something that is not read yet. */
export function waitingConnections(port) {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, address, , state, queues]) => address?.endsWith(local) && state === ESTABLISHED
      && Number.parseInt(queues.split(':')[1], 16) > 0)
    .length;
}

/** Nothing else in this process runs until `done()`. */
export function blockUntil(done, { what, timeoutMs = 10_000 }) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + timeoutMs;
  while (!done()) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${timeoutMs} ms`);
    Atomics.wait(pause, 0, 0, 2);
  }
}
