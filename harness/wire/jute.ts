// Jute, ZooKeeper's record encoding: big-endian, untagged, unpadded. A reader works inside one buffer
// and throws JuteError on anything that does not fit; it never reads past its end and never allocates
// by a length it has not checked against the bytes that are there.

import { sessionIdOf, textOf } from './known-texts.ts';
import type { SessionId } from './session-id.ts';

export { JuteWriter } from './jute-writer.ts';

// Buffer's own conversions, faster than toString(encoding) for short texts: Node documents them by what
// they do for `toString` and `write` only, so their types are declared here.
declare global {
  interface Buffer {
    hexSlice(start: number, end: number): string;
    hexWrite(text: string, offset: number, byteLength: number): number;
    latin1Slice(start: number, end: number): string;
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
    const at = this.#take(1, 'byte');
    return ((this.bytes[at] as number) << 24) >> 24;
  }

  readInt(): number {
    return intAt(this.bytes, this.#take(4, 'int'));
  }

  /** A long that must be exact as a double; Long.MIN_VALUE, the vote of an observer, is exact too. */
  readLong(): number {
    const at = this.#take(8, 'long');
    const value = longAt(this.bytes, at);
    if (!isExactLong(value)) {
      throw new JuteError(`a long beyond 2^53: 0x${this.bytes.toString('hex', at, at + 8)}`, at);
    }
    return value;
  }

  /** A long that is compared and nothing else: one beyond 2^53 is read as the outermost exact number. */
  readSaturatedLong(): number {
    const at = this.#take(8, 'long');
    const value = longAt(this.bytes, at);
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER));
  }

  /** A long whose eight bytes are an identifier, not a quantity. */
  readSessionId(): SessionId {
    const at = this.#take(8, 'long');
    return sessionIdOf(intAt(this.bytes, at), intAt(this.bytes, at + 4));
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
    return textOf(this.bytes, at, at + length);
  }

  /** Null for count −1; any other negative count reads as empty, as Apache ZooKeeper reads it. */
  readVector<T>(readElement: (reader: JuteReader) => T): T[] | null {
    const count = this.readInt();
    if (count === -1) return null;
    // Every element takes at least one byte, so a count beyond the bytes present is a lie.
    if (count > this.remaining)
      throw new JuteError(`a vector of ${count} elements in ${this.remaining} bytes`, this.offset);
    if (count <= 0) return [];
    // Most have one element, and the first push to an empty array takes room for sixteen.
    const elements = [readElement(this)];
    for (let index = 1; index < count; index++) elements.push(readElement(this));
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

/** Four bytes whose presence is certain. */
export function intAt(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** Eight bytes whose presence is certain; rounded where a double cannot carry them. */
export function longAt(bytes: Buffer, at: number): number {
  return intAt(bytes, at) * wordSpan + (intAt(bytes, at + 4) >>> 0);
}

/** Whether `longAt` gave the number that is written there. */
export function isExactLong(value: number): boolean {
  return Number.isSafeInteger(value) || value === minLong;
}
