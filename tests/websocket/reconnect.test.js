// The bot's connection is down while things happen: what it missed is told when it is back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { once } from 'node:events';
import { Bot } from './bot.js';
import { IDENTITY, Scene } from './scene.js';

const patience = () => ({ signal: AbortSignal.timeout(10_000) });

let scene;
let bot;
before(async () => {
  scene = await Scene.open();
  bot = await Bot.connect(scene.twilio, scene.token());
});
after(async () => {
  await bot?.end();
  await scene?.close();
});

test('joined, and written to, while the SDK is disconnected: told on reconnection', async () => {
  const { twilio } = scene;
  const known = await scene.sms('before', { from: '+15005550010' });
  await bot.joined(known.conversation);
  await scene.sms('still here', { from: '+15005550010' });
  await bot.hears('still here');

  const gone = once(twilio, 'clientDisconnected', patience());
  twilio.gateway.close();
  await gone;
  const fresh = await scene.sms('into the silence', { from: '+15005550011' });
  assert.equal(fresh.deliveries[0].body, '{"result":"joined"}');
  assert.ok(twilio.participants(fresh.conversation.sid).some(({ identity }) => identity === IDENTITY));
  await scene.sms('to an old acquaintance', { from: '+15005550010' });
  assert.deepEqual(twilio.gateway.identities, []);
  assert.equal(bot.all('conversationJoined').length, 1);

  const back = once(twilio, 'clientConnected', patience());
  twilio.gateway.open();
  assert.equal((await back)[0].continued, true, 'the SDK shows its continuation token');
  const conversation = await bot.joined(fresh.conversation);
  await bot.hears('to an old acquaintance');
  assert.deepEqual((await conversation.getMessages()).items.map(({ body }) => body), ['into the silence']);
  await scene.sms('and on it goes', { from: '+15005550011' });
  await bot.hears('and on it goes');
  assert.deepEqual(bot.heard, ['still here', 'to an old acquaintance', 'and on it goes']);
});

test('joined before the bot ever connected: told as soon as it does', async () => {
  const { conversation } = await scene.sms('too early', { from: '+15005550012' });
  const late = Bot.start(scene.twilio, scene.token());
  try {
    const joined = await late.joined(conversation);
    await late.ready();
    assert.deepEqual((await joined.getMessages()).items.map(({ body }) => body), ['too early']);
    await scene.sms('in time', { from: '+15005550012' });
    await late.hears('in time');
    assert.deepEqual(late.heard, ['in time']);
  } finally {
    await late.end();
  }
});
