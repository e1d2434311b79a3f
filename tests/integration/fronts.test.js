// What only the web servers that start responders themselves can show: how many
// they start, how they end them, and what a slow Twilio does to other webhooks.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { availableParallelism, cpus } from 'node:os';
import { StandIn } from '../twilio/standin.js';
import { startApache } from '../servers/apache.js';
import { allEnded, until } from '../servers/daemon.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { startResponder } from '../servers/responder.js';
import { baseSettings, standInOptions } from '../lib/account.js';
import { sendOverHttp } from '../lib/drivers/http.js';
import { RESPONDER } from '../lib/programs.js';
import { PATH, buildWebhook } from '../lib/webhook.js';

const cores = availableParallelism?.() ?? cpus().length;
let twilio;

before(async () => { twilio = await StandIn.start(standInOptions()); });
after(() => twilio.stop());

function newConversation() {
  const service = twilio.createService().sid;
  return { service, conversation: twilio.createConversation({ serviceSid: service }).sid };
}
const join = (front, context = newConversation()) => sendOverHttp(front, buildWebhook({}, context));
const ignored = (front) => sendOverHttp(front, buildWebhook({ set: { EventType: 'onUserAdded' } }, newConversation()));

/** A join that Twilio is answering slowly: `reply`, once `underWay`. */
function slowJoin(front, delayMs) {
  const context = newConversation();
  const rule = twilio.misbehave({ match: { path: new RegExp(context.conversation) }, delayMs });
  return { reply: join(front, context), underWay: until(() => rule.hits === 1, { what: 'the call of Twilio' }) };
}

const start = {
  lighttpd: (more) => startLighttpd({ responder: RESPONDER, settings: baseSettings(twilio), ...more }),
  Apache: (more) => startApache({ responder: RESPONDER, settings: baseSettings(twilio), ...more }),
};

describe('lighttpd', { concurrency: 1 }, () => {
  let front;
  before(async () => { front = await start.lighttpd(); });
  after(() => front?.stop());

  it('starts one responder a core, as shipped', async () => {
    await ignored(front);
    assert.equal((await front.processes()).length, cores);
  });

  it('with eighty joins waiting for Twilio an ignored webhook is answered at once', async () => {
    twilio.misbehave({ match: { method: 'POST' }, delayMs: 1200, times: Infinity });
    const calls = twilio.requests.length;
    const joins = Array.from({ length: 80 }, () => join(front));
    await until(() => twilio.requests.length >= calls + 80, { what: 'eighty calls of Twilio' });
    const from = performance.now();
    assert.equal((await ignored(front)).status, 200);
    const took = performance.now() - from;
    assert.ok(took < 250, `took ${took.toFixed(0)} ms`);
    for (const { body } of await Promise.all(joins)) assert.equal(body, '{"result":"joined"}');
    twilio.behave();
  });
});

for (const [name, { graceful, reload }] of Object.entries({
  lighttpd: { graceful: 'SIGINT', reload: 'SIGUSR1' },
  Apache: { graceful: 'SIGWINCH', reload: 'SIGUSR1' },
})) {
  describe(`${name} and its responders`, { concurrency: 4 }, () => {
    const withFront = (act) => async () => {
      const front = await start[name]({ processes: name === 'lighttpd' ? 1 : undefined });
      try {
        await act(front);
      } finally {
        const { left } = await front.stop();
        assert.deepEqual(left, [], 'responders that outlived their server');
      }
    };

    it('a responder that was killed is replaced', withFront(async (front) => {
      assert.equal((await ignored(front)).status, 200);
      const [first] = await front.processes();
      process.kill(first, 'SIGKILL');
      await until(async () => !(await front.processes()).includes(first), { what: 'the responder to be gone' });
      // Until its next look at its processes, once a second, a newer lighttpd answers by itself.
      const answer = await until(async () => {
        const { status, body } = await join(front);
        return (status !== 503 || body.startsWith('{')) && body;
      }, { what: 'another responder' });
      assert.equal(answer, '{"result":"joined"}');
    }));

    it('a graceful stop lets a join end, and delivers its answer', withFront(async (front) => {
      const { reply, underWay } = slowJoin(front, 800);
      await underWay;
      front.daemon.child.kill(graceful);
      assert.equal((await reply).body, '{"result":"joined"}');
      await front.daemon.exited;
      assert.deepEqual(await allEnded(front.program), []);
    }));

    it('a graceful restart lets a join end, and serves the next', withFront(async (front) => {
      const { reply, underWay } = slowJoin(front, 800);
      await underWay;
      front.daemon.child.kill(reload);
      assert.equal((await reply).body, '{"result":"joined"}');
      const next = await until(async () => {
        const answer = await join(front).catch(() => undefined);
        return answer?.status ? answer : undefined;
      }, { what: 'the server to be back' });
      assert.equal(next.body, '{"result":"joined"}');
    }));

    it('a hard stop during a join leaves no responder behind', withFront(async (front) => {
      const { reply, underWay } = slowJoin(front, 1500);
      await underWay;
      front.daemon.child.kill('SIGTERM');
      await front.daemon.exited;
      assert.deepEqual(await allEnded(front.program), []);
      await reply.catch(() => {});
    }));

    it('Twilio\'s own webhook, on an SMS that arrives, joins the bot', withFront(async (front) => {
      const own = await StandIn.start(standInOptions());
      const server = await start[name]({ settings: baseSettings(own) });
      try {
        own.configureWebhook({ url: `${server.url}${PATH}` });
        const { conversation } = await own.arriveSms({ from: '+15005550006', to: '+15005550001', body: 'hello' });
        await own.settled();
        assert.deepEqual(own.participants(conversation.sid).filter(({ identity }) => identity).map(({ identity }) => identity), ['conversation-bot']);
      } finally {
        await server.stop();
        await own.stop();
      }
      await ignored(front);
    }));
  });
}

