// Who calls, and what he may do: Basic authentication with the account's SID and token, or with an
// API key; a restricted key holds a list of permissions such as 'participants:create'.
import { timingSafeEqual } from 'node:crypto';
import { twilioError } from './errors.js';

export class Credentials {
  #keys = new Map();

  constructor({ accountSid, authToken, secondaryToken }) {
    this.accountSid = accountSid;
    this.authToken = authToken;
    this.secondaryToken = secondaryToken;
    this.accountStatus = 'active'; // or 'suspended', 'closed'
  }

  addKey(sid, secret, permissions) {
    this.#keys.set(sid, { secret, permissions });
  }

  removeKey(sid) {
    this.#keys.delete(sid);
  }

  // What signs the access tokens of client-side SDKs: a restricted key cannot (docs: error 20160).
  signingSecret(sid) {
    const key = this.#keys.get(sid);
    return key && !key.permissions ? key.secret : undefined;
  }

  identify(header) {
    const caller = this.#caller(header);
    if (!caller) {
      throw twilioError(20003, undefined, { headers: { 'WWW-Authenticate': 'Basic realm="Twilio API"' } });
    }
    if (this.accountStatus !== 'active') throw twilioError(20403);
    return caller;
  }

  permit({ permissions }, permission) {
    if (permissions && !permissions.includes(permission)) throw twilioError(70051);
  }

  #caller(header) {
    const found = /^Basic ([A-Za-z0-9+/]+={0,2})$/.exec(header ?? '');
    if (!found) return undefined;
    const [, user, password] = /^([^:]*):([^]*)$/.exec(Buffer.from(found[1], 'base64').toString()) ?? [];
    if (user === this.accountSid) {
      return [this.authToken, this.secondaryToken].some((token) => token && same(token, password)) ? {} : undefined;
    }
    const key = this.#keys.get(user);
    return key && same(key.secret, password) ? key : undefined;
  }
}

function same(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
