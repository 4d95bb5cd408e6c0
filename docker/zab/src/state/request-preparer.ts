// The leader's first stage: turns a request into a transaction of final values, or into an error transaction. It
// validates against the state as it will be when everything in flight is applied, so that many proposals can be
// under way at once. The order of checks is Apache ZooKeeper's (client protocol, "Order of checks"): clients can
// see which of two faults is found first.

import assert from 'node:assert/strict';

import { decodeRequestBody, UnknownOpcodeError } from '../../../../harness/wire/client-requests.ts';
import { ErrorCode, OpCode } from '../../../../harness/wire/constants.ts';
import { JuteError, JuteReader } from '../../../../harness/wire/jute.ts';
import type { AuthId } from '../../../../harness/wire/quorum-packet.ts';
import type {
  Acl,
  CheckRequest,
  ClientRequest,
  CreateRequest,
  CreateTtlRequest,
  DeleteRequest,
  MultiOperation,
  SetAclRequest,
  SetDataRequest,
} from '../../../../harness/wire/records.ts';
import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';
import { encodeTxn } from '../../../../harness/wire/txn-codec.ts';
import type { Txn, TxnHeader, TxnRecord } from '../../../../harness/wire/txn.ts';
import { membershipText } from '../core/membership.ts';
import { type AclOptions, isAllowed, Permission, settableAcl } from './acl.ts';
import { createKindOf, sequenceSuffix, type CreateKind } from './create-kind.ts';
import { configPath, type StateDatabase } from './database.ts';
import { containerOwner, ttlOwner } from './owner.ts';
import { hasParent, isDeletable, isValidPath, parentOf } from './paths.ts';
import { QuotaGuard, type QuotaExcess } from './quota-guard.ts';
import { planReconfiguration, type ReconfigurationGate } from './reconfiguration.ts';
import { PendingChanges, type PendingZnode, type TxnStamp } from './pending-changes.ts';

export interface WriteRequest {
  readonly sessionId: SessionId;
  readonly cxid: number;
  readonly opcode: number;
  /** As the client sent it, behind the request header. */
  readonly body: Buffer;
  readonly authinfo: readonly AuthId[] | null;
  /** False: the session has moved to another server since, so this request comes from an abandoned connection. */
  readonly ownerOk?: boolean;
  /** The session is local to the server that it is attached to: it may write, and own nothing. */
  readonly isLocal?: boolean;
  /** Why an ephemeral is refused, where that is known before; 0 or absent: it is not. */
  readonly ephemeralErr?: number;
}

export interface PreparerOptions {
  readonly database: StateDatabase;
  /** Whether transactions carry the tree's digest. */
  readonly digestEnabled?: boolean;
  /** Lets everybody do everything. */
  readonly skipAcl?: boolean;
  /** ACLs may name the subjects of certificates. */
  readonly takesX509?: boolean;
  /** Whether hard limits of quotas refuse. */
  readonly enforcesQuota?: boolean;
  /** A quota, soft or hard, is exceeded. */
  readonly quotaExceeded?: (excess: QuotaExcess) => void;
  /** Null: the membership is fixed. */
  readonly reconfiguration?: ReconfigurationGate | null;
}

type Creation = CreateRequest | CreateTtlRequest;
/** The operations that may stand in a multi. */
type Operation = Creation | DeleteRequest | SetDataRequest | CheckRequest;

/** What the checks of one request need besides its body. */
interface Context extends TxnStamp {
  readonly session: SessionId;
  readonly ids: readonly AuthId[];
  /** OK, or why this session may not write. */
  readonly sessionErr: number;
  /** OK, or why it may not own an ephemeral. */
  readonly ephemeralErr: number;
}

const noIds: readonly AuthId[] = [];

export class RequestPreparer {
  readonly #database: StateDatabase;
  readonly #digestEnabled: boolean;
  readonly #skipAcl: boolean;
  readonly #reconfiguration: ReconfigurationGate | null;
  readonly #aclOptions: AclOptions;
  readonly #pending: PendingChanges;
  readonly #quotas: QuotaGuard;
  /** Sessions whose createSession or closeSession is in flight, with its zxid, in zxid order. */
  readonly #opening = new Map<SessionId, number>();
  readonly #closing = new Map<SessionId, number>();
  #lastZxid = 0;

