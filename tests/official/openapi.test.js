// Twilio's OpenAPI document judges every REST request of the responder and every answer
// of the stand-in. OPENAPI_OVERLAY=off takes the document as it is: then the violations
// further down must go unnoticed, and this test fails.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FastCgiConnection } from '../servers/fastcgi.js';
import { startResponder } from '../servers/responder.js';
import { StandIn } from '../twilio/standin.js';
import { joinWebhook } from './joinwebhook.js';
import { Judge } from './judge.js';
import { connect } from './officialclient.js';
import { overlaid, readDocument, readEventsDocument } from './openapidocument.js';
import { RESPONDER } from '../lib/programs.js';
import { sceneGroups } from './responderscenes.js';
import { allWalks, eventWalks } from './walks/all.js';
import { provoke, violations } from './violations.js';

const bare = await readDocument();
const { document: full, changes } = overlaid(bare);
const document = process.env.OPENAPI_OVERLAY === 'off' ? bare : full;

const twilio = await StandIn.start();
const judge = await Judge.start(document, twilio.url);
after(async () => {
  await judge.stop();
  await twilio.stop();
});

function assertNoObjection(mark, only = '') {
  const objections = judge.objections(mark).filter((line) => line.includes(`: ${only}`));
  assert.deepEqual(objections, []);
}

describe('the responder\'s requests', () => {
  for (const group of sceneGroups) {
    describe(group.name, () => {
      let responder;
      let connection;
      before(async () => {
        responder = await startResponder({
          responder: RESPONDER,
          settings: { TWILIO_ACCOUNT_SID: twilio.accountSid, TWILIO_AUTH_TOKEN: twilio.authToken, AUTOJOIN_API_URL: judge.url, ...group.settings(twilio) },
        });
        connection = await FastCgiConnection.open(responder.socket);
      });
      after(async () => {
        connection?.close();
        await responder?.stop();
      });
      for (const scene of group.scenes) it(scene.name, () => playScene(scene, connection));
    });
  }

  async function playScene({ play, result, asks, atLeast }, connection) {
    twilio.behave();
    const place = play(twilio);
    const { mark } = judge;
    const reply = await connection.request({ keep: true, ...joinWebhook(twilio, place) });
    assert.equal(JSON.parse(reply.body).result, result, reply.stderr);
    // Opening the first connection ahead is no use of the API.
    const seen = judge.exchanges.slice(mark).filter(({ method }) => method !== 'HEAD');
    const asked = seen.map(({ method, path }) => `${method} ${path.replace(/^.*(Participants)/, '$1').replace(/\/MB[0-9a-f]{32}$/, '/MB').replace(/^.*\/Services\/IS[0-9a-f]{32}$/, 'Service')}`);
    assert.deepEqual(atLeast ? new Set(asked) : asked, atLeast ? new Set(asks) : asks);
    for (const { headers } of seen) assert.match(headers['user-agent'], /^twilio-autojoin\//);
    assertNoObjection(mark);
  }

  it('and what is sent ahead of them goes by without credentials', () => {
    const ahead = judge.exchanges.filter(({ method }) => method === 'HEAD');
    assert.ok(ahead.length >= sceneGroups.length);
    for (const { path, headers } of ahead) assert.deepEqual([path, headers.authorization], ['/', undefined]);
  });
});

describe('the stand-in\'s answers to the official client', () => {
  for (const { name, run, offDocument } of allWalks) {
    it(name, async () => {
      twilio.behave();
      const { mark } = judge;
      const connectAs = (caller) => connect(judge.url, caller);
      await run({ twilio, client: connectAs(twilio), connectAs });
      assert.ok(judge.mark > mark);
      assertNoObjection(mark, offDocument ? 'response' : '');
    });
  }
});

describe('the stand-in\'s answers to the official client, of Event Streams', () => {
  let events;
  before(async () => {
    const own = await readEventsDocument();
    events = await Judge.start(process.env.OPENAPI_OVERLAY === 'off' ? own : overlaid(own).document, twilio.url);
  });
  after(() => events.stop());

  for (const { name, run, offDocument } of eventWalks) {
    it(name, async () => {
      const { mark } = events;
      const connectAs = (caller) => connect(events.url, caller);
      await run({ twilio, client: connectAs(twilio), connectAs });
      assert.ok(events.mark > mark);
      const objections = events.objections(mark).filter((line) => !offDocument || line.includes(': response'));
      assert.deepEqual(objections, []);
    });
  }

  it('of which a property that is missing would be noticed', async () => {
    const { mark } = events;
    const sink = twilio.eventStreams.createSink({ destination: 'https://hook.example.com/' });
    const path = `/v1/Sinks/${sink.sid}`;
    twilio.misbehave({ match: { path }, status: 200, body: { sid: sink.sid } });
    await connect(events.url, twilio).events.v1.sinks(sink.sid).fetch();
    assert.ok(events.objections(mark).some((line) => /required property/.test(line)), JSON.stringify(events.objections(mark)));
  });
});

describe('deliberate violations are noticed', () => {
  for (const violation of violations) {
    it(violation.name, async () => {
      const { right, wrong } = await provoke(violation, twilio, judge);
      assert.deepEqual(right, [], 'the same without the violation');
      assert.ok(wrong.some((line) => violation.objection.test(line)), `nothing said, or something else: ${JSON.stringify(wrong)}`);
    });
  }
});

describe('without the overlay', () => {
  let lenient;
  before(async () => { lenient = await Judge.start(await readDocument(), twilio.url); });
  after(() => lenient.stop());

  // What the document objects to as it stands needs no overlay; it says nothing more of what does.
  for (const violation of violations) {
    it(`${violation.name}: ${violation.overlay ? 'passes unseen' : 'is noticed all the same'}`, async () => {
      const { right, wrong } = await provoke(violation, twilio, lenient);
      const more = wrong.filter((line) => !right.includes(line));
      assert.equal(more.length === 0, Boolean(violation.overlay), JSON.stringify(more));
    });
  }

  it('every part of it still finds something in the document', () => {
    assert.deepEqual(Object.entries(changes).filter(([, count]) => count === 0), []);
    assert.equal(changes.typelessNullable, 24);
  });
});
