import type { SessionId } from '../../../../../harness/wire/session-id.ts';

/** `0x10000208d2d0001`, as Java prints a long in hex. */
export function sessionIdText(sessionId: SessionId): string {
  return `0x${sessionId.replace(/^0+(?=.)/, '')}`;
}

/** As a Java long in decimal, the way the AdminServer shows it. */
export function sessionIdNumber(sessionId: SessionId): bigint {
  return BigInt.asIntN(64, BigInt(`0x${sessionId}`));
}
