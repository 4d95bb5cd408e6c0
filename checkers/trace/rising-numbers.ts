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

  /** Its places from `key` on, without those at both ends that hold nothing; null if all do. */
  partFrom(key: number): Stretch | null {
    let start = Math.max(0, key - this.first);
    while (start < this.length && this.values[start] === nothing) start += 1;
    if (start >= this.length) return null;
    const part = new Stretch(this.first + start, 0);
    part.values = this.values.slice(start, this.length);
    part.length = part.values.length;
    return part;
  }

  /** Ends with something, or is empty. */
  trim(): void {
    while (this.length > 0 && this.values[this.length - 1] === nothing) this.length -= 1;
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

export class RisingNumbers {
  /** By rising key; none is empty, none overlaps another. */
  readonly #stretches: Stretch[] = [];
  /** The one that was asked for last. */
  #recent = empty;
  /** The one with the highest keys. */
  #last = empty;

  get isEmpty(): boolean {
    return this.#stretches.length === 0;
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
    const recent = this.#recent;
    const at = key - recent.first;
    if (at >= 0 && at < recent.length) {
      recent.values[at] = value;
    } else if (at === recent.length && at < recent.values.length && recent === this.#last) {
      // Nearly always it is the next one of the last stretch.
      recent.length += 1;
      recent.values[at] = value;
    } else {
      const stretch = this.#stretchFor(key);
      stretch.values[key - stretch.first] = value;
    }
  }

  setAll(others: RisingNumbers): void {
    others.forEach((key, value) => this.set(key, value));
  }

  clear(): void {
    this.#stretches.length = 0;
    this.#recent = empty;
    this.#last = empty;
  }

  /** By rising key. */
  *[Symbol.iterator](): IterableIterator<[number, number]> {
    for (const { first, length, values } of this.#stretches) {
      for (let at = 0; at < length; at++) {
        const value = values[at] as number;
        if (value !== nothing) yield [first + at, value];
      }
    }
  }

  /** As the iterator, without an object for each. */
  forEach(visit: (key: number, value: number) => void): void {
    this.findAbove(-1, (key, value) => {
      visit(key, value);
      return false;
    });
  }

  /** The first key above `key` that `matches`; null if there is none. */
  findAbove(key: number, matches: (key: number, value: number) => boolean): number | null {
    for (let index = Math.max(0, this.#indexOf(key)); index < this.#stretches.length; index++) {
      const { first, length, values } = this.#stretches[index] ?? empty;
      for (let at = Math.max(0, key + 1 - first); at < length; at++) {
        const value = values[at] as number;
        if (value !== nothing && matches(first + at, value)) return first + at;
      }
    }
    return null;
  }

  /** The highest key below `key`; null if there is none. */
  keyBelow(key: number): number | null {
    for (let index = this.#indexOf(key - 1); index >= 0; index--) {
      const { first, length, values } = this.#stretches[index] ?? empty;
      for (let at = Math.min(length - 1, key - 1 - first); at >= 0; at--) {
        if (values[at] !== nothing) return first + at;
      }
    }
    return null;
  }

  copyAbove(key: number): RisingNumbers {
    const copy = new RisingNumbers();
    for (let index = Math.max(0, this.#indexOf(key)); index < this.#stretches.length; index++) {
      const part = (this.#stretches[index] ?? empty).partFrom(key + 1);
      if (part !== null) copy.#stretches.push(part);
    }
    copy.#last = copy.#stretches.at(-1) ?? empty;
    return copy;
  }

  /** Everything above it, which is gone then. */
  takeAbove(key: number): RisingNumbers {
    const taken = this.copyAbove(key);
    this.#stretches.length = this.#indexOf(key) + 1;
    const last = this.#stretches.at(-1);
    if (last !== undefined) {
      last.length = Math.min(last.length, key + 1 - last.first);
      last.trim();
      if (last.length === 0) this.#stretches.pop();
    }
    this.#recent = empty;
    this.#last = this.#stretches.at(-1) ?? empty;
    return taken;
  }

  #at(key: number): number {
    const { first, length } = this.#recent;
    const at = key - first;
    const stretch = at >= 0 && at < length ? this.#recent : this.#find(key);
    // Beyond its ends an array would be searched by name.
    return stretch === empty ? nothing : (stretch.values[key - stretch.first] ?? nothing);
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
