// The socket that systemd would listen on for Type=notify. Node has no datagrams on Unix sockets; perl, which
// autotools need, has.

import { spawn } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { until } from './daemon.js';

const PROGRAM = `
  use Socket; $| = 1;
  my $name = $ARGV[0]; $name =~ s/^@/\\0/;
  my $s;
  socket($s, AF_UNIX, SOCK_DGRAM, 0) and bind($s, pack_sockaddr_un($name)) or die $!;
  print "bound\\0";
  while (defined recv($s, my $message, 4096, 0)) { print "$message\\0" }`;

/** `address`: a path or "@name". `messages` grows; each is what one datagram said, by name. */
export async function notifySocket(address) {
  const child = spawn('perl', ['-e', PROGRAM, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  const messages = [];
  let text = '';
  child.stdout.on('data', (data) => {
    const parts = `${text}${data}`.split('\0');
    text = parts.pop();
    messages.push(...parts.map((part) => Object.fromEntries(part.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))));
  });
  await until(() => messages.length > 0, { what: 'the socket to be bound' });
  messages.length = 0;
  if (address.startsWith('/')) await chmod(address, 0o777); // whoever the responder runs as
  return {
    address, messages,
    said: (count) => until(() => messages.length >= count, { what: `${count} messages of ${JSON.stringify(messages)}` }),
    stop: () => new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill();
    }),
  };
}
