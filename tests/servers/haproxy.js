// haproxy on a free port: before another web server, or with its own FastCGI (docs/deploy.md).

import { DOCUMENTED, documented } from './documented.js';
import { startFrontServer } from './frontserver.js';

const base = ({ folder, port }, rules) => `
global
  log stdout format raw local0 notice
${folder.user.name ? `  user ${folder.user.name}\n  group ${folder.user.name}` : ''}

frontend web
  mode http
  log global
  timeout client 30s
  bind 127.0.0.1:${port}
  ${rules}
`;

function start(configuration) {
  return startFrontServer('haproxy', {}, async (place) => {
    const file = await place.folder.write('haproxy.cfg', configuration(place));
    return { command: '/usr/sbin/haproxy', args: ['-db', '-f', file], env: { PATH: process.env.PATH } };
  });
}

/** `extra`: more lines of the fcgi-app, which come last in the documented block. */
export function startHaproxyFastCgi({ socket, extra = '' }) {
  const [rule, backend] = documented("haproxy's fcgi-app", [[DOCUMENTED.socket, socket]]);
  return start((place) => `${base(place, rule)}\n${backend}    ${extra}\n`);
}

/** Before a web server on `port`, with `option forwardfor`. */
export function startHaproxyBefore({ port }) {
  return start((place) => `${base(place, 'option forwardfor\n  default_backend behind')}
backend behind
  mode http
  timeout connect 2s
  timeout server 30s
  server one 127.0.0.1:${port}
`);
}
