// What a server does for its clients while it has no quorum, if `readonlymode.enabled` asks for it: after a
// while of LOOKING it shows what it has, as it is in its log, to clients that said they can do with that. It
// takes no writes and ends, with all its connections, as soon as there is a leader.
// Facts: client protocol of ZooKeeper 3.8, "Connect handshake"; client-readonly-local.json.

import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import type { StateDatabase } from '../state/database.ts';

/** An election that goes well is over by then, and its clients need not be disturbed twice. */
const leastWaitMs = 2_000;

export class ReadOnlyMode {
  readonly #isEnabled: boolean;
  readonly #waitMs: number;
  #startsAtMs = Infinity;
  #database: StateDatabase | null = null;

  constructor(options: { readonly isEnabled: boolean; readonly tickMs: number }) {
    this.#isEnabled = options.isEnabled;
    this.#waitMs = Math.max(leastWaitMs, options.tickMs);
  }

  get isOn(): boolean {
    return this.#database !== null;
  }

  /** What clients are shown; null while it is off. */
  get database(): StateDatabase | null {
    return this.#database;
  }

  /** When `start` is due. */
  get deadlineMs(): number {
    return this.#startsAtMs;
  }

  /** This server is LOOKING from now on. */
  look(nowMs: number): void {
    this.#database = null;
    this.#startsAtMs = this.#isEnabled ? nowMs + this.#waitMs : Infinity;
  }

  /**
   * Clients see the log to its end, as with Apache ZooKeeper: after a restart nothing of it is known to be
   * committed, and they would see none of it. The replicated state itself must not go there, since what is
   * applied to it cannot be undone.
   */
  start(database: StateDatabase, uncommitted: readonly TxnRecord[]): void {
    this.#startsAtMs = Infinity;
    this.#database = uncommitted.length === 0 ? database : database.copy();
    for (const record of uncommitted) this.#database.apply(record);
  }

  /** There is a leader, or there may be one soon. */
  end(): void {
    this.#database = null;
    this.#startsAtMs = Infinity;
  }
}
