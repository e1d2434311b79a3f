// haproxy as a FastCGI front of its own (fcgi-app), on a free port. The responder runs by itself
// (responder.js) and listens on `socket`.

import { startFrontServer } from './frontserver.js';

const configuration = ({ folder, port }, socket, lines) => `
global
  ${folder.user.name ? `user ${folder.user.name}\n  group ${folder.user.name}` : ''}
  log stdout format raw local0
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
fcgi-app responder
  docroot /
  log-stderr global
  ${lines.join('\n  ')}
frontend webhooks
  bind 127.0.0.1:${port}
  default_backend responders
backend responders
  use-fcgi-app responder
  server one unix@${socket} proto fcgi
`;

/** `lines`: more of the fcgi-app. What it logs is in the error log. */
export function startHaproxyFcgi({ socket, lines = [] }) {
  return startFrontServer('haproxy-fcgi', {}, async (place) => {
    const file = await place.folder.write('haproxy.cfg', configuration(place, socket, lines));
    return { command: '/usr/sbin/haproxy', args: ['-db', '-f', file], env: { PATH: process.env.PATH } };
  });
}
