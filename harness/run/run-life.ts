// The life of a run between provisioning and judging: start, wait until the ensemble serves, workload and
// nemesis together, heal, recover, final reads from every server. It keeps what it learns as it goes, so that
// a run that breaks off still has its history and its faults.

import type { Client } from '../client/client.ts';
import { ClientError } from '../client/client.ts';
import type { Ensemble, ServerStatus } from '../ensemble/ensemble.ts';
import { EnvironmentError } from '../ensemble/ensemble.ts';
import { Generator } from '../generator/generator.ts';
import { mixWorkloads } from '../generator/mix.ts';
import type { OperationType } from '../history/operation.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import { createDealer } from '../nemesis/dealer.ts';
import { findNemesis, needsFixedMembers, unavailableNemeses } from '../nemesis/nemeses.ts';
import { NemesisRun } from '../nemesis/nemesis-run.ts';
import type { FaultWindow } from '../nemesis/nemesis-run.ts';
import { restoreMembership } from '../nemesis/reconfig.ts';
import { sidsOf } from '../nemesis/targets.ts';
import type { Random } from '../random/random.ts';
import { findWorkload } from '../../workloads/index.ts';
import type { OwnSessions, WorkloadRun } from '../../workloads/workload.ts';
import { performFinalReads } from './final-reads.ts';
import { LeaderWatch } from './leader-watch.ts';
import { leastAcknowledged } from './progress-guarantee.ts';
import { awaitRecovery, awaitServing, isServing, recoveryBoundMs } from './recovery.ts';
import type { Recovery } from './recovery.ts';
import type { RunHooks, RunPhase, RunProgress } from './run-progress.ts';
import type { LeaderSpan, RunOptions } from './run-result.ts';

/** How long an ensemble may take to serve at all, before any fault. */
const firstServiceMs: Readonly<Record<Ensemble['world'], number>> = {
  sim: 30_000,
  docker: 90_000,
  endpoints: 10_000,
};

/** In ticks: as long as servers grant at most, and long enough for a slow commit. */
const sessionTimeoutTicks = 20;
const requestTimeoutTicks = 10;
/** The longest that a fault lasts, for the recovery bound; see `nemesis-run.ts`. */
const longestFaultTicks = 24;

export interface RunLifeOptions {
  readonly options: RunOptions;
  readonly ensemble: Ensemble;
  readonly recorder: HistoryRecorder;
  readonly random: Random;
  readonly progress: (progress: RunProgress) => void;
  readonly signal: AbortSignal | undefined;
  readonly drawn: Pick<RunHooks, 'drawnOperation' | 'drawnFault'>;
}

export class RunLife {
  readonly #setting: RunLifeOptions;
  readonly #workload: WorkloadRun;
  readonly #watch: LeaderWatch;
  readonly #changesMembership: boolean;
  readonly #counts = { invoke: 0, ok: 0, fail: 0, info: 0 };
  readonly #problems: string[] = [];
  readonly #sessionTimeoutMs: number;
  readonly #requestTimeoutMs: number;
  /** After the last fault, and after each: the ensemble must serve again within this time. */
  readonly recoveryBoundMs: number;
  #phase: RunPhase = 'starting';
  #client: Client | null = null;
  #nemesis: NemesisRun | null = null;
  #recovery: Recovery | null = null;
  #firstOperationSeconds: number | null = null;

