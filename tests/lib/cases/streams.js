// Cases: events that come through Event Streams, one or in a list, proved by bodySHA256.

import assert from 'node:assert/strict';
import { ALREADY_JOINED, BAD_REQUEST, FORBIDDEN, IGNORED, JOINED, REFUSED, RETRY_LATER, TOO_LARGE, UNSUPPORTED_TYPE, frontAnswers, notHere } from '../answers.js';
import { IDENTITY, OTHER_ACCOUNT_SID, SHARED_KEY } from '../account.js';
import { cloudEvent, hashOf, testEvent } from '../cloud-event.js';

const always = Infinity;
const MANY = 'onConversationAdded,onMessageAdded,onParticipantAdded,onConversationStateUpdated';
const way = { way: 'event-stream' };

/** A request of one event, or of a list if there are several, or if `list`. */
const sends = (...specs) => (context) => {
  const events = specs.map((spec) => (typeof spec === 'function' ? spec(context) : cloudEvent(context, spec)));
  return { json: JSON.stringify(events.length === 1 ? events[0] : events) };
};
const asList = (spec = {}) => (context) => ({ json: JSON.stringify([cloudEvent(context, spec)]) });
const text = (make) => (context) => ({ json: make(JSON.stringify(cloudEvent(context)), context) });
/** The event of another conversation of the same service. */
const another = (spec = {}) => ({ twilio, service }) => cloudEvent({ conversation: twilio.createConversation({ serviceSid: service }).sid }, spec);
const joined = { ...JOINED, rest: ['create 201'], log: { ...way, event: 'onConversationAdded' } };
const ignored = (reason, log = {}) => ({ ...IGNORED, log: { ...way, reason, ...log } });

// The default service, unless the case says otherwise: an event names none.
const one = [
  {
    name: 'conversation.added joins, by the unscoped path',
    request: sends({}),
    expect: {
      ...joined,
      log: { ...way, event: 'onConversationAdded', conversation: (c) => c.conversation, service: undefined, source: undefined, signed_by: 'auth-token', attempts: 1 },
      check({ twilio, conversation, calls: [call] }) {
        assert.equal(call.path, `/v1/Conversations/${conversation}/Participants`);
        assert.deepEqual(twilio.participants(conversation).map(({ identity }) => identity), [IDENTITY]);
      },
    },
  },
  { name: 'with the service in its data, by that', service: 'own', request: (c) => sends({ data: { ChatServiceSid: c.service } })(c), expect: { ...joined, check: ({ service, calls: [call] }) => assert.ok(call.path.startsWith(`/v1/Services/${service}/`)) } },
  { name: 'in a list of one', request: asList(), expect: joined },
  ...['application/json', 'application/json; charset=utf-8', 'application/cloudevents+json', 'application/cloudevents+json; charset=UTF-8'].map((contentType) => (
    { name: `as ${contentType}`, request: (c) => ({ ...sends({})(c), contentType }), expect: joined })),
  { name: 'as application/cloudevents-batch+json', request: (c) => ({ ...asList()(c), contentType: 'application/cloudevents-batch+json' }), expect: joined },
  { name: 'by a SharedKey', settings: { AUTOJOIN_SHARED_KEYS: `${SHARED_KEY.id}=${SHARED_KEY.secret}` }, request: (c) => ({ ...sends({})(c), sharedKey: SHARED_KEY }), expect: { ...joined, log: { ...way, signed_by: 'shared-key', key: SHARED_KEY.id } } },
  {
    name: 'to a URL with a query, which is configured',
    settings: { AUTOJOIN_PUBLIC_URL: 'https://hooks.example.com/hook?tenant=7' },
    request: (c) => {
      const { json } = sends({})(c), query = `tenant=7&bodySHA256=${hashOf(json)}`;
      return { body: Buffer.from(json), contentType: 'application/json', target: `/webhooks/twilio?${query}`, signedUrl: `https://hooks.example.com/hook?${query}`, signedParams: [] };
    },
    expect: joined,
  },
  { name: 'who is in already', twilio: ({ twilio, conversation }) => twilio.addParticipant(conversation, { identity: IDENTITY }), request: sends({}), expect: { ...ALREADY_JOINED, rest: ['create 409'], log: way } },
  { name: 'the test event', request: sends(testEvent), expect: ignored('a type that tells nothing of a join', { event: 'com.twilio.eventstreams.test-event' }) },
  { name: 'a type that nobody knows', request: sends({ type: 'conversation.sung' }), expect: ignored(/tells nothing/) },
  { name: 'an event that AUTOJOIN_EVENTS does not have', request: sends({ type: 'message.added' }), expect: ignored('the event is not in AUTOJOIN_EVENTS', { event: 'onMessageAdded' }) },
  { name: 'TWILIO_ENABLED=false', settings: { TWILIO_ENABLED: 'false' }, request: sends({}), expect: ignored('TWILIO_ENABLED is false') },
  { name: 'AUTOJOIN_SOURCES, as an event names none', settings: { AUTOJOIN_SOURCES: 'SMS' }, request: sends({}), expect: ignored(/AUTOJOIN_SOURCES/) },
  { name: 'a service that is not TWILIO_CHAT_SERVICE_SID', settings: { TWILIO_CHAT_SERVICE_SID: `IS${'a'.repeat(32)}` }, request: sends({ data: { ChatServiceSid: `IS${'b'.repeat(32)}` } }), expect: ignored(/TWILIO_CHAT_SERVICE_SID/) },
  {
    name: 'TWILIO_CHAT_SERVICE_SID is its service',
    settings: ({ twilio }) => ({ TWILIO_CHAT_SERVICE_SID: twilio.defaultService.sid }),
    request: sends({}),
    expect: { ...joined, log: { ...way, service: (c) => c.service }, check: ({ service, calls: [call] }) => assert.ok(call.path.startsWith(`/v1/Services/${service}/`)) },
  },
  {
    name: 'another service than the default: it may be too new, and the fix is named',
    service: 'own',
    request: sends({ data: { DateCreated: undefined }, envelope: { time: undefined } }),
    expect: { ...RETRY_LATER, rest: ['create 404', 'fetch 404', 'create 404', 'fetch 404'], log: { ...way, reason: /TWILIO_CHAT_SERVICE_SID/ } },
  },
  {
    name: 'another service than the default, when it is old',
    service: 'own',
    request: sends({}),
    expect: { ...REFUSED, rest: ['create 404', 'fetch 404', 'create 404', 'fetch 404'], log: { ...way, reason: /set TWILIO_CHAT_SERVICE_SID/ } },
  },
];

