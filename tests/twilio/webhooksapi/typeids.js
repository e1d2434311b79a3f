// Identifiers of the Webhooks configuration API: what a thing is, then a UUIDv7 in 26 characters of Crockford's base 32.
import { uuidV7 } from '../../lib/uuid.js';

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

export function newTypeId(kind) {
  let number = BigInt(`0x${uuidV7().replaceAll('-', '')}`);
  let text = '';
  for (let i = 0; i < 26; i += 1) {
    text = DIGITS[Number(number & 31n)] + text;
    number >>= 5n;
  }
  return `webhooks_${kind}_${text}`;
}
