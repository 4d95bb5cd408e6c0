// How much a campaign exercised each guarantee: in how many runs it was judged, and how many opportunities to break
// it there were. A verdict without its opportunities says nothing, neither of one run nor of a hundred.

import type { GuaranteeResult, Verdict } from '../../checkers/verdict.ts';
import type { Exercise } from './campaign-result.ts';

/** Of one guarantee in one run. */
export type JudgedGuarantee = Pick<
  GuaranteeResult,
  'name' | 'verdict' | 'opportunities' | 'leastOpportunities'
>;

interface Tally {
  readonly workload: string | null;
  readonly guarantee: string;
  readonly verdicts: Partial<Record<Verdict, number>>;
  readonly counts: number[];
}

export class ExerciseTally {
  readonly #tallies = new Map<string, Tally>();

  add(workload: string | null, guarantees: readonly JudgedGuarantee[]): void {
    for (const { name, verdict, opportunities } of guarantees) {
      const tally = this.#tallyOf(workload, name);
      tally.verdicts[verdict] = (tally.verdicts[verdict] ?? 0) + 1;
      if (verdict !== 'not-supported') tally.counts.push(opportunities);
    }
  }

  /** Workloads by name, guarantees in the order of a report, whatever order the runs ended in. */
  exercises(order: readonly string[]): Exercise[] {
    const place = (guarantee: string): number => {
      const index = order.indexOf(guarantee);
      return index === -1 ? order.length : index;
    };
    return [...this.#tallies.values()]
      .sort(
        (one, other) =>
          compare(one.workload ?? '', other.workload ?? '') ||
          place(one.guarantee) - place(other.guarantee) ||
          compare(one.guarantee, other.guarantee),
      )
      .map(summarize);
  }

  #tallyOf(workload: string | null, guarantee: string): Tally {
    const key = `${workload ?? ''} ${guarantee}`;
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const tally: Tally = { workload, guarantee, verdicts: {}, counts: [] };
    this.#tallies.set(key, tally);
    return tally;
  }
}

function summarize({ workload, guarantee, verdicts, counts }: Tally): Exercise {
  const sorted = counts.toSorted((one, other) => one - other);
  const opportunities = {
    sum: sorted.reduce((sum, each) => sum + each, 0),
    least: sorted[0] ?? null,
    // Of an even number of runs the lower one: a count that a run really had.
    median: sorted[Math.floor((sorted.length - 1) / 2)] ?? null,
  };
  return { workload, guarantee, verdicts, opportunities };
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
