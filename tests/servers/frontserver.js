// What the web servers under test have in common: a port (and one with TLS), a
// folder of their own, the responder's program in it, a log, an end.

import { fileURLToPath } from 'node:url';
import { readFile } from 'node:fs/promises';
import { makeCertificate } from './certificate.js';
import { Daemon, allEnded, processesOf } from './daemon.js';
import { ErrorLog } from './errorlog.js';
import { Folder } from './folder.js';
import { accepts, freePort } from './port.js';
import { writeSettings } from './settings.js';

/** A file of the repository, as shipped. */
export function shipped(path) {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

const ATTEMPTS = 4;
const PORT_TAKEN = /address already in use|could not bind|can't bind/i;

/**
 * `configure(place)` writes the server's configuration into place.folder and gives
 * { command, args, env }. Another port is tried when somebody took the chosen one.
 */
export async function startFrontServer(label, { responder, settings, settingsFile, tls }, configure) {
  for (let attempt = 1; ; attempt++) {
    const folder = await Folder.create(label);
    const place = { folder };
    try {
      if (responder) place.program = await folder.install(responder, 'twilio-autojoin.fcgi');
      place.settingsFile = settingsFile ?? (settings && await writeSettings(folder, settings));
      if (tls) place.certificate = await makeCertificate(folder);
      place.port = await freePort();
      if (tls) place.tlsPort = await freePort();
      place.errorLog = await folder.write('error.log', '');
      place.stderrLog = await folder.write('stderr.log', '');
      const start = await configure(place);
      place.daemon = await Daemon.start({
        ...start, output: place.stderrLog,
        ready: () => accepts({ host: '127.0.0.1', port: place.port }),
      });
      return await frontServer(place);
    } catch (error) {
      const log = await new ErrorLog(folder.join('error.log')).read();
      await folder.remove();
      if (attempt === ATTEMPTS || !PORT_TAKEN.test(error.message + log)) {
        error.message += `\n${log}`;
        throw error;
      }
    }
  }
}

async function frontServer({ folder, program, port, tlsPort, certificate, errorLog, stderrLog, daemon }) {
  const log = new ErrorLog(errorLog, stderrLog);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    tlsPort,
    tls: certificate && { ca: await readFile(certificate.cert) },
    pid: daemon.pid,
    daemon, folder, program, errorLog, log,
    readLog: () => log.read(),
    processes: () => (program ? processesOf(program) : []),
    /** `left`: responders that outlived their server, which nobody would ever end. */
    async stop(signal) {
      const end = await daemon.stop(signal);
      const left = program ? await allEnded(program) : [];
      const text = await log.read();
      await folder.remove();
      return { ...end, left, log: text };
    },
  };
}
