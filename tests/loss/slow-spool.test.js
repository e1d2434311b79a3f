// A spool whose file system takes its time: everybody waits, so it is logged, counted and told by check.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { found } from '../lib/machine.js';
import { jsonLines } from '../lib/operator.js';
import { RESPONDER } from '../lib/programs.js';
import { LossScene } from '../lib/loss-scene.js';

const SLOW_MS = 150;
/** Between the program and libc: while a file lies there, a new name for one takes its time. */
const SHIM = (switchedOn) => `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int linkat(int a, const char *from, int b, const char *to, int flags)
{
    int (*real)(int, const char *, int, const char *, int) =
        (int (*)(int, const char *, int, const char *, int))dlsym(RTLD_NEXT, "linkat");

    if (access("${switchedOn}", F_OK) == 0)
        usleep(${SLOW_MS * 1000});
    return real(a, from, b, to, flags);
}
`;
const skip = (readFileSync(RESPONDER).includes('__asan_init') && 'AddressSanitizer must be loaded first')
  || (!await found('cc', ['--version']) && 'no compiler');

describe('a slow spool', { skip }, () => {
  let scene;
  let slow;
  before(async () => {
    scene = await LossScene.open({ responder: false });
    slow = scene.folder.join('slow');
    execFileSync('cc', ['-shared', '-fPIC', '-x', 'c', '-', '-o', scene.folder.join('shim.so')], { input: SHIM(slow) });
    await scene.own(scene.folder.join('shim.so'));
    await scene.change({ AUTOJOIN_STATS_FILE: scene.folder.join('stats') });
    await scene.startResponder({ wrap: ['env', `LD_PRELOAD=${scene.folder.join('shim.so')}`] });
  });
  after(() => scene?.close());

  const join = async () => assert.equal((await scene.send(scene.newContext())).body, '{"result":"joined"}');
  const stats = async () => jsonLines(await scene.start(['stats', '--json']).exited)[0].spool;
  const check = async () => jsonLines(await scene.start(['check', '--offline', '--json']).exited).filter(({ check: subject }) => subject === 'spool');
  const complaints = async () => (await scene.log()).filter(({ msg }) => /the spool is slow/.test(msg));

  it('that is quick is not complained of', async () => {
    for (let i = 0; i < 5; i += 1) await join();
    assert.equal((await stats()).slow, 0);
    assert.deepEqual(await complaints(), []);
    assert.deepEqual((await check()).map(({ verdict }) => verdict), ['pass']);
  });

  it('is counted each time and logged once a second', async () => {
    writeFileSync(slow, '');
    const from = performance.now();
    for (let i = 0; i < 5; i += 1) await join();
    const seconds = (performance.now() - from) / 1000;
    rmSync(slow);
    assert.equal((await stats()).slow, 5);
    const lines = await complaints();
    assert.ok(lines.length >= 1 && lines.length <= 1 + seconds, `${lines.length} lines in ${seconds.toFixed(1)} s`);
    const [{ level, ms, operation, directory, fix }] = lines;
    assert.deepEqual([level, operation, directory], ['warn', 'write a ticket', scene.spool]);
    assert.ok(Number(ms) >= SLOW_MS && Number(ms) < 5000, ms);
    assert.match(fix, /local disk/);
  });

  it('is a warning of check, and in what Prometheus reads', async () => {
    const [warning] = (await check()).filter(({ verdict }) => verdict === 'warn');
    assert.match(warning.text, /is slow: .* over 100 ms each time, 5 times, last at \d{4}-/);
    assert.match(warning.fix, /local disk/);
    const { stdout } = await scene.start(['stats', '--prometheus']).exited;
    assert.match(stdout, /^twilio_autojoin_spool_total\{event="slow"\} 5$/m);
  });
});
