// The ensemble in the simulated world: bundled servers, network, disks, clocks and clients in one process
// and in virtual time. One seed is one run. Time passes by itself while somebody waits for a client, a sleep
// or a probe, and for nothing else; `drive` also tells when the world itself failed.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import type { Administration } from '../client/administration.ts';
import type { Client, ClientOptions } from '../client/client.ts';
import { ZooKeeperClient } from '../client/zookeeper-client.ts';
import type { TraceEvent } from '../history/trace-event.ts';
import type { Random } from '../random/random.ts';
import type { MessageLog } from '../simulation/message-log.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { nsPerMs, Scheduler } from '../simulation/scheduler.ts';
import { SimulatedServer } from '../simulation/simulated-server.ts';
import type { MakeServer } from '../simulation/simulated-server.ts';
import { SimulatedTransport } from '../simulation/simulated-transport.ts';
import { TraceHash } from '../simulation/trace-hash.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';
import { scanLog } from '../wire/txn-log-codec.ts';
import { Administrator, administrationOf } from './administrator.ts';
import type { DiskCondition, LinkCondition, MembershipChange } from './deeper-faults.ts';
import type {
  Capability,
  Cut,
  Ensemble,
  EnsembleFiles,
  RunClock,
  ServerDescription,
  ServerStatus,
  TraceWatch,
} from './ensemble.ts';
import { loadBundledServer } from './server-module.ts';
import type { LoadServer, ServerModule } from './server-module.ts';
import { dataDirectory, memberOf, renderZooConfig } from './sim-zoo-config.ts';

const clientPort = 2181;
const turnsBetweenLoops = 256;

export interface SimEnsembleOptions {
  readonly random: Random;
  readonly servers: number;
  readonly observers?: number;
  /** The bundled server unless given; a mutant's copy comes from `loadServerFrom`. */
  readonly loadServer?: LoadServer;
  /** Name of the system under test, for reports. */
  readonly system?: string;
  readonly tickMs?: number;
  readonly initLimit?: number;
  readonly syncLimit?: number;
  readonly snapCount?: number;
  readonly commitLogCount?: number;
  /** Whether servers report what they do; on unless said otherwise. */
  readonly traces?: boolean;
  /** Sees what servers send one another. */
  readonly messages?: MessageLog;
  /** Whether the membership may be changed; off unless said otherwise. */
  readonly reconfig?: boolean;
}

export function createSimEnsemble(options: SimEnsembleOptions): SimEnsemble {
  return new SimEnsemble(options);
}

/** Waits for `main` and, where the ensemble is simulated, fails as soon as its world does. */
export function drive<T>(ensemble: Ensemble, main: Promise<T>): Promise<T> {
  return ensemble instanceof SimEnsemble ? ensemble.drive(main) : main;
}

export class SimEnsemble implements Ensemble {
  readonly world = 'sim';
  readonly clock: RunClock;
  readonly capabilities: ReadonlySet<Capability>;
  readonly servers: readonly ServerDescription[];
  readonly versions: Readonly<Record<string, string>>;
  readonly tickMs: number;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly #options: SimEnsembleOptions;
  readonly #random: Random;
  readonly #hash = new TraceHash();
  readonly #scheduler = new Scheduler(this.#hash);
  readonly #time = new VirtualTime(this.#scheduler, afterContinuations);
  readonly #network: SimulatedNetwork;
  readonly #machines = new Map<number, SimulatedServer>();
  #reportCount = 0;
  /** Replaced, never changed: one may leave while all are shown a report. */
  #traceWatches: readonly TraceWatch[] = [];
  readonly #clients: ZooKeeperClient[] = [];
  readonly administration?: Administration;
  readonly #administrator: Administrator | null = null;

