// The responder started by the command lines of docs/deploy.md: spawn-fcgi, multiwatch; and fcgiwrap, which
// starts it for each request.

import { writeSettings } from './settings.js';
import { Daemon, allEnded, processesOf } from './daemon.js';
import { DOCUMENTED, documented } from './documented.js';
import { ErrorLog } from './errorlog.js';
import { Folder } from './folder.js';
import { accepts } from './port.js';
import { baseEnvironment } from './responder.js';

async function started({ folder, program, socket, command, as, env = {} }) {
  const log = new ErrorLog(await folder.write('stderr.log', ''));
  try {
    const [name, ...args] = command;
    const daemon = await Daemon.start({
      command: name, args, as, env: { ...baseEnvironment(), ...env }, output: log.paths[0], ready: () => accepts({ path: socket }),
    });
    return {
      socket, folder, program, daemon, log,
      processes: () => processesOf(program),
      async stop() {
        const end = await daemon.stop();
        const left = await allEnded(program);
        await folder.remove();
        return { ...end, left };
      },
    };
  } catch (error) {
    await allEnded(program, { timeoutMs: 0 });
    await folder.remove();
    throw error;
  }
}

/** heading: 'spawn-fcgi' | 'multiwatch'. Only root can give users. */
export async function startSpawned(heading, { responder, settings, settingsFile }) {
  const folder = await Folder.create('spawn');
  const program = await folder.install(responder, 'twilio-autojoin.fcgi');
  const file = settingsFile ?? await writeSettings(folder, settings);
  const socket = folder.join('responder.sock');
  const users = '-u www-data -g www-data';
  const [line] = documented(heading, [[DOCUMENTED.socket, socket], [DOCUMENTED.program, program], [users, folder.user.name ? users : '']]);
  return started({ folder, program, socket, command: line.trim().split(/[ \\\n]+/), env: { AUTOJOIN_CONFIG: file } });
}

/** As Debian's fcgiwrap.service starts it, but for the socket, which systemd makes there. */
export async function startFcgiwrap({ responder }) {
  const folder = await Folder.create('wrap');
  const program = await folder.install(responder, 'twilio-autojoin.fcgi');
  const socket = folder.join('fcgiwrap.sock');
  return started({ folder, program, socket, as: folder.as, command: ['/usr/sbin/fcgiwrap', '-f', '-c', '4', '-s', `unix:${socket}`] });
}
