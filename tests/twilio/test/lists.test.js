import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { StandIn } from '../standin.js';
import { call } from '../../lib/rest-client.js';

let twilio;
let service;
let base;
before(async () => { twilio = await StandIn.start(); });
after(() => twilio.stop());
beforeEach(() => {
  service = twilio.createService();
  base = `/v1/Services/${service.sid}`;
});

// Follows meta.next_page_url to the end; `between` runs after each page.
async function everyPage(first, between = () => {}) {
  const pages = [];
  for (let next = first; next; ) {
    const { status, json } = await call(twilio, 'GET', next);
    assert.equal(status, 200, JSON.stringify(json));
    pages.push(json);
    assert.ok(pages.length < 100, 'paging never ends');
    const following = json.meta.next_page_url;
    assert.ok(following === null || following.startsWith(`${twilio.url}/v1/`), following);
    next = following?.slice(twilio.url.length);
    await between(pages.length);
  }
  return pages;
}

const sids = (pages) => pages.flatMap((page) => page[page.meta.key].map((row) => row.sid ?? row.conversation_sid));

test('pages of a hundred at most, fifty unless asked, and every conversation once', async () => {
  const made = twilio.createConversations(230, { serviceSid: service.sid }).map((c) => c.sid);
  for (const [query, sizes] of [['', [50, 50, 50, 50, 30]], ['?PageSize=100', [100, 100, 30]], ['?PageSize=500', [100, 100, 30]]]) {
    const pages = await everyPage(`${base}/Conversations${query}`);
    assert.deepEqual(pages.map((page) => page.conversations.length), sizes);
    assert.deepEqual(sids(pages), made);
  }
});

test('meta as Twilio writes it', async () => {
  twilio.createConversations(3, { serviceSid: service.sid });
  const [first, second] = await everyPage(`${base}/Conversations?PageSize=2&State=active`);
  const { next_page_url: next, ...rest } = first.meta;
  assert.deepEqual(rest, {
    page: 0,
    page_size: 2,
    first_page_url: `${twilio.url}${base}/Conversations?State=active&PageSize=2&Page=0`,
    previous_page_url: null,
    url: `${twilio.url}${base}/Conversations?State=active&PageSize=2&Page=0`,
    key: 'conversations',
  });
  assert.match(next, /State=active&PageSize=2&Page=1&PageToken=PA/);
  assert.equal(second.meta.next_page_url, null);
  assert.equal(second.meta.page, 1);
});

test('a full last page is followed by none', async () => {
  twilio.createConversations(4, { serviceSid: service.sid });
  assert.deepEqual((await everyPage(`${base}/Conversations?PageSize=2`)).map((p) => p.conversations.length), [2, 2]);
});

test('an empty list', async () => {
  const [{ conversations, meta }] = await everyPage(`${base}/Conversations`);
  assert.deepEqual([conversations, meta.next_page_url], [[], null]);
});

test('what comes and goes while paging shifts nothing', async () => {
  const made = twilio.createConversations(6, { serviceSid: service.sid }).map((c) => c.sid);
  const pages = await everyPage(`${base}/Conversations?PageSize=2`, (count) => {
    if (count === 1) twilio.store.deleteConversation(twilio.conversation(made[0]));
    if (count === 1) twilio.store.deleteConversation(twilio.conversation(made[1])); // where the token points to
    if (count === 2) twilio.createConversations(1, { serviceSid: service.sid, sid: `CH${'f'.repeat(32)}` });
  });
  assert.deepEqual(sids(pages), [...made, `CH${'f'.repeat(32)}`]);
});

test('by state', async () => {
  for (const state of ['active', 'inactive', 'closed', 'active', 'initializing']) twilio.createConversation({ serviceSid: service.sid, state });
  for (const [state, count] of [['active', 2], ['inactive', 1], ['closed', 1]]) {
    const rows = (await everyPage(`${base}/Conversations?State=${state}`))[0].conversations;
    assert.deepEqual(rows.map((c) => c.state), Array(count).fill(state));
  }
  assert.equal((await call(twilio, 'GET', `${base}/Conversations?State=open`)).json.code, 20001);
});

