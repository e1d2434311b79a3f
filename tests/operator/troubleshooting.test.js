// docs/troubleshooting.md, "What check says", quotes it: each quotation is a text of the program's, with "..." for what differs.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const page = readFileSync(file('docs/troubleshooting.md'), 'utf8').split(/^## /m).find((part) => part.startsWith('What check says'));

/** String literals as the compiler joins them, of the files where findings come from. */
function literals() {
  const names = [...readdirSync(file('src/commands')).filter((name) => /^check.*\.c$/.test(name)).map((name) => `src/commands/${name}`),
    'src/support/config.c', 'src/support/settings_file.c', 'src/twilio/ask.c'];
  return names.flatMap((name) => {
    const text = readFileSync(file(name), 'utf8').replace(/"\s*PRIu64\s*"/g, 'u').replace(/"\s*\n\s*"/g, '');
    return [...text.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([, one]) => one.replace(/\\(.)/g, '$1'));
  });
}

/** The text with what printf fills in taken for anything. */
const pattern = (text) => new RegExp(text.split(/%[-0-9.*]*(?:ll|z|l)?[a-z]/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*'));

describe('docs/troubleshooting.md', () => {
  const all = literals();
  const quoted = [...page.matchAll(/"([^"\n]+)"/g)].map(([, one]) => one);

  it('quotes something', () => assert.ok(quoted.length > 30, `${quoted.length}`));

  for (const quotation of quoted) {
    it(quotation, () => {
      const pieces = quotation.split('...').map((piece) => piece.trim()).filter((piece) => piece.length > 3);
      const has = all.some((text) => {
        let from = 0;
        const plain = text.replace(/%[-0-9.*]*(?:ll|z|l)?[a-z]/g, '\u0000');
        return pieces.every((piece) => {
          const at = plain.indexOf(piece, from);
          if (at >= 0) from = at + piece.length;
          return at >= 0;
        });
      }) || all.some((text) => pattern(text).test(quotation) && text.replace(/%[-0-9.*]*(?:ll|z|l)?[a-z]/g, '').trim().length > 8);
      assert.ok(has, `no text of check's is that: ${quotation}`);
    });
  }
});
