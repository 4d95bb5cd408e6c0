// Everything that a summary needs about a campaign. Written as campaign.json; `reports/` reads nothing else.

import type { Verdict } from '../../checkers/verdict.ts';
import type { OperationCounts } from '../run/run-result.ts';
import type { Coverage } from './coverage.ts';

export interface CampaignOptions {
  /** In all; with each workload by itself so many for each. */
  readonly count: number;
  /** The first; run i has seed + i. */
  readonly seed: number;
  /** From 1: every `of`-th run, beginning with the `index`-th. */
  readonly shard: { readonly index: number; readonly of: number };
  readonly jobs: number;
  readonly timeLimitMs: number;
  /** What every run is asked to do, instead of drawing it: all of them together, or each by itself in turn. */
  readonly workloads: { readonly names: readonly string[]; readonly isEach: boolean } | null;
  /** What harms every run, instead of drawing it. */
  readonly nemeses: readonly string[] | null;
  readonly runsDirectory: string;
  /** Folders are written for so many of the runs that did not pass; the others can be had by their replay. */
  readonly mostFolders: number;
}

export interface FailedRun {
  readonly seed: number;
  readonly guarantees: readonly { readonly name: string; readonly reason: string }[];
  readonly problems: readonly string[];
  readonly replayCommand: string;
  /** Null: no folder was written. */
  readonly folder: string | null;
}

/** Of one guarantee in all runs of a kind. */
export interface Exercise {
  /** What was asked of the ensemble, `register,set`; null: each run drew its own. */
  readonly workload: string | null;
  readonly guarantee: string;
  /** Runs by verdict; a verdict that no run came to is not there. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  readonly opportunities: {
    readonly sum: number;
    /** Over the runs, those where the guarantee could not be judged at all left out; null: it never could. */
    readonly least: number | null;
    readonly median: number | null;
  };
}

export interface CampaignResult {
  readonly options: CampaignOptions;
  /** Runs that were done; fewer than asked for after an interruption. */
  readonly count: number;
  readonly violated: readonly FailedRun[];
  readonly inconclusive: readonly FailedRun[];
  readonly operations: OperationCounts;
  readonly faults: Readonly<Record<string, number>>;
  /** What every guarantee was given to break. */
  readonly exercises: readonly Exercise[];
  readonly coverage: Coverage;
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
  /** Over the trace hashes of all runs in the order of their seeds. */
  readonly traceHash: string;
  readonly isInterrupted: boolean;
}
