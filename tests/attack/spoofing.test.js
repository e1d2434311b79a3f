// Headers by which a sender pretends to be somebody else, through the web servers that pass them on: what
// each makes of other spellings was measured (lighttpd takes "_" and "." for "-").

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { apache } from '../lib/drivers/apache.js';
import { lighttpd } from '../lib/drivers/lighttpd.js';
import { nginx } from '../lib/drivers/nginx.js';
import { Scene } from '../lib/scene.js';
import { HOST, PATH } from '../lib/webhook.js';
import { callsOf, send } from './responderscene.js';

// Signed for another URL of the account, which the sender wants to be taken for ours.
const OTHER = 'other.example.net';
const asOther = { signedUrl: `https://${OTHER}${PATH}` };
const proxy = [['X-Forwarded-Proto', 'https'], ['X-Forwarded-Host', HOST]];
// The tests come from 127.0.0.1.
const TRUSTING = { AUTOJOIN_FORWARDED: 'x-forwarded', AUTOJOIN_TRUSTED_PROXIES: '127.0.0.1' };
const TRUSTING_OTHERS = { AUTOJOIN_FORWARDED: 'x-forwarded', AUTOJOIN_TRUSTED_PROXIES: '192.0.2.0/24' };

// What a trusted proxy lets through beside the headers that it overwrites.
const behindProxy = [
  ['X_Forwarded_Host', [['X_Forwarded_Host', OTHER], ...proxy]],
  ['X_Forwarded_Host behind the true one', [...proxy, ['X_Forwarded_Host', OTHER]]],
  ['X.Forwarded.Host', [['X.Forwarded.Host', OTHER], ...proxy]],
  ['X-Forwarded_Host', [['X-Forwarded_Host', OTHER], ...proxy]],
  ['x-forwarded-host a second time', [['x-forwarded-host', OTHER], ...proxy]],
  ['a list in X-Forwarded-Host', [['X-Forwarded-Proto', 'https'], ['X-Forwarded-Host', `${OTHER}, ${HOST}`]]],
  ['Forwarded', [...proxy, ['Forwarded', `proto=https;host=${OTHER}`]]],
  ['X-Forwarded-Server, X-Host and X-Original-Host', [...proxy, ['X-Forwarded-Server', OTHER], ['X-Host', OTHER], ['X-Original-Host', OTHER]]],
  ['X-Original-URL and X-Rewrite-URL', [...proxy, ['X-Original-URL', asOther.signedUrl], ['X-Rewrite-URL', asOther.signedUrl]]],
];

// Whoever says that he comes from a trusted address.
const pretended = [
  ['X-Forwarded-For', [['X-Forwarded-For', '192.0.2.1']]],
  ['X-Real-IP and Client-IP', [['X-Real-IP', '192.0.2.1'], ['Client-IP', '192.0.2.1']]],
  ['Remote-Addr', [['Remote-Addr', '192.0.2.1'], ['REMOTE_ADDR', '192.0.2.1']]],
].map(([name, headers]) => [name, [...headers, ['X-Forwarded-Proto', 'https'], ['X-Forwarded-Host', OTHER]]]);

for (const driver of [lighttpd, apache, nginx]) {
  describe(`behind ${driver.name}`, () => {
    let trusting;
    let trustingOthers;
    before(async () => {
      trusting = await Scene.open(driver, { settings: TRUSTING });
      trustingOthers = await Scene.open(driver, { settings: TRUSTING_OTHERS });
    });
    after(() => Promise.all([trusting?.close(), trustingOthers?.close()]));

    async function refused(scene, spec) {
      const { length } = callsOf(scene);
      const reply = await send(scene, spec);
      assert.ok([400, 403].includes(reply.status), `status ${reply.status}`);
      assert.equal(callsOf(scene).length, length);
    }

    it('what the proxy says counts, as long as nobody else says it', async () => {
      const reply = await send(trusting, { headers: proxy, signedUrl: `https://${HOST}${PATH}` });
      assert.equal(reply.body, '{"result":"joined"}');
    });

    for (const [name, headers] of behindProxy) {
      it(`a trusted proxy that passes on ${name}`, () => refused(trusting, { headers, ...asOther }));
    }

    for (const [name, headers] of pretended) {
      it(`a stranger who says that he is trusted, by ${name}`, () => refused(trustingOthers, { headers, ...asOther }));
    }

    it('HTTPS: on does not make http https', () => refused(trustingOthers, {
      headers: [['HTTPS', 'on'], ['Request-Scheme', 'https'], ['X-Forwarded-Ssl', 'on'], ['Front-End-Https', 'on']], signedUrl: `https://${HOST}${PATH}`,
    }));

    it('X-HTTP-Method-Override does not make GET POST', async () => {
      const reply = await send(trusting, { method: 'GET', headers: [['X-HTTP-Method-Override', 'POST'], ['X-Method-Override', 'POST']] });
      assert.equal(reply.status, 405);
    });
  });
}
