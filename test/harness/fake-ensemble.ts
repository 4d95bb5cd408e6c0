// An ensemble for tests of what harms ensembles: it remembers what was done to it, and each of its powers can
// be made to fail quietly, which is what a proof must notice.

import { WithoutDeeperFaults } from '../../harness/ensemble/deeper-faults.ts';
import type { Client, ClientOptions } from '../../harness/client/client.ts';
import type {
  Capability,
  Cut,
  Ensemble,
  EnsembleFiles,
  ServerDescription,
  ServerStatus,
} from '../../harness/ensemble/ensemble.ts';
import { FakeClient, FakeStore } from './fake-client.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface FakeEnsembleOptions {
  readonly servers?: number;
  readonly observers?: number;
  readonly leader?: number | null;
  readonly capabilities?: readonly Capability[];
  /** Calls that do nothing although they say they did. */
  readonly toothless?: readonly ('kill' | 'powerLoss' | 'pause' | 'setCuts')[];
  /** Calls that throw. */
  readonly broken?: readonly ('kill' | 'startServer' | 'setCuts')[];
  readonly makeClient?: (options: ClientOptions) => Client;
}

export class FakeEnsemble extends WithoutDeeperFaults implements Ensemble {
  readonly reportCount = 0;
  readonly world = 'sim';
  readonly clock = new VirtualClock();
  readonly capabilities: ReadonlySet<Capability>;
  readonly servers: readonly ServerDescription[];
  readonly versions = {};
  readonly tickMs = 100;
  readonly initLimit = 10;
  readonly syncLimit = 5;
  readonly store = new FakeStore();
  /** What was done, in words and in order. */
  readonly deeds: string[] = [];
  leader: number | null;
  cuts: readonly Cut[] = [];
  readonly dead = new Set<number>();
  readonly paused = new Set<number>();
  readonly #options: FakeEnsembleOptions;

  constructor(options: FakeEnsembleOptions = {}) {
    const { servers = 5, observers = 0, leader = servers } = options;
    super();
    this.#options = options;
    this.leader = leader;
    this.capabilities = new Set(options.capabilities ?? ['kill', 'pause', 'partition', 'powerLoss']);
    this.servers = Array.from({ length: servers + observers }, (_, index) => ({
      sid: index + 1,
      role: index < servers ? 'participant' : 'observer',
      system: 'zab',
      quorumSync: true,
    }));
  }

  async start(): Promise<void> {}

  client(options: ClientOptions): Client {
    return this.#options.makeClient?.(options) ?? new FakeClient(this.store);
  }

  async status(sid: number): Promise<ServerStatus> {
    if (this.dead.has(sid)) return { sid, mode: 'dead', zxid: null };
    if (this.paused.has(sid)) return { sid, mode: 'paused', zxid: null };
    const role = this.servers[sid - 1]?.role === 'observer' ? 'observer' : 'follower';
    return { sid, mode: sid === this.leader ? 'leader' : role, zxid: this.store.zxid };
  }

  async kill(sid: number): Promise<void> {
    this.#do('kill', `kill ${sid}`);
    if (this.#hasTeeth('kill')) this.#stop(sid);
  }

  async powerLoss(sid: number): Promise<void> {
    this.#do('powerLoss', `power loss ${sid}`);
    if (this.#hasTeeth('powerLoss')) this.#stop(sid);
  }

  async startServer(sid: number): Promise<void> {
    this.#do('startServer', `start ${sid}`);
    this.dead.delete(sid);
    this.leader ??= this.dead.size === 0 ? sid : null;
  }

  async pause(sid: number): Promise<void> {
    this.#do('pause', `pause ${sid}`);
    if (this.#hasTeeth('pause')) this.paused.add(sid);
  }

  async resume(sid: number): Promise<void> {
    this.#do('resume', `resume ${sid}`);
    this.paused.delete(sid);
  }

  async setCuts(cuts: readonly Cut[]): Promise<void> {
    this.#do('setCuts', `cut ${cuts.length}`);
    if (this.#hasTeeth('setCuts')) this.cuts = cuts;
  }

  async isRunning(sid: number): Promise<boolean> {
    return !this.dead.has(sid);
  }

  async isPaused(sid: number): Promise<boolean> {
    return this.paused.has(sid);
  }

  async canReach(from: number, to: number): Promise<boolean> {
    return !this.cuts.some((cut) => cut.from === from && cut.to === to);
  }

  async collect(): Promise<EnsembleFiles> {
    return { files: new Map(), trace: [] };
  }

  watchTrace(): null {
    return null;
  }

  traceHash(): null {
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Whoever of the others has the highest id leads next. */
  #stop(sid: number): void {
    this.dead.add(sid);
    if (this.leader !== sid) return;
    const alive = this.servers.filter(
      (server) => !this.dead.has(server.sid) && server.role === 'participant',
    );
    this.leader = alive.length > this.servers.length / 2 ? (alive.at(-1)?.sid ?? null) : null;
  }

  #do(power: string, deed: string): void {
    this.deeds.push(deed);
    if (this.#options.broken?.some((broken) => broken === power) === true) {
      throw new Error(`${deed}: out of order`);
    }
  }

  #hasTeeth(power: 'kill' | 'powerLoss' | 'pause' | 'setCuts'): boolean {
    return this.#options.toothless?.includes(power) !== true;
  }
}
