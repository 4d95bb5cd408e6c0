// A voter without a history: its data directory is empty, because the ensemble is new or because its disk was
// wiped. It cannot tell which, and the difference is everything. What a wiped server had acknowledged may be
// committed and on one other server only; its vote for a history without that, its promise and its
// acknowledgement would then make a quorum that has lost it. Apache ZooKeeper lets it vote by default
// (`db.autocreate=true`), so that a quorum that holds one intact server less than it should forgets silently.
//
// Here a blank voter does not vote and is not counted; it says so with zxid −1, which Apache's servers take for
// the same. It follows a leader that others elected, as an observer, which cannot acknowledge anything. Once it
// holds that leader's history durably it leaves, and comes back as the voter that it is.
//
// Why that is enough for histories: let q be a quorum's size, n the number of voters. Of the q that hold a
// committed transaction k were wiped; q−k are left, among n−k that are not blank. A leader needs q of those, and
// (q−k) + q > n−k because 2q > n: one of its electors holds the transaction. That holds for every k, so a wiped
// majority stops the ensemble where Apache's would go on without its data. `db.autocreate=true` asks for that.
//
// A new ensemble forms itself all the same: when *every* voter says that it has no history there is nothing that
// could be lost. It takes all of them once, not a quorum, because the one that is silent may be the one that knows.
// (A server of Apache's never says −1 by default; zxid 0 in epoch 0 says the same.) A file `dataDir/initialize`
// is an operator's word for it, and `db.autocreate=false` asks for that word.
//
// What this cannot give back is a forgotten promise. A candidate that counted the wiped server's promise before
// the wipe, has not heard that its connection is gone, and gets its quorum together only after this server has
// become a voter elsewhere, could establish an epoch twice. That candidate has initLimit to do so, during which
// this server has to be restarted and synchronized, and the loss of its connection must go unnoticed.
// Under a leader of Apache's, which counts discovery by server id and not by what a learner called itself, only
// the part about elections holds.

import { ServerState } from '../../../../harness/wire/constants.ts';
import type { Notification } from '../../../../harness/wire/quorum-packet.ts';

/** In a notification's place for its zxid: this server does not vote. */
export const blankZxid = -1;

export interface BlankVoterOptions {
  /** There is no transaction here, and no epoch whose history this server ever held. */
  readonly isBlank: boolean;
  /** Whether the word of all voters will do; otherwise only a synchronization will. */
  readonly mayForm: boolean;
}

export class BlankVoter {
  readonly #sid: number;
  readonly #mayForm: boolean;
  /** Voters that have no history either. */
  readonly #empty = new Set<number>();
  #isBlank: boolean;

  constructor(sid: number, options: BlankVoterOptions) {
    this.#sid = sid;
    this.#isBlank = options.isBlank;
    this.#mayForm = options.mayForm;
  }

  get isBlank(): boolean {
    return this.#isBlank;
  }

  /** What another voter says of itself. */
  heard(from: number, notification: Notification): void {
    if (!this.#isBlank) return;
    if (isWithoutHistory(notification)) this.#empty.add(from);
    else this.#empty.delete(from);
  }

  /** Whether the ensemble has turned out to be new just now: this server may vote. */
  tryToForm(voterSids: readonly number[]): boolean {
    if (!this.#isBlank || !this.#mayForm) return false;
    if (!voterSids.every((sid) => sid === this.#sid || this.#empty.has(sid))) return false;
    this.#isBlank = false;
    return true;
  }

  /** A leader's history is here, durably. */
  synchronized(): void {
    this.#isBlank = false;
  }
}

/** Whoever proposes an empty history has none that is better. */
function isWithoutHistory({ state, zxid, peerEpoch }: Notification): boolean {
  if (state !== ServerState.LOOKING) return false;
  return zxid === blankZxid || (zxid === 0 && peerEpoch <= 0);
}
