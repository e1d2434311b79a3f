// What is asked of the candidates: kind of webhook, number of connections, Twilio's way.

/**
 * kind: of webhook (webhooks.js); result: what it must get; way: of the stand-in (standin.js);
 * rest: whether each answer took exactly one REST call; delayMs: how long the stand-in takes.
 */
export const MIXES = {
  valid: { kind: 'join', result: 'joined', connections: 16, way: 'prompt', rest: true },
  single: { kind: 'join', result: 'joined', connections: 1, way: 'prompt', rest: true },
  slow: { kind: 'join', result: 'joined', connections: 64, way: 'ms50', rest: true, delayMs: 50 },
  'slow-wide': { kind: 'join', result: 'joined', connections: 256, way: 'ms200', rest: true, delayMs: 200 },
  exists: { kind: 'join', result: 'already-joined', connections: 16, way: 'exists', rest: true },
  spooled: { kind: 'join', result: 'joined', connections: 16, way: 'prompt', rest: true, spool: true },
  forged: { kind: 'forged', result: 'forbidden', connections: 16, way: 'prompt', rest: false },
  ignored: { kind: 'ignored', result: 'ignored', connections: 16, way: 'prompt', rest: false },
};
