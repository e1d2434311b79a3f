// The stand-in's own HTTP face, /_standin/..., for programs in other processes: what tests do by
// method calls, as JSON.
export async function control(standIn, request, response) {
  const url = new URL(request.url, 'http://stand-in');
  const action = ACTIONS[`${request.method} ${url.pathname.slice('/_standin/'.length)}`];
  if (!action) {
    reply(response, 404, { error: 'no such action', actions: Object.keys(ACTIONS) });
    return;
  }
  try {
    reply(response, 200, await action(standIn, await readJson(request), url.searchParams));
  } catch (error) {
    reply(response, 400, { error: error.message });
  }
}

const ACTIONS = {
  'POST sms': async (standIn, sms) => {
    const { conversation, message, deliveries, rejected } = await standIn.arriveSms(sms);
    return { rejected, conversation: conversation && plain(conversation), message: message && { sid: message.sid }, deliveries };
  },
  'POST misbehave': (standIn, { match = {}, times, ...rule }) => {
    const path = match.path === undefined ? undefined : new RegExp(match.path);
    standIn.misbehave({ ...rule, times: times === 'always' ? Infinity : times, match: { ...match, path } });
    return {};
  },
  'POST behave': (standIn) => { standIn.behave(); return {}; },
  'POST refuse': (standIn, { ms = 1000 }) => {
    // Answered first: afterwards nobody can be told anything until it listens again.
    setImmediate(async () => {
      await standIn.refuse();
      await standIn.pause(Math.min(ms, 60_000));
      if (!standIn.stopped) await standIn.accept();
    });
    return {};
  },
  'GET requests': (standIn) => ({ requests: standIn.requests.map(({ rule, ...record }) => ({ ...record, rule: rule && rule.fault })) }),
  'POST requests/clear': (standIn) => { standIn.clearRequests(); return {}; },
  'GET conversations': (standIn, body, query) => {
    const conversations = [...standIn.store.conversations.values()];
    const identity = query.get('identity');
    const joined = identity === null ? undefined : conversations.filter((c) => standIn.store.findParticipant(c, identity)).length;
    if (query.has('count')) return { count: conversations.length, joined };
    return { count: conversations.length, joined, conversations: conversations.map(plain) };
  },
  'POST conversations': (standIn, { count = 1, ...settings }) => {
    const made = standIn.createConversations(count, settings);
    return { count: made.length, ...(made.length <= 1000 && { sids: made.map((c) => c.sid) }) };
  },
  'POST group': (standIn, group) => plain(standIn.createGroup(group)),
  'POST participants': (standIn, { conversationSid, ...settings }) => {
    const { sid } = standIn.addParticipant(conversationSid, settings);
    return { sid };
  },
  'GET participants': (standIn, body, query) => ({
    participants: standIn.participants(query.get('conversationSid'))
      .map(({ sid, identity, messagingBinding }) => ({ sid, identity, messagingBinding })),
  }),
  'POST webhook': (standIn, settings) => { standIn.configureWebhook(settings); return {}; },
  'POST deliver': (standIn, webhook) => standIn.deliver(webhook),
  'POST assume': (standIn, assumptions) => { standIn.assume.change(assumptions); return {}; },
  'POST sharedkey': (standIn, key) => standIn.webhookConfiguration.createSharedKey(key),
  'POST setting': (standIn, setting) => standIn.webhookConfiguration.createSetting(setting),
  // settings: [[setting's id, percentage], ...]
  'POST rule': (standIn, { settings, ...rule }) => {
    const { webhookConfiguration: configuration } = standIn;
    const shares = settings.map(([id, percentage]) => [configuration.settings.get(id), percentage]);
    return configuration.createRule({ ...rule, settings: shares });
  },
  'POST rule/remove': (standIn, { id }) => { standIn.webhookConfiguration.removeRule({ id }); return {}; },
  // types: [{ type, schemaVersion }, ...]
  'POST eventstream': (standIn, { types, connectTo, ...sink }) => {
    if (connectTo) standIn.leadTo(sink.destination, { connectTo });
    const made = standIn.eventStreams.createSink(sink);
    const { sid } = standIn.eventStreams.createSubscription({ sink: made, types });
    return { sinkSid: made.sid, subscriptionSid: sid };
  },
  'POST eventstream/advance': (standIn, { ms }) => { standIn.eventStreams.advance(ms); return { waiting: standIn.eventStreams.waiting }; },
  'GET account': (standIn) => ({
    accountSid: standIn.accountSid, url: standIn.url, pid: process.pid, serviceSid: standIn.defaultService.sid, active: standIn.active,
  }),
};

function plain({ sid, chatServiceSid, state, uniqueName, dateCreated, roster }) {
  return { sid, chatServiceSid, state, uniqueName, dateCreated, participants: roster?.size ?? 0 };
}

async function readJson(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? {} : JSON.parse(text);
}

function reply(response, status, json) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(json)}\n`);
}
