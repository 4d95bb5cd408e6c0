// Throughput and latency over a run, in as many buckets of time as a chart can show. Of the latencies of a bucket so
// many are kept that its quantiles are right to the eye, however long the run was.

/** What a bucket is told of an operation. */
interface Completed {
  readonly type: 'ok' | 'fail' | 'info' | 'open';
  readonly startNs: number;
  readonly endNs: number;
}

export interface BucketColumns {
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

const bucketCount = 240;
const mostLatencies = 8192;

export class Buckets {
  readonly #widthNs: number;
  readonly #latencies = Array.from({ length: bucketCount }, () => new Sample());
  readonly #counts = { ok: zeros(), fail: zeros(), info: zeros() };

  constructor(durationNs: number) {
    this.#widthNs = durationNs / bucketCount;
  }

  add({ type, startNs, endNs }: Completed): void {
    if (type === 'open') return;
    const bucket = Math.min(bucketCount - 1, Math.floor(endNs / this.#widthNs));
    const column = this.#counts[type];
    column[bucket] = (column[bucket] ?? 0) + 1;
    if (type === 'ok') this.#latencies[bucket]?.add((endNs - startNs) / 1e6);
  }

  columns(): BucketColumns {
    const widthNs = this.#widthNs;
    const perSecond = (column: readonly number[]): number[] => column.map((n) => round((n * 1e9) / widthNs));
    const lists = this.#latencies.map((sample) => sample.sorted());
    return {
      seconds: lists.map((_, bucket) => round(((bucket + 0.5) * widthNs) / 1e9)),
      ok: perSecond(this.#counts.ok),
      fail: perSecond(this.#counts.fail),
      info: perSecond(this.#counts.info),
      p50: lists.map((list) => quantile(list, 0.5)),
      p95: lists.map((list) => quantile(list, 0.95)),
      p99: lists.map((list) => quantile(list, 0.99)),
    };
  }
}

/** Every so manieth of the numbers it is given; when there are too many, every second of those it has. */
class Sample {
  #kept: number[] = [];
  #stride = 1;
  #given = 0;

  add(value: number): void {
    if (this.#given++ % this.#stride !== 0) return;
    this.#kept.push(value);
    if (this.#kept.length < mostLatencies) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }

  sorted(): number[] {
    return this.#kept.toSorted((a, b) => a - b);
  }
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