  constructor(options: PreparerOptions) {
    const { database, enforcesQuota = false, quotaExceeded = () => {} } = options;
    this.#database = database;
    this.#reconfiguration = options.reconfiguration ?? null;
    this.#digestEnabled = options.digestEnabled ?? true;
    this.#skipAcl = options.skipAcl ?? false;
    this.#aclOptions = { takesX509: options.takesX509 ?? false };
    this.#pending = new PendingChanges(() => database.tree);
    this.#quotas = new QuotaGuard({
      treeOf: () => database.tree,
      pending: this.#pending,
      isEnforced: enforcesQuota,
      exceeded: quotaExceeded,
    });
  }

  /** The record must be proposed: every later one builds on it. */
  prepare(request: WriteRequest, zxid: number, timeMs: number): TxnRecord {
    if (zxid <= this.#lastZxid) assert.fail(`zxid ${zxid} is prepared after ${this.#lastZxid}`);
    this.applied(this.#database.lastProcessedZxid);
    this.#lastZxid = zxid;
    const { sessionId, cxid, authinfo, ephemeralErr = ErrorCode.OK } = request;
    const header: TxnHeader = { clientId: sessionId, cxid, zxid, time: timeMs };
    const expiredErr = this.isLive(sessionId) ? ErrorCode.OK : ErrorCode.SESSION_EXPIRED;
    const prepared = this.#prepare(request, {
      zxid,
      timeMs,
      session: sessionId,
      ids: authinfo ?? noIds,
      sessionErr: this.#checkSession(request, expiredErr),
      ephemeralErr: ephemeralErr === ErrorCode.OK ? expiredErr : ephemeralErr,
    });
    if (typeof prepared === 'number') return encodeTxn(header, { type: 'error', err: prepared }, null);
    return encodeTxn(header, prepared, this.#digestEnabled ? this.#pending.digest : null);
  }

  /** Transactions up to `zxid` are applied. `prepare` looks for itself too; calling this frees memory earlier. */
  applied(zxid: number): void {
    this.#pending.dropApplied(zxid);
    dropUpTo(this.#opening, zxid);
    dropUpTo(this.#closing, zxid);
  }

  /** The role changed: what was in flight is forgotten, applied or not. */
  reset(): void {
    this.#pending.reset();
    this.#opening.clear();
    this.#closing.clear();
    this.#lastZxid = 0;
  }

  /** Open, or about to be, and not about to be closed. */
  isLive(session: SessionId): boolean {
    if (this.#closing.size > 0 && this.#closing.has(session)) return false;
    return this.#database.sessions.has(session) || this.#opening.has(session);
  }

  #checkSession(request: WriteRequest, expiredErr: number): number {
    if (expiredErr !== ErrorCode.OK && !this.#isLocal(request)) return expiredErr;
    return request.ownerOk === false ? ErrorCode.SESSION_MOVED : ErrorCode.OK;
  }

  /** One that is about to be closed was the ensemble's, whoever knows it as his own as well. */
  #isLocal({ sessionId, isLocal = false, opcode }: WriteRequest): boolean {
    return isLocal && opcode !== OpCode.CLOSE_SESSION && !this.#closing.has(sessionId);
  }

  #prepare(request: WriteRequest, context: Context): Txn | number {
    try {
      switch (request.opcode) {
        case OpCode.CREATE_SESSION:
          return this.#createSession(request.body, context);
        case OpCode.CLOSE_SESSION:
          return this.#closeSession(context);
        case OpCode.DELETE_CONTAINER:
          return this.#deleteContainer(request.body.toString(), context);
        default:
          // Ahead of every other fault: the session's next server may have a request with this xid under way,
          // and takes any other error for the answer to it.
          if (context.sessionErr === ErrorCode.SESSION_MOVED) return context.sessionErr;
          return this.#prepareClientRequest(decodeRequestBody(request.opcode, request.body, 0), context);
      }
    } catch (error) {
      if (error instanceof JuteError) return ErrorCode.MARSHALLING_ERROR;
      if (error instanceof UnknownOpcodeError) return ErrorCode.UNIMPLEMENTED;
      throw error;
    }
  }

  #prepareClientRequest(request: ClientRequest, context: Context): Txn | number {
    switch (request.type) {
      case 'create':
      case 'create2':
      case 'createContainer':
      case 'createTTL':
      case 'delete':
      case 'setData':
        return this.#prepareOperation(request, context);
      case 'setACL':
        return this.#setAcl(request, context);
      case 'multi':
        return this.#multi(request.operations, context);
      case 'reconfig':
        return this.#reconfig(request, context);
      // Alone it would be a transaction that Apache ZooKeeper cannot read back (ZOOKEEPER-2623). Only one that
      // fails is answered as ever.
      case 'check': {
        const checked = this.#check(request, context);
        return typeof checked === 'number' ? checked : ErrorCode.UNIMPLEMENTED;
      }
      // Everything else is no write.
      default:
        return ErrorCode.UNIMPLEMENTED;
    }
  }

  #prepareOperation(operation: Operation, context: Context): Txn | number {
    switch (operation.type) {
      case 'create':
      case 'create2':
      case 'createContainer':
      case 'createTTL':
        return this.#create(operation, context);
      case 'delete':
        return this.#delete(operation, context);
      case 'setData':
        return this.#setData(operation, context);
      case 'check':
        return this.#check(operation, context);
    }
  }

  #create(request: Creation, context: Context): Txn | number {
    const kind = createKindOf(request, this.#database.tree.extendedTypes);
    if (typeof kind === 'number') return kind;
    if (context.sessionErr !== ErrorCode.OK) return context.sessionErr;
    if (kind.ephemeral && context.ephemeralErr !== ErrorCode.OK) return context.ephemeralErr;
    if (!hasParent(request.path)) return ErrorCode.BAD_ARGUMENTS;
    const acl = settableAcl(request.acl, context.ids, this.#aclOptions);
    if (acl === null) return ErrorCode.INVALID_ACL;
    const parent = this.#pending.get(parentOf(request.path));
    if (parent === undefined) return ErrorCode.NO_NODE;
    if (!this.#isAllowed(parent, Permission.CREATE, context)) return ErrorCode.NO_AUTH;
    const path = kind.sequential ? request.path + sequenceSuffix(parent.cversion) : request.path;
    if (!isValidPath(path)) return ErrorCode.BAD_ARGUMENTS;
    if (this.#pending.get(path) !== undefined) return ErrorCode.NODE_EXISTS;
    if (this.#database.tree.isEphemeral(parent)) return ErrorCode.NO_CHILDREN_FOR_EPHEMERALS;
    const quotaErr = this.#quotas.check(path, { count: 1, bytes: request.data?.length ?? 0 });
    if (quotaErr !== ErrorCode.OK) return quotaErr;
    const parentCversion = (parent.cversion + 1) | 0;
    const owner = ownerOf(request, kind, context.session);
    this.#pending.create({ path, data: request.data, acl, owner, parentCversion }, parent, context);
    return createTxn(request, kind, { path, data: request.data, acl, parentCversion });
  }

  #delete({ path, version }: DeleteRequest, context: Context): Txn | number {
    if (context.sessionErr !== ErrorCode.OK) return context.sessionErr;
    if (!hasParent(path) || !isDeletable(path)) return ErrorCode.BAD_ARGUMENTS;
    const parent = this.#pending.get(parentOf(path));
    if (parent === undefined) return ErrorCode.NO_NODE;
    if (!this.#isAllowed(parent, Permission.DELETE, context)) return ErrorCode.NO_AUTH;
    const znode = this.#pending.get(path);
    if (znode === undefined) return ErrorCode.NO_NODE;
    if (!isExpected(version, znode.version)) return ErrorCode.BAD_VERSION;
    if (znode.childCount > 0) return ErrorCode.NOT_EMPTY;
    this.#pending.delete(path, context);
    return { type: 'delete', path };
  }

  #setData(request: SetDataRequest, context: Context): Txn | number {
    const { path, data } = request;
    if (context.sessionErr !== ErrorCode.OK) return context.sessionErr;
    if (!isValidPath(path)) return ErrorCode.BAD_ARGUMENTS;
    const znode = this.#pending.get(path);
    if (znode === undefined) return ErrorCode.NO_NODE;
    if (!this.#isAllowed(znode, Permission.WRITE, context)) return ErrorCode.NO_AUTH;
    const quotaErr = this.#quotas.check(path, { count: 0, bytes: (data?.length ?? 0) - znode.dataBytes });
    if (quotaErr !== ErrorCode.OK) return quotaErr;
    if (!isExpected(request.version, znode.version)) return ErrorCode.BAD_VERSION;
    const version = (znode.version + 1) | 0;
    this.#pending.setData(znode, { data, version }, context);
    return { type: 'setData', path, data, version };
  }

  #setAcl(request: SetAclRequest, context: Context): Txn | number {
    const { path } = request;
    if (context.sessionErr !== ErrorCode.OK) return context.sessionErr;
    if (!isValidPath(path)) return ErrorCode.BAD_ARGUMENTS;
    const acl = settableAcl(request.acl, context.ids, this.#aclOptions);
    if (acl === null) return ErrorCode.INVALID_ACL;
    const znode = this.#pending.get(path);
    if (znode === undefined) return ErrorCode.NO_NODE;
    if (!this.#isAllowed(znode, Permission.ADMIN, context)) return ErrorCode.NO_AUTH;
    if (!isExpected(request.version, znode.aversion)) return ErrorCode.BAD_VERSION;
    const version = (znode.aversion + 1) | 0;
    this.#pending.setAcl(znode, { acl, version }, context);
    return { type: 'setACL', path, acl, version };
  }

  #check({ path, version }: CheckRequest, context: Context): Txn | number {
    if (context.sessionErr !== ErrorCode.OK) return context.sessionErr;
    if (!isValidPath(path)) return ErrorCode.BAD_ARGUMENTS;
    const znode = this.#pending.get(path);
    if (znode === undefined) return ErrorCode.NO_NODE;
    if (!this.#isAllowed(znode, Permission.READ, context)) return ErrorCode.NO_AUTH;
    if (!isExpected(version, znode.version)) return ErrorCode.BAD_VERSION;
    return { type: 'check', path, version: (znode.version + 1) | 0 };
  }

  /**
   * All or nothing. One that fails stays a multi, with an error in the place of the operation that failed and of
   * all behind it; those before it are kept as they were, and are not applied for the error's sake.
   */
  #multi(operations: readonly MultiOperation[], context: Context): Txn | number {
    if (context.sessionErr !== ErrorCode.OK) return context.sessionErr;
    const mark = this.#pending.mark();
    const txns: Txn[] = [];
    for (const operation of operations) {
      // The codec lets no reads into a multi.
      if (operation.type === 'getData' || operation.type === 'getChildren') {
        return ErrorCode.MARSHALLING_ERROR;
      }
      const prepared = this.#prepareOperation(operation, context);
      if (typeof prepared === 'number') {
        this.#pending.rollback(mark);
        txns.push({ type: 'error', err: prepared });
        break;
      }
      // Inside a multi Apache ZooKeeper 3.8.0 reads no create2.
      txns.push(prepared.type === 'create2' ? { ...prepared, type: 'create' } : prepared);
    }
    while (txns.length < operations.length) {
      txns.push({ type: 'error', err: ErrorCode.RUNTIME_INCONSISTENCY });
    }
    return { type: 'multi', txns };
  }

  #reconfig(request: Extract<ClientRequest, { type: 'reconfig' }>, context: Context): Txn | number {
    const gate = this.#reconfiguration;
    if (gate?.isEnabled !== true) return ErrorCode.RECONFIG_DISABLED;
    if (context.sessionErr !== ErrorCode.OK) return context.sessionErr;
    if (gate.isAlone) return ErrorCode.UNIMPLEMENTED;
    const planned = planReconfiguration(request, gate, context.zxid);
    if (typeof planned === 'number') return planned;
    const znode = this.#pending.get(configPath);
    if (znode === undefined) return ErrorCode.NO_NODE;
    if (!this.#isAllowed(znode, Permission.WRITE, context)) return ErrorCode.NO_AUTH;
    const data = Buffer.from(membershipText(planned));
    return { type: 'reconfig', path: configPath, data, version: -1 };
  }

  #createSession(body: Buffer, { session, zxid }: Context): Txn {
    const timeoutMs = new JuteReader(body).readInt();
    // An id is not given twice; were it, the new session would begin where the old one ends.
    this.#closing.delete(session);
    this.#opening.delete(session);
    this.#opening.set(session, zxid);
    return { type: 'createSession', timeoutMs };
  }

  /** From here on every request of the session is refused: what it owned is listed once and for all. */
  #closeSession(context: Context): Txn | number {
    const { session, zxid, sessionErr } = context;
    const paths = this.#pending.ephemeralsOf(session);
    // Ephemerals whose session is unknown are left over from damage, and may be removed this way.
    const isOrphaned = paths.length > 0 && !this.#closing.has(session);
    if (sessionErr !== ErrorCode.OK && !(sessionErr === ErrorCode.SESSION_EXPIRED && isOrphaned)) {
      return sessionErr;
    }
    for (const path of paths) this.#pending.delete(path, context);
    this.#closing.set(session, zxid);
    return { type: 'closeSession', paths };
  }

  /** The leader's own request, for a container without children or a znode whose time is up. */
  #deleteContainer(path: string, context: Context): Txn | number {
    if (!hasParent(path) || !isDeletable(path)) return ErrorCode.BAD_ARGUMENTS;
    const znode = this.#pending.get(path);
    if (znode === undefined) return ErrorCode.NO_NODE;
    if (znode.childCount > 0) return ErrorCode.NOT_EMPTY;
    if (this.#database.tree.isEphemeral(znode)) return ErrorCode.BAD_VERSION;
    if (this.#isRenewed(znode)) return ErrorCode.BAD_VERSION;
    this.#pending.delete(path, context);
    return { type: 'deleteContainer', path };
  }

  /**
   * Since the leader looked for what may go, what was in flight then may have written it or made it anew. Apache
   * ZooKeeper deletes it all the same, and with it a write that it has just acknowledged.
   */
  #isRenewed({ path, czxid, mzxid }: PendingZnode): boolean {
    const applied = this.#database.tree.get(path);
    return applied === undefined || applied.czxid !== czxid || applied.mzxid !== mzxid;
  }

  #isAllowed(znode: PendingZnode, permission: number, { ids }: Context): boolean {
    return this.#skipAcl || isAllowed(znode.acl, permission, ids);
  }
}

