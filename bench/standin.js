// Twilio's REST side for a load: nginx over TLS with kept connections, which answers as Twilio
// does, each port in another way, and counts. It is no judge (the tests' stand-in is): it looks at
// method, path and credentials only, so that it is never what a candidate waits for.

import { get } from 'node:http';
import { Daemon } from '../tests/servers/daemon.js';
import { Folder } from '../tests/servers/folder.js';
import { accepts, freePort } from '../tests/servers/port.js';
import { makeCertificates } from './certificate.js';
import { ACCOUNT_SID, AUTH_TOKEN, IDENTITY, SERVICE_SID } from './webhooks.js';

const PARTICIPANT = JSON.stringify({
  sid: `MB${'7'.repeat(32)}`, account_sid: ACCOUNT_SID, chat_service_sid: SERVICE_SID, conversation_sid: '$1',
  role_sid: `RL${'8'.repeat(32)}`, identity: IDENTITY, attributes: '{}', messaging_binding: null,
  date_created: '2026-03-04T05:06:08Z', date_updated: '2026-03-04T05:06:08Z',
  last_read_message_index: null, last_read_timestamp: null,
  url: `https://conversations.twilio.com/v1/Services/${SERVICE_SID}/Conversations/$1/Participants/MB${'7'.repeat(32)}`,
});
const CONFLICT = JSON.stringify({ code: 50433, message: 'Participant already exists', more_info: 'https://www.twilio.com/docs/errors/50433', status: 409 });

/** What each port answers; `delayMs` needs Debian's nginx module `echo`. */
const WAYS = {
  prompt: { status: 201, body: PARTICIPANT },
  exists: { status: 409, body: CONFLICT },
  ms50: { status: 201, body: PARTICIPANT, delayMs: 50 },
  ms200: { status: 201, body: PARTICIPANT, delayMs: 200 },
  ms2000: { status: 201, body: PARTICIPANT, delayMs: 2000 },
};

function answer({ status, body, delayMs }) {
  if (!delayMs) return `return ${status} '${body}';`;
  return `echo_status ${status}; echo_sleep ${delayMs / 1000}; echo -n '${body}';`;
}

const server = (port, way, { key, certificate }) => `
  server {
    listen 127.0.0.1:${port} ssl backlog=2048;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    location ~ "^/v1/Services/IS[0-9a-f]{32}/Conversations/(CH[0-9a-f]{32})/Participants$" {
      if ($authorized = 0) { return 401; }
      if ($request_method != POST) { return 405; }
      ${answer(way)}
    }
    location / { return 404; }
  }`;

const configuration = (folder, ports, statusPort, certificates) => `
daemon off;
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
worker_processes 1;
${folder.user.name ? `user ${folder.user.name};` : ''}
pid ${folder.join('nginx.pid')};
error_log ${folder.join('error.log')} warn;
events { worker_connections 16384; }
worker_rlimit_nofile 32768;
http {
  access_log off;
  default_type application/json;
  map_hash_bucket_size 256;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  ${['client_body', 'fastcgi', 'proxy', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder.join(name)};`).join(' ')}
  map $http_authorization $authorized {
    default 0;
    "Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}" 1;
  }
  ${Object.entries(WAYS).map(([name, way]) => server(ports[name], way, certificates)).join('')}
  server {
    listen 127.0.0.1:${statusPort};
    location = /status { stub_status; }
  }
}
`;

function fetchStatus(port) {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/status', agent: false }, (response) => {
      let text = '';
      response.on('data', (data) => { text += data; });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

export async function startStandin() {
  const folder = await Folder.create('twilio');
  const certificates = await makeCertificates(folder);
  const ports = {};
  for (const name of Object.keys(WAYS)) ports[name] = await freePort();
  const statusPort = await freePort();
  const file = await folder.write('nginx.conf', configuration(folder, ports, statusPort, certificates));
  const daemon = await Daemon.start({
    command: '/usr/sbin/nginx', args: ['-c', file, '-e', folder.join('error.log')], env: { PATH: process.env.PATH },
    output: await folder.write('output.log', ''), ready: () => accepts({ host: '127.0.0.1', port: statusPort }),
  });
  let asked = 0;
  return {
    authority: certificates.authority,
    url: (way) => `https://127.0.0.1:${ports[way]}`,
    /** Connections accepted and requests read so far, and those it has not answered yet; without this function's own. */
    async counts() {
      const text = await fetchStatus(statusPort);
      const [, accepted, , read] = /(\d+) (\d+) (\d+)\s*\nReading/.exec(text);
      const [, writing] = /Writing: (\d+)/.exec(text);
      asked += 1;
      return { connections: Number(accepted) - asked, requests: Number(read) - asked, pending: Number(writing) - 1 };
    },
    async stop() {
      await daemon.stop();
      await folder.remove();
    },
  };
}
