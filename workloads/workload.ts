// A workload: what is asked of the ensemble. It gets clients, never servers or faults, and records nothing
// itself: the run records what `invoke` was asked and how it ended.

import type { Checker } from '../checkers/verdict.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';

/** What the generator asks a process to do next. */
export interface Request {
  readonly f: string;
  readonly value: unknown;
}

/** What came of it, merged into the completion; the run adds index, time, process and session. */
export interface Outcome {
  readonly value: unknown;
  readonly zxid?: number;
  readonly version?: number;
}

export interface WorkloadRun {
  /** Prepares parent znodes; repeated until it succeeds, so it must be idempotent. */
  setup(client: Client): Promise<void>;
  /** The next request of a process; drawn from the run's random source only. */
  next(process: number): Request;
  /** Carries a request out. Throws ClientError; the run turns it into `fail` or `info`. */
  invoke(client: Client, request: Request): Promise<Outcome>;
  /** Requests to be made of every server, through a client bound to it, after recovery. */
  finalReads(): readonly Request[];
}

export interface Workload {
  readonly name: string;
  readonly description: string;
  readonly checkers: readonly Checker[];
  /** Acknowledged operations without which a run of this workload says nothing. */
  readonly leastAcknowledged: number;
  create(options: { readonly random: Random; readonly processes: number }): WorkloadRun;
}
