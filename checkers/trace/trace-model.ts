// The ensemble as its servers reported it so far: logs, what of them is durable, epochs, roles, and what was
// decided. Invariants look at it before an event changes it.

import { FirstApplications } from './first-applications.ts';
import { ProposedRequests } from './proposed-requests.ts';
import { RisingNumbers } from './rising-numbers.ts';
import { epochOf, epochStart } from './zxids.ts';
import type { TraceEvent } from '../../harness/history/trace-event.ts';

/** Who votes in one configuration; weights are 1 unless given. */
export interface VotingConfiguration {
  readonly voters: ReadonlySet<number>;
}

export class ServerModel {
  readonly sid: number;
  incarnation = 0;
  instance = 0;
  /** From the last STATE; null before one, as in a server that stands alone. */
  state: string | null = null;
  /** Clients may be served: since ACTIVATE or UPTODATE. */
  isServing = false;
  /** Looking for a leader and answering readers meanwhile. */
  isReadOnly = false;
  acceptedEpoch = 0;
  /** What `acceptedEpoch` was before it was last written. */
  acceptedBefore = 0;
  currentEpoch = 0;
  /** Everything up to here is in a snapshot; the log holds what is above it. */
  baseZxid = 0;
  /**
   * zxid → hash of what was logged. Above `baseZxid` it is the log; what is below is read again where the newest
   * snapshot rots and an older one is loaded.
   */
  readonly records = new RisingNumbers();
  lastLogged = 0;
  /** The log is on the disk up to here. */
  durableZxid = 0;
  lastApplied = 0;
  /** When it last ended serving: what was applied by then may still be answered in that very moment. */
  servedUntilNs = -1;
  /** The last transaction that was applied, null right after a snapshot was loaded. */
  lastAppliedTxn: number | null = null;
  /** Cut off since the last time that the cut was known to be durable. */
  readonly cut = new RisingNumbers();
  /** The leader that it has promised itself to in this role. */
  promisedTo: number | null = null;
  promisedEpoch = 0;
  /** Its NEWLEADER_ACK was sent in this role. */
  hasAdopted = false;
  /** Leader: when it became active, in its own milliseconds. */
  activeSinceMs = 0;

  constructor(sid: number) {
    this.sid = sid;
  }

  /** Whether the record is in the log, or below it in the snapshot. */
  holds(zxid: number, hash: number): boolean {
    return zxid <= this.baseZxid || this.records.holds(zxid, hash);
  }

  /** What is above the snapshot. */
  copyLog(): RisingNumbers {
    return this.records.copyAbove(this.baseZxid);
  }

  holdsDurably(zxid: number, hash: number): boolean {
    return this.holds(zxid, hash) && zxid <= this.durableZxid;
  }
}

/** What the leader of an epoch began with, and what it proposed: all that its learners may log. */
export interface LeaderHistory {
  readonly leader: number;
  readonly epoch: number;
  readonly baseZxid: number;
  /** Where its log ended: above all that is known of it where a trace begins with disks that are not empty. */
  readonly lastZxid: number;
  /** zxid → hash of what it held when it was established, in order. */
  readonly initial: RisingNumbers;
  /** The same and its proposals. */
  readonly all: RisingNumbers;
}

/** What an acker held when it promised itself to an epoch. */
export interface Promise {
  readonly leader: number;
  readonly acceptedEpochBefore: number;
  readonly currentEpoch: number;
  readonly lastZxid: number;
}

export interface EnsembleFacts {
  readonly voters: readonly number[];
  readonly observers: readonly number[];
  readonly tickMs: number;
  readonly syncLimit: number;
}

export class TraceModel {
  readonly facts: EnsembleFacts;
  readonly servers = new Map<number, ServerModel>();
  /** The same: it is asked ten times for each report. */
  readonly #bySid: (ServerModel | undefined)[] = [];
  /** By version. */
  readonly configurations = new Map<number, VotingConfiguration>();
  readonly #histories = new Map<number, LeaderHistory>();
  #recentHistory: LeaderHistory | undefined;
  /** By epoch, then sid: counted promises only. */
  readonly promises = new Map<number, Map<number, Promise>>();
  /** zxid → hash of all that was ever proposed or found at the first start. */
  readonly proposed = new RisingNumbers();
  readonly requests = new ProposedRequests();
  /** zxid → hash. */
  readonly committed = new RisingNumbers();
  readonly applied = new FirstApplications();
  highestDecided = 0;

