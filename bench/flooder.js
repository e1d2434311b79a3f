// A thread of its own that sends forged webhooks at a steady rate, whatever the answers take (flood.js). It is told
// { port, rate }, says 'flooding' once it does, and answers every message with what it has counted so far.

import { parentPort, workerData } from 'node:worker_threads';
import { KeptConnection, requestBytes } from './kept.js';

const CONNECTIONS = 64; // more are not under way at once: who does not keep up gets fewer
const FORGED = 1000;
const TICK_MS = 1;

const { port, rate } = workerData;
const requests = Array.from({ length: FORGED }, (_, number) => requestBytes('forged', number));
const idle = [];
for (let i = 0; i < CONNECTIONS; i++) idle.push(await KeptConnection.open(port));

let [sent, refused, wrong] = [0, 0, 0];
const begun = performance.now();

async function sendOne(connection) {
  const status = await connection.exchange(requests[sent++ % FORGED]);
  if (status === 403) refused += 1;
  else wrong += 1;
  idle.push(connection.closed ? await KeptConnection.open(port) : connection);
}

setInterval(() => {
  const due = Math.floor((performance.now() - begun) / 1000 * rate);
  while (sent < due && idle.length > 0) sendOne(idle.pop());
}, TICK_MS);
parentPort.on('message', () => parentPort.postMessage({ at: performance.now() - begun, refused, wrong }));
parentPort.postMessage('flooding');
