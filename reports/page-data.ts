// What the page's script draws: operations as columns (a column compresses and parses far better than a
// hundred thousand objects), and throughput and latency in buckets.

import type { RunResult } from '../harness/run/run-result.ts';
import type { Interval } from './intervals.ts';
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
  readonly buckets: Buckets;
}

interface Buckets {
  readonly seconds: readonly number[];
  /** Completions per second. */
  readonly ok: readonly number[];
  readonly fail: readonly number[];
  readonly info: readonly number[];
  /** Milliseconds of acknowledged operations, null where none completed. */
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
}

const typeCodes = { ok: 0, fail: 1, info: 2, open: 3 } as const;
const bucketCount = 240;

export function makePageData(result: RunResult, intervals: readonly Interval[]): PageData {
  const evidence = result.guarantees.flatMap((guarantee) => guarantee.evidence);
  const marked = new Set(evidence.flatMap((item) => item.operations.map((operation) => operation.index)));
  const last = evidence[0]?.operations.at(-1)?.index;
  const rows = Math.max(1, result.options.processes);
  const durationNs = intervals.reduce((last, interval) => Math.max(last, interval.endNs), 1);
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
    buckets: fillBuckets(intervals, durationNs),
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

function fillBuckets(intervals: readonly Interval[], durationNs: number): Buckets {
  const widthNs = durationNs / bucketCount;
  const latencies: number[][] = Array.from({ length: bucketCount }, () => []);
  const counts = { ok: zeros(), fail: zeros(), info: zeros() };
  for (const interval of intervals) {
    if (interval.type === 'open') continue;
    const bucket = Math.min(bucketCount - 1, Math.floor(interval.endNs / widthNs));
    const column = counts[interval.type];
    column[bucket] = (column[bucket] ?? 0) + 1;
    if (interval.type === 'ok') latencies[bucket]?.push((interval.endNs - interval.startNs) / 1e6);
  }
  for (const list of latencies) list.sort((a, b) => a - b);
  const perSecond = (column: readonly number[]): number[] => column.map((n) => round((n * 1e9) / widthNs));
  return {
    seconds: latencies.map((_, bucket) => round(((bucket + 0.5) * widthNs) / 1e9)),
    ok: perSecond(counts.ok),
    fail: perSecond(counts.fail),
    info: perSecond(counts.info),
    p50: latencies.map((list) => quantile(list, 0.5)),
    p95: latencies.map((list) => quantile(list, 0.95)),
    p99: latencies.map((list) => quantile(list, 0.99)),
  };
}

function zeros(): number[] {
  return Array.from({ length: bucketCount }, () => 0);
}

/** Nearest rank; null for an empty list. */
function quantile(sorted: readonly number[], q: number): number | null {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  return value === undefined ? null : round(value);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
