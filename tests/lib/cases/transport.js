// Cases: what becomes of a join when Twilio does not answer, or not with what
// can be read. Each has a server of its own: failures in a row concern all
// joins of a process (design: the breaker).

import assert from 'node:assert/strict';
import { ALREADY_JOINED, JOINED, REFUSED, RETRY_LATER } from '../answers.js';

const DEADLINE_MS = 1500;
// From the deadline's end to the answer in the client's hands, on a busy machine.
const SLACK_MS = 700;

const creationGets = (rule) => ({ twilio, create }) => twilio.misbehave({ match: create, times: 1, ...rule });

const triedAgain = (name) => (calls) => {
  assert.ok(calls.length >= 2, `tried again: ${calls}`);
  assert.deepEqual([...new Set(calls)], [name]);
};

const unanswered = [
  { name: 'a cut connection once, then 201', twilio: creationGets({ fault: 'cut' }), expect: { ...JOINED, rest: ['create cut', 'create 201'] } },
  {
    name: 'the participant created and the connection cut: the next attempt finds it',
    twilio: creationGets({ fault: 'cut', alsoDo: true }),
    expect: { ...ALREADY_JOINED, rest: ['create cut', 'create 409'] },
  },
  {
    name: 'half a reply, the participant created: the next attempt finds it',
    twilio: creationGets({ fault: 'half' }),
    expect: { ...ALREADY_JOINED, rest: ['create 201', 'create 409'] },
  },
  { name: 'a cut connection to the end', twilio: creationGets({ fault: 'cut', times: Infinity }), expect: { ...RETRY_LATER, rest: triedAgain('create cut'), within: [0, DEADLINE_MS + SLACK_MS] } },
  {
    name: 'no answer at all: 503 by the deadline',
    twilio: creationGets({ fault: 'hang', times: Infinity }),
    expect: { ...RETRY_LATER, rest: (calls) => assert.ok(calls.length >= 1), within: [DEADLINE_MS - 600, DEADLINE_MS + SLACK_MS] },
  },
  {
    name: 'a reply that drips: 503 by the deadline',
    twilio: creationGets({ fault: 'slow-bytes', status: 500, times: Infinity, delayMs: 50 }),
    expect: { ...RETRY_LATER, rest: (calls) => assert.ok(calls.length >= 1), within: [DEADLINE_MS - 600, DEADLINE_MS + SLACK_MS] },
  },
  {
    name: 'a reply of 64 MiB is not taken in',
    twilio: creationGets({ fault: 'huge', status: 500, times: Infinity }),
    expect: { ...RETRY_LATER, rest: (calls) => assert.ok(calls.length >= 1), within: [0, DEADLINE_MS + SLACK_MS] },
  },
  {
    name: 'nobody listens',
    twilio: ({ twilio }) => twilio.refuse(),
    expect: { ...RETRY_LATER, rest: [], within: [0, DEADLINE_MS + SLACK_MS] },
  },
  {
    name: 'a redirect is not followed, and no credentials go elsewhere',
    twilio: creationGets({ fault: 'redirect', times: Infinity }),
    expect: { ...REFUSED, rest: ['create 307'] },
  },
  {
    name: 'pages of HTML with 200 to the end are not believed',
    twilio: creationGets({ fault: 'html', status: 200, times: Infinity }),
    expect: { ...RETRY_LATER, rest: triedAgain('create 200') },
  },
];

export const transport = unanswered.map((one) => ({
  ...one, name: `Twilio is hard to reach: ${one.name}`, isolated: true, settings: { AUTOJOIN_DEADLINE_MS: DEADLINE_MS },
  // Enough failures in a row open the breaker, which says so.
  expect: { ...one.expect, logs: /msg="breaker (open|closed)/ },
}));
