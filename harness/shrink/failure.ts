// What a shrunk run must still show. A run may break several guarantees; the one that a client can see is the one
// to keep, because it needs no knowledge of the protocol to be believed.

import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { traceGuarantee } from '../../checkers/trace/trace-guarantee.ts';
import type { RunResult } from '../run/run-result.ts';

export interface Failure {
  readonly guarantee: string;
  /** Of the trace invariants: which. */
  readonly invariant: string | null;
}

/** Null when nothing fell, or not the guarantee that was asked for. */
export function failureOf(result: Pick<RunResult, 'guarantees'>, wanted?: string): Failure | null {
  const violated = result.guarantees.filter(({ verdict }) => verdict === 'violated');
  const chosen =
    wanted === undefined
      ? (violated.find(({ name }) => name !== traceGuarantee.name) ?? violated[0])
      : violated.find(({ name }) => name === wanted);
  if (chosen === undefined) return null;
  return { guarantee: chosen.name, invariant: invariantOf(chosen) };
}

/** A run whose harness failed shows nothing. */
export function showsFailure(
  { guarantees, problems }: Pick<RunResult, 'guarantees' | 'problems'>,
  { guarantee, invariant }: Failure,
): boolean {
  if (problems.length > 0) return false;
  const judged = guarantees.find(({ name }) => name === guarantee);
  if (judged?.verdict !== 'violated') return false;
  return invariant === null || judged.evidence.some(({ subject }) => subject === invariant);
}

function invariantOf({ name, evidence }: GuaranteeResult): string | null {
  return name === traceGuarantee.name ? (evidence[0]?.subject ?? null) : null;
}
