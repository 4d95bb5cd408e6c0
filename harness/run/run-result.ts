// Everything a report needs about one run. Written as run.json beside the history; `reports/` reads this
// and the history, and nothing else.

import type { LatencySummary } from '../../checkers/latency.ts';
import type { GuaranteeResult, Verdict } from '../../checkers/verdict.ts';
import type { WorldName } from '../ensemble/ensemble.ts';
import type { ScriptedOperation } from '../generator/scripted-operation.ts';
import type { FaultStrike } from '../nemesis/fault.ts';
import type { ScriptedFault } from '../nemesis/scripted-fault.ts';

/** Options with every default filled in; what `run.json` keeps and the replay command is made from. */
export interface RunOptions {
  readonly on: string;
  readonly systems: readonly string[];
  readonly servers: number;
  readonly observers: number;
  readonly workloads: readonly string[];
  readonly nemeses: readonly string[];
  readonly timeLimitMs: number;
  readonly ratePerSecond: number;
  readonly processes: number;
  /** Of the servers; null is the world's own choice. */
  readonly tickMs: number | null;
  /** Transactions between snapshots, and those kept in memory for learners; null is the world's own choice. */
  readonly snapCount: number | null;
  readonly commitLogCount: number | null;
  readonly mutant: string | null;
  readonly seed: number;
  readonly runsDirectory: string;
  readonly checkMemoryBytes: number;
  readonly checkTimeMs: number;
  /** Of the 99th percentile of answers outside of faults; absent: measured, not judged. */
  readonly latencyBoundMs?: number;
  /** What a run is told instead of drawing it; absent in a run that nobody shrank. */
  readonly script?: RunScript;
}

/** A run in a list: which operations and faults, at which times. */
export interface RunScript {
  /** Reseeds what the simulated world draws (delays, torn writes); 0 leaves it as the seed has it. */
  readonly world: number;
  /** Null: drawn, as in any run. */
  readonly operations: readonly ScriptedOperation[] | null;
  readonly faults: readonly ScriptedFault[] | null;
  /** The run that this one was made from. */
  readonly origin: ScriptOrigin;
}

export interface ScriptOrigin {
  readonly run: string;
  /** The guarantee that must still fall, and of the trace invariants which one. */
  readonly guarantee: string;
  readonly invariant: string | null;
  readonly size: RunSize;
}

/** What shrinking makes smaller. */
export interface RunSize {
  readonly operations: number;
  readonly faults: number;
  readonly servers: number;
  /** Clients that asked for anything. */
  readonly clients: number;
  /** Between servers, pings aside. */
  readonly messages: number;
  readonly simulatedSeconds: number;
}

/** One fault as it was injected. Times in nanoseconds of the run's clock. */
export interface InjectedFault {
  /** `partition`, `kill`, `pause` … */
  readonly nemesis: string;
  /** What exactly: `leader isolated`, `kill -9 of a minority`. */
  readonly shape: string;
  readonly targets: readonly number[];
  readonly startNs: number;
  /** When it was healed; null if the run ended first. */
  readonly endNs: number | null;
  /** What was observed that shows it took effect; null: it did not bite. */
  readonly proof: string | null;
  /** Acknowledged operations that completed while it lasted. */
  readonly acknowledgedDuring: number;
  /** Of a directed schedule: each blow, with its own moment. */
  readonly strikes?: readonly FaultStrike[];
}

/** Who led, from when to when: the report's leader lane. */
export interface LeaderSpan {
  readonly sid: number;
  readonly startNs: number;
  readonly endNs: number | null;
}

export interface OperationCounts {
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
}

export interface RunResult {
  readonly run: string;
  readonly ordealVersion: string;
  readonly startedAt: string;
  readonly world: WorldName;
  readonly system: string;
  readonly seed: number;
  readonly options: RunOptions;
  readonly versions: Readonly<Record<string, string>>;
  readonly verdict: Verdict;
  readonly exit: number;
  readonly guarantees: readonly GuaranteeResult[];
  readonly operations: OperationCounts;
  /** How long answers took; absent where the checkers crashed. */
  readonly latency?: LatencySummary;
  readonly faults: readonly InjectedFault[];
  readonly leaders: readonly LeaderSpan[];
  /** When workload and faults ended and healing began, and when every server served again. */
  readonly healNs: number | null;
  readonly recoveredNs: number | null;
  /** Harness or environment failures, in words; empty when all went as planned. */
  readonly problems: readonly { readonly kind: 'harness' | 'environment'; readonly message: string }[];
  readonly simulatedSeconds: number | null;
  readonly wallSeconds: number;
  readonly firstOperationSeconds: number | null;
  readonly traceHash: string | null;
  /** What servers reported, where somebody saw them do it, and how much of it is in `trace.jsonl`. */
  readonly reports?: { readonly made: number; readonly written: number };
  /** Of a run that was made smaller. */
  readonly size?: RunSize;
  readonly replayCommand: string;
}
