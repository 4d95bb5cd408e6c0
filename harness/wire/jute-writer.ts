// Writes the records of `jute.ts`. Messages are cut one behind the other from blocks of bytes: each costs one
// view of its block, and no bytes are copied unless a message outgrows the room that it asked for.

import { longestKnownText } from './known-texts.ts';
import type { SessionId } from './session-id.ts';

/** Small, for whoever keeps a message keeps its block. */
const blockBytes = 8 * 1024;
/** What asks for more gets a block of its own. */
const maxSharedBytes = blockBytes / 4;

interface Block {
  readonly bytes: Buffer;
  /** Bytes from here on belong to nobody. */
  used: number;
}

let sharedBlock = makeBlock(blockBytes);

const wordSpan = 0x1_0000_0000;
const maxInt = 0x7fff_ffff;
const minInt = -0x8000_0000;

/** Appends to bytes that grow. `toBuffer` is a view of them: the writer must not be used after it. */
export class JuteWriter {
  #block: Block;
  #start: number;
  #at: number;
  /** Where the room ends that is kept for this writer. */
  #end: number;

  constructor(capacityBytes = 128) {
    const block = blockWith(capacityBytes);
    this.#block = block;
    this.#start = block.used;
    this.#at = block.used;
    this.#end = block.used + capacityBytes;
    block.used = this.#end;
  }

  get length(): number {
    return this.#at - this.#start;
  }

  writeBoolean(value: boolean): void {
    this.writeByte(value ? 1 : 0);
  }

  writeByte(value: number): void {
    if (value < -0x80 || value > 0x7f) throw new RangeError(`${value} does not fit into a byte`);
    const at = this.#take(1);
    this.#block.bytes[at] = value;
  }

  writeInt(value: number): void {
    checkInt(value);
    const at = this.#take(4);
    putInt(this.#block.bytes, at, value);
  }

  writeLong(value: number): void {
    const high = Math.floor(value / wordSpan);
    checkInt(high);
    const at = this.#take(8);
    const { bytes } = this.#block;
    putInt(bytes, at, high);
    putInt(bytes, at + 4, value - high * wordSpan);
  }

  writeSessionId(value: SessionId): void {
    const at = this.#take(8);
    const { bytes } = this.#block;
    putInt(bytes, at, wordAt(value, 0));
    putInt(bytes, at + 4, wordAt(value, 8));
  }

  writeBuffer(value: Uint8Array | null): void {
    if (value === null) return this.writeInt(-1);
    this.writeInt(value.length);
    this.writeBytes(value);
  }

  writeString(value: string | null): void {
    if (value === null) return this.writeInt(-1);
    if (value.length <= longestKnownText && this.#writeAscii(value)) return;
    const byteLength = Buffer.byteLength(value);
    this.writeInt(byteLength);
    const at = this.#take(byteLength);
    this.#block.bytes.utf8Write(value, at, byteLength);
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
    const at = this.#take(value.length);
    this.#block.bytes.set(value, at);
  }

  /** Overwrites four bytes written earlier, for lengths that are known only at the end. */
  patchInt(at: number, value: number): void {
    checkInt(value);
    putInt(this.#block.bytes, this.#start + at, value);
  }

  /** What stands from `from` on, to be looked at while more is to be written behind it. */
  writtenFrom(from: number): Buffer {
    return this.#block.bytes.subarray(this.#start + from, this.#at);
  }

  toBuffer(): Buffer {
    this.#giveBack(this.#at);
    return this.#block.bytes.subarray(this.#start, this.#at);
  }

  /** Writes nothing and says false when a character needs more than a byte. */
  #writeAscii(value: string): boolean {
    const { length } = value;
    const at = this.#take(4 + length);
    const { bytes } = this.#block;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) {
        this.#at = at;
        return false;
      }
      bytes[at + 4 + index] = code;
    }
    putInt(bytes, at, length);
    return true;
  }

  /** Moving to larger room replaces the block, so callers take first and look for the bytes afterwards. */
  #take(length: number): number {
    if (length > this.#end - this.#at) this.#grow(length);
    const at = this.#at;
    this.#at = at + length;
    return at;
  }

  #grow(length: number): void {
    const written = this.#block.bytes.subarray(this.#start, this.#at);
    const capacityBytes = Math.max(written.length + length, 2 * (this.#end - this.#start));
    this.#giveBack(this.#start);
    const block = blockWith(capacityBytes);
    // It may be the same room, only longer.
    block.bytes.set(written, block.used);
    this.#block = block;
    this.#start = block.used;
    this.#at = block.used + written.length;
    this.#end = block.used + capacityBytes;
    block.used = this.#end;
  }

  /** Room from `unusedFrom` on, unless another writer has its own behind it. */
  #giveBack(unusedFrom: number): void {
    if (this.#block.used === this.#end) this.#block.used = unusedFrom;
    this.#end = unusedFrom;
  }
}

/** A block whose unused bytes are as many at least. */
function blockWith(capacityBytes: number): Block {
  if (capacityBytes > maxSharedBytes) return makeBlock(capacityBytes);
  if (capacityBytes > blockBytes - sharedBlock.used) sharedBlock = makeBlock(blockBytes);
  return sharedBlock;
}

function makeBlock(byteCount: number): Block {
  return { bytes: Buffer.allocUnsafeSlow(byteCount), used: 0 };
}

/** A store takes what bits it needs, so a number that is too large would be written as another one. */
function checkInt(value: number): void {
  if (value < minInt || value > maxInt) throw new RangeError(`${value} does not fit into 32 bits`);
}

function putInt(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Of eight hex digits. */
function wordAt(hex: string, from: number): number {
  let word = 0;
  for (let at = from; at < from + 8; at++) word = (word << 4) | hexDigit(hex.charCodeAt(at));
  return word;
}

/** '0' is 0x30 and 'a' is 0x61: bit 6 tells the letters, which are nine short in their last four bits. */
function hexDigit(code: number): number {
  return (code & 0xf) + 9 * ((code >>> 6) & 1);
}
