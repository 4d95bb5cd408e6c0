// When a snapshot is due, and when those that are too many are purged. Both are housekeeping: what is
// committed does not depend on them.

import type { ZooConfig } from './config.ts';

const hourMs = 3_600_000;

export class SnapshotSchedule {
  readonly #config: ZooConfig;
  /** Uniform in [0, 1). */
  readonly #random: () => number;
  #appliedCount = 0;
  #dueAfterCount: number;
  #purgeAtMs: number;

  constructor(config: ZooConfig, random: () => number) {
    this.#config = config;
    this.#random = random;
    this.#dueAfterCount = this.#drawCount();
    // At the start, and every so many hours.
    this.#purgeAtMs = config.purgeIntervalHours === 0 ? Infinity : -Infinity;
  }

  applied(count: number): void {
    this.#appliedCount += count;
  }

  /**
   * A snapshot costs as much as the tree is large, so a large tree waits for more transactions than snapCount
   * asks for: what is spent on snapshots stays in proportion to what they save at the next start.
   */
  isDue({ nodeCount, loggedBytes }: { nodeCount: number; loggedBytes: number }): boolean {
    const { snapshotLogBytes } = this.#config.storage;
    if (snapshotLogBytes !== null && loggedBytes >= snapshotLogBytes) return true;
    return this.#appliedCount >= Math.max(this.#dueAfterCount, nodeCount / 2);
  }

  taken(): void {
    this.#appliedCount = 0;
    this.#dueAfterCount = this.#drawCount();
  }

  /** Infinity: never. */
  get purgeAtMs(): number {
    return this.#purgeAtMs;
  }

  /** Whether it is time to purge; then not again before an interval has passed. */
  takePurge(nowMs: number): boolean {
    if (nowMs < this.#purgeAtMs) return false;
    this.#purgeAtMs = nowMs + this.#config.purgeIntervalHours * hourMs;
    return true;
  }

  /** Random, so that the servers of an ensemble do not all write at once. */
  #drawCount(): number {
    const half = this.#config.snapCount / 2;
    return Math.max(1, Math.ceil(half + this.#random() * half));
  }
}
