// The verdict of a run and its exit code. A violation outranks everything: a harness that broke afterwards does
// not make it untrue. Apart from that, a run whose harness or environment failed says nothing.

import { worstVerdict } from '../../checkers/run-checkers.ts';
import type { GuaranteeResult, Verdict } from '../../checkers/verdict.ts';
import type { RunResult } from './run-result.ts';

export const exitCodes = {
  passed: 0,
  violated: 1,
  inconclusive: 2,
  environmentFailed: 3,
  harnessFailed: 4,
  usage: 64,
  /** As a shell reports a process that SIGINT ended. */
  interrupted: 130,
} as const;

type Judged = Pick<RunResult, 'problems'> & {
  readonly guarantees: readonly Pick<GuaranteeResult, 'verdict'>[];
};

export function verdictOf({ guarantees, problems }: Judged): Verdict {
  const worst = worstVerdict(guarantees);
  if (worst === 'violated') return worst;
  // Nothing exercised is nothing shown.
  return problems.length > 0 || worst !== 'pass' ? 'inconclusive' : 'pass';
}

export function exitCodeOf(judged: Judged): number {
  const verdict = verdictOf(judged);
  if (verdict === 'violated') return exitCodes.violated;
  if (judged.problems.some(({ kind }) => kind === 'harness')) return exitCodes.harnessFailed;
  if (judged.problems.length > 0) return exitCodes.environmentFailed;
  return verdict === 'pass' ? exitCodes.passed : exitCodes.inconclusive;
}

/** The first that applies, for a command that did several things. */
export function worstExitCode(codes: readonly number[]): number {
  const precedence: readonly number[] = [
    exitCodes.violated,
    exitCodes.harnessFailed,
    exitCodes.environmentFailed,
    exitCodes.inconclusive,
    exitCodes.usage,
  ];
  return precedence.find((code) => codes.includes(code)) ?? exitCodes.passed;
}
