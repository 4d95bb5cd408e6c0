// All mutants hunted, as many at a time as there are processes; each is hunted seed by seed, so that what catches
// it does not depend on how many work. The result is the kill matrix: mutant × guarantee that fell.

import { performance } from 'node:perf_hooks';
import type { RunOutcome } from '../campaign/outcome.ts';
import { runInPool } from '../campaign/worker-pool.ts';
import type { PoolTask } from '../campaign/worker-pool.ts';
import { findMutantPatch, makeMutant } from '../run/mutant.ts';
import type { Mutant } from '../run/mutant.ts';
import { Hunt } from './hunt.ts';
import type { HuntOptions, HuntResult } from './hunt.ts';
import { readMutantRecipe } from './recipe.ts';

export interface KillMatrixOptions extends HuntOptions {
  /** Patch files, in the order of the result. */
  readonly patches: readonly string[];
  readonly jobs: number;
}

export interface KillMatrix {
  readonly results: readonly HuntResult[];
  /** Runs of the correct build, each under the schedule of a mutant's run. */
  readonly controlRuns: number;
  /** Those of them that did not pass: defects of the harness or of the correct build. */
  readonly alarms: readonly {
    readonly seed: number;
    readonly mutant: string;
    readonly reason: string;
    readonly replayCommand: string;
  }[];
  readonly wallSeconds: number;
  readonly isInterrupted: boolean;
}

export interface HuntProgress {
  readonly over: number;
  readonly count: number;
  readonly caught: number;
  readonly runs: number;
  readonly alarms: number;
  readonly elapsedMs: number;
}

/** A mutant that hangs is not caught by that. */
const runDeadlineMs = 120_000;

/** Throws PatchError, naming the hunk, before anything runs when a patch does not fit. */
export async function huntMutants(
  options: KillMatrixOptions,
  hooks: {
    readonly progress?: (progress: HuntProgress) => void;
    readonly over?: (result: HuntResult) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<KillMatrix> {
  const startedMs = performance.now();
  const quarries: Quarry[] = [];
  try {
    for (const patch of options.patches) {
      const recipe = readMutantRecipe(patch);
      const isOwn = findMutantPatch(recipe.name) === patch;
      const hunt = new Hunt(recipe, isOwn ? recipe.name : patch, options);
      quarries.push({ hunt, mutant: makeMutant(patch), isBusy: false, control: null });
    }
    const ground = new HuntingGround(quarries);
    const report = (): void => {
      hooks.progress?.(ground.progress(performance.now() - startedMs));
    };
    await runInPool({
      jobs: options.jobs,
      deadlineMs: runDeadlineMs,
      next: () => ground.next(),
      done: (outcome, task) => {
        const over = ground.add(outcome, task);
        if (over !== null) hooks.over?.(over);
        report();
      },
      lost: (task) => {
        const over = ground.lose(task);
        if (over !== null) hooks.over?.(over);
        report();
      },
      ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
    });
    return {
      results: quarries.map(({ hunt }) => hunt.result()),
      controlRuns: ground.controlRuns,
      alarms: ground.alarms,
      wallSeconds: (performance.now() - startedMs) / 1000,
      isInterrupted: hooks.signal?.aborted === true,
    };
  } finally {
    for (const { mutant } of quarries) mutant[Symbol.dispose]();
  }
}

interface Quarry {
  readonly hunt: Hunt;
  readonly mutant: Mutant;
  isBusy: boolean;
  /** The run that the correct build still has to go through. */
  control: PoolTask | null;
}

class HuntingGround {
  readonly #quarries: readonly Quarry[];
  readonly #byTask = new Map<PoolTask, Quarry>();
  readonly alarms: KillMatrix['alarms'][number][] = [];
  controlRuns = 0;
  #runs = 0;

  constructor(quarries: readonly Quarry[]) {
    this.#quarries = quarries;
  }

  next(): PoolTask | null {
    const quarry = this.#quarries.find(
      ({ hunt, isBusy, control }) => !isBusy && (control !== null || !hunt.isOver),
    );
    if (quarry === undefined) return null;
    quarry.isBusy = true;
    const task = quarry.control ?? { options: quarry.hunt.nextRun(), mutantRoot: quarry.mutant.root };
    this.#byTask.set(task, quarry);
    return task;
  }

  /** The result of a hunt that this ended. */
  add(outcome: RunOutcome, task: PoolTask): HuntResult | null {
    const quarry = this.#take(task);
    if (task === quarry.control) {
      quarry.control = null;
      this.controlRuns++;
      quarry.hunt.addControl(outcome);
      if (outcome.verdict !== 'pass') this.alarms.push(alarmOf(outcome, quarry.hunt.recipe.name));
    } else {
      quarry.hunt.addAttempt(outcome);
      quarry.control = { options: { ...task.options, mutant: null } };
    }
    return this.#ended(quarry);
  }

  lose(task: PoolTask): HuntResult | null {
    const quarry = this.#take(task);
    if (task === quarry.control) quarry.control = null;
    else quarry.hunt.loseAttempt();
    return this.#ended(quarry);
  }

  progress(elapsedMs: number): HuntProgress {
    const over = this.#quarries.filter((quarry) => isEnded(quarry)).map(({ hunt }) => hunt.result());
    return {
      over: over.length,
      count: this.#quarries.length,
      caught: over.filter(({ verdict }) => verdict === 'caught').length,
      runs: this.#runs,
      alarms: this.alarms.length,
      elapsedMs,
    };
  }

  #take(task: PoolTask): Quarry {
    const quarry = this.#byTask.get(task);
    if (quarry === undefined) throw new TypeError('an outcome of a run that nobody asked for');
    this.#byTask.delete(task);
    quarry.isBusy = false;
    this.#runs++;
    return quarry;
  }

  #ended(quarry: Quarry): HuntResult | null {
    return isEnded(quarry) ? quarry.hunt.result() : null;
  }
}

function isEnded({ hunt, control, isBusy }: Quarry): boolean {
  return hunt.isOver && control === null && !isBusy;
}

function alarmOf(outcome: RunOutcome, mutant: string): KillMatrix['alarms'][number] {
  const reasons = [
    ...outcome.notPassed.map(({ name, verdict, reason }) => `${name} ${verdict}: ${reason}`),
    ...outcome.problems,
  ];
  const { seed, replayCommand } = outcome;
  return { seed, mutant, reason: reasons.join('; '), replayCommand };
}
