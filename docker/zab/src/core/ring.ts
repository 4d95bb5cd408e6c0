// A queue whose items can be looked up by their place, which they keep: the first one ever pushed has place 0,
// each other the next after the last. On the way through nothing is moved or allocated, but for the moments in
// which the queue grows.

const firstCapacity = 16;

export class Ring<T> {
  /** The item of a place stands in slot `place & mask`. The length is a power of two, or 0 at first. */
  #slots: (T | undefined)[] = [];
  #mask = -1;
  #first = 0;
  #end = 0;

  /** Place of the oldest item. */
  get first(): number {
    return this.#first;
  }

  /** The place that the next item will get. */
  get end(): number {
    return this.#end;
  }

  /** Undefined where no item is any more, or yet. */
  at(place: number): T | undefined {
    return place >= this.#first && place < this.#end ? this.#slots[place & this.#mask] : undefined;
  }

  /** The oldest item. */
  peek(): T | undefined {
    return this.at(this.#first);
  }

  push(item: T): void {
    if (this.#end - this.#first > this.#mask) this.#grow();
    this.#slots[this.#end & this.#mask] = item;
    this.#end += 1;
  }

  /** Takes the oldest item. */
  shift(): T | undefined {
    if (this.#first === this.#end) return undefined;
    const slot = this.#first & this.#mask;
    const item = this.#slots[slot];
    // Kept there, it could not be freed before the ring comes round.
    this.#slots[slot] = undefined;
    this.#first += 1;
    return item;
  }

  /** Drops the items at `place` and behind it. */
  cutFrom(place: number): void {
    while (this.#end > this.#first && this.#end > place) {
      this.#end -= 1;
      this.#slots[this.#end & this.#mask] = undefined;
    }
  }

  /** Places begin at 0 again. */
  clear(): void {
    this.#slots = [];
    this.#mask = -1;
    this.#first = 0;
    this.#end = 0;
  }

  /** The items at `place` and behind it. */
  itemsFrom(place: number): T[] {
    const items: T[] = [];
    for (let each = Math.max(place, this.#first); each < this.#end; each++) {
      items.push(this.#slots[each & this.#mask] as T);
    }
    return items;
  }

  #grow(): void {
    const capacity = Math.max(firstCapacity, 2 * this.#slots.length);
    const slots: (T | undefined)[] = [];
    while (slots.length < capacity) slots.push(undefined);
    for (let place = this.#first; place < this.#end; place++) {
      slots[place & (capacity - 1)] = this.#slots[place & this.#mask];
    }
    this.#slots = slots;
    this.#mask = capacity - 1;
  }
}
