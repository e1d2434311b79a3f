// Cases: what settings change, and what faulty settings lead to (design: settings).

import assert from 'node:assert/strict';
import { until } from '../../servers/daemon.js';
import { FORBIDDEN, IGNORED, JOINED, REFUSED, notHere } from '../answers.js';
import { API_SECRET, AUTH_TOKEN, IDENTITY } from '../account.js';
import { PATH } from '../webhook.js';

const joined = { ...JOINED, rest: ['create 201'] };
const OWN_SERVICE = 'IS0000000000000000000000000000cafe';

const filters = [
  { name: 'TWILIO_ENABLED=false joins nothing', settings: { TWILIO_ENABLED: 'false' }, expect: { ...IGNORED, log: { reason: /TWILIO_ENABLED/ } } },
  { name: 'TWILIO_ENABLED=false still wants a signature', settings: { TWILIO_ENABLED: 'false' }, request: { token: 'x' }, expect: FORBIDDEN },
  { name: 'a Source of AUTOJOIN_SOURCES', settings: { AUTOJOIN_SOURCES: 'SMS, SDK' }, expect: joined },
  { name: 'a Source not of AUTOJOIN_SOURCES', settings: { AUTOJOIN_SOURCES: 'SMS, SDK' }, request: { set: { Source: 'API' } }, expect: IGNORED },
  { name: 'no Source where AUTOJOIN_SOURCES names some', settings: { AUTOJOIN_SOURCES: 'SMS, SDK' }, request: { set: { Source: undefined } }, expect: IGNORED },
  { name: 'another service than TWILIO_CHAT_SERVICE_SID', settings: { TWILIO_CHAT_SERVICE_SID: OWN_SERVICE }, expect: IGNORED },
];

const paths = [
  {
    name: 'a payload without ChatServiceSid: the account\'s default service',
    service: 'default',
    request: { set: { ChatServiceSid: undefined } },
    expect: { ...joined, check: ({ conversation, calls: [call] }) => assert.equal(call.path, `/v1/Conversations/${conversation}/Participants`) },
  },
  {
    name: 'a payload without ChatServiceSid where TWILIO_CHAT_SERVICE_SID is set',
    service: 'default',
    settings: ({ twilio }) => ({ TWILIO_CHAT_SERVICE_SID: twilio.defaultService.sid }),
    request: { set: { ChatServiceSid: undefined } },
    expect: { ...joined, check: ({ conversation, service, calls: [call] }) => assert.equal(call.path, `/v1/Services/${service}/Conversations/${conversation}/Participants`) },
  },
];

const EVENTS = { AUTOJOIN_EVENTS: 'onConversationAdded, onMessageAdded,onParticipantAdded , onConversationStateUpdated' };
const events = [
  { name: 'onMessageAdded', request: { set: { EventType: 'onMessageAdded', Author: '+15005550006' } }, expect: joined },
  { name: 'onMessageAdded by the bot', request: { set: { EventType: 'onMessageAdded', Author: IDENTITY } }, expect: IGNORED },
  { name: 'onParticipantAdded', request: { set: { EventType: 'onParticipantAdded', Identity: 'somebody' } }, expect: joined },
  { name: 'onParticipantAdded of the bot', request: { set: { EventType: 'onParticipantAdded', Identity: IDENTITY } }, expect: IGNORED },
  { name: 'onConversationStateUpdated to active', request: { set: { EventType: 'onConversationStateUpdated', StateTo: 'active' } }, expect: joined },
  { name: 'onConversationStateUpdated to closed', request: { set: { EventType: 'onConversationStateUpdated', StateTo: 'closed' } }, expect: IGNORED },
  { name: 'onConversationAdded', expect: joined },
  { name: 'an event that is not in the list', request: { set: { EventType: 'onUserAdded' } }, expect: IGNORED },
].map((one) => ({ ...one, name: `AUTOJOIN_EVENTS: ${one.name}`, settings: EVENTS }));

