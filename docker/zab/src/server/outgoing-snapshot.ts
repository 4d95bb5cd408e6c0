// A snapshot on its way to a learner: slice by slice, as fast as the link takes them and never more than one
// slice in a turn, so that neither memory nor the leader's other work depends on how large it is. What the
// leader sends to that learner meanwhile waits here: it belongs behind the snapshot.

import type { ByteSource } from '../core/events.ts';
import type { Clock, Link, Timer } from './ports.ts';

/** From here on a link tells when it has drained. */
const fullBytes = 64 * 1024;

export interface OutgoingSnapshotOptions {
  readonly source: ByteSource;
  readonly link: Link;
  readonly clock: Clock;
  /** The snapshot was written; `behind` is what has to follow. */
  readonly finished: (behind: readonly Buffer[]) => void;
}

export class OutgoingSnapshot {
  readonly behind = new ByteQueue();
  readonly #options: OutgoingSnapshotOptions;
  #timer: Timer | null;
  #isStopped = false;

  /** Begins in a later turn: this one still has to write what comes before. */
  constructor(options: OutgoingSnapshotOptions) {
    this.#options = options;
    this.#timer = this.#later();
  }

  drained(): void {
    if (this.#timer === null) this.#sendSlice();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#options.source.close();
  }

  #later(): Timer {
    return this.#options.clock.after(0, () => {
      this.#timer = null;
      this.#sendSlice();
    });
  }

  #sendSlice(): void {
    if (this.#isStopped) return;
    const { source, link, finished } = this.#options;
    if (link.bufferedBytes >= fullBytes) return;
    const slice = source.next();
    if (slice === null) {
      this.stop();
      return finished(this.behind.buffers);
    }
    link.write(slice);
    // A link that is full tells when it has drained.
    if (link.bufferedBytes < fullBytes) this.#timer = this.#later();
  }
}

class ByteQueue {
  readonly buffers: Buffer[] = [];
  byteCount = 0;

  push(bytes: Buffer): void {
    this.buffers.push(bytes);
    this.byteCount += bytes.length;
  }
}
