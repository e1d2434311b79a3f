// Cases: what Twilio's REST API answers and what the responder makes of it
// (Twilio's docs, error dictionary; the error code counts before the status).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ALREADY_JOINED, GONE, JOINED, REFUSED, RETRY_LATER } from '../answers.js';
import { IDENTITY } from '../account.js';

const always = Infinity;

const rows = JSON.parse(readFileSync(new URL('../verdicts.json', import.meta.url), 'utf8'));
const judged = (...verdicts) => rows.filter(({ verdict }) => verdicts.includes(verdict));

/** Twilio answers the creation so, `times` times; then as it really is. */
const creationGets = (rule) => ({ twilio, create }) => twilio.misbehave({ match: create, times: 1, ...rule });

function bodyOf({ rawBody }) {
  return Object.fromEntries(new URLSearchParams(rawBody));
}

const settled = [
  {
    name: '201',
    expect: {
      ...JOINED, rest: ['create 201'],
      log: {
        level: 'info', id: /^[0-9a-f]{16}$/, event: 'onConversationAdded', conversation: (c) => c.conversation, service: (c) => c.service,
        source: 'SMS', retry_count: 0, rest_status: 201, rest_code: undefined, twilio_request_id: /^RQ[0-9a-f]{32}$/,
        attempts: 1, ms: /^\d{1,4}$/, rest_ms: /^\d{1,4}$/, peer: '127.0.0.1',
      },
      check({ twilio, conversation, service, calls: [call] }) {
        assert.equal(call.path, `/v1/Services/${service}/Conversations/${conversation}/Participants`);
        assert.deepEqual(call.params, [['Identity', IDENTITY]]);
        assert.deepEqual(twilio.participants(conversation).map(({ identity }) => identity), [IDENTITY]);
      },
    },
  },
  {
    name: 'already a participant: 409 with 50433',
    twilio: ({ twilio, conversation }) => twilio.addParticipant(conversation, { identity: IDENTITY }),
    expect: { ...ALREADY_JOINED, rest: ['create 409'] },
  },
  { name: '50433 in the newer error form (RFC 9457)', twilio: creationGets({ code: 50433, problemJson: true }), expect: { ...ALREADY_JOINED, rest: ['create 409'] } },
  { name: '50433 with another status', twilio: creationGets({ code: 50433, status: 400 }), expect: { ...ALREADY_JOINED, rest: ['create 400'] } },
  { name: '50437, a group participant already', twilio: creationGets({ code: 50437 }), expect: { ...ALREADY_JOINED, rest: ['create 409'] } },
  { name: '50404, an old chat member already', twilio: creationGets({ code: 50404, status: 409 }), expect: { ...ALREADY_JOINED, rest: ['create 409'] } },
  { name: 'a closed conversation (50377)', conversation: 'closed', expect: { ...GONE, rest: ['create 400'] } },
  { name: '50377 with status 409', twilio: creationGets({ code: 50377, status: 409 }), expect: { ...GONE, rest: ['create 409'] } },
  { name: '50334, a conversation being deleted', twilio: creationGets({ code: 50334 }), expect: { ...GONE, rest: ['create 409'] } },
];

