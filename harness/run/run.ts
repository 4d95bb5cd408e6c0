// One run from options to result: provision, live, collect, check, report, tear down. Whatever goes wrong on
// the way becomes part of the result, and what was started is taken down again in any case.

import { performance } from 'node:perf_hooks';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { latency } from '../../checkers/latency.ts';
import type { LatencySummary } from '../../checkers/latency.ts';
import { runCheckers } from '../../checkers/run-checkers.ts';
import { concludeTrace } from '../../checkers/trace/trace-guarantee.ts';
import type { CheckContext, GuaranteeResult } from '../../checkers/verdict.ts';
import { renderDrawn, renderHtmlReport } from '../../reports/html-report.ts';
import { drawHistory, HistoryDrawing } from '../../reports/intervals.ts';
import type { DrawnHistory, HistoryExtent } from '../../reports/intervals.ts';
import { markedIn } from '../../reports/page-data.ts';
import { makeSpaceTime } from '../../reports/space-time/space-time.ts';
import type { SpaceTime } from '../../reports/space-time/space-time.ts';
import { renderJunit } from '../../reports/junit-report.ts';
import { checkersOf, findWorkload } from '../../workloads/index.ts';
import { EnvironmentError } from '../ensemble/ensemble.ts';
import type { Ensemble } from '../ensemble/ensemble.ts';
import { exactReadServers } from '../ensemble/exact-reads.ts';
import { HistoryFileWriter, streamHistoryFile } from '../history/history-file.ts';
import type { CommittedWrite } from '../history/committed-write.ts';
import type { Operation } from '../history/operation.ts';
import type { TraceEvent } from '../history/trace-event.ts';
import { HistoryRecorder } from '../history/recorder.ts';
import { packageRoot } from '../package-root.ts';
import { Random } from '../random/random.ts';
import { MessageLog } from '../simulation/message-log.ts';
import { committedWrites, logsIn } from './committed-writes.ts';
import { exitCodeOf, verdictOf } from './exit-code.ts';
import { judgeProgress } from './progress-guarantee.ts';
import { provision, type World } from './provision.ts';
import { RunFolder } from './run-folder.ts';
import { RunReports } from './run-reports.ts';
import { requireNemeses, RunLife } from './run-life.ts';
import { replayCommand, worldOf } from './run-options.ts';
import { sizeOf } from './run-size.ts';
import { RunInterrupted } from './run-progress.ts';
import type { RunHooks, RunPhase } from './run-progress.ts';
import type { OperationCounts, RunOptions, RunResult } from './run-result.ts';
import { PatchError } from './unified-diff.ts';

/** Half a kilobyte each. */
const mostEntriesInMemory = 500_000;

export async function run(options: RunOptions, hooks: RunHooks = {}): Promise<RunResult> {
  const first = new Run(options, hooks);
  const result = await first.run();
  // To watch a long run would take the memory that its history does not.
  const isWatchable = result.world === 'sim' && hooks.keepsFiles !== false && !first.isLong;
  return result.verdict === 'violated' && isWatchable ? lookAgain(first, { options, result, hooks }) : result;
}

/**
 * A simulated run that failed is run again with an observer on the wire, for the diagram in its report and for the
 * whole of its trace: to watch every run so would slow down all those that pass.
 */
async function lookAgain(
  first: Run,
  { options, result, hooks }: { options: RunOptions; result: RunResult; hooks: RunHooks },
): Promise<RunResult> {
  const messages = new MessageLog();
  const { signal, mutantRoot } = hooks;
  let spaceTime: SpaceTime | null = null;
  let history: readonly Operation[] = [];
  const trace: TraceEvent[] = [];
  try {
    await new Run(options, {
      keepsFiles: false,
      messages,
      report: (event) => void trace.push(event),
      ...(signal === undefined ? {} : { signal }),
      ...(mutantRoot === undefined ? {} : { mutantRoot }),
      over: (ensemble, operations) => {
        history = operations;
        if (ensemble.traceHash() !== result.traceHash) return;
        spaceTime = makeSpaceTime({ result, history, trace, messages: messages.messages });
      },
    }).run();
  } catch (error) {
    // The report without the diagram is there already.
    if (error instanceof RunInterrupted) return result;
    throw error;
  }
  if (spaceTime === null) return result;
  const whole = { ...result, reports: { made: trace.length, written: trace.length } };
  first.writeAgain({ result: whole, history, spaceTime, trace });
  return whole;
}