const several = [
  ['conversation-state.updated', {}, 'onConversationStateUpdated', joined],
  ['message.added', {}, 'onMessageAdded', joined],
  ['participant.added', {}, 'onParticipantAdded', joined],
  ['conversation-state.updated', { StateTo: 'inactive' }, 'onConversationStateUpdated', IGNORED],
  ['message.added', { Author: IDENTITY }, 'onMessageAdded', IGNORED],
  ['participant.added', { Identity: IDENTITY }, 'onParticipantAdded', IGNORED],
].map(([type, data, event, expect]) => ({
  name: `${type} ${JSON.stringify(data)} with several triggers`,
  settings: { AUTOJOIN_EVENTS: MANY },
  request: sends({ type, data }),
  expect: { ...expect, log: { ...way, event } },
}));

// What can never pass is refused as the same webhook is; Twilio discards it.
const bad = [
  { name: 'whose ConversationSid is none', request: sends({ data: { ConversationSid: 'CH1' } }), expect: { ...BAD_REQUEST, log: { ...way, reason: 'ConversationSid is no SID' } } },
  { name: 'whose ConversationSid is a number', request: sends({ data: { ConversationSid: 1e300 } }), expect: BAD_REQUEST },
  { name: 'whose ConversationSid is null', request: sends({ data: { ConversationSid: null } }), expect: BAD_REQUEST },
  { name: 'whose ConversationSid ends in a NUL', request: (c) => sends({ data: { ConversationSid: `${c.conversation}\0` } })(c), expect: BAD_REQUEST },
  { name: 'with two ConversationSids', request: text((json) => json.replace('"ConversationSid":', `"ConversationSid":"CH${'0'.repeat(32)}","ConversationSid":`)), expect: BAD_REQUEST },
  { name: 'with two ConversationSids, one of them written otherwise', request: text((json) => json.replace('"ConversationSid":', `"Conversation\\u0053id":"CH${'0'.repeat(32)}","ConversationSid":`)), expect: BAD_REQUEST },
  { name: 'with two types', request: text((json) => json.replace('"type":', '"type":"com.twilio.conversations.message.added","type":')), expect: { ...BAD_REQUEST, log: { reason: 'EventType is there twice' } } },
  { name: 'whose ChatServiceSid is none', request: sends({ data: { ChatServiceSid: 'IS1' } }), expect: BAD_REQUEST },
  { name: 'of another account', request: sends({ data: { AccountSid: OTHER_ACCOUNT_SID } }), expect: { ...FORBIDDEN, log: way } },
  { name: 'without AccountSid', request: sends({ data: { AccountSid: undefined } }), expect: { ...FORBIDDEN, log: way } },
  { name: 'without data', request: sends((c) => ({ ...cloudEvent(c), data: undefined })), expect: { ...FORBIDDEN, log: way } },
  { name: 'that is no JSON', request: { json: '{"type":' }, expect: { ...BAD_REQUEST, log: { ...way, reason: 'the body is not JSON' } } },
  { name: 'that is empty', request: { json: '' }, expect: BAD_REQUEST },
  { name: 'with something behind it', request: text((json) => `${json}x`), expect: BAD_REQUEST },
  { name: 'with a NUL in it', request: text((json) => json.replace('com.', 'com\0')), expect: BAD_REQUEST },
  { name: 'that is a string', request: { json: '"com.twilio.conversations.conversation.added"' }, expect: BAD_REQUEST },
  { name: 'that is nested too deeply', request: { json: '['.repeat(5000) + ']'.repeat(5000) }, expect: { ...BAD_REQUEST, log: { reason: /nested/ } } },
];

