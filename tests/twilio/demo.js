#!/usr/bin/env node
// The demonstration behind ./demo: a real web server with the shipped configuration, the responder,
// and the stand-in Twilio; an SMS arrives, and what happens is printed as it happens.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startApache } from '../servers/apache.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { curlLine } from './curlline.js';
import { StandIn } from './standin.js';
import { Timeline } from './timeline.js';

const FRONTS = {
  lighttpd: { title: 'lighttpd, FastCGI', server: 'lighttpd', start: (given) => startLighttpd({ ...given, mode: 'fastcgi' }) },
  cgi: { title: 'lighttpd, plain CGI', server: 'lighttpd', start: (given) => startLighttpd({ ...given, mode: 'cgi' }) },
  apache: { title: 'Apache httpd, mod_fcgid', server: 'Apache', start: (given) => startApache({ ...given, mode: 'fcgid' }) },
};

const IDENTITY = 'demo-bot';
const KEY = { apiKey: `SK${'d'.repeat(32)}`, apiSecret: 'demo-secret' };
const CUSTOMER = '+15005550006'; // a number of Twilio's own test range
const OURS = '+15005550001';

const { values } = parseArgs({
  options: {
    responder: { type: 'string' }, front: { type: 'string', default: 'lighttpd' }, stay: { type: 'boolean', default: false },
    websocket: { type: 'boolean', default: false },
  },
});
const front = FRONTS[values.front];
if (!front || !values.responder || !existsSync(values.responder)) {
  process.stderr.write(`usage: demo.js --responder PROGRAM [--front ${Object.keys(FRONTS).join('|')}] [--websocket] [--stay]\n`);
  process.exit(64);
}

// Whatever was started is ended in the opposite order, however the demo ends; what is still
// starting when the end comes is ended as soon as it has started.
const endings = [];
let ended;
function onEnd(end) {
  if (ended) return end();
  endings.push(end);
  return undefined;
}
function endAll() {
  ended ??= (async () => {
    for (const end of endings.reverse()) await end().catch((error) => process.stderr.write(`demo: ${error.message}\n`));
  })();
  return ended;
}

let interrupted;
const interruption = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(interrupted = signal));
});

try {
  const joined = await Promise.race([demonstrate(), interruption.then(() => false)]);
  await endAll();
  process.exitCode = joined ? 0 : 1;
  if (interrupted && !(values.stay && joined)) process.exitCode = 128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[interrupted];
} catch (error) {
  await endAll();
  process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode = 1;
}

async function demonstrate() {
  const twilio = await StandIn.start({ ...KEY, keepRequests: 1000, websocket: values.websocket });
  onEnd(() => twilio.stop());
  const server = await front.start({ responder: values.responder, settings: settingsFor(twilio) });
  await onEnd(() => server.stop());
  if (interrupted) return false;
  const url = `${server.url}/webhooks/twilio`;
  twilio.configureWebhook({ serviceSid: twilio.defaultService.sid, url, filters: ['onConversationAdded'] });
  const byHand = curlLine(twilio, url);
  const timeline = new Timeline(twilio, { server: front.server, identity: IDENTITY });

  process.stdout.write(`\n${front.title} at ${server.url}, stand-in Twilio at ${twilio.url}\n\n`);
  const bot = values.websocket ? await connectBot(twilio, timeline) : undefined;
  if (interrupted) return false;
  const joined = await play(twilio, timeline, bot);
  if (interrupted) return false;
  if (!joined) {
    process.stdout.write(`\nThe bot was NOT joined${bot ? ', or not told' : ''}. The web server's log:\n\n${await server.readLog()}\n`);
    return false;
  }
  process.stdout.write(`\nThe bot "${IDENTITY}" was joined before Twilio had its answer, and ${bot ? 'was told' : 'hears'} what ${bot ? 'followed' : 'follows'}.\n`);
  if (values.stay) await stay(twilio, url, byHand);
  return true;
}

// The account is made up for this run; TWILIO_* of the caller's environment never enters.
function settingsFor(twilio) {
  return {
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: twilio.authToken,
    TWILIO_API_KEY: KEY.apiKey,
    TWILIO_API_SECRET: KEY.apiSecret,
    TWILIO_IDENTITY: IDENTITY,
    AUTOJOIN_API_URL: twilio.url,
    AUTOJOIN_WEBHOOKS_API_URL: twilio.urls.webhooks,
    AUTOJOIN_EVENTS_API_URL: twilio.urls.events,
  };
}

async function connectBot(twilio, timeline) {
  const { DemoBot } = await import('./demobot.js');
  const bot = await DemoBot.connect(twilio, { identity: IDENTITY, ...KEY, say: (...line) => timeline.line(...line) });
  await onEnd(() => bot.end());
  return bot;
}

// With a bot, it counts what its SDK says; without one, what Twilio's list of participants says.
async function play(twilio, timeline, bot) {
  const told = bot?.joins();
  const first = await twilio.arriveSms({ from: CUSTOMER, to: OURS, body: 'Hello, is anybody there?' });
  timeline.roster(first.conversation);
  if (!isIn(twilio, first.conversation) || (bot && !await told)) return false;
  const text = 'Then let us talk.';
  const heard = bot?.hears(text);
  const second = await twilio.arriveSms({ from: CUSTOMER, to: OURS, body: text });
  return second.conversation === first.conversation
    && first.deliveries.some(({ status, body }) => status === 200 && body === '{"result":"joined"}')
    && (!bot || heard);
}

function isIn(twilio, conversation) {
  return twilio.participants(conversation.sid).some(({ identity }) => identity === IDENTITY);
}

async function stay(twilio, url, byHand) {
  process.stdout.write(`
Still running; Ctrl-C ends it. The webhook URL is ${url}

Another SMS:

  curl ${twilio.url}/_standin/sms -d '{"from":"+15005550009","to":"${OURS}","body":"Hi"}'

A webhook by hand, signed for a conversation that the bot is not in yet (a second time: already-joined):

  ${byHand}

`);
  await interruption;
}
