// Twilio's OpenAPI documents, as Twilio's own command line tool ships them. Of that package three data
// files are wanted and no code: its tarball is fetched by itself, without what its code would need
// (100 MB, and npm 9 could not be told to leave it out). Which tarball, package.json says by a hash.
// Run as a program it fetches them; in a test it reads them.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TESTS = fileURLToPath(new URL('..', import.meta.url));
const PLACE = join(TESTS, 'node_modules', '.twilio-documents');
const INSIDE = 'package/src/services/twilio-api';

export const CONVERSATIONS = 'twilio_conversations_v1.json';
export const CHAT = 'twilio_chat_v2.json';
export const EVENTS = 'twilio_events_v1.json';
const WANTED = [CONVERSATIONS, CHAT, EVENTS];

export async function readTwilioDocument(name) {
  try {
    return await readFile(join(PLACE, name), 'utf8');
  } catch (error) {
    throw new Error(`${error.message}: npm --prefix tests run documents fetches it`);
  }
}

/** Throws unless the bytes are those that an SRI text as in a lock file names. */
export function verify(bytes, integrity, what) {
  const [algorithm, ...expected] = integrity.split('-');
  const found = createHash(algorithm).update(bytes).digest('base64');
  if (found !== expected.join('-')) throw new Error(`${what} has not the hash that tests/package.json names: ${algorithm}-${found}`);
}

async function fetchDocuments() {
  const { twilioDocuments: wanted } = JSON.parse(await readFile(join(TESTS, 'package.json'), 'utf8'));
  // Says which of which tarball are there.
  const mark = join(PLACE, 'integrity');
  const whole = [wanted.integrity, ...WANTED].join('\n');
  if (await readFile(mark, 'utf8').catch(() => '') === whole) return;
  const folder = await mkdtemp(join(tmpdir(), 'twilio-documents-'));
  try {
    const spec = `${wanted.package}@${wanted.version}`;
    await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, spec], { cwd: folder });
    // Not by the name that npm prints: npm 9 prints one with the scope's slash in it.
    const tarball = join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz')));
    verify(await readFile(tarball), wanted.integrity, spec);
    await mkdir(PLACE, { recursive: true });
    for (const name of WANTED) {
      const { stdout } = await run('tar', ['-xzOf', tarball, `${INSIDE}/${name}`], { maxBuffer: 1 << 26 });
      await writeFile(join(PLACE, `${name}.new`), stdout);
      await rename(join(PLACE, `${name}.new`), join(PLACE, name));
    }
    await writeFile(mark, whole);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await fetchDocuments();
