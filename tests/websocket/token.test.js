// The access token: made by Twilio's own package, judged by the stand-in as Twilio's page on access
// tokens says, and what the SDK makes of a refusal.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import conversations from '../lib/conversations-sdk.js';
import { makeAccessToken } from '../lib/access-token.js';
import { Bot } from './bot.js';
import { accessToken, IDENTITY, startTwilio } from './scene.js';

let twilio;
before(async () => { twilio = await startTwilio(); });
after(async () => {
  await twilio.stop();
  assert.deepEqual(twilio.gateway.complaints, []);
});

const forged = (change) => () => {
  const [header, payload] = accessToken(twilio).split('.').map((part) => Buffer.from(part, 'base64url').toString());
  const parts = change(JSON.parse(header), JSON.parse(payload));
  return signed(parts);
};

function signed([header, payload], secret = 'secret-of-the-key') {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

const REFUSED = [
  ['no token at all', 20101, () => 'not-a-token'],
  ['three parts that are not JSON', 20101, () => 'a.b.c'],
  ['algorithm none', 20102, forged((header, payload) => [{ ...header, alg: 'none' }, payload])],
  ['a JWT of somebody else\'s kind', 20102, forged((header, payload) => [{ ...header, cty: undefined }, payload])],
  ['an unknown key', 20103, () => accessToken(twilio, { key: `SK${'0'.repeat(32)}` })],
  ['a restricted key', 20103, () => {
    const { sid, secret } = twilio.addApiKey({ permissions: ['participants:create'] });
    return accessToken(twilio, { key: sid, secret });
  }],
  ['another account', 20103, () => accessToken(twilio, { accountSid: `AC${'0'.repeat(32)}` })],
  ['expired', 20104, () => accessToken(twilio, { ttl: -1 })],
  ['no expiry', 20104, forged((header, payload) => [header, { ...payload, exp: undefined }])],
  ['not valid yet', 20105, forged((header, payload) => [header, { ...payload, nbf: payload.iat + 600 }])],
  ['longer than a day', 20157, forged((header, payload) => [header, { ...payload, exp: payload.iat + 86_401 }])],
  ['no chat grant', 20106, () => accessToken(twilio, { grant: null })],
  ['a service that is not there', 20106, () => accessToken(twilio, { grant: { serviceSid: `IS${'0'.repeat(32)}` } })],
  ['no identity', 20106, forged((header, payload) => [header, { ...payload, grants: { ...payload.grants, identity: undefined } }])],
  ['another secret', 20107, () => accessToken(twilio, { secret: 'guessed' })],
  ['a changed identity under the old signature', 20107, () => {
    const [header, , signature] = accessToken(twilio).split('.');
    const [, payload] = accessToken(twilio, { identity: 'administrator' }).split('.');
    return [header, payload, signature].join('.');
  }],
];

for (const [name, errorCode, make] of REFUSED) {
  test(`${name}: refused with ${errorCode}, denied, and final`, async () => {
    const bot = Bot.start(twilio, make());
    try {
      await bot.state('denied');
      const error = await bot.said('connectionError');
      assert.deepEqual([error.terminal, error.httpStatusCode, error.errorCode], [true, 401, errorCode]);
      assert.deepEqual(twilio.gateway.identities, []);
      assert.equal(bot.all('tokenExpired').length, errorCode === 20104 ? 1 : 0);
    } finally {
      await bot.end();
    }
  });
}

test('Client.create() resolves all the same when the token is refused', async () => {
  const client = await conversations.Client.create('not-a-token', { twilsock: { uri: twilio.gateway.url }, logLevel: 'silent' });
  assert.equal(client.connectionState, 'denied');
  await client.shutdown();
});

test('a refused client is let in with a better token', async () => {
  const bot = Bot.start(twilio, accessToken(twilio, { secret: 'guessed' }));
  try {
    await bot.state('denied');
    await bot.client.updateToken(accessToken(twilio)).catch(() => {});
    await bot.ready();
    assert.deepEqual(twilio.gateway.identities, [IDENTITY]);
  } finally {
    await bot.end();
  }
});

test('the token of the demonstration is as good as one of Twilio\'s package', async () => {
  const token = makeAccessToken({
    accountSid: twilio.accountSid, keySid: `SK${'5'.repeat(32)}`, secret: 'secret-of-the-key', identity: IDENTITY, serviceSid: twilio.defaultService.sid,
  });
  await (await Bot.connect(twilio, token)).end();
});

test('renewed when it is about to expire, the bot hears on; not renewed, it is shut out', async () => {
  const seconds = 2;
  const [careful, careless] = await Promise.all([Bot.connect(twilio, accessToken(twilio, { ttl: seconds })), Bot.connect(twilio, accessToken(twilio, { ttl: seconds }))]);
  try {
    careful.client.on('tokenAboutToExpire', () => careful.client.updateToken(accessToken(twilio)));
    await Promise.all([careful.said('tokenAboutToExpire'), careless.said('tokenAboutToExpire')]);
    await careless.said('tokenExpired');
    const { sid } = twilio.createConversation();
    twilio.addParticipant(sid, { identity: IDENTITY });
    const conversation = await careful.joined({ sid });
    await conversation.sendMessage('still in');
    await careful.hears('still in');
    assert.deepEqual([careful.heard, careless.heard], [['still in'], []]);
    assert.equal(careful.all('tokenExpired').length, 0);
  } finally {
    await Promise.all([careful.end(), careless.end()]);
  }
});
