// A stand-in for Twilio Conversations: its REST side, its webhooks, and its bad days.
// Everything is in memory and on loopback; what happens is told by events:
//   sms (one arrives), requestRead (a REST request is read), request (its exchange is over), webhookSent, webhookTried (an attempt is
//   over), webhook (a delivery is over), eventDelivery (an attempt of Event Streams
//   is over: delivered, repeated, discarded or given-up), and the store's
//   conversationAdded, conversationUpdated, conversationStateUpdated, conversationRemoved,
//   participantAdded, participantUpdated, participantRemoved, messageAdded, messageRemoved, userAdded;
//   with { websocket: true } clientConnected, clientRefused, clientDisconnected as well.
import http from 'node:http';
import https from 'node:https';
import { EventEmitter, once, setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { addAddress } from './addresses.js';
import { Assumptions } from './assumptions.js';
import { addParticipant, giveIdentity } from './roster.js';
import { arriveSms } from './sms.js';
import { control } from './control.js';
import { Credentials } from './credentials.js';
import { Dispatcher } from './dispatcher.js';
import { EventStreams } from './eventstreams/delivery.js';
import { Faults } from './faults.js';
import { handle } from './rest.js';
import { newSid } from './sids.js';
import { Store } from './store.js';
import { WebhookConfiguration } from './webhooksapi/configuration.js';

export { newSid };

// Twilio's limits (docs: Conversations limits), lowered by tests that want to meet them.
const LIMITS = { userConversations: 1000, conversationParticipants: 1000, concurrentRequests: Infinity };

export class StandIn extends EventEmitter {
  #server; // the only one, or that of Conversations
  #others = []; // of the further hosts
  #sockets = new Set();
  #stopping = new AbortController();
  #dispatcher;
  #keepRequests;
  #ownHosts;
  #ports;
  #ways = new Map(); // origins of public URLs, and where a connection to them really goes

  static async start(options = {}) {
    const standIn = new StandIn(options);
    if (options.websocket) await standIn.#openGateway();
    await standIn.#listen(options.port ?? 0);
    return standIn;
  }

  constructor({
    accountSid = newSid('AC'), authToken = newSid(''), secondaryToken, apiKey, apiSecret, serviceSid, tls,
    host = '127.0.0.1', limits = {}, keepRequests = 100000, assume, propagationMs, random, eventStreams, ownHosts = false,
  } = {}) {
    super();
    setMaxListeners(0, this, this.#stopping.signal);
    this.accountSid = accountSid;
    this.authToken = authToken;
    this.host = host;
    this.#ownHosts = ownHosts;
    this.secure = Boolean(tls);
    this.limits = { ...LIMITS, ...limits };
    this.active = 0;
    this.requests = [];
    this.handshakes = []; // of TLS: 'full' or 'resumed'
    this.#keepRequests = keepRequests;
    this.faults = new Faults();
    this.credentials = new Credentials({ accountSid, authToken, secondaryToken });
    this.assume = new Assumptions(assume);
    this.webhookConfiguration = new WebhookConfiguration({ accountSid, authToken, assume: this.assume, propagationMs, random });
    if (apiKey) this.credentials.addKey(apiKey, apiSecret);
    const notify = (event, details) => this.emit(event, details);
    this.store = new Store({ accountSid, serviceSid, limits: this.limits, assume: this.assume, notify });
    this.eventStreams = new EventStreams(this, this.#stopping.signal, eventStreams);
    this.#dispatcher = new Dispatcher(this, this.#stopping.signal);
    this.#server = this.#makeServer(tls);
    if (ownHosts) this.#others = [this.#makeServer(tls), this.#makeServer(tls)];
  }

  #makeServer(tls) {
    const answer = (request, response) => this.#answer(request, response);
    const server = tls ? https.createServer(tls, answer) : http.createServer(answer);
    // Longer than any test: a kept connection is closed by who tests that, never by chance.
    server.keepAliveTimeout = 120_000;
    server.requestTimeout = 0;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.setNoDelay(true);
    });
    server.on('secureConnection', (socket) => this.handshakes.push(socket.isSessionReused() ? 'resumed' : 'full'));
    server.on('clientError', (error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
    return server;
  }

  // The one part that needs a package (ws), and is loaded only if it is asked for.
  async #openGateway() {
    const { Gateway } = await import('./websocket/gateway.js');
    this.gateway = new Gateway(this);
    this.#server.on('upgrade', (request, socket, head) => this.gateway.upgrade(request, socket, head));
  }

  #answer(request, response) {
    const work = request.url.startsWith('/_standin/') ? control : handle;
    work(this, request, response).catch((error) => {
      // A fault of the stand-in itself must not look like one of Twilio's.
      process.stderr.write(`stand-in: ${error.stack}\n`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end('stand-in failed');
    });
  }

  async #listen(port) {
    const servers = [this.#server, ...this.#others];
    // Those that listen again do so where they did.
    const ports = this.#ports ?? servers.map((server) => (server === this.#server ? port : 0));
    servers.forEach((server, i) => server.listen(ports[i], this.host));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    this.#ports = servers.map((server) => server.address().port);
    [this.port] = this.#ports;
    const [conversations, webhooks = conversations, events = conversations] = this.#ports.map((one) => `${this.secure ? 'https' : 'http'}://${this.host}:${one}`);
    this.urls = { conversations, webhooks, events };
    this.url = conversations;
  }

  // With { ownHosts: true } each of Twilio's hosts has a port, and knows nothing of the others' operations.
  serves(host, port) {
    return !this.#ownHosts || port === Number(new URL(this.urls[host]).port);
  }

  // ---- REST requests, and misbehaviour

  remember(record) {
    this.requests.push(record);
    if (this.requests.length > this.#keepRequests) this.requests.splice(0, this.requests.length - this.#keepRequests / 2);
  }

  clearRequests() {
    this.requests.length = 0;
  }

  misbehave(rule) {
    return this.faults.add(rule);
  }

  behave() {
    this.faults.clear();
  }

  // Nothing listens any more and every kept connection is gone: connection refused.
  async refuse() {
    if (!this.#server.listening) return;
    const servers = [this.#server, ...this.#others];
    const closed = Promise.all(servers.map((server) => once(server, 'close')));
    for (const server of servers) server.close();
    this.dropConnections();
    await closed;
  }

  async accept() {
    if (!this.#server.listening) await this.#listen(this.port);
  }

  dropConnections() {
    for (const socket of this.#sockets) socket.destroy();
  }

  get connections() {
    return this.#sockets.size;
  }

  addApiKey({ sid = newSid('SK'), secret = newSid(''), permissions } = {}) {
    this.credentials.addKey(sid, secret, permissions);
    return { sid, secret };
  }

  // As when the secondary auth token is promoted: the old one signs nothing more and opens nothing.
  rotateToken(token = newSid('')) {
    this.authToken = token;
    this.credentials.authToken = token;
  }

  // ---- the scene, set silently

  get defaultService() {
    return this.store.defaultService;
  }

  createService(settings) {
    return this.store.createService(settings);
  }

  createConversation(settings) {
    return this.store.createConversation(settings);
  }

  createConversations(count, settings = {}) {
    return Array.from({ length: count }, () => this.store.createConversation(settings));
  }

  // A group text as Twilio makes one: the people, and the account's number as a participant of its own.
  createGroup({ addresses, number, ...settings }) {
    const conversation = this.store.createConversation({ ...settings, group: addresses });
    const bindings = [...addresses.map((address) => ({ address })), ...(number ? [{ projectedAddress: number }] : [])];
    for (const messagingBinding of bindings) addParticipant(this.store, conversation, { messagingBinding }, { initial: true });
    return conversation;
  }

  conversation(sid) {
    return this.store.conversations.get(sid);
  }

  participants(conversationSid) {
    return [...(this.#known(conversationSid).roster?.values() ?? [])];
  }

  addParticipant(conversationSid, settings) {
    return addParticipant(this.store, this.#known(conversationSid), settings, { initial: true });
  }

  // Somebody stands for a number of the account's from now on.
  giveIdentity(conversationSid, number, identity) {
    const participant = this.participants(conversationSid).find(({ messagingBinding }) => messagingBinding?.projectedAddress === number);
    giveIdentity(this.store, participant, identity);
  }

  removeParticipant(conversationSid, name) {
    const wanted = typeof name === 'object' ? name.sid ?? name.identity : name;
    const participant = this.store.findParticipant(this.#known(conversationSid), wanted);
    if (!participant) throw new Error(`no participant ${wanted} in ${conversationSid}`);
    this.store.removeParticipant(participant);
  }

  setState(conversationSid, state) {
    this.store.setState(this.#known(conversationSid), state);
  }

  addAddress(settings) {
    return addAddress(this.store, settings);
  }

  #known(conversationSid) {
    const conversation = this.store.conversations.get(conversationSid);
    if (!conversation) throw new Error(`no conversation ${conversationSid}`);
    return conversation;
  }

  // ---- webhooks

  // Like the Configuration/Webhooks resources: of the account, or of the service that is named.
  configureWebhook({ serviceSid, url, method = 'POST', filters = ['onConversationAdded'], preWebhookUrl = null, retryCount, connectTo, ca }) {
    const owner = serviceSid ? this.store.services.get(serviceSid) : this.store;
    if (url && connectTo) this.leadTo(url, { connectTo, ca });
    Object.assign(owner.webhooks, { postWebhookUrl: url ?? null, preWebhookUrl, method, filters, connectTo, ca });
    if (retryCount !== undefined) {
      for (const service of serviceSid ? [owner] : this.store.services.values()) service.postWebhookRetryCount = retryCount;
    }
  }

  // Whatever Twilio sends to this URL's host goes to `connectTo`: for what has no settings of its own, as a Setting's test.
  leadTo(url, { connectTo, ca }) {
    this.#ways.set(new URL(url).origin, { connectTo, ca });
  }

  wayTo(url) {
    return this.#ways.get(new URL(url).origin) ?? {};
  }

  arriveSms(sms) {
    return arriveSms(this, sms);
  }

  deliver(webhook) {
    return this.#dispatcher.send(webhook);
  }

  fire(event, details, source) {
    this.#dispatcher.fire(event, details, source);
  }

  fireInOrder(events, source) {
    return this.#dispatcher.fireInOrder(events, source);
  }

  permits(event, details) {
    return this.#dispatcher.permits(event, details);
  }

  // Until every webhook under way is over.
  settled() {
    return this.#dispatcher.settled();
  }

  pause(ms) {
    return pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  get stopped() {
    return this.#stopping.signal.aborted;
  }

  async stop() {
    this.#stopping.abort();
    await this.refuse();
    await this.#dispatcher.settled();
    await this.eventStreams.settled();
  }
}
