// Hosts and request targets: the plain ones that are recommended, and everything
// else that web servers were measured to pass on raw.

const HOSTS = [
  'hook.example.com', 'example.com', 'a-b.c_d.example.org', 'host.example.com.', 'xn--bcher-kva.example', 'localhost',
  '127.0.0.1', '192.0.2.44', '[::1]', '[2001:db8::7]',
];
const PORTS = ['', '', '', ':443', ':80', ':8443', ':8080', ':1', ':65535', ':4430'];

const SEGMENTS = ['webhooks', 'twilio', 'Twilio', 'a', 'index.php', 'a%20b', 'a%2Fb', 'a%2fb', '%E4%B8%AD', 'x+y', 'a:b', '@me', 'a;v=1', 'a,b', '~u', '(x)', '!$&*', '%7Euser', ''];
const ODD_SEGMENTS = ['it\'s', 'a"b', '<tag>', 'a|b', 'a^b', 'a`b', '{id}', '[0]', 'a\\b', '.', '..', '%2e', '%2E%2e', '...'];
const QUERIES = ['foo=1', 'bar=2', 'a=%20x%2By', 'a=b+c', 'a=b%2bc', 'empty=', 'flag', '', 'x=%C3%A9', 'x=%c3%a9', 'a=1&a=2', 'b=2&a=1', 'e=a@b.example', 't=12:30', 'p=/x/y', 'q=a?b', 's=a;b', 'c=a,b', 'z=%zz', 'n=%00', 'bodysha=1'];
const ODD_QUERIES = ['n=it\'s', 'n=a"b', 'n=<b>', 'n=a|b', 'n=a^b', 'n=a`b', 'n={id}', 'n=[0]', 'n=a\\b', 'n[]=1'];

export function randomHost(random) {
  const host = random.pick(HOSTS);
  return `${random.chance(0.04) ? host.replace(/[a-z]+/, (word) => word.toUpperCase()) : host}${random.pick(PORTS)}`;
}

export function randomTarget(random) {
  const odd = random.chance(0.35);
  const segment = () => random.pick(odd && random.chance(0.3) ? ODD_SEGMENTS : SEGMENTS);
  const piece = () => random.pick(odd && random.chance(0.3) ? ODD_QUERIES : QUERIES);
  const path = `/${random.list(0, 4, segment).join('/')}`;
  const query = random.chance(0.5) ? '' : `?${random.list(0, 4, piece).join('&')}`;
  const fragment = random.chance(0.01) ? '#rc=3&rp=all' : '';
  return `${path}${query}${fragment}`;
}
