// A spool that cannot be used is logged, and never stops a live join.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { CREATE, LossScene } from '../lib/loss-scene.js';
import { found, refusesMounts } from '../lib/machine.js';
import { parseTicket } from '../lib/ticket-file.js';

const LATER = { match: CREATE, code: 50417 }; // a refusal at once, so that the ticket would be kept

async function complaints(scene) {
  return (await scene.log()).filter(({ directory }) => directory !== undefined);
}

/** A join is done; one that fails is answered as always and simply not kept. */
async function assertJoinsAllTheSame(scene) {
  const well = scene.newContext();
  assert.equal((await scene.send(well)).body, '{"result":"joined"}');
  assert.equal(scene.bots(well), 1);
  scene.twilio.misbehave(LATER);
  assert.equal((await scene.send(scene.newContext())).body, '{"result":"refused"}');
  const lines = await complaints(scene);
  assert.ok(lines.length >= 1, 'nothing in the log');
  assert.equal(lines[0].level, 'error');
  assert.equal(lines[0].directory, scene.settings.AUTOJOIN_SPOOL_DIR);
  return lines[0].reason;
}

describe('a spool that cannot be used', () => {
  let scene;
  after(() => scene?.close());

  async function open(settings) {
    await scene?.close();
    scene = await LossScene.open({ settings });
  }

  it('is missing: live joins go on, and it is used as soon as it is there', async () => {
    await open();
    await rm(scene.spool, { recursive: true });
    assert.match(await assertJoinsAllTheSame(scene), /No such file/);
    await mkdir(scene.spool, { mode: 0o700 });
    await scene.own(scene.spool);
    const context = scene.newContext();
    scene.twilio.misbehave(LATER);
    await scene.send(context);
    assert.ok(scene.hasTicket(context));
  });

  it('is taken away and made again under way: the very next ticket is in the new one', async () => {
    await open();
    assert.equal((await scene.send(scene.newContext())).status, 200);
    await rename(scene.spool, `${scene.spool}.old`);
    await rm(`${scene.spool}.old`, { recursive: true });
    await mkdir(scene.spool, { mode: 0o700 });
    await scene.own(scene.spool);
    const context = scene.newContext();
    scene.twilio.misbehave(LATER);
    await scene.send(context);
    assert.ok(scene.hasTicket(context));
  });

  it('may not be written to', async () => {
    await open();
    await chmod(scene.spool, 0o500);
    assert.match(await assertJoinsAllTheSame(scene), /Permission denied|not permitted/);
    await chmod(scene.spool, 0o700);
    const context = scene.newContext();
    scene.twilio.misbehave(LATER);
    await scene.send(context);
    assert.ok(scene.hasTicket(context));
  });

  it('may be written to by everybody, who could then make the bot join anything', async () => {
    await open();
    await chmod(scene.spool, 0o777);
    assert.match(await assertJoinsAllTheSame(scene), /writable by everybody/);
    assert.deepEqual(readdirSync(scene.spool), []);
    const run = await scene.drain();
    assert.equal(run.code, 74);
    assert.match(run.stderr, /writable by everybody/);
  });

  it('becomes writable by everybody under way: nothing more is written there', async () => {
    await open();
    assert.equal((await scene.send(scene.newContext())).status, 200);
    await chmod(scene.spool, 0o777);
    scene.twilio.misbehave(LATER);
    await scene.send(scene.newContext());
    assert.deepEqual(readdirSync(scene.spool), []);
  });

  it('is no directory', async () => {
    await open();
    const file = await scene.folder.write('file', '');
    await scene.change({ AUTOJOIN_SPOOL_DIR: file });
    await scene.restartResponder();
    assert.match(await assertJoinsAllTheSame(scene), /Not a directory/);
  });

  it('complains at most once a second', async () => {
    await open({ AUTOJOIN_SPOOL_DIR: '/nowhere/at/all' });
    const from = performance.now();
    for (let i = 0; i < 20; i += 1) assert.equal((await scene.send(scene.newContext())).status, 200);
    const seconds = (performance.now() - from) / 1000;
    const lines = await complaints(scene);
    assert.ok(lines.length >= 1 && lines.length <= 1 + seconds, `${lines.length} lines in ${seconds.toFixed(1)} s`);
  });
});

describe('a full disk', () => {
  let scene;
  let refusal;
  // The responder's own view of the folder is a tmpfs of a few pages; others reach it by its /proc/PID/root.
  before(async () => {
    refusal = await refusesMounts();
    if (refusal) return;
    scene = await LossScene.open({ responder: false });
    const { user, as } = scene.folder;
    const mount = `mount -t tmpfs -o size=32k,mode=0700,uid=${user.uid},gid=${user.gid} tmpfs ${scene.spool}`;
    const become = `exec setpriv --reuid ${user.uid} --regid ${user.gid} --clear-groups "$0" "$@"`;
    assert.ok(as.uid, 'mounts are root\'s');
    await scene.startResponder({ as: {}, wrap: ['unshare', '-m', '/bin/sh', '-c', `${mount} && ${become}`] });
  });
  after(() => scene?.close());

  const inside = (command) => found('nsenter', ['-m', '-t', String(scene.responder.pid), '/bin/sh', '-c', command]);
  const path = (name) => `/proc/${scene.responder.pid}/root${scene.spool}/${name}`;
  const read = ({ conversation }) => readFileSync(path(conversation), 'utf8');

  it('is logged, live joins go on, nothing half-written stays, and it is used again when there is room', async (t) => {
    if (refusal) return t.skip(refusal);
    const old = scene.newContext();
    scene.twilio.misbehave(LATER);
    await scene.send(old);
    assert.equal(parseTicket(read(old)).attempts, '1');

    assert.ok(!await inside(`head -c 100000 /dev/zero > ${scene.spool}/.filler`), 'the disk is not full');
    assert.match(await assertJoinsAllTheSame(scene), /No space left/);
    // A draft that the process has kept may still hold a ticket; one that is there is whole.
    const tickets = readdirSync(path('.')).filter((name) => !name.startsWith('.'));
    assert.ok(tickets.includes(old.conversation));
    for (const name of tickets) assert.equal(parseTicket(readFileSync(path(name), 'utf8')).conversation, name);

    // The ticket that is there stays whole although its new verdict cannot be written.
    scene.twilio.misbehave({ ...LATER, code: 50436 });
    await scene.send(old);
    assert.equal(parseTicket(read(old)).conversation, old.conversation);

    assert.ok(await inside(`rm ${scene.spool}/.filler`));
    const next = scene.newContext();
    scene.twilio.misbehave(LATER);
    await scene.send(next);
    assert.ok(existsSync(path(next.conversation)));
  });
});
