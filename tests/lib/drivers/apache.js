// Driver: Apache httpd with the shipped configuration, mod_fcgid, mod_cgid or
// mod_proxy_fcgi.

import { startApache } from '../../servers/apache.js';
import { startResponder } from '../../servers/responder.js';
import { sendOverHttp } from './http.js';

// What Apache says of itself in a run where nothing is wrong.
const ORDINARY = [
  /AH00489: .* configured -- resuming normal operations/, /AH00094: Command line:/, /AH00491: caught SIGTERM/,
  /\[ssl:warn\] .*AH01882:/, // of the machine's packages: its libssl is older than the one that Apache was built with
];

function driver(name, mode, { prepare = async () => ({}), ...more } = {}) {
  return {
    ...more,
    name,
    front: 'apache',
    ordinary: ORDINARY,
    async start({ responder, settingsFile, tls }) {
      const { own, ...given } = await prepare({ responder, settingsFile });
      const server = await startApache({ responder, mode, settingsFile, tls, ...given });
      return {
        send: (webhook) => sendOverHttp(server, webhook),
        logLines: async () => [...await server.log.lines(), ...(own ? await own.log.lines() : [])],
        processes: () => (own ?? server).processes(),
        async stop() {
          const end = await server.stop();
          const ended = await own?.stop();
          return { ...end, left: [...end.left, ...(ended?.left ?? [])] };
        },
      };
    },
  };
}

// mod_fcgid gives a process one request at a time, and waits a second before it starts
// one more while all are busy (measured).
export const apache = driver('apache', 'fcgid', { atOnce: 12, queueingMs: 2500 });
export const apacheCgi = driver('apache-cgi', 'cgid', { atOnce: 10, queueingMs: 1000 });
export const apacheProxy = driver('apache-proxy', 'proxy_fcgi', {
  async prepare({ responder, settingsFile }) {
    const own = await startResponder({ responder, settingsFile });
    return { own, socket: own.socket };
  },
});
