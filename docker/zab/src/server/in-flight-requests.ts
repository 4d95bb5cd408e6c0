// How many requests clients have under way at this server, all together, and how many bytes the large ones of
// them hold. Above the limit a connection gets one request at a time: whoever has one under way is not read
// from. Since such a connection always has an answer to come, and is looked at again then, nobody waits for ever.
// Facts: client protocol of ZooKeeper 3.8, "Connection-level limits".

import type { Membership } from '../core/membership.ts';
import { votersOf } from '../core/membership.ts';
import type { ClientConnection } from './client-connection.ts';
import { bodyBytesOf, requestHeaderBytes, type PendingRequest } from './pending-request.ts';

export interface InFlightLimits {
  readonly globalOutstandingLimit: number;
  /** −1: no request counts as large. */
  readonly largeRequestThresholdBytes: number;
  readonly largeRequestMaxBytes: number;
  readonly membership: Membership;
}

export class InFlightRequests {
  readonly #limits: InFlightLimits;
  readonly #limit: number;
  #count = 0;
  #largeBytes = 0;

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
    this.#limit = outstandingLimit(limits);
  }

  get count(): number {
    return this.#count;
  }

  get largeBytes(): number {
    return this.#largeBytes;
  }

  /** Whether there is room for the request; only large ones are ever refused. */
  hasRoomFor(request: PendingRequest): boolean {
    const bodyBytes = bodyBytesOf(request);
    if (!this.#isLarge(bodyBytes)) return true;
    return this.#largeBytes + bodyBytes <= this.#limits.largeRequestMaxBytes;
  }

  /**
   * The connection's queue has changed. Requests that wait because their client takes no answers count for
   * nothing: a few clients that never read would slow down all others for good.
   */
  update(connection: ClientConnection, isStalled: boolean): void {
    this.#share(connection, isStalled ? 0 : connection.queue.length, this.#largeBytesOf(connection));
  }

  remove(connection: ClientConnection): void {
    this.#share(connection, 0, 0);
  }

  /** Whether the connection is to be read from. */
  mayRead(connection: ClientConnection): boolean {
    return this.#count <= this.#limit || connection.queue.length === 0;
  }

  #largeBytesOf({ queue }: ClientConnection): number {
    if (this.#limits.largeRequestThresholdBytes === -1) return 0;
    let bytes = 0;
    for (const request of queue) {
      const bodyBytes = bodyBytesOf(request);
      if (this.#isLarge(bodyBytes)) bytes += bodyBytes;
    }
    return bytes;
  }

  #share({ inFlight }: ClientConnection, count: number, largeBytes: number): void {
    this.#count += count - inFlight.count;
    this.#largeBytes += largeBytes - inFlight.largeBytes;
    inFlight.count = count;
    inFlight.largeBytes = largeBytes;
  }

  #isLarge(bodyBytes: number): boolean {
    const { largeRequestThresholdBytes: threshold } = this.#limits;
    return threshold !== -1 && bodyBytes + requestHeaderBytes > threshold;
  }
}

/** Requests come through the other servers as well, so each bears a part of what the leader bears. */
function outstandingLimit({ globalOutstandingLimit, membership }: InFlightLimits): number {
  const voterCount = votersOf(membership).length;
  return Math.floor(globalOutstandingLimit / (voterCount > 2 ? voterCount - 1 : 1));
}
