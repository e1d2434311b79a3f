// A webhook that calls for a join, as FastCGI variables and a body.

import { sign } from '../twilio/signature.js';

const URL_PATH = '/webhooks/twilio';
const HOST = 'hook.example.com';

/** service, created (a date): undefined for a payload without ChatServiceSid or DateCreated. */
export function joinWebhook(twilio, { conversation, service, created }) {
  const params = [
    ['AccountSid', twilio.accountSid], ['EventType', 'onConversationAdded'], ['Source', 'SMS'], ['ConversationSid', conversation],
    ...(service ? [['ChatServiceSid', service]] : []), ...(created ? [['DateCreated', created.toISOString()]] : []), ['State', 'active'],
  ];
  const body = new URLSearchParams(params).toString();
  return {
    body,
    variables: [
      ['REQUEST_METHOD', 'POST'], ['REQUEST_URI', URL_PATH], ['HTTP_HOST', HOST], ['HTTPS', 'on'], ['REMOTE_ADDR', '127.0.0.1'],
      ['CONTENT_TYPE', 'application/x-www-form-urlencoded'], ['CONTENT_LENGTH', body.length],
      ['HTTP_X_TWILIO_SIGNATURE', sign(`https://${HOST}${URL_PATH}`, params, twilio.authToken)],
    ],
  };
}
