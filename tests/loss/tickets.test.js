// A join is written down before Twilio is called, and struck out when it is settled.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { chown } from 'node:fs/promises';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../servers/daemon.js';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { runCgi, startResponder } from '../servers/responder.js';
import { webhookRequest } from '../lib/webhook-records.js';
import { atArrival } from '../lib/moment-of-arrival.js';
import { RESPONDER } from '../lib/programs.js';
import { CREATE, LossScene } from '../lib/loss-scene.js';
import { found } from '../lib/machine.js';
import { FIELDS, waitOf } from '../lib/ticket-file.js';

describe('tickets', () => {
  let scene;
  before(async () => { scene = await LossScene.open(); });
  after(() => scene.close());

  it('one is on disk, whole, when Twilio reads the request', async () => {
    const context = scene.newContext();
    const seen = [];
    atArrival(scene.twilio, context.create.path, () => seen.push(scene.hasTicket(context) && scene.ticket(context).conversation));
    assert.equal((await scene.send(context)).body, '{"result":"joined"}');
    assert.deepEqual(seen, [context.conversation]);
    assert.deepEqual(scene.tickets(), []);
    scene.twilio.behave();
  });

  it('its form: one file named by the conversation, mode 0600, NAME=value lines', async () => {
    const context = scene.newContext();
    const rule = scene.twilio.misbehave({ match: context.create, delayMs: 200 });
    const sentAt = Date.now();
    const answer = scene.send(context);
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    assert.deepEqual(scene.tickets(), [context.conversation]);
    assert.equal(scene.ticketMode(context), 0o600);
    const ticket = scene.ticket(context);
    assert.deepEqual(Object.keys(ticket), FIELDS);
    assert.equal(ticket.service, context.service);
    assert.equal(ticket.event, 'onConversationAdded');
    assert.equal(ticket.attempts, '0');
    assert.equal(ticket.last_verdict, '');
    assert.match(ticket.first_seen, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(Date.parse(ticket.first_seen) - sentAt) < 1000, ticket.first_seen);
    // While its responder is at it, no drainer takes it.
    assert.ok(waitOf(ticket, Date.parse(ticket.first_seen)) >= 4000, ticket.next_attempt);
    assert.equal((await answer).status, 200);
  });

  for (const [name, fault, body] of [
    ['201', undefined, '{"result":"joined"}'],
    ['50433, a participant already', { code: 50433 }, '{"result":"already-joined"}'],
    ['50377, closed', { code: 50377 }, '{"result":"gone"}'],
    ['50334, being deleted', { code: 50334 }, '{"result":"gone"}'],
  ]) {
    it(`is struck out after ${name}`, async () => {
      const context = scene.newContext();
      if (fault) scene.twilio.misbehave({ match: context.create, ...fault });
      assert.equal((await scene.send(context)).body, body);
      assert.deepEqual(scene.tickets(), []);
    });
  }

  for (const [name, fault, status, verdict] of [
    ['429 that asks for more time than there is', { status: 429, headers: { 'Retry-After': '60' } }, 503, /^retry-later: /],
    ['503 that asks for more time than there is', { status: 503, headers: { 'Retry-After': '60' } }, 503, /^retry-later: /],
    ['50417, the conversation is full', { code: 50417 }, 500, /^refused: /],
    ['20003, wrong credentials', { status: 401, code: 20003 }, 500, /^refused: /],
    ['50214, the limit of the identity', { code: 50214 }, 500, /^refused: /],
  ]) {
    it(`is kept with its verdict after ${name}`, async () => {
      const context = scene.newContext();
      scene.twilio.misbehave({ match: context.create, ...fault });
      assert.equal((await scene.send(context)).status, status);
      assert.ok(scene.hasTicket(context), 'no ticket');
      const ticket = scene.ticket(context);
      assert.equal(ticket.attempts, '1');
      assert.match(ticket.last_verdict, verdict);
      assert.ok(waitOf(ticket) > 20_000, ticket.next_attempt);
      assert.equal(scene.ticketMode(context), 0o600);
      const { first_seen: firstSeen } = ticket;

      // The next webhook of the same conversation finds the ticket and settles it.
      assert.equal((await scene.send(context)).body, '{"result":"joined"}');
      assert.ok(!scene.hasTicket(context), `still there, from ${firstSeen}`);
    });
  }

  it('that root makes, by hand, belongs to the owner of the spool', { skip: process.getuid() !== 0 && 'not root' }, async () => {
    const context = scene.newContext();
    scene.twilio.misbehave({ match: context.create, code: 50417 });
    const { variables, body } = webhookRequest(context);
    await chown(scene.spool, scene.folder.user.uid, 0); // as `install -d -o` leaves it
    const program = await scene.folder.install(RESPONDER, 'by-root.fcgi');
    const run = await runCgi({ program, env: { AUTOJOIN_CONFIG: scene.settingsFile }, variables, stdin: body });
    assert.equal(run.body, '{"result":"refused"}', run.stderr);
    const { uid, gid } = statSync(join(scene.spool, context.conversation));
    assert.deepEqual({ uid, gid }, { uid: scene.folder.user.uid, gid: scene.folder.user.gid });
    assert.equal((await scene.send(context)).body, '{"result":"joined"}');
  });

  it('a socket that root makes, by hand, is for the owner of the spool', { skip: process.getuid() !== 0 && 'not root' }, async () => {
    const responder = await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile, as: {} });
    try {
      assert.equal(statSync(responder.socket).uid, scene.folder.user.uid);
      const context = scene.newContext();
      assert.equal((await fastcgiRequest(responder.socket, webhookRequest(context))).body, '{"result":"joined"}');
    } finally {
      await responder.stop();
    }
  });

  it('a file of its name that is no ticket, as a power loss may leave one, becomes one', async () => {
    const context = scene.newContext();
    await scene.folder.write(`spool/${context.conversation}`, '');
    const rule = scene.twilio.misbehave({ match: context.create, fault: 'hang', times: Infinity });
    const answer = scene.send(context);
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    assert.equal(scene.ticket(context).conversation, context.conversation);
    scene.twilio.behave();
    await answer;
    assert.equal((await scene.send(context)).body, '{"result":"joined"}');
    assert.deepEqual(scene.tickets(), []);
  });

  it('an older ticket of the conversation stays, and keeps its first time and its count', async () => {
    const context = scene.newContext();
    const firstSeen = new Date(Date.now() - 3600_000);
    await scene.plant(context, { firstSeen, attempts: 7, verdict: 'retry-later: something', refusedFor: 3600_000 });
    scene.twilio.misbehave({ match: context.create, code: 50417 });
    assert.equal((await scene.send(context)).status, 500);
    const ticket = scene.ticket(context);
    assert.equal(ticket.first_seen, firstSeen.toISOString());
    assert.equal(ticket.attempts, '8');
    assert.ok(Number(ticket.refused_for) > 3600, `refused for ${ticket.refused_for} s: with a webhook now and then it would never be given up`);
    assert.match(ticket.last_verdict, /^refused: /);
    assert.equal((await scene.send(context)).status, 200);
  });

  it('no ticket for what calls for no join: other events, unsigned and filtered ones', async () => {
    const context = scene.newContext();
    await scene.sendEvent(context, 'onUserAdded');
    await scene.sendEvent(context, 'onMessageAdded');
    assert.equal((await scene.send(context, { signature: null })).status, 403);
    assert.deepEqual(scene.tickets(), []);
    assert.equal(scene.creations(context).length, 0);
  });

  it('a killed responder leaves the ticket of what it was at', async () => {
    const context = scene.newContext();
    const rule = scene.twilio.misbehave({ match: context.create, fault: 'hang' });
    const answer = scene.send(context);
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    await scene.restartResponder('SIGKILL');
    assert.equal((await answer).status, 0);
    assert.ok(scene.hasTicket(context));
    // The next webhook settles it; what a drainer makes of such a ticket is in drain-watch.test.js.
    assert.equal((await scene.send(context)).body, '{"result":"joined"}');
    assert.ok(!scene.hasTicket(context));
  });

  it('what is being written has no name that anybody takes for a ticket', async () => {
    await scene.folder.write('spool/.draft-1-0', 'conversation=CH');
    const run = await scene.drain();
    assert.equal(run.code, 0);
    assert.match(run.stdout, /^0 settled, 0 given up, 0 set aside, 0 left$/m);
  });
});