  constructor(options: SimEnsembleOptions) {
    const { servers: participants, observers = 0, system = 'zab', traces = true } = options;
    this.#options = options;
    this.#random = options.random.fork('world');
    this.tickMs = options.tickMs ?? 200;
    this.initLimit = options.initLimit ?? 10;
    this.syncLimit = options.syncLimit ?? 5;
    this.versions = { zab: 'bundled', node: process.versions.node };
    this.clock = { nowNs: () => this.#scheduler.nowNs, sleep: (ms) => this.#time.sleep(ms) };
    this.capabilities = new Set<Capability>([
      'kill',
      'pause',
      'partition',
      'powerLoss',
      'links',
      'clock',
      'disk',
      'bitRot',
      'wipe',
      'mutants',
      ...(options.reconfig === true ? (['reconfig'] as const) : []),
      ...(traces ? (['traces', 'anchors'] as const) : []),
    ]);
    this.servers = Array.from({ length: participants + observers }, (_, index) => ({
      sid: index + 1,
      role: index < participants ? 'participant' : 'observer',
      system,
      quorumSync: true,
    }));
    if (options.reconfig === true) {
      this.administration = administrationOf(
        this.servers,
        ({ sid, role }) =>
          `server.${sid}=${memberOf({ role, host: hostNameOf(sid) }, { clientPort, isReconfigurable: true })}`,
      );
      const { administration, tickMs } = this;
      this.#administrator = new Administrator({ administration, tickMs, open: (each) => this.client(each) });
    }
    const random = this.#random.fork('network');
    this.#network = new SimulatedNetwork({
      scheduler: this.#scheduler,
      random,
      hash: this.#hash,
      ...(options.messages === undefined ? {} : { messages: options.messages }),
    });
  }

  async start(): Promise<void> {
    const module = await (this.#options.loadServer ?? loadBundledServer)();
    for (const { sid } of this.servers) {
      const machine = new SimulatedServer({
        sid,
        hostName: hostNameOf(sid),
        scheduler: this.#scheduler,
        network: this.#network,
        random: this.#random.fork(`server ${sid}`),
        makeServer: this.#makerOf(module, sid),
        trace: this.capabilities.has('traces') ? this.#report : undefined,
      });
      machine.disk.install(`${dataDirectory}/myid`, Buffer.from(`${sid}\n`));
      this.#machines.set(sid, machine);
    }
    for (const machine of this.#machines.values()) machine.start();
  }

  drive<T>(main: Promise<T>): Promise<T> {
    return this.#time.drive(main);
  }

  client(options: ClientOptions): Client {
    const number = -1 - this.#clients.length;
    const transport = new SimulatedTransport({
      network: this.#network,
      host: this.#network.addHost(`client${-number}`, number),
      addressOf: (sid) => ({ host: hostNameOf(sid), port: clientPort }),
      waiting: this.#time,
    });
    const client = new ZooKeeperClient(transport, options);
    this.#clients.push(client);
    return client;
  }

  async status(sid: number): Promise<ServerStatus> {
    const machine = this.#machine(sid);
    if (!machine.isRunning) return { sid, mode: 'dead', zxid: null };
    if (machine.isPaused) return { sid, mode: 'paused', zxid: null };
    // A look inside instead of a four-letter word: runs ask every few virtual milliseconds.
    const server = machine.server;
    const mode = server?.mode ?? 'none';
    return { sid, mode, zxid: mode === 'none' ? null : (server?.lastProcessedZxid ?? null) };
  }

  async kill(sid: number): Promise<void> {
    this.#machine(sid).kill();
  }

  async powerLoss(sid: number): Promise<void> {
    this.#machine(sid).losePower();
  }

  async startServer(sid: number): Promise<void> {
    this.#machine(sid).start();
  }

  async pause(sid: number): Promise<void> {
    this.#machine(sid).pause();
  }

  async resume(sid: number): Promise<void> {
    this.#machine(sid).resume();
  }

  async setCuts(cuts: readonly Cut[]): Promise<void> {
    this.#network.setCuts(cuts);
  }

  reconfigure(at: number, change: MembershipChange, withinMs: number): Promise<string | null> {
    assert.ok(this.#administrator !== null, 'the membership of this ensemble is fixed');
    return this.#administrator.reconfigure(at, change, withinMs);
  }

  async setLinks(conditions: readonly LinkCondition[]): Promise<void> {
    this.#network.setConditions(conditions);
  }

  async linkDelayMs(from: number, to: number): Promise<number | null> {
    const startNs = this.#scheduler.nowNs;
    const isReached = await this.canReach(from, to);
    return isReached ? (this.#scheduler.nowNs - startNs) / nsPerMs : null;
  }

  async resetLinks(one: number, other: number): Promise<number> {
    return this.#network.reset(this.#machine(one).host, this.#machine(other).host);
  }

  async jumpClock(sid: number, byMs: number): Promise<void> {
    this.#machine(sid).clock.jump(byMs);
  }

  async driftClock(sid: number, rate: number): Promise<void> {
    this.#machine(sid).clock.setRate(rate);
  }

  async clockOffsetMs(sid: number): Promise<number> {
    return this.#machine(sid).clock.offsetMs;
  }

  async setDisk(sid: number, { slowness, error }: DiskCondition): Promise<void> {
    const { disk } = this.#machine(sid);
    if (slowness !== undefined) disk.slowness = slowness;
    if (error !== undefined) disk.fault = error;
  }

  async diskOf(sid: number): Promise<Required<DiskCondition>> {
    const { slowness, fault } = this.#machine(sid).disk;
    return { slowness, error: fault };
  }

  async wipe(sid: number): Promise<void> {
    const machine = this.#machine(sid);
    assert.ok(!machine.isRunning, `server ${sid} runs; its disk can only be wiped while it does not`);
    machine.disk.wipe(`${dataDirectory}/`, { keep: [`${dataDirectory}/myid`] });
  }

  async rot(sid: number, what: 'log' | 'snapshot', random: Random): Promise<string | null> {
    const prefix = what === 'log' ? 'log.' : 'snapshot.';
    const endOf = what === 'log' ? startOfLastRecord : undefined;
    return this.#machine(sid).disk.rot((path) => basename(path).startsWith(prefix), random, endOf);
  }

  awaitTrace(matches: (event: TraceEvent) => boolean, withinMs: number): Promise<TraceEvent | null> {
    return this.#time.wait((settle) => {
      const timeout = this.#scheduler.after(withinMs * nsPerMs, () => finish(null));
      const finish = (event: TraceEvent | null): void => {
        this.#scheduler.cancel(timeout);
        unwatch();
        settle(event);
      };
      const unwatch = this.#watch((event) => {
        if (matches(event)) finish(event);
      });
    });
  }

  async isRunning(sid: number): Promise<boolean> {
    return this.#machine(sid).isRunning;
  }

  async isPaused(sid: number): Promise<boolean> {
    return this.#machine(sid).isPaused;
  }

  /** By a datagram over the simulated network, so cuts and nothing else decide. */
  canReach(from: number, to: number): Promise<boolean> {
    const { host: fromHost } = this.#machine(from);
    const { host: toHost } = this.#machine(to);
    return this.#time.wait((settle) => this.#network.probe(fromHost, toHost, settle));
  }

  async collect(): Promise<EnsembleFiles> {
    const files = new Map<string, Buffer | string>();
    for (const [sid, machine] of this.#machines) {
      files.set(`logs/server-${sid}.log`, machine.logLines.map((line) => `${line}\n`).join(''));
      for (const [path, content] of machine.disk.contents()) files.set(`data/server-${sid}${path}`, content);
    }
    return { files, trace: [] };
  }

  get reportCount(): number {
    return this.#reportCount;
  }

  watchTrace(watch: TraceWatch): (() => void) | null {
    return this.capabilities.has('traces') ? this.#watch(watch) : null;
  }

  traceHash(): string {
    return this.#hash.digest();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#time.stop();
    for (const client of this.#clients) client.abandon();
  }

  readonly #report = (event: TraceEvent): void => {
    this.#reportCount += 1;
    const watches = this.#traceWatches;
    for (let at = 0; at < watches.length; at++) watches[at]?.(event);
  };

  #watch(watch: TraceWatch): () => void {
    this.#traceWatches = [...this.#traceWatches, watch];
    return () => {
      this.#traceWatches = this.#traceWatches.filter((each) => each !== watch);
    };
  }

  #machine(sid: number): SimulatedServer {
    const machine = this.#machines.get(sid);
    assert.ok(machine !== undefined, `server ${sid} of a started ensemble of ${this.servers.length}`);
    return machine;
  }

  #makerOf(module: ServerModule, sid: number): MakeServer {
    const text = renderZooConfig({
      tickMs: this.tickMs,
      initLimit: this.initLimit,
      syncLimit: this.syncLimit,
      snapCount: this.#options.snapCount ?? 200,
      commitLogCount: this.#options.commitLogCount ?? 50,
      clientPort,
      isReconfigurable: this.#options.reconfig === true,
      servers: this.servers.map((server) => ({ ...server, host: hostNameOf(server.sid) })),
    });
    const config = module.withServerId(
      module.parseZooConfig(text, 'zoo.cfg'),
      `${dataDirectory}/myid`,
      `${sid}`,
    );
    return (ports) => new module.ZabServer(config, ports);
  }
}

function hostNameOf(sid: number): string {
  return `server${sid}`;
}

/**
 * The one place where the simulated world meets the real event loop. A tick comes right after the microtasks
 * and costs next to nothing; every so often a whole turn of the loop lets signals and progress lines through.
 */
function afterContinuations(turn: () => void): () => void {
  const settled = Promise.resolve();
  // By way of a microtask, for a tick that is asked for inside a tick comes before the microtasks.
  const askForTick = (): void => process.nextTick(turn);
  let count = 0;
  return () => {
    if (++count % turnsBetweenLoops === 0) setImmediate(turn);
    else void settled.then(askForTick);
  };
}

/**
 * The last record is spared: damaged it looks like the torn tail of a write that nobody was told of, and no server
 * that keeps Apache ZooKeeper's files could tell.
 */
function startOfLastRecord(log: Buffer): number {
  return scanLog(log).records.at(-1)?.offset ?? 0;
}
