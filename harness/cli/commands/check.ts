// `ordeal check`: judges recorded histories, ours or other tools'. A history of ours is judged by every
// guarantee that a run is judged by, unless a model is asked for.

import { availableParallelism } from 'node:os';
import { listAppend } from '../../../checkers/cycles/list-append.ts';
import { models } from '../../../checkers/models/models.ts';
import type { Evidence, Verdict } from '../../../checkers/verdict.ts';
import { checkFiles } from '../../check/check-files.ts';
import type { JudgedFile } from '../../check/check-files.ts';
import { isModelFile, loadModel, OwnModelError } from '../../check/load-model.ts';
import { historyFormats } from '../../history/formats/read-history.ts';
import type { HistoryFormat } from '../../history/formats/read-history.ts';
import { exitCodes, worstExitCode } from '../../run/exit-code.ts';
import { defaultRunOptions } from '../../run/run-options.ts';
import { listenForInterruption } from '../interruption.ts';
import { print, printError, printJson } from '../output.ts';
import { parseDuration, parseInteger, parseSize, requireKnown, UsageError } from '../usage.ts';

export interface CheckArguments {
  readonly model?: string;
  readonly format?: string;
  readonly checkTime?: string;
  readonly checkMemory?: string;
  readonly jobs?: string;
  readonly partition?: boolean;
  readonly json?: boolean;
}

export async function checkCommand(files: readonly string[], given: CheckArguments): Promise<number> {
  const format = given.format ?? 'auto';
  requireKnown(format, { kind: 'format', known: ['auto', ...historyFormats] });
  if (given.model !== undefined) await requireModel(given.model);
  const jobs =
    given.jobs === undefined
      ? availableParallelism()
      : parseInteger(given.jobs, { what: '--jobs', least: 1, most: 1024 });
  const budget = budgetOf(given);
  const tasks = files.map((file) => ({
    file,
    format: format === 'auto' ? null : (format as HistoryFormat),
    model: given.model ?? null,
    budget,
    isDivided: given.partition !== false,
  }));

  const interruption = listenForInterruption(printError, 'interrupted: what was found so far follows');
  try {
    const { signal } = interruption;
    const isJson = given.json === true;
    const judged = await checkFiles(tasks, { jobs, signal, ...(isJson ? {} : { done: printJudged }) });
    if (isJson) {
      for (const each of judged) printProblem(each);
      printJson(judged.map(resultOf));
    }
    const exit = worstExitCode(judged.map(exitOf));
    return signal.aborted && exit !== exitCodes.violated ? exitCodes.interrupted : exit;
  } finally {
    interruption[Symbol.dispose]();
  }
}

/** A module of the user's is loaded once here, so that its fault is told before anything else happens. */
async function requireModel(name: string): Promise<void> {
  if (!isModelFile(name)) {
    requireKnown(name, { kind: 'model', known: [...models, listAppend].map((model) => model.name) });
    return;
  }
  try {
    await loadModel(name);
  } catch (error) {
    throw error instanceof OwnModelError ? new UsageError(error.message) : error;
  }
}

function budgetOf({ checkTime, checkMemory }: CheckArguments): { timeMs: number; memoryBytes: number } {
  return {
    timeMs:
      checkTime === undefined ? defaultRunOptions.checkTimeMs : parseDuration(checkTime, '--check-time'),
    memoryBytes:
      checkMemory === undefined
        ? defaultRunOptions.checkMemoryBytes
        : parseSize(checkMemory, '--check-memory'),
  };
}

/** The contract of `--json`: a problem is told by its reason. */
function resultOf(judged: JudgedFile): object {
  return Object.fromEntries(Object.entries(judged).filter(([name]) => name !== 'problem'));
}

function exitOf({ verdict, problem }: JudgedFile): number {
  if (problem !== undefined) return problem === 'refused' ? exitCodes.usage : exitCodes.harnessFailed;
  return exitOfVerdict(verdict);
}

function exitOfVerdict(verdict: Verdict): number {
  if (verdict === 'violated') return exitCodes.violated;
  return verdict === 'pass' ? exitCodes.passed : exitCodes.inconclusive;
}

function printProblem({ problem, reason }: JudgedFile): void {
  if (problem !== undefined) printError(`ordeal: ${reason ?? problem}`);
}

function printJudged(judged: JudgedFile): void {
  printProblem(judged);
  if (judged.problem !== undefined) return;
  const { file, format, model, verdict, operations, elapsedMs, evidence, reason } = judged;
  const shown = format === null ? '' : ` (${format})`;
  print(
    `${verdict}: ${file}, ${operations} operations against ${model ?? 'nothing'} in ${elapsedMs.toFixed(0)} ms${shown}`,
  );
  for (const each of evidence.slice(0, 5)) printEvidence(each);
  if (evidence.length === 0 && reason !== undefined) print(`  ${reason}`);
}

function printEvidence({ subject, sentence, details }: Evidence): void {
  print(`  ${subject}: ${sentence}`);
  const contradiction = details?.['contradiction'];
  if (!Array.isArray(contradiction) || contradiction.length > 12) return;
  print('    these contradict each other, whatever became of the other operations:');
  for (const line of contradiction) print(`      ${String(line)}`);
}
