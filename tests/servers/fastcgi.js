// A raw FastCGI client (FastCGI Specification 1.0): builds records, right and
// wrong ones, sends bytes in any portions, reads what comes back.

import { connect } from 'node:net';
import { parseCgiReply } from './cgireply.js';

export const TYPE = {
  BEGIN_REQUEST: 1, ABORT_REQUEST: 2, END_REQUEST: 3, PARAMS: 4, STDIN: 5, STDOUT: 6, STDERR: 7, DATA: 8,
  GET_VALUES: 9, GET_VALUES_RESULT: 10, UNKNOWN_TYPE: 11,
};
export const ROLE = { RESPONDER: 1, AUTHORIZER: 2, FILTER: 3 };

const LARGEST_CONTENT = 65_528; // what mod_fcgid and lighttpd send at most, a multiple of 8

export function record(type, id, content = '', { version = 1, padding = 0, reserved = 0 } = {}) {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content, 'latin1');
  const header = Buffer.from([version, type, id >> 8, id & 255, bytes.length >> 8, bytes.length & 255, padding, reserved]);
  return Buffer.concat([header, bytes, Buffer.alloc(padding)]);
}

export function beginRequest(id, { role = ROLE.RESPONDER, keep = false, ...options } = {}) {
  return record(TYPE.BEGIN_REQUEST, id, Buffer.from([role >> 8, role & 255, keep ? 1 : 0, 0, 0, 0, 0, 0]), options);
}

/** A length of the FastCGI name-value form; `long` forces four bytes. */
export function lengthBytes(length, long = length > 127) {
  if (!long) return Buffer.from([length]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((length | 0x8000_0000) >>> 0);
  return bytes;
}

/** [[name, value], ...] as FastCGI name-value pairs; the order and repetitions are kept. */
export function nameValuePairs(pairs) {
  return Buffer.concat(pairs.flatMap(([name, value]) => {
    const n = Buffer.from(String(name), 'latin1');
    const v = Buffer.from(String(value), 'latin1');
    return [lengthBytes(n.length), lengthBytes(v.length), n, v];
  }));
}

/** A whole stream: its content in records of at most `size`, then the empty record. */
export function stream(type, id, content, { size = LARGEST_CONTENT, padding = 0, closed = true } = {}) {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content, 'latin1');
  const records = [];
  for (let at = 0; at < bytes.length; at += size) records.push(record(type, id, bytes.subarray(at, at + size), { padding }));
  if (closed) records.push(record(type, id));
  return Buffer.concat(records);
}

export function requestRecords({ id = 1, role, keep = false, variables, body = '', size, padding }) {
  return Buffer.concat([
    beginRequest(id, { role, keep }),
    stream(TYPE.PARAMS, id, nameValuePairs(variables), { size, padding }),
    stream(TYPE.STDIN, id, body, { size, padding }),
  ]);
}

/** One connection to a FastCGI application. */
export class FastCgiConnection {
  static open(where) {
    const to = typeof where === 'string' ? { path: where } : where;
    return new Promise((resolve, reject) => {
      const socket = connect(to);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new FastCgiConnection(socket));
      });
    });
  }

  constructor(socket) {
    this.socket = socket;
    this.records = [];
    this.stray = Buffer.alloc(0);
    this.waiting = [];
    this.openedAt = Date.now();
    this.closed = new Promise((resolve) => {
      const finish = () => {
        this.closedAt ??= Date.now();
        this.#wake();
        resolve(this.closedAt - this.openedAt);
      };
      socket.on('end', finish);
      socket.on('close', finish);
    });
    socket.on('error', () => {});
    socket.on('data', (data) => this.#take(data));
  }

  #take(data) {
    this.stray = Buffer.concat([this.stray, data]);
    while (this.stray.length >= 8) {
      const length = this.stray.readUInt16BE(4);
      const whole = 8 + length + this.stray[6];
      if (this.stray.length < whole) break;
      this.records.push({ type: this.stray[1], id: this.stray.readUInt16BE(2), content: Buffer.from(this.stray.subarray(8, 8 + length)) });
      this.stray = this.stray.subarray(whole);
    }
    this.#wake();
  }

  #wake() {
    for (const look of [...this.waiting]) look();
  }

  send(bytes) {
    return new Promise((resolve) => this.socket.write(bytes, resolve));
  }

  /** Resolves with the first record that fits, or undefined once the connection is closed. */
  awaitRecord(fits, timeoutMs = 20_000) {
    return new Promise((resolve, reject) => {
      const settle = (outcome, value) => {
        clearTimeout(timer);
        this.waiting.splice(this.waiting.indexOf(look), 1);
        outcome(value);
      };
      const look = () => {
        const found = this.records.find(fits);
        if (found || this.closedAt) settle(resolve, found);
      };
      const timer = setTimeout(() => settle(reject, new Error(`no such record in ${timeoutMs} ms`)), timeoutMs);
      this.waiting.push(look);
      look();
    });
  }

  /** The reply to request `id`, taken off the list of records. `undefined`: closed without one. */
  async reply(id = 1, timeoutMs) {
    const end = await this.awaitRecord((r) => r.type === TYPE.END_REQUEST && r.id === id, timeoutMs);
    if (!end) return undefined;
    const upTo = this.records.indexOf(end);
    const own = this.records.slice(0, upTo).filter((r) => r.id === id);
    this.records = this.records.filter((r, at) => at > upTo || r.id !== id);
    const joined = (type) => Buffer.concat(own.filter((r) => r.type === type).map((r) => r.content));
    const stdout = joined(TYPE.STDOUT);
    return {
      stdout,
      stderr: joined(TYPE.STDERR).toString('latin1'),
      appStatus: end.content.readUInt32BE(0),
      protocolStatus: end.content[4],
      ...(stdout.length > 0 ? parseCgiReply(stdout) : { status: 0, headers: {}, body: '' }),
    };
  }

  async request({ timeoutMs, ...request }) {
    await this.send(requestRecords(request));
    return this.reply(request.id ?? 1, timeoutMs);
  }

  end() {
    this.socket.end();
  }

  close() {
    this.socket.destroy();
  }
}

/** One request on a connection of its own. */
export async function fastcgiRequest(where, request) {
  const connection = await FastCgiConnection.open(where);
  try {
    return await connection.request(request);
  } finally {
    connection.close();
  }
}
