// sign: signatures as Twilio makes them, and command lines and requests that the responder takes for Twilio's.

import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { SeededRandom, seedFrom } from '../lib/seeded-random.js';
import { Folder } from '../servers/folder.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { writeSettings } from '../servers/settings.js';
import { sign } from '../twilio/signature.js';
import { OPERATOR, RESPONDER } from '../lib/programs.js';
import { OperatorScene } from './scene.js';

const TOKEN = 'b1e55ed0b1e55ed0b1e55ed0b1e55ed0';
const ACCOUNT = 'AC0123456789abcdef0123456789abcdef';
const URL_AT_TWILIO = 'https://hook.example.com/webhooks/twilio';
const SETTINGS = {
  TWILIO_ACCOUNT_SID: ACCOUNT, TWILIO_AUTH_TOKEN: TOKEN, TWILIO_IDENTITY: 'bot', AUTOJOIN_API_URL: 'http://127.0.0.1:1', AUTOJOIN_PUBLIC_URL: URL_AT_TWILIO,
};
const SHARED_KEY = { id: 'webhooks_sharedkey_1', secret: 'q3Vt7Yx0Zb2Nc4Md6Lf8Kh1Jg5Pw9RsTuVwXyZaBc=' };
const WITH_KEYS = { ...SETTINGS, AUTOJOIN_SHARED_KEYS: `k2=another, ${SHARED_KEY.id}=${SHARED_KEY.secret}` };
const PAIRS = [['AccountSid', ACCOUNT], ['EventType', 'onMessageAdd'], ['Body', "it's 100 % + \"é\" $HOME `x` \\ \n end"], ['MessagingBinding.Address', '+2'], ['MessagingBinding.Address', '+1']];
const ARGUMENTS = PAIRS.map((pair) => pair.join('='));

let folder;
let settingsFile;

before(async () => {
  folder = await Folder.create('sign');
  settingsFile = await writeSettings(folder, SETTINGS);
});
after(() => folder.remove());

function execute(command, args, { env = {}, input = '', timeoutMs = 30_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { PATH: process.env.PATH, ...env } });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const result = { stdout: '', stderr: '' };
    child.stdout.on('data', (data) => { result.stdout += data; });
    child.stderr.on('data', (data) => { result.stderr += data; });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      assert.ok(!(result.stdout + result.stderr).includes(TOKEN), 'the token is shown');
      assert.ok(!(result.stdout + result.stderr).includes(SHARED_KEY.secret), 'the SharedKey is shown');
      resolve({ ...result, code });
    });
  });
}

const operator = (args, options = {}) => execute(OPERATOR, ['sign', ...args], { ...options, env: { AUTOJOIN_CONFIG: settingsFile, ...options.env } });

/** An HTTP server that answers 200 with what it was sent, or what `answer` says. */
async function listener(answer = (seen) => ({ status: 200, body: JSON.stringify(seen) })) {
  const requests = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const seen = { url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString('latin1') };
      requests.push(seen);
      const { status, body } = answer(seen);
      response.writeHead(status).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { requests, port: server.address().port, stop: () => new Promise((resolve) => { server.closeAllConnections?.(); server.close(resolve); }) };
}

test('with an EventType AccountSid, ChatServiceSid and the time are put in, unless they are given', async () => {
  const service = `IS${'5'.repeat(32)}`;
  const body = async (args, more = {}) => {
    const file = await writeSettings(folder, { ...SETTINGS, ...more }, { name: 'defaults.conf' });
    const { code, stdout, stderr } = await operator(['--json', ...args], { env: { AUTOJOIN_CONFIG: file } });
    assert.equal(code, 0, stderr);
    return Object.fromEntries(new URLSearchParams(JSON.parse(stdout).body));
  };
  const added = await body(['EventType=onConversationAdded', 'ConversationSid=CH1'], { TWILIO_CHAT_SERVICE_SID: service });
  const { DateCreated: created, ...rest } = added;
  assert.deepEqual(rest, { EventType: 'onConversationAdded', ConversationSid: 'CH1', AccountSid: ACCOUNT, ChatServiceSid: service });
  const age = Date.now() - Date.parse(created);
  assert.ok(age >= 119_000 && age < 180_000, created);
  assert.deepEqual(await body(['EventType=onMessageAdded']), { EventType: 'onMessageAdded', AccountSid: ACCOUNT });
  assert.deepEqual(await body(['EventType=x', 'AccountSid=AC1', 'ChatServiceSid=']), { EventType: 'x', AccountSid: 'AC1', ChatServiceSid: '' });
  assert.deepEqual(await body(['a=b']), { a: 'b' }, 'what is no webhook of Conversations stays as it is');
  assert.deepEqual(await body(['--body', 'EventType=onConversationAdded']), { EventType: 'onConversationAdded' });
});

