// From request to reply. Reads are executed here, writes and barriers go to the ensemble, and every connection
// gets its replies in the order of its requests. The rules that keep a session's view in order:
// - A read waits until every earlier request of its connection is answered; later writes wait for the read,
//   or it could see the future of its own session.
// - Watch events of a transaction are written before any reply that shows it. So when a batch of transactions
//   has been applied, first all of their events and writers' replies go out, in transaction order, and only
//   then are the reads executed that waited.

import { ErrorCode, OpCode } from '../../../../harness/wire/constants.ts';
import {
  decodeRequestBody,
  encodeReplyFrame,
  encodeWatcherEventFrame,
  UnknownOpcodeError,
} from '../../../../harness/wire/client-codec.ts';
import { JuteError } from '../../../../harness/wire/jute.ts';
import type { ClientRequest, ReplyBody } from '../../../../harness/wire/records.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { Txn, TxnRecord } from '../../../../harness/wire/txn.ts';
import type { Committed } from '../core/events.ts';
import type { Audience } from '../state/database.ts';
import { authenticate, holdsSaslToken, withIds } from './authentication.ts';
import type { ClientConnection } from './client-connection.ts';
import type { EnsembleGate } from './ensemble-gate.ts';
import { InFlightRequests } from './in-flight-requests.ts';
import { makesEphemeral, upgradeRequest } from './local-sessions.ts';
import {
  bodyBytesOf,
  bodyOf,
  pendingRequest,
  requestHeaderBytes,
  type Answer,
  type PendingRequest,
} from './pending-request.ts';
import { ReadExecutor } from './read-executor.ts';
import { ReplyBacklog } from './reply-backlog.ts';
import { RequestThrottler } from './request-throttler.ts';
import type { ServerStats } from './server-stats.ts';
import { takeFirst } from './take-first.ts';

/** A write on its way through the ensemble. */
interface SubmittedWrite {
  readonly cxid: number;
  readonly opcode: number;
  readonly connection: ClientConnection;
  readonly pending: PendingRequest;
  /** Why its session, a local one, may own no ephemeral; 0: it may, or asks for none. */
  readonly ephemeralErr: number;
}

/** A connection with more requests waiting, or more bytes of them, is not read from until half are answered. */
const maxQueuedRequests = 1_000;
const maxQueuedBytes = 4 * 1024 * 1024;
/** A client that sends requests and takes no replies is dropped. */
const maxUnsentBytes = 64 * 1024 * 1024;
const syncConnected = 3;
const creations: ReadonlySet<number> = new Set([
  OpCode.CREATE,
  OpCode.CREATE2,
  OpCode.CREATE_CONTAINER,
  OpCode.CREATE_TTL,
]);
/** Whose bodies only the leader needs to understand. */
const writeOpcodes: ReadonlySet<number> = new Set([
  ...creations,
  OpCode.DELETE,
  OpCode.SET_DATA,
  OpCode.SET_ACL,
  OpCode.MULTI,
  OpCode.RECONFIG,
]);
/** What a server without a quorum refuses. */
const needsQuorum: ReadonlySet<number> = new Set([
  ...writeOpcodes,
  OpCode.CHECK,
  OpCode.DELETE_CONTAINER,
  OpCode.SYNC,
]);

const nobody: ClientConnection[] = [];
const noBody: ReplyBody = { type: 'none' };

export class RequestPipeline implements Audience {
  readonly #gate: EnsembleGate;
  readonly #stats: ServerStats;
  readonly #reads: ReadExecutor;
  readonly #throttler: RequestThrottler;
  readonly #inFlight: InFlightRequests;
  readonly #backlog = new ReplyBacklog();
  /**
   * Per session, in the order of submission, which is the order of commitment. Entries of connections that
   * are gone stay until their commit: the next connection of the session may use the same xids again. The list of
   * an open connection stays while it is empty: there will be a next write.
   */
  readonly #submitted = new Map<SessionId, SubmittedWrite[]>();
  #submittedCount = 0;
  readonly #syncs = new Map<number, { connection: ClientConnection; pending: PendingRequest }>();
  #nextToken = 1;

  constructor(gate: EnsembleGate, stats: ServerStats) {
    this.#gate = gate;
    this.#stats = stats;
    this.#reads = new ReadExecutor(gate);
    this.#throttler = new RequestThrottler(gate.config);
    this.#inFlight = new InFlightRequests(gate.config);
  }

  get reads(): ReadExecutor {
    return this.#reads;
  }

  /** Barriers that wait for the ensemble. */
  get syncCount(): number {
    return this.#syncs.size;
  }

