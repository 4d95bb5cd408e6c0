// What a server answers from its own state: reads, watches, and the replies to writes that it has applied.
// Reading and registering the watch are one step: nothing can change the znode in between.

import { ErrorCode } from '../../../../harness/wire/constants.ts';
import { encodeWatcherEventFrame } from '../../../../harness/wire/client-codec.ts';
import type { Acl, ClientRequest } from '../../../../harness/wire/records.ts';
import type { Change, Committed } from '../core/events.ts';
import { isAllowed, Permission } from '../state/acl.ts';
import { executeRead, isRead, registersWatch, type ReplyContent } from '../state/local-reads.ts';
import { replyFor } from '../state/replies.ts';
import { catchUpWatches, type WatchLists } from '../state/watch-catch-up.ts';
import { WatchTable, type FiredWatch, type PersistentMode } from '../state/watches.ts';
import type { ClientConnection } from './client-connection.ts';
import type { EnsembleGate } from './ensemble-gate.ts';

/** State of every event that a server sends. */
const syncConnected = 3;
const watcherTypes: Readonly<Record<number, readonly ('data' | 'child')[]>> = {
  1: ['child'],
  2: ['data'],
  3: ['child', 'data'],
};

const done: ReplyContent = { err: ErrorCode.OK, body: { type: 'none' } };

export class ReadExecutor {
  readonly watches = new WatchTable<ClientConnection>();
  readonly #gate: EnsembleGate;

  constructor(gate: EnsembleGate) {
    this.#gate = gate;
  }

  /** For requests that need nothing from the ensemble. */
  execute(connection: ClientConnection, request: ClientRequest): ReplyContent {
    if (isRead(request)) return this.#read(connection, request);
    switch (request.type) {
      case 'setWatches':
        return this.#catchUp(connection, request);
      case 'setWatches2':
        this.#catchUp(connection, request);
        for (const path of request.persistentWatches) this.#armPersistent(connection, 0, path);
        for (const path of request.persistentRecursiveWatches) this.#armPersistent(connection, 1, path);
        return done;
      case 'checkWatches':
        return this.#withWatches(request, (table) => this.watches.has(table, request.path, connection));
      case 'removeWatches':
        return this.#withWatches(request, (table) => this.watches.remove(table, request.path, connection));
      case 'addWatch':
        if (request.mode !== 0 && request.mode !== 1) return failed(ErrorCode.MARSHALLING_ERROR);
        this.#armPersistent(connection, request.mode, request.path);
        return { err: ErrorCode.OK, body: { type: 'error', err: ErrorCode.OK } };
      default:
        return failed(ErrorCode.UNIMPLEMENTED);
    }
  }

  /** Whom to tell of a change, in this order. A one-shot watch is spent also when its event is kept back. */
  fire(change: Change): readonly FiredWatch<ClientConnection>[] {
    const fired = this.watches.fire(change);
    if (fired.length === 0) return fired;
    return fired.filter(({ connection, acl }) => this.#mayHear(connection, acl));
  }

  /** Null when the transaction cannot have come of the request. */
  replyToWrite({ applied }: Committed, request: ClientRequest): ReplyContent | null {
    return replyFor(request, applied.result);
  }

  #read(connection: ClientConnection, request: Parameters<typeof executeRead>[1]): ReplyContent {
    const { tree } = this.#gate.database;
    const { sessionId, ids } = connection;
    const { skipAcl } = this.#gate.config;
    const reply = executeRead(tree, request, { sessionId, ids, skipAcl });
    const table = registersWatch(request, reply.err);
    if (table !== null && 'path' in request) this.#arm(connection, table, request.path);
    return reply;
  }

  /** Events for what the client missed leave before the reply. */
  #catchUp(connection: ClientConnection, lists: WatchLists): ReplyContent {
    const { events, dataWatches, childWatches } = catchUpWatches(this.#gate.database.tree, lists);
    for (const { eventType, path, acl } of events) {
      if (!this.#mayHear(connection, acl)) continue;
      connection.send(encodeWatcherEventFrame({ type: eventType, state: syncConnected, path }));
    }
    for (const path of dataWatches) this.#arm(connection, 'data', path);
    for (const path of childWatches) this.#arm(connection, 'child', path);
    return done;
  }

  #armPersistent(connection: ClientConnection, mode: PersistentMode, path: string): void {
    this.watches.addPersistent(path, connection, mode);
    this.#traceArm(connection, mode === 0 ? 'persistent' : 'recursive', path);
  }

  #arm(connection: ClientConnection, table: 'data' | 'child', path: string): void {
    if (table === 'data') this.watches.addData(path, connection);
    else this.watches.addChild(path, connection);
    this.#traceArm(connection, table, path);
  }

  /** An event tells that a znode is there, so it is for those who may read it (CVE-2024-23944). */
  #mayHear({ ids }: ClientConnection, acl: readonly Acl[] | undefined): boolean {
    return acl === undefined || this.#gate.config.skipAcl || isAllowed(acl, Permission.READ, ids);
  }

  #traceArm(connection: ClientConnection, kind: string, path: string): void {
    this.#gate.trace?.({
      event: 'ARM',
      session: connection.sessionId,
      path,
      kind,
      zxid: this.#gate.database.lastProcessedZxid,
    });
  }

  #withWatches(
    request: { readonly watcherType: number },
    use: (table: 'data' | 'child') => boolean,
  ): ReplyContent {
    const tables = watcherTypes[request.watcherType];
    if (tables === undefined) return failed(ErrorCode.MARSHALLING_ERROR);
    const found = tables.map(use);
    return found.includes(true) ? done : failed(ErrorCode.NO_WATCHER);
  }
}

function failed(err: number): ReplyContent {
  return { err, body: { type: 'none' } };
}
