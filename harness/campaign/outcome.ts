// What a campaign keeps of one run: small enough to hold for a hundred thousand of them.

import { traceGuarantee } from '../../checkers/trace/trace-guarantee.ts';
import type { Verdict } from '../../checkers/verdict.ts';
import type { Ensemble } from '../ensemble/ensemble.ts';
import type { OperationCounts, RunOptions, RunResult } from '../run/run-result.ts';
import { run } from '../run/run.ts';
import { CoverageTape, coverageOf, noCoverage } from './coverage.ts';
import type { Coverage } from './coverage.ts';
import type { JudgedGuarantee } from './exercise.ts';

export interface RunOutcome {
  readonly seed: number;
  readonly verdict: Verdict;
  readonly exit: number;
  /** All of them, as far as a summary counts them. */
  readonly guarantees: readonly JudgedGuarantee[];
  /** Guarantees that did not pass, with why. */
  readonly notPassed: readonly {
    readonly name: string;
    readonly verdict: Verdict;
    readonly reason: string;
  }[];
  /** Of the trace, those that were broken: `I-11`. */
  readonly invariants: readonly string[];
  readonly problems: readonly string[];
  readonly operations: OperationCounts;
  readonly faults: Readonly<Record<string, number>>;
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
  readonly traceHash: string;
  readonly coverage: Coverage;
  readonly replayCommand: string;
}

/** Carries out one run and writes nothing. */
export async function runForOutcome(options: RunOptions, mutantRoot?: string): Promise<RunOutcome> {
  let over = null as ((faults: RunResult['faults']) => Coverage) | null;
  const tape = new CoverageTape();
  const result = await run(options, {
    keepsFiles: false,
    report: tape.take,
    over: (ensemble, history) => {
      over = (faults) => coverageOf(tape, faults, observersOf(ensemble), history);
    },
    ...(mutantRoot === undefined ? {} : { mutantRoot }),
  });
  const faults: Record<string, number> = {};
  for (const { nemesis } of result.faults) faults[nemesis] = (faults[nemesis] ?? 0) + 1;
  return {
    seed: options.seed,
    verdict: result.verdict,
    exit: result.exit,
    guarantees: result.guarantees.map(({ name, verdict, opportunities, leastOpportunities }) => ({
      name,
      verdict,
      opportunities,
      leastOpportunities,
    })),
    notPassed: result.guarantees
      .filter(({ verdict }) => verdict === 'violated' || verdict === 'inconclusive')
      .map(({ name, verdict, reason }) => ({ name, verdict, reason: reason ?? '' })),
    invariants: result.guarantees
      .filter(({ name }) => name === traceGuarantee.name)
      .flatMap(({ evidence }) => evidence.map(({ subject }) => subject.split(' ', 1)[0] ?? subject)),
    problems: result.problems.map(({ message }) => message),
    operations: result.operations,
    faults,
    simulatedSeconds: result.simulatedSeconds ?? 0,
    wallSeconds: result.wallSeconds,
    traceHash: result.traceHash ?? '',
    coverage: over === null ? noCoverage : over(result.faults),
    replayCommand: result.replayCommand,
  };
}

function observersOf({ servers }: Pick<Ensemble, 'servers'>): number[] {
  return servers.filter(({ role }) => role === 'observer').map(({ sid }) => sid);
}
