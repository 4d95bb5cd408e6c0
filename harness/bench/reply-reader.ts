// Reads a connection's replies out of a buffer that is used again for the next bytes, and looks at no more of
// them than the load needs: xid and error. Making an object of every frame would cost the generator more than
// the rest of its work.

export interface ReplyHandlers {
  /** The answer to the handshake, which comes first; only valid during the call. */
  readonly greeted: (body: Buffer) => void;
  readonly replied: (xid: number, err: number) => void;
}

const lengthBytes = 4;
/** Length, xid, zxid and error. */
const headBytes = 20;

export class ReplyReader {
  readonly #handlers: ReplyHandlers;
  #hasGreeted = false;
  /** Of a frame whose head was seen: bytes that are still to be skipped. */
  #bytesToSkip = 0;
  #pending = Buffer.alloc(0);

  constructor(handlers: ReplyHandlers) {
    this.#handlers = handlers;
  }

  /** A new connection begins with a handshake. */
  reset(): void {
    this.#hasGreeted = false;
    this.#bytesToSkip = 0;
    this.#pending = Buffer.alloc(0);
  }

  push(arrived: Buffer): void {
    const bytes = this.#pending.length === 0 ? arrived : Buffer.concat([this.#pending, arrived]);
    let at = Math.min(this.#bytesToSkip, bytes.length);
    this.#bytesToSkip -= at;
    if (!this.#hasGreeted && bytes.length >= lengthBytes) at = this.#greet(bytes);
    while (this.#hasGreeted && bytes.length - at >= headBytes) {
      const end = at + lengthBytes + bytes.readInt32BE(at);
      this.#handlers.replied(bytes.readInt32BE(at + 4), bytes.readInt32BE(at + 16));
      this.#bytesToSkip = Math.max(0, end - bytes.length);
      at = Math.min(end, bytes.length);
    }
    this.#pending = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
  }

  #greet(bytes: Buffer): number {
    const end = lengthBytes + bytes.readInt32BE(0);
    if (bytes.length < end) return 0;
    this.#hasGreeted = true;
    this.#handlers.greeted(bytes.subarray(lengthBytes, end));
    return end;
  }
}
