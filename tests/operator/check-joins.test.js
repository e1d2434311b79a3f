// twilio-autojoin check: never green where joins fail, whatever is well set up; and no alarm once they are made good.

import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { afterEach, describe, it } from 'node:test';
import { OperatorScene } from './scene.js';

const failing = (code, status) => ({ status, json: { code, message: 'no', status } });
const ADDING = /^POST .*Participants$/;

describe('check: what became of the last joins', () => {
  let scene;
  afterEach(() => scene?.close());

  const send = async (count) => { for (let i = 0; i < count; i++) await scene.twilio.sms(); };
  const joins = async () => {
    const run = await scene.check('--offline');
    return { ...run, found: run.findings.filter(({ check }) => check === 'joins').map(({ verdict, text, fix }) => ({ verdict, text, fix })) };
  };

  for (const [name, reply, verdict, text, fix] of [
    ['the key may not add participants', failing(70051, 403), 'fail', /^the last 3 attempts to join failed, the latest at \S+Z: Twilio error 70051: the API key lacks the permission/, /^give TWILIO_API_KEY the permission .*; then twilio-autojoin drain$/],
    ['the role is none of the service\'s', failing(50100, 400), 'fail', /Twilio error 50100: AUTOJOIN_ROLE_SID is not a role of this service$/, /^correct AUTOJOIN_ROLE_SID, or take it out/],
    ['the identity is full', failing(50214, 403), 'fail', /Twilio error 50214: TWILIO_IDENTITY is in too many/, /--closed-timer P7D.*AUTOJOIN_IDENTITIES/],
    ['Twilio is in trouble', { status: 503, text: '' }, 'fail', /^the last \d+ attempts to join failed, .*: Twilio is in trouble$/, /https:\/\/status\.twilio\.com; then twilio-autojoin drain$/],
    ['these conversations are full, and others may not be', failing(50417, 400), 'warn', /Twilio error 50417/, /^see https:\/\/www\.twilio\.com\/docs\/errors\/50417; /],
  ]) {
    it(name, { timeout: 60_000 }, async () => {
      scene = await OperatorScene.open({ settings: { AUTOJOIN_DEADLINE_MS: '500' } });
      scene.twilio.answer(ADDING, reply);
      await send(3);
      const { found, code } = await joins();
      assert.deepEqual([found.length, found[0]?.verdict, code], [1, verdict, verdict === 'fail' ? 1 : 0]);
      assert.match(found[0].text, text);
      assert.match(found[0].fix, fix);
    });
  }

  it('what the fix says mends it: drain, and there is nothing left to say', async () => {
    scene = await OperatorScene.open();
    scene.twilio.answer(ADDING, failing(70051, 403));
    await send(3);
    assert.equal((await joins()).found[0]?.verdict, 'fail');
    scene.twilio.behave();
    assert.equal((await scene.run('drain')).code, 0);
    assert.deepEqual((await joins()).found, []);
  });

  it('without a spool reconcile and a join are the fix, and the join ends it', async () => {
    scene = await OperatorScene.open({ settings: { AUTOJOIN_SPOOL_DIR: undefined } });
    scene.twilio.answer(ADDING, failing(70051, 403));
    await send(3);
    assert.match((await joins()).found[0]?.fix, /; then twilio-autojoin reconcile, and twilio-autojoin probe$/);
    scene.twilio.behave();
    await send(1);
    assert.deepEqual((await joins()).found, []);
  });

  it('one that failed, and waits, is a warning; one before others that were joined is nothing', async () => {
    scene = await OperatorScene.open();
    scene.twilio.answer(ADDING, { ...failing(70051, 403), times: 1 });
    await send(1);
    const { found } = await joins();
    assert.deepEqual([found.length, found[0]?.verdict], [1, 'warn']);
    assert.match(found[0].text, /^the last attempt to join failed, at /);
    await send(1);
    assert.deepEqual((await joins()).found, []);
  });

  it('what failed before the settings were changed is no news', async () => {
    scene = await OperatorScene.open();
    scene.twilio.answer(ADDING, failing(70051, 403));
    await send(3);
    await utimes(scene.settingsFile, Date.now() / 1000 + 1, Date.now() / 1000 + 1);
    assert.deepEqual((await joins()).found, []);
  });

  it('AUTOJOIN_SOURCES that no webhook has: a warning while none was ever joined', async () => {
    scene = await OperatorScene.open({ settings: { AUTOJOIN_SOURCES: 'sms' } });
    await send(2);
    assert.deepEqual((await joins()).found, []);
    await send(1);
    const { found } = await joins();
    assert.deepEqual([found.length, found[0]?.verdict], [1, 'warn']);
    assert.match(found[0].text, /^the last 3 webhooks called for no join, for their Source is not in AUTOJOIN_SOURCES/);
    assert.match(found[0].fix, /^AUTOJOIN_SOURCES as Twilio writes them, in capitals/);
  });
});
