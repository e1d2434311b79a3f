// Driver: the responder as a plain CGI program, no web server.

import { Folder } from '../../servers/folder.js';
import { runCgi } from '../../servers/responder.js';
import { gatewayVariables } from '../gateway-variables.js';

export const cgi = {
  name: 'cgi',
  // A process each, which start beside one another.
  atOnce: 10,
  queueingMs: 1000,
  async start({ responder, settingsFile, environment = {} }) {
    const folder = await Folder.create('cgi');
    const program = await folder.install(responder, 'twilio-autojoin.fcgi');
    let log = '';
    return {
      async send(webhook) {
        const reply = await runCgi({
          program, as: folder.as, args: webhook.args,
          env: { AUTOJOIN_CONFIG: settingsFile, ...environment },
          variables: gatewayVariables(webhook),
          stdin: webhook.body,
        });
        log += reply.stderr;
        if (reply.code !== 0) throw new Error(`exit ${reply.code} ${reply.signal ?? ''}: ${reply.stderr}`);
        return reply;
      },
      logLines: async () => log.split('\n').filter((line) => line !== ''),
      processes: async () => [],
      async stop() {
        await folder.remove();
        return { left: [] };
      },
    };
  },
};
