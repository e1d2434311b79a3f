#!/usr/bin/env node
// The demonstration behind ./demo: a real web server with the shipped configuration, the responder,
// and the stand-in Twilio; an SMS arrives, and what happens is printed as it happens.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startApache } from '../servers/apache.js';
import { startLighttpd } from '../servers/lighttpd.js';
import { Feed } from './demo/feed.js';
import { Installation } from './demo/installation.js';
import { Stage } from './demo/stage.js';
import { Story } from './demo/story.js';
import { operatorsLines } from './demo/lines.js';
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
    responder: { type: 'string' }, operator: { type: 'string' }, front: { type: 'string', default: 'lighttpd' }, stay: { type: 'boolean', default: false },
    websocket: { type: 'boolean', default: false },
  },
});
const front = FRONTS[values.front];
const operator = values.operator ?? join(dirname(values.responder ?? ''), 'twilio-autojoin');
if (!front || !values.responder || ![values.responder, operator].every((program) => existsSync(program))) {
  process.stderr.write(`usage: demo.js --responder PROGRAM [--operator PROGRAM] [--front ${Object.keys(FRONTS).join('|')}] [--websocket] [--stay]\n`);
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
let played = false; // all was well; what an end does afterwards changes nothing about that
const interruption = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(interrupted = signal));
});

try {
  const joined = await Promise.race([demonstrate(), interruption.then(() => played)]);
  await endAll();
  process.exitCode = joined ? 0 : 1;
  if (interrupted && !(values.stay && joined)) process.exitCode = 128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[interrupted];
} catch (error) {
  await endAll();
  process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode = 1;
}
// All was ended: whatever is still open keeps nobody waiting.
setTimeout(() => process.exit(), 3000).unref();

async function demonstrate() {
  const twilio = await StandIn.start({ ...KEY, keepRequests: 1000, websocket: values.websocket });
  onEnd(() => twilio.stop());
  const installation = await Installation.create({ operator, settings: settingsFor(twilio) });
  await onEnd(() => installation.remove());
  const server = await front.start({ responder: values.responder, settingsFile: installation.settingsFile });
  await onEnd(() => server.stop());
  if (interrupted) return false;
  const url = `${server.url}/webhooks/twilio`;
  if (values.stay) {
    await installation.change({ AUTOJOIN_PUBLIC_URL: url });
    await installation.restartResponder(server);
  }
  twilio.configureWebhook({ serviceSid: twilio.defaultService.sid, url, filters: ['onConversationAdded', 'onParticipantRemoved'], retryCount: 1 });
  const stage = values.stay ? await openStage({ twilio, server, installation, url }) : undefined;
  const timeline = new Timeline(twilio, { server: front.server, identity: IDENTITY });
  if (interrupted) return false;

  process.stdout.write(`\n${front.title} at ${server.url}, stand-in Twilio at ${twilio.url}\n\n`);
  const bot = values.websocket ? await connectBot(twilio, timeline, stage) : undefined;
  if (interrupted) return false;
  const joined = await play(twilio, timeline, bot);
  if (interrupted) return false;
  if (!joined) {
    process.stdout.write(`\nThe bot was NOT joined${bot ? ', or not told' : ''}. The web server's log:\n\n${await server.readLog()}\n`);
    return false;
  }
  process.stdout.write(`\nThe bot "${IDENTITY}" was joined before Twilio had its answer, and ${bot ? 'was told' : 'hears'} what ${bot ? 'followed' : 'follows'}.\n`);
  played = true;
  if (values.stay) await stay(twilio, stage);
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

async function connectBot(twilio, timeline, stage) {
  const { DemoBot } = await import('./demobot.js');
  const bot = await DemoBot.connect(twilio, { identity: IDENTITY, ...KEY, say: (...line) => timeline.line(...line) });
  await onEnd(() => bot.end());
  stage?.story.listenTo(bot.client);
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

// The page listens before the first SMS, so that it shows that one too.
async function openStage({ twilio, server, installation, url }) {
  const feed = new Feed();
  const story = new Story(twilio, feed, { identity: IDENTITY, sdk: values.websocket });
  const commands = operatorsLines(twilio, { url, service: twilio.defaultService.sid });
  const stage = new Stage({ twilio, server, installation, feed, story, ours: OURS, firstNumber: CUSTOMER, webhookUrl: url, commands });
  await onEnd(() => stage.close());
  await stage.open({ front: front.title, server: front.server, identity: IDENTITY, ours: OURS, sdk: values.websocket });
  return stage;
}

async function stay(twilio, stage) {
  const { folder, settingsFile } = stage.installation;
  process.stdout.write(`
Still running; Ctrl-C ends it. All of it to look at, with what can go wrong:

  ${stage.page.url}

The operator's side, in another terminal:

  export AUTOJOIN_CONFIG=${settingsFile} PATH=${folder.path}:$PATH

${stage.commands.filter(({ toPaste }) => toPaste).map(({ line }) => `  ${line}`).join('\n')}

Another SMS without the page:

  curl ${twilio.url}/_standin/sms -d '{"from":"+15005550009","to":"${OURS}","body":"Hi"}'

`);
  await interruption;
}
