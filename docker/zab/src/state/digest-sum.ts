// The tree digest, version 2: the sum of one CRC-32 per znode, as a wrapping 64-bit number in two halves. A sum
// can be kept up to date as znodes change, so no transaction has to walk the tree. Facts: storage format.

import { crc32 } from '../../../../harness/wire/checksums.ts';
import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';
import type { Digest } from '../../../../harness/wire/txn.ts';
import { isDigested, rootPath } from './paths.ts';

const wordSpan = 0x1_0000_0000;
/** Where numbers become bytes, to be hashed or shown: overwritten by every use. */
const fieldBytes = Buffer.alloc(60);
const fields = new DataView(fieldBytes.buffer, fieldBytes.byteOffset, fieldBytes.length);

/** Of digests that were shown as text: their halves, and the texts. */
const shownCount = 1024;
const shownHalves = new Int32Array(2 * shownCount);
const shownTexts = Array.from({ length: shownCount }, () => '0'.repeat(16));

/** Halves and hashes are signed here: as 32-bit integers V8 keeps them in place, above they were objects. */
export class DigestSum {
  #high = 0;
  #low = 0;

  add(hash: number): void {
    const low = (this.#low + hash) | 0;
    // A sum that is smaller than what was added has gone round.
    if (low >>> 0 < hash >>> 0) this.#high = (this.#high + 1) | 0;
    this.#low = low;
  }

  subtract(hash: number): void {
    if (this.#low >>> 0 < hash >>> 0) this.#high = (this.#high - 1) | 0;
    this.#low = (this.#low - hash) | 0;
  }

  addSum(other: DigestSum): void {
    this.add(other.#low);
    this.#high = (this.#high + other.#high) | 0;
  }

  set({ high, low }: Digest): void {
    this.#high = high | 0;
    this.#low = low | 0;
  }

  clear(): void {
    this.#high = 0;
    this.#low = 0;
  }

  get value(): Digest {
    return { high: this.#high >>> 0, low: this.#low >>> 0 };
  }

  equals({ high, low }: Digest): boolean {
    return this.#high === (high | 0) && this.#low === (low | 0);
  }

  /**
   * Sixteen hex digits, asked for at every transaction of a traced run. All servers of a simulated ensemble come to
   * the same states, one soon after the other: four of five find their digest among those shown last, and equal
   * digests are one text, which makes comparing them as cheap as numbers.
   */
  toString(): string {
    const at = this.#low & (shownCount - 1);
    if (shownHalves[2 * at] !== this.#high || shownHalves[2 * at + 1] !== this.#low) {
      shownHalves[2 * at] = this.#high;
      shownHalves[2 * at + 1] = this.#low;
      fields.setInt32(0, this.#high);
      fields.setInt32(4, this.#low);
      shownTexts[at] = fieldBytes.hexSlice(0, 8);
    }
    return shownTexts[at] as string;
  }
}

/** What of a znode enters its hash. */
export interface HashedFields {
  /** CRC of path and data, where the hash of the other fields goes on; see `contentSumOf`. */
  readonly contentSum: number;
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly owner: SessionId;
}

/** CRC of a path; null for paths that no digest covers. The root counts as the empty path. */
export function pathSumOf(path: string): number | null {
  if (path === rootPath) return 0;
  return isDigested(path) ? crc32(Buffer.from(path)) | 0 : null;
}

/** The CRC runs over path, data and the rest in this order, so its state after the data can be kept. */
export function contentSumOf(pathSum: number | null, data: Buffer | null): number {
  if (pathSum === null || data === null) return pathSum ?? 0;
  return crc32(data, pathSum) | 0;
}

export function znodeHash(pathSum: number | null, znode: HashedFields): number {
  if (pathSum === null) return 0;
  setLong(0, znode.czxid);
  setLong(8, znode.mzxid);
  setLong(16, znode.pzxid);
  setLong(24, znode.ctime);
  setLong(32, znode.mtime);
  fields.setInt32(40, znode.version);
  fields.setInt32(44, znode.cversion);
  fields.setInt32(48, znode.aversion);
  if (znode.owner === noSession) {
    fields.setUint32(52, 0);
    fields.setUint32(56, 0);
  } else fieldBytes.hexWrite(znode.owner, 52, 8);
  return crc32(fieldBytes, znode.contentSum) | 0;
}

function setLong(at: number, value: number): void {
  const high = Math.floor(value / wordSpan);
  fields.setInt32(at, high);
  fields.setUint32(at + 4, value - high * wordSpan);
}
