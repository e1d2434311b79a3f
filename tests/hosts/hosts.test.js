// Two front hosts behind haproxy, all with the shipped configurations, and what happens to webhooks
// when hosts go and come back.

import { fileURLToPath } from 'node:url';
import { isInside, refusesHosts, runInside } from './network.js';

if (isInside()) {
  await import('./cases.js');
} else {
  const refused = await refusesHosts();
  if (refused) {
    const { it } = await import('node:test');
    it('several hosts', { skip: refused }, () => {});
  } else {
    process.exitCode = await runInside(fileURLToPath(import.meta.url));
  }
}
