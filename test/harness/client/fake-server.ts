// A little ZooKeeper for client tests: znodes in a map, sessions in another, no replication and no time. It
// speaks through the wire codecs over any byte stream, and can be told to misbehave.

import {
  decodeConnectRequest,
  decodeRequestBody,
  decodeRequestHeader,
  encodeConnectResponseFrame,
  encodeReplyFrame,
  encodeWatcherEventFrame,
} from '../../../harness/wire/client-codec.ts';
import { ErrorCode, EventType } from '../../../harness/wire/constants.ts';
import { FrameDecoder } from '../../../harness/wire/frame.ts';
import type {
  ClientRequest,
  ConnectRequest,
  MultiOperation,
  MultiResult,
  ReplyBody,
  Stat,
} from '../../../harness/wire/records.ts';
import { noSession } from '../../../harness/wire/session-id.ts';

interface Znode {
  data: Buffer;
  version: number;
  zxid: number;
}

export interface FakeConnection {
  received(bytes: Buffer): void;
  closed(): void;
}

interface ConnectionState {
  readonly write: (bytes: Buffer) => void;
  readonly close: () => void;
}

export class FakeServer {
  readonly connectRequests: ConnectRequest[] = [];
  readonly requests: string[] = [];
  readonly sessions = new Set<string>();
  /** Requests of these types get no answer. */
  readonly silentFor = new Set<ClientRequest['type']>();
  /** Requests of these types make it close the connection. */
  readonly hangsUpAt = new Set<ClientRequest['type']>();
  readonly #znodes = new Map<string, Znode>();
  readonly #watchers = new Map<string, Set<ConnectionState>>();
  #zxid = 0;
  #nextSession = 1;

