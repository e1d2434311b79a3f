// A platform's ingress client, small: the SDK used in the way a bot's back end uses it. The client is
// created and listened to only afterwards; messages of others are handed on, its own are not; tokens are
// renewed as the SDK asks for it; answers go out through the same client.
import conversations from '../lib/conversations-sdk.js';

export class IngressClient {
  conversations = new Map(); // SID to status
  published = [];

  constructor({ identity, makeToken, options }) {
    this.identity = identity;
    this.makeToken = makeToken;
    this.options = options;
  }

  async start() {
    this.client = await conversations.Client.create(this.makeToken(), this.options);
    const renew = () => this.client.updateToken(this.makeToken());
    this.client.on('tokenAboutToExpire', renew);
    this.client.on('tokenExpired', renew);
    this.client.on('conversationAdded', ({ sid, status }) => { if (!this.conversations.has(sid)) this.conversations.set(sid, status); });
    this.client.on('conversationJoined', ({ sid, status }) => this.conversations.set(sid, status));
    this.client.on('conversationRemoved', ({ sid }) => this.conversations.delete(sid));
    this.client.on('messageAdded', (message) => this.#take(message));
  }

  async #take({ sid, author, body, conversation }) {
    if (author === this.identity) return;
    // A participant of an SMS has no identity: the SDK rejects the question after it.
    const participant = await conversation.getParticipantByIdentity(author).catch(() => null);
    this.published.push({ id: sid, from: participant?.identity ?? author, text: body, channel: conversation.sid });
  }

  async sendText(text, conversationSid) {
    const conversation = await this.client.getConversationBySid(conversationSid);
    return conversation.sendMessage(text);
  }

  stop() {
    return this.client.shutdown();
  }
}
