// By what traces tell transactions apart: the CRC-32 of a record's bytes. It is made when a record is logged and
// told again when it is committed and applied. By then its bytes have left the processor's cache, so the hashes of
// those under way are kept. A log holds one record of a zxid at a time, the one that was logged last.

import { crc32 } from '../../../../harness/wire/checksums.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';

/** A power of two, and more than are under way at most times. */
const slotCount = 256;

export class RecordHashes {
  readonly #zxids = new Float64Array(slotCount);
  readonly #hashes = new Uint32Array(slotCount);

  /** Of a record that is logged now. */
  logged({ header, bytes }: TxnRecord): number {
    const slot = header.zxid & (slotCount - 1);
    const hash = crc32(bytes);
    this.#zxids[slot] = header.zxid;
    this.#hashes[slot] = hash;
    return hash;
  }

  /** Of a record in the log. */
  of({ header, bytes }: TxnRecord): number {
    const slot = header.zxid & (slotCount - 1);
    return this.#zxids[slot] === header.zxid ? (this.#hashes[slot] as number) : crc32(bytes);
  }
}
