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

/** `marked`: indices of entries that must be among them. Goes through the history twice. */
export function drawHistory(history: Iterable<Operation>, marked: ReadonlySet<number>): DrawnHistory {
  const { count, lastNs } = measure(history);
  const durationNs = Math.max(lastNs, 1);
  const stride = Math.ceil(count / mostDrawn);
  const near = surroundingsOf(marked);
  const buckets = new Buckets(durationNs);
  const intervals: Interval[] = [];
  let passed = 0;
  const add = (call: Call): void => {
    const interval = makeInterval(call, lastNs);
    buckets.add(interval);
    const isNear = near.has(interval.invokeIndex >> surroundingsBits);
    if (passed++ % stride === 0 || isNear || marked.has(interval.completeIndex)) intervals.push(interval);
  };
  const pairing = new Pairing();
  for (const operation of history) {
    const invocation = pairing.take(operation);
    if (invocation !== null) add(makeCall(invocation, operation));
  }
  for (const invocation of pairing.open) add(makeCall(invocation, null));
  intervals.sort((one, other) => one.invokeIndex - other.invokeIndex);
  return { intervals, count, durationNs, buckets: buckets.columns() };
}

function measure(history: Iterable<Operation>): { readonly count: number; readonly lastNs: number } {
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