// Passes by itself: tried again within the deadline.
const PASSING = [
  ...judged('try-again', 'initializing').map(({ status, code, text }) => [status, code, text]),
  [503, undefined, 'unavailable'], [500, undefined, 'internal error'], [502, undefined, 'bad gateway'], [504, undefined, 'gateway time-out'],
];
const passing = [
  ...PASSING.flatMap(([status, code, what]) => [
    {
      name: `${status} ${code ?? ''} (${what}) once, then 201`,
      twilio: creationGets({ status, code }),
      expect: { ...JOINED, rest: [`create ${status}`, 'create 201'], log: { attempts: 2 } },
    },
    {
      name: `${status} ${code ?? ''} (${what}) to the end`,
      settings: { AUTOJOIN_DEADLINE_MS: 1000 },
      twilio: creationGets({ status, code, times: always }),
      expect: {
        ...RETRY_LATER,
        rest(calls) {
          assert.ok(calls.length >= 2, `tried again: ${calls}`);
          assert.deepEqual([...new Set(calls)], [`create ${status}`]);
        },
        within: [0, 1500],
      },
    },
  ]),
  {
    name: '50419, and then the participant is there',
    twilio({ twilio, conversation, create }) {
      twilio.addParticipant(conversation, { identity: IDENTITY });
      twilio.misbehave({ match: create, code: 50419 });
    },
    expect: { ...ALREADY_JOINED, rest: ['create 409', 'create 409'] },
  },
  {
    name: '429 with Retry-After that fits the deadline',
    twilio: creationGets({ status: 429, headers: { 'Retry-After': '1' } }),
    expect: { ...JOINED, rest: ['create 429', 'create 201'], within: [1000, 2000] },
  },
  {
    name: '429 with Retry-After that does not fit: an answer at once',
    twilio: creationGets({ status: 429, headers: { 'Retry-After': '60' }, times: always }),
    expect: { ...RETRY_LATER, rest: ['create 429'], within: [0, 1000] },
  },
  {
    name: '503 with a page of HTML once, then 201',
    twilio: creationGets({ fault: 'html', status: 503 }),
    expect: { ...JOINED, rest: ['create 503', 'create 201'] },
  },
  {
    name: '500 without a body once, then 201',
    twilio: creationGets({ fault: 'empty', status: 500 }),
    expect: { ...JOINED, rest: ['create 500', 'create 201'] },
  },
  {
    name: '409 with a code that nobody knows is no success',
    twilio: creationGets({ status: 409, code: 50999, times: always }),
    expect: { ...RETRY_LATER, rest: (calls) => assert.ok(calls.length >= 2), log: { rest_code: 50999 } },
  },
  {
    name: '409 with a page of HTML is no success',
    twilio: creationGets({ fault: 'html', status: 409, times: always }),
    expect: { ...RETRY_LATER, rest: (calls) => assert.ok(calls.length >= 2) },
  },
  {
    name: 'a page of HTML with 200 once, then 201',
    twilio: creationGets({ fault: 'html', status: 200 }),
    expect: { ...JOINED, rest: ['create 200', 'create 201'] },
  },
  {
    name: 'an empty 200 although it created the participant: the next attempt tells',
    twilio: creationGets({ fault: 'empty', status: 200, alsoDo: true }),
    expect: { ...ALREADY_JOINED, rest: ['create 200', 'create 409'] },
  },
  { name: 'an answer that takes a second', twilio: creationGets({ delayMs: 1000 }), expect: { ...JOINED, rest: ['create 201'], within: [1000, 2000] } },
].map((one) => ({ settings: { AUTOJOIN_DEADLINE_MS: 2000 }, ...one, slow: true }));

// Needs the operator: one attempt, and never a retry that Twilio would count.
// A service that is not there has a case of its own. The last two are known to nobody: their status says it.
const PERMANENT = [
  ...judged('refused', 'full', 'taken').filter(({ code }) => code !== 50050), { status: 400, code: 20001 }, { status: 405, code: 20004 },
];
const permanent = [
  ...PERMANENT.map(({ status, code }) => ({
    name: `${status} ${code} is refused`,
    twilio: creationGets({ status, code, times: always }),
    expect: { ...REFUSED, rest: [`create ${status}`], log: { rest_status: status, rest_code: code } },
  })),
  {
    name: '70051 in the newer error form (RFC 9457)',
    twilio: creationGets({ code: 70051, problemJson: true }),
    expect: { ...REFUSED, rest: ['create 403'], log: { rest_code: 70051 } },
  },
  {
    name: '401 with a body that is no JSON',
    twilio: creationGets({ fault: 'html', status: 401 }),
    expect: { ...REFUSED, rest: ['create 401'] },
  },
  {
    name: 'wrong API secret',
    settings: { TWILIO_API_SECRET: 'wrong' },
    expect: { ...REFUSED, rest: ['create 401'], log: { rest_code: 20003 } },
  },
];

