// Where Twilio's Node library is known to judge otherwise than Twilio signs, each with
// its reason. A rule looks only at what was received, and excuses only the library: the
// responder must be right in every case.

import { decodeBody, isUtf8 } from './formbody.js';
import { seenUrl } from './rightverdict.js';

const byBytes = Buffer.compare;
const byUtf16 = (a, b) => {
  const [left, right] = [a.toString(), b.toString()];
  return left < right ? -1 : Number(left > right);
};

/** Whether the two orders differ for names, or for the values of one name. */
function isOrderedOtherwise(pairs) {
  const differs = (buffers) => {
    const bytes = [...buffers].sort(byBytes);
    return [...buffers].sort(byUtf16).some((buffer, i) => !buffer.equals(bytes[i]));
  };
  const names = pairs.map(([name]) => name);
  return differs(names) || names.some((name) => differs(pairs.filter(([other]) => other.equals(name)).map(([, value]) => value)));
}

function partsOf(webhook) {
  const url = seenUrl(webhook);
  const [, authority, path, query = '', fragment = ''] = /^https?:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/.exec(url);
  return { url, authority, path, query, fragment, host: authority.replace(/^.*@/, ''), pairs: decodeBody(webhook.body) };
}

/** direction: what the library does where it is wrong. */
const rules = [
  {
    name: 'apostrophe in the query',
    reason: 'the library compares with the URL as the WHATWG URL class writes it: %27; Twilio signs it raw (twilio-node #1059, #1183)',
    applies: ({ query }) => query.includes('\''),
  },
  {
    name: 'quotation mark, angle bracket and the like in the URL',
    reason: 'the WHATWG URL class percent-encodes them; what was signed are the raw bytes',
    applies: ({ path, query }) => /["<>^`{}]/.test(path) || /["<>]/.test(query),
  },
  {
    name: 'backslash in the path',
    reason: 'the WHATWG URL class takes it for a slash',
    applies: ({ path }) => path.includes('\\'),
  },
  {
    name: 'dot segments',
    reason: 'the WHATWG URL class resolves them, percent-encoded ones as well',
    applies: ({ path }) => /\/(\.|%2e){1,2}(\/|$)/i.test(path),
  },
  {
    name: 'capitals in the host',
    reason: 'the WHATWG URL class lower-cases the host; Twilio signs the URL as it was configured',
    applies: ({ host }) => /[A-Z]/.test(host),
  },
  {
    name: 'query that is there and empty',
    reason: 'the form with the standard port is put together without the "?"',
    applies: ({ query }) => query === '?',
  },
  {
    name: 'fragment',
    reason: 'the library compares with the fragment; Twilio leaves it out of the signature',
    applies: ({ fragment }) => fragment !== '',
  },
  {
    name: 'the query written anew',
    reason: 'the library also accepts a signature over the query after parsing and writing it again, which Twilio never signs',
    direction: 'accepts',
    applies: ({ query }) => query !== '',
  },
  {
    name: 'names or values ordered by UTF-16',
    reason: 'JavaScript sorts surrogates before U+E000 to U+FFFF; Twilio\'s other libraries and we sort code points or bytes',
    applies: ({ pairs }) => isOrderedOtherwise(pairs),
  },
  {
    name: 'bytes that are no UTF-8',
    reason: 'the library is handed text, in which each such byte became U+FFFD',
    applies: ({ pairs }) => pairs.flat().some((bytes) => !isUtf8(bytes)),
  },
  {
    name: 'bodySHA256 in capitals',
    reason: 'the library compares hexadecimal digits as text',
    direction: 'refuses',
    applies: ({ query }) => /[?&]bodySHA256=[^&]*[A-F]/.test(query),
  },
];

export const ruleNames = rules.map(({ name }) => name);

/** The rule that explains why the library accepts or refuses the webhook wrongly. */
export function ruleFor(webhook, libraryAccepts) {
  const parts = partsOf(webhook);
  const wrongly = libraryAccepts ? 'accepts' : 'refuses';
  return rules.find(({ direction, applies }) => (direction ?? wrongly) === wrongly && applies(parts));
}
