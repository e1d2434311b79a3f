// Records on the responder's socket: every well-formed way to write a request is
// answered; anything else closes its connection and reaches neither libfcgi
// (2.4.2 crashes on some of it, measured) nor Twilio.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import {
  FastCgiConnection, ROLE, TYPE, beginRequest, fastcgiRequest, lengthBytes, nameValuePairs, record, requestRecords, stream,
} from '../servers/fastcgi.js';
import { ignoredRequest, webhookRecords, webhookRequest } from '../lib/webhook-records.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { Scene } from '../lib/scene.js';

let scene;
let socket;
let context;

before(async () => {
  scene = await Scene.open(fastcgi, {});
  socket = scene.server.own.socket;
  context = scene.newContext({});
});
after(async () => {
  const { left } = await scene.close();
  assert.deepEqual(left, []);
});

/** Still the same process, still serving. */
async function stillServes() {
  assert.equal(scene.server.own.daemon.end, undefined, 'the responder has ended');
  const reply = await fastcgiRequest(socket, ignoredRequest(context));
  assert.equal(reply?.body, '{"result":"ignored"}');
}

const withPairs = (...extra) => Buffer.concat([
  beginRequest(1),
  stream(TYPE.PARAMS, 1, Buffer.concat([nameValuePairs(webhookRequest(context).variables), ...extra])),
  stream(TYPE.STDIN, 1, webhookRequest(context).body),
]);
const pairOfLengths = (name, value) => Buffer.concat([lengthBytes(name, true), lengthBytes(value, true), Buffer.from('AB')]);

const WELL_FORMED = {
  'in records of one byte': (c) => webhookRecords(c, { size: 1 }),
  'in records of seven bytes with padding': (c) => webhookRecords(c, { size: 7, padding: 3 }),
  'with a large request id': (c) => webhookRecords(c, { id: 65_535 }),
  'with lengths of four bytes where one would do': (c) => {
    const { variables, body } = webhookRequest(c);
    const pairs = Buffer.concat(variables.map(([n, v]) => Buffer.concat([lengthBytes(n.length, true), lengthBytes(Buffer.byteLength(v), true), Buffer.from(n + v)])));
    return Buffer.concat([beginRequest(1), stream(TYPE.PARAMS, 1, pairs), stream(TYPE.STDIN, 1, body)]);
  },
  'with 60 KiB of variables': (c) => {
    const { variables, body } = webhookRequest(c);
    return requestRecords({ variables: [...variables, ['HTTP_COOKIE', 'x'.repeat(60 * 1024)]], body });
  },
  'with all that is allowed, in portions of 4 KiB': (c) => {
    const { variables, body } = webhookRequest(c, { add: [['Filler', 'x'.repeat(60 * 1024)]] });
    return requestRecords({ variables: [...variables, ['HTTP_COOKIE', 'x'.repeat(60 * 1024)]], body, size: 4088 });
  },
  'with 2000 variables': (c) => {
    const { variables, body } = webhookRequest(c);
    return requestRecords({ variables: [...Array.from({ length: 2000 }, (_, i) => [`HTTP_X_${i}`, 'y']), ...variables], body });
  },
  'with an empty variable': (c) => {
    const { variables, body } = webhookRequest(c);
    return requestRecords({ variables: [['', ''], ['X', ''], ['', 'y'], ...variables], body });
  },
};

describe('a request in well-formed records is answered', () => {
  for (const [name, build] of Object.entries(WELL_FORMED)) {
    it(name, async () => {
      const own = scene.newContext({});
      const connection = await FastCgiConnection.open(socket);
      const bytes = build(own);
      for (let at = 0; at < bytes.length; at += 4096) await connection.send(bytes.subarray(at, at + 4096));
      const reply = await connection.reply(name.includes('large request id') ? 65_535 : 1);
      assert.equal(reply?.body, '{"result":"joined"}');
      assert.equal(reply.protocolStatus, 0);
      assert.equal(reply.appStatus, 0);
      await connection.closed;
    });
  }

  it('cut into two portions, at 150 places', async () => {
    const bytes = requestRecords(ignoredRequest(context));
    const step = Math.ceil(bytes.length / 150);
    for (let at = 1; at < bytes.length; at += step) {
      const connection = await FastCgiConnection.open(socket);
      await connection.send(bytes.subarray(0, at));
      await connection.send(bytes.subarray(at));
      assert.equal((await connection.reply())?.status, 200, `cut at ${at}`);
      connection.close();
    }
  });
});

