// The headers that name key and algorithm are signed by nobody: whoever sends a webhook may write what he likes into them.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { AUTH_TOKEN, OTHER_SHARED_KEY, SECONDARY_TOKEN, SHARED_KEY } from '../lib/account.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { Scene } from '../lib/scene.js';
import { SeededRandom, seedFrom } from '../lib/seeded-random.js';
import { callsOf, send, sendRecords } from './responderscene.js';

const SETTINGS = 'X-Twilio-Webhooks-Signature-Settings';
const KEY_SID = 'X-Twilio-Signature-Key-Sid';
const AUTOJOIN_SHARED_KEYS = `${SHARED_KEY.id}=${SHARED_KEY.secret},${OTHER_SHARED_KEY.id}=${OTHER_SHARED_KEY.secret}`;
const SHA1 = { ...SHARED_KEY, algorithm: 'HMAC_SHA1' };

describe('a header that names the key', () => {
  let scene;
  before(async () => { scene = await Scene.open(fastcgi, { settings: { AUTOJOIN_SHARED_KEYS } }); });
  after(() => scene.close());

  for (const [name, spec] of Object.entries({
    'the auth token\'s signature under a SharedKey\'s name': { headers: [[SETTINGS, `key=${SHARED_KEY.id},algorithm=HMAC_SHA1`]] },
    'one SharedKey\'s signature under the other\'s name': { sharedKey: SHARED_KEY, settingsHeader: `key=${OTHER_SHARED_KEY.id},algorithm=HMAC_SHA256` },
    'a SharedKey\'s signature under no name': { sharedKey: SHARED_KEY, settingsHeader: 'algorithm=HMAC_SHA256' },
    'an unknown key': { sharedKey: { id: 'evil', secret: 'evil' } },
    'an unknown key that is called by a secret': { sharedKey: { id: SHARED_KEY.secret, secret: 'evil' } },
    'an empty key': { sharedKey: { id: '', secret: '' } },
    'a key without a secret': { sharedKey: { id: 'undefined', secret: 'undefined' } },
    'a key\'s id as its secret': { sharedKey: { id: SHARED_KEY.id, secret: SHARED_KEY.id } },
    'the auth token as a SharedKey\'s secret': { sharedKey: { id: SHARED_KEY.id, secret: AUTH_TOKEN } },
    'a token that is not set, as its secret': { sharedKey: { id: SHARED_KEY.id, secret: SECONDARY_TOKEN } },
    'the right key by the weaker algorithm than it says': { sharedKey: SHA1, settingsHeader: `key=${SHARED_KEY.id},algorithm=HMAC_SHA256` },
    'an algorithm that needs no key': { sharedKey: SHARED_KEY, settingsHeader: `key=${SHARED_KEY.id},algorithm=none` },
    'the hash itself for an algorithm': { sharedKey: SHARED_KEY, settingsHeader: `key=${SHARED_KEY.id},algorithm=SHA256` },
    'no signature at all': { signature: null, headers: [[SETTINGS, `key=${SHARED_KEY.id},algorithm=HMAC_SHA256`]] },
    'an empty signature': { signature: '', headers: [[SETTINGS, `key=${SHARED_KEY.id},algorithm=HMAC_SHA256`]] },
    'half of a signature by HMAC_SHA256': { signature: 'A'.repeat(28), headers: [[SETTINGS, `key=${SHARED_KEY.id},algorithm=HMAC_SHA256`]] },
    'the beta\'s header and a key of the sender\'s': { sharedKey: { id: 'evil', secret: 'evil' }, settingsHeader: null, headers: [[KEY_SID, 'evil']] },
    'the beta\'s header beside a settings header that names another': { sharedKey: SHA1, settingsHeader: `key=${OTHER_SHARED_KEY.id}`, headers: [[KEY_SID, SHARED_KEY.id]] },
  })) {
    it(`is refused: ${name}`, async () => {
      const { length } = callsOf(scene);
      const reply = await send(scene, spec);
      assert.deepEqual([reply.status, reply.body], [403, '{}']);
      assert.equal(callsOf(scene).length, length);
    });
  }

  const seed = seedFrom(process.env.SEED);
  it('lets nothing in that no configured secret signed', async (t) => {
    t.diagnostic(`SEED=${seed}`);
    const random = new SeededRandom(seed);
    const PIECES = ['key=', 'algorithm=', SHARED_KEY.id, OTHER_SHARED_KEY.id, 'HMAC_SHA1', 'HMAC_SHA256', 'HMAC_SHA512', ',', ', ', '=', ' ', '\t', ';', '"', 'x', ''];
    for (let i = 0; i < 500; i++) {
      const header = random.list(0, 8, () => random.pick(PIECES)).join('');
      const algorithm = random.pick(['HMAC_SHA1', 'HMAC_SHA256']);
      const spec = {
        sharedKey: { id: 'evil', secret: random.pick(['evil', '', SHARED_KEY.id, SECONDARY_TOKEN]), algorithm }, settingsHeader: null,
        variables: [['HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS', header], ...(random.chance(0.3) ? [['HTTP_X_TWILIO_SIGNATURE_KEY_SID', SHARED_KEY.id]] : [])],
      };
      const reply = await sendRecords(scene, spec);
      assert.equal(reply.status, 403, JSON.stringify(spec));
    }
    assert.deepEqual(callsOf(scene), []);
  });
});

describe('a header that names a key', () => {
  it('without shared keys changes nothing', async () => {
    const scene = await Scene.open(fastcgi, {});
    try {
      assert.equal((await send(scene, {})).body, '{"result":"joined"}');
      // The hint alone takes nobody in, and nobody out: the token's own signature still counts.
      assert.equal((await send(scene, { headers: [[KEY_SID, SHARED_KEY.id]] })).body, '{"result":"joined"}');
      for (const headers of [[[KEY_SID, SHARED_KEY.id]], []]) {
        assert.equal((await send(scene, { sharedKey: SHARED_KEY, settingsHeader: null, headers })).status, 403);
        assert.equal((await send(scene, { sharedKey: SHA1, settingsHeader: null, headers })).status, 403);
      }
      assert.equal((await send(scene, { sharedKey: SHARED_KEY })).status, 403);
    } finally {
      await scene.close();
    }
  });
});
