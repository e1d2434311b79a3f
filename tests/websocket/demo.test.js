// ./demo, each way, without --stay: it tells what happened, and ends by itself.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OPERATOR, RESPONDER } from '../lib/programs.js';

const DEMO = fileURLToPath(new URL('../twilio/demo.js', import.meta.url));

function demo(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [DEMO, '--responder', RESPONDER, '--operator', OPERATOR, ...args], { timeout: 60_000 });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { output += data; });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, output }));
  });
}

describe('the demonstration', () => {
  for (const [args, says] of [[[], /was joined before Twilio had its answer, and hears what follows/], [['--websocket'], /was joined before Twilio had its answer, and was told what followed/], [['--front', 'cgi'], /was joined/], [['--front', 'apache'], /was joined/]]) {
    it(`${args.join(' ') || 'lighttpd'}: ends by itself, and well`, async () => {
      const { code, signal, output } = await demo(...args);
      assert.deepEqual([code, signal], [0, null], output);
      assert.match(output, says);
    });
  }
});
