// Reads the Snappy streams in which Apache ZooKeeper stores snapshots: snappy-java's header, then blocks, each
// with its length in front. A block starts with its length when unpacked and goes on with literals and copies
// of what was unpacked before. Nothing is trusted: every length is checked against what is there.

import { JuteError } from '../../../../harness/wire/jute.ts';

const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** The magic and two version numbers. */
const headerBytes = 16;
/** Of one unpacked block. snappy-java makes them 32 KiB; 2^26 leaves room and still bounds a lie. */
const maxBlockBytes = 2 ** 26;

export function decodeSnappyStream(bytes: Buffer): Buffer {
  if (bytes.length < headerBytes || !bytes.subarray(0, magic.length).equals(magic)) {
    throw new JuteError('no Snappy stream', 0);
  }
  const blocks: Buffer[] = [];
  let at = headerBytes;
  while (at < bytes.length) {
    // Streams may be concatenated, each with its header.
    if (bytes.subarray(at, at + magic.length).equals(magic)) {
      at += headerBytes;
      continue;
    }
    if (bytes.length - at < 4) throw new JuteError('a Snappy stream that ends in a length', at);
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0 || length > bytes.length - at)
      throw new JuteError(`a Snappy block of length ${length}`, at);
    blocks.push(decodeBlock(bytes.subarray(at, at + length), at));
    at += length;
  }
  return Buffer.concat(blocks);
}

function decodeBlock(block: Buffer, origin: number): Buffer {
  const reader = new BlockReader(block, origin);
  const length = reader.varint();
  if (length > maxBlockBytes) reader.fail(`a Snappy block that unpacks to ${length} bytes`);
  const out = Buffer.alloc(length);
  let end = 0;
  while (reader.hasMore) {
    const tag = reader.byte();
    if ((tag & 3) === 0) {
      const literal = reader.literal(tag >> 2);
      if (literal.length > length - end) reader.fail('a Snappy literal beyond its block');
      out.set(literal, end);
      end += literal.length;
      continue;
    }
    const copy = reader.copy(tag);
    if (copy.offset === 0 || copy.offset > end || copy.length > length - end) {
      reader.fail(`a Snappy copy of ${copy.length} bytes from ${copy.offset} before byte ${end}`);
    }
    // Byte by byte: a copy may overlap what it writes, which repeats it.
    for (let count = 0; count < copy.length; count++, end++) out[end] = out[end - copy.offset] as number;
  }
  if (end !== length) reader.fail(`a Snappy block of ${end} bytes that said ${length}`);
  return out;
}

class BlockReader {
  readonly #block: Buffer;
  readonly #origin: number;
  #at = 0;

  constructor(block: Buffer, origin: number) {
    this.#block = block;
    this.#origin = origin;
  }

  get hasMore(): boolean {
    return this.#at < this.#block.length;
  }

  byte(): number {
    return this.#little(1);
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return this.fail('a Snappy length without an end');
  }

  /** `size` is the upper part of the tag: the length less one, or how many bytes hold it. */
  literal(size: number): Buffer {
    const length = (size < 60 ? size : this.#little(size - 59)) + 1;
    if (length > this.#block.length - this.#at) this.fail('a Snappy literal beyond the end');
    this.#at += length;
    return this.#block.subarray(this.#at - length, this.#at);
  }

  copy(tag: number): { length: number; offset: number } {
    switch (tag & 3) {
      case 1:
        return { length: ((tag >> 2) & 7) + 4, offset: ((tag >> 5) << 8) | this.#little(1) };
      case 2:
        return { length: (tag >> 2) + 1, offset: this.#little(2) };
      default:
        return { length: (tag >> 2) + 1, offset: this.#little(4) };
    }
  }

  fail(problem: string): never {
    throw new JuteError(problem, this.#origin + this.#at);
  }

  #little(count: number): number {
    if (count > this.#block.length - this.#at) this.fail('a Snappy block that ends early');
    this.#at += count;
    return this.#block.readUIntLE(this.#at - count, count);
  }
}
