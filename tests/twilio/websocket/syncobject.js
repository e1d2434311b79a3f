// The objects of Twilio's Sync service that the SDK reads and subscribes to: a map, a list or a document,
// with every event since it was made, because a client that was away asks for what came after the last
// event it has seen.
import { newSid } from '../sids.js';
import { isoSeconds } from '../views.js';

const SID_PREFIX = { map: 'MP', list: 'ES', document: 'ET' };
const COLLECTION = { map: 'Maps', list: 'Lists', document: 'Documents' };

export class SyncObject {
  #listeners = new Set();

  // audience(identity): may this client read it?
  constructor(type, uniqueName, { audience, origin }) {
    this.type = type;
    this.uniqueName = uniqueName;
    this.audience = audience;
    this.sid = newSid(SID_PREFIX[type]);
    this.url = `${origin}/v3/${COLLECTION[type]}/${this.sid}`;
    this.items = new Map(); // by key, or by index
    this.events = [];
    this.lastEventId = 0;
    this.data = {};
    this.created = new Date();
    this.updated = this.created;
  }

  listen(listener) {
    this.#listeners.add(listener);
  }

  ignore(listener) {
    this.#listeners.delete(listener);
  }

  eventsAfter(id) {
    return this.events.filter(({ event }) => event.id > id);
  }

  set(key, data) {
    const verb = this.items.has(key) ? 'updated' : 'added';
    const event = this.#event(key, data);
    this.items.set(key, { key, data, url: event.item_url, revision: event.item_revision, lastEventId: event.id, updated: this.updated });
    this.#publish(`${this.type}_item_${verb}`, event);
  }

  remove(key) {
    const item = this.items.get(key);
    if (!item) return;
    this.items.delete(key);
    this.#publish(`${this.type}_item_removed`, this.#event(key, item.data));
  }

  setDocument(data) {
    this.data = data;
    this.#publish('document_updated', { ...this.#stamp(), document_data: data });
  }

  removeDocument() {
    this.#publish('document_removed', this.#stamp());
  }

  #event(key, data) {
    const stamp = this.#stamp();
    return {
      ...stamp,
      [this.type === 'list' ? 'item_index' : 'item_key']: key,
      item_url: `${this.url}/Items/${encodeURIComponent(key)}`,
      item_revision: stamp.id.toString(16),
      item_data: data,
    };
  }

  // The SDK drops events whose number is not above what it has: they rise in each object.
  #stamp() {
    this.lastEventId += 1;
    this.updated = new Date();
    return {
      id: this.lastEventId, date_created: this.updated.toISOString(), date_expires: null,
      [`${this.type}_sid`]: this.sid, [`${this.type}_revision`]: this.lastEventId.toString(16),
    };
  }

  #publish(eventType, event) {
    const record = { eventType, event };
    this.events.push(record);
    for (const listener of [...this.#listeners]) listener(this, record);
  }

  // ---- as Sync's REST face shows it

  view({ withItems = false } = {}) {
    return {
      sid: this.sid,
      unique_name: this.uniqueName,
      url: this.url,
      revision: this.lastEventId.toString(16),
      last_event_id: this.lastEventId,
      date_created: isoSeconds(this.created),
      date_updated: isoSeconds(this.updated),
      date_expires: null,
      ...(this.type === 'document' ? { data: this.data } : { links: this.#links() }),
      ...(withItems && { items: [...this.items.values()].map((item) => this.#itemView(item)) }),
    };
  }

  #links() {
    return { items: `${this.url}/Items`, ...(this.type === 'list' && { context: `${this.url}/Context` }) };
  }

  // By key or index, or a page that starts at From (which it includes).
  page(query) {
    const wanted = query.get(this.type === 'list' ? 'Index' : 'Key');
    const sorted = [...this.items.values()].sort((a, b) => this.#compare(a.key, b.key));
    if (query.get('Order') === 'desc') sorted.reverse();
    const from = query.get('From');
    const first = from === null ? 0 : sorted.findIndex(({ key }) => String(key) === from);
    const start = first < 0 ? sorted.length : first;
    const size = Math.min(Number(query.get('PageSize') ?? 50), 100);
    const items = wanted === null ? sorted.slice(start, start + size) : sorted.filter(({ key }) => String(key) === wanted);
    const more = wanted === null && start + size < sorted.length;
    return {
      items: items.map((item) => this.#itemView(item)),
      meta: { previous_token: wanted === null && start > 0 ? 'previous' : null, next_token: more ? 'next' : null },
    };
  }

  #compare(a, b) {
    if (this.type === 'list') return a - b;
    return a < b ? -1 : 1;
  }

  #itemView({ key, data, url, revision, lastEventId, updated }) {
    return {
      [this.type === 'list' ? 'index' : 'key']: key,
      url, revision, data,
      last_event_id: lastEventId,
      date_updated: updated.toISOString(),
      date_expires: null,
    };
  }
}
