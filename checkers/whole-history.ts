// For checkers that need all of what concerns them at once: the entries they ask for are kept as they pass by, and
// judged when the history has ended. What concerns a checker must be little beside the whole, so that a flood of
// one workload does not pile up in the checkers of the others. When even that is too much for the memory, the
// beginning is judged and the rest is left in doubt: a guarantee that was not looked at to the end does not pass.

import type { Operation } from '../harness/history/operation.ts';
import { callsOf, passHistory } from './pass-history.ts';
import type { CheckContext, Checker, GuaranteeResult, Judge } from './verdict.ts';

type Named = Pick<Checker, 'name' | 'title' | 'description'>;

export interface WholeHistoryCheck extends Named {
  readonly concerns: Judge['concerns'];
  /** `history`: the entries that concern it, with the indices that they have in the whole. */
  readonly check: (history: readonly Operation[], context: CheckContext) => GuaranteeResult;
}

export function wholeHistory(own: WholeHistoryCheck): Checker {
  return streamed({
    ...own,
    begin(context) {
      const history: Operation[] = [];
      const most = Math.floor(context.budget.memoryBytes / bytesOfEntry);
      let count = 0;
      return {
        concerns: own.concerns,
        take(operation) {
          if (count++ < most) history.push(operation);
        },
        conclude({ budget }) {
          const result = own.check(history, { ...context, budget });
          return count <= most ? result : leftInDoubt(result, { judged: most, count });
        },
      };
    },
  });
}

/** What one entry takes, generously, where several checkers keep theirs. */
const bytesOfEntry = 4096;

/** Calls whose ends were not kept are in doubt, so what is violated is so all the same. */
function leftInDoubt(
  result: GuaranteeResult,
  { judged, count }: { readonly judged: number; readonly count: number },
): GuaranteeResult {
  if (result.verdict === 'violated') return result;
  const reason = `only the first ${judged} of ${count} entries were judged: the others did not fit into the memory for checks`;
  return { ...result, verdict: 'inconclusive', reason };
}

/** A checker that judges entry by entry. */
export function streamed(own: Named & Pick<Checker, 'begin'>): Checker {
  const { name, title, description, begin } = own;
  return {
    name,
    title,
    description,
    begin,
    check(history, context) {
      const judge = begin(context);
      const [passed] = passHistory([judge], history);
      if (passed?.crash !== null) throw passed?.crash;
      return judge.conclude({ budget: context.budget, open: passed.open, callsAt: callsOf(history) });
    },
  };
}

/** For `concerns`: entries of clients with one of these names. */
export function named(...names: readonly string[]): Judge['concerns'] {
  const wanted = new Set(names);
  return ({ f, process }) => process !== 'nemesis' && wanted.has(f);
}
