// Answers to servers that ask whether a session lives, on their way through the leader. A server knows the
// outcome of its client's write by session and xid, and a client may use an xid again on its next connection,
// elsewhere. So an answer is held back until everything is committed that was proposed when it was given: what
// the session asked for through its previous server comes before the new connection, and is taken for nothing
// that is asked there. What the previous server forwards later is refused, since the session has moved.

import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { LinkId } from '../core/events.ts';

export interface Revalidation {
  /** The learner that asks; null for a client of the leader itself. */
  readonly link: LinkId | null;
  readonly sessionId: SessionId;
  readonly valid: boolean;
}

export class HeldRevalidations {
  /** In the order of the questions, which learners rely on. */
  #held: { readonly revalidation: Revalidation; readonly afterZxid: number }[] = [];

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  hold(revalidation: Revalidation, afterZxid: number): void {
    this.#held.push({ revalidation, afterZxid });
  }

  /** Those that may be given now. */
  take(committedZxid: number): readonly Revalidation[] {
    if (this.#held.length === 0) return [];
    const waiting = this.#held.findIndex(({ afterZxid }) => afterZxid > committedZxid);
    const count = waiting === -1 ? this.#held.length : waiting;
    return this.#held.splice(0, count).map(({ revalidation }) => revalidation);
  }

  /** The role has ended, and with it every question. */
  reset(): void {
    this.#held = [];
  }
}
