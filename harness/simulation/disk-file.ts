// The content of one file in two versions: what the page cache holds, and what would be there after a power
// loss. Most files are only appended to, so both versions share their bytes up to `#commonLength`; what an
// unsynced truncation took away from the durable version is kept aside.

import type { Random } from '../random/random.ts';

const nothing = Buffer.alloc(0);

export class DiskFile {
  #bytes = Buffer.allocUnsafe(512);
  #length = 0;
  /** The durable content is the first `#commonLength` bytes, then `#durableTail`. */
  #commonLength = 0;
  #durableTail = nothing;

  get length(): number {
    return this.#length;
  }

  /** A copy, as a read from a real disk gives one. */
  read(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  append(chunk: Uint8Array): void {
    const end = this.#length + chunk.length;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = end;
  }

  /** A larger size fills up with zeros, as on a real disk. */
  truncate(size: number): void {
    if (size > this.#length) return this.append(Buffer.alloc(size - this.#length));
    if (size < this.#commonLength) {
      this.#durableTail = Buffer.concat([this.#bytes.subarray(size, this.#commonLength), this.#durableTail]);
      this.#commonLength = size;
    }
    this.#length = size;
  }

  /** How much of the front has reached the medium. */
  get durableLength(): number {
    return this.#commonLength;
  }

  /** Changes one byte on the medium, and in the page cache with it. */
  damage(offset: number, mask: number): void {
    this.#bytes[offset] = (this.#bytes[offset] ?? 0) ^ mask;
  }

  sync(): void {
    this.#commonLength = this.#length;
    this.#durableTail = nothing;
  }

  /**
   * Power is gone. What was synced stays; of the rest the disk may have written nothing, all, or a part from
   * the front, cut anywhere, with or without zeros where the rest should be.
   */
  losePower(random: Random): void {
    const isTruncationLost = this.#durableTail.length > 0 && random.chance(0.5);
    if (isTruncationLost) {
      this.#length = this.#commonLength;
      this.append(this.#durableTail);
    } else {
      const unsynced = this.#length - this.#commonLength;
      const kept = this.#commonLength + keptOf(unsynced, random);
      if (random.chance(0.25)) this.#bytes.fill(0, kept, this.#length);
      else this.#length = kept;
    }
    this.sync();
  }
}

/** Nothing, everything or a part, each a third of the time: the extremes are where most defects are. */
function keptOf(byteCount: number, random: Random): number {
  switch (random.below(3)) {
    case 0:
      return 0;
    case 1:
      return byteCount;
    default:
      return random.between(0, byteCount);
  }
}
