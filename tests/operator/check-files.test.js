// twilio-autojoin check looks at files as the user that the responder runs as: what root may says nothing. Each case
// is one in which it was green, though no bot would have joined; and its fix, taken literally, mends it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterEach, describe, it } from 'node:test';
import { jsonLines } from '../lib/operator.js';
import { RESPONDER } from '../lib/programs.js';
import { ticketText } from '../lib/ticket-file.js';
import { startResponder } from '../servers/responder.js';
import { OperatorScene } from './scene.js';

const root = process.getuid() === 0;
const onlyRoot = { skip: !root && 'not root' };

function roots(path, mode) {
  chownSync(path, 0, 0);
  chmodSync(path, mode);
}

/** Each: what root arranges (with a shell's means, so that the fix has something to mend), and what is found. */
const CASES = [
  {
    name: 'the settings are root\'s with mode 0600, as the fix for others\' reading was once taken', arrange: (scene) => roots(scene.settingsFile, 0o600),
    finds: ['settings', /^for www-data, as whom the responder runs \(process \d+\): \S+autojoin\.conf cannot be read by the user this program runs as$/, /^chown root:www-data \S+ && chmod 0640 \S+$/],
  },
  {
    name: 'the spool is root\'s', arrange: (scene) => roots(scene.spool, 0o700),
    finds: ['spool', /^\S+\/spool cannot be used by www-data, as whom the responder runs \(process \d+\): Permission denied$/, /: install -d -o www-data -g www-data -m 0700 \S+\/spool$/],
  },
  {
    name: 'the spool is not there', arrange: (scene) => rmSync(scene.spool, { recursive: true }),
    finds: ['spool', /No such file or directory$/, /: install -d -o www-data -g www-data -m 0700 \S+\/spool$/],
  },
  {
    name: 'a file lies where the spool should', arrange(scene) { rmSync(scene.spool, { recursive: true }); writeFileSync(scene.spool, ''); },
    finds: ['spool', /Not a directory$/, /: mv \S+\/spool \S+\/spool\.aside && install -d -o www-data -g www-data -m 0700 \S+\/spool$/],
  },
  {
    name: 'the captures\' directory is not there', settings: (scene) => ({ AUTOJOIN_CAPTURE_DIR: scene.folder.join('captures') }), arrange() {},
    finds: ['captures', /No such file or directory$/, /: install -d -o www-data -g www-data -m 0700 \S+\/captures$/],
  },
  {
    name: 'the captures\' directory is root\'s', settings: (scene) => ({ AUTOJOIN_CAPTURE_DIR: scene.folder.join('captures') }),
    arrange(scene) { mkdirSync(scene.folder.join('captures')); roots(scene.folder.join('captures'), 0o755); },
    finds: ['captures', /it is another user's, and nothing is kept there$/, /: install -d -o www-data/],
  },
  {
    name: 'the captures\' directory is open to others', settings: (scene) => ({ AUTOJOIN_CAPTURE_DIR: scene.folder.join('captures') }),
    async arrange(scene) { chmodSync(await scene.folder.directory('captures'), 0o755); },
    finds: ['captures', /it is open to others, and nothing is kept there$/, /: install -d -o www-data/],
  },
  {
    name: 'the statistics\' directory is not there', settings: (scene) => ({ AUTOJOIN_STATS_FILE: scene.folder.join('counted', 'stats') }), arrange() {},
    finds: ['statistics', /counted cannot be used by www-data.*No such file or directory$/, /: install -d -o www-data -g www-data -m 0700 \S+\/counted$/],
  },
  {
    name: 'the statistics\' directory is root\'s', settings: (scene) => ({ AUTOJOIN_STATS_FILE: scene.folder.join('counted', 'stats') }),
    arrange(scene) { mkdirSync(scene.folder.join('counted')); roots(scene.folder.join('counted'), 0o755); },
    finds: ['statistics', /counted cannot be used by www-data.*Permission denied$/, /: install -d -o www-data/],
  },
  {
    name: 'the statistics are root\'s', settings: (scene) => ({ AUTOJOIN_STATS_FILE: scene.folder.join('counted') }),
    arrange(scene) { writeFileSync(scene.folder.join('counted'), 'x'); roots(scene.folder.join('counted'), 0o600); },
    finds: ['statistics', /counted cannot be used by www-data.*Permission denied$/, /^rm \S+\/counted, and restart the responder/],
  },
  {
    name: 'the CA file is root\'s', settings: (scene) => ({ AUTOJOIN_CA_FILE: scene.folder.join('ca.pem') }),
    arrange(scene) { execFileSync('cp', ['/etc/ssl/certs/ca-certificates.crt', scene.folder.join('ca.pem')]); roots(scene.folder.join('ca.pem'), 0o600); },
    finds: ['settings', /^AUTOJOIN_CA_FILE=\S+ cannot be read by www-data.*Permission denied$/, /^chmod a\+r \S+ca\.pem/],
  },
  {
    name: 'the CA file is not there', settings: (scene) => ({ AUTOJOIN_CA_FILE: scene.folder.join('ca.pem') }), arrange() {},
    finds: ['settings', /^AUTOJOIN_CA_FILE=\S+ cannot be read by www-data.*No such file or directory$/, /^let AUTOJOIN_CA_FILE name a file that is there, or take it out/],
  },
  {
    name: 'the statistics are a directory', settings: async (scene) => ({ AUTOJOIN_STATS_FILE: await scene.folder.directory('counted') }), arrange() {},
    finds: ['statistics', /Is a directory$/, /^AUTOJOIN_STATS_FILE=\S+\/counted\/stats, and restart the responder$/],
  },
  {
    name: 'a secret\'s file is root\'s', settings: (scene) => ({ TWILIO_AUTH_TOKEN: undefined, TWILIO_AUTH_TOKEN_FILE: scene.folder.join('token') }),
    async arrange(scene) { await scene.folder.write('token', `${scene.settings.TWILIO_AUTH_TOKEN ?? '0'.repeat(32)}\n`); roots(scene.folder.join('token'), 0o600); },
    finds: ['settings', /^for www-data.*TWILIO_AUTH_TOKEN_FILE: \S+token cannot be read/, /let that user read the file/],
  },
];

describe('check judges as the responder\'s user', () => {
  let scene;
  let mounted;
  afterEach(async () => {
    if (mounted) execFileSync('umount', [mounted]);
    mounted = undefined;
    await scene?.close();
  });

  const asRoot = async (...args) => {
    const run = await scene.start(['check', '--json', ...args], { as: {} }).exited;
    const lines = jsonLines(run);
    return { ...run, findings: lines.slice(0, -1), counts: lines.at(-1) };
  };
  const wrong = ({ findings }) => findings.filter(({ verdict }) => verdict !== 'pass');

  for (const { name, settings, arrange, finds } of CASES) {
    it(name, onlyRoot, async () => {
      scene = await OperatorScene.open({ responder: false });
      if (settings) await scene.change(await settings(scene));
      await scene.startResponder();
      await arrange(scene);
      const run = await asRoot('--offline');
      const [subject, text, fix] = finds;
      assert.equal(wrong(run).length, 1, run.stdout);
      const [found] = wrong(run);
      assert.deepEqual([found.check, found.verdict, run.code], [subject, 'fail', 1], run.stdout);
      assert.match(found.text, text);
      assert.match(found.fix, fix);
      const [, command] = /(?:^|: )((?:chown|install|rm|chmod) .*)/.exec(found.fix) ?? [];
      if (command) {
        execFileSync('sh', ['-c', command.replace(/, (and|or) .*/, '')]);
        const again = await asRoot('--offline');
        assert.deepEqual([again.code, wrong(again)], [0, []], again.stdout);
      }
    });
  }

  it('a full disk', onlyRoot, async (t) => {
    scene = await OperatorScene.open();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=16k,mode=0700,uid=${scene.folder.user.uid},gid=${scene.folder.user.gid}`, 'tmpfs', scene.spool], { stdio: 'ignore' });
    } catch {
      return t.skip('nothing can be mounted here');
    }
    mounted = scene.spool;
    assert.deepEqual(wrong(await asRoot('--offline')), []);
    try { writeFileSync(`${scene.spool}/.filler`, Buffer.alloc(64 * 1024)); } catch { /* that is the point */ }
    for (const run of [await asRoot('--offline'), await scene.check('--offline')]) {
      assert.equal(run.code, 1, run.stdout);
      const [found, ...more] = wrong(run);
      assert.deepEqual(more, []);
      assert.deepEqual([found.check, found.verdict], ['spool', 'fail']);
      assert.match(found.text, /No space left on device$/);
      assert.match(found.fix, /^free space there \(df -h \S+\/spool; df -i/);
    }
  });

  it('a directory that the responder\'s unit keeps it from writing to, though its user may', onlyRoot, async (t) => {
    scene = await OperatorScene.open({ responder: false });
    const { uid, gid } = scene.folder.user;
    const readOnly = `mount --make-rprivate / && mount --bind ${scene.spool} ${scene.spool} && mount -o remount,bind,ro ${scene.spool} && exec setpriv --reuid ${uid} --regid ${gid} --clear-groups "$0" "$@"`;
    try {
      execFileSync('unshare', ['-m', 'sh', '-c', readOnly, 'true'], { stdio: 'ignore' });
    } catch {
      return t.skip('no mounts of one\'s own here');
    }
    scene.responders.push(await startResponder({ responder: RESPONDER, settingsFile: scene.settingsFile, wrap: ['unshare', '-m', 'sh', '-c', readOnly], as: {} }));
    const run = await asRoot('--offline');
    const [found, ...more] = wrong(run);
    assert.deepEqual(more, [], run.stdout);
    assert.deepEqual([found?.check, found?.verdict], ['spool', 'fail'], run.stdout);
    assert.match(found.text, /cannot be used by www-data, as whom the responder runs \(process \d+\): Read-only file system$/);
    assert.match(found.fix, /^let its unit write there.*ReadWritePaths=\S+\/spool$/);
  });

  it('four joins were given up', async () => {
    scene = await OperatorScene.open();
    await scene.folder.directory('spool/failed');
    for (const digit of '1234') await scene.folder.write(`spool/failed/CH${digit.repeat(32)}`, ticketText({ conversation: `CH${digit.repeat(32)}` }));
    const run = await scene.check('--offline');
    assert.deepEqual(wrong(run).map(({ check, verdict, fix }) => [check, verdict, fix]), [['spool', 'warn', 'twilio-autojoin drain --failed']]);
    assert.match(wrong(run)[0].text, /^4 joins were given up and lie in \S+\/failed: the bot is not in those conversations$/);
  });

  it('a spool that holds all it may', async () => {
    scene = await OperatorScene.open({ settings: { AUTOJOIN_SPOOL_MAX: '2' } });
    for (const digit of '12') await scene.folder.write(`spool/CH${digit.repeat(32)}`, ticketText({ conversation: `CH${digit.repeat(32)}` }));
    const run = await scene.check('--offline');
    assert.deepEqual(wrong(run).map(({ check, verdict }) => [check, verdict]), [['spool', 'fail']]);
    assert.match(wrong(run)[0].text, /holds 2 joins, and AUTOJOIN_SPOOL_MAX is 2: no more are written down$/);
  });

  it('what is as it should be passes for root and for the user, who is named; nothing is left behind, and nothing changes its owner', async () => {
    scene = await OperatorScene.open({ responder: false });
    await scene.change({ AUTOJOIN_CAPTURE_DIR: await scene.folder.directory('captures') });
    await scene.startResponder();
    for (const run of [await scene.check('--offline'), ...(root ? [await asRoot('--offline')] : [])]) {
      assert.deepEqual([run.code, wrong(run)], [0, []], run.stdout);
      assert.match(run.findings[0].text, root ? /; files were looked at as www-data, (who asks|as whom the responder runs \(process \d+\))$/ : /who asks$/);
    }
    assert.deepEqual(await readdir(scene.spool), []);
    assert.deepEqual(await readdir(scene.folder.join('captures')), []);
    assert.equal(statSync(scene.statsFile).uid, scene.folder.user.uid);
  });

  it('somebody else than the responder\'s user hears that files may be otherwise for that one', onlyRoot, async () => {
    scene = await OperatorScene.open();
    chmodSync(scene.folder.path, 0o755);
    const settings = '/dev/null';
    const env = { AUTOJOIN_CONFIG: settings, TWILIO_ACCOUNT_SID: scene.settings.TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN: 'x', TWILIO_IDENTITY: 'bot' };
    const run = await scene.start(['check', '--json', '--offline'], { as: { uid: 65534, gid: 65534 }, env }).exited;
    const found = jsonLines(run).find(({ check }) => check === 'user');
    assert.equal(found.verdict, 'warn', run.stdout);
    assert.equal(found.fix, 'sudo twilio-autojoin check');
  });
});
