// Counters that the four-letter words show.

import type { ClientConnection, PendingRequest } from './client-connection.ts';

export class ServerStats {
  received = 0;
  sent = 0;
  minLatencyMs = 0;
  maxLatencyMs = 0;
  proposalCount = 0;
  lastProposalBytes = -1;
  minProposalBytes = -1;
  maxProposalBytes = -1;
  #totalLatencyMs = 0;
  #latencyCount = 0;

  get averageLatencyMs(): number {
    return this.#latencyCount === 0 ? 0 : this.#totalLatencyMs / this.#latencyCount;
  }

  replied(connection: ClientConnection, pending: PendingRequest, zxid: number, nowMs: number): void {
    const latencyMs = Math.max(0, Math.floor(nowMs - pending.receivedMs));
    const isFirst = this.#latencyCount === 0;
    this.sent += 1;
    this.#totalLatencyMs += latencyMs;
    this.#latencyCount += 1;
    this.minLatencyMs = isFirst ? latencyMs : Math.min(this.minLatencyMs, latencyMs);
    this.maxLatencyMs = Math.max(this.maxLatencyMs, latencyMs);

    const { stats } = connection;
    stats.lastXid = pending.xid;
    stats.lastZxid = zxid;
    stats.lastOpcode = pending.opcode;
    stats.lastResponseMs = nowMs;
    stats.lastLatencyMs = latencyMs;
    stats.minLatencyMs = Math.min(stats.minLatencyMs, latencyMs);
    stats.maxLatencyMs = Math.max(stats.maxLatencyMs, latencyMs);
    stats.totalLatencyMs += latencyMs;
    stats.latencyCount += 1;
  }

  proposed(bytes: number): void {
    this.proposalCount += 1;
    this.lastProposalBytes = bytes;
    this.minProposalBytes = this.minProposalBytes === -1 ? bytes : Math.min(this.minProposalBytes, bytes);
    this.maxProposalBytes = Math.max(this.maxProposalBytes, bytes);
  }
}
