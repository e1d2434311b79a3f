// Twilsock messages, as Twilio's SDK writes and reads them: one line with the size of the header, the
// header as JSON, then the payload, all in one binary WebSocket message.
const MAGIC = /^TWILSOCK V3\.0 ([0-9]+)\r\n/;
const LONGEST_MAGIC = 32;

export class FrameError extends Error {}

export function encodeFrame(header, payload) {
  const body = payload === undefined ? '' : JSON.stringify(payload);
  const type = payload === undefined ? {} : { payload_type: 'application/json' };
  const text = JSON.stringify({ ...header, ...type, payload_size: Buffer.byteLength(body) });
  return Buffer.from(`TWILSOCK V3.0 ${Buffer.byteLength(text)}\r\n${text}\r\n${body}`);
}

// -> { header, payload }, the payload as text
export function decodeFrame(bytes) {
  const magic = MAGIC.exec(bytes.toString('latin1', 0, LONGEST_MAGIC));
  if (!magic) throw new FrameError('not a Twilsock message of version 3.0');
  const start = magic[0].length;
  const end = start + Number(magic[1]);
  const header = readHeader(bytes.toString('utf8', start, end));
  if (bytes.toString('latin1', end, end + 2) !== '\r\n') throw new FrameError('the header is not as long as announced');
  const payload = bytes.toString('utf8', end + 2);
  if (Buffer.byteLength(payload) !== (header.payload_size ?? 0)) throw new FrameError('the payload is not as long as announced');
  return { header, payload };
}

function readHeader(text) {
  let header;
  try {
    header = JSON.parse(text);
  } catch {
    throw new FrameError('the header is not JSON');
  }
  if (typeof header?.method !== 'string' || typeof header?.id !== 'string') throw new FrameError('a header needs a method and an id');
  return header;
}