test('by day, newest first, whatever order they were made in', async () => {
  const days = ['2026-01-03', '2026-01-01', '2026-01-05', '2026-01-04', '2026-01-02'];
  for (const day of days) twilio.createConversation({ serviceSid: service.sid, uniqueName: day, dateCreated: `${day}T23:59:59.5Z` });
  const query = 'StartDate=2026-01-02T00:00:00Z&EndDate=2026-01-04T23:59:59Z&PageSize=1';
  const pages = await everyPage(`${base}/Conversations?${query}`);
  assert.deepEqual(pages.map((p) => p.conversations[0].unique_name), ['2026-01-04', '2026-01-03', '2026-01-02']);
});

for (const [name, value] of [
  ['StartDate', '2026-01-02'], ['StartDate', '2026-01-02T10:00:00Z'], ['EndDate', '2026-01-02T00:00:00Z'], ['PageSize', '0'], ['PageSize', 'x'], ['PageToken', 'PAx'],
]) {
  test(`${name}=${value} is refused`, async () => {
    const { status, json } = await call(twilio, 'GET', `${base}/Conversations?${name}=${value}`);
    assert.deepEqual([status, json.code], [400, 20001]);
  });
}

test('the conversations of an identity, fifty a page', async () => {
  const rooms = twilio.createConversations(60, { serviceSid: service.sid });
  for (const { sid } of rooms) twilio.addParticipant(sid, { identity: 'b&t' });
  twilio.createConversations(5, { serviceSid: service.sid });
  const pages = await everyPage(`${base}/ParticipantConversations?Identity=b%26t&PageSize=100`);
  assert.deepEqual(pages.map((p) => p.conversations.length), [50, 10]);
  assert.deepEqual(sids(pages), rooms.map((c) => c.sid));
  const [row] = pages[0].conversations;
  assert.deepEqual([row.participant_identity, row.conversation_state, row.chat_service_sid], ['b&t', 'active', service.sid]);
  assert.match(row.participant_user_sid, /^US/);
});

test('an identity that nobody used is in no conversation', async () => {
  assert.deepEqual((await everyPage(`${base}/ParticipantConversations?Identity=none`))[0].conversations, []);
});

test('exactly one of Identity and Address: 50451', async () => {
  for (const query of ['', '?Identity=a&Address=%2B15551230000']) {
    const { status, json } = await call(twilio, 'GET', `${base}/ParticipantConversations${query}`);
    assert.deepEqual([status, json.code], [400, 50451]);
  }
});

test('participants, and where a user takes part', async () => {
  const { sid } = twilio.createConversation({ serviceSid: service.sid });
  for (let i = 0; i < 5; i += 1) twilio.addParticipant(sid, { identity: `p${i}` });
  const pages = await everyPage(`${base}/Conversations/${sid}/Participants?PageSize=2`);
  assert.deepEqual(pages.map((p) => p.participants.map((one) => one.identity)), [['p0', 'p1'], ['p2', 'p3'], ['p4']]);
  const [list] = await everyPage(`${base}/Users/p3/Conversations`);
  assert.deepEqual(list.conversations.map((c) => c.conversation_sid), [sid]);
});

test('services: the default one exists from the start', async () => {
  const pages = await everyPage('/v1/Services?PageSize=100');
  assert.ok(sids(pages).includes(twilio.defaultService.sid));
  assert.equal((await call(twilio, 'GET', '/v1/Configuration')).json.default_chat_service_sid, twilio.defaultService.sid);
});

test('a hundred thousand conversations: a page near the end costs no more than one at the start', async () => {
  twilio.createConversations(100_000, { serviceSid: service.sid });
  const list = service.conversations;
  const last = [...list].at(-150);
  const began = performance.now();
  for (let i = 0; i < 200; i += 1) {
    assert.equal(list.page({ after: [last.dateCreated.getTime(), last.sequence], limit: 100 }).items.length, 100);
  }
  assert.ok(performance.now() - began < 2000, 'paging walks the whole list');
});
