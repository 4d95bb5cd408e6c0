// Jute, ZooKeeper's record encoding: big-endian, untagged, unpadded. A reader works inside one buffer
// and throws JuteError on anything that does not fit; it never reads past its end and never allocates
// by a length it has not checked against the bytes that are there.

import type { SessionId } from './session-id.ts';

// Buffer's own conversions, faster than toString(encoding) for short texts: Node documents them by what
// they do for `toString` and `write` only, so their types are declared here.
declare global {
  interface Buffer {
    hexSlice(start: number, end: number): string;
    hexWrite(text: string, offset: number, byteLength: number): number;
    utf8Slice(start: number, end: number): string;
    utf8Write(text: string, offset: number, byteLength: number): number;
  }
}

/** Malformed bytes. `offset` is where the reader stood. */
export class JuteError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.name = 'JuteError';
    this.offset = offset;
  }
}

const wordSpan = 0x1_0000_0000;
const minLong = -(2 ** 63);

export class JuteReader {
  readonly bytes: Buffer;
  readonly end: number;
  offset: number;

  constructor(bytes: Buffer, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** Any non-zero byte reads as true, as in Java. */
  readBoolean(): boolean {
    return this.readByte() !== 0;
  }

  readByte(): number {
    return this.bytes.readInt8(this.#take(1, 'byte'));
  }

  readInt(): number {
    return this.bytes.readInt32BE(this.#take(4, 'int'));
  }

  /** A long that must be exact as a double; Long.MIN_VALUE, the vote of an observer, is exact too. */
  readLong(): number {
    const at = this.#take(8, 'long');
    const value = this.bytes.readInt32BE(at) * wordSpan + this.bytes.readUInt32BE(at + 4);
    if (!Number.isSafeInteger(value) && value !== minLong) {
      throw new JuteError(`a long beyond 2^53: 0x${this.bytes.toString('hex', at, at + 8)}`, at);
    }
    return value;
  }

  /** A long that is compared and nothing else: one beyond 2^53 is read as the outermost exact number. */
  readSaturatedLong(): number {
    const at = this.#take(8, 'long');
    const value = this.bytes.readInt32BE(at) * wordSpan + this.bytes.readUInt32BE(at + 4);
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER));
  }

  /** A long whose eight bytes are an identifier, not a quantity. */
  readSessionId(): SessionId {
    const at = this.#take(8, 'long');
    return this.bytes.hexSlice(at, at + 8);
  }

  /** A view of the reader's own bytes, not a copy; null for length −1. */
  readBuffer(): Buffer | null {
    const length = this.readInt();
    if (length === -1) return null;
    const at = this.#takeLength(length, 'buffer');
    return this.bytes.subarray(at, at + length);
  }

  readString(): string | null {
    const length = this.readInt();
    if (length === -1) return null;
    const at = this.#takeLength(length, 'string');
    return this.bytes.utf8Slice(at, at + length);
  }

  /** Null for count −1; any other negative count reads as empty, as Apache ZooKeeper reads it. */
  readVector<T>(readElement: (reader: JuteReader) => T): T[] | null {
    const count = this.readInt();
    if (count === -1) return null;
    // Every element takes at least one byte, so a count beyond the bytes present is a lie.
    if (count > this.remaining)
      throw new JuteError(`a vector of ${count} elements in ${this.remaining} bytes`, this.offset);
    const elements: T[] = [];
    for (let index = 0; index < count; index++) elements.push(readElement(this));
    return elements;
  }

  #take(length: number, what: string): number {
    const at = this.offset;
    if (length > this.end - at)
      throw new JuteError(`a ${what} needs ${length} bytes, ${this.end - at} are left`, at);
    this.offset = at + length;
    return at;
  }

  #takeLength(length: number, what: string): number {
    if (length < 0) throw new JuteError(`a ${what} of length ${length}`, this.offset - 4);
    return this.#take(length, what);
  }
}

/** Appends to one growing buffer. `toBuffer` is a view: the writer must not be used after it. */
export class JuteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacityBytes = 128) {
    this.#bytes = Buffer.allocUnsafe(capacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  writeBoolean(value: boolean): void {
    this.writeByte(value ? 1 : 0);
  }

  writeByte(value: number): void {
    // Growing replaces the buffer, so it has to come first, here and below.
    const at = this.#grow(1);
    this.#bytes.writeInt8(value, at);
  }

  writeInt(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeInt32BE(value, at);
  }

  writeLong(value: number): void {
    const at = this.#grow(8);
    const high = Math.floor(value / wordSpan);
    this.#bytes.writeInt32BE(high, at);
    this.#bytes.writeUInt32BE(value - high * wordSpan, at + 4);
  }

  writeSessionId(value: SessionId): void {
    const at = this.#grow(8);
    this.#bytes.hexWrite(value, at, 8);
  }

  writeBuffer(value: Uint8Array | null): void {
    if (value === null) return this.writeInt(-1);
    this.writeInt(value.length);
    this.writeBytes(value);
  }

  writeString(value: string | null): void {
    if (value === null) return this.writeInt(-1);
    const byteLength = Buffer.byteLength(value);
    this.writeInt(byteLength);
    const at = this.#grow(byteLength);
    this.#bytes.utf8Write(value, at, byteLength);
  }

  writeVector<T>(
    elements: readonly T[] | null,
    writeElement: (writer: JuteWriter, element: T) => void,
  ): void {
    if (elements === null) return this.writeInt(-1);
    this.writeInt(elements.length);
    for (const element of elements) writeElement(this, element);
  }

  /** Raw bytes without a length. */
  writeBytes(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  /** Overwrites four bytes written earlier, for lengths that are known only at the end. */
  patchInt(at: number, value: number): void {
    this.#bytes.writeInt32BE(value, at);
  }

  toBuffer(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(length: number): number {
    const at = this.#length;
    this.#length = at + length;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    return at;
  }
}
