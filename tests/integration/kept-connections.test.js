// Fronts that keep their connections to a responder that runs by itself: nginx
// (fastcgi_keep_conn) and Apache (enablereuse), with the shipped configurations.
// Programs with a thread a request were measured to hang here for ever.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { StandIn } from '../twilio/standin.js';
import { startApache } from '../servers/apache.js';
import { connectionsTo } from '../servers/daemon.js';
import { startNginx } from '../servers/nginx.js';
import { startResponder } from '../servers/responder.js';
import { baseSettings, standInOptions } from '../lib/account.js';
import { sendOverHttp } from '../lib/drivers/http.js';
import { RESPONDER } from '../lib/programs.js';
import { buildWebhook } from '../lib/webhook.js';

const FRONTS = {
  nginx: { start: (socket) => startNginx({ socket }), keeps: 16 },
  'Apache mod_proxy_fcgi': { start: (socket) => startApache({ mode: 'proxy_fcgi', socket }), keeps: 400 },
};

for (const [name, { start, keeps }] of Object.entries(FRONTS)) {
  describe(`${name} keeps its connections`, { concurrency: 1 }, () => {
    let twilio;
    let responder;
    let front;
    let settings;
    before(async () => {
      twilio = await StandIn.start(standInOptions());
      settings = baseSettings(twilio);
      responder = await startResponder({ responder: RESPONDER, settings });
      front = await start(responder.socket);
    });
    after(async () => {
      await front?.stop();
      await responder?.stop();
      await twilio?.stop();
    });

    function newConversation() {
      const service = twilio.createService().sid;
      return { service, conversation: twilio.createConversation({ serviceSid: service }).sid };
    }
    const join = () => sendOverHttp(front, buildWebhook({}, newConversation()));
    const ignored = () => sendOverHttp(front, buildWebhook({ set: { EventType: 'onUserAdded' } }, newConversation()));

    it('fifty webhooks one after the other go over one', async () => {
      for (let i = 0; i < 50; i++) assert.equal((await ignored()).status, 200, `webhook ${i}`);
      assert.equal(connectionsTo(responder.socket), 1);
    });

    it('two bursts of a hundred joins, each waiting for Twilio, are all answered', async () => {
      twilio.misbehave({ match: { method: 'POST' }, delayMs: 300, times: Infinity });
      for (let burst = 0; burst < 2; burst++) {
        const replies = await Promise.all(Array.from({ length: 100 }, join));
        for (const { body } of replies) assert.equal(body, '{"result":"joined"}');
      }
      twilio.behave();
      assert.equal((await ignored()).status, 200);
      const kept = connectionsTo(responder.socket);
      assert.ok(kept > 1 && kept <= keeps, `${kept} connections`);
    });

    it('a webhook after a restart of the responder is served', async () => {
      assert.equal((await ignored()).status, 200);
      const { socket } = responder;
      responder.daemon.child.kill('SIGTERM');
      assert.deepEqual(await responder.exited, { code: 0, signal: null });
      const second = await startResponder({ responder: RESPONDER, settings, listen: `unix:${socket}` });
      try {
        for (let i = 0; i < 5; i++) assert.equal((await join()).body, '{"result":"joined"}', `webhook ${i}`);
      } finally {
        await second.stop();
      }
    });
  });
}
