// HTTP/1.1 over connections that are kept, as lean as it gets: who measures latencies must not cause them.

import { once } from 'node:events';
import { connect } from 'node:net';
import { PATH, webhook } from './webhooks.js';

/** The bytes of a webhook's request. */
export function requestBytes(kind, number) {
  const { headers, body } = webhook(kind, number);
  const lines = Object.entries({ ...headers, 'Content-Length': body.length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${PATH} HTTP/1.1\r\n${lines.join('')}\r\n${body}`, 'latin1');
}

/** The status of the reply that `text` is, or undefined while some of it is missing. */
function wholeReply(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  const whole = length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= end + 4 + Number(length);
  return whole ? Number(head.slice(9, 12)) : undefined;
}

/** One exchange at a time; `exchange()` gives the status, 0 if the connection ended instead. */
export class KeptConnection {
  static async open(port) {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new KeptConnection(socket);
  }

  constructor(socket) {
    this.socket = socket;
    this.text = '';
    this.settle = undefined;
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      this.text += data;
      const status = wholeReply(this.text);
      if (status !== undefined) this.#end(status);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.#end(0);
    });
  }

  #end(status) {
    const { settle } = this;
    this.text = '';
    this.settle = undefined;
    settle?.(status);
  }

  exchange(bytes) {
    return new Promise((resolve) => {
      if (this.closed) return resolve(0);
      this.settle = resolve;
      return this.socket.write(bytes);
    });
  }

  close() {
    this.socket.destroy();
  }
}
