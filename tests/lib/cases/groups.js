// Cases: group texts, in which the bot stands for one of the account's numbers (Twilio's docs, "Group texting";
// errors 50386, 50434, 50444). Each has people and conversation of its own.

import assert from 'node:assert/strict';
import { IDENTITY, PROXY_NUMBER } from '../account.js';
import { ALREADY_JOINED, JOINED, REFUSED, RETRY_LATER } from '../answers.js';

const OTHER_NUMBER = '+15005550002';
const THIRD_NUMBER = '+15005550003';
const SUPERVISOR = 'supervisor';
const always = Infinity;

const numbersIn = (twilio, conversation) => twilio.participants(conversation).filter(({ messagingBinding: b }) => b?.projectedAddress);
/** Who stands for which number: [["+1...", "bot"], ...]. */
const holders = ({ twilio, conversation }) => numbersIn(twilio, conversation).map(({ messagingBinding, identity }) => [messagingBinding.projectedAddress, identity]);
const bodyOf = ({ rawBody }) => Object.fromEntries(new URLSearchParams(rawBody));

/** Somebody is given the number. */
const give = ({ twilio, conversation }, number, identity) => twilio.giveIdentity(conversation, number, identity);

/** ... and that after we have looked. */
const giveMeanwhile = (identity) => (context) => {
  const { twilio, conversation } = context;
  const path = new RegExp(`/Conversations/${conversation}/Participants$`);
  const onRequest = (request) => {
    if (request.method !== 'GET' || !path.test(request.path)) return;
    twilio.off('request', onRequest);
    give(context, PROXY_NUMBER, identity);
  };
  twilio.on('request', onRequest);
};

const updated = {
  ...JOINED, rest: ['create 400', 'list 200', 'update 200'], log: { rest_status: 200, rest_code: undefined, attempts: 2 },
  check({ twilio, conversation, calls: [, , update], ...context }) {
    assert.deepEqual(bodyOf(update), { Identity: IDENTITY });
    assert.deepEqual(holders({ twilio, conversation, ...context }), [[PROXY_NUMBER, IDENTITY]]);
  },
};

const taking = [
  { name: 'the bot is given the number', group: [PROXY_NUMBER], expect: updated },
  {
    name: 'of two numbers the one that is set', group: [OTHER_NUMBER, PROXY_NUMBER], settings: { AUTOJOIN_PROJECTED_ADDRESS: PROXY_NUMBER },
    expect: {
      ...updated,
      check: (context) => assert.deepEqual(holders(context), [[OTHER_NUMBER, null], [PROXY_NUMBER, IDENTITY]]),
    },
  },
  {
    name: 'another number than the one that is set: the only one', group: [PROXY_NUMBER], settings: { AUTOJOIN_PROJECTED_ADDRESS: OTHER_NUMBER },
    expect: updated,
  },
  {
    name: 'of two numbers the one that nobody holds', group: [OTHER_NUMBER, PROXY_NUMBER],
    twilio: (context) => give(context, OTHER_NUMBER, SUPERVISOR),
    expect: { ...updated, check: (context) => assert.deepEqual(holders(context), [[OTHER_NUMBER, SUPERVISOR], [PROXY_NUMBER, IDENTITY]]) },
  },
  {
    name: 'role and attributes go with it', group: [PROXY_NUMBER], settings: { AUTOJOIN_ATTRIBUTES: '{"kind":"bot"}' },
    expect: { ...updated, check: ({ calls: [, , update] }) => assert.deepEqual(bodyOf(update), { Identity: IDENTITY, Attributes: '{"kind":"bot"}' }) },
  },
  {
    name: 'the update is done although no answer comes: looked after', group: [PROXY_NUMBER], slow: true, settings: { AUTOJOIN_DEADLINE_MS: 2000 },
    twilio: ({ twilio, one }) => twilio.misbehave({ match: { method: 'POST', path: one }, fault: 'empty', status: 503, alsoDo: true }),
    expect: { ...ALREADY_JOINED, rest: ['create 400', 'list 200', 'update 503', 'update 400', 'list 200'] },
  },
  {
    name: 'no number: one is brought, if it is set', group: [], settings: { AUTOJOIN_PROJECTED_ADDRESS: OTHER_NUMBER },
    expect: {
      ...JOINED, rest: ['create 400', 'list 200', 'create 201'],
      check(context) {
        assert.deepEqual(bodyOf(context.calls[2]), { Identity: IDENTITY, 'MessagingBinding.ProjectedAddress': OTHER_NUMBER });
        assert.deepEqual(holders(context), [[OTHER_NUMBER, IDENTITY]]);
      },
    },
  },
  {
    name: 'two numbers, and neither is the one that is set: that is brought', group: [PROXY_NUMBER, OTHER_NUMBER], settings: { AUTOJOIN_PROJECTED_ADDRESS: THIRD_NUMBER },
    expect: {
      ...JOINED, rest: ['create 400', 'list 200', 'create 201'],
      check: (context) => assert.deepEqual(holders(context), [[PROXY_NUMBER, null], [OTHER_NUMBER, null], [THIRD_NUMBER, IDENTITY]]),
    },
  },
];