function isExpected(expected: number, version: number): boolean {
  return expected === -1 || expected === version;
}

function ownerOf(request: Creation, { ephemeral, ttlMs }: CreateKind, session: SessionId): SessionId {
  if (request.type === 'createContainer') return containerOwner;
  if (ttlMs !== null) return ttlOwner(ttlMs);
  return ephemeral ? session : noSession;
}

interface CreateFields {
  readonly path: string;
  readonly data: Buffer | null;
  readonly acl: readonly Acl[];
  readonly parentCversion: number;
}

/** Flags that ask for no time to live make a plain znode also of a createTTL. */
function createTxn(request: Creation, { ephemeral, ttlMs }: CreateKind, fields: CreateFields): Txn {
  if (request.type === 'createContainer') return { type: 'createContainer', ...fields };
  if (ttlMs !== null) return { type: 'createTTL', ...fields, ttl: ttlMs };
  const type = request.type === 'createTTL' ? 'create' : request.type;
  return { type, ...fields, ephemeral };
}

/** Entries were added in zxid order, so the first that is newer ends it. */
function dropUpTo(sessions: Map<SessionId, number>, zxid: number): void {
  if (sessions.size === 0) return;
  for (const [session, at] of sessions) {
    if (at > zxid) return;
    sessions.delete(session);
  }
}
