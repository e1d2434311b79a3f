// Everything that brings the responder to ask something of Twilio, so that each of its
// REST requests is seen once: { name, settings?, play(twilio) -> webhook, result, asks }.
// `asks`: the requests, as method and what follows the conversation or service.

const ROLE = 'role';

const inService = (twilio, settings = {}) => {
  const service = twilio.createService();
  return { service: service.sid, conversation: twilio.createConversation({ serviceSid: service.sid, ...settings }).sid };
};
const nowhere = (twilio) => ({ service: twilio.createService().sid, conversation: `CH${'a1'.repeat(16)}` });
const creating = { method: 'POST', path: /\/Participants$/ };

const answered = (rule) => (twilio) => {
  twilio.misbehave({ match: creating, ...rule });
  return inService(twilio);
};

const plain = [
  { name: 'joined', play: inService, result: 'joined', asks: ['POST Participants'] },
  { name: 'joined in the default service, told by no ChatServiceSid', play: (twilio) => ({ conversation: twilio.createConversation().sid }), result: 'joined', asks: ['POST Participants'] },
  {
    name: 'already a participant',
    play(twilio) {
      const place = inService(twilio);
      twilio.addParticipant(place.conversation, { identity: 'bot' });
      return place;
    },
    result: 'already-joined', asks: ['POST Participants'],
  },
  { name: 'closed', play: (twilio) => inService(twilio, { state: 'closed' }), result: 'gone', asks: ['POST Participants'] },
  {
    name: 'not found, in a service that is there, a minute after the event',
    play: (twilio) => ({ ...nowhere(twilio), created: new Date(Date.now() - 61_000) }),
    result: 'gone', asks: ['POST Participants', 'GET Participants/bot', 'POST Participants', 'GET Participants/bot', 'GET Service'], atLeast: true,
  },
  {
    name: 'not found, just after the event',
    play: (twilio) => ({ ...nowhere(twilio), created: new Date() }),
    result: 'retry-later', asks: ['POST Participants', 'GET Participants/bot', 'POST Participants', 'GET Participants/bot', 'GET Service'], atLeast: true,
  },
  { name: 'not found, and yet created', play: answered({ status: 404, code: 20404, alsoDo: true }), result: 'joined', asks: ['POST Participants', 'GET Participants/bot'] },
  { name: 'being changed by somebody else', play: answered({ status: 409, code: 50419 }), result: 'joined', asks: ['POST Participants', 'POST Participants'] },
  { name: 'already a participant, told as RFC 9457 says', play: answered({ status: 409, code: 50433, problemJson: true }), result: 'already-joined', asks: ['POST Participants'] },
  { name: 'too many requests, once', play: answered({ status: 429, code: 20429 }), result: 'joined', asks: ['POST Participants', 'POST Participants'] },
  { name: 'no credentials that count', play: answered({ status: 401, code: 20003 }), result: 'refused', asks: ['POST Participants'] },
];

const adorned = [
  {
    name: 'with role and attributes', result: 'joined', asks: ['POST Participants'],
    play(twilio) {
      const service = [...twilio.store.services.values()].find(({ friendlyName }) => friendlyName === ROLE);
      return { service: service.sid, conversation: twilio.createConversation({ serviceSid: service.sid }).sid };
    },
  },
  {
    name: 'a group text without a number, with the projected address', result: 'joined', asks: ['POST Participants', 'GET Participants?PageSize=100', 'POST Participants'],
    play(twilio) {
      const service = [...twilio.store.services.values()].find(({ friendlyName }) => friendlyName === ROLE);
      return { service: service.sid, conversation: twilio.createGroup({ serviceSid: service.sid, addresses: ['+15005550011', '+15005550012'] }).sid };
    },
  },
  {
    name: 'a group text with a number, which gets the identity', result: 'joined', asks: ['POST Participants', 'GET Participants?PageSize=100', 'POST Participants/MB'],
    play(twilio) {
      const service = [...twilio.store.services.values()].find(({ friendlyName }) => friendlyName === ROLE);
      return { service: service.sid, conversation: twilio.createGroup({ serviceSid: service.sid, addresses: ['+15005550013', '+15005550014'], number: '+15005550002' }).sid };
    },
  },
];

const IDENTITY = 'bot @ é/x?+%&=#😀';
const odd = [
  { name: 'an identity of odd characters: joined', play: inService, result: 'joined', asks: ['POST Participants'] },
  { name: 'an identity of odd characters: looked up', play: answered({ status: 404, code: 20404, alsoDo: true }), result: 'joined', asks: ['POST Participants', `GET Participants/${encodeURIComponent(IDENTITY)}`] },
];

/** Scenes by the settings that they share a responder with; settings(twilio) -> TWILIO_* and AUTOJOIN_* */
export const sceneGroups = [
  { name: 'plain', settings: (twilio) => ({ TWILIO_IDENTITY: 'bot', TWILIO_AUTH_TOKEN: twilio.authToken }), scenes: plain },
  {
    name: 'with everything that can go with a participant',
    settings(twilio) {
      const service = twilio.createService({ friendlyName: ROLE });
      return {
        TWILIO_IDENTITY: 'bot', AUTOJOIN_ROLE_SID: service.channelAdminRole, AUTOJOIN_ATTRIBUTES: '{"kind":"bot","name":"Ä & Ö"}', AUTOJOIN_PROJECTED_ADDRESS: '+15005550001',
      };
    },
    scenes: adorned,
  },
  {
    name: 'with an API key and an odd identity',
    settings(twilio) {
      const { sid, secret } = twilio.addApiKey();
      return { TWILIO_IDENTITY: IDENTITY, TWILIO_API_KEY: sid, TWILIO_API_SECRET: secret };
    },
    scenes: odd,
  },
];
