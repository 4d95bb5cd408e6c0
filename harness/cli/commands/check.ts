// `ordeal check`: judges recorded histories, ours or other tools'. A history of ours is judged by every
// guarantee that a run is judged by, unless a model is asked for.

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { checkListAppend, isListAppend, listAppend } from '../../../checkers/cycles/list-append.ts';
import { checkHistory } from '../../../checkers/linearizability/check-history.ts';
import { ModelError } from '../../../checkers/models/model.ts';
import { defaultModels, findModel, models } from '../../../checkers/models/models.ts';
import type { Evidence, Verdict } from '../../../checkers/verdict.ts';
import { judgeGuarantees } from '../../check/judge-guarantees.ts';
import type { JudgedGuarantees } from '../../check/judge-guarantees.ts';
import { HistoryError } from '../../history/history-error.ts';
import { formatOf, historyFormats, readHistory } from '../../history/formats/read-history.ts';
import type { HistoryFormat } from '../../history/formats/read-history.ts';
import type { Operation } from '../../history/operation.ts';
import { exitCodes, worstExitCode } from '../../run/exit-code.ts';
import { runFiles } from '../../run/run-folder.ts';
import { defaultRunOptions } from '../../run/run-options.ts';
import { print, printError, printJson } from '../output.ts';
import { parseDuration, parseSize, requireKnown } from '../usage.ts';

export interface CheckArguments {
  readonly model?: string;
  readonly format?: string;
  readonly checkTime?: string;
  readonly checkMemory?: string;
  readonly json?: boolean;
}

interface Judged {
  readonly file: string;
  readonly format: HistoryFormat | null;
  readonly model: string | null;
  readonly verdict: Verdict;
  readonly operations: number;
  readonly elapsedMs: number;
  readonly evidence: readonly Evidence[];
  readonly reason?: string;
  /** Of a history of ours, judged by all of them. */
  readonly guarantees?: JudgedGuarantees['guarantees'];
  readonly exit: number;
}

interface Budget {
  readonly timeMs: number;
  readonly memoryBytes: number;
}

/** The model of a history that is judged as a run was. */
const allGuarantees = 'guarantees';

export function checkCommand(files: readonly string[], given: CheckArguments): number {
  const format = given.format ?? 'auto';
  requireKnown(format, { kind: 'format', known: ['auto', ...historyFormats] });
  if (given.model !== undefined) {
    requireKnown(given.model, { kind: 'model', known: [...models, listAppend].map(({ name }) => name) });
  }
  const budget = {
    timeMs:
      given.checkTime === undefined
        ? defaultRunOptions.checkTimeMs
        : parseDuration(given.checkTime, '--check-time'),
    memoryBytes:
      given.checkMemory === undefined
        ? defaultRunOptions.checkMemoryBytes
        : parseSize(given.checkMemory, '--check-memory'),
  };
  const known = format === 'auto' ? null : (format as HistoryFormat);
  const judged = files.map((file) => judgeFile(file, { format: known, model: given.model ?? null, budget }));
  if (given.json === true) printJson(judged.map(({ exit: _exit, ...rest }) => rest));
  else for (const each of judged) printJudged(each);
  return worstExitCode(judged.map(({ exit }) => exit));
}

interface HowToJudge {
  readonly format: HistoryFormat | null;
  readonly model: string | null;
  readonly budget: Budget;
}

/** A file that is no history does not keep the others from being judged. */
function judgeFile(file: string, how: HowToJudge): Judged {
  const started = performance.now();
  try {
    const isFolder = existsSync(file) && statSync(file).isDirectory();
    const path = isFolder ? join(file, runFiles.history) : file;
    const format = how.format ?? formatOf(path);
    const isOurs = format === 'ordeal' && how.model === null;
    const history = isOurs ? [] : readHistory(path, format).history;
    const model = isOurs ? allGuarantees : (how.model ?? usualModel(format, history));
    const verdict = isOurs ? judgeGuarantees(path, how.budget) : judgeModel(model, history, how.budget);
    const elapsedMs = performance.now() - started;
    return { file, format, model, elapsedMs, ...verdict, exit: exitOf(verdict.verdict) };
  } catch (error) {
    if (!(error instanceof HistoryError) && !(error instanceof ModelError)) throw error;
    printError(`ordeal: ${error.message}`);
    const elapsedMs = performance.now() - started;
    const nothing = { verdict: 'inconclusive', operations: 0, evidence: [] } as const;
    return {
      file,
      format: null,
      model: how.model,
      elapsedMs,
      ...nothing,
      reason: error.message,
      exit: exitCodes.usage,
    };
  }
}

type Findings = Pick<Judged, 'verdict' | 'operations' | 'evidence' | 'reason' | 'guarantees'>;

function usualModel(format: HistoryFormat, history: readonly Operation[]): string {
  return isListAppend(history) ? listAppend.name : defaultModels[format];
}

function judgeModel(name: string, history: readonly Operation[], budget: Budget): Findings {
  if (name === listAppend.name) return checkListAppend(history);
  const model = findModel(name);
  if (model === undefined) throw new HistoryError(`there is no model ${name}`);
  const { verdict, operations, evidence, reason } = checkHistory(history, model, {
    ...budget,
    nowMs: () => performance.now(),
  });
  return { verdict, operations, evidence, ...(reason === undefined ? {} : { reason }) };
}

function exitOf(verdict: Verdict): number {
  if (verdict === 'violated') return exitCodes.violated;
  return verdict === 'pass' ? exitCodes.passed : exitCodes.inconclusive;
}

function printJudged({
  file,
  format,
  model,
  verdict,
  operations,
  elapsedMs,
  evidence,
  reason,
}: Judged): void {
  if (format === null) return;
  print(
    `${verdict}: ${file}, ${operations} operations against ${model} in ${elapsedMs.toFixed(0)} ms (${format})`,
  );
  for (const { subject, sentence } of evidence.slice(0, 5)) print(`  ${subject}: ${sentence}`);
  if (evidence.length === 0 && reason !== undefined) print(`  ${reason}`);
}
