#!/usr/bin/env node
// The stand-in as a program: prints one line of JSON when it is ready, ends on SIGTERM or SIGINT.
import { parseArgs } from 'node:util';
import { readFileSync } from 'node:fs';
import { readAssumption } from './assumptions.js';
import { StandIn } from './standin.js';

const HELP = `Usage: node tests/twilio/main.js [OPTION]...
Run the stand-in Twilio on loopback.

  --port N              listen here (default: a free port)
  --host ADDRESS        default 127.0.0.1
  --account SID         account SID (default: made up)
  --auth-token TOKEN    its auth token (default: made up)
  --api-key SID         an API key, with
  --api-secret SECRET   its secret
  --service SID         SID of the default service (default: made up)
  --tls-key FILE        serve https with this key, and
  --tls-cert FILE       this certificate (PEM)
  --webhook-url URL     post webhooks of the account go here
  --webhook-filter EVENT  an event that fires one (repeatable; default onConversationAdded)
  --webhook-retries N   the service's PostWebhookRetryCount
  --connect-to URL      connect here for webhooks, whatever their URL says
  --conversations N     start with so many active conversations
  --latency MS          every REST answer takes so long
  --user-conversations N  how many conversations one identity may be in (default 1000)
  --websocket           serve WebSockets too (needs the package ws: npm ci in tests/)
  --assume NAME=VALUE   what Twilio does where nobody knows (repeatable; see assumptions.js)
  --own-hosts           a port for each of Twilio's hosts: urls in the line that is printed
  --propagation MS      until a webhook Rule is in force (default 100)
  --keep-requests N     how many requests to remember (default 100000)
  --help

Everything else by HTTP: /_standin/ (see control.js).
`;

const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    port: text, host: text, account: text, 'auth-token': text, 'api-key': text, 'api-secret': text, service: text,
    'tls-key': text, 'tls-cert': text, 'webhook-url': text, 'webhook-filter': { type: 'string', multiple: true },
    'webhook-retries': text, 'connect-to': text, conversations: text, latency: text, 'user-conversations': text,
    'keep-requests': text, assume: { type: 'string', multiple: true }, propagation: text, 'own-hosts': { type: 'boolean' }, websocket: { type: 'boolean' }, help: { type: 'boolean' },
  },
});

if (values.help) {
  process.stdout.write(HELP);
} else {
  await run();
}

async function run() {
  const standIn = await StandIn.start({
    port: number('port') ?? 0,
    host: values.host,
    accountSid: values.account,
    authToken: values['auth-token'],
    apiKey: values['api-key'],
    apiSecret: values['api-secret'],
    serviceSid: values.service,
    tls: values['tls-key'] && { key: readFileSync(values['tls-key']), cert: readFileSync(values['tls-cert']) },
    limits: { ...(values['user-conversations'] && { userConversations: number('user-conversations') }) },
    keepRequests: number('keep-requests'),
    websocket: values.websocket,
    propagationMs: number('propagation'),
    ownHosts: values['own-hosts'],
    assume: Object.assign({}, ...(values.assume ?? []).map(readAssumption)),
  });
  if (values['webhook-url']) {
    standIn.configureWebhook({
      url: values['webhook-url'], filters: values['webhook-filter'], retryCount: number('webhook-retries'), connectTo: values['connect-to'],
    });
  }
  if (values.latency) standIn.misbehave({ delayMs: number('latency'), times: Infinity });
  standIn.createConversations(number('conversations') ?? 0);
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => standIn.stop());
  const { url, accountSid, authToken, defaultService, gateway } = standIn;
  const ready = { url, urls: standIn.urls, websocketUrl: gateway?.url, pid: process.pid, accountSid, authToken, serviceSid: defaultService.sid };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

function number(name) {
  if (values[name] === undefined) return undefined;
  if (!/^[0-9]+$/.test(values[name])) {
    process.stderr.write(`main.js: --${name} must be a whole number\n`);
    process.exit(64);
  }
  return Number(values[name]);
}