  constructor(facts: EnsembleFacts) {
    this.facts = facts;
    this.configurations.set(0, { voters: new Set(facts.voters) });
  }

  /**
   * A server without others has no epochs: its zxids go on after a restart where its disk ends, and what it had
   * logged counts as committed then.
   */
  get isAlone(): boolean {
    return this.facts.voters.length + this.facts.observers.length <= 1;
  }

  server(sid: number): ServerModel {
    const known = this.#bySid[sid];
    if (known !== undefined) return known;
    const server = new ServerModel(sid);
    this.servers.set(sid, server);
    this.#bySid[sid] = server;
    return server;
  }

  /** Whether those voters of a configuration that count are a quorum of it. */
  isQuorum(version: number, counts: (sid: number) => boolean): boolean {
    const voters = this.configurations.get(version)?.voters;
    if (voters === undefined) return false;
    let count = 0;
    for (const sid of voters) if (counts(sid)) count += 1;
    return count * 2 > voters.size;
  }

  /** What the leader of an epoch began with and proposed, once it is established. */
  historyOf(epoch: number): LeaderHistory | undefined {
    if (this.#recentHistory?.epoch !== epoch) this.#recentHistory = this.#histories.get(epoch);
    return this.#recentHistory;
  }

  /** `change` is what such an event changes, by `changeOf`. */
  apply(event: TraceEvent, change: Change): void {
    const server = this.server(event.sid);
    server.incarnation = event.incarnation;
    server.instance = event.instance;
    change(server, event, this);
  }

  promise(server: ServerModel, event: TraceEvent): void {
    const epoch = event.epoch ?? 0;
    server.promisedTo = event.leader ?? null;
    server.promisedEpoch = epoch;
    if (event.counted !== true) return;
    const byServer = this.promises.get(epoch) ?? new Map<number, Promise>();
    this.promises.set(epoch, byServer);
    byServer.set(server.sid, {
      leader: event.leader ?? 0,
      // The promise was written before it was given.
      acceptedEpochBefore: server.acceptedEpoch === epoch ? server.acceptedBefore : server.acceptedEpoch,
      currentEpoch: server.currentEpoch,
      lastZxid: server.lastLogged,
    });
  }

  establish(server: ServerModel, epoch: number): void {
    this.#histories.set(epoch, {
      leader: server.sid,
      epoch,
      baseZxid: server.baseZxid,
      lastZxid: server.lastLogged,
      initial: server.copyLog(),
      all: server.copyLog(),
    });
    this.#recentHistory = undefined;
    server.promisedTo = server.sid;
    server.promisedEpoch = epoch;
  }

  activate(server: ServerModel, event: TraceEvent): void {
    const epoch = event.epoch ?? 0;
    server.isServing = true;
    server.hasAdopted = true;
    server.activeSinceMs = event.timeMs;
    server.lastApplied = Math.max(server.lastApplied, epochStart(epoch));
    this.historyOf(epoch)?.initial.forEach((zxid, hash) => this.commit(zxid, hash));
  }

  propose(server: ServerModel, event: TraceEvent): void {
    const { zxid = 0, hash = 0 } = event;
    this.proposed.set(zxid, hash);
    this.requests.take(event);
    const history = this.historyOf(epochOf(zxid));
    if (history !== undefined && history.leader === server.sid) history.all.set(zxid, hash);
  }

  commit(zxid: number, hash: number): void {
    if (!this.committed.has(zxid)) this.committed.set(zxid, hash);
  }
}

/** What an event changes in the model, beside whose and in which role it is. */
export type Change = (server: ServerModel, event: TraceEvent, model: TraceModel) => void;

