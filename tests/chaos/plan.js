// What will happen when, all of it from the seed: the arrivals, the kills, what Twilio and
// the machine have in store. Times are milliseconds from the start. The same seed gives the same plan;
// which request meets which misfortune is then up to the machine.

import { SeededRandom } from '../lib/seeded-random.js';
import { misfortune } from './misfortunes.js';

const ARRIVALS = { sms: 97, silent: 3 };
const VICTIMS = { responder: 75, watcher: 17, pass: 8 };

// What Twilio does to everybody for a while, and for how long (least, most; ms).
const TWILIO = {
  mixed: { weight: 9, lasts: [1500, 4000] },
  slow: { weight: 3, lasts: [1500, 4000] },
  errors: { weight: 3, lasts: [800, 2500] },
  mute: { weight: 1, lasts: [1500, 4500] },
  refused: { weight: 3, lasts: [200, 3000] },
  restarted: { weight: 3, lasts: [0, 0] },
  credentials: { weight: 1, lasts: [200, 600] },
};

// What the machine does.
const MACHINE = {
  full: { weight: 2, lasts: [300, 1500], needs: 'mounts' },
  readonly: { weight: 1, lasts: [300, 1200], needs: 'mounts' },
  unwritable: { weight: 1, lasts: [300, 1500] },
  names: { weight: 3, lasts: [1000, 3000], needs: 'names' },
  clock: { weight: 4, lasts: [0, 0] },
  foreign: { weight: 2, lasts: [0, 0] },
  'second-drainer': { weight: 3, lasts: [1000, 4000] },
};

const MIXED_AT_ONCE = [15, 60];
const CALM = { twilio: [300, 1800], machine: [400, 2500] };

/** How long the arrivals take: fast enough to be load, slow enough for the kills to hit different moments. */
export function durationOf({ conversations, kills }) {
  return Math.max(conversations / 50, kills * 1.1) * 1000;
}

/** `able`: { mounts, names }, what this machine permits. */
export function makePlan({ seed, conversations, kills, able }) {
  const lasts = durationOf({ conversations, kills });
  return [
    ...arrivals(new SeededRandom(seed, 1), conversations, lasts),
    ...killings(new SeededRandom(seed, 2), kills, lasts),
    ...weather(new SeededRandom(seed, 3), 'twilio', TWILIO, lasts, able),
    ...weather(new SeededRandom(seed, 4), 'machine', MACHINE, lasts, able),
  ].sort((a, b) => a.at - b.at);
}

function arrivals(random, count, lasts) {
  return Array.from({ length: count }, (_, i) => {
    const kind = random.weighted(ARRIVALS);
    return {
      at: Math.floor(random.next() * lasts),
      track: 'arrival',
      kind,
      number: i,
      // A customer who writes again, and how often Twilio sends a webhook that failed.
      againAfter: random.chance(0.1) ? random.between(20, 3000) : undefined,
      retries: random.chance(0.1) ? random.between(1, 2) : 0,
    };
  });
}

function killings(random, count, lasts) {
  return Array.from({ length: count }, () => ({
    at: Math.floor(random.next() * lasts),
    track: 'kill',
    kind: random.weighted(VICTIMS),
    which: random.next(),
    after: random.between(5, 250), // how far a pass comes before it is killed
  }));
}

/** One thing after another, with some calm between. */
function weather(random, track, kinds, lasts, able) {
  const possible = Object.entries(kinds).filter(([, { needs }]) => !needs || able[needs]);
  const weights = Object.fromEntries(possible.map(([kind, { weight }]) => [kind, weight]));
  const events = [];
  for (let at = random.between(...CALM[track]); at < lasts;) {
    const kind = random.weighted(weights);
    const event = { at, track, kind, lasts: random.between(...kinds[kind].lasts), ...details(random, kind, able) };
    events.push(event);
    at += event.lasts + random.between(...CALM[track]);
  }
  return events;
}

function details(random, kind, able) {
  switch (kind) {
    case 'mixed':
      return { misfortunes: random.list(...MIXED_AT_ONCE, () => misfortune(random, { reset: !able.names })) };
    case 'slow':
      return { delayMs: random.between(300, 6000) };
    case 'errors':
      return { status: random.pick([429, 500, 502, 503, 504]) };
    case 'clock':
      return { shiftMs: random.pick([-3600_000, 1800_000, 7200_000, 10 * 365 * 24 * 3600_000]), share: random.next() };
    case 'foreign':
      return { name: random.pick(['README', '.hidden', 'CHshort', `CH${'z'.repeat(32)}`, 'core.4711']) };
    case 'names':
      return { answer: random.pick(['none', 'silence']), which: random.next() };
    default:
      return {};
  }
}
