// Virtual time: a queue of events ordered by time and, at equal times, by the order in which they were
// scheduled. Times are whole nanoseconds, so that adding delays never rounds two runs apart.

import assert from 'node:assert/strict';
import type { TraceHash } from './trace-hash.ts';

export const nsPerMs = 1_000_000;

/** A handle on something that will happen; `Scheduler.cancel` takes it back. */
export class ScheduledEvent {
  readonly timeNs: number;
  readonly sequence: number;
  readonly run: () => void;
  /** Place in the heap; −1 once it happened or was cancelled. */
  position: number;

  constructor(timeNs: number, sequence: number, run: () => void, position: number) {
    this.timeNs = timeNs;
    this.sequence = sequence;
    this.run = run;
    this.position = position;
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
    return this.at(this.#nowNs + Math.max(1, Math.ceil(delayNs)), run);
  }

  at(timeNs: number, run: () => void): ScheduledEvent {
    assert.ok(timeNs >= this.#nowNs, 'nothing can be scheduled in the past');
    const event = new ScheduledEvent(timeNs, this.#nextSequence++, run, this.#heap.length);
    this.#heap.push(event);
    this.#rise(event);
    return event;
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
    const event = this.#heap[0];
    if (event === undefined) return false;
    this.cancel(event);
    this.#nowNs = event.timeNs;
    this.#hash.mix(event.timeNs);
    this.#hash.mix(event.sequence);
    event.run();
    return true;
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
