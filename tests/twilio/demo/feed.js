// What the page is told, in order: kept for those who come later, and passed on as it happens.
const KEPT = 3000;
const STANDING = ['hello', 'state']; // whoever comes needs the newest of these, however old

export class Feed {
  #events = [];
  #standing = new Map();
  #listeners = new Set();
  #next = 1;

  tell(event) {
    const numbered = { id: this.#next, ...event };
    this.#next += 1;
    if (STANDING.includes(event.type)) this.#standing.set(event.type, numbered);
    else this.#events.push(numbered);
    if (this.#events.length > KEPT) this.#events.splice(0, this.#events.length - KEPT);
    for (const listener of this.#listeners) listener(numbered);
  }

  /** Everything after event `last`, then what comes. -> how to stop. */
  follow(last, listener) {
    const { hello, state } = Object.fromEntries(this.#standing);
    if (last === 0 && hello) listener(hello);
    for (const event of this.#events) if (event.id > last) listener(event);
    if (state) listener(state);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
