// The ensemble as its servers reported it so far: logs, what of them is durable, epochs, roles, and what was
// decided. Invariants look at it before an event changes it.

import { ZxidMap } from './zxid-map.ts';
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
  readonly records = new ZxidMap<number>();
  lastLogged = 0;
  /** The log is on the disk up to here. */
  durableZxid = 0;
  lastApplied = 0;
  /** When it last ended serving: what was applied by then may still be answered in that very moment. */
  servedUntilNs = -1;
  /** The last transaction that was applied, null right after a snapshot was loaded. */
  lastAppliedTxn: number | null = null;
  /** Cut off since the last time that the cut was known to be durable. */
  readonly cut = new ZxidMap<number>();
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
    return zxid <= this.baseZxid || this.records.get(zxid) === hash;
  }

  /** The log, by rising zxid. */
  get log(): Iterable<[number, number]> {
    return this.records.above(this.baseZxid);
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
  /** zxid → hash of what it held when it was established, in order. */
  readonly initial: ZxidMap<number>;
  /** The same and its proposals. */
  readonly all: ZxidMap<number>;
  /** zxid → the one before it in `all`, or `baseZxid`. */
  readonly before: ZxidMap<number>;
  last: number;
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
  readonly histories = new Map<number, LeaderHistory>();
  /** By epoch, then sid: counted promises only. */
  readonly promises = new Map<number, Map<number, Promise>>();
  /** zxid → hash of all that was ever proposed or found at the first start. */
  readonly proposed = new ZxidMap<number>();
  /** zxid → hash. */
  readonly committed = new ZxidMap<number>();
  /** By epoch. */
  readonly highestCommitted = new Map<number, number>();
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

  /** Each of `sids` once. */
  isQuorum(sids: Iterable<number>, version: number): boolean {
    const voters = this.configurations.get(version)?.voters;
    if (voters === undefined) return false;
    let count = 0;
    for (const sid of sids) if (voters.has(sid)) count += 1;
    return count * 2 > voters.size;
  }

  /** The configuration that was the newest known anywhere; 0 where none was ever changed. */
  get newestVersion(): number {
    let newest = 0;
    for (const version of this.configurations.keys()) newest = Math.max(newest, version);
    return newest;
  }

  apply(event: TraceEvent): void {
    const server = this.server(event.sid);
    server.incarnation = event.incarnation;
    server.instance = event.instance;
    switch (event.event) {
      case 'LOAD':
        return load(this, server, event);
      case 'STATE':
        if (server.isServing) server.servedUntilNs = event.time;
        return changeRole(server, event.state ?? '');
      case 'STEP_DOWN':
        server.isServing = false;
        return;
      case 'EPOCH_WRITE':
        return writeEpoch(server, event);
      case 'EPOCH_ACK':
        return this.#promise(server, event);
      case 'ESTABLISH':
        return this.#establish(server, event.epoch ?? 0);
      case 'ACTIVATE':
        return this.#activate(server, event);
      case 'UPTODATE':
        server.isServing = true;
        server.lastApplied = Math.max(server.lastApplied, epochStart(event.epoch ?? 0));
        return;
      case 'NEWLEADER_ACK':
        server.hasAdopted = true;
        server.cut.clear();
        return;
      case 'PROPOSE':
        return this.#propose(server, event.zxid ?? 0, event.hash ?? 0);
      case 'APPEND':
        server.records.set(event.zxid ?? 0, event.hash ?? 0);
        server.lastLogged = event.zxid ?? 0;
        return;
      case 'FSYNC':
        server.durableZxid = Math.max(server.durableZxid, event.upTo ?? 0);
        return;
      case 'TRUNC':
        return truncate(server, event.zxid ?? 0);
      case 'SNAP_INSTALL':
        return install(server, event.zxid ?? 0);
      case 'COMMIT_DECIDE':
        this.highestDecided = Math.max(this.highestDecided, event.zxid ?? 0);
        return this.#commit(event.zxid ?? 0, event.hash ?? 0);
      case 'APPLY':
        server.lastApplied = Math.max(server.lastApplied, event.zxid ?? 0);
        server.lastAppliedTxn = event.zxid ?? 0;
        return;
      case 'CONFIG_PROPOSED':
      case 'CONFIG':
        // Proposals are decided by it before it is in force.
        if (event.voters !== undefined) {
          this.configurations.set(event.zxid ?? 0, { voters: new Set(event.voters) });
        }
    }
  }

  #promise(server: ServerModel, event: TraceEvent): void {
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

  #establish(server: ServerModel, epoch: number): void {
    const before = new ZxidMap<number>();
    let previous = server.baseZxid;
    for (const [zxid] of server.log) {
      before.set(zxid, previous);
      previous = zxid;
    }
    this.histories.set(epoch, {
      leader: server.sid,
      epoch,
      baseZxid: server.baseZxid,
      initial: new ZxidMap(server.log),
      all: new ZxidMap(server.log),
      before,
      last: server.lastLogged,
    });
    server.promisedTo = server.sid;
    server.promisedEpoch = epoch;
  }

  #activate(server: ServerModel, event: TraceEvent): void {
    const epoch = event.epoch ?? 0;
    server.isServing = true;
    server.hasAdopted = true;
    server.activeSinceMs = event.timeMs;
    server.lastApplied = Math.max(server.lastApplied, epochStart(epoch));
    for (const [zxid, hash] of this.histories.get(epoch)?.initial ?? []) this.#commit(zxid, hash);
  }

  #propose(server: ServerModel, zxid: number, hash: number): void {
    this.proposed.set(zxid, hash);
    const history = this.histories.get(epochOf(zxid));
    if (history === undefined || history.leader !== server.sid) return;
    history.all.set(zxid, hash);
    history.before.set(zxid, history.last);
    history.last = zxid;
  }

  #commit(zxid: number, hash: number): void {
    if (this.committed.has(zxid)) return;
    this.committed.set(zxid, hash);
    const epoch = epochOf(zxid);
    this.highestCommitted.set(epoch, Math.max(zxid, this.highestCommitted.get(epoch) ?? 0));
  }
}

/** A new process: what it found on its disk. */
function load(model: TraceModel, server: ServerModel, event: TraceEvent): void {
  const lastZxid = event.lastZxid ?? 0;
  const isFirst =
    server.incarnation === event.incarnation && server.records.size === 0 && server.lastLogged === 0;
  server.baseZxid = event.snapZxid ?? 0;
  for (const [zxid, hash] of server.cut) server.records.set(zxid, hash);
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
  for (const [logged, hash] of server.records.takeAbove(Math.max(zxid, server.baseZxid))) {
    server.cut.set(logged, hash);
  }
  server.lastLogged = Math.min(server.lastLogged, zxid);
  server.durableZxid = Math.min(server.durableZxid, zxid);
}

function install(server: ServerModel, zxid: number): void {
  for (const [logged, hash] of server.records.takeAbove(server.baseZxid)) server.cut.set(logged, hash);
  server.baseZxid = zxid;
  server.lastLogged = zxid;
  server.durableZxid = 0;
  server.lastApplied = zxid;
  server.lastAppliedTxn = null;
}