// Twilio may say 404 although the participant was created; and 404 may mean that
// our credentials see another account's services.
const notFound = [
  {
    name: '404, but the participant is there',
    twilio({ twilio, conversation, create }) {
      twilio.addParticipant(conversation, { identity: IDENTITY });
      twilio.misbehave({ match: create, status: 404, code: 20404, times: always });
    },
    expect: { ...JOINED, rest: ['create 404', 'fetch 200'] },
  },
  {
    name: '404 although it created the participant',
    twilio: creationGets({ status: 404, code: 20404, alsoDo: true }),
    expect: { ...JOINED, rest: ['create 404', 'fetch 200'] },
  },
  {
    name: '404 shortly after the creation of the conversation, then 201',
    twilio: creationGets({ status: 404, code: 50350 }),
    expect: { ...JOINED, rest: ['create 404', 'fetch 404', 'create 201'] },
  },
  {
    name: 'a conversation that is not there, in a service that we can see',
    conversation: 'unknown', service: 'own',
    expect: { ...GONE, rest: (calls) => {
      assert.deepEqual(calls.slice(0, 2), ['create 404', 'fetch 404']);
      assert.equal(calls.filter((call) => call === 'create 404').length, 2, 'one short retry');
      assert.equal(calls.at(-1), 'service 200');
    } },
  },
  {
    name: 'a conversation that is not there, in a service that we cannot see',
    service: 'unknown',
    expect: { ...REFUSED, rest: (calls) => {
      assert.deepEqual(calls.slice(0, 2), ['create 404', 'fetch 404']);
      assert.equal(calls.at(-1), 'service 404');
    } },
  },
  {
    name: 'a conversation that is not in the default service, where no service is known',
    conversation: 'unknown', service: 'default',
    request: { set: { ChatServiceSid: undefined } },
    expect: { ...REFUSED, rest: ['create 404', 'fetch 404', 'create 404', 'fetch 404'] },
  },
  {
    name: '50050, the service is not there',
    service: 'unknown',
    twilio: creationGets({ status: 404, code: 50050, times: always }),
    expect: { ...REFUSED, rest: (calls) => assert.equal(calls[0], 'create 404') },
  },
].map((one) => ({ ...one, slow: true, settings: { AUTOJOIN_DEADLINE_MS: 2000 } }));

const projected = [
  {
    name: '50434 with AUTOJOIN_PROJECTED_ADDRESS: again, with it',
    settings: { AUTOJOIN_PROJECTED_ADDRESS: '+15005550009' },
    twilio: creationGets({ code: 50434 }),
    expect: {
      ...JOINED, rest: ['create 400', 'list 200', 'create 201'],
      check({ calls: [first, , second] }) {
        assert.deepEqual(bodyOf(first), { Identity: IDENTITY });
        assert.deepEqual(bodyOf(second), { Identity: IDENTITY, 'MessagingBinding.ProjectedAddress': '+15005550009' });
      },
    },
  },
  {
    name: '50434 without AUTOJOIN_PROJECTED_ADDRESS, and nobody in it is a number',
    twilio: creationGets({ code: 50434, times: always }),
    expect: { ...REFUSED, rest: ['create 400', 'list 200'], log: { rest_status: 400, rest_code: 50434 } },
  },
  {
    name: '50434 again with AUTOJOIN_PROJECTED_ADDRESS is refused',
    settings: { AUTOJOIN_PROJECTED_ADDRESS: '+15005550009' },
    twilio: creationGets({ code: 50434, times: always }),
    expect: { ...REFUSED, rest: ['create 400', 'list 200', 'create 400'] },
  },
];

export const verdicts = [...settled, ...passing, ...permanent, ...notFound, ...projected]
  .map((one) => ({ ...one, name: `Twilio answers: ${one.name}` }));
