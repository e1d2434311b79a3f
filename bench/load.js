// wrk, started on a candidate for some seconds.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PATH } from './webhooks.js';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('load.lua', import.meta.url));

/**
 * `skip`: how many webhooks of the table are left out.
 * Gives { requests, seconds, p50, p90, p99, max, mean (ms), refused, broken }; `refused` are the answers
 * of status 400 and above, `broken` what got no answer.
 */
export async function load({ url, table, connections, seconds, skip = 0 }) {
  const { stdout } = await run('wrk', [
    '--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`, '--timeout', '10s',
    '--script', SCRIPT, `${url}${PATH}`, '--', ...table, String(skip),
  ]);
  const line = /^RESULT (.*)$/m.exec(stdout);
  if (!line) throw new Error(`wrk said nothing of use:\n${stdout}`);
  return JSON.parse(line[1]);
}
