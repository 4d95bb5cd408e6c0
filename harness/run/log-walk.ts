// A member's transaction logs, record by record, to be compared with those of the others where they lie: members hold
// the same records by the ten thousand, and to make an object of each took longer than to compare them.

import { logHeaderBytes, recordAt, recordHeadBytes } from '../wire/txn-log-codec.ts';

/** Of a transaction: client id and cxid stand before the zxid. */
const zxidOffset = 12;
const endMarkBytes = 1;

export class LogWalk {
  /** Of the record that is next, as far as it is one; Infinity: there is none. */
  zxid = Infinity;
  readonly #logs: readonly Buffer[];
  #place = 0;
  #offset = logHeaderBytes;
  /** With what is around it. */
  #length = 0;
  #bytes: Buffer | null = null;
  #last = -1;

  /** In any order. A log without a good record at its beginning tells nothing. */
  constructor(logs: readonly Buffer[]) {
    this.#logs = logs
      .filter((log) => typeof recordAt(log, logHeaderBytes) !== 'string')
      .sort((one, other) => zxidAt(one, logHeaderBytes) - zxidAt(other, logHeaderBytes));
    this.#settle();
  }

  /** To the record with the next zxid; of a zxid a member has one record. */
  next(): void {
    this.#last = this.zxid;
    this.#offset += this.#length;
    this.#settle();
  }

  /** The record's bytes are the same, its checksum among them. */
  equals(other: LogWalk): boolean {
    if (this.#length !== other.#length) return false;
    const own = this.#logs[this.#place];
    const its = other.#logs[other.#place];
    if (own === undefined || its === undefined) return false;
    const start = other.#offset;
    return own.compare(its, start, start + other.#length, this.#offset, this.#offset + this.#length) === 0;
  }

  /** Its checksum is right. What equals a whole record is whole. */
  isWhole(): boolean {
    return this.read() !== null;
  }

  /** The transaction; null where the record is not whole. Looked for once: it is asked for again. */
  read(): Buffer | null {
    if (this.#bytes !== null) return this.#bytes;
    const log = this.#logs[this.#place];
    const found = log === undefined ? 'end' : recordAt(log, this.#offset);
    if (typeof found === 'string') return null;
    this.#bytes = found.bytes;
    return found.bytes;
  }

  /** Goes on in the next log, where there is one. */
  skipLog(): void {
    this.#enterNext();
    this.#settle();
  }

  #settle(): void {
    for (let log = this.#logs[this.#place]; log !== undefined; log = this.#logs[this.#place]) {
      this.#bytes = null;
      this.#length = framedLength(log, this.#offset);
      if (this.#length === 0) {
        this.#enterNext();
        continue;
      }
      this.zxid = zxidAt(log, this.#offset);
      if (this.zxid === this.#last + 1) return;
      // One that does not count on may be damaged, and would lead this member away from where the others are.
      if (!this.isWhole()) {
        this.#enterNext();
        continue;
      }
      if (this.zxid > this.#last) return;
      this.#offset += this.#length;
    }
    this.zxid = Infinity;
  }

  #enterNext(): void {
    this.#place++;
    this.#offset = logHeaderBytes;
  }
}

/** 0 where no record can be. */
function framedLength(log: Buffer, offset: number): number {
  if (log.length - offset < recordHeadBytes + zxidOffset + 8) return 0;
  const length = log.readInt32BE(offset + 8);
  const framed = recordHeadBytes + length + endMarkBytes;
  return length > zxidOffset && offset + framed <= log.length ? framed : 0;
}

function zxidAt(log: Buffer, offset: number): number {
  const at = offset + recordHeadBytes + zxidOffset;
  return log.readUInt32BE(at) * 2 ** 32 + log.readUInt32BE(at + 4);
}