const participant = [
  {
    name: 'role and attributes are passed on',
    settings: ({ twilio }) => ({ AUTOJOIN_ROLE_SID: twilio.defaultService.channelUserRole, AUTOJOIN_ATTRIBUTES: '{"bot":true,"name":"ü & +"}' }),
    service: 'default',
    expect: {
      ...joined,
      check({ twilio, calls: [call] }) {
        assert.deepEqual(Object.fromEntries(call.params), {
          Identity: IDENTITY, RoleSid: twilio.defaultService.channelUserRole, Attributes: '{"bot":true,"name":"ü & +"}',
        });
      },
    },
  },
  {
    name: 'an identity of awkward characters is one value and one path segment',
    settings: { TWILIO_IDENTITY: 'a/b?c#d&e=f+g%20 ü' },
    twilio({ twilio, conversation, create }) {
      twilio.addParticipant(conversation, { identity: 'a/b?c#d&e=f+g%20 ü' });
      twilio.misbehave({ match: create, status: 404, code: 20404 });
    },
    expect: {
      ...JOINED, rest: ['create 404', 'fetch 200'],
      check({ calls: [create, fetch] }) {
        assert.deepEqual([...new URLSearchParams(create.rawBody)], [['Identity', 'a/b?c#d&e=f+g%20 ü']]);
        assert.equal(fetch.path.split('/').at(-1).toLowerCase(), encodeURIComponent('a/b?c#d&e=f+g%20 ü').toLowerCase());
      },
    },
  },
  {
    name: 'without an API key the account\'s own credentials are used',
    settings: { TWILIO_API_KEY: undefined, TWILIO_API_SECRET: undefined },
    expect: { ...joined, check: ({ calls: [{ headers }] }) => assert.equal(headers.authorization, `Basic ${Buffer.from(`AC0123456789abcdef0123456789abcdef:${AUTH_TOKEN}`).toString('base64')}`) },
  },
];

