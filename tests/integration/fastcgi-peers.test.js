// Peers on the responder's socket that say nothing, half a thing, or a thing byte
// by byte: closed in time, and nobody else waits for them (design 2).

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { setImmediate as immediate, setTimeout as pause } from 'node:timers/promises';
import { FastCgiConnection, fastcgiRequest } from '../servers/fastcgi.js';
import { until } from '../servers/daemon.js';
import { readProc } from '../servers/proc.js';
import { ignoredRequest, webhookRecords } from '../lib/webhook-records.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { Scene } from '../lib/scene.js';

const WHOLE_WITHIN_MS = 5000;
const SLACK_MS = 1500;
const QUICK_MS = 250;

/** Ticks of processor time that the process has used. */
function processorTicks(pid) {
  const fields = readProc(`${pid}/stat`).replace(/^.*\) /s, '').split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function openDescriptors(pid) {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

describe('FastCGI peers', { concurrency: 20 }, () => {
  let scene;
  let socket;
  let context;
  before(async () => {
    scene = await Scene.open(fastcgi, {});
    socket = scene.server.own.socket;
    context = scene.newContext({});
  });
  after(async () => {
    const { left, lines } = await scene.close();
    assert.deepEqual(left, []);
    assert.deepEqual(scene.surprises(lines).filter((line) => !/connection|FastCGI|request/i.test(line)), []);
  });

  /** Nobody is held up: an ignored webhook on a connection of its own is answered quickly. */
  async function answersQuickly() {
    const from = performance.now();
    const reply = await fastcgiRequest(socket, ignoredRequest(context));
    const took = performance.now() - from;
    assert.equal(reply.status, 200);
    assert.ok(took < QUICK_MS, `took ${took.toFixed(0)} ms`);
  }

  async function closedInTime(connection) {
    await answersQuickly();
    const openFor = await connection.closed;
    assert.ok(openFor >= WHOLE_WITHIN_MS - 1000 && openFor <= WHOLE_WITHIN_MS + SLACK_MS, `closed after ${openFor} ms`);
    assert.deepEqual(connection.records, [], 'nothing was said to it');
    await answersQuickly();
  }

  it('one that says nothing is closed after 5 s', async () => {
    await closedInTime(await FastCgiConnection.open(socket));
  });

  for (const [name, length] of [['one byte', 1], ['half a record header', 5], ['a begin record', 16], ['half its variables', 200]]) {
    it(`one that says only ${name} is closed after 5 s`, async () => {
      const connection = await FastCgiConnection.open(socket);
      await connection.send(webhookRecords(context).subarray(0, length));
      await closedInTime(connection);
    });
  }

  it('one that lacks nothing but the last empty record is closed after 5 s', async () => {
    const connection = await FastCgiConnection.open(socket);
    await connection.send(webhookRecords(context).subarray(0, -8));
    await closedInTime(connection);
  });

  it('one that never gets done byte by byte is closed after 5 s', async () => {
    const connection = await FastCgiConnection.open(socket);
    const bytes = webhookRecords(context);
    const dripping = (async () => {
      for (const byte of bytes) {
        if (connection.closedAt) return;
        await connection.send(Buffer.of(byte));
        await pause(20);
      }
    })();
    await closedInTime(connection);
    await dripping;
  });

  // The kernel counts each portion that is not yet taken from a Unix socket at 768 bytes or more
  // against its sender, which can write no more at 208 KiB (at 53 KiB, if it asks before).
  for (const [name, spec, portion] of [
    ['byte by byte', {}, 1],
    ['with the largest body, in portions of 256 bytes', { add: [['Filler', 'x'.repeat(64_000)]] }, 256],
  ]) {
    it(`one that gets done within 5 s ${name} is answered`, async () => {
      const connection = await FastCgiConnection.open(socket);
      const bytes = webhookRecords(context, { set: { EventType: 'onUserAdded' }, ...spec });
      for (let at = 0; at < bytes.length; at += portion) {
        await connection.send(bytes.subarray(at, at + portion));
        await immediate();
      }
      const reply = await connection.reply();
      assert.equal(reply?.body, '{"result":"ignored"}');
      connection.close();
    });
  }

  it('one that leaves in the middle of its request is forgotten', async () => {
    const connection = await FastCgiConnection.open(socket);
    await connection.send(webhookRecords(context).subarray(0, 300));
    connection.end();
    const openFor = await connection.closed;
    assert.ok(openFor < 1000, `closed after ${openFor} ms`);
  });

  it('two hundred that say nothing hold up nobody', async () => {
    const silent = await Promise.all(Array.from({ length: 200 }, () => FastCgiConnection.open(socket)));
    await answersQuickly();
    for (const openFor of await Promise.all(silent.map(({ closed }) => closed))) {
      assert.ok(openFor <= WHOLE_WITHIN_MS + SLACK_MS, `closed after ${openFor} ms`);
    }
    await answersQuickly();
  });

  it('a kept connection may be silent between its requests for longer than that', async () => {
    const connection = await FastCgiConnection.open(socket);
    assert.equal((await connection.request({ ...ignoredRequest(context), keep: true })).status, 200);
    await pause(WHOLE_WITHIN_MS + SLACK_MS);
    assert.equal((await connection.request({ ...ignoredRequest(context), keep: true }))?.status, 200);
    connection.close();
  });

  it('half a second request on a kept connection is closed after 5 s', async () => {
    const connection = await FastCgiConnection.open(socket);
    assert.equal((await connection.request({ ...ignoredRequest(context), keep: true })).status, 200);
    await connection.send(webhookRecords(context).subarray(0, 100));
    const openFor = await connection.closed;
    assert.ok(openFor <= WHOLE_WITHIN_MS + SLACK_MS, `closed after ${openFor} ms`);
  });
});

describe('FastCGI peers that have no say', () => {
  let scene;
  let socket;
  let pid;
  let context;
  before(async () => {
    scene = await Scene.open(fastcgi, {});
    ({ socket, pid } = scene.server.own);
    context = scene.newContext({});
  });
  after(() => scene.close());

  it('half a request does not keep the processor busy', async () => {
    const connection = await FastCgiConnection.open(socket);
    await connection.send(webhookRecords(context).subarray(0, 300));
    const before = processorTicks(pid);
    await pause(1000);
    const used = processorTicks(pid) - before;
    assert.ok(used <= 10, `${used} ticks of a hundred`);
    connection.close();
  });

  it('a peer that leaves during its join does not stop the join, and not the responder', async () => {
    const joining = scene.newContext({});
    const rule = scene.twilio.misbehave({ match: joining.create, delayMs: 300 });
    const connection = await FastCgiConnection.open(socket);
    await connection.send(webhookRecords(joining));
    await until(() => rule.hits === 1, { what: 'the call of Twilio' });
    connection.close();
    await until(() => scene.twilio.participants(joining.conversation).length === 1, { what: 'the participant' });
    assert.equal((await fastcgiRequest(socket, ignoredRequest(context))).status, 200);
  });

  it('no descriptor is left of connections that went, or were cut', async (t) => {
    if (process.getuid() !== 0) return t.skip('the responder is not dumpable: only root may count its descriptors');
    await fastcgiRequest(socket, ignoredRequest(context));
    await until(async () => (await openDescriptors(pid)) > 0);
    const before = await openDescriptors(pid);
    const records = webhookRecords(context);
    for (let round = 0; round < 10; round++) {
      const peers = await Promise.all(Array.from({ length: 30 }, () => FastCgiConnection.open(socket)));
      await Promise.all(peers.map((peer, i) => peer.send(records.subarray(0, 1 + 10 * i))));
      for (const peer of peers) peer.close();
    }
    await until(async () => (await openDescriptors(pid)) <= before, { what: 'descriptors to be closed' });
    assert.equal(scene.server.own.daemon.end, undefined);
  });
});
