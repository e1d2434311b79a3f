// The cases of hosts.test.js, inside its namespaces.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ACCOUNT_SID, IDENTITY } from '../lib/account.js';
import { eventParameters } from '../lib/webhook.js';
import { SeededRandom, seedFrom } from '../lib/seeded-random.js';
import { until } from '../servers/daemon.js';
import { Arrivals } from './arrivals.js';
import { CONFIGURATION } from './balancer.js';
import { Network } from './network.js';
import { DEADLINE_MS, PUBLIC_URL, Site } from './site.js';

const LATEST_MS = 5000; // Twilio waits no longer
const POST = { method: 'POST', path: /\/Participants$/ };

let site;
before(async () => {
  site = await Site.open(await Network.build());
  await site.settle();
});
// So that this process can end; all that it made ends with it.
after(() => site?.close());

function newContext(service = site.twilio.defaultService.sid) {
  return { service, conversation: site.twilio.createConversation({ serviceSid: service }).sid };
}

/** A webhook by way of haproxy; or past it, straight to a host, as haproxy would pass it on. */
function send(context, { add = [], headers, host, url = PUBLIC_URL } = {}) {
  return site.twilio.deliver({
    url, params: [...eventParameters(context), ...add],
    ...(host ? { connectTo: host.url, headers: { 'X-Forwarded-Proto': 'https' }, timeoutMs: 2500 } : { connectTo: site.balancer.url, ca: site.balancer.ca, headers }),
  });
}

const takenBy = async (host, { conversation }) => (await host.log.lines()).filter((line) => line.includes(conversation)).length;

/** Conversations that haproxy gives to this host. */
async function contextsOf(host, count) {
  const contexts = [];
  while (contexts.length < count) {
    const context = newContext();
    assertAnswered(await send(context));
    if (await takenBy(host, context) > 0) contexts.push(context);
  }
  return contexts;
}

/** Until haproxy has found a host so; it is told by how it answers, not by the time. */
async function whileOut(host, body) {
  await site.balancer.set(host, 'maint');
  try {
    return await body();
  } finally {
    await site.balancer.set(host, 'ready');
    await site.balancer.waitFor(host, 'UP');
  }
}

function assertAnswered({ status, body, ms, error }) {
  assert.equal(status, 200, `${status} ${body} ${error ?? ''} after ${ms.toFixed(0)} ms`);
  assert.match(body, /"(already-)?joined"/);
  assert.ok(ms < LATEST_MS, `${ms.toFixed(0)} ms`);
}

async function drainAll() {
  const runs = await Promise.all(site.hosts.map((host) => host.drain()));
  for (const { code, stdout, stderr } of runs) assert.equal(code, 0, stdout + stderr);
  for (const host of site.hosts) assert.deepEqual(host.tickets(), [], host.name);
}