  constructor(setting: RunLifeOptions) {
    this.#setting = setting;
    const { ensemble, options, random } = setting;
    this.#sessionTimeoutMs = sessionTimeoutTicks * ensemble.tickMs;
    this.#requestTimeoutMs = requestTimeoutTicks * ensemble.tickMs;
    const chosen = options.workloads.flatMap((name) => findWorkload(name) ?? []);
    this.#workload = mixWorkloads(chosen, {
      random,
      processes: options.processes,
      sessions: this.#ownSessions(),
      ...(ensemble.administration === undefined ? {} : { administration: ensemble.administration }),
    });
    this.#changesMembership = chosen.some(({ changesMembership }) => changesMembership === true);
    this.#watch = new LeaderWatch(ensemble);
    this.recoveryBoundMs = recoveryBoundMs(ensemble, longestFaultTicks * ensemble.tickMs);
  }

  get windows(): readonly FaultWindow[] {
    return this.#nemesis?.windows ?? [];
  }

  get leaders(): readonly LeaderSpan[] {
    return this.#watch.spans;
  }

  get recovery(): Recovery | null {
    return this.#recovery;
  }

  /** Acknowledged operations of the workload, final reads not among them. */
  get acknowledged(): number {
    return this.#counts.ok;
  }

  /** Since the process started. */
  get firstOperationSeconds(): number | null {
    return this.#firstOperationSeconds;
  }

  /** Faults of the harness itself, in sentences. */
  get problems(): readonly string[] {
    return [...this.#problems, ...(this.#nemesis?.problems ?? [])];
  }

  /** Throws EnvironmentError when the ensemble never served before any fault. */
  async live(): Promise<void> {
    const { ensemble } = this.#setting;
    await ensemble.start();
    await this.#setUp(this.#ownClient());
    this.#setting.signal?.addEventListener('abort', () => this.#watch.stop(), { once: true });
    const watching = this.#watch.run(() => this.#report());
    try {
      const generator = await this.#runWorkload();
      this.#enter('recovering');
      await this.#recover();
      this.#enter('final reads');
      await this.#finish(generator);
    } finally {
      this.#watch.stop();
      await watching;
    }
    await this.#ownClient().close();
  }

  /** The preparation is the first thing the ensemble is asked for, so it also tells when it serves. */
  async #setUp(client: Client): Promise<void> {
    const { ensemble } = this.#setting;
    const { clock, tickMs } = ensemble;
    const deadlineNs = clock.nowNs() + firstServiceMs[ensemble.world] * 1e6;
    for (;;) {
      try {
        await this.#workload.setup(client);
        return;
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        this.#report();
        if (clock.nowNs() >= deadlineNs || error.kind === 'session-expired') {
          throw await this.#neverServed(error.message);
        }
        await clock.sleep(tickMs / 4);
      }
    }
  }

  async #runWorkload(): Promise<Generator> {
    const { ensemble, options, recorder, random, drawn } = this.#setting;
    const startNs = ensemble.clock.nowNs();
    const script = options.script?.operations ?? null;
    const untilNs = startNs + options.timeLimitMs * 1e6;
    const generator = new Generator({
      ensemble,
      recorder,
      workload: this.#workload,
      random: random.fork('generator'),
      processes: options.processes,
      ratePerSecond: options.ratePerSecond,
      untilNs,
      sessionTimeoutMs: this.#sessionTimeoutMs,
      requestTimeoutMs: this.#requestTimeoutMs,
      observe: (type) => this.#observe(type),
      ...(script === null ? {} : { script }),
      ...(drawn.drawnOperation === undefined ? {} : { drawn: drawn.drawnOperation }),
    });
    // An interrupted run is torn down at once; nothing may begin while its servers go.
    this.#setting.signal?.addEventListener('abort', () => generator.stop(), { once: true });
    this.#enter('running');
    const working = generator.run();
    try {
      await this.#runNemesis(generator, { startNs, untilNs });
    } catch (error) {
      generator.stop();
      await working;
      throw error;
    }
    await working;
    if (generator.crash !== null) this.#problems.push(`the workload crashed: ${generator.crash.message}`);
    return generator;
  }

  async #runNemesis(
    generator: Generator,
    { startNs, untilNs }: { readonly startNs: number; readonly untilNs: number },
  ): Promise<void> {
    const { ensemble, options, recorder, random, signal, drawn } = this.#setting;
    const nemeses = options.nemeses.flatMap((name) => findNemesis(name) ?? []);
    const script = options.script?.faults ?? null;
    if (nemeses.length === 0) return;
    // A server that never came up would be blamed on the first fault.
    const deadlineNs = ensemble.clock.nowNs() + firstServiceMs[ensemble.world] * 1e6;
    const statuses = await awaitServing(ensemble, deadlineNs);
    if (!isServing(statuses)) throw await this.#neverServed('not every server serves');
    this.#nemesis = new NemesisRun({
      tools: {
        ensemble,
        random: random.fork('faults'),
        deal: createDealer(random.fork('shapes')),
        clients: generator.clientFaults,
        setQuiet: (isQuiet) => generator.setQuiet(isQuiet),
        isWanted: () => signal?.aborted !== true,
      },
      nemeses,
      recorder,
      random: random.fork('schedule'),
      startNs,
      untilNs,
      acknowledged: () => this.#counts.ok,
      leastAcknowledged: leastAcknowledged(options.ratePerSecond),
      longestWaitMs: this.recoveryBoundMs,
      hasFixedMembers: !this.#changesMembership,
      ...(script === null ? {} : { script }),
      ...(drawn.drawnFault === undefined ? {} : { drawn: drawn.drawnFault }),
    });
    await this.#nemesis.run();
  }

  /** Where the harness left a fault in place, nothing is healed and nothing is noted: it is to blame, not the servers. */
  async #recover(): Promise<void> {
    if (this.#nemesis?.isHealed === false) return;
    const { ensemble, recorder } = this.#setting;
    if (this.#changesMembership) await this.#restoreMembership();
    const client = (): Client => this.#ownClient();
    this.#recovery = await awaitRecovery({ ensemble, recorder, client, boundMs: this.recoveryBoundMs });
  }

  /** A server that the workload left out serves nobody. If this fails, recovery fails as well, and is judged. */
  async #restoreMembership(): Promise<void> {
    const { ensemble, recorder, signal } = this.#setting;
    try {
      await restoreMembership({ ensemble, isWanted: () => signal?.aborted !== true });
    } catch (error) {
      recorder.note('not-restored', error instanceof Error ? error.message : String(error));
    }
  }

  async #finish(generator: Generator): Promise<void> {
    const { ensemble, recorder } = this.#setting;
    await Promise.all([generator.closeClients(), this.#workload.end?.()]);
    const crash = await performFinalReads({
      ensemble,
      recorder,
      workload: this.#workload,
      client: () => this.#ownClient(),
      takeProcess: () => generator.takeProcess(),
      sessionTimeoutMs: this.#sessionTimeoutMs,
      requestTimeoutMs: this.#requestTimeoutMs,
      deadlineMs: this.recoveryBoundMs,
    });
    if (crash !== null) this.#problems.push(`the final reads crashed: ${crash.message}`);
  }

  /** The run's own client, which may reach any server; a new one when the faults cost it its session. */
  #ownClient(): Client {
    if (this.#client !== null && this.#client.state !== 'expired') return this.#client;
    const { ensemble } = this.#setting;
    this.#client = ensemble.client({
      servers: sidsOf(ensemble),
      sessionTimeoutMs: this.#sessionTimeoutMs,
      requestTimeoutMs: this.#requestTimeoutMs,
    });
    return this.#client;
  }

  #ownSessions(): OwnSessions {
    const { ensemble } = this.#setting;
    return {
      servers: sidsOf(ensemble),
      tickMs: ensemble.tickMs,
      open: (options) => ensemble.client({ ...options, requestTimeoutMs: this.#requestTimeoutMs }),
      sleep: (ms) => ensemble.clock.sleep(ms),
    };
  }

  #observe(type: OperationType): void {
    if (type === 'invoke') this.#firstOperationSeconds ??= performance.now() / 1000;
    this.#counts[type]++;
  }

  #enter(phase: RunPhase): void {
    this.#phase = phase;
    this.#report();
  }

  #report(): void {
    const { ensemble, options, progress } = this.#setting;
    const { ok, fail, info } = this.#counts;
    progress({
      phase: this.#phase,
      elapsedMs: ensemble.clock.nowNs() / 1e6,
      timeLimitMs: options.timeLimitMs,
      ok,
      fail,
      info,
      fault: this.#nemesis?.current ?? null,
    });
  }

  async #neverServed(reason: string): Promise<EnvironmentError> {
    const { ensemble } = this.#setting;
    const statuses = await Promise.all(sidsOf(ensemble).map((sid) => ensemble.status(sid)));
    return new EnvironmentError(
      `the ensemble did not serve within ${firstServiceMs[ensemble.world] / 1000} s, before any fault: ` +
        `${reason} (${statuses.map(describeStatus).join(', ')}); its logs are in the folder of the run`,
    );
  }
}

function describeStatus({ sid, mode }: ServerStatus): string {
  return `server ${sid} ${mode}`;
}

/** Throws EnvironmentError before anything is started when a fault or a workload cannot be had in this world. */
export function requireNemeses(options: RunOptions, ensemble: Ensemble): void {
  const nemeses = options.nemeses.flatMap((name) => findNemesis(name) ?? []);
  const [unavailable] = unavailableNemeses(nemeses, ensemble);
  if (unavailable !== undefined) throw new EnvironmentError(`${unavailable}; leave it out of --nemesis`);
  const workload = options.workloads.find((name) => findWorkload(name)?.changesMembership === true);
  if (workload === undefined) return;
  const counting = nemeses.find(needsFixedMembers);
  if (counting !== undefined) {
    throw new EnvironmentError(
      `workload ${workload} changes who votes, and nemesis ${counting.name} counts on those whom it spares: together they may leave too few; leave one of them out`,
    );
  }
  if (ensemble.capabilities.has('reconfig')) return;
  throw new EnvironmentError(
    `workload ${workload} is not available in the ${ensemble.world} world, which lacks reconfig; leave it out of --workload`,
  );
}
