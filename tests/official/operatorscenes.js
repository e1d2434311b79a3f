// Everything that brings the operator's tool to ask something of Twilio, so that each of its REST requests is
// seen once: { name, args, play(twilio), asks }. `asks`: the requests, the service and SIDs taken out.

const URL_OF_OURS = 'https://api.example.com/webhooks/twilio?a=b%20c&d';
const FOREIGN = { url: 'https://crm.example.com/', method: 'GET', filters: ['onMessageAdded', 'onUserAdded'] };
const SETTINGS = ['GET Configuration', 'GET Configuration/Webhooks'];

/** A bot that comes by itself, as the responder would bring it. */
function bringBot(twilio, identity) {
  const bring = ({ method, path }) => {
    if (method !== 'POST' || !path.endsWith('/Conversations')) return;
    for (const { sid } of twilio.store.conversations.values()) {
      if (!twilio.participants(sid).some((one) => one.identity === identity)) twilio.addParticipant(sid, { identity });
    }
  };
  twilio.on('request', bring);
  return () => twilio.off('request', bring);
}

function fill(twilio, count, identity) {
  for (const { sid } of twilio.createConversations(count)) if (identity) twilio.addParticipant(sid, { identity });
}

export const operatorScenes = [
  {
    name: 'check', args: ['check'],
    play(twilio, identity) {
      twilio.addAddress({ address: '+15005550009' });
      twilio.configureWebhook({ url: URL_OF_OURS, retryCount: 3 });
      fill(twilio, 60, identity); // more than one page
    },
    asks: [...SETTINGS, 'GET Configuration/Addresses', 'GET chat/Service', 'GET ParticipantConversations', 'GET Sinks', 'GET Users'],
  },
  {
    name: 'check of an identity that nobody knows', args: ['check'],
    play: (twilio) => { twilio.configureWebhook({ url: URL_OF_OURS, retryCount: 3 }); },
    asks: [...SETTINGS, 'GET Configuration/Addresses', 'GET chat/Service', 'GET ParticipantConversations', 'GET Sinks', 'GET Users'],
  },
  {
    name: 'setup of the service, keeping other people\'s events', args: ['setup', '--url', URL_OF_OURS, '--replace', '--yes'],
    play: (twilio) => twilio.configureWebhook({ serviceSid: twilio.defaultService.sid, ...FOREIGN }),
    asks: [...SETTINGS, 'POST Configuration/Webhooks'],
  },
  {
    name: 'setup of the account', args: ['setup', '--url', URL_OF_OURS, '--level', 'account', '--replace', '--yes'],
    play: (twilio) => twilio.configureWebhook(FOREIGN),
    asks: [...SETTINGS, 'POST Configuration/Webhooks'],
  },
  { name: 'setup of retries', args: ['setup', '--retries', '2', '--yes'], play: (twilio) => twilio.configureWebhook({ retryCount: 0 }), asks: ['GET Configuration', 'GET chat/Service', 'POST chat/Service'] },
  { name: 'setup of timers', args: ['setup', '--closed-timer', 'P7D', '--inactive-timer', 'PT1H', '--yes'], play() {}, asks: ['GET Configuration', 'POST Configuration'] },
  {
    name: 'setup of Event Streams, and its undoing', args: ['setup', '--event-stream', '--yes'], settings: { AUTOJOIN_PUBLIC_URL: URL_OF_OURS }, play() {},
    then: ['setup', '--event-stream', '--undo', '--yes'],
    asks: ['GET Sinks', 'POST Sinks', 'POST Subscriptions', 'POST Sinks/DG/Test', 'GET Subscriptions', 'GET Subscriptions/DF/SubscribedEvents', 'DELETE Subscriptions/DF', 'DELETE Sinks/DG'],
  },
  {
    name: 'setup of Event Streams where the subscription lacks a type', args: ['setup', '--event-stream', '--yes'], settings: { AUTOJOIN_PUBLIC_URL: URL_OF_OURS },
    play({ eventStreams }) {
      const sink = eventStreams.createSink({ destination: URL_OF_OURS });
      eventStreams.createSubscription({ sink, types: [{ type: 'com.twilio.conversations.message.added', schemaVersion: 2 }] });
    },
    asks: ['GET Sinks', 'GET Subscriptions', 'GET Subscriptions/DF/SubscribedEvents', 'POST Subscriptions/DF/SubscribedEvents', 'POST Sinks/DG/Test'],
  },
  { name: 'probe', args: ['probe', '--yes'], play: bringBot, asks: ['GET Configuration', 'POST Conversations', 'GET Participants', 'DELETE Conversations'] },
  { name: 'probe without a bot', args: ['probe', '--yes', '--timeout', '1s'], code: 1, play() {}, asks: ['GET Configuration', 'POST Conversations', 'GET Participants', 'DELETE Conversations'] },
  { name: 'reconcile', args: ['reconcile', '--rate', '1000'], play: (twilio) => fill(twilio, 130), asks: ['GET ParticipantConversations', 'GET Conversations', 'POST Participants'] },
  { name: 'reconcile since a day', args: ['reconcile', '--since', '2026-01-31', '--rate', '1000'], play: (twilio) => fill(twilio, 3), asks: ['GET ParticipantConversations', 'GET Conversations', 'POST Participants'] },
];

/** A request as `asks` has it. */
export function briefly({ method, path }) {
  const bare = path.replace(/\?.*/, '').replace(/^\/v2\/Services\/IS[0-9a-f]{32}$/, '/v1/chat/Service')
    .replace(/\/Services\/IS[0-9a-f]{32}/, '').replace(/\/(DG|DF)[0-9a-f]{32}/, '/$1').replace(/^.*\/Participants.*$/, '/v1/Participants').replace(/^.*\/Users.*$/, '/v1/Users').replace(/\/CH[0-9a-f]{32}$|\/[^/]*probe[^/]*$/, '');
  return `${method} ${bare.slice('/v1/'.length)}`;
}
