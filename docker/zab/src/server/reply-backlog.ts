// What all clients together have been sent and have not taken. A client that reads slowly is bounded by itself
// (`request-pipeline.ts`), but there may be thousands of them. Above the first limit a read is executed only for
// a client that has taken everything; above the second whoever has most to take is dropped, so that the others
// and the ensemble go on. Apache ZooKeeper runs out of memory there.

import type { ClientConnection } from './client-connection.ts';

/** Links tell that they are empty again only if they held as much as this; less is not worth counting. */
const countedFromBytes = 64 * 1024;
/** With more than this on its way to a client no further read is executed for it: a few bytes ask for many. */
const maxUnreadBytes = 1024 * 1024;

export class ReplyBacklog {
  readonly #limits: { readonly scarceBytes: number; readonly maxBytes: number };
  readonly #behind = new Map<ClientConnection, number>();
  #bytes = 0;

  constructor(limits = { scarceBytes: 256 * 1024 * 1024, maxBytes: 512 * 1024 * 1024 }) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a read may be executed for the connection now. */
  mayGrow({ unsentBytes }: ClientConnection): boolean {
    return unsentBytes <= (this.#bytes > this.#limits.scarceBytes ? 0 : maxUnreadBytes);
  }

  /** Something was sent to the connection, or taken by it. Whom to drop so that the rest fits, null for nobody. */
  update(connection: ClientConnection): ClientConnection | null {
    const { unsentBytes } = connection;
    if (unsentBytes < countedFromBytes && this.#behind.size === 0) return null;
    this.remove(connection);
    if (connection.isOpen && unsentBytes >= countedFromBytes) {
      this.#behind.set(connection, unsentBytes);
      this.#bytes += unsentBytes;
    }
    return this.#bytes > this.#limits.maxBytes ? this.#furthestBehind() : null;
  }

  remove(connection: ClientConnection): void {
    this.#bytes -= this.#behind.get(connection) ?? 0;
    this.#behind.delete(connection);
  }

  #furthestBehind(): ClientConnection | null {
    let furthest: ClientConnection | null = null;
    let most = 0;
    for (const [connection, bytes] of this.#behind) {
      if (bytes <= most) continue;
      furthest = connection;
      most = bytes;
    }
    return furthest;
  }
}
