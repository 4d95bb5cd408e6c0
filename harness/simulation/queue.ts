// First in, first out, in a ring that grows and does not shrink: what waits here comes and goes a million times
// a run, and an array that is shifted moves its elements or gives up its memory each time.

const firstRoom = 8;

export class Queue<T> {
  /** As many as a power of two. */
  #slots: (T | undefined)[] = emptySlots(firstRoom);
  #mask = firstRoom - 1;
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Undefined where the queue is shorter; 0 is what comes next. */
  at(index: number): T | undefined {
    return index < this.#length ? this.#slots[(this.#first + index) & this.#mask] : undefined;
  }

  push(item: T): void {
    if (this.#length > this.#mask) this.#grow();
    this.#slots[(this.#first + this.#length) & this.#mask] = item;
    this.#length += 1;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#first];
    this.#slots[this.#first] = undefined;
    this.#first = (this.#first + 1) & this.#mask;
    this.#length -= 1;
    return item;
  }

  clear(): void {
    if (this.#length === 0) return;
    this.#slots = emptySlots(firstRoom);
    this.#mask = firstRoom - 1;
    this.#first = 0;
    this.#length = 0;
  }

  #grow(): void {
    const slots = emptySlots<T>(2 * this.#slots.length);
    for (let index = 0; index < this.#length; index++) slots[index] = this.at(index);
    this.#slots = slots;
    this.#mask = slots.length - 1;
    this.#first = 0;
  }
}

function emptySlots<T>(count: number): (T | undefined)[] {
  return Array.from({ length: count }, () => undefined);
}
