// Caddy with the lines of docs/deploy.md, on a free port. The responder runs by itself and listens on `socket`.

import { DOCUMENTED, documented } from './documented.js';
import { startFrontServer } from './frontserver.js';

/** What Debian's unit gives it, and the user that it runs as here; no administration, no certificates. */
const configuration = ({ port }, directives) => `
{
	admin off
	auto_https off
	log {
		output stderr
		level WARN
	}
}
http://:${port} {
	bind 127.0.0.1
${directives}
}
`;

export function startCaddy({ socket }) {
  const [directives] = documented('Caddy', [[DOCUMENTED.socket, socket]]);
  return startFrontServer('caddy', {}, async (place) => {
    const file = await place.folder.write('Caddyfile', configuration(place, directives));
    return {
      command: '/usr/bin/caddy', args: ['run', '--adapter', 'caddyfile', '--config', file],
      env: { PATH: process.env.PATH, HOME: place.folder.path }, as: place.folder.as,
    };
  });
}
