// Virtual time: a queue of events ordered by time and, at equal times, by the order in which they were
// scheduled. Times are whole nanoseconds, so that adding delays never rounds two runs apart.

import assert from 'node:assert/strict';
import type { TraceHash } from './trace-hash.ts';

export const nsPerMs = 1_000_000;

/** A handle on something that will happen; `Scheduler.cancel` takes it back. Happened, it may be used again. */
export class ScheduledEvent {
  readonly run: () => void;
  timeNs = NaN;
  sequence = 0;
  /** Place in the heap; −1 before it is scheduled, and once it happened or was cancelled. */
  position = -1;

  constructor(run: () => void) {
    this.run = run;
  }

  get isPending(): boolean {
    return this.position !== -1;
  }
}

export class Scheduler {
  readonly #hash: TraceHash;
  readonly #heap: ScheduledEvent[] = [];
  #nowNs = 0;
  #nextSequence = 0;

  constructor(hash: TraceHash) {
    this.#hash = hash;
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  get pendingCount(): number {
    return this.#heap.length;
  }

  /** At least one nanosecond from now, so that an event can never repeat itself without time passing. */
  after(delayNs: number, run: () => void): ScheduledEvent {
    return this.at(this.#timeAfter(delayNs), run);
  }

  at(timeNs: number, run: () => void): ScheduledEvent {
    const event = new ScheduledEvent(run);
    this.scheduleAt(event, timeNs);
    return event;
  }

  /** As `after` does, with an event that its owner uses again. */
  scheduleAfter(event: ScheduledEvent, delayNs: number): void {
    this.scheduleAt(event, this.#timeAfter(delayNs));
  }

  scheduleAt(event: ScheduledEvent, timeNs: number): void {
    // What is no number is in the past, too: it would leave the heap without an order.
    if (!(timeNs >= this.#nowNs)) {
      assert.fail(`nothing can be scheduled in the past: for ${timeNs} ns, when it is ${this.#nowNs} ns`);
    }
    if (event.isPending) {
      assert.fail(
        `an event is scheduled once at a time: for ${timeNs} ns, and it is due at ${event.timeNs} ns`,
      );
    }
    event.timeNs = timeNs;
    event.sequence = this.#nextSequence++;
    event.position = this.#heap.length;
    this.#heap.push(event);
    this.#rise(event);
  }

  cancel(event: ScheduledEvent): void {
    const at = event.position;
    if (at === -1) return;
    event.position = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === event) return;
    this.#place(last, at);
    this.#rise(last);
    this.#sink(last);
  }

  /** Lets the next event happen; false when there is none. */
  runNext(): boolean {
    const event = this.#takeFirst();
    if (event === undefined) return false;
    const { timeNs } = event;
    this.#nowNs = timeNs;
    this.#hash.mix(timeNs);
    this.#hash.mix(event.sequence);
    event.run();
    return true;
  }

  #timeAfter(delayNs: number): number {
    return this.#nowNs + Math.max(1, Math.ceil(delayNs));
  }

  #takeFirst(): ScheduledEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    first.position = -1;
    if (last === first) return first;
    this.#place(last, 0);
    this.#sink(last);
    return first;
  }

  #place(event: ScheduledEvent, at: number): void {
    event.position = at;
    this.#heap[at] = event;
  }

  #rise(event: ScheduledEvent): void {
    const heap = this.#heap;
    let at = event.position;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as ScheduledEvent;
      if (!isBefore(event, parent)) break;
      this.#place(parent, at);
      at = above;
    }
    this.#place(event, at);
  }

  #sink(event: ScheduledEvent): void {
    const heap = this.#heap;
    let at = event.position;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const smaller =
        right < heap.length && isBefore(heap[right] as ScheduledEvent, heap[left] as ScheduledEvent)
          ? right
          : left;
      const child = heap[smaller] as ScheduledEvent;
      if (!isBefore(child, event)) break;
      this.#place(child, at);
      at = smaller;
    }
    this.#place(event, at);
  }
}

function isBefore(one: ScheduledEvent, other: ScheduledEvent): boolean {
  return one.timeNs < other.timeNs || (one.timeNs === other.timeNs && one.sequence < other.sequence);
}
