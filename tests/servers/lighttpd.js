// lighttpd with the shipped lighttpd/ configuration, on a free port.

import { readFile } from 'node:fs/promises';
import { shipped, startFrontServer } from './frontserver.js';

// As Debian's lighttpd.conf has them; the URL options decide what reaches the responder.
const LIKE_DEBIAN = `
server.modules = ( "mod_indexfile", "mod_access", "mod_alias", "mod_redirect" )
server.feature-flags += ( "server.h2proto" => "enable", "server.h2c" => "enable" )
server.http-parseopts = (
  "header-strict" => "enable", "host-strict" => "enable", "host-normalize" => "enable",
  "url-normalize-unreserved" => "enable", "url-normalize-required" => "enable",
  "url-ctrls-reject" => "enable", "url-path-2f-decode" => "enable", "url-path-dotseg-remove" => "enable"
)
static-file.exclude-extensions = ( ".php", ".pl", ".fcgi" )
`;

const MODES = {
  fastcgi: { modules: '"mod_fastcgi"', file: 'lighttpd/twilio-autojoin-fastcgi.conf' },
  cgi: { modules: '"mod_setenv", "mod_cgi"', file: 'lighttpd/twilio-autojoin-cgi.conf' },
  socket: { modules: '"mod_fastcgi"', file: 'lighttpd/twilio-autojoin-socket.conf' },
};
const SHIPPED_SOCKET = '"/run/twilio-autojoin/responder.sock"';

/** The values of the host; the file that has its own value is copied with another, as its comment tells the operator to. */
async function application({ folder, program, settingsFile, stderrLog }, { mode, processes, socket, edit }) {
  const file = shipped(MODES[mode].file);
  if (mode === 'socket') {
    const parts = (await readFile(file, 'utf8')).split(SHIPPED_SOCKET);
    if (parts.length !== 2) throw new Error(`${file} does not hold its socket exactly once`);
    return edit(parts.join(`"${socket}"`));
  }
  // Copies: a lighttpd that starts itself anew reads them as its own user, whom the clone may not let in.
  const vars = await folder.install(shipped('lighttpd/twilio-autojoin-vars.conf'), 'vars.conf');
  const options = await folder.install(await folder.write('edited.conf', edit(await readFile(file, 'utf8'))), 'options.conf');
  return `
include "${vars}"
var.twilio_autojoin_responder := "${program}"
var.twilio_autojoin_settings := "${settingsFile}"
var.twilio_autojoin_socket := "${folder.join('lighttpd.sock')}"
var.twilio_autojoin_stderr_log := "${stderrLog}"
${processes === undefined ? '' : `var.twilio_autojoin_processes := ${processes}`}
include "${options}"`;
}

function configuration({ folder, port, tlsPort, certificate, errorLog }, { mode, extra, applied }) {
  const tls = tlsPort === undefined ? '' : `
server.modules += ( "mod_openssl" )
$SERVER["socket"] == "127.0.0.1:${tlsPort}" {
  ssl.engine = "enable"
  ssl.pemfile = "${certificate.cert}"
  ssl.privkey = "${certificate.key}"
}`;
  return `
${LIKE_DEBIAN}
server.modules += ( ${MODES[mode].modules} )
server.document-root = "${folder.join('htdocs')}"
server.upload-dirs = ( "${folder.path}" )
server.errorlog = "${errorLog}"
server.bind = "127.0.0.1"
server.port = ${port}
${folder.user.name ? `server.username = "${folder.user.name}"\nserver.groupname = "${folder.user.name}"` : ''}
${tls}
${applied}
${extra ?? ''}
server.modules += ( "mod_dirlisting", "mod_staticfile" )
`;
}

/**
 * mode: 'fastcgi' | 'cgi' | 'socket' (of a responder that runs by itself). `settings` (an object, written to a
 * file) or `settingsFile`. `extra`: more lines of configuration. `edit`: changes the shipped file's text. `tls: true`: a second port with TLS.
 */
export function startLighttpd({ responder, mode = 'fastcgi', settings, settingsFile, processes, extra, tls, socket, edit = (text) => text }) {
  return startFrontServer('lighttpd', { responder, settings, settingsFile, tls }, async (place) => {
    await place.folder.directory('htdocs');
    const applied = await application(place, { mode, processes, socket, edit });
    const file = await place.folder.write('lighttpd.conf', configuration(place, { mode, extra, applied }));
    // A process group of its own: with several workers it signals all of it.
    // In a directory that its user may enter when it starts itself anew.
    return { command: '/usr/sbin/lighttpd', args: ['-D', '-f', file], env: { PATH: process.env.PATH }, cwd: '/', as: { detached: true } };
  });
}
