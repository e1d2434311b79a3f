// Twilio's string identifiers: two letters that name the kind, then 32 hexadecimal digits.
import { randomBytes } from 'node:crypto';

// Random bytes are taken from the pool in one go: a call to the kernel for each of 100,000
// conversations is what would make bulk creation slow.
const pool = { bytes: Buffer.alloc(0), at: 0 };

export function newSid(prefix) {
  if (pool.at + 16 > pool.bytes.length) {
    pool.bytes = randomBytes(16 * 1024);
    pool.at = 0;
  }
  const sid = prefix + pool.bytes.toString('hex', pool.at, pool.at + 16);
  pool.at += 16;
  return sid;
}

export function isSid(prefix, text) {
  return typeof text === 'string' && text.length === 34 && text.startsWith(prefix)
    && /^[0-9a-fA-F]{32}$/.test(text.slice(2));
}
