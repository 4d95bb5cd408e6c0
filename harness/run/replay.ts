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
  const trace = new FileComparison(join(folder, runFiles.trace), 'trace');
  const history = new FileComparison(join(folder, runFiles.history), 'history');
  const result = await run(before.options, {
    keepsFiles: false,
    ...(signal === undefined ? {} : { signal }),
    report: (event) => trace.take(() => JSON.stringify(event)),
    over: (_ensemble, operations) => {
      for (const operation of operations) history.take(() => formatOperation(operation));
    },
  });
  const { reports } = before;
  const differences = [
    ...compareText('trace hash', before.traceHash, result.traceHash),
    ...history.end(),
    ...trace.end({ isCut: reports !== undefined && reports.written < reports.made }),
    ...compareText('verdicts', verdictsOf(before), verdictsOf(result)),
  ];
  return {
    isSame: differences.length === 0,
    differences,
    versions: compareVersions(before, result),
    result,
  };
}

/** Line by line against a file as the lines come. A folder that keeps only the result is compared by what it has. */
class FileComparison {
  readonly #what: string;
  readonly #before: readonly string[] | null;
  #count = 0;
  #first: Difference | null = null;

  constructor(file: string, what: string) {
    this.#what = what;
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : null;
    if (lines?.at(-1) === '') lines.pop();
    this.#before = lines;
  }

  take(format: () => string): void {
    const index = this.#count++;
    if (this.#before === null || this.#first !== null) return;
    const was = this.#before[index] ?? null;
    const is = format();
    if (was !== is) this.#first = { what: this.#what, line: index + 1, before: was, now: is };
  }

  end({ isCut = false } = {}): Difference[] {
    const lines = this.#before;
    if (lines === null) return [];
    const first = this.#first;
    if (isCut && first?.line === lines.length + 1) return [];
    if (first !== null) return [first];
    const missing = lines[this.#count];
    if (missing === undefined) return [];
    return [{ what: this.#what, line: this.#count + 1, before: missing, now: null }];
  }
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
