// What a create asks for: the opcode decides between plain, container and time to live, the flags between
// persistent and ephemeral, and whether a sequence number is appended. Facts: client protocol, "Create".

import { CreateFlags, ErrorCode } from '../../../../harness/wire/constants.ts';
import type { CreateRequest, CreateTtlRequest } from '../../../../harness/wire/records.ts';
import { isValidTtl } from './owner.ts';

export interface CreateKind {
  readonly ephemeral: boolean;
  readonly sequential: boolean;
  /** Null: lives on. */
  readonly ttlMs: number | null;
}

const kinds: ReadonlyMap<number, { ephemeral: boolean; sequential: boolean; hasTtl: boolean }> = new Map([
  [CreateFlags.PERSISTENT, { ephemeral: false, sequential: false, hasTtl: false }],
  [CreateFlags.EPHEMERAL, { ephemeral: true, sequential: false, hasTtl: false }],
  [CreateFlags.PERSISTENT_SEQUENTIAL, { ephemeral: false, sequential: true, hasTtl: false }],
  [CreateFlags.EPHEMERAL_SEQUENTIAL, { ephemeral: true, sequential: true, hasTtl: false }],
  [CreateFlags.CONTAINER, { ephemeral: false, sequential: false, hasTtl: false }],
  [CreateFlags.PERSISTENT_WITH_TTL, { ephemeral: false, sequential: false, hasTtl: true }],
  [CreateFlags.PERSISTENT_SEQUENTIAL_WITH_TTL, { ephemeral: false, sequential: true, hasTtl: true }],
]);

/** An error code where the request's own fields contradict each other. */
export function createKindOf(
  request: CreateRequest | CreateTtlRequest,
  extendedTypes: boolean,
): CreateKind | number {
  const kind = kinds.get(request.flags);
  if (kind === undefined) return ErrorCode.BAD_ARGUMENTS;
  const { ephemeral, sequential, hasTtl } = kind;
  if (hasTtl && !extendedTypes) return ErrorCode.UNIMPLEMENTED;
  // Only the request with a ttl field can give one; without it flags that need one cannot be satisfied.
  const ttlMs = request.type === 'createTTL' ? request.ttl : -1;
  if (hasTtl ? !isValidTtl(ttlMs) : ttlMs >= 0) return ErrorCode.BAD_ARGUMENTS;
  return { ephemeral, sequential, ttlMs: hasTtl ? ttlMs : null };
}

/** Ten digits; the count is a signed 32-bit number and is printed as one. */
export function sequenceSuffix(parentCversion: number): string {
  if (parentCversion >= 0) return String(parentCversion).padStart(10, '0');
  return `-${String(-parentCversion).padStart(9, '0')}`;
}
