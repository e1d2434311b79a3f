// Line coverage of src/, from gcov's JSON on standard input (a document a line, as `gcov --json-format
// --stdout` writes them). Prints each file and the total; writes what was not run, with its reason.
//   node coveragereport.js SOURCES REASONS UNCOVERED LEAST-PERCENT
// REASONS: lines `FILE FUNCTION reason`; `*` stands for every function, or with a beginning of the file's name, every
// file. SOURCES: the folder that holds src/.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [sources, reasonsFile, uncoveredFile, least] = process.argv.slice(2);

/** { 'src/x.c': Map(line => { count, name }) }: a line of several objects (a header's) counts once. */
function readCounts(text) {
  const files = new Map();
  for (const document of text.split('\n').filter((line) => line !== '')) {
    for (const { file, lines } of JSON.parse(document).files) {
      const [, name] = /(?:^|\/)(src\/.*)$/.exec(file) ?? [];
      if (!name) continue;
      if (!files.has(name)) files.set(name, new Map());
      const known = files.get(name);
      for (const { line_number: number, count, function_name: in_ } of lines) {
        known.set(number, { count: (known.get(number)?.count ?? 0) + count, name: in_ ?? '' });
      }
    }
  }
  return files;
}

function readReasons(text) {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
    const [, file, name, reason] = /^(\S+) +(\S+) +(.+)$/.exec(line) ?? [];
    if (!reason) throw new Error(`${reasonsFile}: no reason in: ${line}`);
    return { file, name, reason, used: false };
  });
}

const isMeant = (rule, value) => rule === value || (rule.endsWith('*') && value.startsWith(rule.slice(0, -1)));

/** Runs of lines that were not run, within one function: [{ name, first, last }]. */
function gaps(lines) {
  const found = [];
  let open;
  for (const [number, { count, name }] of [...lines].sort(([a], [b]) => a - b)) {
    if (count > 0) open = undefined;
    else if (open && open.name === name) open.last = number;
    else found.push(open = { name, first: number, last: number });
  }
  return found;
}

const percent = (run, all) => (100 * run / all).toFixed(1);
const files = readCounts(readFileSync(0, 'utf8'));
const reasons = readReasons(readFileSync(reasonsFile, 'utf8'));
const uncovered = [];
const total = { run: 0, all: 0, without: 0 };

for (const [file, lines] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const run = [...lines.values()].filter(({ count }) => count > 0).length;
  const text = readFileSync(join(sources, file), 'utf8').split('\n');
  total.run += run;
  total.all += lines.size;
  console.log(`${percent(run, lines.size).padStart(6)} %  ${String(run).padStart(4)} of ${String(lines.size).padStart(4)}  ${file}`);
  for (const { name, first, last } of gaps(lines)) {
    const rule = reasons.find((r) => isMeant(r.file, file) && isMeant(r.name, name));
    if (rule) rule.used = true;
    else total.without += 1;
    uncovered.push(`${file}:${first}${last > first ? `-${last}` : ''}: ${name}(): ${rule?.reason ?? 'NO REASON GIVEN'}`);
    for (let number = first; number <= last; number += 1) if (lines.get(number)?.count === 0) uncovered.push(`    ${text[number - 1].trim()}`);
  }
}
writeFileSync(uncoveredFile, `${uncovered.join('\n')}\n`);
const figure = percent(total.run, total.all);
console.log(`${figure.padStart(6)} %  ${total.run} of ${total.all} lines of src/ (at least ${least} % must be)`);
console.log(`What is not run stands in ${uncoveredFile}; ${total.without} places of it without a reason in tests/analysis/uncovered.`);
for (const { file, name } of reasons.filter(({ used }) => !used)) console.log(`All of it is run; take it out of tests/analysis/uncovered: ${file} ${name}`);
if (files.size === 0 || Number(figure) < Number(least)) process.exitCode = 1;