  /** As it is when a transaction is applied; its batch is shown in the same turn. */
  awaits(session: SessionId): boolean {
    if (this.#submittedCount === 0) return false;
    const writes = this.#submitted.get(session);
    return writes !== undefined && writes.length > 0;
  }

  get isWatching(): boolean {
    return this.#reads.watches.watchCount > 0;
  }

  /** Requests that wait for the ensemble. */
  get outstandingCount(): number {
    return this.#syncs.size + this.#submittedCount;
  }

  /** One frame of an attached connection. */
  receive(connection: ClientConnection, body: Buffer): void {
    const received = this.#understand(connection, body);
    if (received === null) {
      this.#gate.log(
        'warn',
        `connection of ${connection.address} dropped: a request of ${body.length} bytes`,
      );
      return connection.destroy();
    }
    connection.stats.received += 1;
    this.#stats.received += 1;
    if (received.request?.type === 'auth') return this.#authenticate(connection, received);
    if (received.opcode === OpCode.SASL) return this.#answerSasl(connection, received);
    if (!this.#inFlight.hasRoomFor(received)) return this.#refuseLarge(connection, received);
    this.#gate.touch(connection.sessionId, connection.sessionTimeoutMs);
    connection.enqueue(received);
    received.isAdmitted = this.#throttler.admit(connection, received);
    if (!received.isAdmitted) this.#stats.metrics.counters.request_throttle_wait_count.add();
    this.#advance(connection);
  }

  /** Requests that had to wait are looked at as far as others are answered. Once a turn, with nothing half shown. */
  admitWaiting(): void {
    if (this.#throttler.waitingCount === 0) return;
    for (;;) {
      const next = this.#throttler.next(this.#gate.clock.nowMs());
      if (next === null) return;
      const { connection, pending, isTooLate } = next;
      pending.isAdmitted = true;
      pending.isThrottled = isTooLate;
      this.#advance(connection);
    }
  }

  /** The client has taken what was sent to it: reads that waited for that go on. */
  drained(connection: ClientConnection): void {
    if (connection.isOpen) this.#advance(connection);
  }

  /** Transactions that were just applied, in order; `shown` is called for each behind its events and reply. */
  committed(batch: readonly Committed[], shown: (committed: Committed) => void): void {
    // Most transactions are those of other servers' clients.
    let unblocked: ClientConnection[] = nobody;
    for (const committed of batch) {
      const { record, applied } = committed;
      for (const change of applied.changes) this.#fireWatches(record, change);
      const write = this.#takeSubmitted(record);
      if (write !== null) {
        this.#answerWrite(write, committed);
        // Stamped with this transaction: of those behind it in the batch no watch has been told yet.
        this.#sendAnswers(write.connection, record.header.zxid);
        unblocked = withUnblocked(unblocked, write.connection);
      }
      shown(committed);
    }
    for (const connection of unblocked) {
      connection.isUnblocked = false;
      this.#advance(connection);
    }
  }

  syncDone(token: number): void {
    const waiting = this.#syncs.get(token);
    if (waiting === undefined) return;
    this.#syncs.delete(token);
    const { connection, pending } = waiting;
    const path = pending.request?.type === 'sync' ? pending.request.path : null;
    this.#answer(pending, { zxid: this.#lastZxid, err: 0 }, { type: 'synced', path });
    this.#advance(connection);
  }

  connectionClosed(connection: ClientConnection): void {
    this.#reads.watches.removeConnection(connection);
    for (const pending of connection.queue) this.#throttler.done(pending);
    connection.clearQueue();
    this.#inFlight.remove(connection);
    this.#backlog.remove(connection);
    if (this.#submitted.get(connection.sessionId)?.length === 0) this.#submitted.delete(connection.sessionId);
  }

  /** Serving ended: what was submitted may be committed by the next leader, but nobody here waits for it. */
  reset(): void {
    this.#submitted.clear();
    this.#submittedCount = 0;
    this.#syncs.clear();
    this.#throttler.reset();
  }

  get #lastZxid(): number {
    return this.#gate.database.lastProcessedZxid;
  }

  /** Null when not even the header is there. */
  #understand(connection: ClientConnection, frame: Buffer): PendingRequest | null {
    if (frame.length < requestHeaderBytes) return null;
    const received = pendingRequest(frame, this.#gate.clock.nowMs());
    const { opcode } = received;
    if (opcode === OpCode.SASL) return received;
    // The servers' own. Apache ZooKeeper takes all that a client sent, header included, for the path.
    if (opcode === OpCode.DELETE_CONTAINER) {
      received.bodyOffset = 0;
      return refused(received, 'write', ErrorCode.BAD_ARGUMENTS);
    }
    if (this.#gate.isReadOnly && this.#needsQuorum(connection, opcode)) {
      return refused(received, 'local', ErrorCode.NOT_READ_ONLY);
    }
    try {
      received.request = decodeRequestBody(opcode, frame);
    } catch (error) {
      if (error instanceof UnknownOpcodeError) return refused(received, 'local', ErrorCode.UNIMPLEMENTED);
      if (!(error instanceof JuteError)) throw error;
      // What would have been a write takes its place among the writes: it becomes a transaction that says so.
      // Apache ZooKeeper gives a reconfig its zxid only when it is understood.
      const kind = writeOpcodes.has(opcode) && opcode !== OpCode.RECONFIG ? 'write' : 'local';
      return refused(received, kind, ErrorCode.MARSHALLING_ERROR);
    }
    received.kind = kindOf(received.request);
    return received;
  }

  #needsQuorum(connection: ClientConnection, opcode: number): boolean {
    if (opcode !== OpCode.CLOSE_SESSION) return needsQuorum.has(opcode);
    return this.#gate.localSessions?.has(connection.sessionId) !== true;
  }

  /** Out of turn, as in Apache ZooKeeper: its xid is not a request's. */
  #authenticate(connection: ClientConnection, received: PendingRequest): void {
    const { superDigest } = this.#gate.config;
    const { address } = connection;
    const { request } = received;
    const ids = request?.type === 'auth' ? authenticate(request, { address, superDigest }) : null;
    if (ids !== null) connection.ids = withIds(connection.ids, ids);
    if (ids === null) this.#stats.authFailedCount += 1;
    const err = ids === null ? ErrorCode.AUTH_FAILED : 0;
    this.#sendReply(connection, received, {
      zxid: 0,
      err,
      frame: encodeReplyFrame({ xid: received.xid, zxid: 0, err }, noBody),
      next: ids === null ? 'close' : 'stay',
    });
  }

  /** There is no SASL here, and Apache ZooKeeper without it says nothing to every token. */
  #answerSasl(connection: ClientConnection, received: PendingRequest): void {
    if (!holdsSaslToken(bodyOf(received))) return connection.destroy();
    const header = { xid: received.xid, zxid: 0, err: 0 };
    const frame = encodeReplyFrame(header, { type: 'saslToken', token: null });
    this.#sendReply(connection, received, { zxid: 0, err: 0, frame, next: 'stay' });
  }

  /** Answers and executes from the front of the queue, then submits what need not wait any longer. */
  #advance(connection: ClientConnection): void {
    for (;;) {
      this.#sendAnswers(connection, this.#lastZxid);
      if (!connection.isOpen) return;
      const next = connection.queue[0];
      if (next === undefined || !next.isAdmitted || !this.#isLocal(connection, next)) break;
      if (!this.#backlog.mayGrow(connection)) break;
      this.#executeLocal(connection, next);
    }
    this.#submitFromFront(connection);
    this.#regulate(connection);
  }

  /** Sends what is answered at the front of the queue, pings with `zxid`; executes nothing. */
  #sendAnswers(connection: ClientConnection, zxid: number): void {
    for (;;) {
      const next = connection.queue[0];
      if (next === undefined || !next.isAdmitted) return;
      if (next.kind === 'ping') this.#answer(next, { zxid, err: 0 }, noBody);
      if (next.answer === null) return;
      connection.dequeue();
      this.#throttler.done(next);
      this.#sendReply(connection, next, next.answer);
    }
  }

  /** The end of a session that only this server knows is no write either. */
  #isLocal({ sessionId }: ClientConnection, pending: PendingRequest): boolean {
    const { kind, opcode, isSubmitted, isThrottled } = pending;
    if (kind === 'local' || isThrottled) return true;
    if (opcode !== OpCode.CLOSE_SESSION || isSubmitted) return false;
    return this.#gate.localSessions?.has(sessionId) === true;
  }

  #executeLocal(connection: ClientConnection, pending: PendingRequest): void {
    const { request } = pending;
    if (pending.isThrottled) {
      this.#stats.metrics.counters.throttled_ops.add();
      return this.#answer(pending, { zxid: this.#lastZxid, err: ErrorCode.THROTTLED_OP }, noBody);
    }
    if (request?.type === 'closeSession') {
      this.#gate.localSessions?.remove(connection.sessionId);
      return this.#answer(pending, { zxid: this.#lastZxid, err: 0 }, noBody, 'close');
    }
    if (request === null) {
      const isUnknown = pending.err === ErrorCode.UNIMPLEMENTED;
      const header = { zxid: isUnknown ? -1 : this.#lastZxid, err: pending.err };
      return this.#answer(pending, header, noBody, isUnknown ? 'close' : 'stay');
    }
    const { err, body } = this.#reads.execute(connection, request);
    this.#answer(pending, { zxid: this.#lastZxid, err }, body);
  }

  /** Reads and barriers hold back what is behind them; writes and pings do not. */
  #submitFromFront(connection: ClientConnection): void {
    for (const pending of connection.queue) {
      if (!pending.isAdmitted || this.#isLocal(connection, pending)) return;
      if (!pending.isSubmitted && pending.kind !== 'ping') this.#submit(connection, pending);
      if (pending.kind === 'sync') return;
    }
  }

  #submit(connection: ClientConnection, pending: PendingRequest): void {
    const { sessionId, ids } = connection;
    const { xid: cxid, opcode } = pending;
    const request = { sessionId, cxid, opcode, body: bodyOf(pending), authinfo: ids };
    pending.isSubmitted = true;
    if (pending.kind === 'sync') {
      const token = this.#nextToken++;
      this.#syncs.set(token, { connection, pending });
      return this.#gate.sync(token, request);
    }
    const ephemeralErr = this.#makeGlobal(connection, pending);
    const write = { cxid, opcode, connection, pending, ephemeralErr };
    const writes = this.#submitted.get(sessionId);
    if (writes === undefined) this.#submitted.set(sessionId, [write]);
    else writes.push(write);
    this.#submittedCount += 1;
    this.#gate.submit(request, ephemeralErr);
  }

  /** What may own an ephemeral is a session of the ensemble. Why this one may not be, 0 if it may. */
  #makeGlobal({ sessionId }: ClientConnection, { request }: PendingRequest): number {
    const { localSessions, config } = this.#gate;
    if (localSessions === null || !localSessions.has(sessionId)) return 0;
    if (request === null || !makesEphemeral(request)) return 0;
    if (!config.localSessionsUpgradingEnabled) return ErrorCode.EPHEMERAL_ON_LOCAL_SESSION;
    const timeoutMs = localSessions.upgrade(sessionId);
    if (timeoutMs !== null) this.#gate.submit(upgradeRequest(sessionId, timeoutMs));
    return 0;
  }

  /** The write of this server's client that `record` is the outcome of. */
  #takeSubmitted(record: TxnRecord): SubmittedWrite | null {
    if (this.#submittedCount === 0) return null;
    const { clientId, cxid } = record.header;
    const writes = this.#submitted.get(clientId);
    const first = writes?.[0];
    if (writes === undefined || first === undefined || first.cxid !== cxid) return null;
    // The client chose its xid, and may have used it for something else on another connection of the session;
    // an expiry has xid 0.
    if (!canAnswer(record.txn, first.opcode)) return null;
    takeFirst(writes);
    this.#submittedCount -= 1;
    if (writes.length === 0 && !first.connection.isOpen) this.#submitted.delete(clientId);
    return first;
  }

  #answerWrite({ connection, pending, ephemeralErr }: SubmittedWrite, committed: Committed): void {
    if (!connection.isOpen) return;
    const { zxid } = committed.record.header;
    const reply =
      pending.request === null
        ? { err: pending.err, body: noBody }
        : this.#reads.replyToWrite(committed, pending.request);
    if (reply === null) {
      this.#gate.log(
        'warn',
        `connection of ${connection.address} dropped: xid ${pending.xid} was used for two requests`,
      );
      return connection.destroy();
    }
    const { body } = reply;
    // The leader knows nothing of the session, and calls it expired.
    const isRefused = ephemeralErr !== 0 && committed.record.txn.type === 'error';
    const err = isRefused ? ephemeralErr : reply.err;
    // The session lives on elsewhere: its old connection is dropped without a word.
    if (err === ErrorCode.SESSION_MOVED) return connection.destroy();
    const isClose = pending.opcode === OpCode.CLOSE_SESSION;
    this.#answer(pending, { zxid, err }, body, isClose ? 'close' : 'stay');
  }

  #answer(
    pending: PendingRequest,
    { zxid, err }: { zxid: number; err: number },
    body: ReplyBody,
    next: Answer['next'] = 'stay',
  ): void {
    pending.answer = { zxid, err, next, frame: encodeReplyFrame({ xid: pending.xid, zxid, err }, body) };
  }

  #sendReply(connection: ClientConnection, pending: PendingRequest, answer: Answer): void {
    const { zxid, err, frame, next } = answer;
    connection.send(frame);
    this.#stats.replied(connection, pending, answer, this.#gate.clock.nowMs());
    this.#gate.trace?.({
      event: 'REPLY',
      session: connection.sessionId,
      xid: pending.xid,
      opcode: pending.opcode,
      zxid,
      err,
    });
    if (next === 'close') connection.end();
  }

  #fireWatches(record: TxnRecord, change: Committed['applied']['changes'][number]): void {
    const fired = this.#reads.fire(change);
    if (fired.length === 0) return;
    const { trace } = this.#gate;
    this.#stats.fired(fired);
    for (const { connection, eventType, path } of fired) {
      const frame = encodeWatcherEventFrame({ type: eventType, state: syncConnected, path });
      connection.send(frame);
      this.#stats.sent += 1;
      this.#stats.metrics.counters.watch_bytes.value += frame.length;
      trace?.({
        event: 'FIRE',
        session: connection.sessionId,
        path,
        type: eventType,
        zxid: record.header.zxid,
      });
    }
  }

  /** Back pressure: a client that is far ahead of its answers is not read from. */
  #regulate(connection: ClientConnection): void {
    if (!connection.isOpen) return;
    if (connection.unsentBytes > maxUnsentBytes) {
      this.#gate.log('warn', `connection of ${connection.address} dropped: it does not take its replies`);
      return connection.destroy();
    }
    this.#share(connection);
    if (!connection.isOpen) return;
    const { queuedBytes } = connection;
    const queuedCount = connection.queue.length;
    if (queuedCount > maxQueuedRequests || queuedBytes > maxQueuedBytes) connection.hold('backlog');
    else if (queuedCount < maxQueuedRequests / 2 && queuedBytes < maxQueuedBytes / 2) {
      connection.release('backlog');
    }
  }

  /** Its part in what all connections together may have under way, and may leave unread. */
  #share(connection: ClientConnection): void {
    const first = connection.queue[0];
    const isLocal = first !== undefined && this.#isLocal(connection, first);
    this.#inFlight.update(connection, isLocal && !this.#backlog.mayGrow(connection));
    if (this.#inFlight.mayRead(connection)) connection.release('busy');
    else connection.hold('busy');
    const furthest = this.#backlog.update(connection);
    if (furthest === null) return;
    this.#gate.log(
      'warn',
      `connection of ${furthest.address} dropped: of all it has most replies to take, ${furthest.unsentBytes} bytes`,
    );
    furthest.destroy();
  }

  /** As in Apache ZooKeeper without an answer: there may be no memory for one. */
  #refuseLarge(connection: ClientConnection, received: PendingRequest): void {
    this.#stats.metrics.counters.large_requests_rejected.add();
    this.#gate.log(
      'warn',
      `connection of ${connection.address} dropped: a request of ${bodyBytesOf(received)} bytes, and large requests hold ${this.#inFlight.largeBytes} bytes already (largeRequestMaxBytes)`,
    );
    connection.destroy();
  }
}

