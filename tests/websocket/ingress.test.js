// A platform's ingress client, in place before the first SMS: the way of use that the architecture means.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../servers/daemon.js';
import { IngressClient } from './ingressclient.js';
import { CUSTOMER, IDENTITY, Scene } from './scene.js';

let scene;
let ingress;
const tokens = []; // the first of which lives for two seconds
before(async () => {
  scene = await Scene.open();
  ingress = new IngressClient({
    identity: IDENTITY,
    makeToken: () => {
      const token = scene.token({ ttl: tokens.length === 0 ? 2 : 3600 });
      tokens.push(token);
      return token;
    },
    options: { twilsock: { uri: scene.twilio.gateway.url }, logLevel: 'silent' },
  });
  await ingress.start();
});
after(async () => {
  await ingress?.stop();
  await scene?.close();
});

test('the second SMS is published, the first is not, and the answer goes out', async () => {
  const { conversation } = await scene.sms('Hello?');
  await until(() => ingress.conversations.get(conversation.sid) === 'joined', { what: 'conversationJoined' });
  const { message } = await scene.sms('My order is late.');
  await until(() => ingress.published.length > 0, { what: 'the second SMS' });
  await ingress.sendText('It is on its way.', conversation.sid);
  await scene.sms('Thank you!');
  await until(() => ingress.published.length > 1, { what: 'the third SMS' });
  assert.deepEqual(ingress.published.map(({ text }) => text), ['My order is late.', 'Thank you!']);
  assert.deepEqual(ingress.published[0], { id: message.sid, from: CUSTOMER, text: 'My order is late.', channel: conversation.sid });
  assert.deepEqual([...conversation.messages].map(({ author, body }) => [author, body]), [
    [CUSTOMER, 'Hello?'], [CUSTOMER, 'My order is late.'], [IDENTITY, 'It is on its way.'], [CUSTOMER, 'Thank you!'],
  ]);
});

test('a conversation after the first token has run out is joined and heard like any other', async () => {
  const from = '+15005550051';
  await until(() => Date.now() / 1000 > expiryOf(tokens[0]), { what: 'the first token to run out' });
  const { conversation } = await scene.sms('Later', { from });
  await until(() => ingress.conversations.get(conversation.sid) === 'joined', { what: 'conversationJoined' });
  await scene.sms('Much later', { from });
  await until(() => ingress.published.some(({ text }) => text === 'Much later'), { what: 'the SMS' });
  assert.equal(tokens.length, 2);
});

function expiryOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).exp;
}
