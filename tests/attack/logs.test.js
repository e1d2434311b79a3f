// What a sender writes into a webhook to forge a line of the log, to move the operator's cursor, or
// to get a secret or a customer's words written down.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { AUTH_TOKEN } from '../lib/account.js';
import { assertNothingConfidential } from '../lib/assertions.js';
import { parseLogLine } from '../lib/log-line.js';
import { Scene } from '../lib/scene.js';
import { HOST, PATH, eventParameters } from '../lib/webhook.js';
import { sign } from '../twilio/signature.js';
import { fastcgi, send, sendRecords, withResponder } from './responderscene.js';

// A line's end, fields that a reader would believe, quotes that end a value, what terminals heed (ESC, CSI as one
// byte, backspace, carriage return), what is no UTF-8, and what browsers and editors take for a line's end.
const HOSTILE = 'x"}\r\ntime=2026-01-01T00:00:00.000Z level=info msg=webhook result=joined status=200 \\" \x1b[2J\x1b]0;x\x07\x08\x9b31m\x7f\xff\xe2\x80\xa8\t{"result":"joined"} =';

/** Where a sender's text may get into a log line, each with what it makes of the request. */
const PLACES = {
  'the method': { method: HOSTILE, body: '' },
  'the target': { variables: [['REQUEST_URI', `/${HOSTILE}`]] },
  'the query': { target: `${PATH}?a=b`, variables: [['REQUEST_URI', `${PATH}?${HOSTILE.replace(/[^!-~]/g, '')}`]] },
  'the host': { variables: [['HTTP_HOST', HOSTILE]] },
  'the peer': { signature: null, variables: [['REMOTE_ADDR', HOSTILE]] },
  'the content type': { contentType: HOSTILE },
  'the content length': { variables: [['CONTENT_LENGTH', HOSTILE]] },
  'the signature': { signature: HOSTILE },
  'the names of parameters': { add: [[HOSTILE, 'x']], token: 'x' },
  'the event of an unsigned webhook': { set: { EventType: HOSTILE }, token: 'x' },
  'the event': { set: { EventType: HOSTILE } },
  'the source': { set: { Source: HOSTILE } },
  'the retry count': { set: { RetryCount: HOSTILE } },
  'a conversation that is none': { set: { ConversationSid: HOSTILE } },
  'a service that is none': { set: { ChatServiceSid: HOSTILE } },
  'the account of another': { set: { AccountSid: HOSTILE } },
  'a forwarded host': { headers: [['X-Forwarded-Host', HOSTILE], ['X-Forwarded-Proto', HOSTILE], ['Forwarded', HOSTILE]], token: 'x' },
};

/** The bytes that the responder wrote, as characters from U+0000 to U+00FF. */
function assertHonest(text) {
  assert.match(text, /\n$/, 'a whole line');
  const lines = text.slice(0, -1).split('\n');
  assert.equal(lines.length, 1, `one line: ${text}`);
  const [line] = lines;
  assert.ok(line.length < 4096, `${line.length} bytes`);
  assert.match(line, /^[ -~]*$/, 'ASCII, and no controls');
  const fields = parseLogLine(line);
  assert.ok(fields, `readable: ${line}`);
  return fields;
}

for (const format of ['logfmt', 'json']) {
  describe(`forged lines, ${format}`, () => {
    let scene;
    before(async () => { scene = await Scene.open(fastcgi, { settings: { AUTOJOIN_LOG_TO: 'front', AUTOJOIN_LOG_FORMAT: format, AUTOJOIN_LOG_LEVEL: 'debug' } }); });
    after(() => scene.close());

    for (const [place, spec] of Object.entries(PLACES)) {
      it(`in ${place}`, async () => {
        const reply = await sendRecords(scene, spec);
        const fields = assertHonest(reply.stderr);
        assert.equal(fields.status, String(reply.status));
        const truth = reply.status === 200 ? ['ignored', 'joined'] : ['bad-request', 'forbidden', 'method-not-allowed', 'unsupported-type', 'too-large'];
        assert.ok(truth.includes(fields.result), fields.result);
      });
    }

    it('in what Twilio, or who plays it, answers', async () => {
      const line = 'x" result=joined x="\x80\xff';
      scene.twilio.misbehave({
        match: { method: 'POST' }, status: 400, headers: { 'Twilio-Request-Id': line, Date: line },
        body: JSON.stringify({ code: 50417, message: HOSTILE, more_info: HOSTILE, status: 400 }),
      });
      const fields = assertHonest((await sendRecords(scene)).stderr);
      assert.equal(fields.result, 'refused');
    });
  });
}

