// The password of a session. It is a pure function of the id, so that any server can check it; it keeps clients
// from taking over each other's sessions by mistake, not by intent. The function is Java's `Random`, seeded with
// the id, so that clients can move between these servers and Apache ZooKeeper's.

import type { SessionId } from '../../../../harness/wire/session-id.ts';

const passwordBytes = 16;
const superSecret = 0xb341_5c00n;
const multiplier = 0x5_deec_e66dn;
const increment = 0xbn;
const stateMask = (1n << 48n) - 1n;

export function sessionPassword(session: SessionId): Buffer {
  const password = Buffer.alloc(passwordBytes);
  let state = (BigInt(`0x${session}`) ^ superSecret ^ multiplier) & stateMask;
  for (let at = 0; at < passwordBytes; at += 4) {
    state = (state * multiplier + increment) & stateMask;
    password.writeUInt32LE(Number(state >> 16n), at);
  }
  return password;
}

export function isSessionPassword(session: SessionId, password: Buffer | null): boolean {
  return password !== null && sessionPassword(session).equals(password);
}
