// The bot of the demonstration: Twilio's Conversations SDK, unmodified, connected to the stand-in. It
// needs the packages of tests/package.json, and is loaded only when it is asked for.
import { once } from 'node:events';
import conversations from '../lib/conversations-sdk.js';
import { makeAccessToken } from '../lib/access-token.js';

const PATIENCE_MS = 10_000;

export class DemoBot {
  static async connect(twilio, { identity, apiKey, apiSecret, say }) {
    const bot = new DemoBot();
    const token = makeAccessToken({
      accountSid: twilio.accountSid, keySid: apiKey, secret: apiSecret, identity, serviceSid: twilio.defaultService.sid,
    });
    bot.client = new conversations.Client(token, { twilsock: { uri: twilio.gateway.url }, logLevel: 'silent' });
    bot.client.on('conversationJoined', ({ sid }) => say('Twilio -> bot', `WebSocket: conversationJoined ${sid}`));
    bot.client.on('messageAdded', ({ body, author }) => say('Twilio -> bot', `WebSocket: messageAdded, from ${author}: "${body}"`));
    // The SMS that created the conversation was there before the bot and is never announced.
    bot.client.on('conversationJoined', async (conversation) => {
      for (const { body } of (await conversation.getMessages()).items) say('bot', `reads with getMessages(): "${body}"`);
    });
    await bot.#wait('initialized');
    await bot.client.getSubscribedConversations();
    say('bot -> Twilio', 'WebSocket open, access token accepted: Twilio\'s Conversations SDK is ready');
    return bot;
  }

  #wait(event) {
    return once(this.client, event, { signal: AbortSignal.timeout(PATIENCE_MS) }).then(([value]) => value);
  }

  // To be called before what brings it about; resolves to whether it came.
  joins() {
    return this.#wait('conversationJoined').then((conversation) => conversation.getMessages()).then(() => true, () => false);
  }

  hears(text) {
    return this.#wait('messageAdded').then(({ body }) => body === text, () => false);
  }

  end() {
    return this.client.shutdown();
  }
}
