// `ordeal replay`: the same run again, and whether it is the same to the byte.

import { exitCodes } from '../../run/exit-code.ts';
import { replay } from '../../run/replay.ts';
import type { Difference, Replay } from '../../run/replay.ts';
import { RunInterrupted } from '../../run/run-progress.ts';
import { listenForInterruption } from '../interruption.ts';
import { print, printError, printJson } from '../output.ts';
import { readSimulatedRun } from './recorded-run.ts';

export interface ReplayArguments {
  readonly json?: boolean;
}

const longestText = 400;

export async function replayCommand(argument: string, given: ReplayArguments): Promise<number> {
  const { folder, result } = readSimulatedRun(argument, 'replay');
  const interruption = listenForInterruption(printError, 'interrupted');
  try {
    const replayed = await replay(folder, result, interruption.signal);
    if (given.json === true) printJson(toJson(replayed));
    else print(describe(replayed));
    return replayed.isSame ? exitCodes.passed : exitCodes.harnessFailed;
  } catch (error) {
    if (!(error instanceof RunInterrupted)) throw error;
    return exitCodes.interrupted;
  } finally {
    interruption[Symbol.dispose]();
  }
}

function toJson({ isSame, differences, versions, result }: Replay): Record<string, unknown> {
  const { seed, verdict, traceHash } = result;
  return { same: isSame, seed, verdict, traceHash, differences, versions };
}

function describe({ isSame, differences, versions, result }: Replay): string {
  const { ok, fail, info } = result.operations;
  if (isSame) {
    const also = versions.length === 0 ? '' : ` (although: ${versions.join('; ')})`;
    return `the same to the byte${also}: ${ok + fail + info} operations, trace hash ${result.traceHash}, verdict ${result.verdict}`;
  }
  return [
    'not the same run',
    ...differences.flatMap(describeDifference),
    ...versions.map((text) => `  version  ${text}`),
    ...(versions.length === 0
      ? ['  the versions are equal: the source or the mutant must have changed']
      : []),
  ].join('\n');
}

function describeDifference({ what, line, before, now }: Difference): string[] {
  return [
    `  ${what}${line === null ? '' : `, line ${line}`}`,
    `    before  ${shorten(before)}`,
    `    now     ${shorten(now)}`,
  ];
}

function shorten(text: string | null): string {
  if (text === null) return '(nothing)';
  return text.length <= longestText ? text : `${text.slice(0, longestText)}…`;
}
