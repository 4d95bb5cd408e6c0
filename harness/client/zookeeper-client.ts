// The client that workloads get: one session over whatever transport, operations as promises. It moves from
// server to server in the order it was given, attaches its session again and restores its watches. It never
// repeats a request: a request that was sent once and lost its connection is reported as in doubt.

import assert from 'node:assert/strict';
import { CreateFlags, ErrorCode } from '../wire/constants.ts';
import { openAcl } from '../wire/records.ts';
import type {
  Acl,
  ClientRequest,
  CreateRequest,
  CreateTtlRequest,
  MultiOperation,
  MultiResult,
  ReplyBody,
  ReplyHeader,
  Stat,
} from '../wire/records.ts';
import type { SessionId } from '../wire/session-id.ts';
import { failure, multiRefusal, refusal } from './client-errors.ts';
import { ClientSession } from './client-session.ts';
import type { Outcome } from './client-session.ts';
import type {
  AddWatchMode,
  Arrival,
  Answer,
  Client,
  ClientError,
  ClientOptions,
  ClientState,
  CreateOptions,
  ReadOperation,
  ReadResult,
  Reply,
  SubOperation,
  WatchEvent,
} from './client.ts';
import type { ClientTransport, TransportLink, TransportTimer } from './transport.ts';

/** Before the next server is tried, and before the whole list is tried again. */
const nextServerDelayMs = 10;
const nextRoundDelayMs = 100;

export class ZooKeeperClient implements Client {
  readonly #transport: ClientTransport;
  readonly #servers: readonly number[];
  readonly #session: ClientSession;
  readonly #watchListeners: ((event: WatchEvent) => void)[] = [];
  #link: TransportLink | null = null;
  #serverIndex = 0;
  #failedAttempts = 0;
  #hasBeenAttached = false;
  #timer: TransportTimer | null = null;
  #timerAtMs = Infinity;
  #redial: TransportTimer | null = null;
  #isSilent = false;
  /** What a silent client takes up when it wakes, in order. */
  #held: (() => void)[] = [];

