// The statistics file is mapped by every responder: somebody else's would let its owner forge the counts and
// end the processes by taking its pages away; and whoever shortens ours must not end them either.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { lstatSync, readFileSync, truncateSync } from 'node:fs';
import { chmod, chown, link, writeFile } from 'node:fs/promises';
import { LossScene } from '../lib/loss-scene.js';
import { jsonLines } from '../lib/operator.js';
import { until } from '../servers/daemon.js';

const asRoot = process.getuid() !== 0 && 'only root can make another user\'s file';
const SOMEBODY = 4321;

async function withStatistics(prepare, act) {
  const scene = await LossScene.open({ responder: false });
  try {
    const file = scene.folder.join('stats');
    await prepare(file, scene);
    await scene.change({ AUTOJOIN_STATS_FILE: file });
    await scene.startResponder();
    await act(scene, file);
  } finally {
    await scene.close();
  }
}

const joins = async (scene) => {
  const reply = await scene.send(scene.newContext());
  assert.equal(reply.body, '{"result":"joined"}');
};
const joined = async (scene) => jsonLines(await scene.start(['stats', '--json']).exited)[0]?.webhooks.joined;

describe('a statistics file', () => {
  const FORGED = {
    'of another user, which everybody can write to': { skip: asRoot, forge: async (file) => { await writeFile(file, ''); await chown(file, SOMEBODY, SOMEBODY); await chmod(file, 0o666); } },
    'that everybody can write to': { forge: async (file, scene) => { await scene.folder.write('stats', '', 0o666); } },
    'that is a second name of another file': { forge: async (file, scene) => link(await scene.folder.write('other', ''), file) },
  };
  for (const [name, { skip, forge }] of Object.entries(FORGED)) {
    it(`${name} is not mapped`, { skip }, () => withStatistics(forge, async (scene, file) => {
      await joins(scene);
      assert.equal(lstatSync(file).size, 0, 'it was written to');
      const line = (await scene.log()).find(({ msg }) => msg === 'AUTOJOIN_STATS_FILE cannot be used');
      assert.match(line?.reason ?? '', /another user's, others can write to it, or it has a second name: remove it/);
      const maps = `/proc/${scene.responder.pid}/maps`;
      if (process.getuid() === 0) assert.ok(!readFileSync(maps, 'utf8').includes(file));
    }));
  }

  const shortened = (prepare) => withStatistics(prepare, async (scene, file) => {
    for (let i = 0; i < 3; i += 1) await joins(scene);
    assert.equal(await joined(scene), 3);
    for (const length of [0, 100, 0]) {
      truncateSync(file, length);
      await joins(scene);
      assert.equal(scene.responder.daemon.end, undefined, 'the responder has ended');
    }
    // What is cut off within is no statistics any more; once it is empty it begins again, within a second.
    await until(async () => { await joins(scene); return await joined(scene) > 0; }, { what: 'counts in the file again' });
  });
  it('that is shortened while it is mapped ends no responder, and counting begins anew', () => shortened(() => {}));
  it('that is shortened is counted in again by a responder that shut itself out of the rest', () => shortened((file, scene) => scene.change({ AUTOJOIN_LANDLOCK: 'yes' })));

  it('that is shortened while stats shows it ends with a word of that', () => withStatistics(() => {}, async (scene, file) => {
    await joins(scene);
    const run = scene.start(['stats', '--watch']);
    await run.says(/joined +1\b/);
    await scene.responder.stop();
    truncateSync(file, 0);
    await run.exited;
    assert.deepEqual([run.code, run.signal], [66, null], run.stderr);
    assert.match(run.stderr, /was shortened just now/);
  }));
});
