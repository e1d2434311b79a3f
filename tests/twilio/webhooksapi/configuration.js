// What the Webhooks configuration API keeps of one account, what of it is in force, and how it signs a webhook.
// A Rule takes effect when its Operation is over; Settings and the like when they have propagated, of which nothing tells.
import { randomBytes } from 'node:crypto';
import { notFound, twilioError } from '../errors.js';
import { withoutFragment } from '../signature.js';
import { newTypeId } from './typeids.js';

const LIMIT = 50; // of each kind

export class WebhookConfiguration {
  sharedKeys = new Map();
  settings = new Map();
  authProfiles = new Map();
  rules = new Map(); // as they were last written
  operations = new Map();
  replies = new Map(); // to requests with an Idempotency-Key
  #inForce = []; // Rules
  #failures = [];

  // propagationMs: half a minute to a minute at Twilio. random: -> 0 up to 1, decides between the Settings of a Rule.
  constructor({ authToken, accountSid, assume, propagationMs = 100, random = Math.random }) {
    Object.assign(this, { authToken, accountSid, assume, propagationMs, random });
    this.add('settings', 'setting', {
      type: 'SYSTEM', friendlyName: 'Default', auth: undefined, signature: { type: 'ACCOUNT_AUTH_TOKEN', algorithm: 'HMAC_SHA1' },
    });
  }

  // ---- resources of every kind

  add(kind, name, fields) {
    const own = [...this[kind].values()].filter(({ type }) => type !== 'SYSTEM');
    if (own.length >= LIMIT) throw twilioError(59200, `No more than ${LIMIT} ${kind}`);
    const now = new Date();
    const resource = { id: newTypeId(name), ...fields, createdAt: now, updatedAt: now, settledAt: Date.now() + this.propagationMs };
    this[kind].set(resource.id, resource);
    return resource;
  }

  get(kind, { ids, path }) {
    const resource = this[kind].get(ids[0]);
    if (!resource) throw notFound(path);
    return resource;
  }

  settingsWith(name, id) {
    return [...this.settings.values()].filter((s) => (name === 'sharedKeyId' ? s.signature : s.auth)?.[name] === id);
  }

  isSettingUsed(id) {
    this.#settle();
    return [...this.rules.values(), ...this.#inForce].some(({ settings }) => settings.some(({ settingId }) => settingId === id));
  }

  // ---- Operations: `rule` becomes `wanted` (undefined: is deleted) when they are over

  begin(id, wanted) {
    this.#settle();
    const before = this.rules.get(id);
    if (wanted) this.rules.set(id, wanted);
    else this.rules.delete(id);
    const now = Date.now();
    const operation = {
      id: newTypeId('operation'), resourceId: id, createdAt: new Date(now), runsAt: now + this.propagationMs / 4, endsAt: now + this.propagationMs,
      status: 'PENDING', wanted, before, failure: this.#failures.shift(),
    };
    this.operations.set(operation.id, operation);
    return operation;
  }

  /** The next Operation ends as FAILED with this error, or as CANCELLED, and its Rule is as it was before. */
  failNext(failure = {}) {
    this.#failures.push({ status: 'FAILED', code: 59000, title: 'Propagation failed', detail: 'The Rule could not be propagated', ...failure });
  }

  operationList() {
    this.#settle();
    return [...this.operations.values()].reverse();
  }

  #settle() {
    const now = Date.now();
    for (const operation of this.operations.values()) {
      if (operation.completedAt) continue;
      if (now >= operation.endsAt) this.#end(operation);
      else if (now >= operation.runsAt) operation.status = 'RUNNING';
    }
  }

