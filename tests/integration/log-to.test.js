// Where a webhook's line goes (AUTOJOIN_LOG_TO): to the web server that started the responder, which has a
// log for it, and to the responder's own standard error where it runs by itself: Caddy and haproxy's
// fcgi-app drop what comes by FCGI_STDERR.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { StandIn } from '../twilio/standin.js';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { startHaproxyFastCgi } from '../servers/haproxy.js';
import { startOnSocket, startResponder } from '../servers/responder.js';
import { baseSettings, standInOptions } from '../lib/account.js';
import { sendOverHttp } from '../lib/drivers/http.js';
import { parseLogLine } from '../lib/log-line.js';
import { webhookRequest } from '../lib/webhook-records.js';
import { RESPONDER } from '../lib/programs.js';
import { buildWebhook } from '../lib/webhook.js';

const WEBHOOK = /msg"?[=:]"?webhook/;
/** As under systemd: what standard error is connected to is the journal. */
const JOURNAL = ['/bin/sh', '-c', 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$0" "$@"'];

describe('a webhook\'s log line', () => {
  let twilio;
  before(async () => { twilio = await StandIn.start(standInOptions()); });
  after(() => twilio.stop());

  const newConversation = () => {
    const service = twilio.createService().sid;
    return { service, conversation: twilio.createConversation({ serviceSid: service }).sid };
  };

  const STARTS = {
    '--listen': { own: true, start: startResponder },
    'a socket of systemd\'s': { own: true, start: (options) => startOnSocket({ ...options, systemd: true }) },
    'a web server\'s socket on descriptor 0': { own: false, start: startOnSocket },
  };
  for (const [how, { own, start }] of Object.entries(STARTS)) {
    for (const [to, goesToUs] of [[undefined, own], ['auto', own], ['front', false], ['stderr', true]]) {
      it(`${how}, AUTOJOIN_LOG_TO ${to ?? 'not set'}: ${goesToUs ? 'standard error' : 'FCGI_STDERR'}`, async () => {
        const responder = await start({ responder: RESPONDER, settings: { ...baseSettings(twilio), AUTOJOIN_LOG_TO: to } });
        try {
          const reply = await fastcgiRequest(responder.socket, webhookRequest(newConversation()));
          assert.equal(reply.body, '{"result":"joined"}');
          const lines = [goesToUs ? await responder.log.read() : reply.stderr, goesToUs ? reply.stderr : await responder.log.read()];
          assert.match(lines[0], WEBHOOK);
          assert.doesNotMatch(lines[1], WEBHOOK);
        } finally {
          await responder.stop();
        }
      });
    }
  }

  it('is not lost behind haproxy\'s fcgi-app, which drops what comes by FCGI_STDERR', async () => {
    const responder = await startResponder({ responder: RESPONDER, settings: baseSettings(twilio) });
    const front = await startHaproxyFastCgi({ socket: responder.socket });
    try {
      assert.equal((await sendOverHttp(front, buildWebhook({}, newConversation()))).body, '{"result":"joined"}');
      await responder.log.waitFor(/result=joined/);
    } finally {
      await front.stop();
      await responder.stop();
    }
  });

  for (const format of ['logfmt', 'json']) {
    it(`in the journal has its priority (${format})`, async () => {
      const settings = { ...baseSettings(twilio), AUTOJOIN_LOG_FORMAT: format };
      const responder = await startResponder({ responder: RESPONDER, settings, wrap: JOURNAL });
      try {
        await fastcgiRequest(responder.socket, webhookRequest(newConversation()));
        await fastcgiRequest(responder.socket, webhookRequest(newConversation(), { token: 'x' }));
        const [joined, forged] = (await responder.log.lines()).filter((line) => WEBHOOK.test(line));
        assert.match(joined, /^<6>/);
        assert.match(forged, /^<4>/);
        assert.equal(parseLogLine(joined.slice(3)).result, 'joined');
      } finally {
        await responder.stop();
      }
    });
  }

  it('to the web server has none, though standard error is the journal: that has its own', async () => {
    const settings = { ...baseSettings(twilio), AUTOJOIN_LOG_TO: 'front', AUTOJOIN_NONSENSE: '1' };
    const responder = await startResponder({ responder: RESPONDER, settings, wrap: JOURNAL });
    try {
      const reply = await fastcgiRequest(responder.socket, webhookRequest(newConversation()));
      assert.match(reply.stderr, /^time=/);
      await responder.log.waitFor(/^<3>time=.*AUTOJOIN_NONSENSE/);
    } finally {
      await responder.stop();
    }
  });
});