// Each gives the bytes. What they have in common: the connection closes without a reply.
const NOT_TAKEN = {
  'FCGI_GET_VALUES of 64 KiB': () => record(TYPE.GET_VALUES, 0, nameValuePairs(Array.from({ length: 3800 }, () => ['FCGI_MPXS_CONNS', '']))),
  'FCGI_GET_VALUES with an id': () => record(TYPE.GET_VALUES, 1, nameValuePairs([['FCGI_MAX_CONNS', '']])),
  'FCGI_GET_VALUES in the middle of a request': () => {
    const bytes = webhookRecords(context);
    return Buffer.concat([bytes.subarray(0, 16), record(TYPE.GET_VALUES, 0, nameValuePairs([['FCGI_MAX_REQS', '']])), bytes.subarray(16)]);
  },
  'a name of 2 GiB': () => withPairs(pairOfLengths(0x7fff_fffe, 0)),
  'a value of 2 GiB': () => withPairs(pairOfLengths(1, 0x7fff_ffff)),
  'a name and a value of 1 GiB each': () => withPairs(pairOfLengths(0x4000_0000, 0x3fff_ffff)),
  'a name and a value of 2 GiB less one each': () => withPairs(pairOfLengths(0x7fff_ffff, 0x7fff_ffff)),
  'a pair that its stream does not hold': () => withPairs(Buffer.from([5, 5, 65])),
  'a NUL in a name': () => withPairs(nameValuePairs([['A\0B', 'x']])),
  'a NUL in a value': () => withPairs(nameValuePairs([['A', 'x\0y']])),
  '100 KiB of variables': () => withPairs(nameValuePairs([['A', 'x'.repeat(50 * 1024)], ['B', 'x'.repeat(50 * 1024)]])),
  'version 0': () => record(TYPE.BEGIN_REQUEST, 1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]), { version: 0 }),
  'version 2': () => record(TYPE.BEGIN_REQUEST, 1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]), { version: 2 }),
  'HTTP': () => Buffer.from('POST /webhooks/twilio HTTP/1.1\r\nHost: hook.example.com\r\n\r\n'),
  'a request with id 0': () => webhookRecords(context, { id: 0 }),
  'role FCGI_AUTHORIZER': () => beginRequest(1, { role: ROLE.AUTHORIZER }),
  'role FCGI_FILTER': () => beginRequest(1, { role: ROLE.FILTER }),
  'role 9': () => beginRequest(1, { role: 9 }),
  'a begin record without content': () => record(TYPE.BEGIN_REQUEST, 1),
  'a record type that does not exist': () => record(99, 1, 'x'),
  'a management record that does not exist': () => record(99, 0, 'x'),
  'parameters before the begin record': () => record(TYPE.PARAMS, 1, nameValuePairs([['A', 'b']])),
  'a body before the end of the parameters': () => Buffer.concat([beginRequest(1), record(TYPE.PARAMS, 1, nameValuePairs([['A', 'b']])), record(TYPE.STDIN, 1, 'x')]),
  'FCGI_ABORT_REQUEST in the middle': () => Buffer.concat([webhookRecords(context).subarray(0, -8), record(TYPE.ABORT_REQUEST, 1)]),
  'a second begin record with the same id': () => Buffer.concat([beginRequest(1), beginRequest(1)]),
  'a second request at the same time': () => Buffer.concat([beginRequest(1), beginRequest(2), webhookRecords(context).subarray(16)]),
  'FCGI_DATA': () => Buffer.concat([webhookRecords(context).subarray(0, -8), record(TYPE.DATA, 1, 'x'), record(TYPE.STDIN, 1)]),
  'bytes behind the last record': () => Buffer.concat([webhookRecords(context), Buffer.from('x')]),
  'a whole second request behind the first': () => Buffer.concat([webhookRecords(context, { keep: true }), webhookRecords(context, { keep: true, id: 2 })]),
};

describe('what is no single well-formed request closes the connection', { concurrency: 8 }, () => {
  for (const [name, build] of Object.entries(NOT_TAKEN)) {
    it(name, async () => {
      const connection = await FastCgiConnection.open(socket);
      await connection.send(build());
      const openFor = await connection.closed;
      assert.ok(openFor < 3000, `closed at once, not after ${openFor} ms`);
      assert.deepEqual(connection.records.filter(({ type }) => type === TYPE.STDOUT), [], 'no answer');
      await stillServes();
    });
  }

  it('never calls Twilio', () => {
    const ours = scene.twilio.requests.filter(({ path }) => path.includes(context.conversation));
    assert.deepEqual(ours, []);
  });
});

describe('FCGI_GET_VALUES', () => {
  const ask = (...names) => record(TYPE.GET_VALUES, 0, nameValuePairs(names.map((name) => [name, ''])));

  async function values(connection) {
    const { content } = await connection.awaitRecord(({ type }) => type === TYPE.GET_VALUES_RESULT);
    connection.records = [];
    return content.toString('latin1');
  }

  it('is answered, and the connection then serves requests', async () => {
    const connection = await FastCgiConnection.open(socket);
    await connection.send(ask('FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS'));
    assert.equal(await values(connection), '\x0e\x03FCGI_MAX_CONNS512\x0d\x03FCGI_MAX_REQS512\x0f\x01FCGI_MPXS_CONNS0');
    const own = scene.newContext({});
    assert.equal((await connection.request({ ...webhookRequest(own), keep: true }))?.body, '{"result":"joined"}');
    assert.equal((await connection.request(ignoredRequest(own)))?.status, 200);
  });

  it('with many repeated names, then a request: libfcgi does not see it', async () => {
    const own = scene.newContext({});
    const connection = await FastCgiConnection.open(socket);
    await connection.send(Buffer.concat([ask(...Array.from({ length: 60 }, () => 'FCGI_MPXS_CONNS')), webhookRecords(own)]));
    const reply = await connection.reply();
    assert.equal(reply?.body, '{"result":"joined"}');
    assert.equal(await values(connection), '\x0f\x01FCGI_MPXS_CONNS0');
    await stillServes();
  });

  it('gives nobody more time to send a request', async () => {
    const connection = await FastCgiConnection.open(socket);
    const asking = setInterval(() => connection.send(ask('FCGI_MAX_REQS')), 500);
    const openFor = await connection.closed;
    clearInterval(asking);
    assert.ok(openFor > 4000 && openFor < 6500, `closed after ${openFor} ms`);
  });
});