const odd = [
  { name: 'an object that is no CloudEvent', request: { json: '{"EventType":"onConversationAdded"}' }, expect: ignored('JSON that is no CloudEvent') },
  { name: 'an empty list', request: { json: '[]' }, expect: ignored('a list of no events') },
  { name: 'written with escapes', request: text((json) => json.replace('ConversationSid', 'Conversation\\u0053id').replace('.added', '\\u002eadded')), expect: joined },
  { name: 'with blanks', request: (c) => ({ json: `\n ${JSON.stringify(cloudEvent(c), null, 2)} \t\r\n` }), expect: joined },
  { name: 'with huge numbers, deep lists and pairs of surrogates beside', request: text((json) => json.replace('"State":"active"', `"X":[${'9'.repeat(5000)},-1.5e999,${'['.repeat(200)}${']'.repeat(200)},"\\ud83d\\ude00\\ud800"],"State":"active"`)), expect: joined },
  { name: 'with its name twice, and the same', request: text((json) => json.replace('"ConversationSid":', (name) => `${name}"${/"ConversationSid":"(CH\w+)"/.exec(json)[1]}",${name}`)), expect: joined },
];

const lists = [
  { name: 'two conversations', request: sends({}, another()), expect: { ...JOINED, rest: ['create 201', 'create 201'], lines: ['joined', 'joined'] } },
  {
    name: 'the same conversation three times: joined once', request: sends({}, {}, { type: 'message.added' }), settings: { AUTOJOIN_EVENTS: MANY },
    expect: { ...JOINED, rest: ['create 201'], lines: ['already-joined', 'already-joined', 'joined'] },
  },
  { name: 'one that is ignored beside one that joins', request: sends(testEvent, {}), expect: { ...JOINED, rest: ['create 201'], lines: ['ignored', 'joined'] } },
  { name: 'what can never pass beside one that joins', request: sends({ data: { ConversationSid: 'x' } }, {}, { data: { AccountSid: OTHER_ACCOUNT_SID } }), expect: { ...JOINED, rest: ['create 201'], lines: ['bad-request', 'forbidden', 'joined'] } },
  { name: 'what can never pass, and nothing else', request: sends({ data: { ConversationSid: 'x' } }, { data: { ConversationSid: 'y' } }), expect: { ...BAD_REQUEST, lines: ['bad-request', 'bad-request'] } },
  { name: 'numbers and lists in it', request: (c) => ({ json: JSON.stringify([1, [2], null, 'x', cloudEvent(c)]) }), expect: { ...JOINED, rest: ['create 201'], lines: ['ignored', 'ignored', 'ignored', 'ignored', 'joined'] } },
  {
    name: 'one that Twilio cannot take now: all come again',
    twilio: ({ twilio, create }) => twilio.misbehave({ match: create, times: always, status: 503, headers: { 'Retry-After': '60' } }),
    request: sends({}, another()),
    expect: { ...RETRY_LATER, rest: (names) => assert.deepEqual(names.sort(), ['create 201', 'create 503']), lines: ['joined', 'retry-later'] },
  },
  {
    name: 'one that Twilio refuses: all come again',
    twilio: ({ twilio, create }) => twilio.misbehave({ match: create, times: always, code: 50417 }),
    request: sends(another(), {}),
    expect: { ...REFUSED, rest: (names) => assert.equal(names.length, 2), lines: ['joined', 'refused'] },
  },
  { name: 'a hundred conversations', request: sends(...Array.from({ length: 100 }, another)), expect: { ...JOINED, rest: Array(100).fill('create 201'), lines: Array(100).fill('joined') }, isolated: true },
];

