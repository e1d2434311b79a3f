// The lines of docs/deploy.md, as they stand there: what a test tries is what an operator copies.

import { readFileSync } from 'node:fs';
import { shipped } from './frontserver.js';

const PAGE = 'docs/deploy.md';

function blocksOf(heading) {
  const parts = readFileSync(shipped(PAGE), 'utf8').split(/^## /m).filter((part) => part.startsWith(`${heading}\n`));
  if (parts.length !== 1) throw new Error(`${PAGE}: "## ${heading}" stands there ${parts.length} times`);
  return [...parts[0].matchAll(/^```\n(.*?)^```$/gms)].map(([, text]) => text);
}

/** The code blocks under a heading. `changes`: [[from, to], ...], each of which must be there, as an operator would change it. */
export function documented(heading, changes = []) {
  const blocks = blocksOf(heading);
  for (const [from] of changes) {
    if (!blocks.some((text) => text.includes(from))) throw new Error(`${PAGE}, ${heading}: no "${from}"`);
  }
  return blocks.map((text) => changes.reduce((all, [from, to]) => all.replaceAll(from, to), text));
}

export const DOCUMENTED = {
  socket: '/run/twilio-autojoin/responder.sock',
  program: '/usr/libexec/twilio-autojoin/twilio-autojoin.fcgi',
  settings: '/etc/twilio-autojoin.conf',
};
