// What a user would write instead: servers of their own, without a front.

import { fileURLToPath } from 'node:url';
import { ACCOUNT_SID, AUTH_TOKEN, IDENTITY, PUBLIC_URL } from './webhooks.js';

const source = (path) => fileURLToPath(new URL(`peers/${path}`, import.meta.url));

const environment = ({ port, apiUrl, authority }) => ({
  PUBLIC_URL, API_URL: apiUrl, LISTEN: `127.0.0.1:${port}`,
  TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: AUTH_TOKEN, TWILIO_IDENTITY: IDENTITY,
  CA_FILE: authority, NODE_EXTRA_CA_CERTS: authority,
  NODE_ENV: 'production', PYTHONDONTWRITEBYTECODE: '1',
});

/** Built from peers/go by `run`. */
export const go = (place) => [{ command: `${place.built}/go-joiner`, args: [], env: environment(place) }];

/** A copy of peers/node beside its packages (`run`). */
export const node = (place) => [{ command: process.execPath, args: [`${place.built}/node/server.js`], env: environment(place) }];

export const python = (place) => [{
  command: '/usr/bin/gunicorn',
  args: ['--chdir', source('python'), '--bind', `127.0.0.1:${place.port}`, '--workers', '2', '--threads', '8',
    '--worker-class', 'gthread', '--keep-alive', '600', '--log-level', 'error', 'server:app'],
  env: environment(place),
}];
