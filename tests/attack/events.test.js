// JSON made to take time or memory. It is looked at once it was proved; what comes before the proof is bounded in number and length.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { ACCOUNT_SID } from '../lib/account.js';
import { readProc } from '../servers/proc.js';
import { callsOf, send, sendRecords, unsanitized, withResponder } from './responderscene.js';

const MIB = 1024 * 1024;
const SLOW = unsanitized.skip ? 20 : 1;
const MOST_MS = 60 * SLOW; // for which nobody else is served
const MOST_MIB = unsanitized.skip ? 400 : 24;

const fill = (begin, piece, end, length = MIB) => begin + piece.repeat(Math.floor((length - begin.length - end.length) / piece.length)) + end;
const TYPE = '"type":"com.twilio.conversations.conversation.added"';
const ACCOUNT = `"AccountSid":"${ACCOUNT_SID}"`;

// The body, and what it is answered.
const HOSTILE = {
  'lists in lists': [fill('', '[', ''), 400],
  'objects in objects': [fill('', '{"a":', ''), 400],
  'lists in lists, in a member that nobody reads': [fill(`{${TYPE},"a":`, '[', ''), 400],
  '350,000 objects': [fill('[{}', ',{}', ']'), 413],
  '100,000 events': [fill('[{"type":1}', ',{"a":"b"}', ']'), 413],
  '500,000 numbers': [fill('[1', ',1', ']'), 413],
  'as many events as may be, of other types': [fill('[{"type":"x"}', ',{"type":"x"}', ']', 4000 * 13), 200],
  'as many events as may be, without an account': [fill(`[{${TYPE}}`, `,{${TYPE},"data":{}}`, ']', 4000 * 65), 403],
  'as many events as may be, without a conversation': [fill(`[{${TYPE},"data":{${ACCOUNT}}}`, `,{${TYPE},"data":{${ACCOUNT},"ConversationSid":"CH"}}`, ']', 4000 * 140), 400],
  'a number of a million digits': [fill('[', '9', ']'), 200],
  'an exponent of a million digits': [fill('[1e', '9', ']'), 200],
  'a string of backslashes': [fill('{"type":"', '\\\\', '"}'), 200],
  'a type of NULs': [fill('{"type":"', '\\u0000', '"}'), 200],
  'quotes in a name': [fill('{"', '\\"', '":1}'), 200],
  'one name again and again': [fill(`{${TYPE},"data":{${ACCOUNT}`, ',"ConversationSid":"x"', '}}'), 400],
  'other names again and again': [fill(`{${TYPE},"data":{${ACCOUNT}`, ',"a":1', '}}'), 400],
  'types again and again': [fill(`{${TYPE}`, `,${TYPE}`, '}'), 403],
  'data again and again': [fill(`{${TYPE}`, `,"data":{${ACCOUNT}}`, '}'), 400],
  blanks: [fill('[', ' \t\r\n', ']'), 200],
  'half a surrogate again and again': [fill('{"type":"', '\\ud800', '"}'), 200],
  'raw bytes that are no UTF-8': [fill('{"type":"', '\xff', '"}'), 200],
  NULs: [fill('', '\0', ''), 400],
};

const processorMs = ({ pid }) => Number(readProc(`${pid}/schedstat`).split(' ')[0]) / 1e6;
const peakMebibytes = ({ pid }) => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`))[1]) / 1024;

describe('signed JSON of 1 MiB', { concurrency: 1 }, () => {
  for (const [name, [body, status]] of Object.entries(HOSTILE)) {
    it(`${name}: little time, little memory, and nobody is called`, (t) => withResponder({}, async (scene) => {
      const { own } = scene.server;
      await send(scene, { set: { EventType: 'onUserAdded' } }); // what only a first request costs
      const before = processorMs(own);
      const reply = await sendRecords(scene, { json: Buffer.from(body, 'latin1') });
      const took = processorMs(own) - before;
      assert.equal(reply.status, status, reply.body);
      assert.deepEqual(callsOf(scene), []);
      const peak = peakMebibytes(own);
      t.diagnostic(`${(body.length / 1024).toFixed(0)} KiB: ${took.toFixed(1)} ms, ${peak.toFixed(1)} MiB in all`);
      assert.ok(took < MOST_MS, `${took.toFixed(1)} ms`);
      assert.ok(peak < MOST_MIB, `${peak.toFixed(1)} MiB`);
    }));
  }
});

describe('JSON of 1 MiB that nobody signed', () => {
  it('forty at once: each is refused or put off, and memory is bounded', (t) => withResponder({}, async (scene) => {
    const body = Buffer.from(fill('[1', ',1', ']'), 'latin1');
    const replies = await Promise.all(Array.from({ length: 40 }, () => sendRecords(scene, { json: body, signature: null })));
    const counts = {};
    for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
    const peak = peakMebibytes(scene.server.own);
    t.diagnostic(`${JSON.stringify(counts)}, ${peak.toFixed(1)} MiB`);
    assert.deepEqual(Object.keys(counts).filter((status) => !['403', '503'].includes(status)), []);
    assert.ok(peak < MOST_MIB + 48, `${peak.toFixed(1)} MiB`);
    assert.equal((await send(scene)).body, '{"result":"joined"}');
  }));
});
