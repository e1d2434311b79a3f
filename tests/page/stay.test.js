// ./demo --stay without a browser: the lines that it prints, each pasted into a shell; every web server; its end; and
// whom its page refuses.

import assert from 'node:assert/strict';
import http from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Demonstration } from './demonstration.js';

/** A request as no browser lets a page make it. */
function request(url, { method = 'GET', path = '/', headers = {}, body }) {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (data) => { text += data; });
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

describe('what ./demo --stay prints', () => {
  let demo;
  before(async () => { demo = await Demonstration.start(); });
  after(() => demo?.stop());

  const EXPECTED = [
    { command: 'check', code: 0, says: /^pass {2}public URL .*\n\d+ pass, 0 warn, 0 fail$/m },
    { command: 'probe --yes', code: 0, says: /The bot was in CH[0-9a-f]{32} after \d+ ms/ },
    { command: 'sign --send', code: 0, says: /^200 in .*\n\{"result":"joined"\}/ },
    { command: 'explain --url', code: 1, says: /^cause: Twilio signed "?https/m },
    { command: 'reconcile', code: 0, says: /2 were without, 2 joined, 0 failed/ },
    { command: 'curl', code: 0, says: /"status":200,.*joined/ },
  ];
  it('is a line that exports, five to try, and one that sends an SMS', () => {
    const { environment, commands } = demo.lines;
    assert.match(environment, /^export AUTOJOIN_CONFIG=\S+ PATH=\S+:\$PATH$/);
    assert.deepEqual(commands.map((line, i) => line.includes(EXPECTED[i].command)), EXPECTED.map(() => true), demo.output);
  });
  EXPECTED.forEach(({ command, code, says }, i) => {
    it(`works when it is pasted: ${command}`, async () => {
      const run = await demo.paste(demo.lines.commands[i]);
      assert.equal(run.code, code, run.stdout + run.stderr);
      assert.match(run.stdout, says);
    });
  });
});

describe('./demo --stay with', { concurrency: 3 }, () => {
  for (const option of ['--lighttpd', '--apache', '--cgi', '--websocket']) {
    it(`${option}: a text, a killed responder, a drain, and an end that leaves nothing`, async () => {
      const demo = await Demonstration.start(...(option === '--websocket' ? ['--websocket'] : ['--front', option.slice(2)]));
      try {
        await demo.follow();
        await demo.post('sms', { text: 'Are you there?', who: 'new' });
        await demo.hears({ type: 'bot', what: 'reads', text: 'Are you there?' });
        await demo.hears({ type: 'log', line: /result=joined/ });
        assert.equal((await demo.post('trouble', { name: 'killed' })).status, 200);
        await demo.hears({ type: 'step', text: 'killed' });
        await demo.hears({ type: 'outcome', text: /^50\d by the web server/ });
        await demo.hears({ type: 'command', output: /1 join is waiting/ });
        assert.equal((await demo.post('health')).status, 200);
        await demo.hears({ type: 'command', output: /joined\n1 settled/ });
        await demo.hears({ type: 'bot', what: 'reads', text: 'Can you hold on?' });
      } finally {
        const end = await demo.stop('SIGINT');
        assert.deepEqual({ ...end, started: end.started.length > 0 }, { code: 0, signal: null, started: true, left: [] }, demo.output);
      }
    });
  }

  it('SIGTERM while Twilio lets wait: an end at once that leaves nothing', async () => {
    const demo = await Demonstration.start();
    await demo.follow();
    demo.post('trouble', { name: 'slow' }).catch(() => {});
    await demo.hears({ type: 'step', text: /POST …\/Participants/, from: 'responder', open: true, exchange: 3 });
    const from = performance.now();
    const { code, left } = await demo.stop('SIGTERM');
    assert.deepEqual({ code, left }, { code: 0, left: [] }, demo.output);
    assert.ok(performance.now() - from < 5000, 'it took longer than the webhook');
  });
});

describe('the page refuses', () => {
  let demo;
  before(async () => { demo = await Demonstration.start(); });
  after(() => demo?.stop());
  const json = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ text: 'Hello', who: 'new' });
  const own = () => new URL(demo.url).host;

  it('another name than its own, as DNS rebinding has it', async () => {
    for (const path of ['/', '/events']) {
      assert.equal((await request(demo.url, { path, headers: { Host: `evil.example:${new URL(demo.url).port}` } })).status, 421);
    }
    assert.equal((await request(demo.url, { method: 'POST', path: '/sms', headers: { Host: 'evil.example', Origin: 'http://evil.example', ...json }, body })).status, 421);
  });

  it('what another site asks for', async () => {
    for (const headers of [{ Origin: 'http://evil.example' }, { Origin: 'null' }, { Origin: `https://${own()}` }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }]) {
      assert.equal((await request(demo.url, { method: 'POST', path: '/sms', headers: { ...json, ...headers }, body })).status, 403, JSON.stringify(headers));
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/plain; application/json']) {
      assert.equal((await request(demo.url, { method: 'POST', path: '/sms', headers: { 'Content-Type': type }, body })).status, 415, type);
    }
    assert.equal((await request(demo.url, { method: 'POST', path: '/sms', headers: { Origin: `http://${own()}`, ...json }, body })).status, 200, 'its own page');
  });

  it('what it does not know, and what is too long', async () => {
    assert.equal((await demo.post('constructor')).status, 404);
    assert.equal((await demo.post('trouble', { name: 'toString' })).status, 409);
    assert.equal((await demo.post('run', { name: '; reboot' })).status, 409);
    assert.equal((await demo.post('sms', { text: 'x'.repeat(1601) })).status, 409);
    assert.deepEqual(await demo.post('sms', { text: 'x'.repeat(20_000) }), { status: 409, error: 'too long' });
    assert.equal((await demo.post('sms', { text: { length: 1 } })).status, 409);
    assert.equal((await request(demo.url, { method: 'POST', path: '/sms', headers: json, body: 'null' })).status, 409);
  });

  it('every address but 127.0.0.1, and lets nothing be loaded into it', async () => {
    const reached = await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.2', port: new URL(demo.url).port });
      socket.once('connect', () => { socket.destroy(); resolve(true); }).once('error', () => resolve(false));
    });
    assert.equal(reached, false);
    const { headers } = await request(demo.url, {});
    assert.match(headers['content-security-policy'], /^default-src 'none'; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+'; connect-src 'self'/);
    assert.match(headers['content-security-policy'], /frame-ancestors 'none'/);
  });
});
