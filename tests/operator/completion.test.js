// contrib/completion/twilio-autojoin.bash offers what the program knows: asked as bash asks it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OPERATOR } from '../lib/programs.js';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../contrib/completion/twilio-autojoin.bash', import.meta.url));
const help = async (...args) => (await run(OPERATOR, [...args, '--help'])).stdout;
const { stdout: usage } = await run(OPERATOR, ['--help']);
const commands = [...usage.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name);

describe('bash completion', () => {
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'autojoin-completion-'));
    await writeFile(join(folder, 'a file.txt'), '');
  });
  after(() => rm(folder, { recursive: true }));

  /** What bash would offer for the words, the last of them being typed. */
  async function offers(...words) {
    const line = `set -u; shopt -s failglob; . "$0"; COMP_WORDS=(twilio-autojoin "$@"); COMP_CWORD=$#
      entry=$(complete -p twilio-autojoin); function=\${entry#*-F }; \${function%% *} twilio-autojoin "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
      ((\${#COMPREPLY[@]})) && printf '%s\\n' "\${COMPREPLY[@]}"; exit 0`;
    const { stdout, stderr } = await run('bash', ['--noprofile', '--norc', '-c', line, SCRIPT, ...words], { cwd: folder, env: { PATH: process.env.PATH } });
    assert.equal(stderr, '');
    return stdout.split('\n').filter((word) => word !== '').sort();
  }

  it('the commands', async () => {
    assert.ok(commands.length >= 8);
    assert.deepEqual(await offers(''), [...commands, '--help', '--version'].sort());
    assert.deepEqual(await offers('re'), ['reconcile', 'report']);
  });

  for (const command of commands) {
    it(`${command}: the options of --help, each once`, async () => {
      const text = await help(command);
      const options = [...new Set([...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option))];
      assert.deepEqual(await offers(command, '--'), [...new Set([...options, '--help'])].sort());
    });

    it(`${command}: what takes a value is not taken for a switch`, async () => {
      const text = await help(command);
      // An option's own line: "--name VALUE   what it does".
      const valued = [...text.matchAll(/^ {2}(--[a-z-]+) (?=[A-Z])/gm)].map(([, option]) => option);
      for (const option of valued) {
        const given = await offers(command, option, '--');
        assert.deepEqual(given.filter((word) => word.startsWith('--')), [], `${option} offers options as its value`);
      }
    });
  }

  it('values', async () => {
    assert.deepEqual(await offers('setup', '--level', ''), ['account', 'service']);
    assert.deepEqual(await offers('setup', '--method', 'P'), ['POST']);
    assert.deepEqual(await offers('setup', '--url', ''), []);
    assert.deepEqual(await offers('sign', 'Ev'), ['EventType=']);
  });

  it('files, with blanks in their names', async () => {
    assert.deepEqual(await offers('explain', 'a'), ['a file.txt']);
    assert.deepEqual(await offers('explain', '--token-file', ''), ['a file.txt']);
    assert.deepEqual(await offers('reconcile', '--state', 'a f'), ['a file.txt']);
  });

  it('nothing for a command that is none', async () => {
    assert.deepEqual(await offers('nonsense', ''), []);
    assert.deepEqual(await offers('nonsense', '--'), ['--help']);
  });

  it('is what make install puts in place', async () => {
    const makefile = await readFile(new URL('../../Makefile.am', import.meta.url), 'utf8');
    assert.match(makefile, /contrib\/completion\/twilio-autojoin\.bash[^]*\$\(completiondir\)\/twilio-autojoin/);
    assert.match(await readFile(SCRIPT, 'utf8'), /^complete -F \w+ twilio-autojoin$/m);
  });
});
