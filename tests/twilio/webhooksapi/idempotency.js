// Idempotency-Key: a write with the key of an earlier one is not done again but answered as that one was.
import { refuse } from './fields.js';
import { isUuidV7 } from '../../lib/uuid.js';

export function once({ configuration, headers }, record, act) {
  const key = headers['idempotency-key'];
  if (key === undefined) return act();
  if (!isUuidV7(key)) throw refuse('Idempotency-Key', 'must be a UUIDv7');
  const what = `${record.method} ${record.path} ${record.rawBody}`;
  const earlier = configuration.replies.get(key);
  if (earlier && earlier.what !== what) throw refuse('Idempotency-Key', 'was that of another request');
  if (earlier) return earlier.answer;
  const answer = act();
  configuration.replies.set(key, { what, answer });
  return answer;
}
