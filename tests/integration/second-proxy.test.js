// Two proxies in a row each say whom they speak for, so X-Forwarded-For comes in several lines; nginx before
// 1.23 hands each on as a variable of its own. No setting reads it, and nobody may be refused for it.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { StandIn } from '../twilio/standin.js';
import { startCaddy } from '../servers/caddy.js';
import { startHaproxyBefore } from '../servers/haproxy.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { startNginx } from '../servers/nginx.js';
import { startResponder } from '../servers/responder.js';
import { baseSettings, standInOptions } from '../lib/account.js';
import { sendOverHttp } from '../lib/drivers/http.js';
import { RESPONDER } from '../lib/programs.js';
import { HOST, PATH, buildWebhook } from '../lib/webhook.js';

const WEBHOOKS = 100;
const AT_ONCE = 10;
const PUBLIC_URL = `https://api.example.com${PATH}`;
const LINES = ['192.0.2.1', '198.51.100.2, 192.0.2.3', '203.0.113.4'].map((value) => ['X-Forwarded-For', value]);

const own = (settings) => startResponder({ responder: RESPONDER, settings });

/** The servers of a chain, the one that Twilio reaches first; those behind it can be stopped after it. */
const CHAINS = {
  'haproxy and nginx': async (settings) => {
    const responder = await own(settings);
    const nginx = await startNginx({ socket: responder.socket });
    return [await startHaproxyBefore({ port: nginx.port }), nginx, responder];
  },
  'haproxy and lighttpd': async (settings) => {
    const lighttpd = await startLighttpd({ responder: RESPONDER, settings, processes: 2 });
    return [await startHaproxyBefore({ port: lighttpd.port }), lighttpd];
  },
  Caddy: async (settings) => {
    const responder = await own(settings);
    return [await startCaddy({ socket: responder.socket }), responder];
  },
};

for (const [name, start] of Object.entries(CHAINS)) {
  for (const [how, settings, signedUrl] of [
    ['with AUTOJOIN_PUBLIC_URL', { AUTOJOIN_PUBLIC_URL: PUBLIC_URL }, PUBLIC_URL],
    ['without AUTOJOIN_PUBLIC_URL', {}, `http://${HOST}${PATH}`],
  ]) {
    describe(`behind ${name}, ${how}`, { concurrency: 1 }, () => {
      let twilio;
      let servers = [];
      before(async () => {
        twilio = await StandIn.start(standInOptions());
        servers = await start({ ...baseSettings(twilio), ...settings });
      });
      after(async () => {
        for (const server of servers) await server.stop();
        await twilio?.stop();
      });

      async function join(headers) {
        const service = twilio.createService().sid;
        const conversation = twilio.createConversation({ serviceSid: service }).sid;
        const { status, body } = await sendOverHttp(servers[0], buildWebhook({ headers, signedUrl }, { service, conversation }));
        return `${status} ${body} ${twilio.participants(conversation).length}`;
      }

      for (let count = 1; count <= LINES.length; count++) {
        it(`${WEBHOOKS} signed webhooks with X-Forwarded-For in ${count} ${count > 1 ? 'lines' : 'line'} are joined`, async () => {
          const tally = {};
          const lane = async () => {
            for (let i = 0; i < WEBHOOKS / AT_ONCE; i++) {
              const outcome = await join(LINES.slice(0, count));
              tally[outcome] = (tally[outcome] ?? 0) + 1;
            }
          };
          await Promise.all(Array.from({ length: AT_ONCE }, lane));
          assert.deepEqual(tally, { '200 {"result":"joined"} 1': WEBHOOKS });
        });
      }
    });
  }
}