  constructor(transport: ClientTransport, options: ClientOptions) {
    assert.ok(options.servers.length > 0, 'a client needs a server to connect to');
    this.#transport = transport;
    this.#servers = options.servers;
    this.#session = new ClientSession({
      sessionTimeoutMs: options.sessionTimeoutMs,
      requestTimeoutMs: options.requestTimeoutMs,
      readOnly: options.readOnly ?? false,
      connectTimeoutMs: Math.max(100, options.sessionTimeoutMs / (options.servers.length + 1)),
    });
    this.#session.onWatch = (event) => {
      for (const listener of this.#watchListeners) listener(event);
      transport.waiting.disturb();
    };
    this.#dial();
  }

  get state(): ClientState {
    switch (this.#session.phase) {
      case 'attached':
        return 'connected';
      case 'expired':
        return 'expired';
      case 'ended':
        return 'closed';
      case 'detached':
      case 'dialling':
      case 'handshaking':
        return this.#hasBeenAttached ? 'disconnected' : 'connecting';
    }
  }

  get sessionId(): SessionId {
    return this.#session.sessionId;
  }

  get server(): number | null {
    return this.#session.phase === 'attached' ? this.#server : null;
  }

  get sessionTimeoutMs(): number {
    return this.#session.timeoutMs;
  }

  get lastZxidSeen(): number {
    return this.#session.lastZxidSeen;
  }

  create(path: string, data: Buffer, options: CreateOptions = {}): Promise<Reply & { path: string }> {
    return this.#perform(creation(path, data, options), ({ zxid }, body) => ({
      zxid,
      path: body.type === 'pathAndStat' ? body.path : bodyOf(body, 'path').path,
    }));
  }

  delete(path: string, version: number): Promise<Reply> {
    return this.#perform({ type: 'delete', path, version }, bareReply);
  }

  exists(path: string, watch = false): Promise<Reply & { stat: Stat | null }> {
    return this.#perform(
      { type: 'exists', path, watch },
      ({ zxid, err }, body) => ({ zxid, stat: err === ErrorCode.OK ? bodyOf(body, 'stat').stat : null }),
      { tolerated: ErrorCode.NO_NODE },
    );
  }

  getData(path: string, watch = false): Promise<Reply & { data: Buffer; stat: Stat }> {
    return this.#perform({ type: 'getData', path, watch }, dataReply);
  }

  setData(path: string, data: Buffer, version: number): Promise<Reply & { stat: Stat }> {
    return this.#perform({ type: 'setData', path, data, version }, statReply);
  }

  getChildren(path: string, watch = false): Promise<Reply & { children: string[]; stat: Stat }> {
    return this.#perform({ type: 'getChildren2', path, watch }, ({ zxid }, body) => {
      const { children, stat } = bodyOf(body, 'childrenAndStat');
      return { zxid, children: [...children], stat };
    });
  }

  async multi(
    operations: readonly SubOperation[],
  ): Promise<Reply & { results: readonly (Stat | string | null)[] }> {
    const request = { type: 'multi', operations: operations.map(toMultiOperation) } as const;
    const { zxid, results } = await this.#perform(request, multiReply);
    const refused = multiRefusal(request, results, zxid);
    if (refused !== null) throw refused;
    return { zxid, results: results.map(resultOf) };
  }

  async multiRead(operations: readonly ReadOperation[]): Promise<Reply & { results: readonly ReadResult[] }> {
    const { zxid, results } = await this.#perform({ type: 'multiRead', operations }, multiReply);
    return { zxid, results: results.map(readResultOf) };
  }

  getAcl(path: string): Promise<Reply & { acl: readonly Acl[]; stat: Stat }> {
    return this.#perform({ type: 'getACL', path }, ({ zxid }, body) => {
      const { acl, stat } = bodyOf(body, 'acl');
      return { zxid, acl, stat };
    });
  }

  setAcl(path: string, acl: readonly Acl[], version: number): Promise<Reply & { stat: Stat }> {
    return this.#perform({ type: 'setACL', path, acl, version }, statReply);
  }

  ask(request: ClientRequest): Promise<Answer> {
    return this.#perform(request, ({ zxid, err }, body) => ({ zxid, err, body }), { tolerated: 'any' });
  }

  addAuth(scheme: string, credentials: Buffer): void {
    this.#session.addAuth({ type: 'auth', authType: 0, scheme, auth: credentials }, this.#transport.nowMs());
    this.#settle();
  }

  sync(path: string): Promise<Reply> {
    return this.#perform({ type: 'sync', path }, bareReply);
  }

  syncAndGetData(path: string): Promise<Reply & { data: Buffer; stat: Stat }> {
    const sync = { type: 'sync', path } as const;
    let syncError: ClientError | null = null;
    this.#session.submit(sync, this.#transport.nowMs(), (outcome) => {
      syncError = outcome.type === 'failed' ? failureOf(sync, outcome) : refusalOf(sync, outcome.header);
    });
    // Outcomes come in the order of the requests, so the read's is the last, and nobody has to go on before it.
    return this.#perform({ type: 'getData', path, watch: false }, dataReply, {
      errorBefore: () => syncError,
    });
  }

  addWatch(path: string, mode: AddWatchMode): Promise<Reply> {
    return this.#perform({ type: 'addWatch', path, mode: mode === 'persistent' ? 0 : 1 }, bareReply);
  }

  onWatch(listener: (event: WatchEvent) => void): void {
    this.#watchListeners.push(listener);
  }

  onArrival(listener: (arrival: Arrival) => void): void {
    const { onArrival } = this.#session;
    this.#session.onArrival = (arrival) => {
      onArrival?.(arrival);
      listener(arrival);
    };
  }

  async close(): Promise<Reply | null> {
    this.setSilent(false);
    if (this.#session.isOver) return null;
    let reply: Reply | null = null;
    if (this.#session.phase === 'attached') {
      // A lost confirmation changes nothing here: the session then ends by its timeout.
      reply = await this.#perform({ type: 'closeSession' }, bareReply).catch(() => null);
    }
    this.abandon();
    return reply;
  }

  drop(): void {
    if (this.#link !== null) this.#lose('dropped by its own client');
    this.#settle();
  }

  setSilent(isSilent: boolean): void {
    if (isSilent === this.#isSilent) return;
    this.#isSilent = isSilent;
    if (isSilent) return;
    const held = this.#held;
    this.#held = [];
    for (const take of held) take();
    this.#session.advance(this.#transport.nowMs());
    this.#settle();
  }

  abandon(): void {
    this.#isSilent = false;
    this.#held = [];
    this.#session.end();
    this.#redial?.cancel();
    if (this.#link !== null) this.#lose('the client was closed');
    this.#settle();
  }

  get #server(): number {
    const server = this.#servers[this.#serverIndex];
    assert.ok(server !== undefined, 'the index stays inside the list');
    return server;
  }

  /** One promise, settled as the reply arrives: a promise more would be felt in every operation of a run. */
  #perform<T>(
    request: ClientRequest,
    read: (header: ReplyHeader, body: ReplyBody) => T,
    { tolerated = ErrorCode.OK, errorBefore = noError }: Expectation = expectation,
  ): Promise<T> {
    const { waiting } = this.#transport;
    const answer = new Promise<T>((resolve, reject) => {
      waiting.enter();
      this.#session.submit(request, this.#transport.nowMs(), (outcome) => {
        waiting.leave();
        if (outcome.type === 'failed') return reject(errorBefore() ?? failureOf(request, outcome));
        const error = errorBefore() ?? refusalOf(request, outcome.header, tolerated);
        if (error !== null) return reject(error);
        try {
          return resolve(read(outcome.header, outcome.body));
        } catch (fault) {
          return reject(fault);
        }
      });
    });
    this.#settle();
    return answer;
  }

  #dial(): void {
    this.#redial = null;
    this.#session.dialled(this.#transport.nowMs());
    const link = this.#transport.dial(this.#server, {
      opened: () =>
        this.#take(() => {
          if (this.#link !== link) return;
          this.#session.opened(this.#transport.nowMs());
          this.#settle();
        }),
      data: (bytes) => {
        if (this.#isSilent) this.#held.push(() => this.#receive(link, bytes));
        else this.#receive(link, bytes);
      },
      closed: (reason) =>
        this.#take(() => {
          if (this.#link !== link) return;
          this.#lose(reason);
          this.#settle();
        }),
    });
    this.#link = link;
    this.#settle();
  }

  #receive(link: TransportLink, bytes: Buffer): void {
    if (this.#link !== link) return;
    this.#session.received(bytes, this.#transport.nowMs());
    this.#settle();
  }

  /** Now, or when it wakes up. */
  #take(event: () => void): void {
    if (this.#isSilent) this.#held.push(event);
    else event();
  }

  /** Carries out what the session wants after any event: bytes out, connection away, timer. */
  #settle(): void {
    if (this.#isSilent) return;
    if (this.#session.phase === 'attached' && this.#failedAttempts + Number(!this.#hasBeenAttached) > 0) {
      this.#hasBeenAttached = true;
      this.#failedAttempts = 0;
    }
    const bytes = this.#session.takeOutput();
    if (bytes !== null) this.#link?.write(bytes);
    if (this.#session.dropReason !== null) this.#lose(this.#session.dropReason);
    this.#armTimer();
  }

  #lose(reason: string): void {
    this.#link?.destroy();
    this.#link = null;
    this.#session.closed(reason);
    if (this.#session.isOver) return;
    this.#serverIndex = (this.#serverIndex + 1) % this.#servers.length;
    this.#failedAttempts++;
    const isRoundOver = this.#failedAttempts % this.#servers.length === 0;
    this.#redial = this.#transport.after(isRoundOver ? nextRoundDelayMs : nextServerDelayMs, () =>
      this.#take(() => this.#dial()),
    );
  }

  /** Deadlines mostly move away, so a timer that fires early and looks again is cheaper than setting it anew. */
  #armTimer(): void {
    const deadlineMs = this.#session.deadlineMs;
    if (deadlineMs >= this.#timerAtMs && !this.#session.isOver) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAtMs = Infinity;
    if (deadlineMs === Infinity || this.#session.isOver) return;
    this.#timerAtMs = deadlineMs;
    this.#timer = this.#transport.after(Math.max(0, deadlineMs - this.#transport.nowMs()), () => {
      this.#timer = null;
      this.#timerAtMs = Infinity;
      this.#take(() => {
        this.#session.advance(this.#transport.nowMs());
        this.#settle();
      });
    });
  }
}

