// A run that a command line names by its folder or by its run.json.

import { dirname } from 'node:path';
import { HistoryError } from '../../history/history-error.ts';
import { readRunResult, runFiles } from '../../run/run-folder.ts';
import { defaultRunOptions } from '../../run/run-options.ts';
import type { RunResult } from '../../run/run-result.ts';
import { UsageError } from '../usage.ts';

export interface RecordedRun {
  readonly folder: string;
  readonly result: RunResult;
}

/** Throws UsageError unless it is a run of the simulated world, the only one that can be had again. */
export function readSimulatedRun(argument: string, command: string): RecordedRun {
  const folder = argument.endsWith(runFiles.result) ? dirname(argument) : argument;
  const result = readResult(folder);
  if (result.world !== 'sim') {
    throw new UsageError(
      `${command}: ${folder} is a run in the ${result.world} world, where no two runs are alike; ` +
        `the same options with the same faults in the same order: ${result.replayCommand}`,
    );
  }
  // A run of an older version may lack an option that has come since.
  return { folder, result: { ...result, options: { ...defaultRunOptions, ...result.options } } };
}

function readResult(folder: string): RunResult {
  try {
    return readRunResult(folder);
  } catch (error) {
    throw error instanceof HistoryError ? new UsageError(error.message) : error;
  }
}
