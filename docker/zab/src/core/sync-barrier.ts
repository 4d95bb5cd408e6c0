// `sync` as a barrier: it is answered after everything that was committed anywhere before it arrived. The
// leader knows that nothing newer exists only if a quorum still follows it *after* the arrival, so a sync
// waits for a round of pings that began later, and for the proposals that were outstanding. Many syncs share
// a round: at most one is under way, and those that arrive meanwhile wait for the next.

import type { LinkId } from './events.ts';
import { Ring } from './ring.ts';

export interface WaitingSync {
  /** The learner that asks; null for a client of the leader itself. */
  readonly link: LinkId | null;
  /** The leader's own name for it, where `link` is null. */
  readonly token: number;
}

interface Entry extends WaitingSync {
  readonly round: number;
  /** The last proposal when it arrived. */
  readonly zxid: number;
}

export class SyncBarrier {
  readonly #waiting = new Ring<Entry>();
  #startedRound = 0;
  #finishedRound = 0;

  /** The round under way, null between rounds. */
  get round(): number | null {
    return this.#startedRound > this.#finishedRound ? this.#startedRound : null;
  }

  /** Whether a round is wanted and none is under way. */
  get isRoundDue(): boolean {
    if (this.#startedRound > this.#finishedRound) return false;
    const last = this.#waiting.at(this.#waiting.end - 1);
    return last !== undefined && last.round > this.#finishedRound;
  }

  /** A round that is under way may have heard its answers before this sync arrived, so it does not count. */
  add(sync: WaitingSync, lastProposedZxid: number): void {
    const { link, token } = sync;
    this.#waiting.push({ link, token, round: this.#startedRound + 1, zxid: lastProposedZxid });
  }

  startRound(): number {
    this.#startedRound += 1;
    return this.#startedRound;
  }

  finishRound(): void {
    this.#finishedRound = this.#startedRound;
  }

  /** The next sync that may be answered. In order of arrival, because a learner counts its answers. */
  takeDone(lastCommittedZxid: number): WaitingSync | null {
    const first = this.#waiting.peek();
    if (first === undefined) return null;
    if (first.round > this.#finishedRound || first.zxid > lastCommittedZxid) return null;
    this.#waiting.shift();
    return first;
  }
}
