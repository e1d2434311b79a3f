// Command blocks typed in the system that tests/documents/run booted, line by line, as a reader types them.

import { spawn } from 'node:child_process';
import { commandInside, tryInside } from '../lib/system.js';

const { CLONE: clone } = process.env;

const LONGEST_MS = 300_000; // of a line: a build
const TOLD_S = 5;

/** A block's lines; those that go on after a backslash are one. */
const linesOf = ({ text }) => text.replace(/\\\n\s*/g, '').split('\n').filter((line) => line.trim() !== '');

/**
 * Types a block's lines in the clone, on a terminal where `answers` ([[shown, typed], ...]) are to be given. Each line must
 * end with one of `statuses`. Gives what was shown.
 */
export async function typeBlock(block, { answers = [], statuses = [0], env = {}, timeoutMs = LONGEST_MS } = {}) {
  let shown = '';
  for (const line of linesOf(block)) {
    const set = Object.entries(env).map(([name, value]) => `export ${name}=${value}; `).join('');
    const typed = `${set}cd ${clone} && ${line}`;
    const began = performance.now();
    const { status, output } = await (answers.length ? onTerminal(typed, answers, timeoutMs) : tryInside(typed, { timeoutMs, shell: '/bin/bash' }));
    shown += output;
    const seconds = Math.round((performance.now() - began) / 1000);
    if (seconds >= TOLD_S) console.log(`# ${seconds} s: ${line}`);
    if (!statuses.includes(status)) throw new Error(`${block.path}:${block.line}: \`${line}\` ended with ${status}:\n${output.slice(-4000)}`);
  }
  return shown;
}

/** By script(1). An answer is given once for each time that its question is shown. */
function onTerminal(line, answers, timeoutMs) {
  const command = commandInside(line).map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: { PATH: process.env.PATH, SHELL: '/bin/sh' } });
  const given = answers.map(() => 0);
  let output = '';
  const look = (data) => {
    output += data;
    answers.forEach(([question, answer], i) => {
      const asked = output.match(new RegExp(question.source, 'g'))?.length ?? 0;
      for (; given[i] < asked; given[i]++) child.stdin.write(`${answer}\r`);
    });
  };
  child.stdout.on('data', look);
  child.stderr.on('data', look);
  child.stdin.on('error', () => {});
  const last = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(last);
      resolve({ status, output });
    });
  });
}
