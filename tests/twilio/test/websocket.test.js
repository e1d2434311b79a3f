// The stand-in's WebSocket half below the SDK: what it refuses, and what the SDK as used in
// tests/websocket never asks.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { StandIn } from '../standin.js';
import { call } from '../../lib/rest-client.js';
import { decodeFrame, encodeFrame } from '../websocket/frames.js';
import { makeAccessToken } from '../../lib/access-token.js';

const patience = () => ({ signal: AbortSignal.timeout(5000) });
const KEY = { apiKey: `SK${'7'.repeat(32)}`, apiSecret: 'secret' };

let twilio;
before(async () => { twilio = await StandIn.start({ ...KEY, websocket: true }); });
after(() => twilio.stop());

async function open(url = twilio.gateway.url) {
  const socket = new WebSocket(url);
  const frames = [];
  socket.on('message', (data) => frames.push(decodeFrame(data)));
  await once(socket, 'open', patience());
  const read = async () => {
    if (frames.length === 0) await once(socket, 'message', patience());
    const { header, payload } = frames.shift();
    return { ...header, payload: payload && JSON.parse(payload) };
  };
  return { socket, read, send: (header, payload) => socket.send(encodeFrame({ id: 'TM1', ...header }, payload)) };
}

const tokenFor = (identity) => makeAccessToken({
  accountSid: twilio.accountSid, keySid: KEY.apiKey, secret: KEY.apiSecret, identity, serviceSid: twilio.defaultService.sid,
});

async function connect(identity) {
  const client = await open();
  client.send({ method: 'init', token: tokenFor(identity), continuation_token: null });
  assert.equal((await client.read()).status.code, 200);
  client.ask = async (method, path, params = {}, body) => {
    client.send({ method: 'message', http_request: { host: 'x', method, path, params, headers: {} } }, body);
    const { http_status: status, payload } = await client.read();
    return { status: status.code, payload };
  };
  return client;
}

test('another path is no WebSocket', async () => {
  const socket = new WebSocket(`${twilio.gateway.url}x`);
  const [error] = await once(socket, 'error', patience());
  assert.match(error.message, /404/);
});

const NONSENSE = [
  ['a text message', (socket) => socket.send('TWILSOCK V3.0 2\r\n{}\r\n')],
  ['no magic', (socket) => socket.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
  ['another version', (socket) => socket.send(Buffer.from('TWILSOCK V2.0 2\r\n{}\r\n'))],
  ['a header that is not JSON', (socket) => socket.send(Buffer.from('TWILSOCK V3.0 2\r\n{]\r\n'))],
  ['a header shorter than announced', (socket) => socket.send(Buffer.from('TWILSOCK V3.0 40\r\n{"method":"init","id":"TM1"}\r\n'))],
  ['a payload longer than announced', (socket) => socket.send(Buffer.concat([encodeFrame({ method: 'init', id: 'TM1' }, {}), Buffer.from('x')]))],
  ['an unknown method', (socket) => socket.send(encodeFrame({ method: 'dance', id: 'TM1' }))],
  ['a message before init', (socket) => socket.send(encodeFrame({ method: 'message', id: 'TM1' }))],
];
for (const [name, send] of NONSENSE) {
  test(`${name} closes the connection with 417`, async () => {
    const { socket, read } = await open();
    send(socket);
    const { method, status } = await read();
    assert.deepEqual([method, status.code], ['close', 417]);
    await once(socket, 'close', patience());
    assert.equal(twilio.gateway.complaints.splice(0).length, 1);
  });
}

test('one client sees nothing of a conversation that it takes no part in', async () => {
  const { sid } = twilio.createConversation();
  twilio.addParticipant(sid, { identity: 'insider' });
  const [insider, outsider] = [await connect('insider'), await connect('outsider')];
  for (const path of [`/v3/Documents/${sid}.channel`, `/v3/Lists/${sid}.messages`, `/v3/Maps/${sid}.roster`, `/v3/Maps/${sid}.roster/Items`]) {
    assert.equal((await insider.ask('GET', path)).status, 200);
    assert.equal((await outsider.ask('GET', path)).status, 404);
  }
  const { payload: mine } = await insider.ask('GET', '/Client/v2/Configuration');
  const name = mine.sync_objects.my_conversations;
  assert.equal((await insider.ask('GET', `/v3/Maps/${name}/Items`)).payload.items[0].key, sid);
  assert.equal((await outsider.ask('GET', `/v3/Maps/${name}/Items`)).status, 404);
  for (const { socket } of [insider, outsider]) socket.close();
});

test('long lists are read in pages, in both directions', async () => {
  const { sid } = twilio.createConversation();
  twilio.addParticipant(sid, { identity: 'reader' });
  for (let n = 0; n < 25; n += 1) await call(twilio, 'POST', `/v1/Conversations/${sid}/Messages`, { form: [['Author', 'reader'], ['Body', `no ${n}`]] });
  const { ask, socket } = await connect('reader');
  const page = async (params) => {
    const { payload } = await ask('GET', `/v3/Lists/${sid}.messages/Items`, params);
    return [payload.items.map(({ index }) => index), payload.meta.previous_token !== null, payload.meta.next_token !== null];
  };
  assert.deepEqual(await page({ PageSize: 3, Order: 'desc' }), [[24, 23, 22], false, true]);
  assert.deepEqual(await page({ PageSize: 3, Order: 'desc', From: '1' }), [[1, 0], true, false]);
  assert.deepEqual(await page({ PageSize: 2, From: '5' }), [[5, 6], true, true]);
  assert.deepEqual(await page({ Index: '7' }), [[7], false, false]);
  assert.deepEqual(await page({ From: '99' }), [[], true, false]);
  socket.close();
});

test('a request that nobody knows is answered 404 and remembered', async () => {
  const { ask, socket } = await connect('curious');
  assert.equal((await ask('GET', '/v9/Secrets')).status, 404);
  assert.deepEqual(twilio.gateway.complaints.splice(0), ['GET /v9/Secrets is not known']);
  socket.close();
});

test('the REST half and its program run where no package is installed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'standin-'));
  try {
    await cp(fileURLToPath(new URL('..', import.meta.url)), join(folder, 'twilio'), { recursive: true });
    for (const shared of ['verdicts.json', 'uuid.js']) await cp(fileURLToPath(new URL(`../../lib/${shared}`, import.meta.url)), join(folder, 'lib', shared));
    await cp(fileURLToPath(new URL('../../package.json', import.meta.url)), join(folder, 'package.json'));
    const launch = (...options) => {
      const child = spawn(process.execPath, [join(folder, 'twilio/main.js'), ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
      return { child, exit: once(child, 'exit', patience()), line: () => once(createInterface({ input: child.stdout }), 'line', patience()) };
    };
    const plain = launch();
    assert.match(JSON.parse((await plain.line())[0]).url, /^http:/);
    plain.child.kill('SIGTERM');
    assert.deepEqual(await plain.exit, [0, null]);
    const withWebSocket = launch('--websocket');
    assert.equal((await withWebSocket.exit)[0], 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the program serves WebSockets on request', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../main.js', import.meta.url)), '--websocket'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit', patience());
  const [line] = await once(createInterface({ input: child.stdout }), 'line', patience());
  const { socket, send, read } = await open(JSON.parse(line).websocketUrl);
  send({ method: 'init', token: 'wrong' });
  assert.equal((await read()).status.errorCode, 20101);
  child.kill('SIGTERM');
  await once(socket, 'close', patience());
  assert.deepEqual(await exit, [0, null]);
});
