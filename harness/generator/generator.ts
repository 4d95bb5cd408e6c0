// The client side of a run: logical processes, each single-threaded with a session of its own, that ask the
// workload for operations at the rate of the run until time is up. After an operation in doubt a process goes
// on under a new number, as in Jepsen, because the old one's operation may still be under way.
// Most processes stay with one server, so that every server has clients of its own whatever happens to it; the
// others move on when their server is lost, and now and then by themselves, so that sessions move.

import type { ClientFaults } from '../client/client-faults.ts';
import type { Client } from '../client/client.ts';
import type { Ensemble } from '../ensemble/ensemble.ts';
import type { OperationType } from '../history/operation.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import type { Random } from '../random/random.ts';
import type { Request, WorkloadRun } from '../../workloads/workload.ts';
import { Pacing } from './pacing.ts';
import { performOperation } from './perform.ts';
import type { Performance } from './perform.ts';
import type { ScriptedOperation } from './scripted-operation.ts';

/** Of its operations, the share before which a moving process gives its server up. */
const moveRatio = 0.01;
/** Between looks at something that has no event of its own. */
const pollMs = 20;

export interface GeneratorOptions {
  readonly ensemble: Pick<Ensemble, 'clock' | 'client' | 'servers'>;
  readonly recorder: HistoryRecorder;
  readonly workload: WorkloadRun;
  readonly random: Random;
  readonly processes: number;
  readonly ratePerSecond: number;
  /** Time of the run's clock at which no further operation begins. */
  readonly untilNs: number;
  readonly sessionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Told of every operation as it begins and as it ends. */
  readonly observe?: (type: OperationType) => void;
  /** Exactly these operations, instead of a stream at the rate of the run. */
  readonly script?: readonly ScriptedOperation[];
  /** Told of every operation as it would stand in a script. */
  readonly drawn?: (operation: ScriptedOperation) => void;
}

export class Generator {
  readonly #options: GeneratorOptions;
  readonly #clients: (Client | null)[];
  #nextProcess: number;
  #isStopped = false;
  #isQuiet = false;
  #openCount = 0;
  #crash: Error | null = null;
  #drawCount = 0;
  readonly #startNs: number;

  constructor(options: GeneratorOptions) {
    this.#options = options;
    this.#clients = Array.from({ length: options.processes }, () => null);
    this.#nextProcess = options.processes;
    this.#startNs = options.ensemble.clock.nowNs();
  }

  /** The first thing that a workload threw and should not have. */
  get crash(): Error | null {
    return this.#crash;
  }