describe('contrib/haproxy', () => {
  it('is a valid configuration, by itself and beside another', async () => {
    await site.balancer.judge(CONFIGURATION);
    assert.doesNotMatch(await site.balancer.judge(), /WARNING|ALERT/);
  });

  it('two tries fit into the time that Twilio waits, and the responder answers within each', async () => {
    const text = await readFile(CONFIGURATION, 'utf8');
    const [server, connect] = ['server', 'connect'].map((name) => Number(new RegExp(`^ *timeout ${name} ([0-9]+)ms$`, 'm').exec(text)[1]));
    const [, tries] = /^ *retries ([0-9]+)$/m.exec(text);
    const [, deadline] = /AUTOJOIN_DEADLINE_MS=([0-9]+)/.exec(text);
    assert.equal(Number(deadline), DEADLINE_MS, 'the hosts are set up as it says');
    // Before a host is found silent it has been connected to; the other one then is at hand.
    assert.ok((1 + Number(tries)) * server < LATEST_MS - 250 && connect + server < LATEST_MS);
    assert.ok(server > DEADLINE_MS);
  });

  it('every host gets its share, and one conversation goes to one host', async () => {
    for (const host of site.hosts) {
      for (const context of await contextsOf(host, 4)) {
        assert.equal((await send(context)).body, '{"result":"already-joined"}');
        assert.equal(await takenBy(host, context), 2, host.name);
      }
    }
  });

  it('what has bodySHA256, as lists of events have, goes to the first host, and while that is out to the other', async () => {
    const event = async (host) => {
      const context = newContext();
      assertAnswered(await send(context, { url: `${PUBLIC_URL}?tenant=7&bodySHA256=${'0'.repeat(64)}` }));
      assert.equal(await takenBy(host, context), 1, host.name);
    };
    for (let i = 0; i < 6; i += 1) await event(site.a);
    await whileOut(site.a, () => event(site.b));
  });

  // host-b believes haproxy: what it takes for true stands in its answer.
  it('no client says what haproxy has to say, however it spells it', async () => {
    const spoofs = ['X-Forwarded-', 'X_Forwarded_', 'X.Forwarded.', 'x-forwarded_'].flatMap((name) => [
      { [`${name}Host`]: 'evil.example.net' }, { [`${name}Proto`]: 'http' }, { [`${name}Port`]: '8443' }, { [`${name}For`]: '203.0.113.9' },
    ]);
    await whileOut(site.a, async () => {
      for (const headers of [...spoofs, { Forwarded: 'for=203.0.113.9;host=evil.example.net;proto=http' }]) {
        assert.equal((await send(newContext(), { headers })).body, '{"result":"joined"}', JSON.stringify(headers));
      }
    });
    assert.doesNotMatch((await site.b.log.lines()).join('\n'), /evil|203\.0\.113/);
  });

  it('two paths and nothing else', async () => {
    const ask = (path) => site.twilio.deliver({ url: PUBLIC_URL.replace(/\/webhooks.*/, path), method: 'GET', params: [], connectTo: site.balancer.url, ca: site.balancer.ca });
    assert.equal(JSON.parse((await ask('/webhooks/twilio/healthz')).body).status, 'ok');
    for (const path of ['/', '/webhooks/twilioX', '/webhooks/twilio/', '/webhooks']) assert.equal((await ask(path)).status, 404, path);
  });

  it('a host that does not answer: webhooks of every size go to the other one, in time', async () => {
    const contexts = await contextsOf(site.a, 3);
    await site.a.signalResponders('SIGSTOP');
    const answers = await Promise.all(contexts.map((context, i) => send(context, { add: [['Body', 'x'.repeat(i * 30_000)]] })));
    await site.a.signalResponders('SIGCONT');
    for (const answer of answers) {
      assertAnswered(answer);
      assert.ok(answer.ms > 2000, 'it did go to the other one first');
    }
    for (const host of site.hosts) await site.balancer.waitFor(host, 'UP');
  });

  it('a host with faulty settings gets no webhooks', async () => {
    await site.a.change({ TWILIO_ACCOUNT_SID: 'faulty' });
    await site.balancer.waitFor(site.a, 'DOWN');
    for (let i = 0; i < 8; i += 1) assertAnswered(await send(newContext()));
    await site.a.change({ TWILIO_ACCOUNT_SID: ACCOUNT_SID });
    await site.balancer.waitFor(site.a, 'UP');
  });
});

describe('under load', () => {
  const PER_SECOND = 40;
  let arrivals;
  const refused = []; // by Twilio, for a while
  const added = new Map(); // how often the bot was, by conversation
  const countBots = ({ conversation: { sid }, participant }) => {
    if (participant.identity === IDENTITY) added.set(sid, (added.get(sid) ?? 0) + 1);
  };

  after(() => arrivals?.end());

  it('a host is cut off and comes back, then the other one dies and comes back: every webhook is answered', async (t) => {
    const { a, b, balancer, twilio } = site;
    // Long enough for joins to be under way whenever something happens.
    twilio.misbehave({ match: POST, delayMs: 150, times: Infinity, alsoDo: true });
    const busy = (host) => until(() => host.tickets().length >= 3, { what: `three joins under way on ${host.name}` });
    twilio.on('participantAdded', countBots);
    arrivals = new Arrivals(twilio, PER_SECOND);
    await arrivals.more(PER_SECOND / 2);
    await busy(a);
    await a.cut();
    await balancer.waitFor(a, 'DOWN');
    await arrivals.more(PER_SECOND / 2);
    await a.fix();
    await balancer.waitFor(a, 'UP');
    await arrivals.more(PER_SECOND / 2);
    await busy(b);
    await b.killResponders();
    await arrivals.more(PER_SECOND / 2);
    await busy(b);
    await b.kill();
    await balancer.waitFor(b, 'DOWN');
    await arrivals.more(PER_SECOND / 2);
    await b.start();
    await balancer.waitFor(b, 'UP');
    await arrivals.more(PER_SECOND / 2);
    await arrivals.end();
    twilio.behave();
    const left = site.hosts.map((host) => host.tickets().length);
    const slowest = Math.max(...arrivals.outcomes.map(({ ms }) => ms));
    assert.equal(arrivals.outcomes.length, arrivals.conversations.length);
    for (const count of left) assert.ok(count > 0, 'both were struck in the middle of joins');
    t.diagnostic(`${arrivals.outcomes.length} webhooks, the slowest took ${slowest.toFixed(0)} ms; ${left} tickets left`);
    arrivals.outcomes.forEach(assertAnswered);
  });

  it('because haproxy gave to one what the other did not answer', async () => {
    // "1/1 +1 POST": a retry, on another host (log-format in contrib/haproxy).
    const retried = (await site.balancer.log.lines()).filter((line) => / \+1 POST /.test(line));
    for (const { name } of site.hosts) assert.ok(retried.some((line) => line.includes(`/${name} `)), `none went to ${name}`);
  });

  it('what Twilio refused lies in the spools of both hosts, whose drains run at the same time', async () => {
    site.twilio.misbehave({ match: POST, status: 503, times: Infinity });
    const contexts = Array.from({ length: 6 }, () => newContext());
    const answers = await Promise.all(contexts.map((context) => send(context)));
    site.twilio.behave();
    for (const [i, { status, body, ms }] of answers.entries()) {
      assert.equal(`${status} ${body}`, '503 {"result":"retry-later"}');
      assert.ok(ms < LATEST_MS, `two tries took ${ms.toFixed(0)} ms`);
      for (const host of site.hosts) assert.ok(host.tickets().includes(contexts[i].conversation), host.name);
      refused.push(contexts[i].conversation);
    }
    await drainAll();
  });

  it('the bot is in every conversation, exactly once', async () => {
    site.twilio.off('participantAdded', countBots);
    for (const sid of [...arrivals.conversations, ...refused]) {
      assert.deepEqual(site.bots(sid, [IDENTITY]), [IDENTITY], sid);
      assert.equal(added.get(sid), 1, sid);
    }
  });
});

