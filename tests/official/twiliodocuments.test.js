// Twilio's documents come from a tarball that somebody else serves: only the one that was looked at counts.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { verify } from '../lib/twilio-documents.js';

describe('a tarball of Twilio\'s documents', () => {
  const bytes = Buffer.from('a tarball');
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

  it('with the hash that package.json names counts', () => verify(bytes, integrity, 'it'));

  it('of which one byte differs does not', () => {
    assert.throws(() => verify(Buffer.from('A tarball'), integrity, 'it'), /has not the hash/);
  });
});
