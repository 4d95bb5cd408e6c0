// What a server counts for its operators. `replied` runs for every request, so it does nothing but compare and
// add.

import { EventType, OpCode } from '../../../../harness/wire/constants.ts';
import type { ClientRequest } from '../../../../harness/wire/records.ts';
import type { Digest } from '../../../../harness/wire/txn.ts';
import { noSession } from '../../../../harness/wire/session-id.ts';
import type { ClientConnection, ConnectionStats } from './client-connection.ts';
import { Metrics } from './operators/metrics.ts';
import type { PendingRequest } from './pending-request.ts';

/** Sizes of what was sent; −1 before the first. */
export interface ByteRange {
  readonly last: number;
  readonly min: number;
  readonly max: number;
}

/** The tree's digest behind the transaction `zxid`, 16 hex digits. */
export interface DigestEntry {
  readonly zxid: number;
  readonly digest: string;
}

export interface LastSnapshot {
  readonly zxid: number;
  /** Wall clock. */
  readonly takenMs: number;
}

/** Digests are noted this often, and this many are kept, as in Apache ZooKeeper. */
const digestInterval = 128;
const maxDigestCount = 1024;

export class ServerStats {
  readonly metrics = new Metrics();
  received = 0;
  sent = 0;
  authFailedCount = 0;
  minLatencyMs = 0;
  maxLatencyMs = 0;
  lastSnapshot: LastSnapshot | null = null;
  /** Decimal; what Apache ZooKeeper begins with. Nothing here is traced by it. */
  traceMask = '306';
  readonly responseBytes = new Sizes();
  readonly proposalBytes = new Sizes();
  readonly #digests: DigestEntry[] = [];
  readonly #readLatency = this.metrics.summaries.readlatency;
  readonly #updateLatency = this.metrics.summaries.updatelatency;
  readonly #responseBytesCounter = this.metrics.counters.response_bytes;
  #totalLatencyMs = 0;
  #latencyCount = 0;

  get averageLatencyMs(): number {
    return this.#latencyCount === 0 ? 0 : this.#totalLatencyMs / this.#latencyCount;
  }

  get digests(): readonly DigestEntry[] {
    return this.#digests;
  }

  replied(
    connection: ClientConnection,
    pending: PendingRequest,
    { zxid, frame }: { readonly zxid: number; readonly frame: Buffer },
    nowMs: number,
  ): void {
    const latencyMs = Math.max(0, Math.floor(nowMs - pending.receivedMs));
    const bytes = frame.length - lengthPrefixBytes;
    this.sent += 1;
    this.#countLatency(latencyMs);
    this.responseBytes.add(bytes);
    this.#responseBytesCounter.value += bytes;
    if (pending.kind === 'write') this.#updateLatency.add(latencyMs);
    else if (pending.kind === 'local') this.#countRead(pending.request, latencyMs, bytes);

    if (pending.xid >= 0) connection.stats.lastXid = pending.xid;
    connection.stats.lastZxid = zxid;
    connection.stats.lastOpcode = pending.opcode;
    countOperation(connection.stats, latencyMs, nowMs);
  }

  /** Counts as an update, though no request asked for it. */
  sessionCreated({ stats, sessionId }: ClientConnection, receivedMs: number, nowMs: number): void {
    if (sessionId === noSession) return;
    const latencyMs = Math.max(0, Math.floor(nowMs - receivedMs));
    this.#countLatency(latencyMs);
    this.#updateLatency.add(latencyMs);
    stats.lastXid = 0;
    stats.lastOpcode = OpCode.CREATE_SESSION;
    countOperation(stats, latencyMs, nowMs);
  }

  /** Events of one change. */
  fired(events: readonly { readonly eventType: EventType }[]): void {
    const { summaries } = this.metrics;
    const own = events.filter(({ eventType }) => eventType !== EventType.CHILDREN_CHANGED);
    if (own.length < events.length) summaries.node_children_watch_count.add(events.length - own.length);
    const [first] = own;
    if (first === undefined) return;
    if (first.eventType === EventType.CREATED) summaries.node_created_watch_count.add(own.length);
    else if (first.eventType === EventType.DELETED) summaries.node_deleted_watch_count.add(own.length);
    else summaries.node_changed_watch_count.add(own.length);
  }

  proposed(bytes: number): void {
    this.metrics.counters.proposal_count.value += 1;
    this.proposalBytes.add(bytes);
  }

  /** Behind a transaction; some are kept. */
  digested(zxid: number, { high, low }: Digest): void {
    if (zxid % digestInterval !== 0) return;
    this.#digests.push({ zxid, digest: hexHalf(high) + hexHalf(low) });
    if (this.#digests.length > maxDigestCount) this.#digests.shift();
  }

  /** Every count begins anew; what is remembered for its own sake stays. */
  reset(): void {
    this.received = 0;
    this.sent = 0;
    this.minLatencyMs = 0;
    this.maxLatencyMs = 0;
    this.#totalLatencyMs = 0;
    this.#latencyCount = 0;
    this.authFailedCount = 0;
    this.responseBytes.reset();
    this.proposalBytes.reset();
    this.metrics.reset();
  }

  #countRead(request: ClientRequest | null, latencyMs: number, bytes: number): void {
    this.#readLatency.add(latencyMs);
    if (request !== null && 'path' in request && request.path !== null) {
      this.metrics.readPerNamespace.add(request.path, bytes);
    }
  }

  #countLatency(latencyMs: number): void {
    if (this.#latencyCount === 0 || latencyMs < this.minLatencyMs) this.minLatencyMs = latencyMs;
    if (latencyMs > this.maxLatencyMs) this.maxLatencyMs = latencyMs;
    this.#totalLatencyMs += latencyMs;
    this.#latencyCount += 1;
  }
}

/** What Apache ZooKeeper counts of a frame begins behind its length. */
const lengthPrefixBytes = 4;

function countOperation(stats: ConnectionStats, latencyMs: number, nowMs: number): void {
  stats.lastResponseMs = nowMs;
  stats.lastLatencyMs = latencyMs;
  if (latencyMs < stats.minLatencyMs) stats.minLatencyMs = latencyMs;
  if (latencyMs > stats.maxLatencyMs) stats.maxLatencyMs = latencyMs;
  stats.totalLatencyMs += latencyMs;
  stats.latencyCount += 1;
}

function hexHalf(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}

class Sizes implements ByteRange {
  last = -1;
  min = -1;
  max = -1;

  add(bytes: number): void {
    this.last = bytes;
    if (this.min === -1 || bytes < this.min) this.min = bytes;
    if (bytes > this.max) this.max = bytes;
  }

  reset(): void {
    this.last = -1;
    this.min = -1;
    this.max = -1;
  }
}