describe('AUTOJOIN_SPOOL_MAX', () => {
  let scene;
  before(async () => { scene = await LossScene.open({ settings: { AUTOJOIN_SPOOL_MAX: '3' } }); });
  after(() => scene.close());

  it('keeps the oldest tickets, says that a new one was refused, and joins all the same', async () => {
    const kept = await scene.plantMany(3, { attempts: 1 });
    const failing = scene.newContext();
    scene.twilio.misbehave({ match: failing.create, code: 50417 });
    assert.equal((await scene.send(failing)).status, 500);
    assert.ok(!scene.hasTicket(failing));
    assert.deepEqual(scene.tickets(), kept.map(({ conversation }) => conversation).sort());
    const lines = (await scene.log()).filter(({ reason = '' }) => reason.includes('AUTOJOIN_SPOOL_MAX'));
    assert.equal(lines.length, 1);
    assert.equal(lines[0].level, 'error');

    const well = scene.newContext();
    assert.equal((await scene.send(well)).body, '{"result":"joined"}');
  });

  it('a full spool still takes the verdict on a ticket that it holds', async () => {
    const [conversation] = scene.tickets();
    scene.twilio.misbehave({ match: CREATE, code: 50417 });
    assert.equal((await scene.send({ conversation, service: scene.twilio.defaultService.sid })).status, 500);
    assert.match(scene.ticket({ conversation }).last_verdict, /^refused: /);
    assert.equal(scene.tickets().length, 3);
  });
});

