// The leader's proposals and the rule by which they commit: in order, each once a quorum of voters has it
// durably, of both configurations where one is pending. Acknowledgements are cumulative, because every voter
// logs in order; a voter that reconnects starts from nothing, because synchronization may have cut its log in
// between.

import { counterOf } from '../../../../harness/wire/zxid.ts';
import type { Configuration } from './configuration.ts';
import { quorumOf } from './quorum.ts';

/** Proposals with this counter are never made: the next one would run into the epoch's half of the zxid. */
const lastCounter = 0xffff_ffff;

/** How far a follower has acknowledged. Whether it has a vote, the configurations say. */
export interface Acker {
  readonly sid: number;
  readonly ackedZxid: number;
}

export class Proposals {
  readonly #configuration: Configuration;
  /** Kept, so that a commit allocates nothing; what stands behind the present ones is older. */
  readonly #supporters: number[] = [];
  #lastProposedZxid: number;
  #lastCommittedZxid: number;

  /** `epochMark` is (epoch, 0). */
  constructor(configuration: Configuration, epochMark: number) {
    this.#configuration = configuration;
    this.#lastProposedZxid = epochMark;
    this.#lastCommittedZxid = epochMark;
  }

  get lastProposedZxid(): number {
    return this.#lastProposedZxid;
  }

  get lastCommittedZxid(): number {
    return this.#lastCommittedZxid;
  }

  get nextZxid(): number {
    return this.#lastProposedZxid + 1;
  }

  get isOutOfZxids(): boolean {
    return counterOf(this.nextZxid) === lastCounter;
  }

  get hasOutstanding(): boolean {
    return this.#lastProposedZxid > this.#lastCommittedZxid;
  }

  proposed(zxid: number): void {
    this.#lastProposedZxid = zxid;
  }

  /** Takes the next proposal for committed if the quorums have acknowledged it. Each follower appears once. */
  tryToCommit(ackers: readonly Acker[]): boolean {
    if (!this.hasOutstanding) return false;
    const zxid = this.#lastCommittedZxid + 1;
    const supporters = this.#supporters;
    let count = 0;
    for (const { sid, ackedZxid } of ackers) if (ackedZxid >= zxid) supporters[count++] = sid;
    for (const membership of this.#configuration.at(zxid)) {
      if (!quorumOf(membership).isReachedBy(supporters, count)) return false;
    }
    this.#lastCommittedZxid = zxid;
    return true;
  }
}
