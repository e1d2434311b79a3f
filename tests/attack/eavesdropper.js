// A server that nobody may come to: it takes what is sent to it, and keeps it for the test to look at.

import { createServer } from 'node:net';
import { once } from 'node:events';

export class Eavesdropper {
  heard = [];

  #server = createServer((socket) => {
    this.heard.push('');
    const at = this.heard.length - 1;
    socket.on('error', () => {});
    socket.on('data', (data) => { this.heard[at] += data.toString('latin1'); });
  });

  static async open() {
    const eavesdropper = new Eavesdropper();
    eavesdropper.#server.listen(0, '127.0.0.1');
    await once(eavesdropper.#server, 'listening');
    return eavesdropper;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.close();
  }
}
