// The allow-list of the shipped configurations: commented out, and with the comment signs taken away as it says there. Events from
// another address are then closed out by the front; webhooks come from anywhere.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { Folder } from '../servers/folder.js';
import { startApache } from '../servers/apache.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { startNginx } from '../servers/nginx.js';
import { startResponder } from '../servers/responder.js';
import { writeSettings } from '../servers/settings.js';
import { StandIn } from '../twilio/standin.js';
import { baseSettings, standInOptions } from '../lib/account.js';
import { cloudEvent } from '../lib/cloud-event.js';
import { sendOverHttp } from '../lib/drivers/http.js';
import { RESPONDER } from '../lib/programs.js';
import { buildWebhook } from '../lib/webhook.js';

const BLOCK = '35.90.102.128/25';

/** Takes the comment signs away from the lines that are no prose: "#" with no blank, or more than one, behind it. */
function takeCommentsAway(text) {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => /^#(\$HTTP|<LocationMatch|geo| {2}if)/.test(line));
  assert.ok(from > 0, 'no allow-list');
  for (let i = from; /^#( {2,}|\S)/.test(lines[i] ?? ''); i += 1) lines[i] = lines[i].slice(1);
  return lines.join('\n');
}

const open = (text) => takeCommentsAway(text).replaceAll(BLOCK, '127.0.0.0/8');

const FRONTS = {
  'lighttpd, FastCGI': (options) => startLighttpd({ ...options, mode: 'fastcgi' }),
  'lighttpd, CGI': (options) => startLighttpd({ ...options, mode: 'cgi' }),
  'lighttpd, a responder of its own': (options) => startLighttpd({ ...options, mode: 'socket' }),
  'Apache, mod_fcgid': (options) => startApache({ ...options, mode: 'fcgid' }),
  'Apache, mod_cgid': (options) => startApache({ ...options, mode: 'cgid' }),
  'Apache, mod_proxy_fcgi': (options) => startApache({ ...options, mode: 'proxy_fcgi' }),
  nginx: startNginx,
};

async function withFront(start, edit, act) {
  const folder = await Folder.create('allow');
  const twilio = await StandIn.start(standInOptions());
  const settingsFile = await writeSettings(folder, baseSettings(twilio));
  const own = await startResponder({ responder: RESPONDER, settingsFile });
  let server;
  try {
    server = await start({ responder: RESPONDER, settingsFile, socket: own.socket, edit });
    const context = () => ({ conversation: twilio.createConversation({ serviceSid: twilio.defaultService.sid }).sid, service: twilio.defaultService.sid });
    const sends = async (spec, one = context()) => (await sendOverHttp(server, buildWebhook(typeof spec === 'function' ? spec(one) : spec, one))).status;
    await act({ webhook: () => sends({}), event: () => sends((one) => ({ json: JSON.stringify(cloudEvent(one)) })), more: () => sends({ target: '/webhooks/twilio?a=b' }) });
  } finally {
    await server?.stop();
    await own.stop();
    await twilio.stop();
    await folder.remove();
  }
}

describe('the allow-list for Event Streams', { concurrency: 2 }, () => {
  for (const [name, start] of Object.entries(FRONTS)) {
    it(`${name}: as shipped all come in`, () => withFront(start, (text) => text, async ({ webhook, event }) => {
      assert.deepEqual([await webhook(), await event()], [200, 200]);
    }));

    it(`${name}: in force, events of another address are refused, and webhooks are not`, () => withFront(start, takeCommentsAway, async ({ webhook, event, more }) => {
      assert.deepEqual([await webhook(), await more(), await event()], [200, 200, 403]);
    }));

    it(`${name}: in force, events of an address in it come in`, () => withFront(start, open, async ({ webhook, event }) => {
      assert.deepEqual([await webhook(), await event()], [200, 200]);
    }));
  }
});