/** What is no failure of a request, and what would be one beside its own outcome. */
interface Expectation {
  /** The error code that answers the request as well as success does. */
  readonly tolerated?: number | 'any';
  /** Of a request that was sent ahead of this one, and belongs to it. */
  readonly errorBefore?: () => ClientError | null;
}

const expectation: Expectation = {};
const noError = (): null => null;

function failureOf(
  request: ClientRequest,
  { kind, reason }: Extract<Outcome, { type: 'failed' }>,
): ClientError {
  return failure(request, kind, reason);
}

function refusalOf(
  request: ClientRequest,
  { err, zxid }: ReplyHeader,
  tolerated: number | 'any' = ErrorCode.OK,
): ClientError | null {
  const isFine = err === ErrorCode.OK || tolerated === 'any' || err === tolerated;
  return isFine ? null : refusal(request, err, zxid);
}

/** The body of a reply, whose shape the codec chose by the request's own type. */
function bodyOf<T extends ReplyBody['type']>(body: ReplyBody, type: T): Extract<ReplyBody, { type: T }> {
  assert.equal(body.type, type, 'the codec decodes a reply by its request');
  return body as Extract<ReplyBody, { type: T }>;
}

function bareReply({ zxid }: ReplyHeader): Reply {
  return { zxid };
}

