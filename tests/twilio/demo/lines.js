// The operator's commands to try: as they are typed, and as they are run for the page.
import { sign } from '../signature.js';

/** [{ name, line, args, about, toPaste, throughFront, drawn }] */
export function operatorsLines(twilio, { url, service }) {
  // Nobody's webhook told of these: what reconcile finds, and what one signed by hand tells of.
  const [{ sid }] = twilio.createConversations(3);
  const event = ['EventType=onConversationAdded'];
  // As if TLS ended before a web server that was not told: Twilio signed https.
  const elsewhere = () => sign(url.replace(/^http:/, 'https:'), event.map((pair) => pair.split('=')), twilio.authToken);
  return [
    { name: 'check', args: ['check'], drawn: false, about: 'What would keep the bot from joining?' },
    { name: 'probe', args: ['probe', '--yes'], about: 'A conversation made for the occasion: does the bot come?' },
    {
      name: 'sign', throughFront: true, about: 'A webhook by hand, signed as Twilio would',
      args: ['sign', '--send', ...event, `AccountSid=${twilio.accountSid}`, `ConversationSid=${sid}`, `ChatServiceSid=${service}`],
    },
    {
      name: 'explain', drawn: false, about: 'Why does this signature not match?',
      get args() { return ['explain', '--url', url, '--signature', elsewhere(), ...event]; }, // the token may be rotated
    },
    { name: 'reconcile', args: ['reconcile'], about: 'What no webhook told of' },
    { name: 'status', args: ['status'], drawn: false, about: 'On one screen: does it work, what waits, what to do', toPaste: false },
    { name: 'stats', args: ['stats'], drawn: false, about: 'Counters and times of all processes', toPaste: false },
    { name: 'captured', drawn: false, args: ['explain'], about: 'Why was the newest refused webhook refused?', toPaste: false },
    { name: 'drain', args: ['drain'], about: 'Finish what waits in the spool', toPaste: false },
  ].map((command) => Object.defineProperties({ toPaste: true, throughFront: false, drawn: true }, {
    ...Object.getOwnPropertyDescriptors(command),
    line: { get() { return ['twilio-autojoin', ...this.args].map(quote).join(' '); } },
  }));
}

function quote(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