  /** Resolves when the last operation has completed. */
  async run(): Promise<void> {
    if (this.#options.script !== undefined) return this.#runScript(this.#options.script);
    await Promise.all(this.#clients.map((_, place) => this.#runProcess(place)));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** While quiet, no new operation begins; sessions live on by their pings. */
  setQuiet(isQuiet: boolean): void {
    this.#isQuiet = isQuiet;
  }

  /** The clients, for faults that hit them. */
  get clientFaults(): ClientFaults {
    return {
      sessionTimeoutMs: this.#options.sessionTimeoutMs,
      connected: () =>
        this.#clients.flatMap((client, place) =>
          client === null || isGone(client)
            ? []
            : [{ place, server: client.server, servers: this.#serversOf(place) }],
        ),
      drop: (place) => this.#clients[place]?.drop(),
      kill: (place) => this.#clients[place]?.abandon(),
      setSilent: (place, isSilent) => this.#clients[place]?.setSilent(isSilent),
    };
  }

  /** Operations under way. */
  get openCount(): number {
    return this.#openCount;
  }

  /** A number that no process has had. */
  takeProcess(): number {
    return this.#nextProcess++;
  }

  /** Ends every session on the server, so that nothing of this workload can happen any more. */
  async closeClients(): Promise<void> {
    await Promise.all(this.#clients.map(async (client) => client?.close()));
  }

  async #runProcess(place: number): Promise<void> {
    const { ensemble, random, processes, ratePerSecond } = this.#options;
    const own = random.fork(`process ${place}`);
    const startMs = ensemble.clock.nowNs() / 1e6;
    const pacing = new Pacing({ random: own.fork('pacing'), ratePerSecond, processes, startMs });
    const isMoving = place % 3 === 2;
    let process = place;
    await this.#firstConnection(place);

    for (;;) {
      const delayMs = this.#delayMs(pacing);
      if (delayMs > 0) await ensemble.clock.sleep(delayMs);
      while (this.#isQuiet && !this.#isOver) await ensemble.clock.sleep(pollMs);
      pacing.began(ensemble.clock.nowNs() / 1e6);
      if (this.#isOver) return;
      const client = this.#clientOf(place);
      const moves = isMoving && own.chance(moveRatio);
      if (moves) client.drop();
      const request = this.#draw(process, moves);
      // Few frames stand between an answer and the next operation: each is paid for by every operation of a run.
      if (this.#isInDoubt(await this.#perform(client, process, request))) process = this.#renumber(process);
    }
  }

  /** Numbers keep their place modulo the number of processes, as Jepsen's tools expect. */
  #renumber(process: number): number {
    const { processes } = this.#options;
    const next = process + processes;
    this.#nextProcess = Math.max(this.#nextProcess, next + processes);
    return next;
  }

  #draw(process: number, moves: boolean): Request {
    const { workload, drawn, ensemble, processes } = this.#options;
    drawn?.({
      draw: this.#drawCount,
      place: process % processes,
      atMs: (ensemble.clock.nowNs() - this.#startNs) / 1e6,
      moves,
    });
    this.#drawCount++;
    return workload.next(process);
  }

  async #runScript(script: readonly ScriptedOperation[]): Promise<void> {
    const { clock } = this.#options.ensemble;
    const lanes = new Map<number, ScriptedLane>();
    for (const { place } of script) lanes.set(place, { process: place, over: Promise.resolve() });
    await Promise.all([...lanes.keys()].map((place) => this.#firstConnection(place)));
    for (const { draw, place, atMs, moves } of script) {
      const delayMs = atMs - (clock.nowNs() - this.#startNs) / 1e6;
      if (delayMs > 0) await clock.sleep(delayMs);
      while (this.#isQuiet && !this.#isOver) await clock.sleep(pollMs);
      if (this.#isOver) break;
      const lane = lanes.get(place) as ScriptedLane;
      while (this.#drawCount < draw) this.#draw(place, false);
      const request = this.#draw(lane.process, moves);
      lane.over = lane.over.then(() => this.#performScripted(lane, { place, request, moves }));
    }
    await Promise.all([...lanes.values()].map(({ over }) => over));
  }

  async #performScripted(
    lane: ScriptedLane,
    { place, request, moves }: { readonly place: number; readonly request: Request; readonly moves: boolean },
  ): Promise<void> {
    if (this.#isOver) return;
    const client = this.#clientOf(place);
    if (moves) client.drop();
    if (this.#isInDoubt(await this.#perform(client, lane.process, request))) {
      lane.process = this.#renumber(lane.process);
    }
  }

  /** `#isInDoubt` must be given what comes of it. */
  #perform(client: Client, process: number, request: Request): Promise<Performance> {
    const { recorder, workload, observe } = this.#options;
    this.#openCount++;
    observe?.('invoke');
    return performOperation({ recorder, workload, client, process, request });
  }

  /** Takes note of an operation that is over. With one in doubt its process is in doubt as well. */
  #isInDoubt({ completion, crash }: Performance): boolean {
    this.#openCount--;
    this.#crash ??= crash;
    this.#options.observe?.(completion.type);
    return completion.type === 'info';
  }

  /** Until the next operation of a process, or the end. */
  #delayMs(pacing: Pacing): number {
    const nowNs = this.#options.ensemble.clock.nowNs();
    return Math.min(pacing.delayMs(nowNs / 1e6), (this.#options.untilNs - nowNs) / 1e6);
  }

  /** The first operations would fail for want of a session, which says nothing about the ensemble. */
  async #firstConnection(place: number): Promise<void> {
    const { ensemble, requestTimeoutMs } = this.#options;
    const client = this.#clientOf(place);
    const deadlineNs = ensemble.clock.nowNs() + requestTimeoutMs * 1e6;
    while (client.state === 'connecting' && ensemble.clock.nowNs() < deadlineNs && !this.#isOver) {
      await ensemble.clock.sleep(pollMs);
    }
  }

  get #isOver(): boolean {
    return this.#isStopped || this.#options.ensemble.clock.nowNs() >= this.#options.untilNs;
  }

  #serversOf(place: number): readonly number[] {
    return serversOf(
      place,
      this.#options.ensemble.servers.map(({ sid }) => sid),
    );
  }

  #clientOf(place: number): Client {
    const present = this.#clients[place] ?? null;
    if (present !== null && !isGone(present)) return present;
    const { ensemble, sessionTimeoutMs, requestTimeoutMs } = this.#options;
    const client = ensemble.client({
      servers: this.#serversOf(place),
      sessionTimeoutMs,
      requestTimeoutMs,
    });
    this.#clients[place] = client;
    return client;
  }
}

/** One client of a script: its operations follow one another. */
interface ScriptedLane {
  process: number;
  over: Promise<void>;
}

function isGone({ state }: Client): boolean {
  return state === 'expired' || state === 'closed';
}

/** Two of three processes stay with one server, the third may move through all of them. */
export function serversOf(place: number, sids: readonly number[]): readonly number[] {
  const first = place % sids.length;
  const rotated = [...sids.slice(first), ...sids.slice(0, first)];
  return place % 3 === 2 ? rotated : rotated.slice(0, 1);
}
