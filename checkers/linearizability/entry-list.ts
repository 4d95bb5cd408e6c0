// Calls and returns of the definite calls in real-time order, as a doubly linked list in typed arrays (Lowe's
// form of the Wing–Gong search). Taking a call out is O(1) and so is putting it back, in reverse order. Entry 0
// is the head; entry numbers rise with time.

export interface Interval {
  readonly start: number;
  /** Infinity for a call that may take effect at any later time. */
  readonly end: number;
}

export class EntryList {
  /** Of an entry that is a call: its call number; −1 for a return. The other way round in `returnAt`. */
  readonly callAt: Int32Array;
  readonly returnAt: Int32Array;
  /** Entry of each call, and of its return. */
  readonly entryOfCall: Int32Array;
  readonly entryOfReturn: Int32Array;
  readonly next: Int32Array;
  readonly #previous: Int32Array;

  /** Starts in rising order; all calls have an end. */
  constructor(starts: Float64Array, ends: Float64Array) {
    const count = starts.length;
    this.callAt = new Int32Array(2 * count + 1).fill(-1);
    this.returnAt = new Int32Array(2 * count + 1).fill(-1);
    this.entryOfCall = new Int32Array(count);
    this.entryOfReturn = new Int32Array(count);
    this.next = new Int32Array(2 * count + 1);
    this.#previous = new Int32Array(2 * count + 1);
    this.#number(starts, ends);
    for (let entry = 0; entry <= 2 * count; entry++) {
      this.next[entry] = entry === 2 * count ? 0 : entry + 1;
      this.#previous[entry] = entry === 0 ? 2 * count : entry - 1;
    }
  }

  /** Equal times count as concurrent, so a call at a time comes before the returns of that time. */
  #number(starts: Float64Array, ends: Float64Array): void {
    const byEnd = Int32Array.from(ends, (_, call) => call);
    byEnd.sort((a, b) => (ends[a] as number) - (ends[b] as number) || a - b);
    let entry = 0;
    let returned = 0;
    const enterReturn = (): void => {
      const call = byEnd[returned++] as number;
      this.entryOfReturn[call] = ++entry;
      this.returnAt[entry] = call;
    };
    for (let call = 0; call < starts.length; call++) {
      const start = starts[call] as number;
      while (returned < byEnd.length && (ends[byEnd[returned] as number] as number) < start) enterReturn();
      this.entryOfCall[call] = ++entry;
      this.callAt[entry] = call;
    }
    while (returned < byEnd.length) enterReturn();
  }

  get isEmpty(): boolean {
    return this.next[0] === 0;
  }

  lift(call: number): void {
    this.#unlink(this.entryOfCall[call] as number);
    this.#unlink(this.entryOfReturn[call] as number);
  }

  /** Undoes the latest `lift`. */
  unlift(call: number): void {
    this.#relink(this.entryOfReturn[call] as number);
    this.#relink(this.entryOfCall[call] as number);
  }

  #unlink(entry: number): void {
    const next = this.next[entry] as number;
    const previous = this.#previous[entry] as number;
    this.next[previous] = next;
    this.#previous[next] = previous;
  }

  #relink(entry: number): void {
    this.next[this.#previous[entry] as number] = entry;
    this.#previous[this.next[entry] as number] = entry;
  }
}
