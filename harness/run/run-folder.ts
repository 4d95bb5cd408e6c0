// The folder of a run: everything that is known about it, in files that other tools can read.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { HistoryError } from '../history/history-error.ts';
import { HistoryFileWriter } from '../history/history-file.ts';
import type { TraceEvent } from '../history/trace-event.ts';
import type { EnsembleFiles } from '../ensemble/ensemble.ts';
import type { InjectedFault, RunOptions, RunResult } from './run-result.ts';

export const runFiles = {
  result: 'run.json',
  history: 'history.jsonl',
  schedule: 'schedule.json',
  trace: 'trace.jsonl',
  report: 'report.html',
  junit: 'junit.xml',
  spaceTime: 'space-time.json',
} as const;

export class RunFolder {
  /** Also the id of the run. */
  readonly name: string;
  readonly path: string;
  readonly #isKept: boolean;

  private constructor(directory: string, name: string, isKept: boolean) {
    this.name = name;
    this.path = join(directory, name);
    this.#isKept = isKept;
  }

  /** Stands for a folder where nothing is to be written. */
  static none(options: RunOptions): RunFolder {
    return new RunFolder(options.runsDirectory, `seed-${options.seed}`, false);
  }

  /** `<UTC time>-<workload>-<seed>`; two runs that begin in the same second are told apart by a number. */
  static create(options: RunOptions, startedAt: Date): RunFolder {
    const time = startedAt.toISOString().slice(0, 19).replaceAll(':', '-');
    const plain = `${time}-${options.workloads.join('-')}-${options.seed}${options.script === undefined ? '' : '-shrunk'}`;
    let name = plain;
    for (let count = 2; existsSync(join(options.runsDirectory, name)); count++) name = `${plain}-${count}`;
    const folder = new RunFolder(options.runsDirectory, name, true);
    mkdirSync(join(folder.path, 'logs'), { recursive: true });
    return folder;
  }

  file(name: keyof typeof runFiles): string {
    return join(this.path, runFiles[name]);
  }

  write(name: keyof typeof runFiles, content: string): void {
    if (this.#isKept) writeFileSync(this.file(name), content);
  }

  writeSchedule(faults: readonly InjectedFault[]): void {
    this.write('schedule', `${JSON.stringify(faults, null, 2)}\n`);
  }

  /** Where a crash of the harness itself leaves its stack. */
  writeCrash(error: Error): void {
    if (!this.#isKept) return;
    writeFileSync(join(this.path, 'logs', 'harness-error.txt'), `${error.stack ?? error.message}\n`);
  }

  writeTrace(events: Iterable<TraceEvent>): void {
    const writer = new HistoryFileWriter(this.file('trace'));
    try {
      for (const event of events) writer.write(JSON.stringify(event));
    } finally {
      writer.close();
    }
  }

  writeCollected({ files, trace }: EnsembleFiles): void {
    if (!this.#isKept) return;
    for (const [name, content] of files) {
      const path = resolve(this.path, name);
      // Names come from servers' own files, and must not lead out of the folder.
      if (!path.startsWith(resolve(this.path) + sep)) continue;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    if (trace.length > 0) this.write('trace', trace.map((line) => `${line}\n`).join(''));
  }
}

/** The result of an earlier run, for `ordeal report`; throws a sentence where the folder is no run's. */
export function readRunResult(folder: string): RunResult {
  const file = join(folder, runFiles.result);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HistoryError(`${folder}: expected the folder of a run with its ${runFiles.result}: ${reason}`, {
      cause: error,
    });
  }
  const isResult = typeof value === 'object' && value !== null && 'run' in value && 'guarantees' in value;
  if (!isResult) throw new HistoryError(`${file}: expected the result of a run, found something else`);
  return value as RunResult;
}
