// A map by zxid. Zxids count upwards within an epoch, so each epoch is a plain array: a minute of a busy ensemble
// looks up some ten million of them, and a hash table of doubles takes ten times as long.

import { counterOf, epochOf, epochStart } from './zxids.ts';

interface Stretch<Value> {
  readonly epoch: number;
  /** Counter of the first place. */
  base: number;
  values: (Value | undefined)[];
}

/** Iterates by rising zxid. A value is never undefined. */
export class ZxidMap<Value> {
  readonly #stretches: Stretch<Value>[] = [];
  /** The one that was asked for last. */
  #recent: Stretch<Value> | undefined;
  #size = 0;

  constructor(entries: Iterable<readonly [number, Value]> = []) {
    for (const [zxid, value] of entries) this.set(zxid, value);
  }

  get size(): number {
    return this.#size;
  }

  get(zxid: number): Value | undefined {
    const epoch = epochOf(zxid);
    const stretch = this.#find(epoch);
    if (stretch === undefined) return undefined;
    const at = zxid - epochStart(epoch) - stretch.base;
    // Beyond its ends an array would be searched by name.
    return at >= 0 && at < stretch.values.length ? stretch.values[at] : undefined;
  }

  has(zxid: number): boolean {
    return this.get(zxid) !== undefined;
  }

  set(zxid: number, value: Value): void {
    const stretch = this.#findOrAdd(epochOf(zxid), counterOf(zxid));
    let at = counterOf(zxid) - stretch.base;
    if (at < 0) {
      stretch.values = [...Array.from<undefined>({ length: -at }), ...stretch.values];
      stretch.base += at;
      at = 0;
    }
    while (stretch.values.length < at) stretch.values.push(undefined);
    if (stretch.values[at] === undefined) this.#size += 1;
    stretch.values[at] = value;
  }

  delete(zxid: number): void {
    if (!this.has(zxid)) return;
    const stretch = this.#find(epochOf(zxid));
    if (stretch === undefined) return;
    stretch.values[counterOf(zxid) - stretch.base] = undefined;
    this.#size -= 1;
    while (stretch.values.length > 0 && stretch.values.at(-1) === undefined) stretch.values.pop();
  }

  clear(): void {
    this.#stretches.length = 0;
    this.#recent = undefined;
    this.#size = 0;
  }

  [Symbol.iterator](): IterableIterator<[number, Value]> {
    return this.above(-1);
  }

  *above(zxid: number): IterableIterator<[number, Value]> {
    for (const { epoch, base, values } of this.#stretches) {
      const first = epochStart(epoch) + base;
      for (let at = Math.max(0, zxid + 1 - first); at < values.length; at++) {
        const value = values[at];
        if (value !== undefined) yield [first + at, value];
      }
    }
  }

  /** Everything above it, which is gone then. */
  takeAbove(zxid: number): [number, Value][] {
    const taken = [...this.above(zxid)];
    for (const [at] of taken.toReversed()) this.delete(at);
    return taken;
  }

  #find(epoch: number): Stretch<Value> | undefined {
    if (this.#recent?.epoch === epoch) return this.#recent;
    const found = this.#stretches.find((stretch) => stretch.epoch === epoch);
    if (found !== undefined) this.#recent = found;
    return found;
  }

  #findOrAdd(epoch: number, counter: number): Stretch<Value> {
    const known = this.#find(epoch);
    if (known !== undefined && known.values.length > 0) return known;
    if (known !== undefined) {
      known.base = counter;
      return known;
    }
    const stretch: Stretch<Value> = { epoch, base: counter, values: [] };
    const after = this.#stretches.findIndex((other) => other.epoch > epoch);
    if (after === -1) this.#stretches.push(stretch);
    else this.#stretches.splice(after, 0, stretch);
    this.#recent = stretch;
    return stretch;
  }
}
