// A ZooKeeper client as workloads see it: one session, operations as promises, failures typed by whether
// they are definite. It never retries a write on its own: whether a lost reply meant success is the
// checker's question, and a retry would destroy the evidence.

import type { Acl, ClientRequest, ReplyBody, Stat } from '../wire/records.ts';
import type { SessionId } from '../wire/session-id.ts';

/** What an operation came back with, beside its own result. */
export interface Reply {
  /** zxid of the reply header. */
  readonly zxid: number;
}

/** A reply as it came: 0 or ZooKeeper's error code, and a body of the request's own kind. */
export interface Answer extends Reply {
  readonly err: number;
  readonly body: ReplyBody;
}

export type ClientErrorKind =
  /** The server answered with an error code: it certainly did not take place. */
  | 'refused'
  /** No connection came within the request time-out, so nothing was sent: certainly did not take place. */
  | 'not-connected'
  /** Sent, no answer: may have taken place, or may still. */
  | 'connection-loss'
  | 'timeout'
  /** The session is gone; requests that were in flight are indefinite. */
  | 'session-expired';

/** A failed client operation. `definite` is true when it certainly had no effect. */
export class ClientError extends Error {
  readonly kind: ClientErrorKind;
  readonly definite: boolean;
  /** ZooKeeper's error code, for `refused`. */
  readonly code: number | undefined;
  /** zxid of the reply header, for `refused`. */
  readonly zxid: number | undefined;

  constructor(
    message: string,
    details: { kind: ClientErrorKind; definite: boolean; code?: number; zxid?: number },
  ) {
    // Some workloads are refused every other time, and nobody asks where in the harness a reply was read.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'ClientError';
    this.kind = details.kind;
    this.definite = details.definite;
    this.code = details.code;
    this.zxid = details.zxid;
  }
}

export interface WatchEvent {
  readonly type: 'created' | 'deleted' | 'dataChanged' | 'childrenChanged';
  readonly path: string;
}

/**
 * What a session receives, and what becomes of its connection, in the order of arrival. Promises do not tell that
 * order: an event that arrives behind a reply is heard before the reply's promise goes on.
 */
export type Arrival =
  | {
      readonly type: 'reply';
      readonly request: ClientRequest;
      readonly zxid: number;
      readonly err: number;
      readonly body: ReplyBody;
    }
  | { readonly type: 'event'; readonly event: WatchEvent }
  /** The connection is gone; `zxid` is the highest that the session saw until then. */
  | { readonly type: 'lost'; readonly zxid: number }
  | { readonly type: 'attached' }
  /** The server has the watches again, as of this zxid; what they missed was told before. */
  | { readonly type: 'restored'; readonly zxid: number };

/** A persistent watch hears of its znode and of its children's coming and going; a recursive one of all below it. */
export type AddWatchMode = 'persistent' | 'recursive';

export type ClientState = 'connecting' | 'connected' | 'disconnected' | 'expired' | 'closed';

export interface CreateOptions {
  readonly ephemeral?: boolean;
  readonly sequential?: boolean;
  /** The server removes it once it has had children and has none; neither ephemeral nor sequential. */
  readonly container?: boolean;
  /** The server removes it when it has no children and was not written for longer; not ephemeral. */
  readonly ttlMs?: number;
  readonly acl?: readonly Acl[];
}

export interface SubOperation {
  readonly type: 'create' | 'delete' | 'setData' | 'check';
  readonly path: string;
  readonly data?: Buffer;
  readonly version?: number;
}

/** What may stand in a multiRead. */
export interface ReadOperation {
  readonly type: 'getData' | 'getChildren';
  readonly path: string;
}

/** A part of a multiRead that fails, for want of its znode, leaves the others as they are. */
export type ReadResult =
  | { readonly type: 'data'; readonly data: Buffer; readonly stat: Stat }
  | { readonly type: 'children'; readonly children: readonly string[] }
  | { readonly type: 'error'; readonly code: number };

/** Version −1 means any. Paths are absolute. Every promise rejects with ClientError and with nothing else. */
export interface Client {
  readonly state: ClientState;
  readonly sessionId: SessionId;
  /** Server id of the present connection, null without one. */
  readonly server: number | null;
  /** As the server granted it; until then, as it was asked for. */
  readonly sessionTimeoutMs: number;
  /** Highest zxid seen by this session. */
  readonly lastZxidSeen: number;
  create(path: string, data: Buffer, options?: CreateOptions): Promise<Reply & { path: string }>;
  delete(path: string, version: number): Promise<Reply>;
  exists(path: string, watch?: boolean): Promise<Reply & { stat: Stat | null }>;
  getData(path: string, watch?: boolean): Promise<Reply & { data: Buffer; stat: Stat }>;
  setData(path: string, data: Buffer, version: number): Promise<Reply & { stat: Stat }>;
  getChildren(path: string, watch?: boolean): Promise<Reply & { children: string[]; stat: Stat }>;
  multi(operations: readonly SubOperation[]): Promise<Reply & { results: readonly (Stat | string | null)[] }>;
  /** Several reads of one moment. */
  multiRead(operations: readonly ReadOperation[]): Promise<Reply & { results: readonly ReadResult[] }>;
  getAcl(path: string): Promise<Reply & { acl: readonly Acl[]; stat: Stat }>;
  /** `version` is the expected count of changes of the list, the Stat's `aversion`. */
  setAcl(path: string, acl: readonly Acl[], version: number): Promise<Reply & { stat: Stat }>;
  /** Any request and whatever was answered: rejects only where no answer came, and not for an error code. */
  ask(request: ClientRequest): Promise<Answer>;
  /** Proves an identity ahead of every later request, on this connection and on each that follows. */
  addAuth(scheme: string, credentials: Buffer): void;
  sync(path: string): Promise<Reply>;
  /** Sends several requests on one connection without waiting between them: sync, then read. */
  syncAndGetData(path: string): Promise<Reply & { data: Buffer; stat: Stat }>;
  /** A watch that stays when it fires. */
  addWatch(path: string, mode: AddWatchMode): Promise<Reply>;
  onWatch(listener: (event: WatchEvent) => void): void;
  /** Told at once of everything that arrives, pings excepted. */
  onArrival(listener: (arrival: Arrival) => void): void;
  /** Ends the session on the server; resolves at its confirmation, or with null when the connection is gone. */
  close(): Promise<Reply | null>;
  /** Drops the connection without ending the session. */
  drop(): void;
  /**
   * A silent client is like a process under SIGSTOP: it neither sends nor reads, no time-out runs off, and what
   * comes meanwhile waits. `close` and `abandon` end the silence.
   */
  setSilent(isSilent: boolean): void;
  /** Stops at once and for good; the session is left to expire. */
  abandon(): void;
}

export interface ClientOptions {
  readonly sessionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Servers to try, in this order, starting anew after the last; more than one lets the session move. */
  readonly servers: readonly number[];
  /** Takes a server without a quorum as well, which serves reads of what it has. Off unless given. */
  readonly readOnly?: boolean;
}
