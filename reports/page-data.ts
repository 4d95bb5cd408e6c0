// What the page's script draws: operations as columns (a column compresses and parses far better than a
// hundred thousand objects), and throughput and latency in buckets.

import type { RunResult } from '../harness/run/run-result.ts';
import type { BucketColumns } from './buckets.ts';
import type { DrawnHistory, Interval } from './intervals.ts';
import { plainValue } from './words.ts';

/** Microseconds throughout; `start` holds differences to the row before. */
export interface PageData {
  readonly durationUs: number;
  readonly rows: number;
  readonly names: readonly string[];
  readonly texts: readonly string[];
  readonly start: readonly number[];
  readonly length: readonly number[];
  readonly row: readonly number[];
  /** Process number where it differs from the row; the same column otherwise. */
  readonly process: readonly number[];
  /** Index into `names`. */
  readonly f: readonly number[];
  /** 0 ok, 1 fail, 2 info, 3 open. */
  readonly type: readonly number[];
  /** Index into `texts`: what was asked and answered. */
  readonly text: readonly number[];
  readonly server: readonly number[];
  /** Positions of operations that evidence speaks of. */
  readonly marked: readonly number[];
  /** Position of the operation that the first evidence ends with. */
  readonly offending: number | null;
  readonly faults: readonly { readonly label: string; readonly startUs: number; readonly endUs: number }[];
  readonly leaders: readonly { readonly sid: number; readonly startUs: number; readonly endUs: number }[];
  readonly healUs: number | null;
  readonly recoveredUs: number | null;
  readonly buckets: BucketColumns;
}

const typeCodes = { ok: 0, fail: 1, info: 2, open: 3 } as const;

/** Indices of the entries that evidence speaks of. */
export function markedIn(result: RunResult): ReadonlySet<number> {
  const evidence = result.guarantees.flatMap((guarantee) => guarantee.evidence);
  return new Set(evidence.flatMap((item) => item.operations.map((operation) => operation.index)));
}

export function makePageData(result: RunResult, drawn: DrawnHistory): PageData {
  const { intervals, durationNs, buckets } = drawn;
  const marked = markedIn(result);
  const evidence = result.guarantees.flatMap((guarantee) => guarantee.evidence);
  const last = evidence[0]?.operations.at(-1)?.index;
  const rows = Math.max(1, result.options.processes);
  const names = new Indexed();
  const texts = new Indexed();
  const columns = {
    start: [],
    length: [],
    row: [],
    process: [],
    f: [],
    type: [],
    text: [],
    server: [],
    marked: [],
  };
  const data: Record<keyof typeof columns, number[]> = columns;
  let previousUs = 0;
  intervals.forEach((interval, position) => {
    const startUs = Math.round(interval.startNs / 1000);
    data.start.push(startUs - previousUs);
    previousUs = startUs;
    data.length.push(Math.round((interval.endNs - interval.startNs) / 1000));
    data.row.push(interval.process % rows);
    data.process.push(interval.process);
    data.f.push(names.indexOf(interval.f));
    data.type.push(typeCodes[interval.type]);
    data.text.push(texts.indexOf(describeValue(interval)));
    data.server.push(interval.server ?? 0);
    if (marked.has(interval.invokeIndex) || marked.has(interval.completeIndex)) data.marked.push(position);
  });
  const offending = intervals.findIndex(
    (interval) => interval.invokeIndex === last || interval.completeIndex === last,
  );
  return {
    ...data,
    offending: offending < 0 ? null : offending,
    durationUs: Math.round(durationNs / 1000),
    rows,
    names: names.values,
    texts: texts.values,
    faults: result.faults.map((fault) => ({
      label: `${fault.nemesis}: ${fault.shape}`,
      startUs: Math.round(fault.startNs / 1000),
      endUs: Math.round((fault.endNs ?? durationNs) / 1000),
    })),
    leaders: result.leaders.map((span) => ({
      sid: span.sid,
      startUs: Math.round(span.startNs / 1000),
      endUs: Math.round((span.endNs ?? durationNs) / 1000),
    })),
    healUs: result.healNs === null ? null : Math.round(result.healNs / 1000),
    recoveredUs: result.recoveredNs === null ? null : Math.round(result.recoveredNs / 1000),
    buckets,
  };
}

/** `/register/3 → 17 (version 4)`, or the error. Lists are shortened: the history file has them whole. */
export function describeValue(interval: Interval): string {
  const key = Array.isArray(interval.value) && typeof interval.value[0] === 'string' ? interval.value[0] : '';
  const version = interval.version === undefined ? '' : ` (version ${interval.version})`;
  const error = interval.error === undefined ? '' : ` — ${interval.error}`;
  return `${key} ${plainValue(interval.value)}${version}${error}`.trim();
}

class Indexed {
  readonly values: string[] = [];
  readonly #indices = new Map<string, number>();

  indexOf(value: string): number {
    let index = this.#indices.get(value);
    if (index === undefined) {
      index = this.values.push(value) - 1;
      this.#indices.set(value, index);
    }
    return index;
  }
}
