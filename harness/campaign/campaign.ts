// Many simulated runs, each with a seed of its own, on all cores; one summary. A run that did not pass is done
// again with everything written down: in the simulated world that is the same run.

import { performance } from 'node:perf_hooks';
import { createHash } from 'node:crypto';
import { guarantees } from '../../checkers/guarantees.ts';
import { defaultRunOptions, replayCommand } from '../run/run-options.ts';
import type { RunOptions } from '../run/run-result.ts';
import { run } from '../run/run.ts';
import type { CampaignOptions, CampaignResult, FailedRun } from './campaign-result.ts';
import { addCoverage, noCoverage } from './coverage.ts';
import type { Coverage } from './coverage.ts';
import { drawRun } from './draw-run.ts';
import { ExerciseTally } from './exercise.ts';
import type { RunOutcome } from './outcome.ts';
import { runInPool } from './worker-pool.ts';
import type { PoolTask } from './worker-pool.ts';

export interface CampaignProgress {
  readonly done: number;
  readonly count: number;
  readonly violated: number;
  readonly inconclusive: number;
  readonly operations: number;
  readonly simulatedSeconds: number;
  readonly elapsedMs: number;
}

/** Far more than a run takes; a run that hangs must not hold the night. */
const runDeadlineMs = 300_000;

export async function runCampaign(
  options: CampaignOptions,
  hooks: {
    readonly progress?: (progress: CampaignProgress) => void;
    /** As soon as a run did not pass; its folder is written later. */
    readonly found?: (failed: FailedRun) => void;
    /** Once its folder is written, where one is. */
    readonly failed?: (failed: FailedRun) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<CampaignResult> {
  const campaign = new Campaign(options);
  const startedMs = performance.now();
  const report = (): void => hooks.progress?.(campaign.progress(performance.now() - startedMs));
  await runInPool({
    jobs: options.jobs,
    next: () => campaign.next(),
    done: (outcome) => {
      const found = campaign.add(outcome);
      if (found !== null) hooks.found?.(found);
      report();
    },
    lost: (lost, reason) => {
      campaign.lose(lost, reason);
      report();
    },
    deadlineMs: runDeadlineMs,
    ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
  });
  const isInterrupted = hooks.signal?.aborted === true;
  if (!isInterrupted) await campaign.writeFolders(hooks.failed ?? (() => {}));
  return campaign.result((performance.now() - startedMs) / 1000, isInterrupted);
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #seeds: readonly number[];
  readonly #hashes = new Map<number, string>();
  readonly #violated = new Map<number, FailedRun>();
  readonly #inconclusive = new Map<number, FailedRun>();
  readonly #faults: Record<string, number> = {};
  readonly #operations = { ok: 0, fail: 0, info: 0 };
  readonly #exercises = new ExerciseTally();
  /** Runs whose process died: they are not tried again in this one. */
  readonly #lost = new Set<number>();
  #coverage: Coverage = noCoverage;
  #simulatedSeconds = 0;
  #position = 0;

  constructor(options: CampaignOptions) {
    this.#options = options;
    const { count, seed, shard, workloads } = options;
    const turns = workloads?.isEach === true ? workloads.names.length : 1;
    const all = Array.from({ length: count * turns }, (_, index) => seed + index);
    this.#seeds = all.filter((_, index) => index % shard.of === shard.index - 1);
  }

  next(): PoolTask | null {
    const seed = this.#seeds[this.#position++];
    return seed === undefined ? null : { options: this.#drawn(seed) };
  }

  /** The run, when it did not pass. */
  add(outcome: RunOutcome): FailedRun | null {
    this.#hashes.set(outcome.seed, outcome.traceHash);
    this.#operations.ok += outcome.operations.ok;
    this.#operations.fail += outcome.operations.fail;
    this.#operations.info += outcome.operations.info;
    for (const [name, count] of Object.entries(outcome.faults)) {
      this.#faults[name] = (this.#faults[name] ?? 0) + count;
    }
    this.#exercises.add(this.#workloadsOf(outcome.seed)?.join(',') ?? null, outcome.guarantees);
    this.#coverage = addCoverage(this.#coverage, outcome.coverage);
    this.#simulatedSeconds += outcome.simulatedSeconds;
    if (outcome.verdict === 'pass') return null;
    const isViolated = outcome.verdict === 'violated';
    const wanted = outcome.notPassed.filter(({ verdict }) => (verdict === 'violated') === isViolated);
    const failed: FailedRun = {
      seed: outcome.seed,
      guarantees: wanted.map(({ name, reason }) => ({ name, reason })),
      problems: outcome.problems,
      replayCommand: outcome.replayCommand,
      folder: null,
    };
    (isViolated ? this.#violated : this.#inconclusive).set(outcome.seed, failed);
    return failed;
  }

  /** Nothing is known of it but how to have it again. */
  lose({ options }: PoolTask, reason: string): void {
    this.#hashes.set(options.seed, reason);
    this.#lost.add(options.seed);
    this.#inconclusive.set(options.seed, {
      seed: options.seed,
      guarantees: [],
      problems: [reason],
      replayCommand: replayCommand(options),
      folder: null,
    });
  }

  async writeFolders(failed: (run: FailedRun) => void): Promise<void> {
    let left = this.#options.mostFolders;
    for (const group of [this.#violated, this.#inconclusive]) {
      for (const known of [...group.values()].sort((a, b) => a.seed - b.seed)) {
        const folder =
          left > 0 && !this.#lost.has(known.seed) ? (await run(this.#drawn(known.seed))).run : null;
        left -= 1;
        const written = { ...known, folder };
        group.set(known.seed, written);
        failed(written);
      }
    }
  }

  progress(elapsedMs: number): CampaignProgress {
    const { ok, fail, info } = this.#operations;
    return {
      done: this.#hashes.size,
      count: this.#seeds.length,
      violated: this.#violated.size,
      inconclusive: this.#inconclusive.size,
      operations: ok + fail + info,
      simulatedSeconds: this.#simulatedSeconds,
      elapsedMs,
    };
  }

  result(wallSeconds: number, isInterrupted: boolean): CampaignResult {
    const hash = createHash('sha256');
    for (const seed of this.#seeds) hash.update(`${seed} ${this.#hashes.get(seed) ?? '-'}\n`);
    return {
      options: this.#options,
      count: this.#hashes.size,
      violated: bySeed(this.#violated),
      inconclusive: bySeed(this.#inconclusive),
      operations: this.#operations,
      faults: this.#faults,
      exercises: this.#exercises.exercises(guarantees.map(({ name }) => name)),
      coverage: this.#coverage,
      simulatedSeconds: this.#simulatedSeconds,
      wallSeconds,
      traceHash: hash.digest('hex').slice(0, 16),
      isInterrupted,
    };
  }

  #drawn(seed: number): RunOptions {
    const { timeLimitMs, runsDirectory, nemeses } = this.#options;
    const workloads = this.#workloadsOf(seed);
    return drawRun(
      seed,
      { ...defaultRunOptions, timeLimitMs, runsDirectory },
      { ...(workloads === null ? {} : { workloads }), ...(nemeses === null ? {} : { nemeses }) },
    );
  }

  /** Null: drawn. */
  #workloadsOf(seed: number): readonly string[] | null {
    const { workloads, seed: first } = this.#options;
    if (workloads === null) return null;
    const { names, isEach } = workloads;
    return isEach ? names.slice((seed - first) % names.length).slice(0, 1) : names;
  }
}

function bySeed(runs: ReadonlyMap<number, FailedRun>): FailedRun[] {
  return [...runs.values()].sort((a, b) => a.seed - b.seed);
}
