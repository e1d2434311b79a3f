// The man pages say all that the programs know: every setting with its default and range, every command, every
// option of a usage text, every result word; and mandoc has nothing to say against them.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { OPERATOR, RESPONDER } from '../lib/programs.js';
import { found } from '../lib/machine.js';

const run = promisify(execFile);
const source = (name) => new URL(`../../src/${name}`, import.meta.url);
const read = (name) => readFile(source(name), 'utf8');
const PAGES = ['twilio-autojoin.1', 'twilio-autojoin.conf.5', 'twilio-autojoin.fcgi.8', 'twilio-autojoin.7'];
const [tool, settings, responder, overview] = await Promise.all(PAGES.map(read));

const help = async (...args) => (await run(args[0], [...args.slice(1), '--help'])).stdout;
const optionsIn = (text) => [...new Set([...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, name]) => name))].sort();
/** mdoc writes --name as "Fl -name", several of them in one line. */
const flagsIn = (page) => [...new Set([...page.matchAll(/(?:Fl |\| )-([a-z][a-z-]*)/g)].map(([, name]) => name))].sort();
const statusesIn = (text) => [...text.matchAll(/(?:Exit status:|[;,.] |\n)(\d\d?)(?= )/g)].map(([, status]) => status);

/** The part of a page between one heading and the next. */
function section(page, kind, name) {
  const match = new RegExp(`^\\.${kind} ${name}\\n([^]*?)(?=^\\.S[hs] |(?![^]))`, 'm').exec(page);
  assert.ok(match, `no ${kind} ${name}`);
  return match[1];
}

const commands = [...(await read('operator.c')).matchAll(/^ {4}\{"([a-z]+)", [a-z]+_command, /gm)].map(([, name]) => name);

describe('the man pages', () => {
  for (const page of PAGES) {
    it(`${page} is clean under mandoc -Tlint -Wwarning`, async (t) => {
      if (!await found('sh', ['-c', 'command -v mandoc'])) return t.skip('mandoc is not installed');
      const { stdout } = await run('mandoc', ['-Tlint', '-Wwarning', source(page).pathname]).catch((error) => error);
      assert.equal(stdout, '');
    });
  }
});

describe('twilio-autojoin(1)', () => {
  it('the table of commands was found', () => assert.ok(commands.length >= 8, commands.join()));

  for (const command of commands) {
    it(`${command}: has a part of its own, with every option and exit status of --help`, async () => {
      const text = await help(OPERATOR, command);
      const part = section(tool, 'Ss', command);
      const options = optionsIn(text.replace(/^Usage:.*--help.*$/m, '')).filter((name) => name !== 'help');
      assert.ok(options.length > 0);
      const described = flagsIn([...part.matchAll(/^\.It (.*)$/gm)].map(([, line]) => line).join('\n'));
      assert.deepEqual(described, options);
      const statuses = section(tool, 'Sh', 'EXIT STATUS');
      for (const status of statusesIn(text)) assert.match(statuses, new RegExp(`^\\.It ${status}$`, 'm'), `exit status ${status}`);
    });

    it(`${command}: the synopsis names the same options`, async () => {
      const synopses = section(tool, 'Sh', 'SYNOPSIS').split(/^\.Nm$/m).filter((one) => one.startsWith(`\n.Cm ${command}\n`)).join('');
      const options = optionsIn(await help(OPERATOR, command)).filter((name) => name !== 'help');
      assert.deepEqual(flagsIn(synopses), options);
    });
  }

  it('no part is about a command that is not there', () => {
    assert.deepEqual([...tool.matchAll(/^\.Ss ([a-z]+)$/gm)].map(([, name]) => name).sort(), [...commands].sort());
  });

  it('every exit status of the sources', async () => {
    const names = { EX_USAGE: 64, EX_NOINPUT: 66, EX_UNAVAILABLE: 69, EX_OSERR: 71, EX_CANTCREAT: 73, EX_IOERR: 74, EX_PROTOCOL: 76, EX_NOPERM: 77, EX_CONFIG: 78 };
    const { stdout } = await run('grep', ['-rhoE', '\\bEX_[A-Z]+', source('commands').pathname]);
    const used = [...new Set(stdout.trim().split('\n'))].filter((name) => name !== 'EX_OK');
    for (const name of used) {
      assert.ok(names[name], `${name} is new`);
      assert.match(section(tool, 'Sh', 'EXIT STATUS'), new RegExp(`^\\.It ${names[name]}$`, 'm'), name);
    }
  });
});

describe('twilio-autojoin.conf(5)', async () => {
  const table = [...(await read('support/config.c')).matchAll(/^ {4}\{\.name = "([A-Z_]+)", \.kind = SETTING_([A-Z_]+),(.*)\},$/gm)].map(([, name, kind, rest]) => ({
    name, kind, required: rest.includes('.required = true'), days: rest.includes('DAY_MS'),
    sid: /\.sid = "(\w+)"/.exec(rest)?.[1], initial: /\.default_text = "([^"]*)"/.exec(rest)?.[1],
    min: /\.min = (\d+)/.exec(rest)?.[1], max: /\.max = (\d+)/.exec(rest)?.[1],
  }));
  const part = section(settings, 'Sh', 'SETTINGS');
  const entries = new Map([...part.matchAll(/^\.It Ev (\w+)\n([^]*?)(?=^\.It |^\.El)/gm)].map(([, name, text]) => [name, text]));

  it('the settings in the table\'s order, all of them and no others', () => {
    assert.ok(table.length >= 32, `${table.length} settings found`);
    assert.deepEqual([...entries.keys()], table.map(({ name }) => name));
  });

  for (const { name, kind, required, days, initial, min, max, sid } of table) {
    it(`${name}: kind, default and range`, () => {
      const [first] = (entries.get(name) ?? '').split('\n');
      assert.equal(/required/.test(first), required, first);
      assert.equal(/secret/.test(first), ['SECRET', 'SHARED_KEYS'].includes(kind), first);
      if (kind === 'BOOLEAN') assert.match(first, /boolean/);
      if (kind === 'DURATION') assert.match(first, /duration/);
      if (sid) assert.ok(first.includes(`SID: ${sid}`), first);
      assert.equal(/default: Cm (\S+)/.exec(first)?.[1], initial, first);
      const [, from, to] = /range: Cm (\w+) No to Cm (\w+)/.exec(first) ?? [];
      assert.deepEqual([from, to], days ? [`${Number(min) / 1000}s`, `${max}d`] : [min, max], first);
    });
  }
});

