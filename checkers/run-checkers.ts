// Runs the checkers of a run over one pass of its history; then they conclude one after another within one budget.
// A checker that crashes is a fault of the harness: its guarantee is `inconclusive`, never a pass, and the others are judged all the same.

import type { Operation } from '../harness/history/operation.ts';
import { callsOf, passHistory } from './pass-history.ts';
import type { Onlooker, Passed } from './pass-history.ts';
import type { CheckContext, Checker, GuaranteeResult, Judge, Verdict } from './verdict.ts';

export interface CheckedRun {
  readonly results: readonly GuaranteeResult[];
  /** Checkers that threw, with what they threw: the run ends as a failure of the harness. */
  readonly crashes: readonly { readonly checker: string; readonly error: Error }[];
}

/** Of several checkers with one name (workloads share them) the first counts. */
export function runCheckers(
  checkers: readonly Checker[],
  history: Iterable<Operation>,
  context: CheckContext,
  onlooker: Onlooker | null = null,
): CheckedRun {
  const distinct = [...new Map(checkers.toReversed().map((checker) => [checker.name, checker])).values()];
  const inOrder = checkers.filter((checker) => distinct.includes(checker));
  const started = context.nowMs();
  const judges = inOrder.map((checker) => checker.begin(context));
  const passed = passHistory(judges, history, onlooker);
  const results: GuaranteeResult[] = [];
  const crashes: { checker: string; error: Error }[] = [];
  for (const [position, checker] of inOrder.entries()) {
    const { crash, open } = passed[position] as Passed;
    // An equal share of what is left: a checker that is done early leaves its time to the search.
    const leftMs = Math.max(0, context.budget.timeMs - (context.nowMs() - started));
    const timeMs = leftMs / (inOrder.length - position);
    try {
      if (crash !== null) throw crash;
      const judge = judges[position] as Judge;
      results.push(
        judge.conclude({ budget: { ...context.budget, timeMs }, open, callsAt: callsOf(history) }),
      );
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      crashes.push({ checker: checker.name, error });
      results.push(crashedResult(checker, error));
    }
  }
  return { results, crashes };
}

function crashedResult(checker: Checker, error: Error): GuaranteeResult {
  return {
    name: checker.name,
    title: checker.title,
    verdict: 'inconclusive',
    opportunities: 0,
    leastOpportunities: 0,
    reason: `the checker crashed: ${error.message}`,
    evidence: [],
  };
}

const ranking: readonly Verdict[] = ['violated', 'inconclusive', 'pass', 'not-exercised', 'not-supported'];

/**
 * The verdict of a run: a violation outranks doubt, doubt outranks a pass. Guarantees that were not exercised
 * do not spoil a pass, but a run in which none was exercised is no pass either.
 */
export function worstVerdict(results: readonly Pick<GuaranteeResult, 'verdict'>[]): Verdict {
  return ranking.find((verdict) => results.some((result) => result.verdict === verdict)) ?? 'not-exercised';
}
