// Which webhooks an event sets off, and their deliveries.
import { deliver } from './webhooks.js';
import { eventParams } from './webhookevents.js';
import { connectionOf } from './webhooksapi/connections.js';

export class Dispatcher {
  #standIn;
  #signal;
  #under = new Set();

  constructor(standIn, signal) {
    this.#standIn = standIn;
    this.#signal = signal;
  }

  // One webhook, whatever it says. Signed as it is told, else as the Rule that takes its URL says, else with the account's token.
  send({ url, params = [], token, signing, ...rest }) {
    const webhook = { event: params.find(([name]) => name === 'EventType')?.[1], url, params };
    const manner = token || signing ? { signing: signing ?? { secret: token } } : this.#mannerFor(url);
    const onTried = (outcome) => this.#standIn.emit('webhookTried', { ...webhook, ...outcome });
    const delivery = deliver({ url, params, signal: this.#signal, onTried, ...rest, ...manner }).then((result) => {
      this.#standIn.emit('webhook', result);
      return result;
    });
    this.#under.add(delivery);
    const over = () => this.#under.delete(delivery);
    delivery.then(over, over);
    this.#standIn.emit('webhookSent', webhook);
    return delivery;
  }

  #mannerFor(url) {
    const { webhookConfiguration: configuration, assume, authToken } = this.#standIn;
    const byToken = { secret: authToken };
    if (!assume.rulesReachConversations) return { signing: byToken };
    const first = configuration.settingFor(url);
    if (!first) return { signing: byToken };
    let setting = first;
    const signing = () => {
      const signature = setting ? configuration.signingBy(setting) : byToken;
      if (!assume.retriesKeepSetting) setting = configuration.settingFor(url);
      return signature;
    };
    return { signing, ...(assume.connectionReachesConversations && connectionOf(first)) };
  }

  async settled() {
    while (this.#under.size > 0) await Promise.allSettled([...this.#under]);
  }

  fire(event, details, source) {
    this.#standIn.eventStreams.publish(event, details);
    for (const webhook of this.#webhooksFor(event, details, source)) this.send(webhook);
  }

  // Twilio does not wait for an answer before the next event's webhook goes out, but they leave in order.
  async fireInOrder(events, source) {
    for (const [event, details] of events) this.#standIn.eventStreams.publish(event, details);
    const webhooks = events.flatMap(([event, details]) => this.#webhooksFor(event, details, source));
    const deliveries = [];
    for (const webhook of webhooks) {
      await new Promise((onSent) => { deliveries.push(this.send({ ...webhook, onSent })); });
    }
    return Promise.all(deliveries);
  }

  #webhooksFor(event, details, source) {
    const { store, accountSid } = this.#standIn;
    const params = eventParams(event, details, { accountSid, source, clientIdentity: details.clientIdentity });
    const sid = details.conversation?.chatServiceSid ?? details.user?.chatServiceSid;
    const service = store.services.get(sid);
    const retryCount = service?.postWebhookRetryCount ?? 0;
    const owners = [store.webhooks, service?.webhooks].filter((w) => w?.postWebhookUrl && w.filters?.includes(event));
    const scoped = [...(details.conversation?.webhooks ?? [])].filter((w) => w.url && w.filters.includes(event));
    return [
      ...owners.map((w) => ({ url: w.postWebhookUrl, method: w.method ?? 'POST', connectTo: w.connectTo, ca: w.ca })),
      ...scoped.map((w) => ({ url: w.url, method: w.method.toUpperCase() })),
    ].map((webhook) => ({ ...webhook, params, retryCount }));
  }

  // A pre-event is asked before the deed: 40x and 50x forbid it, a time-out lets it pass.
  async permits(event, details) {
    const { store, accountSid } = this.#standIn;
    const params = eventParams(event, details, { accountSid, source: 'SMS' });
    const service = store.services.get(details.conversation.chatServiceSid);
    for (const { preWebhookUrl, filters, method, connectTo, ca } of [store.webhooks, service.webhooks]) {
      if (!preWebhookUrl || !filters?.includes(event)) continue;
      const { status } = await this.send({ url: preWebhookUrl, params, method: method ?? 'POST', connectTo, ca });
      if (status >= 400) return false;
    }
    return true;
  }
}
