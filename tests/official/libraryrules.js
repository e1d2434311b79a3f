// Where Twilio's Node library is known to judge otherwise than Twilio signs, each with
// its reason. A rule looks only at what was received, and excuses only the library: the
// responder must be right in every case. Since 6.2 the library compares with the URL as it was
// received first, and only then with what it makes of it: it accepts more than it should.

import { parse, stringify } from 'node:querystring';
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

const writtenAnew = (url) => new URL(url).href;
const withoutPort = (url) => url.replace(/^([a-z]+:\/\/[^/?#]*?)(:\d*)?(?=[/?#]|$)/i, '$1');

function partsOf(webhook) {
  const url = seenUrl(webhook);
  const [, query = '', fragment = ''] = /^[^?#]*(\?[^#]*)?(#.*)?$/.exec(url);
  return { url, query, fragment, pairs: decodeBody(webhook.body), webhook };
}

/** direction: what the library does where it is wrong. */
const rules = [
  {
    name: 'fragment',
    reason: 'the library compares with the fragment; Twilio leaves it out of the signature',
    applies: ({ fragment }) => fragment !== '',
  },
  {
    name: 'the URL written anew',
    reason: 'the library also accepts a signature over the URL as the WHATWG URL class writes it (bytes escaped, host in small letters, dot segments resolved, backslashes turned), which Twilio never signs',
    direction: 'accepts',
    applies: ({ url }) => withoutPort(writtenAnew(url)) !== withoutPort(url),
  },
  {
    name: 'the query written anew',
    reason: 'the library also accepts a signature over the query after parsing and writing it again, which Twilio never signs',
    direction: 'accepts',
    applies: ({ query }) => stringify(parse(query.slice(1))) !== query.slice(1),
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
  {
    name: 'a SharedKey and no settings header',
    reason: 'the library takes what comes without it for the auth token\'s; programs in use and the private beta name another header, so we try the SharedKeys by the length of the signature or that header',
    direction: 'refuses',
    applies: ({ webhook: { settings, keySid, signature } }) => !settings && (keySid !== undefined || signature?.length === 44),
  },
  {
    name: 'a settings header without a key',
    reason: 'the library has one SharedKey and takes that; we have several, and to us it says that none signed, which is the auth token',
    applies: ({ webhook: { settings } }) => settings !== undefined && !/(^|,)[ \t]*key[ \t]*=[ \t]*[^ \t,]/.test(settings),
  },
];

export const ruleNames = rules.map(({ name }) => name);

/** The rule that explains why the library accepts or refuses the webhook wrongly. */
export function ruleFor(webhook, libraryAccepts) {
  const parts = partsOf(webhook);
  const wrongly = libraryAccepts ? 'accepts' : 'refuses';
  return rules.find(({ direction, applies }) => (direction ?? wrongly) === wrongly && applies(parts));
}