  connect(state: ConnectionState): FakeConnection {
    const decoder = new FrameDecoder();
    let isHandshaken = false;
    return {
      received: (bytes) => {
        for (const body of decoder.push(bytes)) {
          if (isHandshaken) this.#serve(body, state);
          else this.#shakeHands(decodeConnectRequest(body), state);
          isHandshaken = true;
        }
      },
      closed: () => {
        for (const watchers of this.#watchers.values()) watchers.delete(state);
      },
    };
  }

  #shakeHands(request: ConnectRequest, { write, close }: ConnectionState): void {
    this.connectRequests.push(request);
    if (request.lastZxidSeen > this.#zxid) return close();
    const isNew = request.sessionId === noSession;
    const sessionId = isNew ? (this.#nextSession++).toString(16).padStart(16, '0') : request.sessionId;
    if (isNew) this.sessions.add(sessionId);
    const isKnown = this.sessions.has(sessionId);
    write(
      encodeConnectResponseFrame({
        protocolVersion: 0,
        timeoutMs: isKnown ? request.timeoutMs : 0,
        sessionId: isKnown ? sessionId : noSession,
        password: Buffer.alloc(16, isKnown ? 1 : 0),
        readOnly: false,
      }),
    );
    if (!isKnown) close();
  }

  #serve(body: Buffer, state: ConnectionState): void {
    const { xid, opcode } = decodeRequestHeader(body);
    const request = decodeRequestBody(opcode, body);
    if (request.type !== 'ping') this.requests.push(request.type);
    if (this.hangsUpAt.has(request.type)) return state.close();
    if (this.silentFor.has(request.type)) return;
    const { err, reply } = this.#answer(request, state);
    state.write(encodeReplyFrame({ xid, zxid: this.#zxid, err }, reply));
    if (request.type === 'closeSession') state.close();
  }

  #answer(request: ClientRequest, state: ConnectionState): { err: number; reply: ReplyBody } {
    const fail = (err: number): { err: number; reply: ReplyBody } => ({ err, reply: { type: 'none' } });
    const ok = (reply: ReplyBody): { err: number; reply: ReplyBody } => ({ err: 0, reply });
    if ('watch' in request && request.watch) this.#watch(request.path, state);
    switch (request.type) {
      case 'ping':
      case 'setWatches':
      case 'closeSession':
        return ok({ type: 'none' });
      case 'sync':
        return ok({ type: 'synced', path: request.path });
      case 'multi':
        return ok({ type: 'multi', results: this.#multi(request.operations) });
      case 'multiRead':
        return ok({ type: 'multi', results: request.operations.map((part) => this.#readPart(part)) });
      case 'getChildren2': {
        const children = [...this.#znodes.keys()].map((path) => path.slice(1));
        return ok({
          type: 'childrenAndStat',
          children,
          stat: statOf({ data: Buffer.alloc(0), version: 0, zxid: 0 }),
        });
      }
      case 'create': {
        if (this.#znodes.has(request.path)) return fail(ErrorCode.NODE_EXISTS);
        const path = request.flags >= 2 ? `${request.path}0000000000` : request.path;
        this.#znodes.set(path, { data: Buffer.from(request.data ?? ''), version: 0, zxid: ++this.#zxid });
        return ok({ type: 'path', path });
      }
      case 'exists':
      case 'getData':
      case 'setData':
      case 'delete':
        return this.#answerFor(request);
      default:
        return fail(ErrorCode.UNIMPLEMENTED);
    }
  }

  #answerFor(request: Extract<ClientRequest, { type: 'exists' | 'getData' | 'setData' | 'delete' }>): {
    err: number;
    reply: ReplyBody;
  } {
    const znode = this.#znodes.get(request.path);
    if (znode === undefined) return { err: ErrorCode.NO_NODE, reply: { type: 'none' } };
    if ('version' in request && request.version !== -1 && request.version !== znode.version)
      return { err: ErrorCode.BAD_VERSION, reply: { type: 'none' } };
    if (request.type === 'delete') this.#znodes.delete(request.path);
    if (request.type === 'setData') {
      znode.data = Buffer.from(request.data ?? '');
      znode.version++;
      znode.zxid = ++this.#zxid;
      this.#fire(request.path);
    }
    const stat = statOf(znode);
    if (request.type === 'delete') return { err: 0, reply: { type: 'none' } };
    if (request.type === 'getData') return { err: 0, reply: { type: 'data', data: znode.data, stat } };
    return { err: 0, reply: { type: 'stat', stat } };
  }

  #multi(operations: readonly MultiOperation[]): MultiResult[] {
    const failedAt = operations.findIndex((operation) => {
      const exists = 'path' in operation && this.#znodes.has(operation.path);
      return operation.type === 'create' ? exists : !exists;
    });
    return operations.map((operation, index): MultiResult => {
      if (failedAt !== -1) {
        const code = operation.type === 'create' ? ErrorCode.NODE_EXISTS : ErrorCode.NO_NODE;
        return { type: 'error', err: index < failedAt ? 0 : index === failedAt ? code : -2 };
      }
      if (operation.type === 'create') return { type: 'create', path: operation.path };
      if (operation.type !== 'setData') return { type: 'check' };
      return { type: 'setData', stat: statOf({ data: Buffer.alloc(0), version: 1, zxid: 1 }) };
    });
  }

  #readPart({ type, path }: MultiOperation): MultiResult {
    if (type === 'getChildren') {
      return { type, children: [...this.#znodes.keys()].map((each) => each.slice(1)) };
    }
    const znode = this.#znodes.get(path);
    if (znode === undefined) return { type: 'error', err: ErrorCode.NO_NODE };
    return { type: 'getData', data: znode.data, stat: statOf(znode) };
  }

  #watch(path: string, state: ConnectionState): void {
    const watchers = this.#watchers.get(path) ?? new Set();
    this.#watchers.set(path, watchers.add(state));
  }

  #fire(path: string): void {
    for (const { write } of this.#watchers.get(path) ?? [])
      write(encodeWatcherEventFrame({ type: EventType.DATA_CHANGED, state: 3, path }));
    this.#watchers.delete(path);
  }
}

function statOf({ data, version, zxid }: Znode): Stat {
  return {
    czxid: zxid,
    mzxid: zxid,
    ctime: 0,
    mtime: 0,
    version,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: noSession,
    dataLength: data.length,
    numChildren: 0,
    pzxid: zxid,
  };
}
