// Apache httpd with the shipped apache/ configuration, on a free port.

import { readFile } from 'node:fs/promises';
import { shipped, startFrontServer } from './frontserver.js';

const MODULES = '/usr/lib/apache2/modules';

const MODES = {
  fcgid: { modules: ['fcgid'], file: 'apache/twilio-autojoin-fcgid.conf' },
  cgid: { modules: ['cgid'], file: 'apache/twilio-autojoin-cgid.conf' },
  proxy_fcgi: { modules: ['proxy', 'proxy_fcgi'], file: 'apache/twilio-autojoin-proxy-fcgi.conf' },
};

// Where a module puts its own sockets and tables.
const RUNTIME = {
  fcgid: (folder) => `FcgidIPCDir ${folder.join('run')}\nFcgidProcessTableFile ${folder.join('run', 'fcgid_shm')}`,
  cgid: (folder) => `ScriptSock ${folder.join('run', 'cgisock')}`,
  proxy_fcgi: () => '',
};

function defines({ program, settingsFile, socket }, processes) {
  const values = {
    TWILIO_AUTOJOIN_RESPONDER: program, TWILIO_AUTOJOIN_SETTINGS: settingsFile,
    TWILIO_AUTOJOIN_SOCKET: socket, TWILIO_AUTOJOIN_PROCESSES: processes,
  };
  return Object.entries(values).filter(([, v]) => v !== undefined).map(([n, v]) => `Define ${n} ${v}`).join('\n');
}

function virtualHost(port, { folder, errorLog }, extra, more) {
  return `
Listen 127.0.0.1:${port}
<VirtualHost 127.0.0.1:${port}>
  ServerName hook.example.com
  DocumentRoot ${folder.join('htdocs')}
  ErrorLog ${errorLog}
  Include ${folder.join('options.conf')}
  ${extra ?? ''}
  ${more}
</VirtualHost>`;
}

function configuration(place, { mode, processes, extra }) {
  const { folder, port, tlsPort, certificate, errorLog } = place;
  const modules = ['mpm_event', 'authz_core', 'alias', 'env', 'dir', 'setenvif', ...MODES[mode].modules, ...(tlsPort ? ['socache_shmcb', 'ssl'] : [])];
  const tls = tlsPort && `SSLEngine on\nSSLCertificateFile ${certificate.cert}\nSSLCertificateKeyFile ${certificate.key}`;
  return `
ServerRoot ${folder.path}
DefaultRuntimeDir ${folder.join('run')}
PidFile ${folder.join('run', 'apache.pid')}
ServerName localhost
ErrorLog ${errorLog}
LogLevel warn
${folder.user.name ? `User ${folder.user.name}\nGroup ${folder.user.name}` : ''}
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
# As Debian's apache2.conf: what is shipped must open its own way.
<Directory />
  Options FollowSymLinks
  AllowOverride None
  Require all denied
</Directory>
<Directory ${folder.join('htdocs')}>
  Require all granted
</Directory>
StartServers 1
${RUNTIME[mode](folder)}
${tlsPort ? `SSLSessionCache shmcb:${folder.join('run', 'ssl')}(64000)` : ''}
${defines(place, processes)}
${virtualHost(port, place, extra, '')}
${tlsPort ? virtualHost(tlsPort, place, extra, tls) : ''}
`;
}

/**
 * mode: 'fcgid' | 'cgid' | 'proxy_fcgi' (`socket`: where a responder listens).
 * `settings` (an object, written to a file) or `settingsFile`. `extra`: more lines
 * inside the virtual host. `edit`: changes the shipped file's text. `tls: true`: a second virtual host with TLS.
 */
export function startApache({ responder, mode = 'fcgid', settings, settingsFile, socket, processes, extra, tls, edit = (text) => text }) {
  return startFrontServer('apache', { responder, settings, settingsFile, tls }, async (place) => {
    await place.folder.directory('htdocs');
    await place.folder.directory('run');
    await place.folder.write('options.conf', edit(await readFile(shipped(MODES[mode].file), 'utf8')));
    const file = await place.folder.write('apache.conf', configuration({ ...place, socket }, { mode, processes, extra }));
    return { command: '/usr/sbin/apache2', args: ['-f', file, '-DFOREGROUND'], env: { PATH: process.env.PATH } };
  });
}