/** By name of the event. */
const changes = new Map<string, Change>(
  Object.entries<Change>({
    LOAD: load,
    STATE(server, event) {
      if (server.isServing) server.servedUntilNs = event.time;
      changeRole(server, event.state ?? '');
    },
    STEP_DOWN(server) {
      server.isServing = false;
    },
    EPOCH_WRITE: writeEpoch,
    EPOCH_ACK: (server, event, model) => model.promise(server, event),
    ESTABLISH: (server, event, model) => model.establish(server, event.epoch ?? 0),
    ACTIVATE: (server, event, model) => model.activate(server, event),
    UPTODATE(server, event) {
      server.isServing = true;
      server.lastApplied = Math.max(server.lastApplied, epochStart(event.epoch ?? 0));
    },
    NEWLEADER_ACK(server) {
      server.hasAdopted = true;
      server.cut.clear();
    },
    PROPOSE: (server, event, model) => model.propose(server, event),
    APPEND(server, { zxid = 0, hash = 0 }) {
      server.records.set(zxid, hash);
      server.lastLogged = zxid;
    },
    FSYNC(server, { upTo = 0 }) {
      if (upTo > server.durableZxid) server.durableZxid = upTo;
    },
    TRUNC: (server, event) => truncate(server, event.zxid ?? 0),
    SNAP_INSTALL: (server, event) => install(server, event.zxid ?? 0),
    COMMIT_DECIDE(_, { zxid = 0, hash = 0 }, model) {
      if (zxid > model.highestDecided) model.highestDecided = zxid;
      model.commit(zxid, hash);
    },
    APPLY(server, event, model) {
      const { zxid = 0 } = event;
      if (zxid > server.lastApplied) server.lastApplied = zxid;
      server.lastAppliedTxn = zxid;
      model.applied.take(event);
    },
    // Proposals are decided by it before it is in force.
    CONFIG_PROPOSED: learnConfiguration,
    CONFIG: learnConfiguration,
  }),
);

function changeNothing(): void {}

export function changeOf(eventName: string): Change {
  return changes.get(eventName) ?? changeNothing;
}

function learnConfiguration(_: ServerModel, { zxid = 0, voters }: TraceEvent, model: TraceModel): void {
  if (voters !== undefined) model.configurations.set(zxid, { voters: new Set(voters) });
}

/** A new process: what it found on its disk. */
function load(server: ServerModel, event: TraceEvent, model: TraceModel): void {
  const lastZxid = event.lastZxid ?? 0;
  const isFirst =
    server.incarnation === event.incarnation && server.records.isEmpty && server.lastLogged === 0;
  server.baseZxid = event.snapZxid ?? 0;
  server.records.setAll(server.cut);
  server.records.takeAbove(Math.max(lastZxid, server.baseZxid));
  server.cut.clear();
  server.lastLogged = lastZxid;
  server.durableZxid = lastZxid;
  server.lastApplied = server.baseZxid;
  server.lastAppliedTxn = null;
  server.acceptedEpoch = event.acceptedEpoch ?? 0;
  server.currentEpoch = event.currentEpoch ?? 0;
  changeRole(server, '');
  server.state = null;
  // A trace may begin with disks that are not empty; what they hold was proposed before it.
  if (isFirst && lastZxid > 0) model.proposed.set(lastZxid, Number.NaN);
}

function writeEpoch(server: ServerModel, { kind, epoch = 0 }: TraceEvent): void {
  if (kind === 'current') {
    server.currentEpoch = epoch;
    return;
  }
  server.acceptedBefore = server.acceptedEpoch;
  server.acceptedEpoch = epoch;
}

function changeRole(server: ServerModel, state: string): void {
  server.state = state;
  server.isServing = false;
  server.promisedTo = null;
  server.promisedEpoch = 0;
  server.hasAdopted = false;
}

function truncate(server: ServerModel, zxid: number): void {
  server.cut.setAll(server.records.takeAbove(Math.max(zxid, server.baseZxid)));
  server.lastLogged = Math.min(server.lastLogged, zxid);
  server.durableZxid = Math.min(server.durableZxid, zxid);
}

function install(server: ServerModel, zxid: number): void {
  server.cut.setAll(server.records.takeAbove(server.baseZxid));
  server.baseZxid = zxid;
  server.lastLogged = zxid;
  server.durableZxid = 0;
  server.lastApplied = zxid;
  server.lastAppliedTxn = null;
}
