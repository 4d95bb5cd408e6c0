// The loop of a server whose data is loaded. Everything that happens, a packet, a client's bytes, a timer, a
// disk that is done, is a turn: the core is stepped, then asked what to do, and what it answers is carried out
// in the order that `Ready` documents. At the end of a turn the disk and every connection get what the turn
// had for them, in one write each.

import type { ForwardedRequest } from '../../../../harness/wire/quorum-packet.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import { formatZxid } from '../../../../harness/wire/zxid.ts';
import type { Committed, PeerEvent, SendOperation, UpcallOperation } from '../core/events.ts';
import type { Peer } from '../core/peer.ts';
import type { TraceSink } from '../core/trace.ts';
import type { StateDatabase } from '../state/database.ts';
import type { RequestPreparer } from '../state/request-preparer.ts';
import { SessionIdSource } from '../state/session-id-source.ts';
import { Alarm } from './alarm.ts';
import type { ClientConnection } from './client-connection.ts';
import { ClientListener } from './client-listener.ts';
import { ClientSessions } from './client-sessions.ts';
import { clientAddressOf, type ZooConfig } from './config.ts';
import { describeMembership } from './configuration-files.ts';
import { ContainerSweep } from './container-sweep.ts';
import { configuredPreparer, reconfigurationGate } from './configured-preparer.ts';
import { ElectionLinks } from './election-links.ts';
import type { EnsembleGate } from './ensemble-gate.ts';
import { ExitCode } from './exit-code.ts';
import { dataDirectoriesOf } from './file-names.ts';
import { answerWord, type FourLetterWord } from './four-letter-words.ts';
import { unknownHost } from './host.ts';
import { LocalSessions } from './local-sessions.ts';
import { HeldRevalidations, type Revalidation } from './held-revalidations.ts';
import { closeSessionRequest, deleteContainerRequest } from './inner-requests.ts';
import { LearnerLinks } from './learner-links.ts';
import { isSameAddress, shownConfig } from './membership-view.ts';
import { Measurements } from './operators/measurements.ts';
import type { ServerPorts } from './ports.ts';
import { ReadOnlyMode } from './read-only-mode.ts';
import { RequestPipeline } from './request-pipeline.ts';
import { makeProtocol, type ServerLoopOptions } from './server-loop-options.ts';
import { viewOf, type ServerView, type ServingMode } from './server-view.ts';
import { ServerStats } from './server-stats.ts';
import { clientListenersOf, quorumNetwork } from './secure-network.ts';
import { SessionKeeper } from './session-keeper.ts';
import { SnapshotSchedule } from './snapshot-schedule.ts';
import { type Standalone, standaloneSid } from './standalone.ts';
import { Storage } from './storage.ts';

const dialTimeoutMs = 5_000;

export class ServerLoop implements EnsembleGate {
  config: ZooConfig;
  readonly clock: ServerPorts['clock'];
  readonly log: ServerPorts['log'];
  readonly localSessions: LocalSessions | null;
  readonly storage: Storage;
  readonly #trace: TraceSink;
  readonly #database: StateDatabase;
  readonly #readOnlyMode: ReadOnlyMode;
  readonly #ports: ServerPorts;
  readonly #stats = new ServerStats();
  readonly #snapshotSchedule: SnapshotSchedule;
  readonly #measurements = new Measurements(this.#stats);
  readonly #sid: number;
  readonly #protocol: Peer | Standalone;
  readonly #keeper: SessionKeeper;
  readonly #preparer: RequestPreparer;
  readonly #pipeline: RequestPipeline;
  readonly #sessions: ClientSessions;
  readonly #containers: ContainerSweep;
  readonly #revalidations = new HeldRevalidations();
  readonly #clients: ClientListener;
  readonly #electionLinks: ElectionLinks | null;
  readonly #learnerLinks: LearnerLinks | null;
  /** Their handshake succeeded in this turn. */
  #attached: ClientConnection[] = [];
  #isServing = false;
  #servingSinceMs = 0;
  readonly #startedMs: number;
  #turnDepth = 0;
  readonly #alarm: Alarm;
  /** After a pause of this process nobody is judged before what arrived meanwhile is read. */
  #expiryNotBeforeMs = 0;
  #isStopped = false;

