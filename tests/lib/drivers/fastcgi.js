// Driver: raw FastCGI records on the responder's own socket, no web server.

import { fastcgiRequest } from '../../servers/fastcgi.js';
import { startResponder } from '../../servers/responder.js';
import { gatewayVariables } from '../gateway-variables.js';

export const fastcgi = {
  name: 'fastcgi',
  async start({ responder, settingsFile, environment }) {
    const server = await startResponder({ responder, settingsFile, env: environment });
    const fromRequests = [];
    return {
      own: server,
      async send(webhook) {
        const reply = await fastcgiRequest(server.socket, { variables: gatewayVariables(webhook), body: webhook.body });
        if (!reply) return { status: 0, headers: {}, body: '' };
        fromRequests.push(...reply.stderr.split('\n').filter((line) => line !== ''));
        return reply;
      },
      logLines: async () => [...await server.log.lines(), ...fromRequests],
      processes: () => server.processes(),
      stop: () => server.stop(),
    };
  },
};