describe('AUTOJOIN_SPOOL_SYNC', () => {
  let scene;
  let refusal;
  before(async () => {
    refusal = await found('strace', ['-o', '/dev/null', 'true']) ? false : 'strace cannot be used here';
    scene = await LossScene.open({ responder: false });
  });
  after(() => scene.close());

  /** The system calls of one webhook through CGI, in order. */
  async function calls(sync) {
    await scene.change({ AUTOJOIN_SPOOL_SYNC: sync });
    const program = await scene.folder.install(RESPONDER, `traced-${sync}.fcgi`);
    const trace = await scene.folder.write(`trace-${sync}`, '');
    const { variables, body } = webhookRequest(scene.newContext());
    const run = await runCgi({
      program: 'strace', as: scene.folder.as, env: { AUTOJOIN_CONFIG: scene.settingsFile }, variables, stdin: body,
      args: ['-f', '-o', trace, '-e', 'trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlinkat,connect', program],
    });
    assert.equal(run.body, '{"result":"joined"}', run.stderr);
    const made = [...readFileSync(trace, 'utf8').matchAll(/^\d+ +(\w+)\((\d+)/gm)].map(([, name, descriptor]) => ({ name, descriptor }));
    // The program is not dumpable, so that strace sees no paths: the folder is the one that is renamed in.
    const folder = made.find(({ name }) => name === 'renameat2').descriptor;
    return made.map(({ name, descriptor }) => (name === 'fsync' ? `fsync ${descriptor === folder ? 'folder' : 'ticket'}` : name));
  }

  it('yes: the ticket and the folder are on the disk before Twilio is called', async (t) => {
    if (refusal) return t.skip(refusal);
    const made = await calls('yes');
    assert.deepEqual(made.slice(0, made.indexOf('connect')), ['fsync ticket', 'renameat2', 'fsync folder']);
  });

  it('no: nobody waits for the disk', async (t) => {
    if (refusal) return t.skip(refusal);
    assert.deepEqual(await calls('no'), ['renameat2', 'connect', 'unlinkat']);
  });
});

describe('the drafts of a FastCGI process', () => {
  let scene;
  before(async () => { scene = await LossScene.open({ settings: { AUTOJOIN_EVENTS: 'onConversationAdded,onMessageAdded' } }); });
  after(() => scene.close());

  const drafts = () => readdirSync(scene.spool).filter((name) => name.startsWith('.draft-'));
  /** A join that Twilio answers only when told; its ticket is there meanwhile. */
  async function held(spec) {
    const context = scene.newContext();
    const rule = scene.twilio.misbehave({ match: context.create, delayMs: 400 });
    const answer = scene.send(context, spec);
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    return { context, answer };
  }

  it('one serves one ticket after the other', async () => {
    for (let i = 0; i < 10; i++) assert.equal((await scene.send(scene.newContext())).body, '{"result":"joined"}');
    assert.equal(drafts().length, 1);
    assert.deepEqual(scene.tickets(), []);
  });

  it('a shorter ticket holds nothing of the longer one before', async () => {
    await scene.send(scene.newContext());
    const { context, answer } = await held({ set: { EventType: 'onMessageAdded', Author: '+15005550006' } });
    assert.equal(scene.ticket(context).event, 'onMessageAdded');
    assert.equal(scene.ticket(context).conversation, context.conversation);
    assert.deepEqual(Object.keys(scene.ticket(context)), FIELDS);
    await answer;
  });

  it('one that was removed is made anew', async () => {
    for (const name of drafts()) rmSync(join(scene.spool, name));
    const { context, answer } = await held();
    assert.equal(scene.ticket(context).conversation, context.conversation);
    assert.equal((await answer).body, '{"result":"joined"}');
    assert.deepEqual(scene.tickets(), []);
  });

  for (const [name, more] of [
    ['', () => {}],
    [', its own name removed,', () => { for (const draft of drafts()) rmSync(join(scene.spool, draft)); }],
  ]) {
    it(`one whose ticket somebody has put elsewhere${name} is not written to again`, async () => {
      const { context, answer } = await held();
      const elsewhere = join(scene.spool, 'failed', context.conversation);
      mkdirSync(join(scene.spool, 'failed'), { recursive: true });
      renameSync(join(scene.spool, context.conversation), elsewhere);
      const text = readFileSync(elsewhere, 'utf8');
      more();
      assert.equal((await answer).body, '{"result":"joined"}');
      for (let i = 0; i < 3; i++) await scene.send(scene.newContext());
      assert.equal(readFileSync(elsewhere, 'utf8'), text);
    });
  }

  it('more joins at once than drafts are kept: each has its ticket, and none is left', async () => {
    const contexts = Array.from({ length: 100 }, () => scene.newContext());
    const rule = scene.twilio.misbehave({ match: CREATE, delayMs: 1500, times: Infinity });
    const answers = contexts.map((context) => scene.send(context));
    await until(() => rule.hits === 100, { what: 'the calls of Twilio' });
    for (const context of contexts) assert.equal(scene.ticket(context).conversation, context.conversation);
    for (const answer of answers) assert.equal((await answer).body, '{"result":"joined"}');
    assert.deepEqual(scene.tickets(), []);
    assert.ok(drafts().length <= 64, `${drafts().length} drafts`);
    scene.twilio.behave();
  });

  it('they go with it', async () => {
    assert.ok(drafts().length > 0);
    await scene.responder.stop();
    assert.deepEqual(drafts(), []);
  });
});
