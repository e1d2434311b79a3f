// What can go wrong, each made on purpose: start() breaks it, lets somebody text, and shows what the operator would
// look at; recover() is the way back. `frontTells`: lines of the web server's own log that belong to it.
const JOINS = { method: 'POST', path: /\/Participants$/ };
const FRIEND = '+15005550011';

export const TROUBLES = [
  {
    name: 'slow',
    title: 'Twilio is slow',
    about: 'Its REST side takes six seconds to answer.',
    broken: 'Whoever adds a participant waits six seconds. Then somebody new texts.',
    see: 'Twilio gives a webhook five seconds. After four the responder answers 503, and Twilio sends the webhook once more. The process is not held up: other conversations go on. The join waits in the spool, and twilio-autojoin status says how it stands.',
    wayBack: 'Twilio is quick again, and twilio-autojoin drain finishes what waits. On a host a timer runs it.',
    async start(stage) {
      stage.twilio.misbehave({ match: JOINS, delayMs: 6000, times: Infinity });
      stage.newCustomer();
      await stage.sms('Are you asleep?');
      await stage.run('status');
    },
    async recover(stage) {
      stage.twilio.behave();
      await stage.run('drain');
    },
  },
  {
    name: 'limited',
    title: 'Twilio answers 429',
    about: 'Too many requests: come back in half a minute.',
    broken: 'Whoever adds a participant is answered 429 with Retry-After: 30. Then somebody new texts.',
    see: 'Thirty seconds do not fit into a webhook’s five. The responder answers 503 at once, which Twilio repeats; the join waits in the spool, and twilio-autojoin check says so.',
    wayBack: 'Twilio answers again, and twilio-autojoin drain finishes what waits.',
    async start(stage) {
      stage.twilio.misbehave({ match: JOINS, status: 429, times: Infinity, headers: { 'Retry-After': '30' } });
      stage.newCustomer();
      await stage.sms('Are you busy?');
      await stage.run('check');
    },
    async recover(stage) {
      stage.twilio.behave();
      await stage.run('drain');
    },
  },
  {
    name: 'rotated',
    title: 'The token was rotated',
    about: 'Twilio signs with one that we do not have.',
    broken: 'The secondary auth token was promoted at Twilio, and nobody told us. Then somebody new texts.',
    see: 'No signature matches any more: 403, and the log has no hint, since nothing here knows the new token. twilio-autojoin check asks Twilio whether it takes ours.',
    wayBack: 'The new token goes into the settings, the responder is started again, and twilio-autojoin reconcile joins what was missed.',
    async start(stage) {
      stage.twilio.rotateToken();
      stage.newCustomer();
      await stage.sms('Do you know me?');
      await stage.run('check');
    },
    async recover(stage) {
      await stage.settings({ TWILIO_AUTH_TOKEN: stage.twilio.authToken });
      await stage.run('reconcile');
    },
  },
  {
    name: 'proxy',
    title: 'A proxy changes the URL',
    about: 'Twilio signed one URL, the responder sees another.',
    broken: 'Twilio’s webhook leads to a proxy, which passes it on with another Host. AUTOJOIN_PUBLIC_URL was taken out of the settings. Then somebody new texts.',
    see: 'What is signed begins with the URL as Twilio knows it: 403. The log’s hint tries the likely mistakes, twilio-autojoin explain looks at the request that was kept, and both say what to set.',
    wayBack: 'AUTOJOIN_PUBLIC_URL is set as the hint says, the responder is started again, and twilio-autojoin reconcile joins what was missed.',
    async start(stage) {
      await stage.settings({ AUTOJOIN_PUBLIC_URL: undefined });
      await stage.throughProxy();
      stage.newCustomer();
      await stage.sms('Which way to you?');
      await stage.run('captured');
    },
    async recover(stage) {
      await stage.settings({ AUTOJOIN_PUBLIC_URL: await stage.throughProxy() });
      await stage.run('reconcile');
    },
  },
  {
    name: 'killed',
    title: 'The responder is killed',
    about: 'In the middle of a join: SIGKILL.',
    broken: 'Somebody new texts. While Twilio is being asked, every responder is killed.',
    see: 'The web server answers 500, which Twilio does not repeat, and starts the responder again. The join was written down before Twilio was asked: its ticket lies in the spool, and twilio-autojoin check tells.',
    wayBack: 'twilio-autojoin drain finishes what the dead process began, as soon as that can no longer be at it: after four seconds.',
    frontTells: /signalled|unexpected end-of-file|End of script output|Premature end|exit\(|process.*(?:died|exit|kill)|without a valid/i,
    async start(stage) {
      const rule = stage.twilio.misbehave({ match: JOINS, delayMs: 60_000, times: 1 });
      stage.newCustomer();
      await stage.killInTheMiddle('Can you hold on?');
      rule.remove();
      await stage.run('check');
    },
    recover: (stage) => stage.run('drain'),
  },
  {
    name: 'group',
    title: 'A group text',
    about: 'Two people and our number in one conversation.',
    broken: 'Nothing. Somebody new texts us and a friend at once.',
    see: 'A group takes nobody in while it is being made, and then no identity beside the people: the bot becomes the one who stands for our number. All of it within the webhook’s time.',
    wayBack: 'Nothing to do.',
    leave: 'Go on',
    async start(stage) {
      stage.newCustomer();
      await stage.sms('Shall we all meet?', { to: [stage.ours, FRIEND] });
      await stage.run('status');
    },
    async recover() {},
  },
];
