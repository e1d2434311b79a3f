// Makes Twilio's access tokens, as the bot's own server would: a JWT (RFC 7519) signed by HMAC-SHA256 with the
// secret of an API key. What is in one, twilio/websocket/accesstoken.js judges.

import { createHmac } from 'node:crypto';

export function makeAccessToken({ accountSid, keySid, secret, identity, serviceSid, seconds = 3600 }) {
  const iat = Math.floor(Date.now() / 1000);
  const grants = { identity, chat: { service_sid: serviceSid } };
  const parts = [
    { typ: 'JWT', alg: 'HS256', cty: 'twilio-fpa;v=1' },
    { jti: `${keySid}-${iat}`, iss: keySid, sub: accountSid, iat, exp: iat + seconds, grants },
  ];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
