// What happens on a server as numbers for its operators: elections, commits, the disk, watches. The loop and the
// storage tell it what they do; nothing depends on it.

import { PacketType } from '../../../../../harness/wire/constants.ts';
import type { Committed, SendOperation } from '../../core/events.ts';
import type { Txn } from '../../../../../harness/wire/txn.ts';
import type { Recovery } from '../recovery.ts';
import type { ServerStats } from '../server-stats.ts';
import type { Counter } from './metrics.ts';
import type { Summary } from './summary.ts';

export type MeasuredRole = 'looking' | 'leading' | 'following' | 'observing';

export class Measurements {
  readonly #stats: ServerStats;
  readonly #proposals = new ProposalTimes();
  #lookingSinceMs: number | null = null;
  #unavailableSinceMs: number | null = null;
  #isLeading = false;
  // What is measured for every transaction is held on to.
  readonly #commitCount: Counter;
  readonly #proposalsReceived: Counter;
  readonly #commitsReceived: Counter;
  readonly #propagationLatency: Summary;
  readonly #quorumAckLatency: Summary;
  readonly #batchSize: Summary;
  readonly #syncTime: Summary;

  constructor(stats: ServerStats) {
    this.#stats = stats;
    const { counters, summaries } = stats.metrics;
    this.#commitCount = counters.commit_count;
    this.#proposalsReceived = counters.learner_proposal_received_count;
    this.#commitsReceived = counters.learner_commit_received_count;
    this.#propagationLatency = summaries.propagation_latency;
    this.#quorumAckLatency = summaries.quorum_ack_latency;
    this.#batchSize = summaries.sync_processor_batch_size;
    this.#syncTime = summaries.fsynctime;
  }

  /** The data was read in `loadMs`. */
  loaded({ recovery, loadMs }: { recovery: Recovery; loadMs: number }, wallMs: number): void {
    const { summaries } = this.#stats.metrics;
    summaries.dbinittime.add(loadMs);
    summaries.startup_snap_load_time.add(loadMs);
    summaries.startup_txns_loaded.add(recovery.tail.length);
    // A blank disk has just got its empty snapshot.
    this.#snapshotFound(recovery.snapshotZxid ?? 0, wallMs);
  }

  roleChanged(role: MeasuredRole, isServing: boolean, nowMs: number): void {
    const { counters, summaries } = this.#stats.metrics;
    this.#isLeading = role === 'leading' && isServing;
    this.#proposals.clear();
    if (role === 'looking') {
      counters.looking_count.add();
      this.#lookingSinceMs = nowMs;
    } else if (this.#lookingSinceMs !== null) {
      summaries.election_time.add(nowMs - this.#lookingSinceMs);
      this.#lookingSinceMs = null;
    }
    if (!isServing) {
      this.#unavailableSinceMs ??= nowMs;
    } else if (this.#unavailableSinceMs !== null) {
      const tookMs = nowMs - this.#unavailableSinceMs;
      summaries.unavailable_time.add(tookMs);
      if (this.#isLeading) summaries.leader_unavailable_time.add(tookMs);
      this.#unavailableSinceMs = null;
    }
  }

  /** To another server: how learners are brought up to date is counted. */
  sent(operation: SendOperation): void {
    if (operation.type === 'stream') this.#stats.metrics.counters.snap_count.add();
    else if (operation.type === 'packet' && operation.packet.type === PacketType.DIFF)
      this.#stats.metrics.counters.diff_count.add();
  }

  /** Leader: a transaction of this many bytes is on its way. */
  proposed(bytes: number, nowMs: number): void {
    this.#stats.proposed(bytes);
    this.#proposals.push(nowMs);
  }

  /** Transactions that were just applied. */
  committed(batch: readonly Committed[], nowMs: number, wallMs: number): void {
    const { writePerNamespace } = this.#stats.metrics;
    if (this.#isLeading) {
      this.#commitCount.add(batch.length);
    } else {
      this.#proposalsReceived.add(batch.length);
      this.#commitsReceived.add(batch.length);
    }
    for (const { record } of batch) {
      const { header, txn, digest } = record;
      this.#propagationLatency.add(wallMs - header.time);
      if (this.#isLeading) {
        const proposedMs = this.#proposals.shift();
        if (proposedMs !== null) this.#quorumAckLatency.add(nowMs - proposedMs);
      }
      const path = pathOf(txn);
      if (path !== null) writePerNamespace.add(path, record.bytes.length);
      if (digest !== null) this.#stats.digested(header.zxid, digest);
    }
  }

  /** So many operations go to the disk together. */
  flushed(operationCount: number): void {
    this.#batchSize.add(operationCount);
  }

  /** They are durable. */
  synced(tookMs: number): void {
    this.#syncTime.add(tookMs);
  }

  snapshotTaken({ zxid, tookMs, wallMs }: { zxid: number; tookMs: number; wallMs: number }): void {
    this.#stats.metrics.summaries.snapshottime.add(tookMs);
    this.#snapshotFound(zxid, wallMs);
  }

  #snapshotFound(zxid: number, wallMs: number): void {
    this.#stats.lastSnapshot = { zxid, takenMs: wallMs };
  }
}

/** The moments of proposals that are not committed; commits come in the same order. */
class ProposalTimes {
  #times: number[] = [];
  #headIndex = 0;

  push(nowMs: number): void {
    this.#times.push(nowMs);
  }

  shift(): number | null {
    const time = this.#times[this.#headIndex];
    if (time === undefined) return null;
    this.#headIndex += 1;
    // Now and then, not each time that it runs empty: an array that is cleared has to grow anew.
    if (this.#headIndex > 1_000 && this.#headIndex * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#headIndex);
      this.#headIndex = 0;
    }
    return time;
  }

  clear(): void {
    this.#times = [];
    this.#headIndex = 0;
  }
}

/** The znode that a transaction writes, as far as it is one alone. */
function pathOf(txn: Txn): string | null {
  switch (txn.type) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
    case 'delete':
    case 'setData':
    case 'setACL':
      return txn.path;
    default:
      return null;
  }
}
