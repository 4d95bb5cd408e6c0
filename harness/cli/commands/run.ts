// `ordeal run`: one run, its verdict, and where to read about it.

import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { renderSummary } from '../../../reports/terminal-summary.ts';
import { exitCodes } from '../../run/exit-code.ts';
import { replayCommand } from '../../run/run-options.ts';
import { runFiles } from '../../run/run-folder.ts';
import type { InjectedFault, RunResult } from '../../run/run-result.ts';
import { RunInterrupted } from '../../run/run-progress.ts';
import { run } from '../../run/run.ts';
import { listenForInterruption } from '../interruption.ts';
import { hasColors, print, printError, printJson } from '../output.ts';
import { createProgressLine, noProgress } from '../progress-line.ts';
import { resolveRunOptions } from '../run-arguments.ts';
import type { RunArguments } from '../run-arguments.ts';

export interface RunCommandArguments extends RunArguments {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export async function runCommand(given: RunCommandArguments): Promise<number> {
  const options = resolveRunOptions(given);
  const line =
    given.quiet === true
      ? noProgress
      : createProgressLine({ stream: process.stderr, nowMs: () => performance.now() });
  // Also tells the seed while the run is under way: what is interrupted can be repeated.
  line.say(`ordeal: ${replayCommand(options)}`);
  // `using` would say it better, but Node 22 does not know it yet.
  const interruption = listenForInterruption(
    (text) => line.say(text),
    "interrupted: tearing down (again to leave at once; 'ordeal clean' removes what then is left)",
  );
  try {
    const result = await run(options, {
      progress: (progress) => line.show(progress),
      message: (text) => line.say(text),
      signal: interruption.signal,
    });
    line.end();
    const report = join(options.runsDirectory, result.run, runFiles.report);
    if (given.json === true) printJson(toJson(result, report));
    else print(renderSummary(result, { colors: hasColors, report }));
    return result.exit;
  } catch (error) {
    line.end();
    if (!(error instanceof RunInterrupted)) throw error;
    printError(`ordeal: ${error.message}`);
    return exitCodes.interrupted;
  } finally {
    interruption[Symbol.dispose]();
  }
}

function toJson(result: RunResult, report: string): Record<string, unknown> {
  const { run: id, seed, system, world, exit, verdict, operations, latency } = result;
  return {
    run: id,
    seed,
    system,
    world,
    exit,
    verdict,
    guarantees: result.guarantees.map(
      ({ name, verdict: each, opportunities, leastOpportunities, evidence, reason }) => ({
        name,
        verdict: each,
        opportunities,
        leastOpportunities,
        evidence: evidence.map(({ subject, sentence }) => ({ subject, sentence })),
        ...(reason === undefined ? {} : { reason }),
      }),
    ),
    operations,
    latency,
    faults: countFaults(result.faults),
    problems: result.problems,
    simulatedSeconds: result.simulatedSeconds,
    wallSeconds: result.wallSeconds,
    firstOperationSeconds: result.firstOperationSeconds,
    traceHash: result.traceHash,
    report,
  };
}

function countFaults(faults: readonly InjectedFault[]): { name: string; count: number; proven: number }[] {
  const byName = Map.groupBy(faults, ({ nemesis }) => nemesis);
  return [...byName].map(([name, all]) => ({
    name,
    count: all.length,
    proven: all.filter(({ proof }) => proof !== null).length,
  }));
}
