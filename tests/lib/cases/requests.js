// Cases: what a request gets, before Twilio is asked anything (design: the table
// of answers, and its order: method, content type, length, body, signature,
// AccountSid, event, SIDs, join).

import {
  BAD_REQUEST, FORBIDDEN, HEALTHY, IGNORED, JOINED, METHOD_NOT_ALLOWED, PRE_EVENT, UNSUPPORTED_TYPE, frontAnswers, notHere,
} from '../answers.js';
import { ACCOUNT_SID, AUTH_TOKEN, OTHER_ACCOUNT_SID } from '../account.js';
import { PATH } from '../webhook.js';
import { sign } from '../../twilio/signature.js';

const POST_EVENTS = [
  'onMessageAdded', 'onMessageRemoved', 'onMessageUpdated', 'onConversationRemoved', 'onConversationUpdated',
  'onConversationStateUpdated', 'onParticipantAdded', 'onParticipantRemoved', 'onParticipantUpdated', 'onDeliveryUpdated',
  'onUserAdded', 'onUserUpdated', 'onSomethingNewHappened',
];
const PRE_EVENTS = [
  'onMessageAdd', 'onMessageRemove', 'onMessageUpdate', 'onConversationAdd', 'onConversationRemove', 'onConversationUpdate',
  'onParticipantAdd', 'onParticipantRemove', 'onParticipantUpdate', 'onUserUpdate',
];

const events = [
  ...POST_EVENTS.map((EventType) => ({
    name: `${EventType} is ignored`,
    request: { set: { EventType } },
    expect: { ...IGNORED, log: { event: EventType } },
  })),
  ...PRE_EVENTS.map((EventType) => ({
    name: `pre-event ${EventType} gets {} and nothing else`,
    request: { set: { EventType, ConversationSid: EventType === 'onConversationAdd' ? undefined : 'CHffffffffffffffffffffffffffffffff' } },
    expect: { ...PRE_EVENT, log: { event: EventType } },
  })),
  { name: 'an event without EventType is ignored', request: { set: { EventType: undefined } }, expect: IGNORED },
  { name: 'an event type in other letters is another event', request: { set: { EventType: 'onconversationadded' } }, expect: IGNORED },
  { name: 'an ignored event needs no AccountSid', request: { set: { EventType: 'onUserAdded', AccountSid: undefined } }, expect: IGNORED },
  { name: 'an empty signed body is ignored', request: { params: [] }, expect: IGNORED },
  {
    name: 'an event type full of control characters is ignored and escaped in the log',
    request: { set: { EventType: 'on\nresult=joined status=200 "\x1b[31m\ted' } },
    expect: { ...IGNORED, log: { event: 'on\nresult=joined status=200 "\x1b[31m\ted' } },
  },
];

