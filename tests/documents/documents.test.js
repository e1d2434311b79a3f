// What the documents name is there: links, files, targets of make, commands, options, settings; and what they promise of
// their own form. That their commands do what is said is tried by tests/documents/run.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { OPERATOR, RESPONDER } from '../lib/programs.js';
import { codeOf, DOCUMENTS, fencesOf, promptsOf, proseOf, read, runnableBlocks, TOP, WALKED } from './blocks.js';

const run = promisify(execFile);
const isThere = (path) => existsSync(new URL(path, TOP));
const help = async (...command) => (await run(command[0], [...command.slice(1), '--help'])).stdout;
const optionsIn = (text) => [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, name]) => name);

const commands = [...read('src/operator.c').matchAll(/^ {4}\{"([a-z]+)", [a-z]+_command, /gm)].map(([, name]) => name);
const known = new Map(await Promise.all(commands.map(async (name) => [name, new Set([...optionsIn(await help(OPERATOR, name)), 'help'])])));
const programs = [['twilio-autojoin', await help(OPERATOR)], ['twilio-autojoin.fcgi', await help(RESPONDER)], ['./demo', read('demo')], ['./check', read('check')]];
const options = new Set([...[...known.values()].flatMap((names) => [...names]), ...programs.flatMap(([, text]) => optionsIn(text))]);

/** Collects what is wrong, so that one run tells all of it. */
const none = (faults) => assert.deepEqual(faults, []);
const at = ({ path, line }) => `${path}:${line}`;

describe('README.md', () => {
  const lines = read('README.md').replace(/\n$/, '').split('\n');
  it('has 150 lines at most', () => assert.ok(lines.length <= 150, `${lines.length} lines`));
  it('has 100 columns at most', () => none(lines.map((line, i) => `${i + 1}: ${[...line].length}`).filter((_, i) => [...lines[i]].length > 100)));
  it('names every page of docs/', () => none(readdirSync(new URL('docs/', TOP)).filter((name) => !lines.some((line) => line.includes(`docs/${name}`)))));
  it('says one number of lines of settings, README.Debian the same', () => {
    const settings = fencesOf('README.md').find(({ text }) => text.startsWith('TWILIO_ACCOUNT_SID=')).text.split('\n');
    assert.equal(settings.length, 4);
    for (const path of ['README.md', 'debian/README.Debian']) assert.match(read(path), /\b[Ff]our lines\b/);
  });
});

/** GitHub's name of a heading. */
const anchorOf = (heading) => heading.toLowerCase().replace(/`|\*/g, '').replace(/[^\p{L}\p{N} _-]/gu, '').trim().replace(/ /g, '-');
const anchorsOf = (path) => [...read(path).replace(/^ *```[^]*?^ *```$/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));

/** Links out of the text: { path, line, target }. */
function linksOf(path) {
  return proseOf(path).flatMap(({ line, text }) => [...text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => ({ path, line, target })));
}

describe('links', () => {
  for (const path of DOCUMENTS.filter((name) => name.endsWith('.md'))) {
    it(`of ${path} lead to what is there`, () => {
      const faults = [];
      for (const link of linksOf(path)) {
        if (/^https?:/.test(link.target)) continue;
        const [file, anchor] = link.target.split('#');
        const target = file === '' ? path : new URL(file, new URL(path, 'file:///')).pathname.slice(1);
        if (!isThere(target)) faults.push(`${at(link)}: ${link.target}`);
        else if (anchor !== undefined && !anchorsOf(target).includes(anchor)) faults.push(`${at(link)}: no heading for #${anchor}`);
      }
      none(faults);
    });
  }
});

