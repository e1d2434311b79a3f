// Somebody takes the bot out of a conversation on purpose: it stays out, whatever event comes next.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Folder } from '../servers/folder.js';
import { call } from '../lib/rest-client.js';
import { Bot } from './bot.js';
import { IDENTITY, Scene } from './scene.js';

const EVENTS = ['onConversationAdded', 'onMessageAdded', 'onParticipantRemoved'];

let folder;
let spool;
let scene;
let bot;
before(async () => {
  folder = await Folder.create('spool');
  spool = await folder.directory('spool');
  scene = await Scene.open({
    settings: { AUTOJOIN_EVENTS: 'onConversationAdded, onMessageAdded', AUTOJOIN_SPOOL_DIR: spool },
    filters: EVENTS,
  });
  bot = await Bot.connect(scene.twilio, scene.token());
});
after(async () => {
  await bot?.end();
  await scene?.close();
  await folder?.remove();
});

const results = ({ deliveries }) => deliveries.map(({ event, status, body }) => `${event} ${status} ${JSON.parse(body).result}`);
const creations = () => scene.restRequests().filter(({ method }) => method === 'POST').length;

// onConversationAdded and onMessageAdded call for the bot at the same time; who comes second finds it there.
const JOINED = /^onConversationAdded 200 (?:already-)?joined$/;

async function joinedBot(from) {
  const first = await scene.sms('Hi', { from });
  assert.match(results(first)[0], JOINED);
  const conversation = await bot.joined(first.conversation);
  // Removed while it is still reading the participants, the SDK lets a failure go unhandled.
  await conversation.getParticipants();
  return conversation;
}

async function staysOut(from, { sid }) {
  const before = creations();
  for (const body of ['Is the bot still there?', 'And now?']) {
    const next = await scene.sms(body, { from });
    assert.equal(next.conversation.sid, sid);
    assert.deepEqual(results(next), ['onMessageAdded 200 ignored']);
  }
  assert.equal(creations(), before, 'nobody was asked to add the bot');
  assert.ok(scene.twilio.participants(sid).every(({ identity }) => identity !== IDENTITY));
  assert.ok((await readdir(`${spool}/left`)).includes(sid), 'remembered on disk');
}

// The bot is all ears: what is said elsewhere afterwards arrives.
async function heardElsewhere(sid) {
  const elsewhere = await joinedBot('+15005550029');
  await elsewhere.sendMessage(`not in ${sid}`);
  await bot.hears(`not in ${sid}`);
  assert.ok(bot.all('messageAdded').every(({ conversation }) => conversation.sid !== sid), 'the bot hears nothing of it any more');
}

test('removed through REST: not joined again by the next SMS', async () => {
  const from = '+15005550020';
  const { sid } = await joinedBot(from);
  const webhook = nextEvent('webhook', ({ event }) => event === 'onParticipantRemoved');
  const { status } = await call(scene.twilio, 'DELETE', `/v1/Conversations/${sid}/Participants/${IDENTITY}`, { headers: { 'X-Twilio-Webhook-Enabled': 'true' } });
  assert.equal(status, 204);
  assert.equal((await webhook).status, 200);
  await bot.said('conversationLeft', (left) => left.sid === sid);
  await bot.said('conversationRemoved', (removed) => removed.sid === sid);
  await staysOut(from, { sid });
  await heardElsewhere(sid);
});

test('the bot leaves by itself, through the SDK: not joined again either', async () => {
  const from = '+15005550021';
  const conversation = await joinedBot(from);
  const webhook = nextEvent('webhook', ({ event }) => event === 'onParticipantRemoved');
  await conversation.leave();
  const { status, params } = await webhook;
  assert.equal(status, 200);
  assert.deepEqual(['Source', 'ClientIdentity', 'Identity'].map((name) => new Map(params).get(name)), ['SDK', IDENTITY, IDENTITY]);
  await staysOut(from, conversation);
});

test('the customer\'s next conversation is a new one, and is joined', async () => {
  const from = '+15005550022';
  const { sid } = await joinedBot(from);
  const webhook = nextEvent('webhook', ({ event }) => event === 'onParticipantRemoved');
  await call(scene.twilio, 'DELETE', `/v1/Conversations/${sid}/Participants/${IDENTITY}`, { headers: { 'X-Twilio-Webhook-Enabled': 'true' } });
  await webhook;
  scene.twilio.setState(sid, 'closed');
  const next = await joinedBot(from);
  assert.notEqual(next.sid, sid);
});

function nextEvent(event, fits) {
  return new Promise((resolve, reject) => {
    const settle = (outcome, value) => {
      clearTimeout(timer);
      scene.twilio.off(event, look);
      outcome(value);
    };
    const look = (value) => { if (fits(value)) settle(resolve, value); };
    const timer = setTimeout(() => settle(reject, new Error(`no such ${event}`)), 8000);
    scene.twilio.on(event, look);
  });
}
