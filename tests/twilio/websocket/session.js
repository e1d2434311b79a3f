// One connected client, from its `init` with an access token to the end of its WebSocket.
import { newSid } from '../sids.js';
import { answerTunnelled } from './tunnel.js';
import { decodeFrame, encodeFrame, FrameError } from './frames.js';
import { readAccessToken, TokenRefused } from './accesstoken.js';
import { Subscriptions } from './subscriptions.js';

// A client is told three minutes ahead that its token runs out, or at half of a shorter life.
const NOTICE_MS = 180_000;

const HTTP_STATUS = { 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 400: 'Bad Request', 404: 'Not Found' };

export class Session {
  #standIn;
  #mirror;
  #socket;
  #gateway;
  #timers = [];

  constructor(gateway, standIn, mirror, socket) {
    this.#gateway = gateway;
    this.#standIn = standIn;
    this.#mirror = mirror;
    this.#socket = socket;
    this.subscriptions = new Subscriptions(this, mirror);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('close', () => this.#end());
    socket.on('error', () => {});
  }

  get initialized() {
    return this.identity !== undefined;
  }

  notify(messageType, payload) {
    this.#send({ method: 'notification', id: messageId(), message_type: messageType }, payload);
  }

  drop() {
    this.#socket.terminate();
  }

  #receive(data, isBinary) {
    try {
      if (!isBinary) throw new FrameError('a text message');
      const { header, payload } = decodeFrame(data);
      const method = METHODS[header.method];
      if (!method) throw new FrameError(`unknown method ${header.method}`);
      if (!this.initialized && !['init', 'close', 'telemetry.v1'].includes(header.method)) throw new FrameError(`${header.method} before init`);
      this[method]?.(header, payload);
    } catch (error) {
      this.#gateway.complain(error.message);
      // A fault of the stand-in itself must not look like one of the client's.
      if (!(error instanceof FrameError)) {
        process.stderr.write(`stand-in: ${error.stack}\n`);
        this.drop();
        return;
      }
      this.#close({ code: 417, status: 'EXPECTATION_FAILED', description: error.message });
    }
  }

  // ---- what a client may send

  init(header) {
    if (!this.#admit(header)) return;
    const { continuation_token: given } = header;
    const known = this.#gateway.continues(given, this);
    const token = known ? given : this.#gateway.newContinuation(this);
    this.#send({
      ...ok(header),
      continuation_token: token,
      continuation_token_status: { reissued: Boolean(given) && !known, reissue_message: known || !given ? '' : 'unknown continuation token' },
      capabilities: header.capabilities ?? [],
      offline_storage: { ip_messaging: { storage_id: this.user.sid } },
      init_registrations: header.registrations ?? [],
      debug_info: {},
    });
    this.#standIn.emit('clientConnected', { identity: this.identity, service: this.service, continued: known });
  }

  update(header) {
    if (this.#admit(header)) this.#send(ok(header));
  }

  message(header, body) {
    const { method = '', path = '', params = {} } = header.http_request ?? {};
    const request = { session: this, standIn: this.#standIn, mirror: this.#mirror, method: method.toUpperCase(), path, query: queryOf(params), body };
    const { status, json, unknown, afterwards } = answerTunnelled(request);
    if (unknown) this.#gateway.complain(`${method} ${path} is not known`);
    this.#send({ ...ok(header), http_status: { code: status, status: HTTP_STATUS[status] ?? '' }, http_headers: {} }, json);
    afterwards?.();
  }

  command_line_confirm(header) {
    this.#send(ok(header));
  }

  close() {
    this.#socket.close();
  }

  // ---- the token

  // A refusal is final for the SDK: it says `denied` and tries no more.
  #admit({ id, token }) {
    try {
      const { identity, service, expires } = readAccessToken(token, this.#standIn);
      if (this.initialized && identity !== this.identity) throw new TokenRefused(20101);
      this.identity = identity;
      this.service = service;
      // Somebody who connects becomes a user of the service.
      this.user = this.#standIn.store.userFor(service, identity);
      this.#awaitExpiry(expires * 1000 - Date.now());
      return true;
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      const status = { code: 401, status: 'UNAUTHORIZED', errorCode: error.errorCode, description: error.message };
      this.#send({ method: 'reply', id, status });
      this.#standIn.emit('clientRefused', { errorCode: error.errorCode });
      return false;
    }
  }

  #awaitExpiry(left) {
    this.#stopTimers();
    this.#timers = [
      setTimeout(() => this.#send({ method: 'client_update', id: messageId(), client_update_type: 'token_about_to_expire' }), left - Math.min(NOTICE_MS, left / 2)),
      setTimeout(() => this.#close({ code: 410, status: 'GONE', errorCode: 20104, description: 'Access Token expired' }), left),
    ];
  }

  #stopTimers() {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  // ----

  #close(status) {
    this.#send({ method: 'close', id: messageId(), status });
    this.#socket.close();
  }

  #send(header, payload) {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(encodeFrame(header, payload));
  }

  #end() {
    this.#stopTimers();
    this.subscriptions.end();
    this.#gateway.forget(this);
    if (this.initialized) this.#standIn.emit('clientDisconnected', { identity: this.identity });
  }
}

// Methods of a message, and what takes them; a confirmation and telemetry need nothing.
const METHODS = {
  init: 'init', update: 'update', message: 'message', close: 'close',
  put_notification_ctx: 'confirm', delete_notification_ctx: 'confirm', reply: 'none', 'telemetry.v1': 'none',
};

function ok({ id }) {
  return { method: 'reply', id, status: { code: 200, status: 'OK' } };
}

function messageId() {
  return newSid('TM');
}

// Values arrive as they stood in the URL, percent-encoded; a repeated name is a list.
function queryOf(params) {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(params)) {
    for (const value of [values].flat()) query.append(name, decodeURIComponent(value));
  }
  return query;
}