const forbidden = [
  { name: 'no signature', request: { signature: null }, log: { reason: /^no X-Twilio-Signature.*some CGI servers/ } },
  { name: 'an empty signature', request: { signature: '' } },
  { name: 'a signature of another token', request: { token: 'f'.repeat(32) } },
  { name: 'a signature that is no base64', request: { signature: '!"$%&/()=?;:_<>|{[]}~-+*#,.' } },
  { name: 'a very long signature', request: { signature: 'A'.repeat(3000) } },
  { name: 'a signature of the right length', request: { signature: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' } },
  { name: 'a signature of another URL', request: { signedUrl: `http://hook.example.com${PATH}/other` } },
  { name: 'a signature of the URL with another scheme', request: { signedUrl: `https://hook.example.com${PATH}` } },
  { name: 'a value changed after signing', request: { set: { State: 'active' }, signedParams: [['State', 'inactive']] } },
  { name: 'a parameter added after signing', request: (c) => ({ params: [['AccountSid', ACCOUNT_SID], ['EventType', 'onConversationAdded'], ['ConversationSid', c.conversation]], signedParams: [['AccountSid', ACCOUNT_SID], ['EventType', 'onConversationAdded']] }) },
  { name: 'the AccountSid of another account', request: { set: { AccountSid: OTHER_ACCOUNT_SID } } },
  { name: 'the AccountSid of another account in an event to be ignored', request: { set: { AccountSid: OTHER_ACCOUNT_SID, EventType: 'onUserAdded' } } },
  { name: 'a join event without AccountSid', request: { set: { AccountSid: undefined } } },
  {
    name: 'two signatures in one header, the right one first',
    request: () => ({ params: [], signature: `${sign(`http://hook.example.com${PATH}`, [], AUTH_TOKEN)}, AAAAAAAAAAAAAAAAAAAAAAAAAAA=` }),
  },
].map(({ log, ...one }) => ({ ...one, name: `forbidden: ${one.name}`, expect: { ...FORBIDDEN, log } }));

const methods = [
  ...['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => ({
    name: `${method} is not allowed`,
    request: { method, body: '' },
    expect: METHOD_NOT_ALLOWED,
  })),
  {
    name: 'a method that does not exist',
    request: { method: 'FOO', body: '' },
    expect: METHOD_NOT_ALLOWED,
    drivers: { lighttpd: frontAnswers(501, 'lighttpd knows its methods') },
  },
  {
    name: 'the method is looked at before anything else',
    request: { method: 'PUT', contentType: 'text/plain', signature: null, body: 'x' },
    expect: METHOD_NOT_ALLOWED,
  },
];

const JSON_BODY = '{"type":"com.example.event","data":{"AccountSid":"x"}}';
const types = [
  { name: 'text/plain', request: { contentType: 'text/plain' }, expect: UNSUPPORTED_TYPE },
  { name: 'no content type', request: { contentType: null }, expect: UNSUPPORTED_TYPE },
  { name: 'multipart/form-data', request: { contentType: 'multipart/form-data; boundary=x' }, expect: UNSUPPORTED_TYPE },
  { name: 'application/x-www-form-urlencodedx', request: { contentType: 'application/x-www-form-urlencodedx' }, expect: UNSUPPORTED_TYPE },
  { name: 'JSON without bodySHA256', request: { contentType: 'application/json', body: JSON_BODY }, expect: UNSUPPORTED_TYPE },
  { name: 'the type before the signature', request: { contentType: 'text/plain', signature: null }, expect: UNSUPPORTED_TYPE },
  { name: 'a form with a charset', request: { contentType: 'application/x-www-form-urlencoded; charset=utf-8' }, expect: { ...JOINED, rest: ['create 201'] } },
  { name: 'a form in capital letters', request: { contentType: 'Application/X-WWW-Form-URLencoded' }, expect: { ...JOINED, rest: ['create 201'] } },
  { name: 'signed JSON with bodySHA256 is ignored', request: { json: JSON_BODY }, expect: IGNORED },
  { name: 'signed JSON with a charset is ignored', request: { json: JSON_BODY, contentType: 'application/json; charset=utf-8' }, expect: IGNORED },
  { name: 'JSON with the hash of another body', request: { json: JSON_BODY, bodySHA256: '0'.repeat(64) }, expect: FORBIDDEN },
  { name: 'JSON with the right hash and no signature', request: { json: JSON_BODY, signature: null }, expect: FORBIDDEN },
].map((one) => ({ ...one, name: `content type: ${one.name}` }));

// 400 and no call of Twilio: the SID becomes part of a URL.
const BAD_SIDS = [
  ['ConversationSid', undefined, 'is missing'], ['ConversationSid', '', 'is empty'],
  ['ConversationSid', 'CH0123', 'is too short'],
  ['ConversationSid', `CH${'0'.repeat(33)}`, 'is too long'],
  ['ConversationSid', `IS${'0'.repeat(32)}`, 'names a service'],
  ['ConversationSid', `ch${'0'.repeat(32)}`, 'begins with small letters'],
  ['ConversationSid', `CH${'g'.repeat(32)}`, 'is not hexadecimal'],
  ['ConversationSid', `CH${'0'.repeat(32)}\n`, 'ends in a newline'],
  ['ConversationSid', `CH${'0'.repeat(31)}\0`, 'ends in a NUL'],
  ['ConversationSid', `CH${'0'.repeat(32)}\0/x`, 'goes on behind a NUL'],
  ['ConversationSid', `CH${'0'.repeat(28)}/../`, 'climbs up the path'],
  ['ChatServiceSid', 'IS0', 'is too short'],
  ['ChatServiceSid', `CH${'0'.repeat(32)}`, 'names a conversation'],
  ['ChatServiceSid', `IS${'0'.repeat(32)}?`, 'has a query behind it'],
];
const sids = [
  ...BAD_SIDS.map(([name, value, what]) => ({
    name: `${name} ${what}`, request: { set: { [name]: value } }, expect: BAD_REQUEST,
  })),
  {
    name: 'ConversationSid is wrongly percent-encoded',
    request: () => {
      const literal = 'CH%zz0123456789abcdef0123456789ab';
      const params = [['AccountSid', ACCOUNT_SID], ['EventType', 'onConversationAdded'], ['ConversationSid', literal]];
      return { body: params.map((p) => p.join('=')).join('&'), signedParams: params };
    },
    expect: BAD_REQUEST,
  },
  { name: 'SIDs are not looked at in an event to be ignored', request: { set: { EventType: 'onUserAdded', ConversationSid: 'CH0' } }, expect: IGNORED },
  { name: 'the signature is looked at before the SIDs', request: { set: { ConversationSid: 'CH0' }, token: 'x' }, expect: FORBIDDEN },
];

const health = [
  ...['GET', 'HEAD'].flatMap((method) => [`${PATH}/healthz`, `${PATH}/healthz?a=b`].map((target) => ({
    name: `${method} ${target} without a signature`,
    request: { method, target, signature: null },
    expect: HEALTHY,
  }))),
  { name: 'GET of healthz without REQUEST_URI', request: { method: 'GET', target: `${PATH}/healthz`, signature: null, without: ['REQUEST_URI'] }, expect: HEALTHY, drivers: { front: notHere('every web server sends REQUEST_URI') } },
  { name: 'PUT of healthz is not allowed', request: { method: 'PUT', target: `${PATH}/healthz`, body: '' }, expect: METHOD_NOT_ALLOWED },
  { name: 'GET of a query that only looks like healthz', request: { method: 'GET', target: `${PATH}?x=/healthz` }, expect: METHOD_NOT_ALLOWED },
];

const commandLine = ['check', '-h', '--version', '--listen+unix:/tmp/x', '--check-config'].map((query) => ({
  name: `a query without "=" is no command line: ?${query}`,
  request: { target: `${PATH}?${query}`, args: query.split('+') },
  expect: { ...JOINED, rest: ['create 201'] },
}));

export const requests = [...events, ...forbidden, ...methods, ...types, ...sids, ...health, ...commandLine];

export const unreachable = ['/webhooks/twilioX', '/webhooks/twilio/', '/webhooks/twilio/x', '/webhooks/twilio/healthz/', '/x/webhooks/twilio'].map((target) => ({
  name: `the shipped configuration passes nothing else: ${target}`,
  request: { target },
  expect: IGNORED,
  drivers: {
    gateway: notHere('there is no web server to hold anything back'),
    front: frontAnswers(404, 'not configured', /No such file or directory|is not found/),
  },
}));

