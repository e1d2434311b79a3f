// The architecture's sequence, end to end: an SMS creates a conversation, Twilio's webhook comes through
// lighttpd to the responder, the responder adds the bot by REST, and Twilio's SDK tells the bot.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../servers/daemon.js';
import { Bot } from './bot.js';
import { CUSTOMER, IDENTITY, OURS, Scene } from './scene.js';

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

test('an SMS arrives, the bot is joined, and is told the second SMS', async () => {
  const first = await scene.sms('Hello, is anybody there?');
  assert.deepEqual(first.deliveries.map(({ event, status, body }) => [event, status, body]), [['onConversationAdded', 200, '{"result":"joined"}']]);
  assert.deepEqual(scene.restRequests(), [{ method: 'POST', status: 201, params: [['Identity', IDENTITY]] }]);
  const conversation = await bot.joined(first.conversation);
  assert.equal(conversation.status, 'joined');

  const text = 'Grüße, 你好 & 🙂 = "+%"';
  const second = await scene.sms(text);
  assert.equal(second.conversation.sid, first.conversation.sid);
  const message = await bot.hears(text);
  assert.deepEqual([message.author, message.index, message.sid, message.conversation.sid], [CUSTOMER, 1, second.message.sid, first.conversation.sid]);
  const participants = await conversation.getParticipants();
  assert.deepEqual(participants.map(({ type, identity }) => [type, identity]).sort(), [['chat', IDENTITY], ['sms', null]]);
  assert.deepEqual(participants.find(({ type }) => type === 'sms').bindings.sms, { address: CUSTOMER, proxy_address: OURS });
});

test('the first SMS, which creates the conversation, is never announced: getMessages() reads it', async () => {
  // By SID: a message that comes while the others are read may be told twice.
  const heard = new Map();
  const hear = ({ sid, body }) => heard.set(sid, body);
  const attentive = await Bot.connect(scene.twilio, scene.token(), {
    prepare(client) {
      client.on('messageAdded', hear);
      // What a client needs so as to miss nothing, these three lines:
      client.on('conversationJoined', async (conversation) => {
        for (const message of (await conversation.getMessages()).items) hear(message);
      });
    },
  });
  try {
    const from = '+15005550007';
    const { conversation, message: first } = await scene.sms('the first', { from });
    await Promise.all([bot.joined(conversation), attentive.joined(conversation)]);
    const { message: second } = await scene.sms('the second', { from });
    await bot.hears('the second');
    await until(() => heard.has(first.sid) && heard.has(second.sid), { what: 'both messages to be heard' });
    assert.deepEqual([heard.get(first.sid), heard.get(second.sid)], ['the first', 'the second']);
    assert.ok(![...bot.heard, ...attentive.heard].includes('the first'), 'messageAdded never tells it');
  } finally {
    await attentive.end();
  }
});

test('what the bot says comes back to it as its own, and joins nobody again', async () => {
  const from = '+15005550008';
  const { conversation } = await scene.sms('Hi', { from });
  const requests = scene.restRequests().length;
  await (await bot.joined(conversation)).sendMessage('Good day!');
  const echo = await bot.hears('Good day!');
  assert.equal(echo.author, IDENTITY);
  await scene.twilio.settled();
  assert.equal(scene.restRequests().length, requests);
});

test('twenty customers at once: each conversation is joined, each second SMS is told once', async () => {
  const customers = Array.from({ length: 20 }, (_, i) => `+1500555${1000 + i}`);
  const firsts = await Promise.all(customers.map((from) => scene.sms('first of many', { from })));
  await Promise.all(firsts.map(({ conversation }) => bot.joined(conversation)));
  await Promise.all(customers.map((from) => scene.sms(`second of ${from}`, { from })));
  await Promise.all(customers.map((from) => bot.hears(`second of ${from}`)));
  assert.deepEqual(bot.heard.filter((body) => body.startsWith('second of')).sort(), customers.map((from) => `second of ${from}`).sort());
  assert.ok(!bot.heard.includes('first of many'));
});