const there = [
  {
    name: 'the bot is in', group: [PROXY_NUMBER],
    twilio: (context) => give(context, PROXY_NUMBER, IDENTITY),
    expect: { ...ALREADY_JOINED, rest: ['create 400', 'list 200'], log: { rest_status: 400, rest_code: 50434 } },
  },
  {
    name: 'somebody of ours is quicker (50444)', group: [PROXY_NUMBER], twilio: giveMeanwhile(IDENTITY),
    expect: { ...ALREADY_JOINED, rest: ['create 400', 'list 200', 'update 400', 'list 200'], log: { rest_code: 50444 } },
  },
];

const refusals = [
  { name: 'two numbers, and none is set', group: [PROXY_NUMBER, OTHER_NUMBER], reason: /several of the account's numbers/, code: 50434 },
  { name: 'no number, and none is set', group: [], reason: /AUTOJOIN_PROJECTED_ADDRESS/, code: 50434 },
  { name: 'another identity holds the number', group: [PROXY_NUMBER], twilio: (context) => give(context, PROXY_NUMBER, SUPERVISOR), reason: /another identity/, code: 50434 },
  {
    name: 'another identity holds the number that is set, which is not brought a second time', group: [PROXY_NUMBER], settings: { AUTOJOIN_PROJECTED_ADDRESS: PROXY_NUMBER },
    twilio: (context) => give(context, PROXY_NUMBER, SUPERVISOR), reason: /another identity/, code: 50434,
  },
  {
    name: 'another identity is quicker (50444)', group: [PROXY_NUMBER], twilio: giveMeanwhile(SUPERVISOR),
    rest: ['create 400', 'list 200', 'update 400', 'list 200'], reason: /another identity/, code: 50444,
  },
].map(({ reason, code, rest = ['create 400', 'list 200'], ...one }) => ({
  ...one,
  expect: {
    ...REFUSED, rest, log: { rest_status: 400, rest_code: code, reason },
    check: ({ twilio, conversation }) => assert.deepEqual(numbersIn(twilio, conversation).filter(({ identity }) => identity === IDENTITY), []),
  },
}));

const initializing = [
  {
    name: 'initializing, and active within the deadline', group: [PROXY_NUMBER], conversation: 'initializing', slow: true,
    twilio({ twilio, conversation }) { setTimeout(() => twilio.stopped || twilio.setState(conversation, 'active'), 700); },
    expect: {
      ...JOINED, within: [700, 1700],
      rest(calls) {
        assert.equal(calls[0], 'create 409');
        assert.deepEqual(calls.filter((call) => call !== 'create 409'), ['create 400', 'list 200', 'update 200']);
      },
    },
  },
  {
    name: 'initializing to the end', group: [PROXY_NUMBER], conversation: 'initializing', slow: true, settings: { AUTOJOIN_DEADLINE_MS: 1000 },
    expect: { ...RETRY_LATER, rest: (calls) => assert.deepEqual([...new Set(calls)], ['create 409']), within: [0, 1500], log: { rest_code: 50386 } },
  },
];

const denied = [
  {
    name: 'a key that may not update participants', group: [PROXY_NUMBER],
    twilio: ({ twilio, one }) => twilio.misbehave({ match: { method: 'POST', path: one }, status: 403, code: 70051, times: always }),
    expect: { ...REFUSED, rest: ['create 400', 'list 200', 'update 403'], log: { reason: /update participants/ } },
  },
  {
    name: 'a key that may not list participants', group: [PROXY_NUMBER],
    twilio: ({ twilio, path }) => twilio.misbehave({ match: { method: 'GET', path }, status: 403, code: 70051, times: always }),
    expect: { ...REFUSED, rest: ['create 400', 'list 403'], log: { reason: /list participants/ } },
  },
];

export const groups = [...taking, ...there, ...refusals, ...initializing, ...denied]
  .map((one) => ({ ...one, name: `a group text: ${one.name}` }));