test('a made-up conversation that is signed and sent is gone, and leaves no ticket', async () => {
  const scene = await OperatorScene.open();
  try {
    const run = await scene.run('sign', '--send', 'EventType=onConversationAdded', `ConversationSid=CH${'d'.repeat(32)}`, `ChatServiceSid=${scene.twilio.defaultService.sid}`);
    assert.match(run.stdout, /^200 in .*\n\{"result":"gone"\}\nThe responder noted: gone/, run.stderr);
    assert.deepEqual((await readdir(scene.spool)).filter((name) => name.startsWith('CH')), []);
  } finally {
    await scene.close();
  }
});

test('--event-stream: the CloudEvent of that event, which the responder joins by', async () => {
  const scene = await OperatorScene.open();
  try {
    const { sid: conversation, participants } = scene.twilio.addConversation();
    const made = ['--event-stream', 'EventType=onConversationAdded', `ConversationSid=${conversation}`];
    const { stdout } = await scene.run('sign', '--json', ...made);
    const { content_type: type, body, url } = JSON.parse(stdout);
    assert.deepEqual([type, /[?&]bodySHA256=[0-9a-f]{64}$/.test(url)], ['application/json', true]);
    const { specversion, type: name, data } = JSON.parse(body);
    assert.deepEqual([specversion, name], ['1.0', 'com.twilio.conversations.conversation.added']);
    assert.deepEqual([data.AccountSid, data.ConversationSid, data.EventType], [scene.twilio.accountSid, conversation, undefined]);
    const run = await scene.run('sign', '--send', ...made);
    assert.match(run.stdout, /^200 in .*\n\{"result":"joined"\}\n$/, run.stderr);
    assert.equal(participants.size, 1);
  } finally {
    await scene.close();
  }
});

test('--event-stream: what is no event there is refused, and so is a body beside it', async () => {
  for (const [args, code, message] of [
    [['EventType=onUserAdded'], 64, /no such EventType: onUserAdded/], [['a=b'], 64, /no such EventType: none/],
    [['EventType=onMessageAdded', 'x'], 64, /x: not NAME=VALUE/], [['EventType=onMessageAdded', 'Author=\xff'], 0, /^$/], [['--body', '{}'], 64, /Usage/],
  ]) {
    const run = await operator(['--event-stream', ...args]);
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, message);
  }
});

test('why it was refused is told by what the responder noted, where there are statistics', async () => {
  const scene = await OperatorScene.open();
  try {
    const send = async (...args) => (await scene.run('sign', '--send', ...args)).stdout;
    assert.match(await send('--url', scene.front.url.replace('127.0.0.1', 'localhost'), 'EventType=onConversationAdded'), /^403 in .*\n\{\}\nThe responder noted: forbidden: \S/);
    assert.match(await send('EventType=onConversationAdded', 'ConversationSid=CH1'), /^400 in .*\n\{\}\nThe responder noted: bad-request: \S/);
    assert.match(JSON.parse((await scene.run('sign', '--send', '--json', 'EventType=onMessageAdded')).stdout).result, /^ignored/);
    await scene.change({ AUTOJOIN_STATS_FILE: undefined });
    assert.match(await send('EventType=onMessageAdded'), /^200 in .*\n\{"result":"ignored"\}\n$/);
  } finally {
    await scene.close();
  }
});

test('the signature is the one that Twilio makes, of parameters and of a body on standard input', async () => {
  const seed = seedFrom(process.env.SEED);
  const random = new SeededRandom(seed);
  for (let i = 0; i < 30; i += 1) {
    const text = () => random.list(0, 8, () => random.pick([...'aZ09 +%&=;#~é😀\t\n"\'\\'])).join('');
    const pairs = random.list(1, 6, () => [`n${text().replaceAll('=', '')}`, text()]);
    const url = `https://h.example${random.pick(['', ':8443'])}/p${random.pick(['', '?a=%20b', '/'])}`;
    const expected = `${sign(url, pairs, TOKEN)}\n`;
    const body = pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
    assert.equal((await operator(['--url', url, ...pairs.map((pair) => pair.join('='))])).stdout, expected, `SEED=${seed}`);
    assert.equal((await operator(['--url', url, '--body', '-'], { input: body })).stdout, expected, `SEED=${seed}`);
    assert.equal((await operator(['--url', url, '--body', body])).stdout, expected, `SEED=${seed}`);
  }
});

