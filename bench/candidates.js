// Who is measured, in which mixes, and how it is started.

import { Folder } from '../tests/servers/folder.js';
import { freePort } from '../tests/servers/port.js';
import { writeSettings } from '../tests/servers/settings.js';
import { apache, lighttpd, nginx } from './fronts.js';
import { go, node, python } from './peers.js';
import { firstAnswer, settled } from './probe.js';
import { startAll } from './running.js';
import { ACCOUNT_SID, AUTH_TOKEN, IDENTITY, PUBLIC_URL } from './webhooks.js';

const ALL = ['valid', 'single', 'slow', 'slow-wide', 'exists', 'forged', 'ignored'];

/**
 * program: what stands behind the front: 'ours', or one of the built floors.
 * settings: of ours, besides the usual; peers log nothing, so ours logs errors only.
 */
export const CANDIDATES = {
  'Go net/http': { mixes: [...ALL, 'waiting', 'flood'], commands: go },
  'floor + lighttpd': { program: 'floor', mixes: ['forged', 'ignored'], always: 'ignored', commands: (place) => lighttpd(place, {}) },
  'ours + lighttpd': { program: 'ours', mixes: [...ALL, 'spooled', 'waiting', 'flood'], commands: (place) => lighttpd(place, {}) },
  'ours x 2 + lighttpd': { program: 'ours', mixes: ['valid', 'slow-wide', 'ignored'], commands: (place) => lighttpd(place, { processes: 2 }) },
  'ours + lighttpd (log level info)': { program: 'ours', mixes: ['valid', 'ignored', 'flood'], settings: { AUTOJOIN_LOG_LEVEL: 'info' }, commands: (place) => lighttpd(place, {}) },
  'ours + nginx': { program: 'ours', mixes: [...ALL, 'spooled', 'flood'], commands: (place) => nginx(place, {}) },
  'ours x 2 + nginx x 2': { program: 'ours', mixes: ['valid', 'ignored'], commands: (place) => nginx(place, { processes: 2 }) },
  'ours + Apache mod_proxy_fcgi': { program: 'ours', mixes: ['valid', 'single', 'slow', 'ignored'], commands: (place) => apache(place, { mode: 'proxy-fcgi' }) },
  'ours + Apache mod_fcgid': { program: 'ours', grows: true, queues: true, mixes: ['valid', 'single', 'slow', 'ignored'], commands: (place) => apache(place, { mode: 'fcgid', ...place.apache }) },
  'ours + plain CGI': { program: 'ours', mixes: ['forged'], commands: (place) => lighttpd(place, { mode: 'cgi' }) },
  'empty program + plain CGI': { program: 'emptycgi', mixes: ['forged'], always: 'forbidden', commands: (place) => lighttpd(place, { mode: 'cgi' }) },
  'Node express + twilio': { mixes: ALL, commands: node },
  'Python gunicorn + Flask + twilio': { queues: true, mixes: ALL, commands: python },
};

export const usualSettings = ({ apiUrl, authority }) => ({
  TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: AUTH_TOKEN, TWILIO_IDENTITY: IDENTITY,
  AUTOJOIN_PUBLIC_URL: PUBLIC_URL, AUTOJOIN_API_URL: apiUrl, AUTOJOIN_CA_FILE: authority, AUTOJOIN_LOG_LEVEL: 'error',
});

const living = new Set(); // their ends

/** For an interrupted run. */
export async function stopEverything() {
  await Promise.all([...living].map((stop) => stop()));
}

/** Starts one; gives { url, pids, coldStartMs, stop }. */
export async function start(name, { programs, built, apiUrl, authority, spool, apache: apacheOptions }) {
  const { program, settings, commands, always } = CANDIDATES[name];
  const folder = await Folder.create('bench');
  const place = { folder, port: await freePort(), built, apiUrl, authority, apache: apacheOptions };
  if (program) {
    place.program = await folder.install(programs[program], 'twilio-autojoin.fcgi');
    const spoolDir = spool ? await folder.directory('spool') : undefined;
    place.settings = await writeSettings(folder, { ...usualSettings(place), AUTOJOIN_SPOOL_DIR: spoolDir, ...settings });
  }
  const url = `http://127.0.0.1:${place.port}`;
  const running = await startAll(await commands(place), await folder.write('output.log', ''));
  const stop = async () => {
    living.delete(stop);
    await running.stop();
    await folder.remove();
  };
  living.add(stop);
  try {
    const kind = always === 'forbidden' ? 'forged' : 'ignored';
    const coldStartMs = await firstAnswer(url, kind, running.startedAt);
    await settled(url, kind);
    return { url, pids: running.pids, coldStartMs, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
