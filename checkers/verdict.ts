// The answer of a checker. A verdict is data; an exception out of a checker is a crash of the checker and
// becomes `inconclusive`, never `pass`.

import type { CommittedWrite } from '../harness/history/committed-write.ts';
import type { Operation } from '../harness/history/operation.ts';
import type { Call } from '../harness/history/pairing.ts';

export type Verdict = 'pass' | 'violated' | 'inconclusive' | 'not-exercised' | 'not-supported';

export interface Evidence {
  /** One line naming the object: `/register/7`. */
  readonly subject: string;
  /** One or two sentences that a person can check against the operations: what was seen and why it cannot be. */
  readonly sentence: string;
  /** The operations the sentence speaks of (history entries, the offending one last). */
  readonly operations: readonly Operation[];
  /** Further facts by name: longest linearizable prefix, possible states, servers that differ. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface GuaranteeResult {
  /** `linearizable-writes`, as `ordeal list guarantees` prints it. */
  readonly name: string;
  /** Heading for people: `linearizable writes`. */
  readonly title: string;
  readonly verdict: Verdict;
  /** How often the guarantee could have been broken here; below the least number it is not exercised. */
  readonly opportunities: number;
  readonly leastOpportunities: number;
  /** Why, for every verdict but `pass`: the budget that ran out, what was missing. */
  readonly reason?: string;
  readonly evidence: readonly Evidence[];
  /** What was measured, whatever the verdict. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Least a checker may assume about time and space; the search obeys both inside its steps. */
export interface CheckBudget {
  readonly timeMs: number;
  readonly memoryBytes: number;
}

/** What a checker is given beside the history. What the history itself tells is final when it has ended. */
export interface CheckContext {
  readonly budget: CheckBudget;
  /** Monotonic milliseconds, injected so that checkers stay pure. */
  readonly nowMs: () => number;
  /** Server ids whose `sync` is a quorum barrier; known from the start. */
  readonly quorumSyncServers: ReadonlySet<number>;
  /**
   * Server ids that answer a read with the zxid of the very state it shows; known from the start. Of the others
   * it is only known that what they show is no older.
   */
  readonly exactReadServers?: ReadonlySet<number>;
  /** What the members' transaction logs tell, where they were collected; for whom it concerns, by path. */
  readonly committedWrites?: readonly CommittedWrite[];
  /** Bound for recovery after the last fault healed, milliseconds. */
  readonly recoveryBoundMs: number;
  /** For the 99th percentile of answers outside of faults; absent: latency is measured and not judged. */
  readonly latencyBoundMs?: number;
  /** Every server of the run, observers included. */
  readonly servers: readonly number[];
}

/** One guarantee. A history may be longer than memory, so it passes by once, for all guarantees together. */
export interface Checker {
  readonly name: string;
  readonly title: string;
  /** One line for `ordeal list guarantees`. */
  readonly description: string;
  begin(context: CheckContext): Judge;
  /** The same for a history in memory. */
  check(history: readonly Operation[], context: CheckContext): GuaranteeResult;
}

/** Judges one history as it passes by. */
export interface Judge {
  /** Which entries it wants to see; asked once for each `f`, of the nemesis and of the others. */
  concerns(entry: Pick<Operation, 'f' | 'process'>): boolean;
  /** `invocation`: of the call that this entry completes, else null. */
  take(operation: Operation, invocation: Operation | null): void;
  conclude(end: HistoryEnd): GuaranteeResult;
}

/** What can be said when a history has passed by. */
export interface HistoryEnd {
  readonly budget: CheckBudget;
  /** Invocations that were never completed. */
  readonly open: readonly Operation[];
  /** The calls that these entries begin or end, in their order. Goes through the history again: for evidence only. */
  readonly callsAt: (indices: readonly number[]) => readonly Call[];
}
