// twilio-autojoin reconcile on a terminal: it says what it would do, asks, and shows how far it is. What it does is in
// tests/loss/reconcile.test.js.

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { IDENTITY, OperatorScene } from './scene.js';
import { hasNoTerminal } from './terminal.js';

const MISSING = 40;
const JOIN = /POST .*\/Participants$/;

describe('reconcile on a terminal', async () => {
  const skip = await hasNoTerminal();
  let scene;
  afterEach(() => scene.close());

  async function open() {
    scene = await OperatorScene.open({ responder: false, webhook: false });
    for (let i = 0; i < 60; i += 1) scene.twilio.addConversation({ identities: i < MISSING ? [] : [IDENTITY] });
  }
  const without = () => [...scene.twilio.conversations.values()].filter(({ participants }) => !participants.has(IDENTITY)).length;

  it('says how many it would join, asks, and shows a bar instead of a line a join', { skip }, async () => {
    await open();
    const session = scene.terminal('reconcile --rate 40');
    await session.shows(/^60 active conversations, 40 without the bot\.\r\nJoin them\? \[y\/N\] $/m);
    assert.equal(without(), MISSING, 'nothing is joined before the answer');
    session.type('y\n');
    const { code, output } = await session.exited;
    assert.equal(code, 0, output);
    assert.equal(without(), 0);
    assert.match(output, /\r\[[#-]{24}\] \d+\/40, \d+ joined, 0 failed, \d+\.\d\/s, \d+:\d\d left\u001b\[K/);
    assert.ok(!/CH[0-9a-f]{32}/.test(output), output);
    assert.match(output, /60 active conversations, 40 were without, 40 joined, 0 failed\r\n$/);
  });

  for (const [what, typed, codes] of [['no', 'n\n', [1]], ['nothing', '\u0004', [1]], ['Ctrl-C', '\u0003', [130]]]) {
    it(`${what} as the answer: nothing is joined`, { skip }, async () => {
      await open();
      const session = scene.terminal('reconcile');
      await session.shows(/Join them\? \[y\/N\] $/);
      session.type(typed);
      const { code, output } = await session.exited;
      assert.ok(codes.includes(code), `${code}: ${output}`);
      assert.equal(without(), MISSING);
    });
  }

  it('nothing is missing: nothing to ask', { skip }, async () => {
    scene = await OperatorScene.open({ responder: false, webhook: false });
    scene.twilio.addConversation({ identities: [IDENTITY] });
    const { code, output } = await scene.terminal('reconcile').exited;
    assert.equal(code, 0, output);
    assert.match(output, /1 active conversations, 0 were without, 0 joined, 0 failed\r\n$/);
    assert.ok(!output.includes('?'), output);
  });

  it('--limit: says how many of them', { skip }, async () => {
    await open();
    const session = scene.terminal('reconcile --limit 7 --rate 1000');
    await session.shows(/ without the bot: 7 would be joined \(--limit\)\.\r\nJoin them\?/);
    session.type('y\n');
    assert.equal((await session.exited).code, 1);
    assert.equal(without(), MISSING - 7);
  });

  it('--yes does not ask, --verbose has a line a join', { skip }, async () => {
    await open();
    const { code, output } = await scene.terminal('reconcile --yes --verbose --rate 1000').exited;
    assert.equal(code, 0, output);
    assert.ok(!output.includes('?'), output);
    assert.equal(output.match(/\r\u001b\[KCH[0-9a-f]{32} {2}joined\r\n|^CH[0-9a-f]{32} {2}joined\r\n/gm).length, MISSING);
  });

  it('one that cannot be joined has its line', { skip }, async () => {
    await open();
    scene.twilio.answer(JOIN, { status: 400, json: { code: 50417, status: 400, message: '' }, times: 1 });
    const { output } = await scene.terminal('reconcile --yes --rate 1000').exited;
    assert.equal(output.match(/CH[0-9a-f]{32} {2}refused/g).length, 1);
    assert.match(output, /39 joined, 1 failed\r\n$/);
  });

  it('--json asks nothing and shows nothing else', { skip }, async () => {
    await open();
    const { code, output } = await scene.terminal('reconcile --json --rate 40').exited; // a second: there is time to show what should not be shown
    assert.equal(code, 0, output);
    const lines = output.trim().split('\r\n').map((line) => JSON.parse(line));
    assert.equal(lines.length, MISSING + 1);
    assert.deepEqual([lines.at(-1).whole, lines.at(-1).untried], [true, 0]);
  });

  it('interrupted: says what it has not seen', { skip }, async () => {
    await open();
    const session = scene.terminal('reconcile --yes --rate 2');
    await session.shows(/\] [1-9]\d*\/40/);
    session.type('\u0003');
    const { code, output } = await session.exited;
    assert.equal(code, 1, output);
    assert.match(output, /stopped: interrupted\r\n/);
    const [, untried] = /^Not joined: (\d+) that are without the bot\r$/m.exec(output);
    assert.equal(Number(untried), without());
  });

  it('refused at the first join, when all were looked at and counted: nothing is said to be unseen', { skip }, async () => {
    await open();
    scene.twilio.answer(JOIN, { status: 403, json: { code: 70051, message: 'no', status: 403 } });
    const { code, output } = await scene.terminal('reconcile --yes').exited;
    assert.equal(code, 1, output);
    assert.match(output, /stopped: the API key lacks the permission/);
    assert.match(output, /^Not joined: \d+ that are without the bot\r$/m);
    assert.doesNotMatch(output, /Not looked at/);
  });

  it('interrupted while the lists are read: says that, too', { skip }, async () => {
    await open();
    const held = scene.twilio.hold(/GET .*\/ParticipantConversations$/);
    const session = scene.terminal('reconcile');
    await held.reached;
    session.type('\u0003');
    const { output } = await session.exited;
    held.release();
    assert.match(output, /^Not looked at: all active conversations\r$/m);
  });

  it('off a terminal it asks nobody, and has a line a join as ever', async () => {
    await open();
    const run = await scene.run('reconcile', '--rate', '1000');
    assert.equal(run.code, 0);
    assert.equal(run.stdout.match(/^CH[0-9a-f]{32} {2}joined$/gm).length, MISSING);
    assert.equal(run.stderr, '');
  });
});
