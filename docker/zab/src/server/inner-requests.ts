// Requests that a leader makes in its own name: no client sent them, and none waits for an answer.

import { OpCode } from '../../../../harness/wire/constants.ts';
import type { ForwardedRequest } from '../../../../harness/wire/quorum-packet.ts';
import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';

/** Of all that no client sent. */
const innerXid = 0;

/** The session's time is up. */
export function closeSessionRequest(sessionId: SessionId): ForwardedRequest {
  return { sessionId, cxid: innerXid, opcode: OpCode.CLOSE_SESSION, body: Buffer.alloc(0), authinfo: null };
}

export function deleteContainerRequest(path: string): ForwardedRequest {
  const body = Buffer.from(path);
  return { sessionId: noSession, cxid: innerXid, opcode: OpCode.DELETE_CONTAINER, body, authinfo: null };
}
