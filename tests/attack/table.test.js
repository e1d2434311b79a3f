// docs/security.md's table of attacks: every test that it names is there, and every file here is named.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const tests = new URL('../', import.meta.url);
const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (.*?) \| (.*?) \| (.*) \|$/gm)].slice(1)
  .map(([, attack, , cell]) => ({ attack, named: namedIn(cell) }));

/** `file`: `name`, `name`<br>`file`: `name` */
function namedIn(cell) {
  return cell.split('<br>').flatMap((part) => {
    const [file, ...names] = [...part.matchAll(/`([^`]+)`/g)].map(([, text]) => text);
    return names.map((name) => ({ file, name }));
  });
}

/** Whether a name stands in a source: as it is, or as a template makes it. */
function stands(source, name) {
  for (const [, , text] of source.matchAll(/(['"])((?:\\.|(?!\1)[^\\\n])*)\1/g)) if (text.replace(/\\(.)/g, '$1') === name) return true;
  for (const [, text] of source.matchAll(/`((?:\\.|[^\\`\n])*)`/g)) {
    const pieces = text.split(/\$\{[^}]*\}/);
    // A template that is nothing but holes would be every name.
    if (pieces.join('').length > 2 && new RegExp(`^${pieces.map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.+')}$`).test(name)) return true;
  }
  return false;
}

async function isThere({ file, name }) {
  const url = new URL(file, tests);
  if (!existsSync(url)) return false;
  // Cases put their names together: they tell them themselves.
  if (file.startsWith('lib/cases/')) return Object.values(await import(url)).flat().some((one) => one.name === name);
  const source = readFileSync(url, 'utf8');
  if (file.endsWith('.c')) return source.includes(`CASES_ADD(&cases, ${name})`) || source.includes(`"${name}"`);
  return stands(source, name);
}

describe('the table of attacks', () => {
  it('is found', () => assert.ok(rows.length >= 20, `${rows.length} rows`));

  for (const { attack, named } of rows) {
    it(`${attack}: its tests are there`, async () => {
      assert.ok(named.length >= 1, 'no test is named');
      for (const one of named) assert.ok(await isThere(one), `${one.file} has no ${one.name}`);
    });
  }

  it('names every file of tests/attack', () => {
    const files = readdirSync(fileURLToPath(new URL('attack/', tests))).filter((name) => name.endsWith('.test.js') && name !== 'table.test.js');
    const named = new Set(rows.flatMap((row) => row.named.map(({ file }) => file)));
    assert.deepEqual(files.filter((name) => !named.has(`attack/${name}`)), []);
  });

  it('a test that is not there would be noticed', async () => {
    for (const one of [
      { file: 'attack/none.test.js', name: 'x' }, { file: 'attack/replay.test.js', name: 'twenty times at once joins' },
      { file: 'lib/cases/requests.js', name: 'forbidden: nothing' }, { file: 'unit/test_landlock.c', name: 'everything' },
    ]) assert.equal(await isThere(one), false, JSON.stringify(one));
  });
});
