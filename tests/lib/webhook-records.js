// Requests as FastCGI records, for tests that put them on the socket themselves.

import { requestRecords } from '../servers/fastcgi.js';
import { gatewayVariables } from './gateway-variables.js';
import { buildWebhook } from './webhook.js';

/** A webhook's variables and body. `spec` as in the cases. */
export function webhookRequest(context, spec = {}) {
  const webhook = buildWebhook(spec, context);
  return { variables: gatewayVariables(webhook), body: webhook.body };
}

/** One that is answered at once and never calls Twilio. */
export function ignoredRequest(context) {
  return webhookRequest(context, { set: { EventType: 'onUserAdded' } });
}

export function webhookRecords(context, { keep, id, size, padding, ...spec } = {}) {
  return requestRecords({ ...webhookRequest(context, spec), keep, id, size, padding });
}
