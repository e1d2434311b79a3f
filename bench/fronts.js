// Ours (or the floor) behind web servers, by the shipped configurations: what to start, and how.
// Each function writes into `folder` and gives [{ command, args, env, as }].

import { readFile, symlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const shipped = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const APACHE_MODULES = '/usr/lib/apache2/modules';

/** mode: 'fastcgi' | 'cgi'; as many responders as `processes`. */
export async function lighttpd({ folder, port, program, settings }, { mode = 'fastcgi', processes = 1 }) {
  await folder.directory('htdocs');
  const file = await folder.write('lighttpd.conf', `
server.modules = ( "mod_alias", "mod_setenv", "mod_${mode}" )
server.document-root = "${folder.join('htdocs')}"
server.upload-dirs = ( "${folder.path}" )
server.errorlog = "${folder.join('error.log')}"
server.bind = "127.0.0.1"
server.port = ${port}
server.max-connections = 2048
server.max-keep-alive-requests = 1000000000
${folder.user.name ? `server.username = "${folder.user.name}"\nserver.groupname = "${folder.user.name}"` : ''}
include "${shipped('lighttpd/twilio-autojoin-vars.conf')}"
var.twilio_autojoin_responder := "${program}"
var.twilio_autojoin_settings := "${settings}"
var.twilio_autojoin_socket := "${folder.join('lighttpd.sock')}"
var.twilio_autojoin_stderr_log := "${folder.join('stderr.log')}"
var.twilio_autojoin_processes := ${processes}
include "${shipped(`lighttpd/twilio-autojoin-${mode}.conf`)}"
`);
  return [{ command: '/usr/sbin/lighttpd', args: ['-D', '-f', file] }];
}

function responderOn(socket, { folder, program, settings }) {
  return { command: program, args: ['--listen', `unix:${socket}`], env: { AUTOJOIN_CONFIG: settings }, as: folder.as };
}

/** The responders run by themselves; one worker of nginx and one responder, or several of both. */
export async function nginx(place, { processes = 1 }) {
  const { folder, port } = place;
  const sockets = Array.from({ length: processes }, (_, number) => folder.join(`responder-${number}.sock`));
  const upstream = await readFile(shipped('contrib/nginx/twilio-autojoin-upstream.conf'), 'utf8');
  // With more than one, nginx takes a responder that was not up yet for dead for ten seconds.
  const servers = sockets.map((socket) => `server unix:${socket}${processes > 1 ? ' max_fails=0' : ''};`).join('\n  ');
  await folder.write('upstream.conf', upstream.replace(/^ *server unix:.*;$/m, `  ${servers}`));
  await symlink('/etc/nginx/fastcgi.conf', folder.join('fastcgi.conf'));
  const file = await folder.write('nginx.conf', `
daemon off;
worker_processes ${processes};
${folder.user.name ? `user ${folder.user.name};` : ''}
pid ${folder.join('nginx.pid')};
events { worker_connections 4096; }
worker_rlimit_nofile 8192;
http {
  access_log off;
  keepalive_requests 1000000000;
  ${['client_body', 'fastcgi', 'proxy', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder.join(`temp-${name}`)};`).join(' ')}
  include ${folder.join('upstream.conf')};
  server {
    listen 127.0.0.1:${port} backlog=2048;
    server_name hook.example.com;
    include ${shipped('contrib/nginx/twilio-autojoin-locations.conf')};
  }
}
`);
  return [
    ...sockets.map((socket) => responderOn(socket, place)),
    { command: '/usr/sbin/nginx', args: ['-c', file, '-e', folder.join('error.log')] },
  ];
}

/** mode: 'fcgid' | 'proxy-fcgi'. `defines`: values of the shipped file that differ. */
export async function apache(place, { mode, defines = {}, more = '' }) {
  const { folder, port, program, settings } = place;
  const socket = folder.join('responder.sock');
  const modules = ['mpm_event', 'authz_core', 'alias', 'env', ...(mode === 'fcgid' ? ['fcgid'] : ['proxy', 'proxy_fcgi'])];
  const values = { TWILIO_AUTOJOIN_RESPONDER: program, TWILIO_AUTOJOIN_SETTINGS: settings, TWILIO_AUTOJOIN_SOCKET: socket, ...defines };
  await folder.directory('run');
  await folder.directory('htdocs');
  const file = await folder.write('apache.conf', `
ServerRoot ${folder.path}
DefaultRuntimeDir ${folder.join('run')}
PidFile ${folder.join('run', 'apache.pid')}
ServerName hook.example.com
ErrorLog ${folder.join('error.log')}
LogLevel crit
${folder.user.name ? `User ${folder.user.name}\nGroup ${folder.user.name}` : ''}
${modules.map((name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`).join('\n')}
<Directory />
  AllowOverride None
  Require all denied
</Directory>
ThreadsPerChild 64
MaxRequestWorkers 512
ServerLimit 8
ThreadLimit 64
MaxKeepAliveRequests 0
${mode === 'fcgid' ? `FcgidIPCDir ${folder.join('run')}\nFcgidProcessTableFile ${folder.join('run', 'fcgid_shm')}` : ''}
${Object.entries(values).map(([name, value]) => `Define ${name} ${value}`).join('\n')}
Listen 127.0.0.1:${port}
DocumentRoot ${folder.join('htdocs')}
Include ${shipped(`apache/twilio-autojoin-${mode}.conf`)}
${more}
`);
  const front = { command: '/usr/sbin/apache2', args: ['-f', file, '-DFOREGROUND'] };
  return mode === 'fcgid' ? [front] : [responderOn(socket, place), front];
}
