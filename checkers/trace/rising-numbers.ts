// Numbers by keys that count upwards, such as zxids within an epoch. A minute of a busy ensemble looks up some ten
// million of them: they lie in plain stretches of memory, where a hash table of doubles takes ten times as long and
// leaves the garbage collector an object for each number.

/** Unused places that a stretch may have: a key further away begins another one, or one forged key would fill memory. */
const longestGap = 4096;
const firstCapacity = 16;

/** Stands where there is nothing; numbers that are kept are never negative. NaN is one of them, and equals none. */
const nothing = -1;

class Stretch {
  /** Key of the first place. */
  first: number;
  length = 0;
  values: Float64Array;

  constructor(first: number, capacity: number) {
    this.first = first;
    this.values = new Float64Array(capacity);
  }

  get end(): number {
    return this.first + this.length;
  }

  /** The places that become part of it hold nothing. */
  lengthenTo(length: number): void {
    if (length > this.values.length) {
      const values = new Float64Array(Math.max(length, this.values.length * 2));
      values.set(this.values.subarray(0, this.length));
      this.values = values;
    }
    if (length > this.length + 1) this.values.fill(nothing, this.length, length);
    else if (length > this.length) this.values[this.length] = nothing;
    // Kept a small integer, which differences of zxids are not by themselves.
    this.length = length | 0;
  }

  beginAt(first: number): void {
    const added = this.first - first;
    const values = new Float64Array(this.length + added);
    values.fill(nothing, 0, added);
    values.set(this.values.subarray(0, this.length), added);
    this.values = values;
    this.first = first;
    this.length = (this.length + added) | 0;
  }
}

const empty = new Stretch(Infinity, 0);

/** Iterates by rising key. */
export class RisingNumbers {
  /** By rising key; none is empty, none overlaps another. */
  readonly #stretches: Stretch[] = [];
  /** The one that was asked for last. */
  #recent = empty;
  /** The one with the highest keys. */
  #last = empty;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): number | undefined {
    const value = this.#at(key);
    return value === nothing ? undefined : value;
  }

  has(key: number): boolean {
    return this.#at(key) !== nothing;
  }

  /** Whether it is this number that is kept under the key: the question asked most, which allocates nothing. */
  holds(key: number, value: number): boolean {
    return this.#at(key) === value;
  }

  set(key: number, value: number): void {
    const { first, length, values } = this.#recent;
    const at = key - first;
    if (at >= 0 && at < length) return this.#put(this.#recent, at, value);
    // Nearly always it is the next one of the last stretch.
    if (at === length && at < values.length && this.#recent === this.#last) {
      this.#recent.length = length + 1;
      this.#size += 1;
      values[at] = value;
      return;
    }
    const stretch = this.#stretchFor(key);
    this.#put(stretch, key - stretch.first, value);
  }

  #put(stretch: Stretch, at: number, value: number): void {
    if (stretch.values[at] === nothing) this.#size += 1;
    stretch.values[at] = value;
  }

  delete(key: number): void {
    if (!this.has(key)) return;
    const stretch = this.#find(key);
    stretch.values[key - stretch.first] = nothing;
    this.#size -= 1;
    while (stretch.length > 0 && stretch.values[stretch.length - 1] === nothing) stretch.length -= 1;
    if (stretch.length > 0) return;
    this.#stretches.splice(this.#stretches.indexOf(stretch), 1);
    this.#recent = empty;
    this.#last = this.#stretches.at(-1) ?? empty;
  }

  clear(): void {
    this.#stretches.length = 0;
    this.#recent = empty;
    this.#last = empty;
    this.#size = 0;
  }

  [Symbol.iterator](): IterableIterator<[number, number]> {
    return this.above(-1);
  }

  *above(key: number): IterableIterator<[number, number]> {
    for (let next = this.#nextOf(key); next < Infinity; next = this.#nextOf(next)) {
      yield [next, this.#at(next)];
    }
  }

  /** The first key above `key` that `matches`; null if there is none. */
  findAbove(key: number, matches: (key: number, value: number) => boolean): number | null {
    for (let next = this.#nextOf(key); next < Infinity; next = this.#nextOf(next)) {
      if (matches(next, this.#at(next))) return next;
    }
    return null;
  }

  copyAbove(key: number): RisingNumbers {
    const copy = new RisingNumbers();
    for (let next = this.#nextOf(key); next < Infinity; next = this.#nextOf(next))
      copy.set(next, this.#at(next));
    return copy;
  }

  /** Everything above it, which is gone then. */
  takeAbove(key: number): [number, number][] {
    const taken = [...this.above(key)];
    for (const [at] of taken.toReversed()) this.delete(at);
    return taken;
  }

  #at(key: number): number {
    const { first, length } = this.#recent;
    const at = key - first;
    const stretch = at >= 0 && at < length ? this.#recent : this.#find(key);
    // Beyond its ends an array would be searched by name.
    return stretch === empty ? nothing : (stretch.values[key - stretch.first] ?? nothing);
  }

  /** The next key that something is kept under; Infinity behind the last. */
  #nextOf(key: number): number {
    for (let index = Math.max(0, this.#indexOf(key)); index < this.#stretches.length; index++) {
      const { first, length, values } = this.#stretches[index] ?? empty;
      for (let at = Math.max(0, key + 1 - first); at < length; at++) {
        if (values[at] !== nothing) return first + at;
      }
    }
    return Infinity;
  }

  /** The stretch that has a place for the key; the empty one if none has. */
  #find(key: number): Stretch {
    const stretch = this.#stretches[this.#indexOf(key)];
    if (stretch === undefined || key >= stretch.end) return empty;
    this.#recent = stretch;
    return stretch;
  }

  /** The stretch with a place for the key, which is made where there is none. */
  #stretchFor(key: number): Stretch {
    const index = this.#indexOf(key);
    const before = this.#stretches[index];
    const after = this.#stretches[index + 1];
    let stretch = before;
    if (before !== undefined && key - before.end < longestGap) {
      if (key >= before.end) before.lengthenTo(key + 1 - before.first);
    } else if (after !== undefined && after.first - key <= longestGap) {
      after.beginAt(key);
      stretch = after;
    } else {
      stretch = new Stretch(key, firstCapacity);
      stretch.lengthenTo(1);
      this.#stretches.splice(index + 1, 0, stretch);
      this.#last = this.#stretches.at(-1) ?? empty;
    }
    this.#recent = stretch ?? empty;
    return this.#recent;
  }

  /** Of the last stretch that begins at the key or below it; -1 before them all. */
  #indexOf(key: number): number {
    let low = 0;
    let high = this.#stretches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#stretches[middle] ?? empty).first <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
