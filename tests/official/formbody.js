// Bodies of application/x-www-form-urlencoded, written in every way that means the
// same, and read byte by byte.

const UNRESERVED = /[A-Za-z0-9\-._~*]/;

function escaped(byte, random) {
  const hex = byte.toString(16).padStart(2, '0');
  return `%${random.chance(0.3) ? hex.toLowerCase() : hex.toUpperCase()}`;
}

/** A character as it is, or percent-encoded: all bytes of it alike, so that a decoder of text sees it too. */
function encodeCharacter(character, random) {
  const bytes = Buffer.from(character);
  if (character === ' ') return Buffer.from(random.chance(0.7) ? '+' : '%20');
  if (UNRESERVED.test(character) && !random.chance(0.05)) return bytes;
  const mayBeBare = !'&=+%'.includes(character);
  if (mayBeBare && random.chance(0.15)) return bytes;
  return Buffer.from([...bytes].map((byte) => escaped(byte, random)).join(''));
}

/** Text, or a Buffer of bytes that are no text. */
function encode(value, random) {
  if (Buffer.isBuffer(value)) return Buffer.from([...value].map((byte) => escaped(byte, random)).join(''));
  return Buffer.concat([...value].map((character) => encodeCharacter(character, random)));
}

export function encodeBody(pairs, random) {
  const pieces = pairs.flatMap(([name, value], i) => {
    const bare = value === '' && name !== '' && random.chance(0.2);
    const between = i === 0 ? '' : random.chance(0.02) ? '&&' : '&';
    return [Buffer.from(between), encode(name, random), Buffer.from(bare ? '' : '='), encode(value, random)];
  });
  return Buffer.concat(pieces);
}

function decode(text) {
  const decoded = text.replaceAll('+', ' ').replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(decoded, 'latin1');
}

/** [[name, value], ...] as Buffers. */
export function decodeBody(body) {
  return body.toString('latin1').split('&').filter((piece) => piece !== '').map((piece) => {
    const equals = piece.indexOf('=');
    return equals < 0 ? [decode(piece), Buffer.alloc(0)] : [decode(piece.slice(0, equals)), decode(piece.slice(equals + 1))];
  });
}

export function isUtf8(bytes) {
  return Buffer.from(bytes.toString('utf8')).equals(bytes);
}