describe('secrets and a customer\'s words', () => {
  it('stand in no line, at the level debug, whatever becomes of a webhook', () => withResponder({ settings: { AUTOJOIN_LOG_LEVEL: 'debug' } }, async (scene) => {
    const context = scene.newContext({});
    const signatures = [];
    const specs = [
      {}, {}, { token: 'x' }, { signature: null }, { set: { ConversationSid: 'CH0' } }, { contentType: 'text/plain' }, { method: 'PUT', body: 'x' },
      { set: { EventType: 'onMessageAdded', Body: 'the words of the customer', Author: '+15005550006' } }, { signedUrl: 'https://user:a07a07@other.example.com/' },
    ];
    for (const spec of specs) await send(scene, spec, context);
    for (const rule of [{ status: 401 }, { status: 500 }, { fault: 'cut', times: 2 }, { fault: 'redirect', times: 3 }, { fault: 'html' }]) {
      scene.twilio.misbehave({ match: { method: 'POST' }, ...rule });
      await send(scene, {});
    }
    signatures.push(sign(`http://hook.example.com${PATH}`, eventParameters(context), AUTH_TOKEN));
    const lines = await scene.server.logLines();
    assert.ok(lines.length >= specs.length, `${lines.length} lines`);
    assertNothingConfidential(lines);
    for (const line of lines) for (const signature of signatures) assert.ok(!line.includes(signature), line);
  }));
});

describe('userinfo and query', () => {
  it('of AUTOJOIN_PUBLIC_URL stand in no line, whatever was signed', async () => {
    const [user, key] = ['us3rinf0', 'qu3rys3cret'];
    const configured = `https://operator:${user}@${HOST}${PATH}?key=${key}`;
    await withResponder({ settings: { AUTOJOIN_PUBLIC_URL: configured, AUTOJOIN_LOG_LEVEL: 'debug' } }, async (scene) => {
      const signed = [configured, configured.replace('https', 'http'), configured.replace(PATH, `${PATH}/`), configured.replace(/\?.*/, ''), `https://${HOST}${PATH}`];
      const replies = [];
      for (const signedUrl of signed) replies.push(await send(scene, { signedUrl, target: PATH }));
      assert.deepEqual(replies.map(({ status }) => status), [200, 403, 403, 403, 403]);
      const lines = await scene.server.logLines();
      assert.equal(lines.filter((line) => line.includes(`url=https://***@${HOST}${PATH}?***`)).length, 4, lines.join('\n'));
      for (const line of lines) for (const secret of [user, key]) assert.ok(!line.includes(secret), line);
    });
    // The hint of each of them: it is looked for once a second, hence a responder for each.
    for (const signedUrl of [configured.replace('https', 'http'), configured.replace(PATH, `${PATH}/`), configured.replace(/\?.*/, '')]) {
      await withResponder({ settings: { AUTOJOIN_PUBLIC_URL: configured } }, async (scene) => {
        await send(scene, { signedUrl, target: PATH });
        const [line] = (await scene.server.logLines()).filter((text) => text.includes('result=forbidden'));
        assert.match(line, /hint="the signature matches /);
        for (const secret of [user, key]) assert.ok(!line.includes(secret), line);
      });
    }
  });
});
