// How long answers take: median, 99th percentile and the longest, while all is quiet and under faults. It is
// measured in every run; whether it is too long only the one who runs the ensemble can say, so a guarantee comes of
// it when a bound is given. The bound is for the 99th percentile in quiet: under faults an election is no fault.

import { LatencyHistogram } from '../harness/history/latency-histogram.ts';
import type { Operation } from '../harness/history/operation.ts';
import { conclude } from './conclude.ts';
import type { Checker, Evidence, Judge } from './verdict.ts';
import { streamed } from './whole-history.ts';
import { writeFunctions } from './write-functions.ts';

/** With fewer, the 99th percentile is an accident. */
const leastOpportunities = 100;
const judgedShare = 0.99;

/** One request each, beside the writes; what consists of several, or waits for others, has no latency of its own. */
const readFunctions: ReadonlySet<string> = new Set([
  'read',
  'sync-read',
  'multi-read',
  'snapshot',
  'config-read',
]);

/** Milliseconds. */
export interface PhaseLatency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Of acknowledged operations. */
export interface LatencySummary {
  /** No fault touched it, and the ensemble had answered something asked after the last one ended. */
  readonly quiet: PhaseLatency;
  readonly faults: PhaseLatency;
}

export const latency: Checker = streamed({
  name: 'latency',
  title: 'answers in time',
  description: 'the 99th percentile of acknowledged operations outside of faults keeps to --latency-bound',
  begin: ({ latencyBoundMs }) => new LatencyJudge(latencyBoundMs ?? Infinity),
});

class LatencyJudge implements Judge {
  readonly #boundMs: number;
  readonly #quiet = new LatencyHistogram();
  readonly #faults = new LatencyHistogram();
  /** Names of the faults under way. */
  readonly #open: string[] = [];
  /** Null: a fault is under way. */
  #quietSinceNs: number | null = 0;
  /** When something was asked after that and answered. */
  #servedSinceNs = 0;
  #slowest: readonly Operation[] = [];

  constructor(boundMs: number) {
    this.#boundMs = boundMs;
  }

  concerns({ f, process }: Pick<Operation, 'f' | 'process'>): boolean {
    return process === 'nemesis' || writeFunctions.has(f) || readFunctions.has(f);
  }

  take(operation: Operation, invocation: Operation | null): void {
    if (operation.process === 'nemesis') return this.#takeNote(operation);
    if (invocation === null || operation.type !== 'ok') return;
    const ms = (operation.time - invocation.time) / 1e6;
    const isQuiet = this.#quietSinceNs !== null && invocation.time >= this.#servedSinceNs;
    if (isQuiet && ms > this.#quiet.maxMs) this.#slowest = [invocation, operation];
    (isQuiet ? this.#quiet : this.#faults).record(ms);
    if (this.#quietSinceNs === null || this.#servedSinceNs !== Infinity) return;
    if (invocation.time >= this.#quietSinceNs) this.#servedSinceNs = operation.time;
  }

  conclude(): ReturnType<Judge['conclude']> {
    const summary: LatencySummary = { quiet: phaseOf(this.#quiet), faults: phaseOf(this.#faults) };
    const { count } = summary.quiet;
    const isJudged = this.#boundMs !== Infinity;
    const result = conclude(latency, {
      history: [],
      opportunities: isJudged ? count : 0,
      leastOpportunities,
      opportunity: isJudged ? 'operations outside of faults' : 'no bound was given',
      evidence: count < leastOpportunities ? [] : this.#judge(summary),
      doubts: [],
    });
    return { ...result, details: { ...summary } };
  }

  #judge({ quiet }: LatencySummary): Evidence[] {
    if (quiet.p99 <= this.#boundMs) return [];
    const sentence = `of ${quiet.count} operations outside of faults 99 % took up to ${describeMs(quiet.p99)} (half of them ${describeMs(quiet.p50)}, the slowest ${describeMs(quiet.max)}); the bound is ${describeMs(this.#boundMs)}`;
    return [{ subject: 'latency', sentence, operations: this.#slowest }];
  }

  #takeNote({ f, value, time }: Operation): void {
    const phase = typeof value === 'object' && value !== null && 'phase' in value ? value.phase : null;
    if (phase === 'start') {
      this.#open.push(f);
      this.#quietSinceNs = null;
      this.#servedSinceNs = Infinity;
    }
    if (phase !== 'end') return;
    const position = this.#open.indexOf(f);
    if (position !== -1) this.#open.splice(position, 1);
    if (this.#open.length === 0) this.#quietSinceNs = time;
  }
}

function phaseOf(histogram: LatencyHistogram): PhaseLatency {
  return {
    count: histogram.count,
    p50: histogram.percentileMs(0.5),
    p99: histogram.percentileMs(judgedShare),
    max: histogram.maxMs,
  };
}

/** `1.25 ms`. */
function describeMs(ms: number): string {
  return `${ms.toFixed(2)} ms`;
}