describe('AUTOJOIN_IDENTITIES on two hosts', () => {
  const OTHERS = ['conversation-bot-2', 'conversation-bot-3'];
  const ALL = [IDENTITY, ...OTHERS];
  const LIMIT = 8; // conversations of one identity
  let isCut = false;
  const seed = seedFrom(process.env.SEED);
  const random = new SeededRandom(seed);
  const active = [];
  let service;
  let together = 0; // how often a bot came to where another one was
  const countTogether = ({ conversation: { sid }, participant }) => {
    if (ALL.includes(participant.identity) && site.bots(sid, ALL).length > 1) together += 1;
  };

  before(async () => {
    site.twilio.limits.userConversations = LIMIT;
    service = site.twilio.createService().sid;
    for (const host of site.hosts) await host.change({ AUTOJOIN_IDENTITIES: OTHERS.join(',') });
    for (const host of site.hosts) await site.balancer.waitFor(host, 'UP');
    site.twilio.on('participantAdded', countTogether);
    site.twilio.on('request', makeRoom);
    site.twilio.misbehave({ match: POST, delayMs: 15, times: Infinity });
  });

  function close(old) {
    active.splice(active.indexOf(old), 1);
    site.twilio.setState(old.conversation, 'closed');
  }

  // The moment that matters: an identity was full for one of the duplicates, and is not for the next one.
  function makeRoom({ method, status, params }) {
    const identity = method === 'POST' && ![201, 409, null].includes(status) && new Map(params).get('Identity');
    const old = identity && active.find(({ conversation }) => site.bots(conversation, ALL).includes(identity));
    if (old) close(old);
  }

  /** Customers write, and each of them is heard of several times, while all identities are nearly full. */
  async function race(rounds) {
    for (let round = 0; round < rounds; round += 1) {
      while (active.length > ALL.length * LIMIT - 6) close(active[random.below(active.length)]);
      const fresh = Array.from({ length: 5 }, () => newContext(service));
      const answers = fresh.flatMap((context) => [send(context), send(context, { host: site.a }), send(context, { host: site.b }), send(context)]);
      active.push(...fresh);
      for (const { status, ms, body, timedOut } of await Promise.all(answers)) {
        assert.ok([200, 500, 503].includes(status) || (isCut && timedOut), `${status} ${body} after ${ms} ms`);
      }
    }
  }

  it('duplicates that race over both hosts, while identities are full, and while a host is cut off', async (t) => {
    t.diagnostic(`SEED=${seed}`);
    await race(12);
    isCut = true;
    await Promise.all([until(() => site.a.tickets().length > 0).then(() => site.a.cut()), race(1)]);
    await site.a.fix();
    isCut = false;
    await site.balancer.waitFor(site.a, 'UP');
    await race(12);
    t.diagnostic(`two were together ${together} times; ${site.hosts.map((host) => host.tickets().length)} tickets left`);
    assert.ok(together > 0, 'nobody raced');
  });

  it('leave one bot in every conversation after a drain on each host', async () => {
    site.twilio.behave();
    site.twilio.off('request', makeRoom);
    await drainAll();
    for (const { conversation } of active) assert.equal(site.bots(conversation, ALL).length, 1, `${conversation}: ${site.bots(conversation, ALL)}`);
  });
});
