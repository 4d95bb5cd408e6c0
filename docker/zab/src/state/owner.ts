// The owner field of a znode says what kind it is: nobody's, a session's (ephemeral), a container, or one with
// a time to live, whose owner field carries that time. Only the second kind is shown to clients.

import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';

export const containerOwner: SessionId = '8000000000000000';

/** Forty bits of milliseconds. */
const maxTtlMs = 2 ** 40 - 1;
const extendedPrefix = 'ff';

export function isValidTtl(ttlMs: number): boolean {
  return ttlMs > 0 && ttlMs <= maxTtlMs;
}

export function ttlOwner(ttlMs: number): SessionId {
  return `${extendedPrefix}0000${ttlMs.toString(16).padStart(10, '0')}`;
}

/**
 * Whether the znode lives and dies with a session. With extended types on, owners from 0xff… are times to live,
 * which is why server ids must stay below 255 then; with them off they are ordinary sessions.
 */
export function isSessionOwner(owner: SessionId, extendedTypes: boolean): boolean {
  if (owner === noSession || owner === containerOwner) return false;
  return !(extendedTypes && owner.startsWith(extendedPrefix));
}

/** Containers, and znodes with a time to live: a server removes them by itself. */
export function isPerishableOwner(owner: SessionId, extendedTypes: boolean): boolean {
  return owner !== noSession && !isSessionOwner(owner, extendedTypes);
}

/** Milliseconds; null for a container. For perishable owners only. */
export function ttlOf(owner: SessionId): number | null {
  return owner === containerOwner ? null : Number.parseInt(owner.slice(extendedPrefix.length + 4), 16);
}
