// Twilio's OpenAPI documents judge every REST request of the operator's tool, with its retry counts, which
// only Programmable Chat's document has.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { OPERATOR } from '../lib/programs.js';
import { runOperator } from '../lib/operator.js';
import { Folder } from '../servers/folder.js';
import { writeSettings } from '../servers/settings.js';
import { StandIn } from '../twilio/standin.js';
import { Judge } from './judge.js';
import { overlaid, readChatService, readDocument, readEventsDocument, withOperations } from './openapidocument.js';
import { briefly, operatorScenes } from './operatorscenes.js';

const IDENTITY = 'bot @ é/x?+%&=#😀';

describe('the operator\'s requests', () => {
  let folder;
  let program;
  let document;
  let eventsDocument;
  before(async () => {
    folder = await Folder.create('judged');
    program = await folder.install(OPERATOR, 'twilio-autojoin');
    document = withOperations(overlaid(await readDocument()).document, overlaid(await readChatService()).document);
    eventsDocument = overlaid(await readEventsDocument()).document;
  });
  after(() => folder.remove());

  async function play({ args, then, asks, play: arrange, code = 0, settings: more }, credentials) {
    const twilio = await StandIn.start();
    const judge = await Judge.start(document, twilio.url);
    const events = await Judge.start(eventsDocument, twilio.url);
    try {
      const end = arrange(twilio, IDENTITY);
      const settings = { TWILIO_ACCOUNT_SID: twilio.accountSid, TWILIO_AUTH_TOKEN: twilio.authToken, TWILIO_IDENTITY: IDENTITY, AUTOJOIN_API_URL: judge.url, AUTOJOIN_EVENTS_API_URL: events.url,
        AUTOJOIN_WEBHOOKS_API_URL: twilio.url, // of which there is no document
        ...more, ...credentials?.(twilio) };
      const file = await writeSettings(folder, settings);
      const run = await runOperator({ program, args, env: { AUTOJOIN_CONFIG: file }, as: folder.as });
      end?.();
      assert.equal(run.code, code, run.stdout + run.stderr);
      if (then) assert.equal((await runOperator({ program, args: then, env: { AUTOJOIN_CONFIG: file }, as: folder.as })).code, 0);
      const seen = [...judge.exchanges, ...events.exchanges].filter(({ method }) => method !== 'HEAD');
      assert.deepEqual([...new Set(seen.map(briefly))].sort(), [...new Set(asks)].sort());
      for (const { headers } of seen) assert.match(headers['user-agent'], /^twilio-autojoin\//);
      assert.deepEqual([...judge.objections(), ...events.objections()], []);
    } finally {
      await judge.stop();
      await events.stop();
      await twilio.stop();
    }
  }

  for (const scene of operatorScenes) {
    it(scene.name, () => play(scene));
  }

  it('with an API key', () => play(operatorScenes[0], (twilio) => {
    const { sid, secret } = twilio.addApiKey();
    return { TWILIO_API_KEY: sid, TWILIO_API_SECRET: secret };
  }));

  it('a wrong request would be noticed', async () => {
    const twilio = await StandIn.start();
    const judge = await Judge.start(document, twilio.url);
    const authorization = `Basic ${Buffer.from(`${twilio.accountSid}:${twilio.authToken}`).toString('base64')}`;
    const form = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
    const wrong = [
      ['POST', `/v2/Services/${twilio.defaultService.sid}`, 'PostWebhookRetryCount=many'],
      ['GET', '/v2/Services/IS1'],
      ['GET', '/v1/Configuration/Addresses?PageSize=51'],
      ['GET', '/v1/Configuration/Nonsense'],
    ];
    try {
      for (const [method, path, body] of wrong) {
        const { mark } = judge;
        await (await fetch(judge.url + path, { method, body, headers: form })).arrayBuffer();
        assert.notDeepEqual(judge.objections(mark), [], `${method} ${path}`);
      }
    } finally {
      await judge.stop();
      await twilio.stop();
    }
  });
});
