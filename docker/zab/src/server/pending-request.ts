// A request of a client on its way through this server, and the answer that it is given in the end. One is made
// of every frame that an attached connection sends.

import { OpCode } from '../../../../harness/wire/constants.ts';
import type { ClientRequest } from '../../../../harness/wire/records.ts';

export interface PendingRequest {
  readonly xid: number;
  readonly opcode: number;
  /** Null where the body could not be understood; `err` says why. */
  request: ClientRequest | null;
  /** As it came: the header, and from `bodyOffset` on the body. */
  readonly frame: Buffer;
  bodyOffset: number;
  readonly receivedMs: number;
  /**
   * `local`: executed here when its turn comes, and later requests wait for that. `write` and `sync`: handed
   * to the ensemble. `ping`: answered in turn, and nothing waits for it.
   */
  kind: 'local' | 'write' | 'sync' | 'ping';
  /** Error that is known before execution, for a `local` request. */
  err: number;
  /** False while it waits for fewer requests to be under way. */
  isAdmitted: boolean;
  /** It has waited for that too long. */
  isThrottled: boolean;
  isSubmitted: boolean;
  /** The reply, once it is known; what came before it may still hold it back. */
  answer: Answer | null;
}

export interface Answer {
  readonly zxid: number;
  readonly err: number;
  readonly frame: Buffer;
  /** What happens to the connection behind this reply. */
  readonly next: 'stay' | 'close';
}

export const requestHeaderBytes = 8;
/** Of every reply to a ping, whatever xid it came with. */
const pingXid = -2;

/** The header is there; nothing else is looked at yet. */
export function pendingRequest(frame: Buffer, receivedMs: number): PendingRequest {
  const opcode = frame.readInt32BE(4);
  return {
    xid: opcode === OpCode.PING ? pingXid : frame.readInt32BE(0),
    opcode,
    request: null,
    frame,
    bodyOffset: requestHeaderBytes,
    receivedMs,
    kind: 'local',
    err: 0,
    isAdmitted: false,
    isThrottled: false,
    isSubmitted: false,
    answer: null,
  };
}

/** A view, made where it is needed: most reads never need it. */
export function bodyOf({ frame, bodyOffset }: PendingRequest): Buffer {
  return bodyOffset === 0 ? frame : frame.subarray(bodyOffset);
}

export function bodyBytesOf({ frame, bodyOffset }: PendingRequest): number {
  return frame.length - bodyOffset;
}
