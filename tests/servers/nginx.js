// nginx with the shipped contrib/nginx/ configuration, on a free port. The
// responder runs by itself (responder.js) and listens on `socket`.

import { readFile, symlink } from 'node:fs/promises';
import { shipped, startFrontServer } from './frontserver.js';

const SHIPPED_SOCKET = 'unix:/run/twilio-autojoin/responder.sock;';

/** The shipped file with its one value of the host changed, as its comment tells the operator to. */
async function upstream(socket, edit) {
  const text = await readFile(shipped('contrib/nginx/twilio-autojoin-upstream.conf'), 'utf8');
  const parts = text.split(`server ${SHIPPED_SOCKET}`);
  if (parts.length !== 2) throw new Error('contrib/nginx: the upstream file does not hold its socket exactly once');
  return edit(parts.join(`server unix:${socket};`));
}

function configuration({ folder, port, tlsPort, certificate, errorLog }, { socket, extra, locations }) {
  return `
daemon off;
worker_processes 1;
${folder.user.name ? `user ${folder.user.name};` : ''}
pid ${folder.join('nginx.pid')};
error_log ${errorLog} warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder.join('client_body')};
  fastcgi_temp_path ${folder.join('fastcgi')};
  proxy_temp_path ${folder.join('proxy')};
  uwsgi_temp_path ${folder.join('uwsgi')};
  scgi_temp_path ${folder.join('scgi')};
  ${socket ? `include ${folder.join('upstream.conf')};` : ''}
  server {
    listen 127.0.0.1:${port};
    ${tlsPort ? `listen 127.0.0.1:${tlsPort} ssl;\nssl_certificate ${certificate.cert};\nssl_certificate_key ${certificate.key};` : ''}
    server_name hook.example.com;
    root ${folder.join('htdocs')};
    ${extra ?? ''}
    ${locations ?? `include ${folder.join('locations.conf')};`}
  }
}
`;
}

/** `extra`: more lines inside the server block. `locations`: those instead of the shipped ones. `edit`: changes the shipped files' text. `tls: true`: a second port with TLS. */
export function startNginx({ socket, extra, locations, tls, edit = (text) => text }) {
  return startFrontServer('nginx', { tls }, async (place) => {
    await place.folder.directory('htdocs');
    if (socket) await place.folder.write('upstream.conf', await upstream(socket, edit));
    await place.folder.write('locations.conf', edit(await readFile(shipped('contrib/nginx/twilio-autojoin-locations.conf'), 'utf8')));
    // The shipped file's `include fastcgi.conf` is looked for beside the main file.
    await symlink('/etc/nginx/fastcgi.conf', place.folder.join('fastcgi.conf'));
    const file = await place.folder.write('nginx.conf', configuration(place, { socket, extra, locations }));
    return { command: '/usr/sbin/nginx', args: ['-c', file, '-e', place.stderrLog], env: { PATH: process.env.PATH } };
  });
}