function dataReply({ zxid }: ReplyHeader, body: ReplyBody): Reply & { data: Buffer; stat: Stat } {
  const { data, stat } = bodyOf(body, 'data');
  return { zxid, data: data ?? Buffer.alloc(0), stat };
}

function statReply({ zxid }: ReplyHeader, body: ReplyBody): Reply & { stat: Stat } {
  return { zxid, stat: bodyOf(body, 'stat').stat };
}

function multiReply({ zxid }: ReplyHeader, body: ReplyBody): Reply & { results: readonly MultiResult[] } {
  return { zxid, results: bodyOf(body, 'multi').results };
}

/** Containers and times to live have requests of their own, which are answered with a Stat as well. */
function creation(path: string, data: Buffer, options: CreateOptions): CreateRequest | CreateTtlRequest {
  const { ephemeral = false, sequential = false, container = false, ttlMs, acl = openAcl } = options;
  if (container) return { type: 'createContainer', path, data, acl, flags: CreateFlags.CONTAINER };
  if (ttlMs !== undefined) {
    const flags = sequential ? CreateFlags.PERSISTENT_SEQUENTIAL_WITH_TTL : CreateFlags.PERSISTENT_WITH_TTL;
    return { type: 'createTTL', path, data, acl, flags, ttl: ttlMs };
  }
  const flags =
    (ephemeral ? CreateFlags.EPHEMERAL : CreateFlags.PERSISTENT) |
    (sequential ? CreateFlags.PERSISTENT_SEQUENTIAL : CreateFlags.PERSISTENT);
  return { type: 'create', path, data, acl, flags };
}

function toMultiOperation(operation: SubOperation): MultiOperation {
  const { path, data = Buffer.alloc(0), version = -1 } = operation;
  switch (operation.type) {
    case 'create':
      return { type: 'create', path, data, acl: openAcl, flags: CreateFlags.PERSISTENT };
    case 'delete':
      return { type: 'delete', path, version };
    case 'setData':
      return { type: 'setData', path, data, version };
    case 'check':
      return { type: 'check', path, version };
  }
}

function resultOf(result: MultiResult): Stat | string | null {
  switch (result.type) {
    case 'create':
    case 'create2':
      return result.path;
    case 'setData':
      return result.stat;
    case 'delete':
    case 'check':
      return null;
    case 'getData':
    case 'getChildren':
    case 'error':
      throw new assert.AssertionError({ message: `a multi that succeeded holds no ${result.type} result` });
  }
}

function readResultOf(result: MultiResult): ReadResult {
  switch (result.type) {
    case 'getData':
      return { type: 'data', data: result.data ?? Buffer.alloc(0), stat: result.stat };
    case 'getChildren':
      return { type: 'children', children: result.children };
    case 'error':
      return { type: 'error', code: result.err };
    case 'create':
    case 'create2':
    case 'delete':
    case 'check':
    case 'setData':
      throw new assert.AssertionError({ message: `a multiRead holds no ${result.type} result` });
  }
}
