// When sessions expire: kept by the leader, or by a server that runs alone. Sessions fall into buckets of one
// tick and a bucket dies as a whole, so a session lives between its timeout and one tick more after the last
// sign of life. Touching one costs the same however many there are.

import type { SessionId } from '../../../../harness/wire/session-id.ts';

interface TrackedSession<Owner> {
  timeoutMs: number;
  /** End of its bucket; null once it is closing, when nothing prolongs it any more. */
  expiryMs: number | null;
  owner: Owner | undefined;
}

/** `Owner` stands for the server, or the link to it, that the session is attached to. */
export class SessionTracker<Owner = number> {
  readonly #tickMs: number;
  readonly #sessions = new Map<SessionId, TrackedSession<Owner>>();
  readonly #buckets = new Map<number, Set<SessionId>>();
  #nextExpiryMs = Infinity;

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** When `expired` has something to tell, if nothing happens until then. */
  get nextExpiryMs(): number {
    return this.#nextExpiryMs;
  }

  /** Sessions by the moment at which they expire together, the earliest first; those that are closing are left out. */
  get buckets(): readonly (readonly [expiryMs: number, readonly SessionId[]])[] {
    return Array.from(this.#buckets, ([expiryMs, ids]) => [expiryMs, [...ids]] as const).sort(
      ([a], [b]) => a - b,
    );
  }

  /** A new leader knows nothing of the past, so every session gets its whole timeout again. */
  restart(sessions: Iterable<readonly [SessionId, number]>, nowMs: number): void {
    this.clear();
    for (const [session, timeoutMs] of sessions) this.add(session, timeoutMs, nowMs);
  }

  clear(): void {
    this.#sessions.clear();
    this.#buckets.clear();
    this.#nextExpiryMs = Infinity;
  }

  /** Also for a session that is known already: a transaction may tell of it after its first request did. */
  add(session: SessionId, timeoutMs: number, nowMs: number): void {
    if (!this.#sessions.has(session)) {
      this.#sessions.set(session, { timeoutMs, expiryMs: null, owner: undefined });
      this.#schedule(session, nowMs);
    } else {
      this.touch(session, nowMs, timeoutMs);
    }
  }

  /** False when the session is unknown or closing. A timeout that the session was re-attached with replaces its own. */
  touch(session: SessionId, nowMs: number, timeoutMs?: number): boolean {
    const tracked = this.#sessions.get(session);
    if (tracked === undefined || tracked.expiryMs === null) return false;
    if (timeoutMs !== undefined) tracked.timeoutMs = timeoutMs;
    if (this.#bucketOf(nowMs + tracked.timeoutMs) !== tracked.expiryMs) this.#schedule(session, nowMs);
    return true;
  }

  /** Sessions whose time is up, oldest first. They are closing from now on, and are told only once. */
  expired(nowMs: number): SessionId[] {
    if (nowMs < this.#nextExpiryMs) return [];
    const due = [...this.#buckets.keys()].filter((expiryMs) => expiryMs <= nowMs).sort((a, b) => a - b);
    const expired = due.flatMap((expiryMs) => [...(this.#buckets.get(expiryMs) ?? [])]);
    for (const session of expired) this.close(session);
    return expired;
  }

  /** Its end is decided; it stays known until `remove`. */
  close(session: SessionId): void {
    const tracked = this.#sessions.get(session);
    if (tracked !== undefined) this.#unschedule(session, tracked);
  }

  remove(session: SessionId): void {
    this.close(session);
    this.#sessions.delete(session);
  }

  isLive(session: SessionId): boolean {
    const tracked = this.#sessions.get(session);
    return tracked !== undefined && tracked.expiryMs !== null;
  }

  timeoutOf(session: SessionId): number | undefined {
    return this.#sessions.get(session)?.timeoutMs;
  }

  setOwner(session: SessionId, owner: Owner): void {
    const tracked = this.#sessions.get(session);
    if (tracked !== undefined) tracked.owner = owner;
  }

  /** Undefined until somebody claims the session: after a change of leader every connection may still be right. */
  ownerOf(session: SessionId): Owner | undefined {
    return this.#sessions.get(session)?.owner;
  }

  #bucketOf(atMs: number): number {
    return (Math.floor(atMs / this.#tickMs) + 1) * this.#tickMs;
  }

  #schedule(session: SessionId, nowMs: number): void {
    const tracked = this.#sessions.get(session);
    if (tracked === undefined) return;
    this.#unschedule(session, tracked);
    const expiryMs = this.#bucketOf(nowMs + tracked.timeoutMs);
    tracked.expiryMs = expiryMs;
    const bucket = this.#buckets.get(expiryMs);
    if (bucket === undefined) this.#buckets.set(expiryMs, new Set([session]));
    else bucket.add(session);
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiryMs);
  }

  #unschedule(session: SessionId, tracked: TrackedSession<Owner>): void {
    const { expiryMs } = tracked;
    if (expiryMs === null) return;
    tracked.expiryMs = null;
    const bucket = this.#buckets.get(expiryMs);
    bucket?.delete(session);
    if (bucket?.size !== 0) return;
    this.#buckets.delete(expiryMs);
    // There are few buckets: as many as ticks fit into the longest timeout.
    if (expiryMs === this.#nextExpiryMs) this.#nextExpiryMs = Math.min(...this.#buckets.keys());
  }
}
