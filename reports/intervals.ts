// Operations as bars: from invocation to completion, on the row of the client that made them. A page can show only
// so many, so of a long history it gets a fair share: what evidence speaks of with its surroundings, and of the rest
// every so manieth.

import type { Operation } from '../harness/history/operation.ts';
import { type Call, makeCall, Pairing } from '../harness/history/pairing.ts';
import { Buckets, type BucketColumns } from './buckets.ts';

/** `open` was invoked and never completed in the history. */
export type IntervalType = 'ok' | 'fail' | 'info' | 'open';

export interface Interval {
  readonly process: number;
  readonly f: string;
  readonly type: IntervalType;
  readonly startNs: number;
  readonly endNs: number;
  /** The completion's value where there is one, else what was asked. */
  readonly value: unknown;
  readonly error: string | undefined;
  readonly server: number | undefined;
  readonly zxid: number | undefined;
  readonly version: number | undefined;
  /** History indices of both ends; equal for an operation that never completed. */
  readonly invokeIndex: number;
  readonly completeIndex: number;
}

export interface DrawnHistory {
  /** In order of invocation. An operation without completion ends with the history. */
  readonly intervals: readonly Interval[];
  /** Of how many. */
  readonly count: number;
  readonly durationNs: number;
  /** Of all of them, drawn or not. */
  readonly buckets: BucketColumns;
}

/** A page of a hundred thousand operations has less than ten megabytes. */
const mostDrawn = 100_000;
/** Entries around one that evidence speaks of which are drawn in any case, as a power of two. */
const surroundingsBits = 8;

export interface HistoryExtent {
  /** Calls of clients. */
  readonly count: number;
  /** Of the last entry. */
  readonly lastNs: number;
}

/** `marked`: indices of entries that must be among them. Where the extent is not known, goes through the history twice. */
export function drawHistory(
  history: Iterable<Operation>,
  marked: ReadonlySet<number>,
  extent = measure(history),
): DrawnHistory {
  const drawing = new HistoryDrawing(extent, marked);
  const pairing = new Pairing();
  for (const operation of history) drawing.take(operation, pairing.take(operation));
  drawing.end(pairing.open);
  return drawing.drawn;
}

/** Draws a history as it passes by. */
export class HistoryDrawing {
  readonly #extent: HistoryExtent;
  readonly #marked: ReadonlySet<number>;
  readonly #near: ReadonlySet<number>;
  readonly #durationNs: number;
  readonly #stride: number;
  readonly #buckets: Buckets;
  readonly #intervals: Interval[] = [];
  #passed = 0;
  #isOver = false;

  constructor(extent: HistoryExtent, marked: ReadonlySet<number>) {
    this.#extent = extent;
    this.#marked = marked;
    this.#near = surroundingsOf(marked);
    this.#durationNs = Math.max(extent.lastNs, 1);
    this.#stride = Math.ceil(extent.count / mostDrawn);
    this.#buckets = new Buckets(this.#durationNs);
  }

  /** The whole history has passed by. */
  get isOver(): boolean {
    return this.#isOver;
  }

  take(operation: Operation, invocation: Operation | null): void {
    if (invocation === null) return;
    const type = operation.type as Interval['type'];
    this.#buckets.add({ type, startNs: invocation.time, endNs: operation.time });
    if (this.#isDrawn(invocation.index, operation.index)) {
      this.#intervals.push(makeInterval(makeCall(invocation, operation), this.#extent.lastNs));
    }
  }

  end(open: readonly Operation[]): void {
    for (const invocation of open) {
      const { index } = invocation;
      if (!this.#isDrawn(index, index)) continue;
      this.#intervals.push(makeInterval(makeCall(invocation, null), this.#extent.lastNs));
    }
    this.#intervals.sort((one, other) => one.invokeIndex - other.invokeIndex);
    this.#isOver = true;
  }

  get drawn(): DrawnHistory {
    return {
      intervals: this.#intervals,
      count: this.#extent.count,
      durationNs: this.#durationNs,
      buckets: this.#buckets.columns(),
    };
  }

  #isDrawn(invokeIndex: number, completeIndex: number): boolean {
    if (this.#passed++ % this.#stride === 0) return true;
    return this.#near.has(invokeIndex >> surroundingsBits) || this.#marked.has(completeIndex);
  }
}

function measure(history: Iterable<Operation>): HistoryExtent {
  let count = 0;
  let lastNs = 0;
  for (const { process, type, time } of history) {
    if (process !== 'nemesis' && type === 'invoke') count++;
    lastNs = time;
  }
  return { count, lastNs };
}

function surroundingsOf(marked: ReadonlySet<number>): ReadonlySet<number> {
  const near = new Set<number>();
  for (const index of marked) {
    const place = index >> surroundingsBits;
    for (const each of [place - 1, place, place + 1]) near.add(each);
  }
  return near;
}

function makeInterval({ process, f, outcome, invocation, completion }: Call, lastNs: number): Interval {
  return {
    process,
    f,
    type: completion === null ? 'open' : outcome,
    startNs: invocation.time,
    endNs: completion?.time ?? lastNs,
    value: completion?.value ?? invocation.value,
    error: completion?.error,
    server: completion?.server ?? invocation.server,
    zxid: completion?.zxid,
    version: completion?.version,
    invokeIndex: invocation.index,
    completeIndex: completion?.index ?? invocation.index,
  };
}
