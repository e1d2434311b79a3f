// Driver: lighttpd with the shipped configuration, mod_fastcgi or mod_cgi.

import { startLighttpd } from '../../servers/lighttpd.js';
import { sendOverHttp } from './http.js';

// What lighttpd says of itself in a run where nothing is wrong.
const ORDINARY = [/\(server\.c\.\d+\) server started/, /\(server\.c\.\d+\) server stopped by UID/];

function driver(name, mode, more) {
  return {
    ...more,
    name,
    front: 'lighttpd',
    ordinary: ORDINARY,
    async start({ responder, settingsFile, tls, processes = 2 }) {
      const server = await startLighttpd({ responder, mode, settingsFile, processes, tls });
      return {
        send: (webhook) => sendOverHttp(server, webhook),
        url: server.url,
        logLines: () => server.log.lines(),
        processes: () => server.processes(),
        stop: () => server.stop(),
      };
    },
  };
}

export const lighttpd = driver('lighttpd', 'fastcgi');
export const lighttpdCgi = driver('lighttpd-cgi', 'cgi', { atOnce: 10, queueingMs: 1000 });
