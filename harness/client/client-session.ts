// The protocol of one client session without any I/O: bytes, connection news and time go in; bytes, outcomes
// of requests and the wish to drop a connection come out. It survives connections: the same session is
// re-attached wherever `opened` happens next, and carries the highest zxid it saw, so that a server which
// lags behind refuses it instead of showing it the past.

import assert from 'node:assert/strict';
import {
  decodeConnectResponse,
  decodeReplyBody,
  decodeReplyHeader,
  decodeWatcherEvent,
  encodeConnectRequestFrame,
  encodeRequestFrame,
} from '../wire/client-codec.ts';
import { ErrorCode } from '../wire/constants.ts';
import { FrameDecoder } from '../wire/frame.ts';
import type { ClientRequest, ReplyBody, ReplyHeader } from '../wire/records.ts';
import { noSession } from '../wire/session-id.ts';
import type { SessionId } from '../wire/session-id.ts';
import type { Arrival, ClientErrorKind, WatchEvent } from './client.ts';
import { WatchRegistry } from './watch-registry.ts';

const watchXid = -1;
const pingXid = -2;
const authXid = -4;
const setWatchesXid = -8;
const xidLimit = 0x7fff_ffff;
/** A list of children may be far larger than what a server takes from a client. */
const maxReplyBytes = 64 * 1024 * 1024;

export type Outcome =
  | { readonly type: 'reply'; readonly header: ReplyHeader; readonly body: ReplyBody }
  | { readonly type: 'failed'; readonly kind: ClientErrorKind; readonly reason: string };

export type Complete = (outcome: Outcome) => void;

/**
 * `dialling` and `handshaking` are on the way to `attached`; `expired` (the ensemble ended the session) and
 * `ended` (we did) are final.
 */
export type SessionPhase = 'detached' | 'dialling' | 'handshaking' | 'attached' | 'expired' | 'ended';

type AuthRequest = Extract<ClientRequest, { type: 'auth' }>;

export interface SessionOptions {
  readonly sessionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long a dial and its handshake may take together. */
  readonly connectTimeoutMs: number;
  /** A server without a quorum will do. */
  readonly readOnly?: boolean;
}

interface PendingRequest {
  readonly xid: number;
  readonly request: ClientRequest;
  readonly deadlineMs: number;
  /** Null once the outcome was given: a late reply must still be matched, because replies come in order. */
  complete: Complete | null;
}

