// What the page is told, in order: kept for those who come later, and passed on as it happens.
const KEPT = 3000;

export class Feed {
  #events = [];
  #listeners = new Set();
  #next = 1;

  tell(event) {
    const numbered = { id: this.#next, ...event };
    this.#next += 1;
    this.#events.push(numbered);
    if (this.#events.length > KEPT) this.#events.splice(0, this.#events.length - KEPT);
    for (const listener of this.#listeners) listener(numbered);
  }

  /** Everything after event `last`, then what comes. -> how to stop. */
  follow(last, listener) {
    for (const event of this.#events) if (event.id > last) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
