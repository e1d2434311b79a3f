// Items in a fixed order, paged from any place without sorting again: 100,000 conversations are
// listed in a thousand pages, and each page must cost a page, not the whole list.
export class OrderedList {
  #items = [];
  #key;
  #sorted = true;

  // key(item) -> [primary number, sequence number]; the pair must be unique and never change.
  constructor(key = (item) => [0, item.sequence]) {
    this.#key = key;
  }

  get size() {
    return this.#items.length;
  }

  [Symbol.iterator]() {
    this.#settle();
    return this.#items[Symbol.iterator]();
  }

  add(item) {
    const last = this.#items[this.#items.length - 1];
    if (last && compare(this.#key(last), this.#key(item)) > 0) this.#sorted = false;
    this.#items.push(item);
  }

  remove(item) {
    this.#settle();
    const at = this.#firstNotBelow(this.#key(item));
    if (this.#items[at] === item) this.#items.splice(at, 1);
  }

  // One page after (or, descending, before) the given key, and whether anything follows it.
  page({ after, limit, descending = false, accept = () => true }) {
    this.#settle();
    const step = descending ? -1 : 1;
    const found = [];
    for (let at = this.#start(after, descending); at >= 0 && at < this.#items.length; at += step) {
      if (!accept(this.#items[at])) continue;
      if (found.length === limit) return { items: found, last: this.#key(found[limit - 1]) };
      found.push(this.#items[at]);
    }
    return { items: found, last: null };
  }

  #start(after, descending) {
    if (!after) return descending ? this.#items.length - 1 : 0;
    const at = this.#firstNotBelow(after);
    if (descending) return at - 1;
    return this.#items[at] && compare(this.#key(this.#items[at]), after) === 0 ? at + 1 : at;
  }

  #firstNotBelow(key) {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#key(this.#items[middle]), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Dates given by the caller may arrive in any order; they are put in order once, when next read.
  #settle() {
    if (this.#sorted) return;
    this.#items.sort((a, b) => compare(this.#key(a), this.#key(b)));
    this.#sorted = true;
  }
}

function compare(a, b) {
  return a[0] - b[0] || a[1] - b[1];
}
