// Everything that a summary needs about a campaign. Written as campaign.json; `reports/` reads nothing else.

import type { OperationCounts } from '../run/run-result.ts';
import type { Coverage } from './coverage.ts';

export interface CampaignOptions {
  readonly count: number;
  /** The first; run i has seed + i. */
  readonly seed: number;
  /** From 1: every `of`-th run, beginning with the `index`-th. */
  readonly shard: { readonly index: number; readonly of: number };
  readonly jobs: number;
  readonly timeLimitMs: number;
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

export interface CampaignResult {
  readonly options: CampaignOptions;
  /** Runs that were done; fewer than asked for after an interruption. */
  readonly count: number;
  readonly violated: readonly FailedRun[];
  readonly inconclusive: readonly FailedRun[];
  readonly operations: OperationCounts;
  readonly faults: Readonly<Record<string, number>>;
  readonly coverage: Coverage;
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
  /** Over the trace hashes of all runs in the order of their seeds. */
  readonly traceHash: string;
  readonly isInterrupted: boolean;
}
