// What a client needs from its surroundings: byte streams to servers, and time. `tcp-transport.ts` gives it
// real sockets; the simulated world gives it virtual ones, and must know when somebody waits for a client.

/** One end of a byte stream. After `destroy`, and after `closed` was called, nothing more happens. */
export interface TransportLink {
  write(bytes: Buffer): void;
  /** Drops the connection at once; `closed` is not called any more. */
  destroy(): void;
}

export interface TransportHandlers {
  opened(): void;
  data(bytes: Buffer): void;
  /** Called once, also when the dial fails; not after `destroy`. */
  closed(reason: string): void;
}

export interface TransportTimer {
  cancel(): void;
}

/**
 * Virtual time only passes while somebody waits for it, and stands still while those who waited go on with
 * their work. On real time all three do nothing.
 */
export interface WaitingRoom {
  /** A promise that the world will settle was handed out. */
  enter(): void;
  /** Such a promise is being settled. */
  leave(): void;
  /** Somebody else's code was called from an event and may have settled promises of its own. */
  disturb(): void;
}

export interface ClientTransport {
  /** Calls no handler before it has returned. */
  dial(server: number, handlers: TransportHandlers): TransportLink;
  /** Milliseconds of a clock that never goes back; fractions allowed. */
  nowMs(): number;
  after(delayMs: number, run: () => void): TransportTimer;
  readonly waiting: WaitingRoom;
}