// Where what the package installs comes from.
const INSTALLED = [
  [/^\/usr\/share\/twilio-autojoin\/(apache|lighttpd)\//, '$1/'], [/^\/usr\/share\/twilio-autojoin\//, 'contrib/'],
  [/^\/usr\/share\/doc\/twilio-autojoin\//, ''], [/^\/usr\/lib\/tmpfiles\.d\//, 'contrib/tmpfiles/'], [/^\/usr\/libexec\/twilio-autojoin\/twilio-autojoin\.fcgi$/, 'src/responder.c'],
];
const SUFFIXES = ['', '.in'];
const TREE = /^(?:\.\/)?(?:tests|docs|src|contrib|bench|apache|lighttpd|debian|\.ci)\/[\w./*-]*$/;

/** A path as documents write it: a file, a directory, or a pattern; of a module of src/ its name will do (`twilio/reply.c`). */
function stands(path) {
  if (/[*]|[A-Z]{4}\.c$/.test(path)) return true; // a pattern, a place for a name
  return ['', 'src/', 'tests/'].some((top) => SUFFIXES.some((suffix) => isThere(`${top}${path}${suffix}`) && (!path.endsWith('/') || statSync(new URL(`${top}${path}`, TOP)).isDirectory())));
}

describe('names', () => {
  const code = DOCUMENTS.flatMap(codeOf);
  const words = code.flatMap((one) => one.text.split(/[\s'"`(){}=,;|&<>]+/).map((word) => ({ ...one, word: word.replace(/[.:]$/, '') })));

  it('there are many', () => assert.ok(words.length > 1000, `${words.length}`));

  it('files of the tree are there', () => {
    const named = words.filter(({ word }) => TREE.test(word) && !/^src\/[a-z-]+$/.test(word));
    assert.ok(named.length > 50, `${named.length}`);
    none(named.filter(({ word }) => !stands(word.replace(/^\.\//, ''))).map((one) => `${at(one)}: ${one.word}`));
  });

  it('installed files are there', () => {
    const named = words.filter(({ word }) => INSTALLED.some(([from]) => from.test(word)));
    assert.ok(named.length > 10, `${named.length}`);
    const inTree = (word) => INSTALLED.filter(([from]) => from.test(word)).map(([from, to]) => word.replace(from, to))[0];
    none(named.filter(({ word }) => !stands(inTree(word)) && !/[%*]/.test(word)).map((one) => `${at(one)}: ${one.word}`));
  });

  it('units are there', () => {
    const named = words.filter(({ word }) => /^twilio-autojoin[a-z-]*\.(service|socket|timer)$/.test(word));
    assert.ok(named.length > 5, `${named.length}`);
    none(named.filter(({ word }) => !stands(`contrib/systemd/${word}`)).map((one) => `${at(one)}: ${one.word}`));
  });

  it('targets of make are there', () => {
    const lists = ['Makefile.am', ...readdirSync(new URL('tests/', TOP)).map((name) => `tests/${name}/${name}.am`), 'bench/bench.am', 'contrib/container/container.am', 'tests/package/release.am']
      .filter(isThere).map(read).join('\n');
    const named = code.flatMap((one) => [...one.text.matchAll(/(?:^|&& |; )make ([a-z][a-z-]*)(?= |$)/g)].map(([, target]) => ({ ...one, target })));
    const own = new Set([...lists.matchAll(/^([a-z][a-z -]*?) *(?:\\\n *([a-z][a-z -]*))?:(?!=)/gm)].flatMap(([, ...names]) => names.join(' ').split(' ')));
    const automakes = new Set(['check', 'install', 'uninstall', 'dist', 'distcheck', 'clean']);
    assert.ok(named.length > 20, `${named.length}`);
    // A pattern of analysis.am: a script each.
    const ofAScript = (target) => isThere(`tests/analysis/${target.replace(/^check-/, '')}`);
    none(named.filter(({ target }) => !own.has(target) && !automakes.has(target) && !ofAScript(target)).map((one) => `${at(one)}: make ${one.target}`));
  });

  it('pages of the manual are there', () => {
    const pages = new Set(['twilio-autojoin(1)', 'twilio-autojoin(7)', 'twilio-autojoin.conf(5)', 'twilio-autojoin.fcgi(8)']);
    const named = DOCUMENTS.flatMap((path) => [...read(path).matchAll(/\btwilio-autojoin[a-z.]*\(\d\)/g)].map(([page]) => `${path}: ${page}`));
    none(named.filter((one) => !pages.has(one.split(': ')[1])));
  });
});

// Settings of others that look like ours: Apache's Define, Terraform-like examples have none.
const OTHERS_SETTINGS = /^TWILIO_AUTOJOIN_/;

describe('settings', () => {
  const table = new Set([...read('src/support/config.c').matchAll(/^ {4}\{\.name = "([A-Z_]+)", \.kind = SETTING_([A-Z_]+)/gm)]
    .flatMap(([, name, kind]) => (['SECRET', 'SHARED_KEYS'].includes(kind) ? [name, `${name}_FILE`] : [name])));
  it('the table was found', () => assert.ok(table.size >= 36, `${table.size}`));
  for (const path of DOCUMENTS) {
    it(`that ${path} names are there`, () => {
      const named = [...read(path).matchAll(/\b(?:TWILIO|AUTOJOIN)_[A-Z_]*[A-Z]\b(?!\*)/g)].map(([name]) => name);
      none([...new Set(named)].filter((name) => !table.has(name) && name !== 'AUTOJOIN_CONFIG' && !OTHERS_SETTINGS.test(name)));
    });
  }
});

/** What is called in a line of code: { name, words } of each command of the operator's tool, by its full name or, in running text, without. */
function callsOf(text) {
  return text.split(/\||&&|;|#|\.\.\.\s*$/).flatMap((part) => {
    const list = part.trim().split(/\s+/);
    const first = list.findIndex((word) => word === 'twilio-autojoin');
    const rest = first >= 0 ? list.slice(first + 1) : list;
    if (first < 0 && !(commands.includes(rest[0]) && /^--/.test(rest[1] ?? ''))) return [];
    return rest[0] && /^[a-z]+$/.test(rest[0]) ? [{ name: rest[0], words: rest.slice(1) }] : [];
  });
}

// Words behind the program's name that are no command: `apt install twilio-autojoin ...`, `systemctl ... twilio-autojoin`.
const NOT_CALLED = /\b(systemctl|apt|apt-get|lighty-enable-mod|lighty-disable-mod|a2enconf|a2disconf|useradd|adduser|chown|chgrp|install|journalctl|tar|gcloud|skopeo|user|docker|podman)\b/;
// Options of the tool's that stand alone, and others' that look so.
const OTHERS_OPTIONS = new Set(['color', 'no-install-recommends']);

describe('commands and options', () => {
  const code = DOCUMENTS.filter((path) => !path.startsWith('bench/')).flatMap(codeOf);
  const calls = code.filter(({ text }) => !NOT_CALLED.test(text.split('twilio-autojoin')[0])).flatMap((one) => callsOf(one.text).map((call) => ({ ...one, ...call })));

  it('there are many', () => assert.ok(calls.length > 60, `${calls.length}`));

  it('every command is there', () => none(calls.filter(({ name }) => !commands.includes(name)).map((one) => `${at(one)}: ${one.text}`)));

  it('every option is in the --help of its command', () => {
    none(calls.flatMap((one) => optionsIn(one.words.join(' ')).filter((name) => !known.get(one.name)?.has(name)).map((name) => `${at(one)}: ${one.name} --${name}`)));
  });

  it('every option that stands alone is one of some program here', () => {
    const alone = code.flatMap((one) => (/^--[a-z-]+( [A-Za-z0-9]+)?$/.test(one.text) ? optionsIn(one.text).map((name) => ({ ...one, name })) : []));
    assert.ok(alone.length > 10, `${alone.length}`);
    none(alone.filter(({ path, name }) => !options.has(name) && !OTHERS_OPTIONS.has(name) && path !== 'contrib/container/README.md' && path !== 'CONTRIBUTING.md').map((one) => `${at(one)}: --${one.name}`));
  });

  it('every option of ./demo, ./check and the responder is in its --help', () => {
    const named = programs.slice(1).flatMap(([program, text]) => code.filter((one) => one.text.includes(`${program} --`) || one.text.startsWith(`${program} `))
      .flatMap((one) => optionsIn(one.text.slice(one.text.indexOf(program)).split(/#|\|/)[0]).map((name) => ({ ...one, program, name, there: new Set([...optionsIn(text), 'help']) }))));
    assert.ok(named.length > 3, `${named.length}`);
    none(named.filter(({ there, name }) => !there.has(name)).map((one) => `${at(one)}: ${one.program} --${one.name}`));
  });
});

describe('command blocks', () => {
  const walk = read('tests/documents/walk.js');
  const SKIPPED = new Set(['check-fresh']); // which plays them, and why they are not walked

  it('of README.md and docs/ are run, or say who else runs them', () => {
    none(WALKED.flatMap(fencesOf).filter(({ info }) => info.startsWith('sh'))
      .filter(({ info }) => !/^sh run=[a-z-]+$/.test(info) && !SKIPPED.has(/^sh skip=([a-z-]+)$/.exec(info)?.[1])).map((one) => `${at(one)}: ${one.info}`));
  });

  it('without a mark none begins with a command of ours', () => {
    none(WALKED.flatMap(fencesOf).filter(({ info, text }) => info === '' && /^(twilio-autojoin|apt|systemctl|make|\.\/)/.test(text)).map(at));
  });

  it('that are marked are played by the walk, all of them', () => {
    const played = new Set([...walk.matchAll(/\bblock\('([a-z-]+)'\)/g)].map(([, name]) => name));
    none([...runnableBlocks().keys()].filter((name) => !played.has(name)));
    none([...played].filter((name) => !runnableBlocks().has(name)));
  });

  it('of README.Debian are played by the walk, all of them', () => {
    const beginnings = [...walk.matchAll(/\bprompt\('([^']+)'\)/g)].map(([, text]) => text.replaceAll('\\n', '\n'));
    none(promptsOf('debian/README.Debian').filter(({ text }) => !beginnings.some((beginning) => text.startsWith(beginning))).map(at));
  });
});

describe('no document repeats another', () => {
  const ROW = 14;
  const rowsOf = (path) => {
    const list = proseOf(path).map(({ text }) => text).join(' ').toLowerCase().replace(/[^a-z0-9_/.-]+/g, ' ').trim().split(' ');
    return new Map(list.slice(0, Math.max(0, list.length - ROW + 1)).map((_, i) => [list.slice(i, i + ROW).join(' '), path]));
  };
  it(`no ${ROW} words in a row stand in two`, () => {
    const seen = new Map();
    const faults = [];
    for (const path of DOCUMENTS) {
      const rows = rowsOf(path);
      for (const [text] of rows) if (seen.has(text)) faults.push(`${path} and ${seen.get(text)}: ${text}`);
      for (const [text] of rows) seen.set(text, path);
    }
    none(faults);
  });
});
