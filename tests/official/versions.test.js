// The judges' versions stand in package.json; docs/testing.md, which names them, must say the same.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');

it('docs/testing.md names the versions of the judges that package.json asks for', () => {
  const { dependencies, devDependencies, twilioDocuments } = JSON.parse(read('../package.json'));
  const asked = { ...dependencies, ...devDependencies, [twilioDocuments.package]: twilioDocuments.version };
  const page = read('../../docs/testing.md');
  const named = Object.fromEntries([...page.matchAll(/`((?:@[a-z-]+\/)?[a-z-]+)` (\d+\.\d+\.\d+)/g)].map(([, name, version]) => [name, version]));
  const judges = ['twilio', '@twilio/cli-core', '@twilio/conversations', '@stoplight/prism-http-server'];
  assert.deepEqual(named, Object.fromEntries(judges.map((name) => [name, asked[name]])));
});
