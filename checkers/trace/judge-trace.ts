// Every invariant over a whole trace.

import { jointConfigurations } from './configurations.ts';
import { repliesAreTrue, servingWindow, syncIsABarrier, watchesFire } from './clients.ts';
import {
  atMostOnce,
  commitOrder,
  committedGrows,
  integrity,
  leaderCompleteness,
  onlyCommittedIsApplied,
  prefixConsistency,
  primaryOrder,
} from './commits.ts';
import { ackMeansDurable, commitMeansQuorumDurable, newLeaderAckMeansDurable } from './durability.ts';
import {
  bestHistoryLeads,
  electionQuorum,
  epochOrder,
  freshEpoch,
  oneCountedPromise,
  oneLeader,
  votersOnly,
  votesRise,
} from './epochs.ts';
import type { Handler, Invariant, Report } from './invariant.ts';
import { stepDown } from './leadership-end.ts';
import {
  appendOrder,
  contiguousStream,
  followerPrefix,
  observersLogCommitted,
  proposalOrder,
  safeTruncation,
} from './logs.ts';
import { closedSessions, expiryInTime } from './sessions.ts';
import { digestAgreement, truthfulSnapshots } from './states.ts';
import type { TraceEvent } from '../../harness/history/trace-event.ts';
import type { Change, EnsembleFacts } from './trace-model.ts';
import { changeOf, TraceModel } from './trace-model.ts';

export const traceInvariants: readonly Invariant[] = [
  oneLeader,
  epochOrder,
  oneCountedPromise,
  freshEpoch,
  bestHistoryLeads,
  electionQuorum,
  votesRise,
  proposalOrder,
  commitMeansQuorumDurable,
  onlyCommittedIsApplied,
  ackMeansDurable,
  newLeaderAckMeansDurable,
  leaderCompleteness,
  followerPrefix,
  safeTruncation,
  appendOrder,
  commitOrder,
  contiguousStream,
  prefixConsistency,
  integrity,
  primaryOrder,
  atMostOnce,
  digestAgreement,
  closedSessions,
  expiryInTime,
  watchesFire,
  repliesAreTrue,
  jointConfigurations,
  syncIsABarrier,
  servingWindow,
  stepDown,
  truthfulSnapshots,
  committedGrows,
  votersOnly,
  observersLogCommitted,
];

/** A rule that was broken, where it was first. */
export interface TraceFinding {
  readonly invariant: Invariant;
  readonly sentence: string;
  readonly events: readonly TraceEvent[];
  /** How often in all. */
  readonly count: number;
}

export interface TraceJudgement {
  readonly findings: readonly TraceFinding[];
  /** Events that an invariant looked at, by its id. */
  readonly looks: ReadonlyMap<string, number>;
}

/** One name of an event: who looks at such events, in the order of the invariants, and what they change. */
interface Kind {
  readonly change: Change;
  readonly invariants: Invariant[];
  readonly handlers: Handler[];
  readonly reports: Report[];
  count: number;
}

interface Finding {
  readonly sentence: string;
  readonly events: readonly TraceEvent[];
  count: number;
}

/** Judges reports one by one as they are made, so that nobody has to keep them. */
export class TraceJudge {
  readonly #invariants: readonly Invariant[];
  readonly #model: TraceModel;
  readonly #findings = new Map<Invariant, Finding>();
  readonly #kinds = new Map<string, Kind>();

  constructor(facts: EnsembleFacts, invariants: readonly Invariant[] = traceInvariants) {
    this.#invariants = invariants;
    this.#model = new TraceModel(facts);
    for (const invariant of invariants) this.#watch(invariant);
  }

  /** To be shown every event, in an order that agrees with cause and effect. */
  take(event: TraceEvent): void {
    // A million events for a minute: nothing is made in here.
    const kind = this.#kinds.get(event.event) ?? this.#add(event.event);
    kind.count += 1;
    const { handlers, reports } = kind;
    for (let at = 0; at < handlers.length; at++) handlers[at]?.(event, reports[at] as Report);
    this.#model.apply(event, kind.change);
  }

  conclude(): TraceJudgement {
    const looks = new Map(this.#invariants.map(({ id }) => [id, 0]));
    for (const { invariants, count } of this.#kinds.values()) {
      for (const { id } of invariants) looks.set(id, (looks.get(id) ?? 0) + count);
    }
    return {
      findings: Array.from(this.#findings, ([invariant, finding]) => ({ invariant, ...finding })),
      looks,
    };
  }

  #watch(invariant: Invariant): void {
    const report: Report = (sentence, events) => {
      const known = this.#findings.get(invariant);
      if (known === undefined) this.#findings.set(invariant, { sentence, events, count: 1 });
      else known.count += 1;
    };
    for (const [name, handler] of Object.entries(invariant.watch(this.#model))) {
      const kind = this.#kinds.get(name) ?? this.#add(name);
      kind.invariants.push(invariant);
      kind.handlers.push(handler);
      kind.reports.push(report);
    }
  }

  #add(name: string): Kind {
    const kind: Kind = { change: changeOf(name), invariants: [], handlers: [], reports: [], count: 0 };
    this.#kinds.set(name, kind);
    return kind;
  }
}

/** `events` in an order that agrees with cause and effect. */
export function judgeTrace(
  events: Iterable<TraceEvent>,
  facts: EnsembleFacts,
  invariants: readonly Invariant[] = traceInvariants,
): TraceJudgement {
  const judge = new TraceJudge(facts, invariants);
  for (const event of events) judge.take(event);
  return judge.conclude();
}