test('without --url the public URL is signed, and a fragment never is', async () => {
  assert.equal((await operator(ARGUMENTS)).stdout, `${sign(URL_AT_TWILIO, PAIRS, TOKEN)}\n`);
  assert.equal((await operator(['--url', `${URL_AT_TWILIO}#rc=2`, ...ARGUMENTS])).stdout, `${sign(URL_AT_TWILIO, PAIRS, TOKEN)}\n`);
});

test('--curl: a shell runs it, and what arrives is signed', async () => {
  const server = await listener();
  try {
    const url = `http://127.0.0.1:${server.port}/webhooks/../twilio?q=it's%20[me]`;
    const { stdout, code } = await operator(['--curl', '--url', url, ...ARGUMENTS]);
    assert.equal(code, 0);
    const { stdout: answer } = await execute('/bin/sh', ['-c', stdout]);
    assert.match(answer, /200 OK/);
    const [seen] = server.requests;
    assert.equal(seen.url, "/webhooks/../twilio?q=it's%20[me]");
    assert.equal(seen.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(seen.headers['x-twilio-signature'], sign(url, PAIRS, TOKEN));
    assert.deepEqual([...new URLSearchParams(seen.body)], PAIRS);
  } finally {
    await server.stop();
  }
});

test('--curl: a body of any bytes arrives as it is, hashed in the URL', async () => {
  const server = await listener();
  try {
    const url = `http://127.0.0.1:${server.port}/p`;
    const { stdout } = await operator(['--curl', '--url', url, '--content-type', 'application/json', '--body', '-'], { input: Buffer.from('{"a%s":"\\n\'\0\xff\n"}', 'latin1') });
    await execute('/bin/sh', ['-c', stdout]);
    const [seen] = server.requests;
    assert.equal(seen.body, '{"a%s":"\\n\'\0\xff\n"}');
    assert.match(seen.url, /^\/p\?bodySHA256=[0-9a-f]{64}$/);
    assert.equal(seen.headers['x-twilio-signature'], sign(`http://127.0.0.1:${server.port}${seen.url}`, [], TOKEN));
  } finally {
    await server.stop();
  }
});

test('--cgi: a shell runs it, and the responder takes it for Twilio\'s', async () => {
  const { stdout } = await operator(['--cgi', ...ARGUMENTS]);
  const line = stdout.replace(/ \S*twilio-autojoin\.fcgi\n$/, ` ${RESPONDER}\n`);
  const reply = await execute('/bin/sh', ['-c', line]);
  assert.match(reply.stdout, /^Status: 200 OK\r\n[^]*\r\n\r\n\{\}$/);
  const forged = await execute('/bin/sh', ['-c', line.replace('onMessageAdd', 'onMessageAdded')]);
  assert.match(forged.stdout, /^Status: (403|400)/);
  assert.match(await operator(['--cgi', 'a=b'], { env: { AUTOJOIN_CONFIG: '', TWILIO_AUTH_TOKEN: TOKEN, AUTOJOIN_PUBLIC_URL: URL_AT_TWILIO } }).then(({ stdout: out }) => out), /env -i/);
});

test('--send: through a real lighttpd, signed for the public URL, with answer and time', async () => {
  const server = await startLighttpd({ responder: RESPONDER, settings: SETTINGS });
  try {
    const where = ['--send', '--connect', `http://127.0.0.1:${server.port}`];
    const { stdout, code } = await operator([...where, ...ARGUMENTS]);
    assert.match(stdout, /^200 in \d+\.\d ms\n\{\}\n$/);
    assert.equal(code, 0);
    const refused = await operator([...where, '--url', 'https://elsewhere.example/webhooks/twilio', '--json', ...ARGUMENTS]);
    assert.equal(refused.code, 1);
    const object = JSON.parse(refused.stdout);
    assert.equal(object.status, 403);
    assert.equal(object.signature, sign('https://elsewhere.example/webhooks/twilio', PAIRS, TOKEN));
    assert.ok(object.ms > 0);
  } finally {
    await server.stop();
  }
});

test('--send: the public host is named wherever it connects to, and what answers cannot move the cursor', async () => {
  const server = await listener(() => ({ status: 503, body: 'no\x1b[2J' }));
  try {
    const sent = await operator(['--send', '--connect', `http://127.0.0.1:${server.port}`, '--url', 'https://hook.example.com:8443/p?a=1', 'a=b']);
    assert.equal(sent.code, 1);
    assert.match(sent.stdout, /^503 in \d+\.\d ms\nno\?\[2J\n$/);
    const plain = await operator(['--send', '--connect', `127.0.0.1:${server.port}`, '--url', 'http://hook.example.com/p', 'a=b']);
    assert.equal(plain.code, 1);
    assert.deepEqual(server.requests.map(({ url, headers }) => [headers.host, url]), [['hook.example.com:8443', '/p?a=1'], ['hook.example.com', '/p']]);
  } finally {
    await server.stop();
  }
});

test('--send: nobody there is said, with a status of its own', async () => {
  const server = await listener();
  await server.stop();
  const { code, stderr } = await operator(['--send', '--url', `http://127.0.0.1:${server.port}/p`, 'a=b']);
  assert.equal(code, 69);
  assert.match(stderr, /^twilio-autojoin: no answer: /);
});

test('--json holds what is needed to send it', async () => {
  const { stdout } = await operator(['--json', 'a=b c']);
  assert.deepEqual(JSON.parse(stdout), {
    url: URL_AT_TWILIO, signature: sign(URL_AT_TWILIO, [['a', 'b c']], TOKEN), content_type: 'application/x-www-form-urlencoded', body: 'a=b+c',
  });
});

test('--cgi: port and query of the URL are the request\'s', async () => {
  const signing = await writeSettings(folder, { ...SETTINGS, AUTOJOIN_PUBLIC_URL: undefined }, { name: 'no-public-url.conf' });
  for (const url of ['https://hook.example.com:8443/webhooks/twilio?a=%20b&c', 'http://hook.example.com:80/hook?']) {
    const { stdout } = await operator(['--cgi', '--url', url, ...ARGUMENTS], { env: { AUTOJOIN_CONFIG: signing } });
    const line = stdout.replace(/ \S*twilio-autojoin\.fcgi\n$/, ` ${RESPONDER}\n`);
    assert.match((await execute('/bin/sh', ['-c', line])).stdout, /^Status: 200 OK\r\n/, url);
    assert.match((await execute('/bin/sh', ['-c', line.replaceAll(':8', ':9')])).stdout, /^Status: 403 /, url);
  }
});

test('a body that no webhook can have is refused', async () => {
  const stdin = (command) => execute('/bin/sh', ['-c', `${command} "$0" sign --body -${command === '' ? ' </' : ''}`, OPERATOR], { env: { AUTOJOIN_CONFIG: settingsFile } });
  const large = await stdin('head -c 1100000 /dev/zero |');
  assert.deepEqual([large.code > 0, large.stdout], [true, '']);
  assert.match(large.stderr, /standard input: too large for a webhook/);
  const folders = await stdin('');
  assert.deepEqual([folders.code > 0, folders.stdout], [true, '']);
  assert.match(folders.stderr, /standard input: Is a directory/);
  const many = await operator(Array.from({ length: 513 }, (_, i) => `n${i}=`));
  assert.equal(many.code, 64);
  assert.match(many.stderr, /more parameters than a webhook may have/);
  assert.equal((await operator(Array.from({ length: 512 }, (_, i) => `n${i}=`))).code, 0);
  const arguments_ = await operator(Array.from({ length: 12 }, (_, i) => `n${i}=${'x'.repeat(100_000)}`));
  assert.deepEqual([arguments_.code > 0, arguments_.stdout], [true, '']);
  assert.match(arguments_.stderr, /the body is too large for a webhook/);
});

test('--key: by a SharedKey and either algorithm, with the header that names both, and the responder takes it for Twilio\'s', async () => {
  const env = { AUTOJOIN_CONFIG: await writeSettings(folder, WITH_KEYS, { name: 'with-keys.conf' }) };
  const server = await listener();
  const lighttpd = await startLighttpd({ responder: RESPONDER, settings: WITH_KEYS });
  try {
    for (const [given, algorithm] of [[[], 'HMAC_SHA256'], [['--algorithm', 'HMAC_SHA256'], 'HMAC_SHA256'], [['--algorithm', 'HMAC_SHA1'], 'HMAC_SHA1']]) {
      const key = ['--key', SHARED_KEY.id, ...given];
      const header = `key=${SHARED_KEY.id},algorithm=${algorithm}`;
      const signature = sign(URL_AT_TWILIO, PAIRS, SHARED_KEY.secret, algorithm);
      assert.equal((await operator([...key, ...ARGUMENTS], { env })).stdout, `${signature}\n`);
      const { stdout: json } = await operator([...key, '--json', ...ARGUMENTS], { env });
      assert.deepEqual([JSON.parse(json).signature, JSON.parse(json).settings_header], [signature, header]);

      const url = `http://127.0.0.1:${server.port}/p`;
      const { stdout: curl } = await operator([...key, '--curl', '--url', url, ...ARGUMENTS], { env });
      await execute('/bin/sh', ['-c', curl]);
      const { headers } = server.requests.at(-1);
      assert.deepEqual([headers['x-twilio-signature'], headers['x-twilio-webhooks-signature-settings']], [sign(url, PAIRS, SHARED_KEY.secret, algorithm), header]);

      const { stdout: cgi } = await operator([...key, '--cgi', ...ARGUMENTS], { env });
      const line = cgi.replace(/ \S*twilio-autojoin\.fcgi\n$/, ` ${RESPONDER}\n`);
      assert.match((await execute('/bin/sh', ['-c', line])).stdout, /^Status: 200 OK\r\n/);
      assert.match((await execute('/bin/sh', ['-c', line.replace(`key=${SHARED_KEY.id}`, 'key=k2')])).stdout, /^Status: 403 /);

      assert.match((await operator([...key, '--send', '--connect', `http://127.0.0.1:${lighttpd.port}`, ...ARGUMENTS], { env })).stdout, /^200 in /);
    }
    for (const args of [['--key', 'k3'], ['--key', ''], ['--algorithm', 'HMAC_SHA1'], ['--key', 'k2', '--algorithm', 'HMAC_SHA512']]) {
      assert.equal((await operator([...args, 'a=b'], { env })).code, 64, args.join(' '));
    }
  } finally {
    await lighttpd.stop();
    await server.stop();
  }
});

test('wrong calls are refused with statuses of their own', async () => {
  const wrong = [['--nonsense'], ['--curl', '--cgi', 'a=b'], ['a'], ['--connect', 'h:1', 'a=b'], ['--body', 'x', 'a=b'], ['--url', 'ftp://x', 'a=b'], ['--url', 'http://x/\n', 'a=b'],
    ['--content-type', 'a\r\nb: c', 'a=b']];
  for (const args of wrong) assert.equal((await operator(args)).code, 64, args.join(' '));
  assert.equal((await operator(['--help'])).code, 0);
  const none = await writeSettings(folder, { TWILIO_AUTH_TOKEN: TOKEN }, { name: 'no-url.conf' });
  assert.equal((await operator(['a=b'], { env: { AUTOJOIN_CONFIG: none } })).code, 64);
  const faulty = await writeSettings(folder, { TWILIO_IDENTITY: 'bot' }, { name: 'faulty.conf' });
  assert.equal((await operator(['a=b'], { env: { AUTOJOIN_CONFIG: faulty } })).code, 78);
});

test('--json shows no user and password of the URL; a command that needs them holds them, and says so', async () => {
  const url = 'https://user:pa55word@hook.example.com/webhooks/twilio';
  for (const args of [['--json'], ['--json', '--cgi'], ['--cgi'], ['--json', '--send', '--connect', 'http://127.0.0.1:1']]) {
    const { stdout, stderr } = await operator([...args, '--url', url, 'a=b']);
    assert.ok(!(stdout + stderr).includes('pa55word'), `${args}: ${stdout}${stderr}`);
    if (args[0] === '--json') assert.equal(JSON.parse(stdout).url, 'https://***@hook.example.com/webhooks/twilio');
  }
  const { signature } = JSON.parse((await operator(['--json', '--url', url, 'a=b'])).stdout);
  assert.equal(signature, sign(url, [['a', 'b']], TOKEN));
  for (const args of [['--curl'], ['--curl', '--json']]) {
    const { stdout, stderr } = await operator([...args, '--url', url, 'a=b']);
    assert.ok(stdout.includes('pa55word'));
    assert.match(stderr, /the command holds the URL's user and password/);
  }
  assert.equal((await operator(['--curl', 'a=b'])).stderr, '');
});
