// A responder that dies in the middle of a join: the web server, or systemd, has another one at once, and
// the ticket of the join is still there for `twilio-autojoin drain`.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { baseSettings, standInOptions, IDENTITY } from '../lib/account.js';
import { sendOverHttp } from '../lib/drivers/http.js';
import { OPERATOR, RESPONDER } from '../lib/programs.js';
import { buildWebhook } from '../lib/webhook.js';
import { runOperator } from '../lib/operator.js';
import { startApache } from '../servers/apache.js';
import { until } from '../servers/daemon.js';
import { Folder } from '../servers/folder.js';
import { shipped } from '../servers/frontserver.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { writeSettings } from '../servers/settings.js';
import { StandIn } from '../twilio/standin.js';

const FRONTS = {
  'lighttpd (mod_fastcgi)': (settings) => startLighttpd({ responder: RESPONDER, ...settings, processes: 1 }),
  'Apache (mod_fcgid)': (settings) => startApache({ responder: RESPONDER, ...settings }),
};

async function withFront(start, act) {
  const twilio = await StandIn.start(standInOptions());
  const folder = await Folder.create('die');
  let front;
  try {
    const spool = await folder.directory('spool');
    const settingsFile = await writeSettings(folder, { ...baseSettings(twilio), AUTOJOIN_SPOOL_DIR: spool });
    front = await start({ settingsFile });
    await act({ twilio, folder, spool, front, settingsFile });
  } finally {
    await front?.stop();
    await twilio.stop();
    await folder.remove();
  }
}

function newConversation(twilio) {
  const service = twilio.createService().sid;
  return { service, conversation: twilio.createConversation({ serviceSid: service }).sid };
}

describe('a responder that dies during a join', { concurrency: 4 }, () => {
  for (const [name, start] of Object.entries(FRONTS)) {
    for (const signal of ['SIGABRT', 'SIGKILL']) {
      it(`of ${signal} is replaced by ${name}, and its ticket is drained`, () => withFront(start, async ({ twilio, folder, spool, front, settingsFile }) => {
        const context = newConversation(twilio);
        const rule = twilio.misbehave({ match: { path: new RegExp(context.conversation) }, fault: 'hang' });
        const answer = sendOverHttp(front, buildWebhook({}, context)).catch((error) => ({ status: 0, error }));
        await until(() => rule.hits === 1, { what: 'the call of Twilio' });
        for (const pid of await front.processes()) process.kill(pid, signal);
        assert.notEqual((await answer).status, 200);

        const next = await until(async () => {
          const reply = await sendOverHttp(front, buildWebhook({}, newConversation(twilio))).catch(() => undefined);
          return reply?.status === 200 ? reply : undefined;
        }, { what: 'a webhook to be served again' });
        assert.equal(next.body, '{"result":"joined"}');

        assert.deepEqual(readdirSync(spool).filter((entry) => /^CH/.test(entry)), [context.conversation]);
        const program = await folder.install(OPERATOR, 'twilio-autojoin');
        const drained = await until(async () => {
          const run = await runOperator({ program, args: ['drain'], env: { AUTOJOIN_CONFIG: settingsFile }, as: folder.as });
          return run.code === 0 ? run : undefined;
        }, { what: 'the ticket to be taken up: its responder has a moment of its own' });
        assert.match(drained.stdout, /^1 settled, 0 given up, 0 set aside, 0 left$/m);
        assert.equal(twilio.participants(context.conversation).filter(({ identity }) => identity === IDENTITY).length, 1);
      }));
    }
  }

  // systemd itself cannot be had in a test; integration/listening.test.js has the socket that stays.
  it('is started again by systemd, however often, on the socket that systemd holds', () => {
    const unit = readFileSync(shipped('contrib/systemd/twilio-autojoin.service.in'), 'utf8');
    assert.match(unit, /^Restart=(?:on-failure|on-abnormal|always)$/m);
    assert.match(unit, /^StartLimitIntervalSec=0$/m);
    assert.match(unit, /^Requires=twilio-autojoin\.socket$/m);
  });
});
