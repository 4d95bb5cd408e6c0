// `ordeal mutants`: is the harness worth its salt? Every planted defect must be caught, and the correct build must
// stay silent under the same schedules.

import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { traceGuarantee } from '../../../checkers/trace/trace-guarantee.ts';
import type { HuntResult } from '../../mutants/hunt.ts';
import { huntMutants } from '../../mutants/kill-matrix.ts';
import type { HuntProgress, KillMatrix } from '../../mutants/kill-matrix.ts';
import { RecipeError } from '../../mutants/recipe.ts';
import { exitCodes } from '../../run/exit-code.ts';
import { findMutantPatch, listMutants } from '../../run/mutant.ts';
import { PatchError } from '../../run/unified-diff.ts';
import { mutantDefaults } from '../command-facts.ts';
import { listenForInterruption } from '../interruption.ts';
import { print, printJson } from '../output.ts';
import { createTicker } from '../progress-line.ts';
import { parseDuration, parseInteger, parseList, unknownName, UsageError } from '../usage.ts';

export interface MutantsArguments {
  readonly dir?: string;
  readonly only?: string;
  readonly seed?: string;
  readonly budget?: string;
  readonly jobs?: string;
  readonly timeLimit?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export async function mutantsCommand(given: MutantsArguments): Promise<number> {
  const patches = choosePatches(given);
  const options = {
    patches,
    seed: number(given.seed, '--seed', mutantDefaults.seed, 0),
    budget: number(given.budget, '--budget', mutantDefaults.budget, 1),
    jobs: number(given.jobs, '--jobs', availableParallelism(), 1),
    timeLimitMs:
      given.timeLimit === undefined
        ? mutantDefaults.timeLimitMs
        : parseDuration(given.timeLimit, '--time-limit'),
  };
  const ticker = createTicker({ stream: process.stderr, isQuiet: given.quiet === true });
  ticker.say(`ordeal: hunting ${patches.length} mutants, seeds from ${options.seed}`);
  const interruption = listenForInterruption((text) => ticker.say(text), 'interrupted: no more runs begin');
  try {
    const matrix = await huntMutants(options, {
      progress: (progress) => ticker.show(describeProgress(progress)),
      over: (result) => ticker.say(describeOver(result)),
      signal: interruption.signal,
    });
    ticker.end();
    if (given.json === true) printJson(matrix.results.map(toJson));
    else print(renderMatrix(matrix));
    return exitOf(matrix);
  } catch (error) {
    if (error instanceof PatchError || error instanceof RecipeError) throw new UsageError(error.message);
    throw error;
  } finally {
    ticker.end();
    interruption[Symbol.dispose]();
  }
}

function choosePatches({ dir, only }: MutantsArguments): string[] {
  const patches =
    dir === undefined ? listMutants().map((name) => findMutantPatch(name) ?? name) : patchesIn(dir);
  if (only === undefined) return patches;
  const byName = new Map(patches.map((file) => [basename(file, '.patch'), file]));
  return parseList(only, '--only').map((name) => {
    const file = byName.get(name);
    if (file === undefined) throw unknownName(name, { kind: 'mutant', known: [...byName.keys()] });
    return file;
  });
}

function patchesIn(folder: string): string[] {
  if (!existsSync(folder)) throw new UsageError(`--dir: there is no folder ${folder}`);
  const files = readdirSync(folder).filter((file) => file.endsWith('.patch'));
  if (files.length === 0) throw new UsageError(`--dir: ${folder} holds no file that ends with .patch`);
  return files.sort().map((file) => join(folder, file));
}

function number(text: string | undefined, what: string, usual: number, least: number): number {
  return text === undefined ? usual : parseInteger(text, { what, least, most: 10_000_000 });
}

function describeProgress({ over, count, caught, runs, alarms, elapsedMs }: HuntProgress): string {
  return [
    `${over} of ${count} mutants over, ${caught} caught`,
    `${runs} runs in ${Math.round(elapsedMs / 1000)} s`,
    alarms === 0 ? 'correct build silent' : `${alarms} false alarms`,
  ].join(' · ');
}

function describeOver(result: HuntResult): string {
  const { name, verdict, guarantee, reason, runs } = result;
  const what =
    verdict === 'caught' ? `${guarantee} fell, run ${runs}: ${shorten(reason ?? '')}` : `after ${runs} runs`;
  return `${name}: ${verdict}, ${what}`;
}

function shorten(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 159)}…`;
}

function isSeenByTraceOnly({ verdict, guarantees }: HuntResult): boolean {
  return verdict === 'caught' && guarantees.length === 0;
}

/** The contract's keys first; the others are for people who want to know more. */
function toJson(result: HuntResult): Record<string, unknown> {
  const { name, verdict, guarantee, seed, runs, wallSeconds, recipe } = result;
  return {
    name,
    verdict,
    guarantee,
    seed,
    runs,
    wallSeconds,
    simulatedSeconds: result.simulatedSeconds,
    seenBy: verdict !== 'caught' ? null : isSeenByTraceOnly(result) ? 'trace' : 'client',
    guarantees: result.guarantees,
    invariants: result.invariants,
    reason: result.reason,
    replay: result.replayCommand,
    breaks: recipe.breaks,
    historic: recipe.historic,
  };
}

const headings = ['mutant', 'verdict', 'seen by', 'fell', 'invariants', 'seed', 'runs', 'time'] as const;
/** Columns of numbers. */
const rightAligned: ReadonlySet<number> = new Set([5, 6, 7]);

function renderMatrix(matrix: KillMatrix): string {
  const rows = [headings, ...matrix.results.map(rowOf)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        rightAligned.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [...lines, '', ...renderTotals(matrix)].join('\n');
}

function rowOf(result: HuntResult): string[] {
  const { name, verdict, guarantees, invariants, seed, runs, wallSeconds } = result;
  return [
    name,
    verdict,
    verdict !== 'caught' ? '' : isSeenByTraceOnly(result) ? 'trace only' : 'client',
    guarantees.join(' '),
    invariants.join(' '),
    seed === null ? '' : String(seed),
    String(runs),
    `${wallSeconds.toFixed(1)} s`,
  ];
}

function renderTotals({ results, controlRuns, alarms, wallSeconds }: KillMatrix): string[] {
  const caught = results.filter(({ verdict }) => verdict === 'caught');
  const byTrace = caught.filter(isSeenByTraceOnly).length;
  const lines = [
    `${caught.length} of ${results.length} caught: ${caught.length - byTrace} by what a client can see, ${byTrace} by ${traceGuarantee.name} only`,
    `median ${median(caught.map(({ runs }) => runs))} runs and ${median(caught.map(({ wallSeconds }) => wallSeconds)).toFixed(1)} s to detect; ${wallSeconds.toFixed(1)} s in all`,
    `correct build under the same schedules: ${controlRuns} runs, ${alarms.length === 0 ? 'silent' : `${alarms.length} false alarms`}`,
  ];
  for (const { seed, mutant, reason, replayCommand } of alarms) {
    lines.push(
      `  false alarm, seed ${seed} with the schedule of ${mutant}: ${reason}`,
      `    replay   ${replayCommand}`,
    );
  }
  return lines;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** A false alarm is a guarantee violated by the correct build; a mutant that lives leaves the harness in doubt. */
function exitOf({ results, alarms, isInterrupted }: KillMatrix): number {
  if (alarms.length > 0) return exitCodes.violated;
  if (isInterrupted) return exitCodes.interrupted;
  return results.every(({ verdict }) => verdict === 'caught') ? exitCodes.passed : exitCodes.inconclusive;
}