/** Each connection once, in the order in which they were unblocked. */
function withUnblocked(unblocked: ClientConnection[], connection: ClientConnection): ClientConnection[] {
  if (connection.isUnblocked) return unblocked;
  connection.isUnblocked = true;
  if (unblocked === nobody) return [connection];
  unblocked.push(connection);
  return unblocked;
}

function refused(received: PendingRequest, kind: 'local' | 'write', err: number): PendingRequest {
  received.kind = kind;
  received.err = err;
  return received;
}

/** Whether a request with this opcode may have become this transaction. Any may have failed. */
function canAnswer(txn: Txn, opcode: number): boolean {
  switch (txn.type) {
    case 'error':
      return true;
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return creations.has(opcode);
    case 'delete':
      return opcode === OpCode.DELETE;
    case 'setData':
      return opcode === OpCode.SET_DATA;
    case 'setACL':
      return opcode === OpCode.SET_ACL;
    case 'check':
      return opcode === OpCode.CHECK;
    case 'multi':
      return opcode === OpCode.MULTI;
    case 'reconfig':
      return opcode === OpCode.RECONFIG;
    case 'closeSession':
      return opcode === OpCode.CLOSE_SESSION;
    case 'createSession':
    case 'deleteContainer':
      return false;
  }
}

function kindOf(request: ClientRequest): PendingRequest['kind'] {
  switch (request.type) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
    case 'delete':
    case 'setData':
    case 'setACL':
    case 'check':
    case 'multi':
    case 'reconfig':
    case 'closeSession':
      return 'write';
    case 'sync':
      return 'sync';
    case 'ping':
      return 'ping';
    default:
      return 'local';
  }
}
