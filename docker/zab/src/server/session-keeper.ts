// Which sessions were heard of, and which have gone silent. A leader (or a server alone) decides about expiry
// and knows which server each session is attached to; a learner only notes who was heard of and tells its
// leader, in the answers to pings.

import { OpCode } from '../../../../harness/wire/constants.ts';
import type { ForwardedRequest, SessionTouch } from '../../../../harness/wire/quorum-packet.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import type { TraceSink } from '../core/trace.ts';
import { SessionTracker } from '../state/session-tracker.ts';

export class SessionKeeper {
  readonly #trace: TraceSink;
  /** Owners are server ids. */
  readonly #tracker: SessionTracker;
  #touched = new Map<SessionId, number>();
  #isLeading = false;

  constructor(tickMs: number, trace: TraceSink) {
    this.#tracker = new SessionTracker(tickMs);
    this.#trace = trace;
  }

  /** A new leader cannot know who was heard of lately, so every session gets its full timeout. */
  lead(sessions: ReadonlyMap<SessionId, number>, nowMs: number): void {
    this.#isLeading = true;
    this.#touched.clear();
    this.#tracker.restart(sessions, nowMs);
  }

  rest(): void {
    this.#isLeading = false;
    this.#touched.clear();
    this.#tracker.clear();
  }

  /** When a session expires, if nobody is heard of until then. */
  get nextExpiryMs(): number {
    return this.#isLeading ? this.#tracker.nextExpiryMs : Infinity;
  }

  /** Leader: for operators; null on a learner. */
  get buckets(): SessionTracker['buckets'] | null {
    return this.#isLeading ? this.#tracker.buckets : null;
  }

  touch(sessionId: SessionId, timeoutMs: number, nowMs: number): void {
    if (!this.#isLeading) {
      this.#touched.set(sessionId, timeoutMs);
    } else if (this.#tracker.touch(sessionId, nowMs, timeoutMs)) {
      this.#trace?.({ event: 'TOUCH', session: sessionId, timeoutMs });
    }
  }

  touchAll(touches: readonly SessionTouch[], nowMs: number): void {
    for (const { sessionId, timeoutMs } of touches) this.touch(sessionId, timeoutMs, nowMs);
  }

  /** Learner: for the answer to a ping. */
  takeTouches(): readonly SessionTouch[] {
    if (this.#touched.size === 0) return [];
    const touches: SessionTouch[] = [];
    this.#touched.forEach((timeoutMs, sessionId) => touches.push({ sessionId, timeoutMs }));
    this.#touched = new Map();
    return touches;
  }

  /** Leader: whether the session lives; if so it belongs to server `owner` from now on. */
  revalidate(touch: SessionTouch, owner: number, nowMs: number): boolean {
    if (!this.#tracker.touch(touch.sessionId, nowMs, touch.timeoutMs)) return false;
    this.#trace?.({ event: 'TOUCH', session: touch.sessionId, timeoutMs: touch.timeoutMs });
    this.#tracker.setOwner(touch.sessionId, owner);
    return true;
  }

  /**
   * Leader, before a request is prepared: whether it comes through the server that the session belongs to.
   * After a change of leader nobody knows; the first server that speaks for a session has it.
   */
  admit({ sessionId, opcode }: ForwardedRequest, from: number): boolean {
    if (opcode === OpCode.CREATE_SESSION) return true;
    const owner = this.#tracker.ownerOf(sessionId);
    if (owner === undefined) this.#tracker.setOwner(sessionId, from);
    return owner === undefined || owner === from;
  }

  /** Leader: the server that the session belongs to, if one is known. */
  ownerOf(sessionId: SessionId): number | undefined {
    return this.#tracker.ownerOf(sessionId);
  }

  /**
   * A transaction was prepared: a session that is to be counts from now on, as that of server `from`, and one
   * whose end is decided must not expire as well.
   */
  prepared({ header, txn }: TxnRecord, from: number, nowMs: number): void {
    if (txn.type === 'createSession') {
      this.#tracker.add(header.clientId, txn.timeoutMs, nowMs);
      this.#tracker.setOwner(header.clientId, from);
    } else if (txn.type === 'closeSession') {
      this.#tracker.close(header.clientId);
    }
  }

  applied({ header, txn }: TxnRecord, nowMs: number): void {
    if (txn.type === 'createSession') {
      if (this.#isLeading) this.#tracker.add(header.clientId, txn.timeoutMs, nowMs);
      else this.#touched.set(header.clientId, txn.timeoutMs);
    } else if (txn.type === 'closeSession') {
      this.#touched.delete(header.clientId);
      this.#tracker.remove(header.clientId);
    }
  }

  /** Leader: sessions that are to be closed now; each is told once. */
  expired(nowMs: number): readonly SessionId[] {
    if (!this.#isLeading) return [];
    const expired = this.#tracker.expired(nowMs);
    for (const session of expired) this.#trace?.({ event: 'EXPIRE_DECIDE', session });
    return expired;
  }
}
