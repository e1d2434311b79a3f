// Drivers: fronts that are not shipped, with the lines of docs/deploy.md.

import { readFileSync } from 'node:fs';
import { startCaddy } from '../../servers/caddy.js';
import { DOCUMENTED, documented } from '../../servers/documented.js';
import { startH2o } from '../../servers/h2o.js';
import { startHaproxyFastCgi } from '../../servers/haproxy.js';
import { startNginx } from '../../servers/nginx.js';
import { startResponder } from '../../servers/responder.js';
import { startFcgiwrap, startSpawned } from '../../servers/spawned.js';
import { sendOverHttp } from './http.js';

/** `startOwn` runs the responder, `startFront` the web server before it. */
function driver(name, { ordinary, startOwn = startResponder, startFront }) {
  return {
    name,
    front: name,
    ordinary,
    async start({ responder, settingsFile }) {
      const own = await startOwn({ responder, settingsFile });
      let front;
      try {
        front = await startFront({ ...own, settingsFile });
      } catch (error) {
        await own.stop();
        throw error;
      }
      return {
        port: front.port,
        send: (webhook) => sendOverHttp(front, webhook),
        logLines: async () => [...await front.log.lines(), ...await own.log.lines()],
        processes: () => own.processes(),
        async stop() {
          await front.stop();
          return own.stop();
        },
      };
    },
  };
}

const NGINX = [/a client request body is buffered to a temporary file/];

const caddy = driver('Caddy', {
  ordinary: [/"msg":"(using provided configuration|Caddyfile input is not formatted|admin endpoint disabled|automatic HTTPS is completely disabled)/],
  startFront: startCaddy,
});
const haproxy = driver('haproxy fcgi-app', { ordinary: [], startFront: startHaproxyFastCgi });
// It asks before its first request how many connections and requests may be.
const haproxyAsking = driver('haproxy fcgi-app with get-values', {
  ordinary: [],
  startFront: ({ socket }) => startHaproxyFastCgi({ socket, extra: 'option get-values' }),
});
const h2o = driver('h2o', {
  ordinary: [/^h2o server \(pid:\d+\) is ready to serve requests$/, /^\[INFO\] raised RLIMIT_NOFILE/],
  startFront: startH2o,
});
const fcgiwrap = driver('fcgiwrap', {
  ordinary: NGINX,
  startOwn: startFcgiwrap,
  startFront({ socket, program, settingsFile }) {
    const [locations] = documented('fcgiwrap', [['/run/fcgiwrap.socket', socket], [DOCUMENTED.program, program], [DOCUMENTED.settings, settingsFile]]);
    return startNginx({ locations });
  },
});
const [spawnFcgi, multiwatch] = ['spawn-fcgi', 'multiwatch'].map((name) => driver(name, {
  ordinary: NGINX,
  startOwn: (given) => startSpawned(name, given),
  startFront: ({ socket }) => startNginx({ socket }),
}));

// Debian 13 has no h2o any more.
const hasH2o = /^VERSION_CODENAME=bookworm$/m.test(readFileSync('/etc/os-release', 'utf8'));

export const others = [caddy, haproxy, haproxyAsking, ...(hasH2o ? [h2o] : []), fcgiwrap, spawnFcgi, multiwatch];
