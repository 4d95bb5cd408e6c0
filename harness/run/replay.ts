// Runs a recorded run again and compares: hash of the trace, history and trace line by line, verdicts. Equal to the
// byte is what the simulated world promises for equal options on an equal version.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatOperation } from '../history/history-file.ts';
import { runFiles } from './run-folder.ts';
import type { RunResult } from './run-result.ts';
import { run } from './run.ts';

export interface Difference {
  /** `history`, `trace`, `trace hash`, `verdicts`. */
  readonly what: string;
  /** Of a file, from 1. */
  readonly line: number | null;
  /** Null: there is nothing. */
  readonly before: string | null;
  readonly now: string | null;
}

export interface Replay {
  readonly isSame: boolean;
  readonly differences: readonly Difference[];
  /** What else differs and may explain it: `node 22.1.0, now 24.0.0`. */
  readonly versions: readonly string[];
  readonly result: RunResult;
}

/** The folder as it was kept; its result as it was read. */
export async function replay(folder: string, before: RunResult, signal?: AbortSignal): Promise<Replay> {
  let history: readonly string[] = [];
  let trace: readonly string[] = [];
  const result = await run(before.options, {
    keepsFiles: false,
    ...(signal === undefined ? {} : { signal }),
    over: (ensemble, operations) => {
      history = operations.map(formatOperation);
      trace = (ensemble.traceEvents() ?? []).map((event) => JSON.stringify(event));
    },
  });
  const differences = [
    ...compareText('trace hash', before.traceHash, result.traceHash),
    ...compareFile(join(folder, runFiles.history), 'history', history),
    ...compareFile(join(folder, runFiles.trace), 'trace', trace),
    ...compareText('verdicts', verdictsOf(before), verdictsOf(result)),
  ];
  return {
    isSame: differences.length === 0,
    differences,
    versions: compareVersions(before, result),
    result,
  };
}

/** A folder that keeps only the result is compared by what it has. */
function compareFile(file: string, what: string, now: readonly string[]): Difference[] {
  if (!existsSync(file)) return [];
  const before = readFileSync(file, 'utf8').split('\n');
  if (before.at(-1) === '') before.pop();
  for (let index = 0; index < Math.max(before.length, now.length); index++) {
    const [was, is] = [before[index] ?? null, now[index] ?? null];
    if (was !== is) return [{ what, line: index + 1, before: was, now: is }];
  }
  return [];
}

function compareText(what: string, before: string | null, now: string | null): Difference[] {
  return before === now ? [] : [{ what, line: null, before, now }];
}

function verdictsOf({ guarantees }: RunResult): string {
  return guarantees
    .map(({ name, verdict, evidence }) => `${name} ${verdict} ${JSON.stringify(evidence)}`)
    .join('\n');
}

function compareVersions(before: RunResult, now: RunResult): string[] {
  const name = (what: string, was: string | undefined, is: string | undefined): string[] =>
    was === is ? [] : [`${what} ${was ?? 'unknown'}, now ${is ?? 'unknown'}`];
  return [
    ...name('ordeal', before.ordealVersion, now.ordealVersion),
    ...name('node', before.versions['node'], now.versions['node']),
  ];
}
