// The operator's commands to try: as they are typed, and as they are run for the page.
import { sign } from '../signature.js';

/** [{ name, line, args, about, toPaste, throughFront, drawn }] */
export function operatorsLines(twilio, { url, service }) {
  // Nobody's webhook told of these: what reconcile finds, and what one signed by hand tells of.
  const [{ sid }] = twilio.createConversations(3);
  const event = ['EventType=onConversationAdded'];
  // As if TLS ended before a web server that was not told: Twilio signed https.
  const elsewhere = sign(url.replace(/^http:/, 'https:'), event.map((pair) => pair.split('=')), twilio.authToken);
  return [
    { name: 'check', args: ['check'], drawn: false, about: 'What would keep the bot from joining?' },
    { name: 'probe', args: ['probe', '--yes'], about: 'A conversation made for the occasion: does the bot come?' },
    {
      name: 'sign', throughFront: true, about: 'A webhook by hand, signed as Twilio would',
      args: ['sign', '--send', ...event, `AccountSid=${twilio.accountSid}`, `ConversationSid=${sid}`, `ChatServiceSid=${service}`],
    },
    { name: 'explain', drawn: false, args: ['explain', '--url', url, '--signature', elsewhere, ...event], about: 'Why does this signature not match?' },
    { name: 'reconcile', args: ['reconcile'], about: 'What no webhook told of' },
    { name: 'captured', drawn: false, args: ['explain'], about: 'Why was the newest refused webhook refused?', toPaste: false },
    { name: 'drain', args: ['drain'], about: 'Finish what waits in the spool', toPaste: false },
  ].map((command) => ({ toPaste: true, throughFront: false, drawn: true, ...command, line: ['twilio-autojoin', ...command.args].map(quote).join(' ') }));
}

function quote(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
