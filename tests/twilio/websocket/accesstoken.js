// Twilio's access tokens: a JWT (RFC 7519) signed by HMAC-SHA256 with the secret of an API key. The SDK
// passes one on unread; the judge of it is the server.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { checkIdentity } from '../roster.js';

const LONGEST_LIFE = 24 * 3600; // seconds (docs: error 20157)
const CLOCK_SKEW = 30;

// Twilio's error codes (docs: api/errors/...).
const REFUSALS = {
  20101: 'Invalid Access Token',
  20102: 'Invalid Access Token header',
  20103: 'Invalid Access Token issuer/subject',
  20104: 'Access Token expired or expiration date invalid',
  20105: 'Access Token not yet valid',
  20106: 'Invalid Access Token grants',
  20107: 'Invalid Access Token signature',
  20157: 'Expiration Time in the Access Token Exceeds Maximum Time Allowed',
};

export class TokenRefused extends Error {
  constructor(errorCode) {
    super(REFUSALS[errorCode]);
    this.errorCode = errorCode;
  }
}

// -> { identity, service, expires (seconds since 1970) }
export function readAccessToken(token, { credentials, store }, now = Date.now() / 1000) {
  const parts = typeof token === 'string' ? token.split('.') : [];
  if (parts.length !== 3) throw new TokenRefused(20101);
  const [header, payload] = parts.slice(0, 2).map(readPart);
  if (header.typ !== 'JWT' || header.alg !== 'HS256' || header.cty !== 'twilio-fpa;v=1') throw new TokenRefused(20102);
  const secret = credentials.signingSecret(payload.iss);
  if (secret === undefined || payload.sub !== credentials.accountSid) throw new TokenRefused(20103);
  if (!same(createHmac('sha256', secret).update(`${parts[0]}.${parts[1]}`).digest(), Buffer.from(parts[2], 'base64url'))) {
    throw new TokenRefused(20107);
  }
  checkTimes(payload, now);
  return { ...readGrants(payload.grants, store), expires: payload.exp };
}

function checkTimes({ iat, nbf, exp }, now) {
  if (!Number.isFinite(exp) || exp <= now) throw new TokenRefused(20104);
  if ((nbf ?? iat ?? 0) > now + CLOCK_SKEW) throw new TokenRefused(20105);
  if (exp - (iat ?? now) > LONGEST_LIFE) throw new TokenRefused(20157);
}

function readGrants(grants, store) {
  const service = store.services.get(grants?.chat?.service_sid);
  if (!service || typeof grants.identity !== 'string') throw new TokenRefused(20106);
  try {
    checkIdentity(grants.identity);
  } catch {
    throw new TokenRefused(20106);
  }
  return { identity: grants.identity, service };
}

function readPart(part) {
  try {
    const read = JSON.parse(Buffer.from(part, 'base64url').toString());
    if (read !== null && typeof read === 'object') return read;
  } catch { /* refused below */ }
  throw new TokenRefused(20101);
}

function same(a, b) {
  return a.length === b.length && timingSafeEqual(a, b);
}
