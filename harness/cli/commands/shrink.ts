// `ordeal shrink`: a failing run becomes the smallest one that fails the same way, with a report for one screen.

import { join } from 'node:path';
import { EnvironmentError } from '../../ensemble/ensemble.ts';
import { exitCodes } from '../../run/exit-code.ts';
import { findMutantPatch, makeMutant } from '../../run/mutant.ts';
import type { Mutant } from '../../run/mutant.ts';
import { runFiles } from '../../run/run-folder.ts';
import type { RunResult, RunSize } from '../../run/run-result.ts';
import { run } from '../../run/run.ts';
import { failureOf } from '../../shrink/failure.ts';
import { shrink } from '../../shrink/shrink.ts';
import type { ShrinkProgress, Shrunk } from '../../shrink/shrink.ts';
import { MessageLog } from '../../simulation/message-log.ts';
import { shrinkDefaults } from '../command-facts.ts';
import { listenForInterruption } from '../interruption.ts';
import { print, printError, printJson, renderTable } from '../output.ts';
import { createTicker } from '../progress-line.ts';
import { parseDuration, parseInteger, UsageError } from '../usage.ts';
import { readSimulatedRun } from './recorded-run.ts';

export interface ShrinkArguments {
  readonly guarantee?: string;
  readonly runs?: string;
  readonly trials?: string;
  readonly timeLimit?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export async function shrinkCommand(argument: string, given: ShrinkArguments): Promise<number> {
  const { folder, result: recorded } = readSimulatedRun(argument, 'shrink');
  const failure = failureOf(recorded, given.guarantee);
  if (failure === null) {
    const what = given.guarantee === undefined ? 'broke no guarantee' : `did not break ${given.guarantee}`;
    throw new UsageError(`shrink: ${folder} ${what}, so there is nothing to keep`);
  }
  const budget = {
    runs:
      given.trials === undefined
        ? shrinkDefaults.trials
        : parseInteger(given.trials, { what: '--trials', least: 1, most: 10_000_000 }),
    timeLimitMs:
      given.timeLimit === undefined
        ? shrinkDefaults.timeLimitMs
        : parseDuration(given.timeLimit, '--time-limit'),
  };
  const result = {
    ...recorded,
    options: { ...recorded.options, runsDirectory: given.runs ?? recorded.options.runsDirectory },
  };
  const ticker = createTicker({ stream: process.stderr, isQuiet: given.quiet === true });
  const subject =
    failure.invariant === null ? failure.guarantee : `${failure.guarantee}, ${failure.invariant}`;
  ticker.say(`ordeal: shrinking ${folder} while this still falls: ${subject}`);
  const interruption = listenForInterruption(
    (text) => ticker.say(text),
    'interrupted: keeping what was found',
  );
  const mutant = makeMutantOf(result);
  const mutantRoot = mutant === null ? {} : { mutantRoot: mutant.root };
  try {
    const shrunk = await shrink({
      result,
      failure,
      ...budget,
      ...mutantRoot,
      step: (text) => ticker.say(`  ${text}`),
      progress: (progress) => ticker.show(describeProgress(progress)),
      signal: interruption.signal,
    });
    ticker.end();
    if (shrunk === null) {
      printError(`ordeal: ${folder} does not fail again; 'ordeal replay ${folder}' says what differs`);
      return exitCodes.harnessFailed;
    }
    const kept = await run(shrunk.options, { ...mutantRoot, messages: new MessageLog() });
    const report = join(kept.options.runsDirectory, kept.run, runFiles.report);
    if (given.json === true) printJson(toJson(kept, shrunk, report));
    else print(describe(kept, shrunk, report));
    return exitCodes.passed;
  } finally {
    ticker.end();
    interruption[Symbol.dispose]();
    mutant?.[Symbol.dispose]();
  }
}

/** Once for all trials. */
function makeMutantOf({ options: { mutant } }: RunResult): Mutant | null {
  if (mutant === null) return null;
  const patch = findMutantPatch(mutant);
  if (patch === null) throw new EnvironmentError(`there is no mutant ${mutant}`);
  return makeMutant(patch);
}

function describeProgress({ runs, elapsedMs, doing }: ShrinkProgress): string {
  return `shrinking ${doing} · ${runs} runs in ${Math.round(elapsedMs / 1000)} s`;
}

function toJson(result: RunResult, { runs, isCutShort }: Shrunk, report: string): Record<string, unknown> {
  const origin = result.options.script?.origin;
  return {
    run: result.run,
    from: origin?.run,
    guarantee: origin?.guarantee,
    invariant: origin?.invariant,
    before: origin?.size,
    after: result.size,
    trials: runs,
    cutShort: isCutShort,
    report,
    replay: result.replayCommand,
  };
}

function describe(result: RunResult, { runs, isCutShort }: Shrunk, report: string): string {
  const before = result.options.script?.origin.size;
  const { size } = result;
  const names = ['operations', 'faults', 'servers', 'clients', 'messages', 'simulatedSeconds'] as const;
  const number = (of: RunSize | undefined, name: keyof RunSize): string =>
    of === undefined ? '?' : String(Math.round(of[name] * 100) / 100);
  const rows = names.map(
    (name) =>
      [
        name === 'simulatedSeconds' ? 'simulated seconds' : name,
        `${number(before, name)} → ${number(size, name)}`,
      ] as const,
  );
  return [
    renderTable(rows),
    '',
    `${runs} runs${isCutShort ? '; the budget ended first, --time-limit and --trials give it more' : ''}`,
    `  replay   ${result.replayCommand}`,
    `  report   ${report}`,
  ].join('\n');
}