const logs = [
  {
    name: 'AUTOJOIN_LOG_FORMAT=json', settings: { AUTOJOIN_LOG_FORMAT: 'json' },
    expect: { ...joined, log: { event: 'onConversationAdded', conversation: (c) => c.conversation, rest_status: 201, attempts: 1, peer: '127.0.0.1', level: 'info' } },
  },
  {
    name: 'AUTOJOIN_LOG_FORMAT=json escapes what came from outside', settings: { AUTOJOIN_LOG_FORMAT: 'json' },
    request: { set: { EventType: 'on"\n\\\x1b\x7fü}ed' } },
    expect: { ...IGNORED, log: { event: /^on"\n\\\x1b\x7f.*\}ed$/s } },
  },
  {
    name: 'AUTOJOIN_LOG_LEVEL=error is silent about what went well', settings: { AUTOJOIN_LOG_LEVEL: 'error' },
    expect: { ...joined, result: undefined },
    async afterwards({ scene }) {
      assert.deepEqual((await scene.server.logLines()).filter((line) => /result/.test(line)), []);
    },
  },
];

const secretFiles = [
  {
    name: 'a secret in a file', settings: ({ folder }) => ({ TWILIO_AUTH_TOKEN: undefined, TWILIO_AUTH_TOKEN_FILE: folder.join('token') }),
    files: { token: { text: `${AUTH_TOKEN}\n`, mode: 0o600 } }, expect: joined,
  },
  {
    name: 'the API secret in a file without a newline', settings: ({ folder }) => ({ TWILIO_API_SECRET: undefined, TWILIO_API_SECRET_FILE: folder.join('secret') }),
    files: { secret: { text: API_SECRET, mode: 0o400 } }, expect: joined,
  },
  { name: 'another TWILIO_ setting is left alone', settings: { TWILIO_SOMETHING_ELSE: 'x' }, expect: joined },
];

const environment = [
  {
    name: 'the process environment counts before the file', environment: { TWILIO_IDENTITY: 'from-the-environment' },
    expect: { ...joined, check: ({ calls: [call] }) => assert.deepEqual(call.params, [['Identity', 'from-the-environment']]) },
    drivers: { front: notHere('the shipped configuration names the settings file and nothing else') },
  },
  {
    name: 'proxy variables and SSLKEYLOGFILE of the environment are not heeded',
    environment: ({ folder }) => ({ http_proxy: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1', ALL_PROXY: 'http://127.0.0.1:1', SSLKEYLOGFILE: folder.join('keys') }),
    expect: joined,
    drivers: { front: notHere('the shipped configuration names the settings file and nothing else') },
  },
];

// 500 to everything, the faults by name in the log, and the front has nothing to start anew.
const FAULTS = [
  { name: 'a required setting missing', settings: { TWILIO_AUTH_TOKEN: undefined }, says: /TWILIO_AUTH_TOKEN/ },
  { name: 'every fault at once', settings: { TWILIO_IDENTITY: undefined, TWILIO_ACCOUNT_SID: 'AC0', AUTOJOIN_DEADLINE_MS: '9h' }, says: [/TWILIO_IDENTITY/, /TWILIO_ACCOUNT_SID/, /AUTOJOIN_DEADLINE_MS/] },
  { name: 'an unknown AUTOJOIN_ setting', settings: { AUTOJOIN_DEADLINE: '4s' }, says: /AUTOJOIN_DEADLINE\b/ },
  { name: 'http:// to another machine', settings: { AUTOJOIN_API_URL: 'http://conversations.twilio.com' }, says: /AUTOJOIN_API_URL/ },
  { name: 'a settings file that others may read', settingsMode: 0o644, says: /autojoin\.conf/ },
  { name: 'a settings file that the group may write', settingsMode: 0o660, says: /autojoin\.conf/ },
  { name: 'a secret file that others may read', settings: ({ folder }) => ({ TWILIO_AUTH_TOKEN: undefined, TWILIO_AUTH_TOKEN_FILE: folder.join('token') }), files: { token: { text: `${AUTH_TOKEN}\n`, mode: 0o644 } }, says: /TWILIO_AUTH_TOKEN_FILE/ },
  { name: 'a secret file that is not there', settings: ({ folder }) => ({ TWILIO_AUTH_TOKEN: undefined, TWILIO_AUTH_TOKEN_FILE: folder.join('none') }), says: /TWILIO_AUTH_TOKEN_FILE/ },
  { name: 'a secret and its file', settings: ({ folder }) => ({ TWILIO_AUTH_TOKEN_FILE: folder.join('token') }), files: { token: { text: `${AUTH_TOKEN}\n`, mode: 0o600 } }, says: /TWILIO_AUTH_TOKEN_FILE/ },
];
const faulty = FAULTS.flatMap(({ name, says, ...group }) => [
  {
    ...group, name: `faulty settings, ${name}: a webhook gets 500`,
    expect: { ...REFUSED, logs: /level"?[:=]"?error/ },
    async afterwards({ scene }) {
      const text = (await scene.server.logLines()).join('\n');
      for (const pattern of [says].flat()) assert.match(text, pattern);
    },
  },
  {
    ...group, name: `faulty settings, ${name}: healthz gets 500`, request: { method: 'GET', target: `${PATH}/healthz`, signature: null },
    expect: { status: 500, body: '{"status":"faulty settings"}' },
  },
  {
    ...group, name: `faulty settings, ${name}: no responder is started again and again`, request: { method: 'GET' },
    expect: REFUSED,
    async afterwards({ scene, webhook }) {
      const before = await scene.server.processes();
      for (let i = 0; i < 10; i++) assert.equal((await scene.server.send(webhook)).status, 500);
      // Under CGI the last one has answered, but may still be ending.
      await until(async () => (await scene.server.processes()).every((pid) => before.includes(pid)), { what: 'no new process' });
    },
    alsoRequests: 10,
  },
]);

export const settings = [
  ...[...filters, ...paths, ...events, ...participant, ...logs, ...secretFiles, ...environment].map((one) => ({ ...one, name: `settings: ${one.name}` })),
  ...faulty,
];
