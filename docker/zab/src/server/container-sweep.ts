// When containers and znodes with a time to live are to be removed: a container that has lost its last child, and a
// childless znode that was not written for longer than its time. The leader looks every now and then, and asks for
// so many deletions in a minute; each is checked once more when its transaction is prepared.
// Facts: client protocol, "Create".

import type { Znode } from '../state/znode.ts';
import { ttlOf } from '../state/owner.ts';

export interface ContainerSweepOptions {
  readonly containerCheckIntervalMs: number;
  readonly containersPerMinute: number;
  /** A container that never had a child is removed after this time; 0 = never. */
  readonly containerNeverUsedMs: number;
}

/** What a sweep needs of the tree. */
interface SweptTree {
  readonly perishables: Iterable<string>;
  get(path: string): Readonly<Znode> | undefined;
}

const minuteMs = 60_000;
/** Deletions are asked for in small batches, this far apart unless they are very few. */
const leastPauseMs = 100;

export class ContainerSweep {
  readonly #options: ContainerSweepOptions;
  readonly #pauseMs: number;
  readonly #batchSize: number;
  /** Found by the last look, and not asked for yet. */
  #waiting: string[] = [];
  #nextLookMs = Infinity;
  #nextBatchMs = Infinity;

  constructor(options: ContainerSweepOptions) {
    this.#options = options;
    this.#pauseMs = Math.max(leastPauseMs, minuteMs / options.containersPerMinute);
    this.#batchSize = Math.max(1, Math.floor((options.containersPerMinute * this.#pauseMs) / minuteMs));
  }

  get deadlineMs(): number {
    return Math.min(this.#nextLookMs, this.#nextBatchMs);
  }

  lead(nowMs: number): void {
    this.#nextLookMs = nowMs + this.#options.containerCheckIntervalMs;
  }

  rest(): void {
    this.#waiting = [];
    this.#nextLookMs = Infinity;
    this.#nextBatchMs = Infinity;
  }

  /** Paths to be deleted now, as far as the tree can tell. */
  takeDue(tree: SweptTree, nowMs: number, wallMs: number): readonly string[] {
    if (nowMs < this.deadlineMs) return [];
    if (nowMs >= this.#nextLookMs) {
      this.#nextLookMs = nowMs + this.#options.containerCheckIntervalMs;
      // What is still waiting is found again.
      this.#waiting = [...tree.perishables].filter((path) => this.#isDue(tree, path, wallMs));
    }
    const batch = this.#waiting.splice(0, this.#batchSize);
    this.#nextBatchMs = this.#waiting.length === 0 ? Infinity : nowMs + this.#pauseMs;
    return batch.filter((path) => this.#isDue(tree, path, wallMs));
  }

  #isDue(tree: SweptTree, path: string, wallMs: number): boolean {
    const znode = tree.get(path);
    if (znode === undefined || znode.childCount > 0) return false;
    const { owner, cversion, mtime } = znode;
    const ttlMs = ttlOf(owner);
    if (ttlMs !== null) return wallMs - mtime > ttlMs;
    // One that never had a child may be waiting for its first.
    const { containerNeverUsedMs } = this.#options;
    return cversion > 0 || (containerNeverUsedMs > 0 && wallMs - mtime > containerNeverUsedMs);
  }
}
