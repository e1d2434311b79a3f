// lighttpd with the shipped lighttpd/ configuration, on a free port.

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
};

function configuration({ folder, program, settingsFile, port, tlsPort, certificate, errorLog, stderrLog }, { mode, processes, extra }) {
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
include "${shipped('lighttpd/twilio-autojoin-vars.conf')}"
var.twilio_autojoin_responder := "${program}"
var.twilio_autojoin_settings := "${settingsFile}"
var.twilio_autojoin_socket := "${folder.join('lighttpd.sock')}"
var.twilio_autojoin_stderr_log := "${stderrLog}"
${processes === undefined ? '' : `var.twilio_autojoin_processes := ${processes}`}
include "${shipped(MODES[mode].file)}"
${extra ?? ''}
server.modules += ( "mod_dirlisting", "mod_staticfile" )
`;
}

/**
 * mode: 'fastcgi' | 'cgi'. `settings` (an object, written to a file) or `settingsFile`.
 * `extra`: more lines of configuration. `tls: true`: a second port with TLS.
 */
export function startLighttpd({ responder, mode = 'fastcgi', settings, settingsFile, processes, extra, tls }) {
  return startFrontServer('lighttpd', { responder, settings, settingsFile, tls }, async (place) => {
    await place.folder.directory('htdocs');
    const file = await place.folder.write('lighttpd.conf', configuration(place, { mode, processes, extra }));
    return { command: '/usr/sbin/lighttpd', args: ['-D', '-f', file], env: { PATH: process.env.PATH } };
  });
}
