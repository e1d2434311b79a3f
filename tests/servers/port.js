// Free TCP ports for servers that cannot be asked to choose one themselves.

import { connect, createServer } from 'node:net';

export async function freePort(host = '127.0.0.1') {
  const probe = createServer();
  await new Promise((resolve, reject) => probe.once('error', reject).listen(0, host, resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** True when something accepts connections there now. `where`: net.connect options. */
export function accepts(where) {
  return new Promise((resolve) => {
    const socket = connect(where);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}