describe('a kept connection (FCGI_KEEP_CONN)', () => {
  it('serves many requests', async () => {
    const connection = await FastCgiConnection.open(socket);
    for (let i = 0; i < 300; i++) {
      const reply = await connection.request({ ...ignoredRequest(context), keep: true, id: 1 + (i % 7) });
      assert.equal(reply?.body, '{"result":"ignored"}', `request ${i}`);
      assert.deepEqual(connection.records, [], 'nothing left over');
    }
    connection.close();
  });

  it('serves joins and refusals in turn, each with its own answer', async () => {
    const connection = await FastCgiConnection.open(socket);
    for (let i = 0; i < 10; i++) {
      const own = scene.newContext({});
      assert.equal((await connection.request({ ...webhookRequest(own), keep: true }))?.body, '{"result":"joined"}');
      assert.equal((await connection.request({ ...webhookRequest(own), keep: true }))?.body, '{"result":"already-joined"}');
      assert.equal((await connection.request({ ...webhookRequest(own, { token: 'x' }), keep: true }))?.status, 403);
      assert.equal((await connection.request({ ...webhookRequest(own, { method: 'GET' }), keep: true }))?.status, 405);
    }
    connection.close();
  });

  it('is closed when a request does not ask to keep it', async () => {
    const connection = await FastCgiConnection.open(socket);
    assert.equal((await connection.request({ ...ignoredRequest(context), keep: true })).status, 200);
    assert.equal((await connection.request({ ...ignoredRequest(context), keep: false })).status, 200);
    await connection.closed;
  });

  it('is closed by half a record behind a request, which is still answered or dropped whole', async () => {
    const connection = await FastCgiConnection.open(socket);
    await connection.send(Buffer.concat([requestRecords({ ...ignoredRequest(context), keep: true }), Buffer.from([1])]));
    const openFor = await connection.closed;
    assert.ok(openFor < 6500, `closed after ${openFor} ms`);
    await stillServes();
  });
});

describe('a body over the limit', () => {
  const oversize = (bytes) => {
    const { variables } = webhookRequest(context, { body: '', contentLength: bytes, signature: null });
    return requestRecords({ variables, body: Buffer.alloc(bytes, 'x') });
  };

  it('gets its 413 although a megabyte of it is still to come', async () => {
    const connection = await FastCgiConnection.open(socket);
    await connection.send(oversize(1_000_000));
    const reply = await connection.reply();
    assert.equal(reply?.status, 413);
    await connection.closed;
  });

  it('gets its 413 when a little of it comes first and then very much at once', async () => {
    const { pid } = scene.server.own;
    const bytes = oversize(1_000_000);
    const connection = await FastCgiConnection.open(socket);
    await connection.send(bytes.subarray(0, 60_000));
    await stillServes();
    // What is written while the responder stands still lies there as one piece when it goes on.
    process.kill(pid, 'SIGSTOP');
    const sending = connection.send(bytes.subarray(60_000));
    await pause(50);
    process.kill(pid, 'SIGCONT');
    assert.equal((await connection.reply())?.status, 413);
    await sending;
  });

  it('of 8 MB is not read to its end, and nobody else waits', async () => {
    const connection = await FastCgiConnection.open(socket);
    const sending = connection.send(oversize(8_000_000));
    await stillServes();
    const openFor = await connection.closed;
    assert.ok(openFor < 4000, `closed after ${openFor} ms`);
    await Promise.race([sending, connection.closed]);
  });

  it('that never ends is closed in a few seconds', async () => {
    const connection = await FastCgiConnection.open(socket);
    await connection.send(oversize(200_000).subarray(0, 150_000));
    await stillServes();
    const openFor = await connection.closed;
    assert.ok(openFor < 6500, `closed after ${openFor} ms`);
  });

  it('on a kept connection does not disturb the next request', async () => {
    const connection = await FastCgiConnection.open(socket);
    const { variables } = webhookRequest(context, { body: '', contentLength: 100_000, signature: null });
    const reply = await connection.request({ variables, body: Buffer.alloc(100_000, 'x'), keep: true });
    assert.equal(reply?.status, 413);
    const next = await connection.request({ ...ignoredRequest(context), keep: true });
    // Closing is as good: a front then opens another.
    if (next) assert.equal(next.status, 200);
    else assert.ok(connection.closedAt);
    connection.close();
  });
});
