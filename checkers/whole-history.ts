// For checkers that need all of what concerns them at once: the entries they ask for are kept as they pass by, and
// judged when the history has ended. What concerns a checker must be little beside the whole, so that a flood of
// one workload does not pile up in the checkers of the others.

import type { Operation } from '../harness/history/operation.ts';
import { KeptEntries } from './kept-entries.ts';
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
      const kept = new KeptEntries(context.budget);
      return {
        concerns: own.concerns,
        take: (operation) => kept.push(operation),
        // What the history tells of the context is final now.
        conclude: ({ budget }) => kept.conclude(own.check(kept.entries, { ...context, budget })),
      };
    },
  });
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
