// A workload: what is asked of the ensemble. It gets clients, never servers or faults, and records nothing
// itself: the run records what `invoke` was asked and how it ended.

import type { Checker } from '../checkers/verdict.ts';
import type { Administration } from '../harness/client/administration.ts';
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
  /** As `recordStat` makes it. */
  readonly stat?: readonly number[];
}

/** Sessions that a workload opens beside those of its processes, to end them as it likes. */
export interface OwnSessions {
  readonly servers: readonly number[];
  /** Of the servers: they grant no timeout below two of them. */
  readonly tickMs: number;
  /** The first of the servers is tried first; more than one lets the session move. */
  open(options: { readonly servers: readonly number[]; readonly sessionTimeoutMs: number }): Client;
  sleep(ms: number): Promise<void>;
}

export interface WorkloadRun {
  /** Prepares parent znodes; repeated until it succeeds, so it must be idempotent. */
  setup(client: Client): Promise<void>;
  /** The next request of a process; drawn from the run's random source only. */
  next(process: number): Request;
  /** Carries a request out. Throws ClientError; the run turns it into `fail` or `info`. */
  invoke(client: Client, request: Request): Promise<Outcome>;
  /** Whose session carries a request out, where it is not that of its process. */
  clientFor?(client: Client, request: Request): Client;
  /** Ends the workload's own sessions, and waits until the ensemble must have ended them as well. */
  end?(): Promise<void>;
  /** Requests to be made of every server, through a client bound to it, after recovery. */
  finalReads(): readonly Request[];
}

export interface Workload {
  readonly name: string;
  readonly description: string;
  readonly checkers: readonly Checker[];
  /** It asks for servers to come and go; needs a world with capability `reconfig`. */
  readonly changesMembership?: true;
  /** Acknowledged operations without which a run of this workload says nothing. */
  readonly leastAcknowledged: number;
  create(options: WorkloadOptions): WorkloadRun;
}

export interface WorkloadOptions {
  readonly random: Random;
  readonly processes: number;
  /** Only workloads about sessions need them. */
  readonly sessions?: OwnSessions;
  /** Only workloads that change the membership need it. */
  readonly administration?: Administration;
}