class Run {
  readonly #options: RunOptions;
  readonly #hooks: RunHooks;
  readonly #startedAt = new Date();
  readonly #startedMs = performance.now();
  readonly #folder: RunFolder;
  /** Null: nothing is kept. */
  readonly #sink: HistoryFileWriter | null;
  readonly #problems: RunResult['problems'][number][] = [];
  #recorder: HistoryRecorder | null = null;
  #ensemble: Ensemble | null = null;
  #life: RunLife | null = null;
  #traceHash: string | null = null;
  #committed: readonly CommittedWrite[] = [];
  #reports: RunReports | null = null;
  /** Judged once, also when tearing down fails afterwards and the result is made anew. */
  #guarantees: readonly GuaranteeResult[] | null = null;
  /** Made while the history passes by to be judged. */
  #drawing: HistoryDrawing | null = null;
  #latency: LatencySummary | null = null;

  constructor(options: RunOptions, hooks: RunHooks) {
    this.#options = options;
    this.#hooks = hooks;
    const isKept = hooks.keepsFiles !== false;
    this.#folder = isKept ? RunFolder.create(options, this.#startedAt) : RunFolder.none(options);
    this.#sink = isKept ? new HistoryFileWriter(this.#folder.file('history')) : null;
  }

  async run(): Promise<RunResult> {
    try {
      return await this.#runInWorld();
    } catch (error) {
      if (error instanceof RunInterrupted) throw error;
      this.#note(error);
      return this.#conclude();
    } finally {
      this.#sink?.close();
    }
  }

  async #runInWorld(): Promise<RunResult> {
    this.#enter('provisioning');
    const hooks = this.#hooks;
    const { signal } = hooks;
    const interrupted = whenAborted(signal);
    const provisioning = provision({
      options: this.#options,
      runId: this.#folder.name,
      random: this.#random,
      progress: hooks.message ?? (() => {}),
      signal,
      mutantRoot: hooks.mutantRoot,
      messages: hooks.messages,
    }).catch((error: unknown) => {
      throw signal?.aborted === true ? new RunInterrupted(this.#folder.path) : error;
    });
    const world = await provisioning;
    // `await using` would say it better, but Node 22 does not know it yet.
    try {
      return await this.#runIn(world, interrupted);
    } finally {
      await world[Symbol.asyncDispose]();
    }
  }

