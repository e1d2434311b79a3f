// The reference's way: express and Twilio's own package; one client, its connection limits lifted.
import express from 'express';
import twilio from 'twilio';

const { PUBLIC_URL, API_URL, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_IDENTITY, LISTEN } = process.env;
const ALREADY_THERE = 50433;

// Twilio's client allows 20 connections by default. (The CA comes by NODE_EXTRA_CA_CERTS.)
const httpClient = new twilio.RequestClient({ keepAlive: true, maxSockets: 1024, maxTotalSockets: 1024, maxFreeSockets: 1024, timeout: 4000 });
const client = twilio(TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, { httpClient });
client.conversations.baseUrl = API_URL;

async function join(service, conversation) {
  try {
    await client.conversations.v1.services(service).conversations(conversation).participants.create({ identity: TWILIO_IDENTITY });
    return [200, 'joined'];
  } catch (error) {
    if (error.status === 409 && error.code === ALREADY_THERE) return [200, 'already-joined'];
    return !error.status || error.status === 429 || error.status >= 500 ? [503, 'retry-later'] : [500, 'refused'];
  }
}

const app = express();
app.disable('x-powered-by');
app.post('/webhooks/twilio',
  express.urlencoded({ extended: false, limit: 65536 }),
  twilio.webhook({ url: PUBLIC_URL }, TWILIO_AUTH_TOKEN),
  async ({ body }, response) => {
    if (body.AccountSid !== TWILIO_ACCOUNT_SID) return response.status(403).json({});
    if (body.EventType !== 'onConversationAdded') return response.json({ result: 'ignored' });
    const [status, result] = await join(body.ChatServiceSid, body.ConversationSid);
    return response.status(status).json({ result });
  });

const [host, port] = LISTEN.split(':');
app.listen(Number(port), host);
