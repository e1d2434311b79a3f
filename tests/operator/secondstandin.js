// A second stand-in for Twilio, written from Twilio's OpenAPI documents alone and independently of the first
// one (tests/twilio/): what both accept is not one author's misreading. A request that the document
// does not allow is answered 400 and kept in `objections`.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { readContract } from './openapicontract.js';
import { sendWebhook } from './webhooksender.js';

const contract = await readContract();
const SERVICE = '/v1/Services/{ChatServiceSid}';

const newSid = (kind) => kind + randomBytes(16).toString('hex');
const now = () => new Date().toISOString();

class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

const notFound = () => new Refusal(404, 20404, 'The requested resource was not found');

export class SecondStandIn {
  requests = [];
  objections = [];
  webhooks = [];
  #rules = [];
  #sending = new Set();

  static async start({ accountSid, authToken, apiKey, apiSecret }) {
    const standIn = new SecondStandIn();
    Object.assign(standIn, { accountSid, authToken, apiKey, apiSecret, services: new Map(), conversations: new Map(), addresses: [], clockOffsetMs: 0 });
    standIn.users = [];
    standIn.webhook = standIn.#webhookSettings({ target: 'webhook' });
    standIn.defaultService = standIn.addService();
    standIn.timers = { default_inactive_timer: 'PT0S', default_closed_timer: 'PT0S' };
    standIn.server = http.createServer((request, response) => standIn.#serve(request, response)).listen(0, '127.0.0.1');
    await once(standIn.server, 'listening');
    standIn.url = `http://127.0.0.1:${standIn.server.address().port}`;
    return standIn;
  }

  async stop() {
    for (const rule of this.#rules) rule.release?.();
    await Promise.allSettled([...this.#sending]);
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  // ---- what a test arranges

  #webhookSettings(more = {}) {
    return { account_sid: this.accountSid, method: 'POST', filters: [], pre_webhook_url: null, post_webhook_url: null, ...more };
  }

  addService() {
    const sid = newSid('IS');
    const service = { sid, retries: 0, webhook: this.#webhookSettings({ chat_service_sid: sid }) };
    this.services.set(sid, service);
    return service;
  }

  addAddress({ address = '+15005550042', type = 'sms', enabled = true, kind = 'default', service = null } = {}) {
    this.addresses.push({ sid: newSid('IG'), type, address, auto_creation: { enabled, type: kind, conversation_service_sid: service } });
  }

  /** An identity that has connected once; of every service, if none is named. */
  addUser(identity, service) {
    this.users.push({ sid: newSid('US'), identity, service });
  }

  #users(service) {
    return this.users.filter((one) => !one.service || one.service === service);
  }

  addConversation({ service = this.defaultService.sid, state = 'active', identities = [], name = null, attributes = '{}' } = {}) {
    const sid = newSid('CH');
    const conversation = { sid, service, state, name, attributes, created: now(), participants: new Map() };
    this.conversations.set(sid, conversation);
    for (const identity of identities) this.#addParticipant(conversation, identity);
    return conversation;
  }

  join(conversation, identity) {
    this.#addParticipant(this.conversations.get(conversation), identity);
  }

  #addParticipant(conversation, identity) {
    const participant = { sid: newSid('MB'), identity, created: now() };
    conversation.participants.set(identity, participant);
    if (!this.#users(conversation.service).some((one) => one.identity === identity)) this.addUser(identity, conversation.service);
    return participant;
  }

  /** Answers what matches with something else: { status, json | text, headers, times, skip }. */
  answer(match, rule) {
    this.#rules.push({ match, times: Infinity, ...rule });
  }

  /** Holds back the answers to what matches, after the deed or before it. `reached` resolves at the first. */
  hold(match, { before = false } = {}) {
    const rule = { match, times: Infinity, before };
    const released = new Promise((resolve) => { rule.release = resolve; });
    rule.reached = new Promise((resolve) => { rule.onReach = resolve; });
    rule.held = released;
    this.#rules.push(rule);
    return rule;
  }

  behave() {
    for (const rule of this.#rules) rule.release?.();
    this.#rules = [];
  }

  /** A customer's SMS: a new conversation, and its webhooks. Resolves to what they were answered. */
  async sms({ service = this.defaultService.sid, group = [] } = {}) {
    const conversation = this.addConversation({ service });
    return { conversation, answers: await this.#announce(conversation, 'SMS', group) };
  }

  // ---- webhooks

  #levels(service) {
    const own = this.services.get(service);
    return [this.webhook, own.webhook].filter(({ post_webhook_url: url, filters }) => url && filters.includes('onConversationAdded'))
      .map(({ post_webhook_url: url, method }) => ({ url, method, retries: own.retries, token: this.authToken, ca: this.webhookCa }));
  }

  #announce(conversation, source, group = []) {
    const parameters = [
      ['AccountSid', this.accountSid], ['EventType', 'onConversationAdded'], ['Source', source],
      ['ConversationSid', conversation.sid], ['ChatServiceSid', conversation.service], ['DateCreated', conversation.created],
      ['State', conversation.state], ['Attributes', '{}'], ...group.map((address) => ['MessagingBinding.Address', address]),
    ];
    const sent = Promise.all(this.#levels(conversation.service).map((target) => sendWebhook(target, parameters)))
      .then((answers) => { this.webhooks.push(...answers); return answers; });
    this.#sending.add(sent);
    sent.finally(() => this.#sending.delete(sent));
    return sent;
  }

  // ---- requests

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname, search, searchParams: query } = new URL(request.url, this.url);
    const body = Buffer.concat(chunks).toString();
    const form = new URLSearchParams(body);
    const seen = { method: request.method, path: pathname, query: search, form, headers: request.headers };
    this.requests.push(seen);
    const rule = this.#ruleFor(`${request.method} ${pathname}`);
    if (rule?.before) {
      rule.onReach();
      await rule.held;
    }
    const reply = rule?.status ? rule : this.#act(seen, query);
    rule?.onReach?.();
    await rule?.held;
    seen.status = reply.status;
    response.writeHead(reply.status, { date: new Date(Date.now() + this.clockOffsetMs).toUTCString(), 'content-type': 'application/json', 'twilio-request-id': newSid('RQ'), ...reply.headers });
    response.end(reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json)));
  }

  #ruleFor(line) {
    const rule = this.#rules.find(({ match, times }) => times > 0 && match.test(line));
    if (!rule) return undefined;
    if (rule.skip > 0) {
      rule.skip -= 1;
      return undefined;
    }
    rule.times -= 1;
    return rule;
  }

  #act({ method, path, form, headers }, query) {
    try {
      if (method === 'HEAD' && path === '/') return { status: 404 }; // a connection opened ahead
      this.#authorize(headers.authorization);
      const [operation, variables] = contract(method, path) ?? [];
      if (!operation) throw this.#object(`${method} ${path}: not in the document`);
      const wrong = operation.object({ path: variables, query, form, headers });
      if (wrong) throw this.#object(`${operation.name}: ${wrong}`);
      if (variables.ChatServiceSid && !this.services.has(variables.ChatServiceSid)) throw notFound();
      const service = variables.ChatServiceSid ?? this.defaultService?.sid;
      const act = this.#deeds[operation.name.replace(SERVICE, '/v1')] ?? this.#deeds[operation.name];
      if (!act) throw new Error(`${operation.name}: this stand-in has nothing for it`);
      return operation.answer(act({ service, scoped: Boolean(variables.ChatServiceSid), variables, query, form, headers, path }));
    } catch (error) {
      const { status = 500, code = 20500, message } = error;
      return { status, json: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } };
    }
  }

  #object(text) {
    this.objections.push(text);
    return new Refusal(400, 20001, text);
  }

  #authorize(header = '') {
    const pairs = [[this.accountSid, this.authToken], [this.accountSid, this.secondaryToken], ...(this.apiKey ? [[this.apiKey, this.apiSecret]] : [])];
    const good = pairs.some((pair) => header === `Basic ${Buffer.from(pair.join(':')).toString('base64')}`);
    if (!good) throw new Refusal(401, 20003, 'Authenticate');
  }

  #conversation(name, service) {
    const found = this.conversations.get(name) ?? [...this.conversations.values()].find((one) => one.name === name);
    if (!found || found.service !== service) throw notFound();
    return found;
  }

  #conversationView({ sid, service, state, name, attributes, created }) {
    return { account_sid: this.accountSid, chat_service_sid: service, sid, state, unique_name: name, attributes, date_created: created, date_updated: created };
  }

  #participantView(conversation, { sid, identity, created }, scoped) {
    return { account_sid: this.accountSid, ...(scoped && { chat_service_sid: conversation.service }), conversation_sid: conversation.sid, sid, identity, attributes: '{}', date_created: created, date_updated: created };
  }

  #page(rows, { path, query }, most, key = 'conversations') {
    const size = Number(query.get('PageSize') ?? 50);
    const from = Number(query.get('PageToken') ?? 0);
    if (size > most) throw new Refusal(400, 20006, 'Page size too large');
    const url = (at) => {
      const next = new URLSearchParams(query);
      next.set('PageToken', String(at));
      return `${this.url}${path}?${next}`;
    };
    const more = from + size < rows.length;
    return { [key]: rows.slice(from, from + size), meta: { key, page: 0, page_size: size, url: url(from), first_page_url: url(0), previous_page_url: null, next_page_url: more ? url(from + size) : null } };
  }

  #changeWebhook(settings, form) {
    const names = { Method: 'method', PreWebhookUrl: 'pre_webhook_url', PostWebhookUrl: 'post_webhook_url', Target: 'target' };
    for (const [name, member] of Object.entries(names)) if (form.has(name)) settings[member] = form.get(name) || null;
    if (form.has('Filters')) settings.filters = form.getAll('Filters').filter((name) => name !== ''); // how a form says "none"
    return settings;
  }

  #configuration() {
    return { account_sid: this.accountSid, default_chat_service_sid: this.defaultService?.sid, ...this.timers };
  }

  #chatService({ sid, retries }) {
    return { account_sid: this.accountSid, sid, pre_webhook_retry_count: 0, post_webhook_retry_count: retries };
  }

  /** By the operation's name, the service's part taken out where both forms exist. */
  #deeds = {
    'GET /v1/Configuration': () => this.#configuration(),
    'POST /v1/Configuration': ({ form }) => {
      for (const [name, member] of [['DefaultInactiveTimer', 'default_inactive_timer'], ['DefaultClosedTimer', 'default_closed_timer']]) {
        if (form.has(name)) this.timers[member] = form.get(name);
      }
      return this.#configuration();
    },
    'GET /v1/Configuration/Webhooks': ({ scoped, service }) => (scoped ? this.services.get(service).webhook : this.webhook),
    'POST /v1/Configuration/Webhooks': ({ scoped, service, form }) => this.#changeWebhook(scoped ? this.services.get(service).webhook : this.webhook, form),
    'GET /v1/Configuration/Addresses': (ask) => this.#page(this.addresses, ask, 50, 'address_configurations'),
    'GET /v1/Services/{Sid}': ({ variables }) => {
      if (!this.services.has(variables.Sid)) throw notFound();
      return { account_sid: this.accountSid, sid: variables.Sid };
    },
    'GET /v2/Services/{Sid}': ({ variables }) => this.#chatService(this.services.get(variables.Sid) ?? (() => { throw notFound(); })()),
    'POST /v2/Services/{Sid}': ({ variables, form }) => {
      const service = this.services.get(variables.Sid);
      if (!service) throw notFound();
      if (form.has('PostWebhookRetryCount')) service.retries = Number(form.get('PostWebhookRetryCount'));
      return this.#chatService(service);
    },
    'GET /v1/Users': (ask) => this.#page(this.#users(ask.service).map(({ sid, identity }) => ({ account_sid: this.accountSid, chat_service_sid: ask.service, sid, identity })), ask, 50, 'users'),
    'GET /v1/Users/{Sid}': ({ service, variables }) => {
      const found = this.#users(service).find(({ sid, identity }) => [sid, identity].includes(variables.Sid));
      if (!found) throw notFound();
      return { account_sid: this.accountSid, chat_service_sid: service, sid: found.sid, identity: found.identity };
    },
    'GET /v1/Conversations': (ask) => this.#page([...this.conversations.values()]
      .filter(({ service, state }) => service === ask.service && state === (ask.query.get('State') ?? state)).map((one) => this.#conversationView(one)), ask, 100),
    'POST /v1/Conversations': ({ service, form, headers }) => {
      const name = form.get('UniqueName');
      if (name && [...this.conversations.values()].some((one) => one.name === name && one.service === service)) throw new Refusal(409, 50353, 'Conversation with provided unique name already exists');
      const conversation = this.addConversation({ service, name });
      if (headers['x-twilio-webhook-enabled'] === 'true') this.#announce(conversation, 'API');
      return this.#conversationView(conversation);
    },
    'DELETE /v1/Conversations/{Sid}': ({ variables, service }) => {
      this.conversations.delete(this.#conversation(variables.Sid, service).sid);
    },
    'GET /v1/ParticipantConversations': (ask) => this.#page([...this.conversations.values()]
      .filter(({ service, participants }) => service === ask.service && participants.has(ask.query.get('Identity')))
      .map((one) => ({ conversation_sid: one.sid, chat_service_sid: one.service, conversation_state: one.state, conversation_attributes: one.attributes, participant_sid: one.participants.get(ask.query.get('Identity')).sid })), ask, 50),
    'GET /v1/Conversations/{ConversationSid}/Participants': (ask) => {
      const conversation = this.#conversation(ask.variables.ConversationSid, ask.service);
      const rows = [...conversation.participants.values()].map((one) => this.#participantView(conversation, one, ask.scoped));
      return this.#page(rows, ask, 100, 'participants');
    },
    'POST /v1/Conversations/{ConversationSid}/Participants': ({ variables, service, scoped, form }) => {
      const conversation = this.#conversation(variables.ConversationSid, service);
      const identity = form.get('Identity');
      if (conversation.participants.has(identity)) throw new Refusal(409, 50433, 'Participant already exists');
      return this.#participantView(conversation, this.#addParticipant(conversation, identity), scoped);
    },
    'GET /v1/Conversations/{ConversationSid}/Participants/{Sid}': ({ variables, service, scoped }) => {
      const conversation = this.#conversation(variables.ConversationSid, service);
      const participant = conversation.participants.get(variables.Sid);
      if (!participant) throw notFound();
      return this.#participantView(conversation, participant, scoped);
    },
  };
}