  async #runIn(world: World, interrupted: Promise<true>): Promise<RunResult> {
    const { ensemble } = world;
    const options = this.#options;
    const { signal } = this.#hooks;
    this.#ensemble = ensemble;
    requireNemeses(options, ensemble);
    const sink = this.#sink;
    const isAskedFor = this.#hooks.over !== undefined;
    const recorder = new HistoryRecorder({
      nowNs: () => ensemble.clock.nowNs(),
      ...(sink === null ? {} : { sink }),
      ...(sink === null || isAskedFor
        ? {}
        : { mostInMemory: this.#hooks.mostInMemory ?? mostEntriesInMemory }),
    });
    this.#recorder = recorder;
    const progress = this.#hooks.progress ?? (() => {});
    const random = this.#random;
    const life = new RunLife({
      options,
      ensemble,
      recorder,
      random,
      progress,
      signal,
      drawn: this.#hooks,
    });
    this.#life = life;

    const reports = new RunReports(ensemble, {
      file: this.#sink === null ? null : this.#folder.file('trace'),
      watch: this.#hooks.report,
    });
    this.#reports = reports;
    const living = life.live().catch((error: unknown) => {
      // After an interruption everything fails that was under way, and nobody listens any more.
      if (signal?.aborted !== true) this.#note(error);
    });
    try {
      if (await world.drive(Promise.race([living.then(() => false), interrupted]))) {
        throw new RunInterrupted(this.#folder.path);
      }
    } finally {
      reports.end();
    }
    this.#enter('collecting');
    this.#traceHash = ensemble.traceHash();
    await this.#attempt('collecting logs', () => this.#collect(ensemble));
    const result = this.#conclude();
    this.#hooks.over?.(ensemble, recorder.operations);
    return result;
  }

  /** The simulated world has its data at hand, so there the logs are looked at in every run. */
  async #collect(ensemble: Ensemble): Promise<void> {
    if (this.#sink === null && ensemble.world !== 'sim') return;
    const collected = await ensemble.collect();
    this.#folder.writeCollected(collected);
    const voters = ensemble.servers.filter(({ role }) => role === 'participant').map(({ sid }) => sid);
    this.#committed = committedWrites(await logsIn(collected.files), voters);
  }

  /** Of a long run it is read from its file, each time that it is gone through. */
  get #history(): Iterable<Operation> {
    if (this.#recorder === null) return [];
    return this.#recorder.isInMemory
      ? this.#recorder.operations
      : streamHistoryFile(this.#folder.file('history'));
  }

  get #reportCounts(): Pick<RunResult, 'reports'> {
    const reports = this.#reports;
    return reports === null || reports.judge === null ? {} : { reports: reports.counts };
  }

  get isLong(): boolean {
    return this.#recorder?.isInMemory === false;
  }

  /** Everything that a run draws comes from here. */
  get #random(): Random {
    return new Random(this.#options.seed);
  }

  #conclude(): RunResult {
    this.#enter('checking');
    this.#sink?.flush();
    const history = this.#history;
    this.#guarantees ??= this.#judge(history);
    const result = this.#makeResult(history, this.#guarantees);
    if (this.#sink === null) return result;
    this.#enter('reporting');
    try {
      this.#folder.writeSchedule(result.faults);
      this.#folder.write('result', `${JSON.stringify(result, null, 2)}\n`);
      this.#folder.write('junit', renderJunit(result));
      this.#folder.write('report', renderDrawn(result, this.#draw(result, history)));
      return result;
    } catch (error) {
      this.#note(error);
      return this.#makeResult(history, this.#guarantees);
    }
  }

  /** What evidence speaks of is known when the history has passed by; then it is drawn anew, with that. */
  #draw(result: RunResult, history: Iterable<Operation>): DrawnHistory {
    const marked = markedIn(result);
    const drawing = this.#drawing;
    return drawing?.isOver === true && marked.size === 0
      ? drawing.drawn
      : drawHistory(history, marked, this.#extent);
  }

  get #extent(): HistoryExtent {
    return { count: this.#recorder?.counts.invoke ?? 0, lastNs: this.#recorder?.lastTime ?? 0 };
  }

  writeAgain(given: {
    readonly result: RunResult;
    readonly history: Iterable<Operation>;
    readonly spaceTime: SpaceTime;
    readonly trace: readonly TraceEvent[];
  }): void {
    const { result, history, spaceTime, trace } = given;
    this.#folder.write('result', `${JSON.stringify(result, null, 2)}\n`);
    this.#folder.writeTrace(trace);
    this.#folder.write('spaceTime', `${JSON.stringify(spaceTime)}\n`);
    this.#folder.write('report', renderHtmlReport(result, history, spaceTime));
  }

  #judge(history: Iterable<Operation>): GuaranteeResult[] {
    const { workloads, nemeses, checkMemoryBytes, checkTimeMs, ratePerSecond, latencyBoundMs } =
      this.#options;
    const chosen = workloads.flatMap((name) => findWorkload(name) ?? []);
    const servers = this.#ensemble?.servers ?? [];
    const bound = this.#life?.recoveryBoundMs ?? 0;
    this.#drawing = this.#sink === null ? null : new HistoryDrawing(this.#extent, new Set());
    const context: CheckContext = {
      budget: { timeMs: checkTimeMs, memoryBytes: checkMemoryBytes },
      nowMs: () => performance.now(),
      quorumSyncServers: new Set(servers.filter(({ quorumSync }) => quorumSync).map(({ sid }) => sid)),
      exactReadServers: exactReadServers(servers),
      committedWrites: this.#committed,
      recoveryBoundMs: bound,
      ...(latencyBoundMs === undefined ? {} : { latencyBoundMs }),
      servers: servers.map(({ sid }) => sid),
    };
    const { results, crashes } = runCheckers(checkersOf(chosen), history, context, this.#drawing);
    for (const { checker, error } of crashes) {
      this.#problems.push({ kind: 'harness', message: `the checker ${checker} crashed: ${error.message}` });
      this.#folder.writeCrash(error);
    }
    const progress = judgeProgress({
      windows: this.#life?.windows ?? [],
      nemeses,
      hasBegun: (this.#life?.firstOperationSeconds ?? null) !== null,
      workloads: chosen,
      acknowledged: this.#life?.acknowledged ?? 0,
      ratePerSecond,
      recoveryBoundMs: bound,
    });
    const measured = results.find(({ name }) => name === latency.name)?.details;
    this.#latency = (measured as LatencySummary | undefined) ?? null;
    const judged = results.filter(({ name }) => name !== latency.name || latencyBoundMs !== undefined);
    return [...judged, ...this.#judgeTrace(), progress];
  }

  #judgeTrace(): GuaranteeResult[] {
    try {
      return this.#reports === null ? [] : [concludeTrace(this.#reports.judge)];
    } catch (thrown) {
      this.#note(thrown);
      return [];
    }
  }

  #makeResult(history: Iterable<Operation>, guarantees: readonly GuaranteeResult[]): RunResult {
    const options = this.#options;
    const problems = [
      ...this.#problems,
      ...(this.#life?.problems ?? []).map((message) => ({ kind: 'harness' as const, message })),
    ];
    const isSimulated = this.#ensemble?.world === 'sim';
    const { messages } = this.#hooks;
    const result: RunResult = {
      run: this.#folder.name,
      ordealVersion: readVersion(),
      startedAt: this.#startedAt.toISOString(),
      world: worldOf(options),
      system: options.systems.join(','),
      seed: options.seed,
      options,
      versions: this.#ensemble?.versions ?? {},
      verdict: verdictOf({ guarantees, problems }),
      exit: exitCodeOf({ guarantees, problems }),
      guarantees,
      operations: countOperations(this.#recorder),
      ...(this.#latency === null ? {} : { latency: this.#latency }),
      faults: (this.#life?.windows ?? []).map(({ fault }) => fault),
      leaders: this.#life?.leaders ?? [],
      healNs: this.#life?.recovery?.healNs ?? null,
      recoveredNs: this.#life?.recovery?.recoveredNs ?? null,
      problems,
      simulatedSeconds: isSimulated ? (this.#ensemble?.clock.nowNs() ?? 0) / 1e9 : null,
      wallSeconds: (performance.now() - this.#startedMs) / 1000,
      firstOperationSeconds: this.#life?.firstOperationSeconds ?? null,
      traceHash: this.#traceHash,
      ...this.#reportCounts,
      replayCommand:
        options.script === undefined
          ? replayCommand(options)
          : `npx ordeal replay ${join(options.runsDirectory, this.#folder.name)}`,
    };
    if (messages === undefined) return result;
    return { ...result, size: sizeOf(result, history, messages.messages.length) };
  }

  async #attempt(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#problems.push({ kind: 'harness', message: `${what} failed: ${reason}` });
    }
  }

  #note(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const isEnvironment = error instanceof EnvironmentError;
    if (isEnvironment || error instanceof PatchError) {
      this.#problems.push({ kind: 'environment', message: error.message });
      return;
    }
    this.#folder.writeCrash(error);
    this.#problems.push({ kind: 'harness', message: `${error.name}: ${error.message}` });
  }

  #enter(phase: RunPhase): void {
    this.#hooks.progress?.({
      phase,
      elapsedMs: (this.#ensemble?.clock.nowNs() ?? 0) / 1e6,
      timeLimitMs: this.#options.timeLimitMs,
      ...countOperations(this.#recorder),
      fault: null,
    });
  }
}

/** Client operations by how they ended; what never ended is in doubt. */
function countOperations(recorder: HistoryRecorder | null): OperationCounts {
  if (recorder === null) return { ok: 0, fail: 0, info: 0 };
  const { ok, fail, info, invoke } = recorder.counts;
  return { ok, fail, info: info + (invoke - ok - fail - info) };
}

/** True, once, when the signal comes; without a signal never. */
function whenAborted(signal: AbortSignal | undefined): Promise<true> {
  const { promise, resolve } = Promise.withResolvers<true>();
  if (signal?.aborted === true) resolve(true);
  signal?.addEventListener('abort', () => resolve(true), { once: true });
  return promise;
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
