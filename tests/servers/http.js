// A raw HTTP/1.1 client: sends exactly the bytes it is given, malformed ones
// too, which Node's own client would refuse to send.

import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Header as [[name, value], ...]; the body's length is stated unless a header does or `bare` is set. */
export function requestBytes({ method = 'POST', target = '/', headers = [], body = '', version = '1.1', bare = false }) {
  const content = Buffer.isBuffer(body) ? body : Buffer.from(body, 'latin1');
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const own = [];
  if (!bare && !given.has('connection')) own.push(['Connection', 'close']);
  const framed = given.has('content-length') || given.has('transfer-encoding');
  if (!bare && !framed && (content.length > 0 || method === 'POST')) own.push(['Content-Length', content.length]);
  const lines = [`${method} ${target} HTTP/${version}`, ...[...headers, ...own].map(([n, v]) => `${n}: ${v}`)];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content]);
}

export function chunked(...pieces) {
  return [...pieces, ''].map((piece) => `${Buffer.byteLength(piece, 'latin1').toString(16)}\r\n${piece}\r\n`).join('');
}

function dechunk(bytes) {
  const parts = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (size === 0) return Buffer.concat(parts);
    if (bytes.length < end + 2 + size + 2) return undefined;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

/** The reply in `bytes`, or undefined while it is not whole. `ended`: the peer closed. */
export function parseReply(bytes, { ended = false, headOnly = false } = {}) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [, status, reason] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(first) ?? [];
  if (!status) throw new Error(`not a status line: ${JSON.stringify(first)}`);
  if (status === '100') return parseReply(bytes.subarray(end + 4), { ended, headOnly });
  const headers = {};
  for (const line of lines) headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 1).trim();
  const rest = bytes.subarray(end + 4);
  let body;
  if (headOnly) body = Buffer.alloc(0);
  else if (/chunked/i.test(headers['transfer-encoding'] ?? '')) body = dechunk(rest);
  else if ('content-length' in headers) {
    const length = Number(headers['content-length']);
    if (rest.length >= length) body = rest.subarray(0, length);
  } else if (ended) body = rest;
  if (!body) return undefined;
  return { status: Number(status), reason, headers, body: body.toString('latin1') };
}

/**
 * Sends the pieces and reads one reply. `end: true` closes the sending half
 * afterwards. No reply at all gives { status: 0 }.
 */
export function exchange({ host = '127.0.0.1', port, tls, servername, pieces, end = false, headOnly = false, timeoutMs = 20_000 }) {
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({ host, port, ca: tls.ca, servername, checkServerIdentity: () => undefined })
      : connectTcp({ host, port });
    let received = Buffer.alloc(0);
    let settled = false;
    const settle = (outcome, value) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      socket.destroy();
      outcome(value);
    };
    const timer = setTimeout(() => settle(reject, new Error(`no reply in ${timeoutMs} ms; so far: ${received.toString('latin1').slice(0, 300)}`)), timeoutMs);
    const look = (ended) => {
      try {
        const reply = parseReply(received, { ended, headOnly });
        if (reply) settle(resolve, reply);
        else if (ended) settle(resolve, { status: 0, headers: {}, body: '' });
      } catch (error) {
        settle(reject, error);
      }
    };
    socket.on('data', (data) => { received = Buffer.concat([received, data]); look(false); });
    socket.on('end', () => look(true));
    // A server that refuses a long body closes over what it did not read.
    socket.on('error', () => look(true));
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      for (const piece of pieces) socket.write(piece);
      if (end) socket.end();
    });
  });
}

export function request({ host, port, tls, servername, timeoutMs, ...rest }) {
  return exchange({ host, port, tls, servername, timeoutMs, headOnly: rest.method === 'HEAD', pieces: [requestBytes(rest)] });
}
