// The documents, and the command blocks in them that can be run: fences of `sh` with run=NAME. As a program,
// `blocks.js packages` prints the Debian packages that they tell apt to install.

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const TOP = new URL('../../', import.meta.url);
export const read = (path) => readFileSync(new URL(path, TOP), 'utf8');

/** What people are to read, as paths from the top. */
export const DOCUMENTS = [
  'README.md', 'CONTRIBUTING.md', 'NEWS.md', 'SECURITY.md', 'debian/README.Debian', 'bench/README.md', 'bench/PROFILE.md', 'contrib/container/README.md',
  ...readdirSync(new URL('docs/', TOP)).filter((name) => name.endsWith('.md')).sort().map((name) => `docs/${name}`),
];

/** Those whose command blocks say whether they are run. */
export const WALKED = DOCUMENTS.filter((path) => path === 'README.md' || path.startsWith('docs/'));

const isMarkdown = (path) => path.endsWith('.md');

/** { path, line, info, text } of each fenced block. */
export function fencesOf(path) {
  const lines = read(path).split('\n');
  const fences = [];
  for (let i = 0; i < lines.length; i++) {
    const [, indent, info] = /^( *)```(.*)$/.exec(lines[i]) ?? [];
    if (info === undefined) continue;
    const first = i + 1;
    for (i = first; i < lines.length && lines[i] !== `${indent}\`\`\``; i++);
    if (i === lines.length) throw new Error(`${path}:${first}: this fence has no end`);
    fences.push({ path, line: first, info: info.trim(), text: lines.slice(first, i).map((line) => line.slice(indent.length)).join('\n') });
  }
  return fences;
}

/** README.Debian is plain text: commands stand behind root's prompt, "# ", and a line that ends in a backslash goes on. */
export function promptsOf(path) {
  const blocks = [];
  let block;
  let goesOn = false;
  read(path).split('\n').forEach((line, i) => {
    const command = /^ +# (.*)$/.exec(line)?.[1] ?? (goesOn ? line.trim() : undefined);
    goesOn = command?.endsWith('\\') ?? false;
    if (command === undefined) {
      block = undefined;
      return;
    }
    if (!block) blocks.push(block = { path, line: i + 1, text: '' });
    block.text += `${command}\n`;
  });
  return blocks;
}

/** Blocks that are run, by name. */
export function runnableBlocks() {
  const blocks = new Map();
  for (const fence of WALKED.flatMap(fencesOf)) {
    const [, name] = /^sh run=([a-z-]+)$/.exec(fence.info) ?? [];
    if (!name) continue;
    if (blocks.has(name)) throw new Error(`${fence.path}:${fence.line}: run=${name} is there twice`);
    blocks.set(name, fence);
  }
  return blocks;
}

/** The text with code only: fences, and what stands between backquotes; each with its line. */
export function codeOf(path) {
  if (!isMarkdown(path)) return promptsOf(path).flatMap(({ text, line }) => joined(text).map((one) => ({ path, line, text: one })));
  const fenced = fencesOf(path);
  const code = fenced.flatMap(({ text, line }) => joined(text).map((one) => ({ path, line, text: one })));
  for (const { text, line } of proseOf(path)) {
    for (const [, span] of text.matchAll(/`([^`]+)`/g)) code.push({ path, line, text: span.replace(/\s+/g, ' ') });
  }
  return code;
}

/** Paragraphs, outside of fences. */
export function proseOf(path) {
  const paragraphs = [];
  let fenced = false;
  let last;
  read(path).split('\n').forEach((text, i) => {
    if (/^ *```/.test(text)) fenced = !fenced;
    if (fenced || /^ *```/.test(text) || text.trim() === '') {
      last = undefined;
      return;
    }
    if (last && !text.startsWith('|')) last.text += `\n${text}`;
    else paragraphs.push(last = { line: i + 1, text });
  });
  return paragraphs;
}

/** Lines that go on after a backslash or && are one. */
function joined(text) {
  return text.replace(/\\\n\s*/g, ' ').split('\n').map((line) => line.trim()).filter(Boolean);
}

/** The Debian packages that blocks tell apt to install, but for files. */
export function packagesOf(blocks) {
  return [...new Set(blocks.flatMap(({ text }) => joined(text)).flatMap((line) => line.split(/&&|;/))
    .filter((command) => /^ *apt(-get)? install /.test(command))
    .flatMap((command) => command.trim().split(/\s+/).slice(2)).filter((word) => /^[a-z0-9][a-z0-9.+-]+$/.test(word)))];
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === 'packages') {
  for (const name of packagesOf([...runnableBlocks().values(), ...promptsOf('debian/README.Debian')])) console.log(name);
}
