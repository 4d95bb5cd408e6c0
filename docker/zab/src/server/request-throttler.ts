// `request_throttle_max_requests`: how many requests are looked at at once. The others wait in the order in
// which they came, over all connections, and one that waited longer than `throttled_op_wait_time` is refused
// when its turn comes instead of being worked on for a client that has given it up. Off by default.

import { OpCode } from '../../../../harness/wire/constants.ts';
import type { ClientConnection } from './client-connection.ts';
import type { PendingRequest } from './pending-request.ts';

interface Waiting {
  readonly connection: ClientConnection;
  readonly pending: PendingRequest;
}

/** Refusing them would help nobody: they cost nothing, or end what costs. */
const neverRefused: ReadonlySet<number> = new Set([OpCode.PING, OpCode.CLOSE_SESSION]);

export class RequestThrottler {
  /** 0: no limit. */
  readonly #maxRequests: number;
  /** 0: nobody waited too long. */
  readonly #maxWaitMs: number;
  #waiting: Waiting[] = [];
  #admitted = new Set<PendingRequest>();

  constructor(options: { readonly throttledRequestCount: number; readonly throttledOpWaitMs: number }) {
    this.#maxRequests = options.throttledRequestCount;
    this.#maxWaitMs = options.throttledOpWaitMs;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Whether the request may be looked at; if not, `next` gives it when there is room. */
  admit(connection: ClientConnection, pending: PendingRequest): boolean {
    if (this.#maxRequests === 0) return true;
    if (this.#waiting.length === 0 && this.#admitted.size < this.#maxRequests) {
      this.#admitted.add(pending);
      return true;
    }
    this.#waiting.push({ connection, pending });
    return false;
  }

  /** The request is answered, or its connection is gone. */
  done(pending: PendingRequest): void {
    if (this.#maxRequests !== 0) this.#admitted.delete(pending);
  }

  /** The next request that may be looked at now. */
  next(nowMs: number): (Waiting & { readonly isTooLate: boolean }) | null {
    while (this.#waiting.length > 0 && this.#admitted.size < this.#maxRequests) {
      const waiting = this.#waiting.shift();
      if (waiting?.connection.isOpen !== true) continue;
      this.#admitted.add(waiting.pending);
      return { ...waiting, isTooLate: this.#isTooLate(waiting.pending, nowMs) };
    }
    return null;
  }

  reset(): void {
    this.#waiting = [];
    this.#admitted = new Set();
  }

  #isTooLate({ opcode, receivedMs }: PendingRequest, nowMs: number): boolean {
    return this.#maxWaitMs > 0 && nowMs - receivedMs > this.#maxWaitMs && !neverRefused.has(opcode);
  }
}
