// Sessions that only this server knows: no transaction makes them, they own no ephemerals, and nobody else can
// take them over. They spare the ensemble the writes of clients that come and go. This server decides about
// their expiry, whatever its role, and the first ephemeral makes a global session of one, under the same id.
// Facts: client protocol of ZooKeeper 3.8, "Sessions"; quorum-misc.json has an upgrade.

import { OpCode } from '../../../../harness/wire/constants.ts';
import type { ClientRequest } from '../../../../harness/wire/records.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import { SessionTracker } from '../state/session-tracker.ts';

export class LocalSessions {
  readonly #tracker: SessionTracker;

  constructor(tickMs: number) {
    this.#tracker = new SessionTracker(tickMs);
  }

  get size(): number {
    return this.#tracker.size;
  }

  /** When a session expires, if nobody is heard of until then. */
  get nextExpiryMs(): number {
    return this.#tracker.nextExpiryMs;
  }

  /** For operators. */
  get buckets(): SessionTracker['buckets'] {
    return this.#tracker.buckets;
  }

  has(sessionId: SessionId): boolean {
    return this.#tracker.isLive(sessionId);
  }

  /** A leader, server `sid`, knows its own local sessions, and must take the other servers' word for theirs. */
  mayHave(sessionId: SessionId, sid: number): boolean {
    return this.has(sessionId) || issuerOf(sessionId) !== sid % 256;
  }

  create(sessionId: SessionId, timeoutMs: number, nowMs: number): void {
    this.#tracker.add(sessionId, timeoutMs, nowMs);
  }

  /** False for a session that is not local to this server. */
  touch(sessionId: SessionId, timeoutMs: number, nowMs: number): boolean {
    return this.#tracker.touch(sessionId, nowMs, timeoutMs);
  }

  /** From here on the session is the ensemble's, and no longer local; its timeout. */
  upgrade(sessionId: SessionId): number | null {
    const timeoutMs = this.has(sessionId) ? this.#tracker.timeoutOf(sessionId) : undefined;
    this.#tracker.remove(sessionId);
    return timeoutMs ?? null;
  }

  remove(sessionId: SessionId): void {
    this.#tracker.remove(sessionId);
  }

  /** Sessions whose time is up; they are gone from here on. */
  takeExpired(nowMs: number): readonly SessionId[] {
    const expired = this.#tracker.expired(nowMs);
    for (const sessionId of expired) this.#tracker.remove(sessionId);
    return expired;
  }

  /** The role has ended: as in Apache ZooKeeper nobody's local session outlives it. */
  clear(): void {
    this.#tracker.clear();
  }
}

/** Whether only a global session may ask for it. */
export function makesEphemeral(request: ClientRequest): boolean {
  switch (request.type) {
    case 'create':
    case 'create2':
      return isEphemeral(request.flags);
    case 'multi':
      return request.operations.some(
        (operation) =>
          (operation.type === 'create' || operation.type === 'create2') && isEphemeral(operation.flags),
      );
    default:
      return false;
  }
}

function isEphemeral(flags: number): boolean {
  return flags === 1 || flags === 3;
}

/** The server that gave a session its id. */
function issuerOf(sessionId: SessionId): number {
  return Number.parseInt(sessionId.slice(0, 2), 16);
}

/** What makes the upgrade known to the ensemble, ahead of the request that needs it. */
export function upgradeRequest(sessionId: SessionId, timeoutMs: number) {
  const body = Buffer.alloc(4);
  body.writeInt32BE(timeoutMs);
  return { sessionId, cxid: 0, opcode: OpCode.CREATE_SESSION, body, authinfo: null };
}