  constructor(options: ServerLoopOptions) {
    const { config, ports, database, trace } = options;
    this.config = config;
    this.clock = ports.clock;
    this.log = ports.log;
    this.#trace = trace;
    this.#database = database;
    this.#ports = ports;
    this.#sid = config.serverId ?? standaloneSid;
    this.#startedMs = ports.clock.nowMs();
    this.#alarm = new Alarm(ports.clock, (atMs) => this.#turn(() => this.#timeHasCome(atMs)));
    this.#snapshotSchedule = new SnapshotSchedule(config, ports.random);
    this.storage = this.#makeStorage(options);
    const { localSessionsEnabled, readOnlyMode: isEnabled } = config;
    const isAlone = options.epochs === null;
    this.localSessions = localSessionsEnabled && !isAlone ? new LocalSessions(config.tickTimeMs) : null;
    this.#readOnlyMode = new ReadOnlyMode({ isEnabled, tickMs: config.tickTimeMs });
    this.#keeper = new SessionKeeper(config.tickTimeMs, trace);
    this.#containers = new ContainerSweep(config);
    this.#preparer = configuredPreparer(
      config,
      database,
      ports,
      reconfigurationGate(config, () => this.#protocol),
    );
    this.#pipeline = new RequestPipeline(this, this.#stats);
    database.setAudience(this.#pipeline);
    this.#sessions = new ClientSessions({
      gate: this,
      // Wall time and a random start of the count: a restarted server must not give out an id again.
      ids: new SessionIdSource({ sid: this.#sid, nowMs: ports.clock.wallMs() + ports.random() * 1_000 }),
      attached: (connection) => void this.#attached.push(connection),
      created: (connection, receivedMs) =>
        this.#stats.sessionCreated(connection, receivedMs, this.clock.nowMs()),
    });
    this.#clients = this.#makeClientListener();
    this.#electionLinks = options.epochs === null ? null : this.#makeElectionLinks();
    this.#learnerLinks = options.epochs === null ? null : this.#makeLearnerLinks();
    this.#protocol = makeProtocol(options, {
      sid: this.#sid,
      readLog: (range) => this.storage.readLog(range),
      takeTouches: () => this.#keeper.takeTouches(),
    });
    this.#measurements.loaded(options, this.clock.wallMs());
  }

  /** Clients are served: a leader may be told to leave them to the others (`leaderServes=no`). */
  get isServing(): boolean {
    return this.#isServing && (this.config.leaderServes || this.mode !== 'leader');
  }

  get isReadOnly(): boolean {
    return this.#readOnlyMode.isOn;
  }

  /** A server without a quorum promises its clients nothing that a trace could be judged by. */
  get trace(): TraceSink {
    return this.isReadOnly ? undefined : this.#trace;
  }

  /** What clients see. */
  get database(): StateDatabase {
    return this.#readOnlyMode.database ?? this.#database;
  }

  get mode(): ServingMode {
    if (this.config.mode === 'standalone') return 'standalone';
    const { role } = this.#protocol;
    return role === 'leading' ? 'leader' : role === 'observing' ? 'observer' : 'follower';
  }

  get clientPort(): number | null {
    return this.#clients.port;
  }

  start(): void {
    this.#turn(() => {
      if (this.#snapshotSchedule.takePurge(this.clock.nowMs())) this.storage.purge();
      this.#electionLinks?.start();
      this.#learnerLinks?.start();
      this.#clients.listenOn(clientListenersOf(this.config));
      this.#protocol.start(this.clock.nowMs());
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#alarm.cancel();
    this.storage.stop();
    this.#clients.stop();
    this.#electionLinks?.stop();
    this.#learnerLinks?.stop();
  }

  // What clients need of the ensemble.

  submit(request: ForwardedRequest, ephemeralErr = 0): void {
    if (this.#protocol.role === 'leading') this.#propose(request, this.#sid, ephemeralErr);
    else this.#step({ type: 'forward', request });
  }

  sync(token: number, request: ForwardedRequest): void {
    this.#step({ type: 'sync', token, request });
  }

  revalidate(sessionId: SessionId, timeoutMs: number): void {
    if (this.#protocol.role !== 'leading') return this.#step({ type: 'revalidate', sessionId, timeoutMs });
    const valid = this.#keeper.revalidate({ sessionId, timeoutMs }, this.#sid, this.clock.nowMs());
    this.#answerRevalidation({ link: null, sessionId, valid });
  }

  touch(sessionId: SessionId, timeoutMs: number): void {
    if (this.localSessions?.touch(sessionId, timeoutMs, this.clock.nowMs()) === true) return;
    this.#keeper.touch(sessionId, timeoutMs, this.clock.nowMs());
  }

  // The loop.

  #turn(work: () => void): void {
    if (!this.#beginTurn()) return;
    work();
    this.#endTurn();
  }

  /** Whether it may be taken; then it is to be ended. One may begin within another, and ends with that. */
  #beginTurn(): boolean {
    if (this.#isStopped) return false;
    this.#turnDepth += 1;
    return true;
  }

  #endTurn(): void {
    this.#turnDepth -= 1;
    if (this.#turnDepth > 0) return;
    this.#drain();
    this.storage.flush();
    this.#learnerLinks?.flush();
    this.#clients.flush();
    if (!this.#isStopped) this.#alarm.set(this.#deadlineMs());
  }

  #step(event: PeerEvent): void {
    this.#protocol.step(event, this.clock.nowMs());
  }

  /** Carries out what the core wants done until it wants no more. */
  #drain(): void {
    for (;;) {
      this.#pipeline.admitWaiting();
      const { persist, send, committed, upcalls } = this.#protocol.ready();
      const isIdle = persist.length + send.length + committed.length + upcalls.length === 0;
      if (isIdle && this.#attached.length === 0) return;
      this.storage.persist(persist);
      for (const operation of send) this.#send(operation);
      if (committed.length > 0) this.#showCommitted(committed);
      for (const upcall of upcalls) this.#upcall(upcall);
      this.#receiveEarly();
    }
  }

  #send(operation: SendOperation): void {
    switch (operation.type) {
      case 'notification':
        return this.#electionLinks?.send(operation.to, operation.notification);
      case 'configuration':
        return this.#reconfigure(operation);
      default:
        this.#measurements.sent(operation);
        return this.#learnerLinks?.perform(operation);
    }
  }

  #reconfigure({ current, members }: Extract<SendOperation, { type: 'configuration' }>): void {
    const before = clientAddressOf(this.config);
    const isNew = current.version !== this.config.membership.version;
    this.#electionLinks?.setMembers(members);
    this.#learnerLinks?.setMembers(members);
    if (!isNew) return;
    this.log('info', `configuration ${describeMembership(current)}`);
    this.config = { ...this.config, membership: current };
    this.#database.setConfig(shownConfig(current, this.#ports.clock.wallMs()));
    const address = clientAddressOf(this.config);
    if (address === null || isSameAddress(address, before)) return;
    this.#clients.listenOn(clientListenersOf(this.config));
  }

  #showCommitted(committed: readonly Committed[]): void {
    this.#pipeline.committed(committed, this.#shown);
    const lastZxid = committed.at(-1)?.record.header.zxid ?? 0;
    this.#preparer.applied(lastZxid);
    this.#measurements.committed(committed, this.clock.nowMs(), this.clock.wallMs());
    if (!this.#revalidations.isEmpty) this.#releaseRevalidations();
    this.#snapshotSchedule.applied(committed.length);
    if (!this.storage.isTakingSnapshot && this.#isSnapshotDue()) this.#takeSnapshot(lastZxid);
  }

  /** Behind its events and its author's reply. */
  readonly #shown = ({ record }: Committed): void => {
    const { txn, header } = record;
    if (txn.type !== 'createSession' && txn.type !== 'closeSession') return;
    this.#keeper.applied(record, this.clock.nowMs());
    if (txn.type === 'createSession') this.#sessions.created(header.clientId);
    else this.#sessions.ended(header.clientId);
  };

  #upcall(upcall: UpcallOperation): void {
    switch (upcall.type) {
      case 'role':
        return this.#changeRole(upcall);
      case 'request':
        return this.#propose(upcall.request, upcall.from);
      case 'learnerSync':
        return this.#step(upcall);
      case 'touched':
        return this.#keeper.touchAll(upcall.touches, this.clock.nowMs());
      case 'revalidate': {
        const { link, sessionId } = upcall;
        const valid = this.#keeper.revalidate(upcall, upcall.from, this.clock.nowMs());
        return this.#answerRevalidation({ link, sessionId, valid });
      }
      case 'revalidated':
        return this.#sessions.revalidated(upcall.sessionId, upcall.valid);
      case 'syncDone':
        return this.#pipeline.syncDone(upcall.token);
      case 'fatal':
        return this.#fail(upcall.exitCode, upcall.message);
    }
  }

  /** Leader: not before what was proposed by now is committed; `held-revalidations.ts` says why. */
  #answerRevalidation(answer: Revalidation): void {
    const { hasOutstanding, nextZxid } = this.#protocol;
    this.#revalidations.hold(answer, hasOutstanding ? nextZxid - 1 : 0);
    this.#releaseRevalidations();
  }

  #releaseRevalidations(): void {
    for (const { link, sessionId, valid } of this.#revalidations.take(this.#database.lastProcessedZxid)) {
      if (link === null) this.#sessions.revalidated(sessionId, valid);
      else this.#step({ type: 'revalidated', link, sessionId, valid });
    }
  }

  /** Leader: every request becomes a transaction, if only one that says why it failed. */
  #propose(request: ForwardedRequest, from: number, ephemeralErr = 0): void {
    const { role, serving, nextZxid } = this.#protocol;
    if (role !== 'leading' || !serving) return;
    const ownerOk = this.#keeper.admit(request, from);
    const timeMs = Math.floor(this.#ports.clock.wallMs());
    const { sessionId, cxid, opcode, body, authinfo } = request;
    const isLocal = this.localSessions?.mayHave(sessionId, this.#sid) ?? false;
    const write = { sessionId, cxid, opcode, body, authinfo, ownerOk, isLocal, ephemeralErr };
    const record = this.#preparer.prepare(write, nextZxid, timeMs);
    this.#keeper.prepared(record, from, this.clock.nowMs());
    this.#measurements.proposed(record.bytes.length, this.clock.nowMs());
    this.#step({ type: 'propose', record });
  }

  #changeRole(upcall: Extract<UpcallOperation, { type: 'role' }>): void {
    const { role, serving, leader } = upcall;
    this.#measurements.roleChanged(role, serving, this.clock.nowMs());
    this.log('info', serving ? `${role}, serving clients` : role, { leader });
    this.#electionLinks?.setLooking(role === 'looking');
    if (role === 'looking') this.#learnerLinks?.cancelDial();
    this.#isServing = serving;
    this.#preparer.reset();
    this.#revalidations.reset();
    if (!serving) {
      this.#keeper.rest();
      this.#containers.rest();
      this.#pipeline.reset();
      this.#sessions.reset();
      this.localSessions?.clear();
      if (role === 'looking') this.#readOnlyMode.look(this.clock.nowMs());
      else this.#readOnlyMode.end();
      this.#clients.closeConnections();
      return;
    }
    this.#servingSinceMs = this.clock.nowMs();
    if (role === 'leading') this.#startLeading();
  }

  #startLeading(): void {
    const { sessions, tree } = this.#database;
    this.#keeper.lead(sessions, this.clock.nowMs());
    this.#containers.lead(this.clock.nowMs());
    // Ephemerals must not outlive their session, wherever a damaged or foreign snapshot lost it.
    for (const sessionId of tree.sessionsWithEphemerals) {
      if (!sessions.has(sessionId)) this.#closeSession(sessionId);
    }
  }

  /** In the name of whichever server the session belongs to, so that nothing has moved. */
  #closeSession(sessionId: SessionId): void {
    this.#propose(closeSessionRequest(sessionId), this.#keeper.ownerOf(sessionId) ?? this.#sid);
  }

  // Clients.

  #receiveFrame(connection: ClientConnection, body: Buffer): void {
    switch (connection.state) {
      case 'greeting':
        connection.stats.received += 1;
        this.#stats.received += 1;
        this.#stats.metrics.counters.connection_request_count.add();
        return this.#sessions.connect(connection, body);
      case 'connecting':
        connection.early.push(body);
        return connection.hold('handshake');
      case 'attached':
        return this.#pipeline.receive(connection, body);
      case 'closed':
    }
  }

  #receiveEarly(): void {
    const attached = this.#attached;
    if (attached.length === 0) return;
    this.#attached = [];
    for (const connection of attached) {
      this.#clients.attached(connection);
      this.#stats.sent += 1;
      const early = connection.early;
      connection.early = [];
      for (const body of early) this.#receiveFrame(connection, body);
      if (connection.isOpen) connection.release('handshake');
    }
  }

  #answerWord(connection: ClientConnection, word: FourLetterWord): void {
    connection.stats.received += 1;
    this.#stats.received += 1;
    connection.send(Buffer.from(answerWord(word, this.view)));
    this.#stats.sent += 1;
    connection.end();
  }

  #connectionClosed(connection: ClientConnection): void {
    this.#pipeline.connectionClosed(connection);
    this.#sessions.connectionClosed(connection);
  }

  // Time.

  #deadlineMs(): number {
    return Math.min(
      this.#protocol.deadlineMs,
      Math.max(Math.min(this.#keeper.nextExpiryMs, this.#containers.deadlineMs), this.#expiryNotBeforeMs),
      this.#clients.deadlineMs,
      this.#snapshotSchedule.purgeAtMs,
      this.#readOnlyMode.deadlineMs,
      Math.max(this.localSessions?.nextExpiryMs ?? Infinity, this.#expiryNotBeforeMs),
    );
  }

  #timeHasCome(expectedMs: number): void {
    const nowMs = this.clock.nowMs();
    const { tickTimeMs } = this.config;
    if (nowMs - expectedMs > tickTimeMs) this.#expiryNotBeforeMs = nowMs + tickTimeMs;
    if (nowMs >= this.#protocol.deadlineMs) this.#step({ type: 'tick' });
    this.#clients.dropSessionless(nowMs);
    if (this.#snapshotSchedule.takePurge(nowMs)) this.storage.purge();
    if (nowMs >= this.#readOnlyMode.deadlineMs) this.#startReadOnlyMode();
    this.#expireLocalSessions(nowMs);
    // The tick may have ended the leadership in which sessions were watched over.
    const mayExpire = this.#isServing && this.#protocol.role === 'leading';
    if (!mayExpire || nowMs < this.#expiryNotBeforeMs) return;
    for (const sessionId of this.#keeper.expired(nowMs)) this.#closeSession(sessionId);
    const due = this.#containers.takeDue(this.#database.tree, nowMs, this.clock.wallMs());
    for (const path of due) this.#propose(deleteContainerRequest(path), this.#sid);
  }

  #startReadOnlyMode(): void {
    const { uncommitted } = this.#protocol;
    this.#readOnlyMode.start(this.#database, uncommitted);
    this.log('info', 'no quorum: serving read-only clients', { uncommittedCount: uncommitted.length });
  }

  #expireLocalSessions(nowMs: number): void {
    const { localSessions } = this;
    if (localSessions === null || nowMs < this.#expiryNotBeforeMs) return;
    for (const sessionId of localSessions.takeExpired(nowMs)) this.#sessions.ended(sessionId);
  }

  // Snapshots.

  #isSnapshotDue(): boolean {
    const { nodeCount } = this.#database.tree;
    return this.#snapshotSchedule.isDue({ nodeCount, loggedBytes: this.storage.loggedBytes });
  }

  #takeSnapshot(zxid: number): void {
    this.#snapshotSchedule.taken();
    this.log('info', `snapshot of ${formatZxid(zxid)}`);
    const database = this.#database;
    this.storage.takeSnapshot({ zxid, source: database.openSnapshotFile(), digest: database.digest() });
  }

  #fail(exitCode: number, reason: string): void {
    this.log('error', reason);
    this.stop();
    this.#ports.exit(exitCode, reason);
  }

  // Parts.

  #makeStorage({
    config,
    configurationFiles,
    ports,
    recovery,
    snapshotFormat,
    trace,
  }: ServerLoopOptions): Storage {
    return new Storage({
      disk: ports.disk,
      clock: ports.clock,
      directories: dataDirectoriesOf(config),
      recovery,
      forceSync: config.forceSync,
      purgeRetainCount: config.purgeRetainCount,
      logSizeLimitBytes: config.storage.logSizeLimitBytes,
      syncWarningMs: config.storage.syncWarningMs,
      snapshotSizeFactor: config.snapshotSizeFactor,
      snapshotFormat,
      configurationFiles,
      log: ports.log,
      trace,
      measurements: this.#measurements,
      persisted: (mark) => this.#turn(() => this.#step({ type: 'persisted', mark })),
      writable: (isWritable) => this.#turn(() => this.#step({ type: 'disk', isWritable })),
      failed: (reason) => this.#fail(ExitCode.UNEXPECTED, reason),
    });
  }

  #makeClientListener(): ClientListener {
    return new ClientListener({
      config: this.config,
      clock: this.clock,
      network: this.#ports.network,
      log: this.log,
      metrics: this.#stats.metrics,
      turns: { begin: () => this.#beginTurn(), end: () => this.#endTurn() },
      word: (connection, word) => this.#answerWord(connection, word),
      frame: (connection, body) => this.#receiveFrame(connection, body),
      drained: (connection) => this.#pipeline.drained(connection),
      closed: (connection) => this.#connectionClosed(connection),
      bindFailed: (reason) => this.#fail(ExitCode.UNEXPECTED, reason),
    });
  }

  #makeElectionLinks(): ElectionLinks {
    const { membership, reconfigEnabled, tickTimeMs, listenOnAllAddresses } = this.config;
    return new ElectionLinks({
      sid: this.#sid,
      membership,
      acceptsStrangers: reconfigEnabled,
      clock: this.clock,
      network: quorumNetwork(this.#ports.network, this.config.tls),
      log: this.log,
      tickMs: tickTimeMs,
      listenOnAllAddresses,
      received: (from, notification) =>
        this.#turn(() => this.#step({ type: 'notification', from, notification })),
      bindFailed: (reason) => this.#fail(ExitCode.CANNOT_BIND_ELECTION_PORT, reason),
    });
  }

  #makeLearnerLinks(): LearnerLinks {
    const { membership, tickTimeMs, initLimit, listenOnAllAddresses } = this.config;
    return new LearnerLinks({
      sid: this.#sid,
      membership,
      clock: this.clock,
      network: quorumNetwork(this.#ports.network, this.config.tls),
      log: this.log,
      dialTimeoutMs: Math.min(dialTimeoutMs, initLimit * tickTimeMs),
      listenOnAllAddresses,
      received: (events) => {
        if (!this.#beginTurn()) return;
        for (const event of events) this.#step(event);
        this.#endTurn();
      },
      bindFailed: (reason) => this.#fail(ExitCode.UNEXPECTED, reason),
    });
  }

  /** What operators are shown. */
  get view(): ServerView {
    const nowMs = this.clock.nowMs();
    const { role } = this.#protocol;
    return viewOf({
      config: this.config,
      database: this.database,
      stats: this.#stats,
      pipeline: this.#pipeline,
      connections: this.#clients.connections,
      learners: this.#protocol.synchronizedLearners,
      leaderSid: this.#protocol.leader,
      phase: role === 'looking' ? 'election' : this.#isServing ? 'broadcast' : 'synchronization',
      slowSyncCount: this.storage.slowSyncCount,
      host: this.#ports.host ?? unknownHost,
      sessionBuckets: () => this.#keeper.buckets,
      localSessionBuckets: () => this.localSessions?.buckets ?? null,
      isServing: this.isServing || this.isReadOnly,
      mode: this.isReadOnly ? 'read-only' : this.mode,
      localSessionCount: this.localSessions?.size ?? 0,
      nowMs,
      wallMs: this.clock.wallMs(),
      upMs: nowMs - this.#startedMs,
      servingMs: nowMs - this.#servingSinceMs,
    });
  }
}
