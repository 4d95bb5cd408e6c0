// One client's TCP connection: its frames, who it is, the queue of requests that await their turn, and the
// bytes that go out at the end of a turn. Replies leave in the order of the requests; what the requests mean
// is `request-pipeline.ts`, how a session gets attached is `client-sessions.ts`.

import { FrameDecoder } from '../../../../harness/wire/frame.ts';
import type { AuthId } from '../../../../harness/wire/quorum-packet.ts';
import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';
import { initialIds } from './authentication.ts';
import { bodyBytesOf, type PendingRequest } from './pending-request.ts';
import { takeFirst } from './take-first.ts';
import type { Link } from './ports.ts';

/**
 * `greeting`: nothing but perhaps a four-letter word was seen. `connecting`: the handshake waits for the
 * ensemble, and no further packet is looked at. `attached`: requests are served.
 */
export type ConnectionState = 'greeting' | 'connecting' | 'attached' | 'closed';

/**
 * Why a connection is not read from: its handshake is not finished, too many of its requests wait, or it has
 * some under way while all connections together have too many.
 */
type HoldReason = 'handshake' | 'backlog' | 'busy';

export interface ConnectionStats {
  received: number;
  sent: number;
  establishedMs: number;
  lastXid: number | null;
  /** −1 before the first reply. */
  lastZxid: number;
  lastOpcode: number | null;
  lastResponseMs: number;
  lastLatencyMs: number;
  minLatencyMs: number;
  maxLatencyMs: number;
  totalLatencyMs: number;
  latencyCount: number;
}

export interface ConnectionOptions {
  readonly maxFrameBytes: number;
  readonly nowMs: number;
  /** Absent: nobody becomes super user by a certificate. */
  readonly x509SuperUser?: string | null;
  /** There is something to flush at the end of the turn. */
  readonly becameDirty: (connection: ClientConnection) => void;
  /** Called exactly once. */
  readonly closed: (connection: ClientConnection) => void;
}

const noBytes = Buffer.alloc(0);
/** What goes out while there is nothing to send. */
const nothing: Buffer[] = [];

export class ClientConnection {
  readonly link: Link;
  readonly decoder: FrameDecoder;
  /** The client's address without its port, an IPv4 address in its own form. */
  readonly address: string;
  readonly stats: ConnectionStats;
  state: ConnectionState = 'greeting';
  /** Enough bytes have come to tell that this is no four-letter word. */
  hasGreeted = false;
  /** First bytes, as long as they are fewer than a four-letter word has. */
  greeting: Buffer = noBytes;
  sessionId: SessionId = noSession;
  sessionTimeoutMs = 0;
  /** Frames that arrived behind a ConnectRequest that is not answered yet; the first holds the connection. */
  early: Buffer[] = [];
  /** The oldest first; `head` is the next to be answered. */
  readonly queue: PendingRequest[] = [];
  ids: readonly AuthId[];
  /** One of its writes was answered, and what waits behind that is to be looked at when the batch is shown. */
  isUnblocked = false;
  /** Of the requests in `queue`. */
  queuedBytes = 0;
  /** Its part in what `InFlightRequests` counts. */
  readonly inFlight = { count: 0, largeBytes: 0 };
  /** Bits of the reasons for which it is not read from. */
  #holds = 0;
  #outgoing: Buffer[] = nothing;
  #outgoingBytes = 0;
  readonly #options: ConnectionOptions;

  constructor(link: Link, options: ConnectionOptions) {
    this.link = link;
    this.decoder = new FrameDecoder(options.maxFrameBytes);
    this.address = plainAddress(link.remote.host);
    this.ids = initialIds(this.address, link.peerSubject, options.x509SuperUser ?? null);
    this.#options = options;
    this.stats = blankStats(options.nowMs);
  }

  /** What the four-letter word crst asks for. */
  resetStats(): void {
    Object.assign(this.stats, blankStats(this.stats.establishedMs));
  }

  get isOpen(): boolean {
    return this.state !== 'closed';
  }

  /** What this turn has for the client, and what the network has not taken of earlier turns. */
  get unsentBytes(): number {
    return this.#outgoingBytes + this.link.bufferedBytes;
  }

  enqueue(request: PendingRequest): void {
    this.queue.push(request);
    this.queuedBytes += bodyBytesOf(request);
  }

  dequeue(): void {
    const request = takeFirst(this.queue);
    if (request !== undefined) this.queuedBytes -= bodyBytesOf(request);
  }

  clearQueue(): void {
    this.queue.length = 0;
    this.queuedBytes = 0;
  }

  /** Not read from until every reason is gone. What was read already may still come. */
  hold(reason: HoldReason): void {
    if (this.#holds === 0) this.link.pause();
    this.#holds |= bitOf(reason);
  }

  release(reason: HoldReason): void {
    const bit = bitOf(reason);
    if ((this.#holds & bit) === 0) return;
    this.#holds &= ~bit;
    if (this.#holds === 0) this.link.resume();
  }

  /** Leaves at the end of the turn, together with all else that this turn has for the client. */
  send(frame: Buffer): void {
    if (!this.isOpen) return;
    if (this.#outgoing === nothing) {
      this.#outgoing = [frame];
      this.#options.becameDirty(this);
    } else this.#outgoing.push(frame);
    this.#outgoingBytes += frame.length;
    this.stats.sent += 1;
  }

  flush(): void {
    const outgoing = this.#outgoing;
    if (outgoing === nothing) return;
    this.#outgoing = nothing;
    this.#outgoingBytes = 0;
    this.link.writeAll(outgoing);
  }

  /** Sends what is there, then closes. */
  end(): void {
    if (!this.isOpen) return;
    this.flush();
    this.link.end();
    this.closed();
  }

  /** Drops everything at once: the client broke the protocol or must not be told anything. */
  destroy(): void {
    if (!this.isOpen) return;
    this.link.destroy();
    this.closed();
  }

  /** The connection is gone, by this side's will or the other's. */
  closed(): void {
    if (!this.isOpen) return;
    this.state = 'closed';
    this.#outgoing = nothing;
    this.#outgoingBytes = 0;
    this.#options.closed(this);
  }
}

function blankStats(establishedMs: number): ConnectionStats {
  return {
    received: 0,
    sent: 0,
    establishedMs,
    lastXid: null,
    lastZxid: -1,
    lastOpcode: null,
    lastResponseMs: 0,
    lastLatencyMs: 0,
    minLatencyMs: Infinity,
    maxLatencyMs: 0,
    totalLatencyMs: 0,
    latencyCount: 0,
  };
}

function bitOf(reason: HoldReason): number {
  switch (reason) {
    case 'handshake':
      return 1;
    case 'backlog':
      return 2;
    case 'busy':
      return 4;
  }
}

function plainAddress(host: string): string {
  return host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host;
}
