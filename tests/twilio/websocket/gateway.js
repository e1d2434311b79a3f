// The WebSocket half of the stand-in: Twilsock with Sync inside, on the port of its REST half, as
// Twilio's Conversations SDK speaks it (measured with @twilio/conversations 2.7.0, and 3.0.1 speaks it, too). What the SDK does
// not look at is not known of the real service and kept to a minimum here.
import { WebSocketServer } from 'ws';
import { newSid } from '../sids.js';
import { Session } from './session.js';
import { SyncMirror } from './syncmirror.js';

export const PATH = '/v3/wsconnect';
const LARGEST_MESSAGE = 1024 * 1024;

export class Gateway {
  #standIn;
  #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
  #mirror;
  #sessions = new Set();
  #continuations = new Map(); // token to whose it is
  #closed = false;
  complaints = []; // what a client sent that this side does not know: a test's last look

  constructor(standIn) {
    this.#standIn = standIn;
    this.#mirror = new SyncMirror(standIn);
  }

  get url() {
    return `${this.#standIn.url.replace(/^http/, 'ws')}${PATH}`;
  }

  // The clients that are connected and let in.
  get identities() {
    return [...this.#sessions].filter(({ initialized }) => initialized).map(({ identity }) => identity);
  }

  upgrade(request, socket, head) {
    const status = this.#closed ? '503 Service Unavailable' : !request.url.split('?')[0].endsWith(PATH) && '404 Not Found';
    if (status) {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      this.#sessions.add(new Session(this, this.#standIn, this.#mirror, webSocket));
    });
  }

  // Every client loses its connection, and gets none until open().
  close() {
    this.#closed = true;
    this.drop();
  }

  open() {
    this.#closed = false;
  }

  drop() {
    for (const session of this.#sessions) session.drop();
  }

  // ---- for the sessions

  forget(session) {
    this.#sessions.delete(session);
  }

  complain(text) {
    this.complaints.push(text);
  }

  newContinuation({ user }) {
    const token = newSid('');
    this.#continuations.set(token, user);
    return token;
  }

  continues(token, { user }) {
    return this.#continuations.get(token) === user;
  }
}
