// A map by zxid of what is kept for good: each value has a number, and the numbers lie where zxids count upwards.

import { RisingNumbers } from './rising-numbers.ts';

export class ZxidMap<Value> {
  readonly #places = new RisingNumbers();
  readonly #values: Value[] = [];

  get(zxid: number): Value | undefined {
    const place = this.#places.get(zxid);
    return place === undefined ? undefined : this.#values[place];
  }

  /** What was kept first under the zxid: this value, unless there is one already. */
  keepFirst(zxid: number, value: Value): Value {
    const place = this.#places.get(zxid);
    if (place !== undefined) return this.#values[place] ?? value;
    this.#places.set(zxid, this.#values.length);
    this.#values.push(value);
    return value;
  }
}
