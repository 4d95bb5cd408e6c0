// The hunt for one mutant: run after run of its recipe, each with the next seed, until a client can see the
// defect or the budget ends. After each run the correct build goes through the very same one: it must be silent,
// and where the two do exactly the same the mutant's defect was never reached.

import type { RunOutcome } from '../campaign/outcome.ts';
import { drawRun } from '../campaign/draw-run.ts';
import { traceGuarantee } from '../../checkers/trace/trace-guarantee.ts';
import { defaultRunOptions } from '../run/run-options.ts';
import type { RunOptions } from '../run/run-result.ts';
import type { MutantRecipe } from './recipe.ts';

export interface HuntOptions {
  /** Of the first attempt. */
  readonly seed: number;
  /** Attempts at most. */
  readonly budget: number;
  readonly timeLimitMs: number;
}

export interface HuntResult {
  readonly name: string;
  readonly verdict: 'caught' | 'survived' | 'not-exercised';
  /** The first that fell: one that a client can see if there is any; null when none fell. */
  readonly guarantee: string | null;
  /** Seed of the run in which it fell. */
  readonly seed: number | null;
  /** Attempts until then, or all of them. */
  readonly runs: number;
  readonly simulatedSeconds: number;
  /** What the mutant's runs took, those of the correct build not among them. */
  readonly wallSeconds: number;
  /** All that fell in any attempt: what clients see, and invariants of the trace. */
  readonly guarantees: readonly string[];
  readonly invariants: readonly string[];
  readonly reason: string | null;
  readonly replayCommand: string | null;
  readonly recipe: MutantRecipe;
}

interface Catch {
  readonly outcome: RunOutcome;
  readonly guarantee: string;
  readonly reason: string;
  readonly runs: number;
  readonly wallSeconds: number;
  readonly simulatedSeconds: number;
}

export class Hunt {
  readonly recipe: MutantRecipe;
  /** As `--mutant` takes it. */
  readonly #mutant: string;
  readonly #options: HuntOptions;
  #attempts = 0;
  #wallSeconds = 0;
  #simulatedSeconds = 0;
  #byClient: Catch | null = null;
  #byTrace: Catch | null = null;
  #wasReached = false;
  #lastHash = '';
  readonly #guarantees = new Set<string>();
  readonly #invariants = new Set<string>();

  constructor(recipe: MutantRecipe, mutant: string, options: HuntOptions) {
    this.recipe = recipe;
    this.#mutant = mutant;
    this.#options = options;
  }

  get isOver(): boolean {
    if (this.#byClient !== null) return true;
    if (this.#byTrace !== null && this.recipe.seenBy === 'trace') return true;
    return this.#attempts >= this.#options.budget;
  }

  /** The next attempt on the mutant; the same with `mutant: null` is the correct build's. */
  nextRun(): RunOptions {
    const { seed, timeLimitMs } = this.#options;
    const { workloads, nemeses, options } = this.recipe;
    const base = { ...defaultRunOptions, timeLimitMs };
    return drawRun(seed + this.#attempts, base, {
      mutant: this.#mutant,
      ...(workloads === null ? {} : { workloads }),
      ...(nemeses === null ? {} : { nemeses }),
      ...options,
    });
  }

  addAttempt(outcome: RunOutcome): void {
    this.#attempts++;
    this.#wallSeconds += outcome.wallSeconds;
    this.#simulatedSeconds += outcome.simulatedSeconds;
    this.#lastHash = outcome.traceHash;
    for (const { name, verdict, reason } of outcome.notPassed) {
      if (verdict !== 'violated') continue;
      this.#wasReached = true;
      const caught: Catch = {
        outcome,
        guarantee: name,
        reason,
        runs: this.#attempts,
        wallSeconds: this.#wallSeconds,
        simulatedSeconds: this.#simulatedSeconds,
      };
      if (name === traceGuarantee.name) {
        this.#byTrace ??= caught;
        for (const invariant of outcome.invariants) this.#invariants.add(invariant);
      } else {
        this.#byClient ??= caught;
        this.#guarantees.add(name);
      }
    }
  }

  /** The process that carried the attempt out was lost: it hung or died. */
  loseAttempt(): void {
    this.#attempts++;
  }

  addControl(outcome: RunOutcome): void {
    if (outcome.traceHash !== this.#lastHash) this.#wasReached = true;
  }

  result(): HuntResult {
    const caught = this.#byClient ?? this.#byTrace;
    return {
      name: this.recipe.name,
      verdict: caught !== null ? 'caught' : this.#wasReached ? 'survived' : 'not-exercised',
      guarantee: caught?.guarantee ?? null,
      seed: caught?.outcome.seed ?? null,
      runs: caught?.runs ?? this.#attempts,
      simulatedSeconds: caught?.simulatedSeconds ?? this.#simulatedSeconds,
      wallSeconds: caught?.wallSeconds ?? this.#wallSeconds,
      guarantees: [...this.#guarantees],
      invariants: [...this.#invariants].sort(),
      reason: caught?.reason ?? null,
      replayCommand: caught?.outcome.replayCommand ?? null,
      recipe: this.recipe,
    };
  }
}