  #end(operation) {
    const { failure, resourceId, wanted, before } = operation;
    operation.completedAt = new Date(operation.endsAt);
    operation.status = failure?.status ?? 'COMPLETED';
    if (failure) this.#restore(resourceId, before);
    else this.#enforce(resourceId, wanted);
  }

  #restore(id, before) {
    if (before) this.rules.set(id, before);
    else this.rules.delete(id);
  }

  #enforce(id, rule) {
    this.#inForce = [...this.#inForce.filter((other) => other.id !== id), ...(rule ? [rule] : [])];
  }

  // ---- scenes, in force at once

  createSharedKey({ id, secret = randomBytes(32).toString('base64'), friendlyName = '' } = {}) {
    return this.add('sharedKeys', 'sharedkey', { ...(id && { id }), friendlyName, secret });
  }

  createSetting({ sharedKeyId, algorithm = sharedKeyId ? 'HMAC_SHA256' : 'HMAC_SHA1', ...rest } = {}) {
    const type = sharedKeyId ? this.assume.sharedKeyType : 'ACCOUNT_AUTH_TOKEN';
    const signature = { type, ...(sharedKeyId && { sharedKeyId }), algorithm };
    return Object.assign(this.add('settings', 'setting', { type: 'CUSTOMER', friendlyName: '', signature, ...rest }), { settledAt: 0 });
  }

  /** settings: Settings, or [Setting, percentage] pairs. */
  createRule({ matchType = 'EXACT_MATCH', value, prefix, settings }) {
    const shares = settings.map((one) => (Array.isArray(one) ? one : [one, 100 / settings.length]));
    const rule = this.add('rules', 'rule', {
      friendlyName: '', matchType, value, prefix, settings: shares.map(([{ id }, percentage]) => ({ settingId: id, percentage })),
    });
    this.#enforce(rule.id, rule);
    return rule;
  }

  removeRule({ id }) {
    this.rules.delete(id);
    this.#enforce(id);
  }

  // ---- how a webhook leaves

  /** The Rule that takes the URL: exact before prefix before default, and of each the longest. */
  ruleFor(url) {
    this.#settle();
    const mixed = this.assume.whilePropagating === 'mixed' && this.random() < 0.5;
    const target = this.assume.ruleMatch === 'whole' ? withoutFragment(url) : withoutFragment(url).split('?')[0];
    const taking = (mixed ? [...this.rules.values()] : this.#inForce).filter((rule) => takes(rule, target));
    // What is equal is longer than any beginning of it, and the default matches nothing in particular.
    return taking.sort((a, b) => lengthOf(b) - lengthOf(a))[0];
  }

  /** undefined without a Rule. */
  settingFor(url) {
    const rule = this.ruleFor(url);
    let share = this.random() * 100;
    const chosen = rule?.settings.find(({ percentage }) => (share -= percentage) < 0) ?? rule?.settings.at(-1);
    return chosen && this.settings.get(chosen.settingId);
  }

  /** -> { secret, algorithm, headers }; secret null: not signed. */
  signingBy({ signature, auth }) {
    const authorization = authorizationOf(auth ?? {}, this.authProfiles);
    if (signature.type.toLowerCase() === 'none') return { secret: null, headers: authorization };
    const { sharedKeyId, algorithm } = signature;
    const secret = sharedKeyId ? this.sharedKeys.get(sharedKeyId).secret : this.authToken;
    return { secret, algorithm, headers: { ...authorization, ...this.#told(sharedKeyId, algorithm) } };
  }

  #told(id, algorithm) {
    const { keyHeader, tokenHeader } = this.assume;
    if (!id) return tokenHeader === 'algorithm' ? { 'X-Twilio-Webhooks-Signature-Settings': `algorithm=${algorithm}` } : {};
    return {
      ...(keyHeader !== 'key-sid' && { 'X-Twilio-Webhooks-Signature-Settings': `key=${id},algorithm=${algorithm}` }),
      ...(keyHeader !== 'settings' && { 'X-Twilio-Signature-Key-Sid': id }),
    };
  }
}

function lengthOf({ value, prefix }) {
  return (value ?? prefix ?? '').length;
}

function takes({ matchType, value, prefix }, url) {
  if (matchType === 'EXACT_MATCH') return url === value;
  return matchType === 'DEFAULT' || url.startsWith(prefix);
}

// Digest waits for a challenge, which is not played; of OAuth2 the token is never fetched, only shown.
function authorizationOf({ value, authProfileId }, profiles) {
  const profile = profiles.get(authProfileId);
  const { scheme = profile?.type, username, password } = value ?? profile ?? {};
  if (scheme === 'BASIC') return { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  return scheme === 'OAUTH2' ? { Authorization: 'Bearer of-the-stand-in' } : {};
}
