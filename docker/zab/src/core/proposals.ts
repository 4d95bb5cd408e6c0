// The leader's proposals and the rule by which they commit: in order, each once a quorum of voters has it
// durably. Acknowledgements are cumulative, because every voter logs in order; a voter that reconnects
// starts from nothing, because synchronization may have cut its log in between.

import { counterOf } from '../../../../harness/wire/zxid.ts';
import { quorumSize } from './membership.ts';
import type { Membership } from './membership.ts';

/** Proposals with this counter are never made: the next one would run into the epoch's half of the zxid. */
const lastCounter = 0xffff_ffff;

/** How far a voter has acknowledged. */
export interface Acker {
  readonly sid: number;
  readonly ackedZxid: number;
}

export class Proposals {
  readonly #quorumSize: number;
  #lastProposedZxid: number;
  #lastCommittedZxid: number;

  /** `epochMark` is (epoch, 0). */
  constructor(membership: Membership, epochMark: number) {
    this.#quorumSize = quorumSize(membership);
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

  /** Takes the next proposal for committed if a quorum has acknowledged it. Each voter appears once. */
  tryToCommit(ackers: readonly Acker[]): boolean {
    if (!this.hasOutstanding) return false;
    const zxid = this.#lastCommittedZxid + 1;
    let count = 0;
    for (const acker of ackers) if (acker.ackedZxid >= zxid) count += 1;
    if (count < this.#quorumSize) return false;
    this.#lastCommittedZxid = zxid;
    return true;
  }
}
