// One interface, three worlds: an ensemble in the simulated world, in Docker, or somebody else's behind
// endpoints. Runs, workloads and nemeses are written against this and know no world.

import type { Administration } from '../client/administration.ts';
import type { Client, ClientOptions } from '../client/client.ts';
import type { TraceEvent } from '../history/trace-event.ts';
import type { DeeperFaults } from './deeper-faults.ts';

export type WorldName = 'sim' | 'docker' | 'endpoints';

/** What a world can do to its servers. */
export type Capability =
  | 'kill'
  | 'pause'
  | 'partition'
  | 'powerLoss'
  | 'links'
  | 'clock'
  | 'disk'
  | 'bitRot'
  | 'wipe'
  | 'reconfig'
  /** Servers report what they do, into `trace.jsonl`. */
  | 'traces'
  /** And the run can wait for a report as it is made. */
  | 'anchors'
  | 'mutants';

export interface ServerDescription {
  readonly sid: number;
  readonly role: 'participant' | 'observer';
  readonly system: string;
  /** `sync` is a quorum barrier here; Apache ZooKeeper's is not, so sync-then-read may be stale there. */
  readonly quorumSync: boolean;
}

export interface ServerStatus {
  readonly sid: number;
  /** `none`: alive but not serving; `dead`: no process answers; `paused`: it exists and does not run. */
  readonly mode: 'leader' | 'follower' | 'observer' | 'standalone' | 'none' | 'dead' | 'paused';
  readonly zxid: number | null;
}

/** Time of a run: virtual in the simulated world, the monotonic clock elsewhere. */
export interface RunClock {
  /** Nanoseconds since the run's clock started; never falls. */
  nowNs(): number;
  sleep(ms: number): Promise<void>;
}

/** Directed: traffic from `from` to `to` is cut. */
export interface Cut {
  readonly from: number;
  readonly to: number;
}

export type TraceWatch = (event: TraceEvent) => void;

export interface EnsembleFiles {
  /** Relative path in the run folder, then content: logs, data directories. */
  readonly files: ReadonlyMap<string, Buffer | string>;
  /** Lines of `trace.jsonl`, in the order of their times; empty where there are none, or `watchTrace` shows them. */
  readonly trace: readonly string[];
}

export interface Ensemble extends AsyncDisposable, DeeperFaults {
  readonly world: WorldName;
  readonly clock: RunClock;
  readonly capabilities: ReadonlySet<Capability>;
  readonly servers: readonly ServerDescription[];
  /** Versions and image digests, for run.json. */
  readonly versions: Readonly<Record<string, string>>;
  /** Tick of the servers, from which the nemesis and recovery bounds are derived. */
  readonly tickMs: number;
  readonly initLimit: number;
  readonly syncLimit: number;
  /** For clients that change the membership; absent without the capability `reconfig`. */
  readonly administration?: Administration;

  /** Starts every server. Does not wait for a quorum. */
  start(): Promise<void>;
  client(options: ClientOptions): Client;
  status(sid: number): Promise<ServerStatus>;

  /** kill -9: memory is gone, what the disk was told stays (the page cache survives). */
  kill(sid: number): Promise<void>;
  /** Power loss: the process is gone and so is what was not fsynced. Needs capability `powerLoss`. */
  powerLoss(sid: number): Promise<void>;
  startServer(sid: number): Promise<void>;
  pause(sid: number): Promise<void>;
  resume(sid: number): Promise<void>;
  /** Replaces the whole set of cuts; an empty list heals. Both existing and new connections are affected. */
  setCuts(cuts: readonly Cut[]): Promise<void>;

  /** Proof that a fault bit: is the process running; can `from` reach `to` over the network right now. */
  isRunning(sid: number): Promise<boolean>;
  isPaused(sid: number): Promise<boolean>;
  canReach(from: number, to: number): Promise<boolean>;

  collect(): Promise<EnsembleFiles>;
  /** How often servers reported something so far; 0 where nobody knows the order of what they report. */
  readonly reportCount: number;
  /**
   * Shows every further report at the moment at which it is made, in an order that agrees with cause and effect; the
   * answer ends that. Reports are kept nowhere, a minute has a million. Null where nobody knows such an order, and
   * where the servers report nothing.
   */
  watchTrace(watch: TraceWatch): (() => void) | null;
  /** Simulated world: a hash over everything that happened, equal for equal seeds. Null elsewhere. */
  traceHash(): string | null;
}

/** The environment cannot run this: no engine, no image, a server that never served. Exit code 3. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}
