// Driver: nginx with contrib/nginx/, kept connections to a responder of its own.

import { startNginx } from '../../servers/nginx.js';
import { startResponder } from '../../servers/responder.js';
import { sendOverHttp } from './http.js';

export const nginx = {
  name: 'nginx',
  front: 'nginx',
  // Bodies over 16 KiB go through a temporary file, which nginx remarks on.
  ordinary: [/a client request body is buffered to a temporary file/],
  async start({ responder, settingsFile, tls }) {
    const own = await startResponder({ responder, settingsFile });
    const server = await startNginx({ socket: own.socket, tls });
    return {
      send: (webhook) => sendOverHttp(server, webhook),
      logLines: async () => [...await server.log.lines(), ...await own.log.lines()],
      processes: () => own.processes(),
      async stop() {
        await server.stop();
        return own.stop();
      },
    };
  },
};
