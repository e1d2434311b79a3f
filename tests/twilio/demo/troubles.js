// What can go wrong, each made on purpose: start() breaks it and lets somebody text, and shows what the operator
// would look at; recover() is the way back.
const JOINS = { method: 'POST', path: /\/Participants$/ };

export const TROUBLES = [
  {
    name: 'limited',
    title: 'Twilio answers 429',
    about: 'Too many requests: Twilio asks to be left alone for half a minute.',
    broken: 'Every attempt to add a participant is answered 429, Retry-After: 30.',
    see: 'That does not fit into the five seconds that a webhook has. The responder answers 503, which Twilio repeats, and the join waits in the spool.',
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
];
