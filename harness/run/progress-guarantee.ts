// Did the run do enough to mean anything? Operations must have been acknowledged in all, while a fault lasted
// that leaves a quorum, and after each fault; each nemesis asked for must have had its turn. Otherwise the run
// is vacuous and its other verdicts, however good, are worth nothing: `inconclusive`.

import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { FaultWindow } from '../nemesis/nemesis-run.ts';

/** Asked of a window at most; slow runs are asked for less. */
const mostAsked = 5;

export const progressGuarantee = {
  name: 'progress',
  title: 'the run did enough to judge',
  description: 'operations are acknowledged in all, during faults that leave a quorum, and after each fault',
} as const;

/** How many operations must be acknowledged in a window: a tenth of what the rate asks for in a second. */
export function leastAcknowledged(ratePerSecond: number): number {
  return Math.max(1, Math.min(mostAsked, Math.floor(ratePerSecond / 10)));
}

export interface ProgressFacts {
  readonly windows: readonly FaultWindow[];
  readonly nemeses: readonly string[];
  /** False when it broke off before the first operation. */
  readonly hasBegun: boolean;
  readonly workloads: readonly { readonly name: string; readonly leastAcknowledged: number }[];
  readonly acknowledged: number;
  readonly ratePerSecond: number;
  /** After a fault the ensemble has at least this long to do something. */
  readonly recoveryBoundMs: number;
}

export function judgeProgress(run: ProgressFacts): GuaranteeResult {
  const doubts = run.hasBegun ? judgeRun(run) : ['the run broke off before its first operation'];
  return {
    name: progressGuarantee.name,
    title: progressGuarantee.title,
    verdict: doubts.length > 0 ? 'inconclusive' : 'pass',
    opportunities: run.windows.length + 1,
    leastOpportunities: 1,
    ...(doubts.length > 0 ? { reason: doubts.join('; ') } : {}),
    evidence: [],
  };
}

function judgeRun(run: ProgressFacts): string[] {
  return [
    ...judgeWhole(run),
    ...run.nemeses
      .filter((name) => !run.windows.some(({ fault }) => fault.nemesis === name))
      .map((name) => `${name} never had its turn: the time limit leaves no room for it`),
    ...run.windows.flatMap((window) => judgeWindow(window, run)),
  ];
}

function judgeWhole(run: ProgressFacts): string[] {
  const least = run.workloads.reduce((sum, workload) => sum + workload.leastAcknowledged, 0);
  if (run.acknowledged >= least) return [];
  return [`only ${run.acknowledged} operations were acknowledged in all, ${least} are needed`];
}

/** A window that the time limit cut short of the bound is not blamed: what follows is judged as recovery. */
function judgeWindow(window: FaultWindow, { ratePerSecond, recoveryBoundMs }: ProgressFacts): string[] {
  const { fault, keepsQuorum, acknowledgedDuring, acknowledgedAfter, lastedMs, quietMs } = window;
  const least = leastAcknowledged(ratePerSecond);
  const name = `${fault.nemesis} (${fault.shape}) at ${(fault.startNs / 1e9).toFixed(1)} s`;
  const doubts: string[] = [];
  if (keepsQuorum && acknowledgedDuring < least && lastedMs >= recoveryBoundMs) {
    doubts.push(
      `${acknowledgedDuring} operations were acknowledged during ${name}, which leaves a quorum; ${least} are needed`,
    );
  }
  if (acknowledgedAfter < least && quietMs >= recoveryBoundMs) {
    doubts.push(`${acknowledgedAfter} operations were acknowledged after ${name}; ${least} are needed`);
  }
  return doubts;
}
