// A signed webhook as a command to try by hand.
import { eventParams } from './webhookevents.js';
import { sign } from './signature.js';

export function curlLine(twilio, url) {
  const conversation = twilio.createConversation();
  const params = eventParams('onConversationAdded', { conversation }, { accountSid: twilio.accountSid, source: 'API' });
  return [
    `curl -i ${quote(url)}`,
    `-H ${quote(`X-Twilio-Signature: ${sign(url, params, twilio.authToken)}`)}`,
    ...params.map(([name, value]) => `--data-urlencode ${quote(`${name}=${value}`)}`),
  ].join(' \\\n    ');
}

function quote(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
