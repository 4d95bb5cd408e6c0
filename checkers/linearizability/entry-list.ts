// Calls and returns of the definite calls in real-time order, as a doubly linked list in typed arrays (Lowe's
// form of the Wing–Gong search). Taking a call out is O(1) and so is putting it back, in reverse order. Entry 0
// is the head; entry numbers rise with time.

export interface Interval {
  readonly start: number;
  /** Infinity for a call that may take effect at any later time. */
  readonly end: number;
}

export class EntryList {
  /** Of an entry that is a call: its call number; −1 for a return. */
  readonly callAt: Int32Array;
  /** Entry of each call, and of its return. */
  readonly entryOfCall: Int32Array;
  readonly entryOfReturn: Int32Array;
  readonly next: Int32Array;
  readonly #previous: Int32Array;

  /** `calls` sorted by start, all with an end. */
  constructor(calls: readonly Interval[]) {
    const count = calls.length;
    this.callAt = new Int32Array(2 * count + 1).fill(-1);
    this.entryOfCall = new Int32Array(count);
    this.entryOfReturn = new Int32Array(count);
    this.next = new Int32Array(2 * count + 1);
    this.#previous = new Int32Array(2 * count + 1);
    this.#number(calls);
    for (let entry = 0; entry <= 2 * count; entry++) {
      this.next[entry] = entry === 2 * count ? 0 : entry + 1;
      this.#previous[entry] = entry === 0 ? 2 * count : entry - 1;
    }
  }

  /** Equal times count as concurrent, so a call at a time comes before the returns of that time. */
  #number(calls: readonly Interval[]): void {
    const byEnd = calls.map((_, call) => call);
    byEnd.sort((a, b) => endOf(calls, a) - endOf(calls, b) || a - b);
    let entry = 0;
    let returned = 0;
    for (let call = 0; call < calls.length; call++) {
      const start = calls[call]?.start ?? 0;
      while (returned < byEnd.length && endOf(calls, byEnd[returned] as number) < start) {
        this.entryOfReturn[byEnd[returned++] as number] = ++entry;
      }
      this.entryOfCall[call] = ++entry;
      this.callAt[entry] = call;
    }
    while (returned < byEnd.length) this.entryOfReturn[byEnd[returned++] as number] = ++entry;
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

function endOf(calls: readonly Interval[], call: number): number {
  return calls[call]?.end ?? Infinity;
}
