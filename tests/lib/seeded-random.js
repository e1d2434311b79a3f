// Random numbers that a seed repeats: a failure found once can be looked at again.

/** mulberry32: 32 bits of state are plenty for picking cases, and it fits in five lines. */
export class SeededRandom {
  #state;

  constructor(...seeds) {
    this.#state = seeds.reduce((state, seed) => Math.imul(state ^ seed, 0x9e37_79b1) + 0x7f4a_7c15, 0x5bd1_e995) >>> 0;
  }

  /** 0 <= n < 1 */
  next() {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `limit`. */
  below(limit) {
    return Math.floor(this.next() * limit);
  }

  between(least, most) {
    return least + this.below(most - least + 1);
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** One of { name: weight, ... }. */
  weighted(weights) {
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    let at = this.next() * total;
    for (const [name, weight] of Object.entries(weights)) {
      at -= weight;
      if (at < 0) return name;
    }
    return Object.keys(weights).at(-1);
  }

  list(least, most, make) {
    return Array.from({ length: this.between(least, most) }, make);
  }

  shuffled(list) {
    const items = [...list];
    for (let i = items.length - 1; i > 0; i -= 1) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}

/** The seed of this run: from the environment, or a fresh one. */
export function seedFrom(text) {
  return text === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(text) >>> 0;
}
