// reconcile: two lists, their difference, and joins of the missing ones.

import { afterEach, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { StandIn } from '../twilio/standin.js';
import { until } from '../servers/daemon.js';
import { found, peakMemory } from '../lib/machine.js';
import { OPERATOR } from '../lib/programs.js';
import { jsonLines } from '../lib/operator.js';
import { CREATE, IDENTITY, LossScene } from '../lib/loss-scene.js';

const DAY = 24 * 3600_000;
const sanitized = readFileSync(OPERATOR).includes('__asan_init'); // which takes several times the memory
const LISTS = { method: 'GET', path: /\/(Conversations|ParticipantConversations)$/ };

describe('reconcile', () => {
  let scene;
  afterEach(() => scene.close());

  /** A service with `count` active conversations, the bot in those for which `has(i)`. */
  async function open({ count = 0, has = () => true, settings = {}, standIn = {} } = {}) {
    scene = await LossScene.open({ responder: false, settings, standIn: { limits: { userConversations: 5000 }, ...standIn } });
    return fill(count, has);
  }

  function fill(count, has = () => true, given = {}) {
    return scene.twilio.createConversations(count, given).map(({ sid }, i) => {
      if (has(i)) scene.twilio.addParticipant(sid, { identity: IDENTITY });
      return { conversation: sid, had: has(i) };
    });
  }

  const calls = () => scene.twilio.requests.map(({ method, path, query }) => `${method} ${path.replace(/CH[0-9a-f]{32}/, 'CH')}${query ? '?' : ''}`);
  const count = (call) => calls().filter((one) => one === call).length;

  it('lists both, and joins only the missing ones', async () => {
    const all = await open({ count: 350, has: (i) => i % 50 !== 7 });
    const run = await scene.reconcile('--rate', '1000');
    assert.equal(run.code, 0, run.stderr);
    for (const context of all) assert.equal(scene.bots(context), 1);
    assert.equal(count('GET /v1/ParticipantConversations?'), 7);
    assert.equal(count('GET /v1/Conversations?'), 4);
    assert.equal(count('POST /v1/Conversations/CH/Participants'), 7);
    assert.equal(calls().length, 18);
    assert.match(run.stdout, /^350 active conversations, 7 were without, 7 joined, 0 failed$/m);
    for (const { conversation, had } of all) assert.equal(run.stdout.includes(`${conversation}  joined`), !had);
  });

  it('asks for the largest pages that Twilio gives', async () => {
    await open({ count: 3 });
    await scene.reconcile();
    const sizes = scene.twilio.requests.map(({ path, query }) => [path, new URLSearchParams(query).get('PageSize')]);
    assert.deepEqual(sizes, [['/v1/ParticipantConversations', '50'], ['/v1/Conversations', '100']]);
  });

  it('with nothing missing it calls nobody more, and exits 0', async () => {
    await open({ count: 60 });
    const run = await scene.reconcile();
    assert.deepEqual([run.code, calls().length], [0, 3]);
    assert.match(run.stdout, /^60 active conversations, 0 were without, 0 joined, 0 failed$/m);
  });

  it('an account without a single conversation', async () => {
    await open();
    const run = await scene.reconcile();
    assert.deepEqual([run.code, run.stdout], [0, '0 active conversations, 0 were without, 0 joined, 0 failed\n']);
  });

  it('whichever of the identities is in, the conversation has its bot', async () => {
    const other = 'conversation-bot-2';
    const all = await open({ count: 12, has: (i) => i % 3 === 0, settings: { AUTOJOIN_IDENTITIES: other } });
    for (const { conversation } of all.filter((_, i) => i % 3 === 1)) scene.twilio.addParticipant(conversation, { identity: other });
    const run = await scene.reconcile('--rate', '1000');
    assert.match(run.stdout, /^12 active conversations, 4 were without, 4 joined, 0 failed$/m);
    assert.equal(count('GET /v1/ParticipantConversations?'), 2);
    for (const context of all) assert.equal(scene.bots(context) + scene.bots(context, other), 1);
  });

  it('a group with the number alone is without its bot; one whose number is the bot is not, and another identity is no bot', async () => {
    await open();
    const number = '+15005550001';
    const groups = [undefined, IDENTITY, 'supervisor'].map((identity, i) => {
      const { sid } = scene.twilio.createGroup({ addresses: [`+150055600${i}0`, `+150055600${i}1`], number });
      if (identity) scene.twilio.giveIdentity(sid, number, identity);
      return { conversation: sid };
    });
    const [bare, staffed, held] = groups;
    const run = await scene.reconcile('--json');
    assert.equal(run.code, 1);
    const results = Object.fromEntries(jsonLines(run).filter(({ conversation }) => conversation).map(({ conversation, result, reason }) => [conversation, [result, reason]]));
    assert.equal(results[bare.conversation][0], 'joined');
    assert.equal(results[staffed.conversation], undefined);
    assert.equal(results[held.conversation][0], 'refused');
    assert.match(results[held.conversation][1], /another identity/);
    assert.deepEqual(groups.map((context) => scene.bots(context)), [1, 1, 0]);
    assert.equal(scene.creations(staffed).length, 0);
    const again = await scene.reconcile();
    assert.match(again.stdout, /^3 active conversations, 1 were without, 0 joined, 1 failed$/m);
    assert.equal(scene.creations(bare).length, 1);
  });

  it('a list that names other identities is not taken for the bot\'s', async () => {
    const [context] = await open({ count: 1, has: () => false });
    scene.twilio.addParticipant(context.conversation, { identity: 'supervisor' });
    const wanted = { method: 'GET', path: /\/ParticipantConversations$/ };
    const row = (identity) => ({ conversation_sid: context.conversation, conversation_state: 'active', participant_identity: identity });
    const list = (identity) => ({ conversations: [row(identity)], meta: { key: 'conversations', next_page_url: null } });
    scene.twilio.misbehave({ match: wanted, status: 200, body: list('supervisor') });
    assert.equal((await scene.reconcile()).code, 0);
    assert.equal(scene.bots(context), 1);
    scene.twilio.removeParticipant(context.conversation, IDENTITY);
    scene.twilio.misbehave({ match: wanted, status: 200, body: list(IDENTITY) });
    assert.equal((await scene.reconcile()).code, 0);
    assert.equal(scene.bots(context), 0);
  });

  it('--dry-run --json: an object for each that is missing, and nothing done', async () => {
    const all = await open({ count: 5, has: (i) => i > 1 });
    const run = await scene.reconcile('--dry-run', '--json');
    const missing = jsonLines(run).filter(({ result }) => result === 'missing');
    assert.deepEqual(missing.map(({ conversation }) => conversation).sort(), all.slice(0, 2).map(({ conversation }) => conversation).sort());
    assert.equal(scene.creations().length, 0);
  });

  it('closed and inactive ones are nothing to join', async () => {
    await open();
    const [closed] = fill(1, () => false, { state: 'closed' });
    const [inactive] = fill(1, () => false, { state: 'inactive' });
    const run = await scene.reconcile();
    assert.equal(run.code, 0);
    assert.equal(scene.bots(closed) + scene.bots(inactive), 0);
  });

  it('looks into the service that is set, and into no other', async () => {
    await open();
    const service = scene.twilio.createService().sid;
    const [own] = fill(1, () => false, { serviceSid: service });
    const [other] = fill(1, () => false);
    await scene.change({ TWILIO_CHAT_SERVICE_SID: service });
    assert.equal((await scene.reconcile()).code, 0);
    assert.deepEqual([scene.bots(own), scene.bots(other)], [1, 0]);
    assert.ok(calls().every((call) => call.includes(`/v1/Services/${service}/`)), calls().join('\n'));
  });

  it('an identity of any characters', async () => {
    const identity = 'bot & co=1/ü+?#%';
    await open({ settings: { TWILIO_IDENTITY: identity } });
    const [context] = fill(1, () => false);
    assert.equal((await scene.reconcile()).code, 0);
    assert.equal(scene.bots(context, identity), 1);
    assert.equal((await scene.reconcile()).code, 0);
    assert.equal(scene.creations(context).length, 1);
  });

  it('--dry-run says what is missing, joins nothing, exits 1', async () => {
    const all = await open({ count: 20, has: (i) => i !== 3 });
    const run = await scene.reconcile('--dry-run');
    assert.equal(run.code, 1);
    assert.equal(scene.creations().length, 0);
    assert.equal(run.stdout, `${all[3].conversation}  missing\n20 active conversations, 1 without the bot, 0 joined, 0 failed\n`);
  });

  it('--since takes only what was created from that day on, and joins only the missing ones', async () => {
    await open();
    const day = (back) => new Date(Date.now() - back * DAY);
    const [old] = fill(1, () => false, { dateCreated: day(5) });
    const [young] = fill(1, () => false, { dateCreated: day(1) });
    const [known] = fill(1, () => true, { dateCreated: day(1) });
    const run = await scene.reconcile('--since', day(2).toISOString().slice(0, 10));
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual([scene.bots(old), scene.bots(young), scene.bots(known)], [0, 1, 1]);
    assert.equal(scene.creations().length, 1, 'one of those that the bot is in was asked for');
    assert.match(run.stdout, /^2 active conversations, 1 were without, 1 joined, 0 failed$/m);
  });

  it('--since, and the bot is in all 3,000: none is missing, and none is asked for', async () => {
    await open({ count: 3000 });
    const run = await scene.reconcile('--since', new Date(Date.now() - DAY).toISOString().slice(0, 10));
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /^3000 active conversations, 0 were without, 0 joined, 0 failed$/m);
    assert.equal(calls().length, 60 + 30);
    assert.ok(run.ms < 10_000, `took ${run.ms.toFixed(0)} ms`);
  });

  it('--since --dry-run: what the bot is in is not called missing', async () => {
    const all = await open({ count: 20, has: (i) => i !== 3 });
    const run = await scene.reconcile('--dry-run', '--since', new Date(Date.now() - DAY).toISOString().slice(0, 10));
    assert.equal(run.code, 1);
    assert.equal(run.stdout, `${all[3].conversation}  missing\n20 active conversations, 1 without the bot, 0 joined, 0 failed\n`);
  });

  it('--limit counts joins, not looks: the bot is in the first 40 by now, and the older ones are reached', async () => {
    await open({ count: 60, has: () => false });
    // Whoever asks for one of the first 40 finds that a webhook was quicker.
    scene.twilio.misbehave({ match: CREATE, code: 50433, times: 40 });
    const run = await scene.reconcile('--limit', '5', '--rate', '1000');
    assert.equal(run.code, 1);
    assert.match(run.stdout, /60 were without, 5 joined, 0 failed: stopped: --limit reached$/m);
    assert.equal(scene.creations().length, 45);
  });

  it('--limit is met by joins that succeed: those that Twilio refuses do not use it up', async () => {
    const all = await open({ count: 30, has: () => false });
    scene.twilio.misbehave({ match: CREATE, code: 50417, times: 20 });
    const run = await scene.reconcile('--limit', '5', '--rate', '1000');
    assert.equal(run.code, 1);
    assert.match(run.stdout, /5 joined, 20 failed: stopped: --limit reached$/m);
    assert.equal(all.filter((context) => scene.bots(context) === 1).length, 5);
  });

  it('--limit that is as large as what is missing is no reason to stop', async () => {
    await open({ count: 5, has: () => false });
    const run = await scene.reconcile('--limit', '5', '--rate', '1000');
    assert.deepEqual([run.code, run.stdout.split('\n').at(-2)], [0, '5 active conversations, 5 were without, 5 joined, 0 failed']);
  });

  it('--limit joins no more, and exits 1', async () => {
    const all = await open({ count: 30, has: () => false });
    const run = await scene.reconcile('--limit', '5', '--rate', '1000');
    assert.equal(run.code, 1);
    assert.equal(all.filter((context) => scene.bots(context) === 1).length, 5);
    assert.equal(scene.creations().length, 5);
    assert.match(run.stdout, /stopped: --limit reached/);
  });

  it('--rate joins no faster', async () => {
    await open({ count: 21, has: () => false });
    const run = await scene.reconcile('--rate', '20');
    assert.equal(run.code, 0);
    assert.ok(run.ms > 950 && run.ms < 3000, `took ${run.ms.toFixed(0)} ms`);
    const [first] = scene.creations();
    const within = scene.creations().filter(({ at }) => at - first.at < 500).length;
    assert.ok(within <= 11, `${within} in half a second`);
  });

  it('--json gives an object a line, the summary last', async () => {
    const all = await open({ count: 12, has: (i) => i > 1 });
    scene.twilio.misbehave({ match: { method: 'POST', path: new RegExp(all[0].conversation) }, code: 50417 });
    const run = await scene.reconcile('--json');
    assert.equal(run.code, 1);
    const lines = jsonLines(run);
    assert.equal(lines.length, 3);
    assert.equal(lines.find(({ conversation }) => conversation === all[0].conversation).rest_code, 50417);
    assert.equal(lines.find(({ conversation }) => conversation === all[1].conversation).result, 'joined');
    assert.deepEqual(lines.at(-1), { listed: 12, missing: 2, left_alone: 0, joined: 1, gone: 0, failed: 1, rest_calls: 4, stopped: '', whole: true, untried: 0 });
    // What could not be joined now is the drainer's.
    assert.equal(scene.ticket(all[0]).event, 'reconcile');
    assert.equal((await scene.drain()).code, 0);
    assert.equal(scene.bots(all[0]), 1);
  });

  it('a webhook that comes between the two lists costs one call more, and is no news', async () => {
    await open({ count: 2 });
    const [late] = fill(1, () => false);
    scene.twilio.on('request', ({ path }) => {
      if (path.endsWith('/ParticipantConversations')) scene.twilio.addParticipant(late.conversation, { identity: IDENTITY });
    });
    const run = await scene.reconcile();
    assert.equal(run.code, 0);
    assert.ok(!run.stdout.includes(late.conversation), run.stdout);
  });

  it('SIGTERM half-way: exit 1, says so; --state goes on from there', async () => {
    const all = await open({ count: 450, has: (i) => i < 150 || i % 10 !== 0 });
    const state = scene.folder.join('state');
    const rule = scene.twilio.misbehave({ match: { method: 'GET', path: /\/Conversations$/ }, delayMs: 100, times: Infinity });
    const run = scene.start(['reconcile', '--state', state, '--rate', '1000']);
    await until(() => rule.hits === 4, { what: 'the fourth page' });
    await run.stop('SIGTERM');
    assert.equal(run.code, 1, `it says that all is well: ${run.stdout}`);
    assert.match(run.stdout, /stopped: /);
    const joined = all.filter((context) => scene.bots(context) === 1).length;
    assert.ok(joined > 150 && joined < 450);

    scene.twilio.behave();
    const before = calls().filter((call) => call === 'GET /v1/Conversations?').length;
    const again = await scene.reconcile('--state', state, '--rate', '1000');
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /going on where the last run ended/);
    assert.equal(calls().filter((call) => call === 'GET /v1/Conversations?').length - before, 2);
    for (const context of all) assert.equal(scene.bots(context), 1);
    assert.ok(!existsSync(state), 'the state of a run that came to its end stays');
  });

  it('--dry-run goes on from a state, and leaves it as it is', async () => {
    const all = await open({ count: 250, has: () => false });
    const state = scene.folder.join('state');
    assert.equal((await scene.reconcile('--dry-run', '--state', state, '--limit', '150')).code, 1);
    assert.ok(!existsSync(state));
    assert.equal((await scene.reconcile('--state', state, '--rate', '1000')).code, 0);
    for (const context of all) assert.equal(scene.bots(context), 1);
  });

  for (const [name, fault] of [['400', { status: 400, code: 20001 }], ['404', { status: 404, code: 20404 }], ['nonsense', { fault: 'html', status: 200 }]]) {
    it(`a state whose page Twilio does not know any more (${name}) is told, and all is listed`, async () => {
      const all = await open({ count: 250, has: () => false });
      const state = scene.folder.join('state');
      const first = await scene.reconcile('--state', state, '--rate', '1000', '--limit', '120');
      assert.equal(first.code, 1);
      assert.ok(existsSync(state));
      scene.twilio.misbehave({ match: { method: 'GET', path: /\/Conversations$/ }, ...fault });
      const run = await scene.reconcile('--state', state, '--rate', '1000');
      assert.equal(run.code, 0, run.stdout + run.stderr);
      assert.match(run.stderr, /cannot be listed any more: from the beginning/);
      for (const context of all) assert.equal(scene.bots(context), 1);
    });
  }

  it('a state of another service, or one that is nonsense, is not gone on from', async () => {
    for (const text of [`service=IS${'1'.repeat(32)}\npage='/v1/Services/IS${'1'.repeat(32)}/Conversations?PageToken=x'\n`, 'nonsense', '', `query='/v1/Conversations?State=active&PageSize=100'\npage='/v1/a b'\n`, 'service=\npage=\'https://evil.example.com/\'\n']) {
      const [context] = await open({ count: 1, has: () => false });
      const state = await scene.folder.write('state', text);
      const run = await scene.reconcile('--state', state);
      assert.equal(run.code, 0, run.stderr + run.stdout);
      assert.equal(scene.bots(context), 1);
      await scene.close();
    }
  });

  it('a next_page_url of another host is not followed, and gets no credentials', async () => {
    await open({ count: 1 });
    const stranger = await StandIn.start();
    try {
      for (const url of [stranger.url, `http://user@127.0.0.1:${scene.twilio.port}`, `https://127.0.0.1:${scene.twilio.port}`, `${scene.twilio.url}.evil.example.com`, scene.twilio.url.replace('127.0.0.1', '127.0.0.2')]) {
        scene.twilio.misbehave({ match: LISTS, body: { conversations: [], meta: { next_page_url: `${url}/v1/Conversations?Page=1` } } });
        const run = await scene.reconcile();
        assert.equal(run.code, 76, url);
        assert.match(run.stdout, /stopped: next_page_url leads to another host/);
        assert.equal(stranger.requests.length, 0);
      }
    } finally {
      await stranger.stop();
    }
  });

  it('50214, the identity\'s limit: stops, and says what it means', async () => {
    await open({ standIn: { limits: { userConversations: 3 } } });
    fill(40, () => false);
    const run = await scene.reconcile('--rate', '1000');
    assert.equal(run.code, 1);
    assert.match(run.stdout, /stopped: TWILIO_IDENTITY is in too many conversations \(Twilio's limit is 1000\)/);
    assert.ok(scene.creations().length <= 3 + 16, `${scene.creations().length} calls`);
  });

  it('401: stops at the first answer, says so', async () => {
    await open({ count: 1, settings: { TWILIO_API_SECRET: 'wrong' } });
    const run = await scene.reconcile();
    assert.equal(run.code, 77);
    assert.equal(calls().length, 1);
    assert.match(run.stdout, /stopped: the REST credentials are refused/);
  });

  it('404: the service is not there', async () => {
    await open({ settings: { TWILIO_CHAT_SERVICE_SID: `IS${'9'.repeat(32)}` } });
    const run = await scene.reconcile();
    assert.equal(run.code, 78);
    assert.match(run.stdout, /no such service: check TWILIO_CHAT_SERVICE_SID/);
  });

  it('429 with a Retry-After between pages is waited for', async () => {
    const all = await open({ count: 120, has: (i) => i !== 110 });
    scene.twilio.misbehave({ match: LISTS, status: 429, headers: { 'Retry-After': '1' }, after: 1 });
    const run = await scene.reconcile();
    assert.equal(run.code, 0, run.stdout);
    assert.ok(run.ms > 1000, `took ${run.ms.toFixed(0)} ms`);
    for (const context of all) assert.equal(scene.bots(context), 1);
  });

  it('429 with a Retry-After of a day: stops and says so, exit 1', async () => {
    await open({ count: 120 });
    scene.twilio.misbehave({ match: LISTS, code: 20429, headers: { 'Retry-After': '86400' }, after: 1, times: Infinity });
    const run = await scene.start(['reconcile'], { graceMs: 10_000 }).exited;
    assert.equal(run.code, 1, run.stdout);
    assert.match(run.stdout, /stopped: Twilio error 20429.*asks to wait 86400 s/);
    assert.equal(calls().length, 2);
  });

  it('a join that Twilio wants put off for a day stops the run: one call, not one for each', async () => {
    const all = await open({ count: 80, has: () => false });
    scene.twilio.misbehave({ match: CREATE, code: 20429, headers: { 'Retry-After': '86400' }, times: Infinity });
    const run = await scene.reconcile('--rate', '10');
    assert.equal(run.code, 1, run.stdout);
    assert.match(run.stdout, /stopped: Twilio asks to wait 86400 s/);
    assert.ok(scene.creations().length < 3, `${scene.creations().length} calls`);
    assert.equal(scene.tickets().length, scene.creations().length, 'what was tried is the drainer\'s');
    assert.ok(all.every((context) => scene.bots(context) === 0));
  });

  it('a key that may not list: exit 77, and the permission is named', async () => {
    await open({ count: 3 });
    for (const [may, lacks] of [[['participants:create', 'conversations:list'], 'list participant conversations'], [['participants:create', 'participant-conversations:list'], 'list conversations']]) {
      const key = scene.twilio.addApiKey({ permissions: may });
      await scene.change({ TWILIO_API_KEY: key.sid, TWILIO_API_SECRET: key.secret });
      const run = await scene.reconcile();
      assert.equal(run.code, 77, run.stdout);
      assert.match(run.stdout, new RegExp(`stopped: Twilio error 70051.*the key lacks the permission to ${lacks}\\)`));
    }
  });

  // Twilio allows 16 KiB of attributes, which are JSON in a JSON string: twice that if all of it is escaped.
  for (const [what, padding, pages] of [
    ['16 KiB of attributes each', 'x'.repeat(16_000), 2], ['16 KiB that are all escaped', '"'.repeat(8_000), 2],
    ['more than Twilio allows: asked for by halves', 'x'.repeat(64_000), 4],
  ]) {
    it(`pages above one MiB are read (${what})`, async (t) => {
      await open();
      const all = fill(150, (i) => i % 30 !== 7, { attributes: JSON.stringify({ padding }) });
      const run = scene.start(['reconcile', '--rate', '1000']);
      const peak = await peakMemory(run);
      assert.equal(run.code, 0, run.stdout + run.stderr);
      assert.match(run.stdout, /^150 active conversations, 5 were without, 5 joined, 0 failed$/m);
      for (const context of all) assert.equal(scene.bots(context), 1);
      assert.equal(count('GET /v1/Conversations?'), pages);
      t.diagnostic(`${(peak / 1024).toFixed(1)} MiB at most`);
      if (!sanitized) assert.ok(peak > 0 && peak < 40 * 1024, `${peak} KiB`);
    });
  }

  for (const [name, fault] of [
    ['503', { status: 503 }], ['cut', { fault: 'cut' }], ['half a page', { fault: 'half' }], ['an HTML page with 502', { fault: 'html' }],
  ]) {
    it(`a list that fails once (${name}) is asked for again`, async () => {
      const all = await open({ count: 120, has: (i) => i !== 110 });
      scene.twilio.misbehave({ match: LISTS, ...fault });
      scene.twilio.misbehave({ match: LISTS, ...fault, after: 3 });
      const run = await scene.reconcile();
      assert.equal(run.code, 0, run.stdout + run.stderr);
      for (const context of all) assert.equal(scene.bots(context), 1);
    });
  }

  // Half a second, then twice as long each time: this takes 8 to 24 seconds.
  it('a page that fails six times ends the run, and the place is kept for the next one', async () => {
    const all = await open({ count: 250, has: () => false });
    const state = scene.folder.join('state');
    const goOn = () => scene.reconcile('--state', state, '--rate', '1000');
    assert.equal((await scene.reconcile('--state', state, '--rate', '1000', '--limit', '120')).code, 1);
    const place = await readFile(state, 'utf8');

    const rule = scene.twilio.misbehave({ match: { method: 'GET', path: /\/Conversations$/ }, status: 503, times: Infinity });
    const run = await goOn();
    assert.equal(run.code, 69, run.stdout + run.stderr);
    assert.match(run.stdout, /stopped: /);
    assert.equal(rule.hits, 6);
    assert.doesNotMatch(run.stderr, /from the beginning/);
    assert.equal(await readFile(state, 'utf8'), place);

    scene.twilio.behave();
    assert.equal((await goOn()).code, 0);
    for (const context of all) assert.equal(scene.bots(context), 1);
  });

  for (const [name, fault, code] of [
    ['200 with HTML', { fault: 'html', status: 200 }, 76],
    ['200 with nothing', { fault: 'empty' }, 76],
    ['a list of something else', { body: { participants: [], meta: {} } }, 76],
    ['a redirect', { fault: 'redirect' }, 69],
    ['400', { status: 400, code: 20001 }, 69],
  ]) {
    it(`what is no list (${name}) is not taken for the end of one`, async () => {
      const all = await open({ count: 150, has: (i) => i !== 110 });
      scene.twilio.misbehave({ match: LISTS, ...fault, times: Infinity, after: 4 });
      const run = await scene.reconcile();
      assert.equal(run.code, code, run.stdout);
      assert.match(run.stdout, /stopped: /);
      assert.equal(scene.bots(all[110]), 0);
      assert.ok(!calls().some((call) => call.includes('/followed')));
    });
  }

  it('an entry whose SID is cut short is told and counted, and the others are joined', async () => {
    const [one, other] = await open({ count: 2, has: () => false });
    const body = { meta: { next_page_url: null }, conversations: [one.conversation, other.conversation.slice(0, 15)].map((sid) => ({ sid, state: 'active' })) };
    scene.twilio.misbehave({ match: { method: 'GET', path: /\/Conversations$/ }, status: 200, body });
    const run = await scene.reconcile();
    assert.equal(run.code, 1, run.stdout);
    assert.match(run.stderr, /names a conversation without a SID/);
    assert.match(run.stdout, /^2 active conversations, 1 were without, 1 joined, 1 failed$/m);
    assert.deepEqual([scene.bots(one), scene.bots(other)], [1, 0]);
  });

  for (const [age, result, code] of [[120_000, 'gone', 0], [1_000, 'retry-later', 1]]) {
    it(`one that is deleted between the list and its join, ${age / 1000} s after it was made: ${result}`, async () => {
      await open();
      await scene.change({ TWILIO_CHAT_SERVICE_SID: scene.twilio.defaultService.sid });
      const [{ sid }] = scene.twilio.createConversations(1, { dateCreated: new Date(Date.now() - age) });
      scene.twilio.misbehave({ match: { method: 'POST', path: /\/Participants$/ }, status: 404, code: 20404, times: Infinity });
      const run = await scene.reconcile('--json');
      assert.equal(jsonLines(run)[0].result, result, run.stdout);
      assert.equal(run.code, code);
      assert.deepEqual(scene.tickets(), code === 0 ? [] : [sid]);
    });
  }

  it('what is missing beyond the hundred of a page is not passed over in silence', async () => {
    const all = await open({ count: 101, has: () => false });
    const body = { meta: { next_page_url: null }, conversations: all.map(({ conversation }) => ({ sid: conversation, state: 'active' })) };
    scene.twilio.misbehave({ match: { method: 'GET', path: /\/Conversations$/ }, status: 200, body });
    const run = await scene.reconcile('--rate', '1000');
    assert.equal(run.code, 1, run.stdout);
    assert.match(run.stdout, /^101 active conversations, 101 were without, 100 joined, 1 failed$/m);
    assert.equal((await scene.reconcile('--rate', '1000')).code, 0);
    for (const context of all) assert.equal(scene.bots(context), 1);
  });

  it('nobody listens: exit 69', async () => {
    await open({ count: 20, has: () => false });
    scene.twilio.misbehave({ match: CREATE, fault: 'cut', times: Infinity });
    const run = await scene.reconcile('--rate', '1000');
    assert.equal(run.code, 69);
    assert.match(run.stdout, /stopped: Twilio does not answer/);
  });

  it('needs no spool', async () => {
    scene = await LossScene.open({ responder: false, spool: false });
    const [context] = fill(1, () => false);
    assert.equal((await scene.reconcile()).code, 0);
    assert.equal(scene.bots(context), 1);
  });

  it('shows its progress on a terminal in place, and otherwise only results', async (t) => {
    if (!await found('script', ['-qec', 'true', '/dev/null'])) return t.skip('script(1) cannot be used here');
    await open({ count: 500, has: (i) => i !== 470 });
    scene.twilio.misbehave({ match: LISTS, delayMs: 70, times: Infinity });
    const plain = await scene.reconcile('--dry-run');
    assert.ok(!plain.stderr.includes('\r') && !plain.stderr.includes('\u001b'), plain.stderr);
    assert.ok(!plain.stdout.includes('\r') && !plain.stdout.includes('\u001b'), plain.stdout);
    const shown = await scene.start(['-qec', `${scene.operator} reconcile --yes --verbose`, '/dev/null'], { program: 'script' }).exited;
    assert.equal(shown.code, 0, shown.stdout);
    assert.match(shown.stdout, /\r\d+ conversations looked at, \d+ without the bot, \d+ joined\u001b\[K/);
    // The line is taken away before anything else is printed.
    assert.match(shown.stdout, /\r\u001b\[KCH[0-9a-f]{32} {2}joined\r\n/);
    assert.match(shown.stdout, /500 active conversations, 1 were without, 1 joined, 0 failed\r\n$/);
  });

  it('wrong use: exit 64', async () => {
    await open();
    for (const args of [['--nonsense'], ['more'], ['--since', 'yesterday'], ['--since', '2026-13-01'], ['--since', '2026-02-31'], ['--limit', '0'], ['--limit', '-1'], ['--rate', 'fast'], ['--rate', '0']]) {
      const run = await scene.reconcile(...args);
      assert.equal(run.code, 64, `${args.join(' ')}: ${run.stdout}`);
      assert.equal(run.stdout, '');
      assert.notEqual(run.stderr, '');
    }
    assert.equal((await scene.reconcile('--help')).code, 0);
    assert.equal(scene.twilio.requests.length, 0);
  });
});
