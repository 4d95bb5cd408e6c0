// The znodes of one moment, taken bit by bit while the tree goes on. Who changes or deletes a znode says so
// before, and one that was not taken yet is taken then, as it still is, behind those of its ancestors that were
// not taken either. So nothing is copied, and all that is taken belongs to one moment.
//
// Apache ZooKeeper takes znodes as it meets them and lets replay of the log repair what changed meanwhile. A
// consistent cut costs a comparison per change while it is open, and spares what a fuzzy one asks of everybody
// else: its digest is that of its zxid, so it is verified where it is loaded; a learner gets only what is
// committed at that zxid, and nothing twice; and ACLs cannot be missing from it (ZOOKEEPER-4846).

import type { Znode } from './znode.ts';

export interface TreeCutOptions {
  /** In ascending `sequence`, parents before children; may grow and shrink while it is walked. */
  readonly znodes: Iterator<Znode>;
  /** Of the newest znode that belongs to the cut. */
  readonly lastSequence: number;
  readonly parentOf: (znode: Readonly<Znode>) => Znode | undefined;
  readonly write: (znode: Readonly<Znode>) => void;
  readonly closed: () => void;
}

export class TreeCut {
  readonly #options: TreeCutOptions;
  /** Taken before their turn, because they were to change. */
  readonly #early = new Set<Znode>();
  #takenSequence = 0;
  #isClosed = false;

  constructor(options: TreeCutOptions) {
    this.#options = options;
  }

  /** Writes the next znode; false when there is none. */
  take(): boolean {
    const { znodes, lastSequence, write } = this.#options;
    while (!this.#isClosed) {
      const next = znodes.next();
      if (next.done === true || next.value.sequence > lastSequence) break;
      const znode = next.value;
      this.#takenSequence = znode.sequence;
      if (this.#early.delete(znode)) continue;
      write(znode);
      return true;
    }
    this.close();
    return false;
  }

  beforeChange(znode: Znode): void {
    if (!this.#isWaiting(znode)) return;
    const chain: Znode[] = [];
    for (
      let at: Znode | undefined = znode;
      at !== undefined && this.#isWaiting(at);
      at = this.#options.parentOf(at)
    ) {
      chain.push(at);
    }
    for (const waiting of chain.reverse()) {
      this.#early.add(waiting);
      this.#options.write(waiting);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#early.clear();
    this.#options.closed();
  }

  #isWaiting(znode: Znode): boolean {
    const { sequence } = znode;
    if (sequence <= this.#takenSequence || sequence > this.#options.lastSequence) return false;
    return !this.#early.has(znode);
  }
}
