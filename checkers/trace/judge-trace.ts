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

/** `events` in an order that agrees with cause and effect. */
export function judgeTrace(
  events: Iterable<TraceEvent>,
  facts: EnsembleFacts,
  invariants: readonly Invariant[] = traceInvariants,
): TraceJudgement {
  const model = new TraceModel(facts);
  const findings = new Map<Invariant, { sentence: string; events: readonly TraceEvent[]; count: number }>();
  const byEvent = new Map<string, Watch[]>();
  const watches: Watch[] = [];
  for (const invariant of invariants) {
    const report: Report = (sentence, seen) => {
      const known = findings.get(invariant);
      if (known === undefined) findings.set(invariant, { sentence, events: seen, count: 1 });
      else known.count += 1;
    };
    for (const [name, handler] of Object.entries(invariant.watch(model))) {
      const watch: Watch = { invariant, handler, report, looks: 0 };
      watches.push(watch);
      const others = byEvent.get(name);
      if (others === undefined) byEvent.set(name, [watch]);
      else others.push(watch);
    }
  }
  // Hundreds of thousands of events for a minute: nothing is made in here.
  for (const event of events) {
    const watching = byEvent.get(event.event);
    if (watching !== undefined) {
      for (const watch of watching) {
        watch.looks += 1;
        watch.handler(event, watch.report);
      }
    }
    model.apply(event);
  }
  const looks = new Map(invariants.map(({ id }) => [id, 0]));
  for (const { invariant, looks: count } of watches) {
    looks.set(invariant.id, (looks.get(invariant.id) ?? 0) + count);
  }
  return {
    findings: Array.from(findings, ([invariant, finding]) => ({ invariant, ...finding })),
    looks,
  };
}