describe('twilio-autojoin.fcgi(8)', () => {
  it('every option of --help', async () => {
    const options = optionsIn(await help(RESPONDER));
    const described = flagsIn([...section(responder, 'Sh', 'DESCRIPTION').matchAll(/^\.It (Fl .*)$/gm)].map(([, line]) => line).join('\n'));
    assert.deepEqual(described, options);
    assert.deepEqual(flagsIn(section(responder, 'Sh', 'SYNOPSIS')), options);
  });

  it('every result word, with its status', async () => {
    const answers = [...(await read('webhook/answer.c')).matchAll(/\[(ANSWER_\w+)\] = \{(\d{3}), "(?:[^"\\]|\\.)*", "([a-z-]+)"/g)]
      .filter(([, name]) => name !== 'ANSWER_NONE') // of no request that was answered
      .map(([, , status, word]) => [status, word]);
    const known = new Set(answers.map((pair) => pair.join(' ')));
    assert.ok(known.size >= 10, [...known].join());
    const listed = new Set([...responder.matchAll(/^\.It (\d{3}) Ta Cm ([a-z-]+) Ta/gm)].map(([, status, word]) => `${status} ${word}`));
    assert.deepEqual([...listed].sort(), [...known].sort());
  });

  it('every field of a log line', async () => {
    const names = [...`${await read('webhook/answer.c')}${await read('support/log.c')}`.matchAll(/(?:log_line_text\(line|add_(?:text|bytes|number)\(&?fields), "([a-z_]+)"/g)].map(([, name]) => name);
    assert.ok(names.length > 15, names.join());
    const log = section(responder, 'Ss', 'Log');
    for (const name of names) assert.match(log, new RegExp(`^\\.It Cm .*\\b${name}\\b`, 'm'), name);
  });
});

describe('twilio-autojoin(7)', () => {
  it('every command', () => {
    const programs = section(overview, 'Ss', 'Programs');
    for (const command of commands) assert.match(programs, new RegExp(`^\\.Cm .*\\b${command}\\b`, 'm'), command);
  });

  it('every unit that is installed', async () => {
    const units = [...(await readFile(new URL('../../contrib/systemd/systemd.am', import.meta.url), 'utf8')).matchAll(/twilio-autojoin[a-z-]*\.(?:service|socket|timer)/g)].map(([name]) => name);
    assert.ok(units.length >= 7, units.join());
    for (const unit of units) assert.ok(section(overview, 'Sh', 'FILES').includes(unit), unit);
  });

  it('the concepts, which are not told anywhere before', () => {
    const concepts = [...section(overview, 'Ss', 'Concepts').matchAll(/^\.It Em (.*)$/gm)].map(([, name]) => name);
    for (const name of ['webhook', 'way in', 'join', 'ticket', 'spool']) assert.ok(concepts.includes(name), name);
  });

  for (const [name, page] of [['(1)', tool], ['conf(5)', settings], ['fcgi(8)', responder]]) {
    it(`${name} leads to it`, () => assert.match(section(page, 'Sh', 'SEE ALSO'), /^\.Xr twilio-autojoin 7\b/m));
  }
});