export class ClientSession {
  phase: SessionPhase = 'detached';
  sessionId: SessionId = noSession;
  lastZxidSeen = 0;
  onWatch: (event: WatchEvent) => void = () => {};
  /** Null while nobody wants to know. */
  onArrival: ((arrival: Arrival) => void) | null = null;
  readonly #options: SessionOptions;
  readonly #watches = new WatchRegistry();
  /** A server knows who a connection is, not who a session is, so every connection begins with them. */
  readonly #auths: AuthRequest[] = [];
  #password: Buffer | null = Buffer.alloc(16);
  #negotiatedTimeoutMs: number;
  #decoder = new FrameDecoder(maxReplyBytes);
  readonly #output: Buffer[] = [];
  /** Sent, in the order in which the replies must come. */
  #pending: PendingRequest[] = [];
  /** Those at the front of `#pending` that already timed out. */
  #timedOutCount = 0;
  /** Not sent for want of a connection. */
  #unsent: PendingRequest[] = [];
  #nextXid = 1;
  #phaseSinceMs = 0;
  #lastSentMs = 0;
  #lastHeardMs = 0;
  #dropReason: string | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#negotiatedTimeoutMs = options.sessionTimeoutMs;
  }

  /** As the server granted it; until then, as it was asked for. */
  get timeoutMs(): number {
    return this.#negotiatedTimeoutMs;
  }

  get isOver(): boolean {
    return this.phase === 'expired' || this.phase === 'ended';
  }

  /** Why the connection must be dropped, or null. The driver drops it and then calls `closed`. */
  get dropReason(): string | null {
    return this.#dropReason;
  }

  /** The next time at which `advance` has something to do. */
  get deadlineMs(): number {
    const firstPending = this.#pending[this.#timedOutCount];
    const firstUnsent = this.#unsent[0];
    let deadline = Infinity;
    if (firstPending !== undefined) deadline = firstPending.deadlineMs;
    if (firstUnsent !== undefined) deadline = Math.min(deadline, firstUnsent.deadlineMs);
    if (this.phase === 'dialling' || this.phase === 'handshaking')
      return Math.min(deadline, this.#phaseSinceMs + this.#options.connectTimeoutMs);
    if (this.phase !== 'attached') return deadline;
    return Math.min(deadline, this.#lastSentMs + this.#pingAfterMs, this.#lastHeardMs + this.#deafAfterMs);
  }

  dialled(nowMs: number): void {
    assert.equal(this.phase, 'detached', 'a session has one connection at a time');
    this.phase = 'dialling';
    this.#phaseSinceMs = nowMs;
    this.#dropReason = null;
  }

  opened(nowMs: number): void {
    this.phase = 'handshaking';
    this.#decoder = new FrameDecoder(maxReplyBytes);
    this.#send(
      encodeConnectRequestFrame({
        protocolVersion: 0,
        lastZxidSeen: this.lastZxidSeen,
        timeoutMs: this.#options.sessionTimeoutMs,
        sessionId: this.sessionId,
        password: this.#password,
        readOnly: this.#options.readOnly ?? false,
      }),
      nowMs,
    );
  }

  received(bytes: Buffer, nowMs: number): void {
    this.#lastHeardMs = nowMs;
    try {
      for (const body of this.#decoder.push(bytes)) {
        if (this.#dropReason !== null) return;
        if (this.phase === 'handshaking') this.#finishHandshake(body, nowMs);
        else if (this.phase === 'attached') this.#takeReply(body);
      }
    } catch (error) {
      // Whatever a decoder dislikes, nothing after it on this connection can be trusted.
      this.#drop(
        `malformed bytes from the server: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** The connection is gone: everything that was sent on it is in doubt. */
  closed(reason: string): void {
    if (this.phase === 'attached') this.onArrival?.({ type: 'lost', zxid: this.lastZxidSeen });
    if (!this.isOver) this.phase = 'detached';
    this.#dropReason = null;
    this.#output.length = 0;
    this.#timedOutCount = 0;
    const lost = this.#pending;
    this.#pending = [];
    for (const { complete } of lost) complete?.({ type: 'failed', kind: 'connection-loss', reason });
  }

  /** Sends a request, now or once there is a connection. Replies come in the order of submission. */
  submit(request: ClientRequest, nowMs: number, complete: Complete): void {
    if (this.phase === 'expired')
      return complete({ type: 'failed', kind: 'session-expired', reason: 'the session is gone' });
    if (this.phase === 'ended')
      return complete({ type: 'failed', kind: 'not-connected', reason: 'the client is closed' });
    const deadlineMs = nowMs + this.#options.requestTimeoutMs;
    const pending = { xid: this.#takeXid(), request, deadlineMs, complete };
    if (this.phase === 'attached' && this.#dropReason === null) this.#sendRequest(pending, nowMs);
    else this.#unsent.push(pending);
  }

  /** Ahead of what is submitted later. A server that refuses it ends the connection. */
  addAuth(request: AuthRequest, nowMs: number): void {
    this.#auths.push(request);
    if (this.phase === 'attached' && this.#dropReason === null) {
      this.#send(encodeRequestFrame(authXid, request), nowMs);
    }
  }

  /** Time passed: timeouts, pings, and a server that fell silent. */
  advance(nowMs: number): void {
    this.#timeOutRequests(nowMs);
    if (this.phase === 'dialling' || this.phase === 'handshaking') {
      if (nowMs >= this.#phaseSinceMs + this.#options.connectTimeoutMs)
        this.#drop(`no session within ${this.#options.connectTimeoutMs} ms of the dial`);
    } else if (this.phase === 'attached') {
      if (nowMs >= this.#lastHeardMs + this.#deafAfterMs)
        this.#drop(`nothing heard from the server for ${Math.round(this.#deafAfterMs)} ms`);
      else if (nowMs >= this.#lastSentMs + this.#pingAfterMs)
        this.#send(encodeRequestFrame(pingXid, { type: 'ping' }), nowMs);
    }
  }

  /** Ends the session on our side; requests that wait for a connection certainly never happened. */
  end(): void {
    if (!this.isOver) this.phase = 'ended';
    this.#failUnsent('not-connected', 'the client was closed');
  }

  /** Bytes to write, in order, or null. */
  takeOutput(): Buffer | null {
    const output = this.#output;
    if (output.length <= 1) return output.pop() ?? null;
    const bytes = Buffer.concat(output);
    output.length = 0;
    return bytes;
  }

  get #pingAfterMs(): number {
    return this.#negotiatedTimeoutMs / 3;
  }

  get #deafAfterMs(): number {
    return (this.#negotiatedTimeoutMs * 2) / 3;
  }

  #send(frame: Buffer, nowMs: number): void {
    this.#lastSentMs = nowMs;
    this.#output.push(frame);
  }

  #sendRequest(pending: PendingRequest, nowMs: number): void {
    this.#pending.push(pending);
    this.#send(encodeRequestFrame(pending.xid, pending.request), nowMs);
  }

  #takeXid(): number {
    const xid = this.#nextXid;
    this.#nextXid = xid === xidLimit ? 1 : xid + 1;
    return xid;
  }

  #finishHandshake(body: Buffer, nowMs: number): void {
    const response = decodeConnectResponse(body);
    if (response.timeoutMs <= 0) return this.#expire();
    this.phase = 'attached';
    this.sessionId = response.sessionId;
    this.#password = Buffer.from(response.password);
    this.#negotiatedTimeoutMs = response.timeoutMs;
    for (const request of this.#auths) this.#send(encodeRequestFrame(authXid, request), nowMs);
    for (const request of this.#watches.requests(this.lastZxidSeen))
      this.#send(encodeRequestFrame(setWatchesXid, request), nowMs);
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const pending of unsent) this.#sendRequest(pending, nowMs);
    // Last: a listener may ask for something at once, and a read in front of the watches would overtake their events.
    this.onArrival?.({ type: 'attached' });
  }

  #expire(): void {
    this.phase = 'expired';
    this.#drop('the session is gone');
    this.#failUnsent('session-expired', 'the session is gone');
  }

  #takeReply(body: Buffer): void {
    const header = decodeReplyHeader(body);
    if (header.xid === watchXid) return this.#takeEvent(body);
    // Answered out of turn, and with no zxid.
    if (header.xid === authXid) return;
    this.lastZxidSeen = Math.max(this.lastZxidSeen, header.zxid);
    if (header.xid === setWatchesXid) this.onArrival?.({ type: 'restored', zxid: header.zxid });
    if (header.xid === pingXid || header.xid === setWatchesXid) return;
    const pending = this.#pending[0];
    if (pending?.xid !== header.xid)
      return this.#drop(`a reply to request ${header.xid} where ${pending?.xid ?? 'none'} was due`);
    const reply =
      header.err === ErrorCode.OK ? decodeReplyBody(pending.request.type, body) : ({ type: 'none' } as const);
    // Mostly it is the only one, and an array that is shifted empty gives its memory up.
    if (this.#pending.length === 1) this.#pending.pop();
    else this.#pending.shift();
    if (this.#timedOutCount > 0) this.#timedOutCount--;
    this.#noteWatch(pending.request, header.err);
    const { request } = pending;
    this.onArrival?.({ type: 'reply', request, zxid: header.zxid, err: header.err, body: reply });
    pending.complete?.({ type: 'reply', header, body: reply });
  }

  #takeEvent(body: Buffer): void {
    const event = this.#watches.fired(decodeWatcherEvent(body));
    if (event === null) return;
    this.onArrival?.({ type: 'event', event });
    this.onWatch(event);
  }

  #noteWatch(request: ClientRequest, err: number): void {
    if (request.type === 'addWatch') {
      if (err === ErrorCode.OK) this.#watches.registered(request, false);
      return;
    }
    if (!('watch' in request) || !request.watch) return;
    const isMissing = request.type === 'exists' && err === ErrorCode.NO_NODE;
    if (err === ErrorCode.OK || isMissing) this.#watches.registered(request, isMissing);
  }

  #timeOutRequests(nowMs: number): void {
    // One time-out for all requests, so both queues are in the order of their deadlines.
    for (;;) {
      const first = this.#pending[this.#timedOutCount];
      if (first === undefined || first.deadlineMs > nowMs) break;
      this.#timedOutCount++;
      const complete = first.complete;
      first.complete = null;
      const reason = `no reply within ${this.#options.requestTimeoutMs} ms`;
      complete?.({ type: 'failed', kind: 'timeout', reason });
    }
    for (;;) {
      const first = this.#unsent[0];
      if (first === undefined || first.deadlineMs > nowMs) break;
      this.#unsent.shift();
      const reason = `no connection within ${this.#options.requestTimeoutMs} ms`;
      first.complete?.({ type: 'failed', kind: 'not-connected', reason });
    }
  }

  #failUnsent(kind: ClientErrorKind, reason: string): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const { complete } of unsent) complete?.({ type: 'failed', kind, reason });
  }

  #drop(reason: string): void {
    this.#dropReason ??= reason;
  }
}
