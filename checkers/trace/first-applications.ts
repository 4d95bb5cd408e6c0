// How each transaction was applied first, by whichever server: all others are compared with it. They are kept for as
// long as a run lasts, as rows of plain numbers: an object for each would be most of what the garbage collector copies.

import type { TraceEvent } from '../../harness/history/trace-event.ts';
import { RisingNumbers } from './rising-numbers.ts';

/** The columns of a row. */
const column = { hash: 0, sid: 1, incarnation: 2, instance: 3, sequence: 4, time: 5, timeMs: 6 } as const;
const rowLength = 7;
const firstRows = 1024;

export class FirstApplications {
  /** zxid → number of its row. */
  readonly #rows = new RisingNumbers();
  #numbers = new Float64Array(firstRows * rowLength);
  /** By row. */
  readonly #digests: (string | undefined)[] = [];

  /** An `APPLY`; it changes nothing where the transaction was applied before. */
  take(event: TraceEvent): void {
    const { zxid = 0, hash = 0 } = event;
    if (this.#rows.has(zxid)) return;
    const row = this.#digests.length;
    this.#rows.set(zxid, row);
    this.#digests.push(event.digest);
    const start = row * rowLength;
    if (start === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[start + column.hash] = hash;
    numbers[start + column.sid] = event.sid;
    numbers[start + column.incarnation] = event.incarnation;
    numbers[start + column.instance] = event.instance;
    numbers[start + column.sequence] = event.sequence;
    numbers[start + column.time] = event.time;
    numbers[start + column.timeMs] = event.timeMs;
  }

  has(zxid: number): boolean {
    return this.#rows.has(zxid);
  }

  /** Whether it was applied, and as another transaction than one with this hash. */
  isOther(zxid: number, hash: number): boolean {
    const row = this.#rows.get(zxid);
    return row !== undefined && this.#numbers[row * rowLength + column.hash] !== hash;
  }

  /** Of the state that it left. */
  digestOf(zxid: number): string | undefined {
    const row = this.#rows.get(zxid);
    return row === undefined ? undefined : this.#digests[row];
  }

  /** As it was reported, as far as it is kept. */
  eventOf(zxid: number): TraceEvent | undefined {
    const row = this.#rows.get(zxid);
    if (row === undefined) return undefined;
    const digest = this.#digests[row];
    const numberIn = (place: number): number => this.#numbers[row * rowLength + place] ?? 0;
    return {
      event: 'APPLY',
      zxid,
      hash: numberIn(column.hash),
      ...(digest === undefined ? {} : { digest }),
      sid: numberIn(column.sid),
      incarnation: numberIn(column.incarnation),
      instance: numberIn(column.instance),
      sequence: numberIn(column.sequence),
      timeMs: numberIn(column.timeMs),
      time: numberIn(column.time),
    };
  }

  #grow(): void {
    const numbers = new Float64Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
