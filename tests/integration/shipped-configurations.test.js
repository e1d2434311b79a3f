// The shipped configurations as they are, with nothing given from outside: the
// servers accept them, and the installed defaults are the documented ones.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Folder } from '../servers/folder.js';
import { shipped } from '../servers/frontserver.js';

const execute = promisify(execFile);
const RESPONDER = '/usr/libexec/twilio-autojoin/twilio-autojoin.fcgi';
const MODULES = '/usr/lib/apache2/modules';

/** `program` without the caller's environment: lighttpd's include_shell runs what $SHELL names, which has start-up files. */
async function run(program, args) {
  try {
    return await execute(program, args, { env: { PATH: process.env.PATH } });
  } catch (error) {
    const { code, signal, stdout, stderr } = error;
    throw new Error(`${program} ${args.join(' ')}: ${JSON.stringify({ code, signal, stdout, stderr })}`);
  }
}

let folder;
before(async () => { folder = await Folder.create('conf'); });
after(() => folder.remove());

describe('lighttpd', () => {
  for (const [mode, modules] of [['fastcgi', '"mod_fastcgi"'], ['cgi', '"mod_alias", "mod_setenv", "mod_cgi"']]) {
    it(`twilio-autojoin-${mode}.conf`, async () => {
      const file = await folder.write(`lighttpd-${mode}.conf`, `
server.document-root = "${folder.path}"
server.modules = ( ${modules} )
include "${shipped('lighttpd/twilio-autojoin-vars.conf')}"
include "${shipped(`lighttpd/twilio-autojoin-${mode}.conf`)}"
`);
      await run('/usr/sbin/lighttpd', ['-tt', '-f', file]);
    });
  }

  // Read here: lighttpd's own `-p` writes past a block of its memory, depending on the length of the files' names
  // (1.4.69, "malloc(): invalid size"). That the values reach the responder the drivers show, which use these files.
  it('the values of twilio-autojoin-vars.conf', async () => {
    const text = await readFile(shipped('lighttpd/twilio-autojoin-vars.conf'), 'utf8');
    for (const [name, value] of [['responder', RESPONDER], ['settings', '/etc/twilio-autojoin.conf'], ['stderr_log', '/var/log/lighttpd/twilio-autojoin.stderr']]) {
      assert.match(text, new RegExp(`^var\\.twilio_autojoin_${name} = "${value}"$`, 'm'));
    }
  });

  it('twilio-autojoin-socket.conf', async () => {
    const file = await folder.write('lighttpd-socket.conf', `
server.document-root = "${folder.path}"
server.modules = ( "mod_fastcgi" )
include "${shipped('lighttpd/twilio-autojoin-socket.conf')}"
`);
    await run('/usr/sbin/lighttpd', ['-tt', '-f', file]);
    assert.match(await readFile(shipped('lighttpd/twilio-autojoin-socket.conf'), 'utf8'), /^[^#]*"\/run\/twilio-autojoin\/responder\.sock"/m);
  });
});

describe('Apache', () => {
  for (const [name, modules] of [['fcgid', ['fcgid']], ['cgid', ['cgid']], ['proxy-fcgi', ['proxy', 'proxy_fcgi']]]) {
    // mod_fcgid wants the program to be there, and here it need not be installed.
    it(`twilio-autojoin-${name}.conf, in two virtual hosts`, async () => {
      const file = await folder.write(`apache-${name}.conf`, `
ServerRoot ${folder.path}
ServerName localhost
DefaultRuntimeDir ${folder.path}
PidFile ${folder.join('pid')}
ErrorLog ${folder.join('error.log')}
Listen 127.0.0.1:8
${['mpm_event', 'authz_core', 'alias', 'env', ...modules].map((m) => `LoadModule ${m}_module ${MODULES}/mod_${m}.so`).join('\n')}
${name === 'fcgid' ? 'Define TWILIO_AUTOJOIN_RESPONDER /bin/true' : ''}
${['a', 'b'].map((host) => `<VirtualHost *:8>\nServerName ${host}.example\nInclude ${shipped(`apache/twilio-autojoin-${name}.conf`)}\n</VirtualHost>`).join('\n')}
`);
      const { stderr } = await run('/usr/sbin/apache2', ['-t', '-f', file]);
      assert.equal(stderr.trim(), 'Syntax OK');
      const text = await readFile(shipped(`apache/twilio-autojoin-${name}.conf`), 'utf8');
      for (const value of name === 'proxy-fcgi' ? ['/run/twilio-autojoin/responder.sock'] : [RESPONDER, '/etc/twilio-autojoin.conf']) assert.ok(text.includes(`${value}\n`), value);
    });
  }
});

describe('nginx', () => {
  it('both files', async () => {
    await symlink('/etc/nginx/fastcgi.conf', folder.join('fastcgi.conf'));
    const file = await folder.write('nginx.conf', `
pid ${folder.join('nginx.pid')};
error_log stderr;
events {}
http {
  ${['client_body', 'fastcgi', 'proxy', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder.join(name)};`).join('\n  ')}
  include ${shipped('contrib/nginx/twilio-autojoin-upstream.conf')};
  server {
    listen unix:${folder.join('nginx.sock')};
    include ${shipped('contrib/nginx/twilio-autojoin-locations.conf')};
  }
}
`);
    const { stderr } = await run('/usr/sbin/nginx', ['-t', '-c', file, '-e', 'stderr']);
    assert.match(stderr, /test is successful/);
    assert.doesNotMatch(stderr, /\[(warn|error)\]/);
  });
});
