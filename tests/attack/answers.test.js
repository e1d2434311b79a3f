// What somebody without the token learns from the answers: nothing.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { CONFIDENTIAL, OTHER_ACCOUNT_SID } from '../lib/account.js';
import { PATH } from '../lib/webhook.js';
import { cgi, fastcgi, send, withResponder } from './responderscene.js';

const FORGERIES = {
  'no signature': { signature: null },
  'an empty signature': { signature: '' },
  'a signature of another token': { token: 'f'.repeat(32) },
  'a signature that is too long': { signature: 'A'.repeat(2000) },
  'another account': { token: 'x', set: { AccountSid: OTHER_ACCOUNT_SID } },
  'no account': { token: 'x', set: { AccountSid: undefined } },
  'another event': { token: 'x', set: { EventType: 'onUserAdded' } },
  'a pre-event': { token: 'x', set: { EventType: 'onMessageAdd' } },
  'a conversation that is none': { token: 'x', set: { ConversationSid: '../../x' } },
  'a conversation that is not there': { token: 'x', set: { ConversationSid: `CH${'0'.repeat(32)}` } },
  'another URL': { token: 'x', target: '/other?a=b' },
  'JSON with the right hash': { token: 'x', json: '{}' },
};

for (const driver of [cgi, fastcgi]) {
  describe(`answers, ${driver.name}`, () => {
    it('are the same bytes for every forgery', () => withResponder({}, async (scene) => {
      let first;
      for (const [name, spec] of Object.entries(FORGERIES)) {
        const reply = await send(scene, spec);
        const bytes = reply.stdout.toString('latin1');
        first ??= bytes;
        assert.equal(bytes, first, name);
        assert.equal(reply.status, 403, name);
        assert.equal(reply.body, '{}', name);
      }
    }, driver));

    it('name no program, no version, no path, and give nothing back that was sent', () => withResponder({}, async (scene) => {
      const marked = [['X-Mark', 'mark4711'], ['Cookie', 'mark4711'], ['Referer', 'http://mark4711/']];
      const requests = [
        {}, { token: 'x' }, { method: 'GET' }, { method: 'mark4711', body: '' }, { contentType: 'text/mark4711' }, { contentLength: 5 },
        { target: `${PATH}/healthz?mark4711`, method: 'GET' }, { set: { ConversationSid: 'mark4711' } }, { set: { EventType: 'mark4711' } },
        { body: 'x'.repeat(70_000), signature: null }, { variables: [['REQUEST_URI', 'mark4711']] },
      ];
      for (const spec of requests) {
        const reply = await send(scene, { headers: marked, ...spec });
        const names = Object.keys(reply.headers).filter((name) => !['allow', 'retry-after', 'content-length'].includes(name)).sort();
        assert.deepEqual(names, ['cache-control', 'content-type', 'status']);
        const text = reply.stdout.toString('latin1');
        assert.ok(!/mark4711|autojoin|libfcgi|curl|openssl|\/(?:tmp|usr|etc)\//i.test(text), text);
        for (const secret of CONFIDENTIAL) assert.ok(!text.includes(secret), text);
      }
    }, driver));

    it('of faulty settings name no setting', () => withResponder({ settings: { TWILIO_IDENTITY: undefined, AUTOJOIN_DEADLINE_MS: 'secret' } }, async (scene) => {
      for (const spec of [{}, { token: 'x' }, { method: 'GET', target: `${PATH}/healthz`, signature: null }]) {
        const reply = await send(scene, spec);
        assert.equal(reply.status, 500);
        assert.ok(!/TWILIO_|AUTOJOIN_|IDENTITY|DEADLINE|conf\b/.test(reply.stdout.toString('latin1')), reply.body);
      }
    }, driver));
  });
}