const proofs = [
  { name: 'without bodySHA256', request: (c) => ({ body: sends({})(c).json, contentType: 'application/json', signedParams: [] }), expect: UNSUPPORTED_TYPE },
  { name: 'as CloudEvents without bodySHA256', request: (c) => ({ body: sends({})(c).json, contentType: 'application/cloudevents-batch+json', signedParams: [] }), expect: UNSUPPORTED_TYPE },
  { name: 'with another body\'s hash, rightly signed', request: (c) => ({ ...sends({})(c), bodySHA256: '0'.repeat(64) }), expect: { ...FORBIDDEN, log: { ...way, reason: /bodySHA256/ } } },
  { name: 'with the right hash, and another\'s signature', request: (c) => ({ ...sends({})(c), token: 'e'.repeat(32) }), expect: { ...FORBIDDEN, log: { ...way, reason: /signature/ } } },
  { name: 'unsigned', request: (c) => ({ ...sends({})(c), signature: null }), expect: FORBIDDEN },
];

const may = [
  {
    name: 'a body shorter than CONTENT_LENGTH', request: (c) => ({ ...sends({})(c), contentLength: 5000 }), expect: { ...RETRY_LATER, log: way },
    drivers: { front: notHere('the web server reads the whole body first, and never asks the responder about half a one') },
  },
  {
    name: 'a variable given twice', request: (c) => ({ ...sends({})(c), variables: [['CONTENT_TYPE', 'application/json'], ['CONTENT_TYPE', 'application/json']] }),
    expect: { ...RETRY_LATER, log: { ...way, variable: 'CONTENT_TYPE' } },
    drivers: { cgi: notHere('the environment that Node makes holds a name once'), front: notHere('web servers join headers of the same name, or refuse them') },
  },
];

const KIB = 1024;
const filled = (length) => (context) => {
  const event = cloudEvent(context, { data: { Filler: '' } });
  event.data.Filler = 'x'.repeat(length - JSON.stringify(event).length);
  return { json: JSON.stringify(event) };
};
const sizes = [
  { name: '200 KiB', request: filled(200 * KIB), expect: joined },
  { name: '1 MiB', request: filled(1024 * KIB), expect: joined },
  { name: '200 KiB, with a small AUTOJOIN_MAX_BODY, which is for forms', settings: { AUTOJOIN_MAX_BODY: 2048 }, request: filled(200 * KIB), expect: joined },
  {
    name: '1 MiB and one byte', request: filled(1024 * KIB + 1), expect: TOO_LARGE,
    drivers: {
      lighttpd: frontAnswers(413, 'that is its own limit, too', /request-size too long/), nginx: frontAnswers(413, 'that is its own limit, too', /too large body/),
      apache: frontAnswers(500, 'that is its own limit, too', /exceeds MaxRequestLen/), 'apache-cgi': frontAnswers(413, 'that is its own limit, too', /Error reading request entity data/),
      'apache-proxy': { ...TOO_LARGE, why: 'mod_proxy_fcgi has no limit of its own' },
    },
  },
  { name: '5000 events', request: { json: JSON.stringify(Array(5000).fill({})) }, expect: { ...TOO_LARGE, log: way } },
];

export const streams = [
  ...one, ...several.map((each) => ({ ...each })), ...odd.map((each) => ({ ...each, name: `an event, or what is none: ${each.name}` })),
  ...bad.map((each) => ({ ...each, name: `an event ${each.name}` })),
  ...lists.map((each) => ({ ...each, name: `a list: ${each.name}` })),
  ...proofs.map((each) => ({ ...each, name: `its proof: ${each.name}` })),
  ...may.map((each) => ({ ...each, name: `what a front may do better the next time: ${each.name}` })),
  ...sizes.map((each) => ({ ...each, name: `its size: ${each.name}` })),
].map((each) => ({ service: 'default', ...each, name: `Event Streams: ${each.name}` }));
