// What may befall a single exchange with Twilio. Each is a rule for the stand-in, with a name
// to count it by; none of them says that a conversation is gone when it is not.

import { readFileSync } from 'node:fs';

const STATUSES = [408, 429, 500, 502, 503, 504];
const PASSING_CODES = JSON.parse(readFileSync(new URL('../lib/verdicts.json', import.meta.url), 'utf8'))
  .filter(({ verdict }) => verdict === 'try-again').map(({ code }) => code);
const HUGE_BYTES = 3 * 1024 * 1024;

const KINDS = {
  status: (random) => ({ status: random.pick(STATUSES), ...(random.chance(0.3) && { headers: { 'Retry-After': String(random.between(1, 3)) } }) }),
  code: (random) => ({ code: random.pick(PASSING_CODES), problemJson: random.chance(0.3) }),
  // For the operator, so that it waits long for its next attempt.
  limit: (random) => ({ code: random.pick([50417, 50416]) }),
  delay: (random) => ({ delayMs: random.between(100, 6000) }),
  cut: (random) => ({ fault: 'cut', alsoDo: random.chance(0.5) }),
  reset: (random) => ({ fault: 'reset', alsoDo: random.chance(0.5) }),
  half: () => ({ fault: 'half' }),
  huge: (random) => ({ fault: 'huge', bytes: HUGE_BYTES, alsoDo: random.chance(0.5) }),
  html: (random) => ({ fault: 'html', status: random.pick([200, 502]), alsoDo: random.chance(0.5) }),
  redirect: () => ({ fault: 'redirect' }),
  hang: (random) => ({ fault: 'hang', alsoDo: random.chance(0.5) }),
  empty: (random) => ({ fault: 'empty', alsoDo: true, status: random.pick([200, 201]) }),
  'slow-bytes': (random) => ({ fault: 'slow-bytes', delayMs: random.between(1, 50) }),
  // Twilio's help page: the answer may be 404 although the participant was created.
  '404-created': () => ({ code: 20404, alsoDo: true }),
};

const ADDING = ['404-created', 'empty', 'redirect', 'limit'];

/** { kind, rule }. `reset`: whether the connection can be reset, which under TLS Node cannot. */
export function misfortune(random, { reset = true } = {}) {
  const kind = random.pick(Object.keys(KINDS).filter((name) => reset || name !== 'reset'));
  return { kind, rule: { ...KINDS[kind](random), match: ADDING.includes(kind) ? { method: 'POST' } : {} } };
}

export const ALL_KINDS = Object.keys(KINDS);
