// What every command says of itself, and of a slip of the pen.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { OPERATOR } from '../lib/programs.js';
import { hasNoTerminal, onTerminal } from './terminal.js';

const source = await readFile(new URL('../../src/operator.c', import.meta.url), 'utf8');
const commands = [...source.matchAll(/^ {4}\{"([a-z]+)", [a-z]+_command, /gm)].map(([, name]) => name);
const noTerminal = await hasNoTerminal();

const run = (...args) => new Promise((resolve) => {
  execFile(OPERATOR, args, { timeout: 10_000, env: { AUTOJOIN_CONFIG: '/dev/null' } }, (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
});

const tooLong = (text, width) => text.split(/\r?\n/).filter((line) => line.length > width);

describe('every command', () => {
  it('the table of commands was found', () => assert.ok(commands.length >= 8, commands.join()));

  for (const command of commands) {
    it(`${command}: --help and -h say the same, in 80 columns`, async () => {
      const [long, short] = [await run(command, '--help'), await run(command, '-h')];
      assert.deepEqual([long.code, long.stderr], [0, '']);
      assert.deepEqual(short, long);
      assert.deepEqual(tooLong(long.stdout, 80).filter((line) => !line.startsWith('    twilio-autojoin ')), []);
      assert.match(long.stdout, new RegExp(`^Usage: twilio-autojoin ${command} `));
      assert.match(long.stdout, new RegExp(`^Examples:\n\n {4}twilio-autojoin ${command}\\b`, 'm'));
    });

    it(`${command}: an option that is not there is named, with how the command is called`, async () => {
      const { code, stdout, stderr } = await run(command, '--nonsense');
      assert.deepEqual([code, stdout], [64, '']);
      assert.match(stderr, new RegExp(`^twilio-autojoin: ${command}: no such option: --nonsense\\b.*\nUsage: twilio-autojoin ${command} [^]*\nEverything about it: twilio-autojoin ${command} --help\n$`));
    });

    it(`${command}: on a narrow terminal the help fits`, { skip: noTerminal }, async () => {
      const { output } = await onTerminal(`stty cols 60; ${OPERATOR} ${command} --help`).exited;
      assert.match(output, /^Usage: /);
      // Examples are there to be pasted: they stay whole.
      assert.deepEqual(tooLong(output, 60).filter((line) => / /.test(line.trim()) && !line.startsWith('    twilio-autojoin ')), []);
    });
  }
});

describe('a slip of the pen', () => {
  for (const [args, says] of [
    [['chekc'], /^twilio-autojoin: no such command: chekc; did you mean check\?\n/],
    [['reconcil'], /did you mean reconcile\?/],
    [['xyzzy'], /^twilio-autojoin: no such command: xyzzy\nAll of them: twilio-autojoin --help\n$/],
    [['check', '--jsno'], /no such option: --jsno; did you mean --json\?/],
    [['setup', '--dry-rnu'], /did you mean --dry-run\?/],
    [['check', '-j'], /no such option: -j\n/],
    [['check', '--qqq'], /no such option: --qqq\n/],
    [['check', '--json=yes'], /--json takes no value/],
    [['setup', '--level'], /a value must follow --level/],
    [['check', 'more'], /takes no "more"/],
  ]) {
    it(args.join(' '), async () => {
      const { code, stdout, stderr } = await run(...args);
      assert.deepEqual([code, stdout], [64, ''], stderr);
      assert.match(stderr, says);
    });
  }

  it('without a command, all of them are shown, and that is wrong use', async () => {
    const { code, stdout, stderr } = await run();
    assert.deepEqual([code, stdout], [64, '']);
    for (const command of commands) assert.match(stderr, new RegExp(`^ {2}${command} `, 'm'));
  });

  it('-h is --help', async () => assert.deepEqual(await run('-h'), await run('--help')));
});

describe('findings of check', () => {
  it('one line each in a pipe, whatever their length', async () => {
    const { stdout } = await run('check', '--offline');
    for (const line of stdout.trimEnd().split('\n')) assert.match(line, /^(pass|warn|fail) {2}\S|^ {18} fix: |^ {19,}fix: |^\d+ pass, /);
  });

  it('wrapped on a terminal of 60 columns', { skip: noTerminal }, async () => {
    const { output } = await onTerminal(`stty cols 60; ${OPERATOR} check --offline`, { env: { AUTOJOIN_CONFIG: '/dev/null', NO_COLOR: '1' } }).exited;
    assert.match(output, /^fail /m);
    assert.deepEqual(tooLong(output, 60), []);
  });
});
