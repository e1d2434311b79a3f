// How a reply of Twilio is written. answer: { status, json | payload, headers?, contentType? }, or { later } that promises one.
import { newSid } from './sids.js';

export function sendReply(exchange, answer) {
  if (answer.later) return answer.later.then((given) => sendReply(exchange, given));
  const { standIn, response, record, since } = exchange;
  if (response.destroyed) return undefined;
  record.status = answer.status;
  if (answer.status >= 400) record.code = answer.json?.code;
  const payload = payloadOf(answer);
  response.writeHead(answer.status, replyHeaders(standIn, since, answer, payload));
  response.end(payload);
  return undefined;
}

export function payloadOf({ json, payload }) {
  return Buffer.from(payload ?? (json === undefined ? '' : JSON.stringify(json)));
}

export function replyHeaders(standIn, since, answer, payload) {
  const bodiless = answer.status === 204 || answer.status === 304;
  return {
    ...(!bodiless && { 'Content-Type': answer.contentType ?? 'application/json', 'Content-Length': payload.length }),
    'Twilio-Request-Id': newSid('RQ'),
    'Twilio-Concurrent-Requests': String(standIn.active),
    'Twilio-Request-Duration': ((performance.now() - since) / 1000).toFixed(3),
    'Access-Control-Allow-Origin': '*',
    ...answer.headers,
  };
}