// As `systemctl reload lighttpd` does. With two workers or more lighttpd signals its whole process group, responders too.
describe('lighttpd with server.max-worker', { concurrency: 1 }, () => {
  const RELOADS = 20;
  const LANES = 8;
  const BETWEEN = 12; // answers from one reload to the next
  const TIMES = 4;    // that a webhook is sent, with `setup --retries 3`

  /** Webhooks without a pause; what became of them. */
  class Load {
    statuses = [];
    lost = [];
    #on = true;

    constructor(front) {
      this.front = front;
      this.lanes = Array.from({ length: LANES }, () => this.#lane());
    }

    async #deliver(context) {
      for (let sent = 0; sent < TIMES; sent++) {
        const { status } = await join(this.front, context).catch((error) => ({ status: error.code ?? error.message }));
        this.statuses.push(status);
        if (status !== 503) return;
        // What lighttpd answers while it starts anew; Twilio comes back after a while, too.
        await until(async () => (await ignored(this.front).catch(() => ({}))).status === 200, { what: 'the server to be back' });
      }
    }

    async #lane() {
      while (this.#on) {
        const context = newConversation();
        await this.#deliver(context);
        if (twilio.participants(context.conversation).length !== 1) this.lost.push(context.conversation);
      }
    }

    more(count) {
      const wanted = this.statuses.length + count;
      return until(() => this.statuses.length >= wanted, { what: `${count} more answers` });
    }

    async end() {
      this.#on = false;
      await Promise.all(this.lanes);
    }
  }

  async function reloadUnderLoad(front) {
    const load = new Load(front);
    const starts = async () => (await front.readLog()).split('server started').length - 1;
    try {
      for (let i = 0; i < RELOADS; i++) {
        await load.more(BETWEEN);
        front.daemon.child.kill('SIGUSR1');
        await until(async () => await starts() > i + 1, { what: `start ${i + 2}` });
      }
      await load.more(BETWEEN);
    } finally {
      await load.end();
    }
    const tally = {};
    for (const status of load.statuses) tally[status] = (tally[status] ?? 0) + 1;
    return { tally, lost: load.lost };
  }

  const slowTwilio = (act) => async (t) => {
    twilio.misbehave({ match: { method: 'POST' }, delayMs: 60, times: Infinity });
    try {
      await act(t);
    } finally {
      twilio.behave();
    }
  };

  // A responder a webhook, in the process group that is signalled.
  it('2, as CGI: a reload lets a join end, and delivers its answer', async () => {
    const front = await start.lighttpd({ mode: 'cgi', extra: 'server.max-worker = 2' });
    try {
      const { reply, underWay } = slowJoin(front, 800);
      await underWay;
      front.daemon.child.kill('SIGUSR1');
      assert.equal((await reply).body, '{"result":"joined"}');
    } finally {
      assert.deepEqual((await front.stop()).left, []);
    }
  });

  for (const workers of [1, 2, 4]) {
    it(`${workers}: ${RELOADS} reloads under load lose no webhook, and answer none with 500`, slowTwilio(async (t) => {
      const front = await start.lighttpd({ processes: 2, extra: `server.max-worker = ${workers}` });
      try {
        const { tally, lost } = await reloadUnderLoad(front);
        t.diagnostic(`${workers} workers: ${JSON.stringify(tally)}`);
        assert.deepEqual(lost, []);
        // 503: lighttpd has removed the socket already under which a worker looks for the responder.
        assert.deepEqual(Object.keys(tally).filter((status) => !['200', '503'].includes(status)), []);
      } finally {
        assert.deepEqual((await front.stop()).left, []);
      }
    }));

    it(`${workers}, and a responder by itself: ${RELOADS} reloads under load, and every webhook is answered 200`, slowTwilio(async (t) => {
      const own = await startResponder({ responder: RESPONDER, settings: baseSettings(twilio) });
      const front = await start.lighttpd({ responder: undefined, settings: undefined, mode: 'socket', socket: own.socket, extra: `server.max-worker = ${workers}` });
      try {
        const { tally, lost } = await reloadUnderLoad(front);
        t.diagnostic(`${workers} workers: ${JSON.stringify(tally)}`);
        assert.deepEqual(lost, []);
        assert.deepEqual(Object.keys(tally), ['200']);
      } finally {
        await front.stop();
        await own.stop();
      }
    }));
  }
});

describe('Apache mod_fcgid', { concurrency: 1 }, () => {
  it('twenty joins at once, each waiting for Twilio, are all answered', async () => {
    const front = await start.Apache();
    try {
      twilio.misbehave({ match: { method: 'POST' }, delayMs: 400, times: Infinity });
      for (const { body } of await Promise.all(Array.from({ length: 20 }, () => join(front)))) assert.equal(body, '{"result":"joined"}');
      assert.ok((await front.processes()).length <= 32);
    } finally {
      twilio.behave();
      await front.stop();
    }
  });
});
