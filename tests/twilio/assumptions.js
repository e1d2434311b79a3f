// What no document of Twilio's says and nobody has reported: here stands the likeliest, and what else it may be, so
// that a program can be tried against each. Given as `assume` to the stand-in, and changed there at any time.
const CHOICES = {
  // Which headers name the SharedKey that signed: the settings header of the official library, the bare id that
  // two programs in use read, or both.
  keyHeader: ['settings', 'key-sid', 'both'],
  // What a Setting that signs with the account's token adds: nothing, or a settings header without a key.
  tokenHeader: ['none', 'algorithm'],
  // How the `auth` that every Setting must have says that there is none; 'absent': it may be left out after all.
  noAuth: ['inline-none', 'source-none', 'absent'],
  // The name that a signature by SharedKey has in a Setting.
  sharedKeyType: ['SHARED_KEY', 'SHAREDKEY'],
  // Whether Rules hold for webhooks of Conversations, and for the requests of Event Streams.
  rulesReachConversations: [true, false],
  rulesReachEventStreams: [false, true],
  // Whether a Setting's time-outs and retries do so as well, in place of Conversations' five seconds.
  connectionReachesConversations: [false, true],
  // Whether a Rule is compared with the whole URL or with what precedes its query.
  ruleMatch: ['whole', 'without-query'],
  // While a Rule propagates: the old ones hold everywhere, or each webhook meets the old or the new.
  whilePropagating: ['old', 'mixed'],
  // Whether a webhook that is sent again is signed by the Setting of its first attempt.
  retriesKeepSetting: [true, false],
  // Whether the test webhook of a Setting names the account.
  testNamesAccount: [false, true],
  // A second participant with the projected address that is in the group already, but another identity.
  projectedTwice: [50437, 50438, 50407, 'created'],
  // An identity in place of another on a projected address: 50444 as the dictionary has it, or replaced as the guide.
  identityReplaced: [false, true],
  // What the SDK of an identity is told that was given to a participant by an update.
  toldOfUpdate: ['joined', 'nothing'],
  // Whether what is done by REST without X-Twilio-Webhook-Enabled is an event of Event Streams.
  restIsEvent: [false, true],
  // Whether conversation.added names the service.
  eventNamesService: [false, true],
  // batch_events of a sink that does not say.
  batchedUnasked: [false, true],
  // A sink's answer of another 4xx than 400 and 429: the event comes again, or is given up as with 400.
  otherRefusals: ['repeated', 'discarded'],
};

export class Assumptions {
  constructor(given = {}) {
    for (const [name, [likeliest]] of Object.entries(CHOICES)) this[name] = likeliest;
    this.change(given);
  }

  change(given) {
    for (const [name, value] of Object.entries(given)) {
      if (!Object.hasOwn(CHOICES, name)) throw new TypeError(`nothing to assume about: ${name}`);
      if (!CHOICES[name].includes(value)) throw new TypeError(`${name} can be ${CHOICES[name].join(', ')}, not ${value}`);
      this[name] = value;
    }
  }
}

/** From a command line: NAME=VALUE. */
export function readAssumption(text) {
  const [, name, value] = /^([^=]*)=(.*)$/.exec(text) ?? [undefined, text, ''];
  const choice = CHOICES[name]?.find((possible) => String(possible) === value);
  return { [name]: choice ?? value };
}
