// First in, first out, in a ring that grows and does not shrink: what waits here comes and goes a million times
// a run, and an array that is shifted moves its elements or gives up its memory each time.

/** A power of two. */
const firstRoom = 8;

export class Queue<T> {
  /** None, or as many as a power of two. */
  #slots: (T | undefined)[] = [];
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Undefined where the queue is shorter; 0 is what comes next. */
  at(index: number): T | undefined {
    return index < this.#length ? this.#slots[this.#slotOf(index)] : undefined;
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[this.#slotOf(this.#length)] = item;
    this.#length += 1;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#first];
    this.#slots[this.#first] = undefined;
    this.#first = this.#slotOf(1);
    this.#length -= 1;
    return item;
  }

  clear(): void {
    if (this.#length > 0) this.#slots = [];
    this.#first = 0;
    this.#length = 0;
  }

  #slotOf(index: number): number {
    return (this.#first + index) & (this.#slots.length - 1);
  }

  #grow(): void {
    const room = Math.max(firstRoom, 2 * this.#length);
    const slots: (T | undefined)[] = [];
    for (let index = 0; index < room; index++) slots.push(this.at(index));
    this.#slots = slots;
    this.#first = 0;
  }
}
