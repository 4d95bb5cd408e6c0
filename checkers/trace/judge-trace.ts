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
import type { EnsembleFacts } from './trace-model.ts';
import { TraceModel } from './trace-model.ts';

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

/** An invariant at one kind of event. */
interface Watch {
  readonly invariant: Invariant;
  readonly handler: Handler;
  readonly report: Report;
  looks: number;
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
  readonly #byEvent = new Map<string, Watch[]>();

  constructor(facts: EnsembleFacts, invariants: readonly Invariant[] = traceInvariants) {
    this.#invariants = invariants;
    this.#model = new TraceModel(facts);
    for (const invariant of invariants) this.#watch(invariant);
  }

  /** To be shown every event, in an order that agrees with cause and effect. */
  take(event: TraceEvent): void {
    // A million events for a minute: nothing is made in here.
    const watching = this.#byEvent.get(event.event);
    if (watching !== undefined) {
      for (const watch of watching) {
        watch.looks += 1;
        watch.handler(event, watch.report);
      }
    }
    this.#model.apply(event);
  }

  conclude(): TraceJudgement {
    const looks = new Map(this.#invariants.map(({ id }) => [id, 0]));
    for (const { invariant, looks: count } of [...this.#byEvent.values()].flat()) {
      looks.set(invariant.id, (looks.get(invariant.id) ?? 0) + count);
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
      const watch: Watch = { invariant, handler, report, looks: 0 };
      const others = this.#byEvent.get(name);
      if (others === undefined) this.#byEvent.set(name, [watch]);
      else others.push(watch);
    }
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
