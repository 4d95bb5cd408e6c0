// The transaction log's framing: a header of 16 bytes, then records (Adler-32, length, transaction, 'B'),
// then zeros up to the preallocated size. Scanning tells where the good records end and why, and whether
// anything good follows: a torn last write is normal after a crash, a hole in the middle is damage.

import { adler32 } from './checksums.ts';
import { JuteError } from './jute.ts';

const magic = 0x5a4b4c47;
const fileVersion = 2;
/** Bytes of an empty log. */
export const logHeaderBytes = 16;
/** Adler-32 as a long, then the length. */
export const recordHeadBytes = 12;
const endMark = 0x42;
/** A transaction's own header: what a record holds at the very least. */
const minTxnBytes = 32;

export function logFileHeader(): Buffer {
  const header = Buffer.alloc(logHeaderBytes);
  header.writeInt32BE(magic, 0);
  header.writeInt32BE(fileVersion, 4);
  return header;
}

/** Checksum, length and end mark: what is around each record. */
export const framingBytes = recordHeadBytes + 1;

/** Longer transactions are chunks of their own; with the others, copying costs less than another chunk. */
const maxCopiedBytes = 4 * 1024;

/** Records as chunks to be written one behind the other. */
export function frameLogRecords(records: readonly Buffer[]): Buffer[] {
  const room = Buffer.allocUnsafe(roomFor(records));
  const chunks: Buffer[] = [];
  let from = 0;
  let at = 0;
  for (const bytes of records) {
    room.writeInt32BE(0, at);
    room.writeUInt32BE(adler32(bytes), at + 4);
    room.writeInt32BE(bytes.length, at + 8);
    at += recordHeadBytes;
    if (bytes.length > maxCopiedBytes) {
      chunks.push(room.subarray(from, at), bytes);
      from = at;
    } else {
      room.set(bytes, at);
      at += bytes.length;
    }
    room[at++] = endMark;
  }
  chunks.push(from === 0 ? room : room.subarray(from));
  return chunks;
}

function roomFor(records: readonly Buffer[]): number {
  let byteCount = 0;
  for (const { length } of records) byteCount += framingBytes + (length > maxCopiedBytes ? 0 : length);
  return byteCount;
}

export interface LogRecord {
  /** Where the record begins in the file. */
  readonly offset: number;
  /** The transaction, a view of the file's bytes. */
  readonly bytes: Buffer;
}

/** Why a scan stopped. Apache ZooKeeper goes on to the next file after all of them but `checksum`. */
export type LogStop = 'end' | 'zeros' | 'truncated' | 'missing-end-mark' | 'checksum';

export interface LogScan {
  readonly records: readonly LogRecord[];
  /** Where the good records end. */
  readonly end: number;
  readonly stop: LogStop;
  /** Offset of a good record behind the place where the scan stopped: then that place is not a torn tail. */
  readonly laterValidRecord: number | null;
}

/** Throws JuteError when the file is not a log. A file without a whole header is an empty, torn log. */
export function scanLog(file: Buffer): LogScan {
  const records: LogRecord[] = [];
  if (file.length < logHeaderBytes || isHeaderTorn(file)) {
    const stop = file.length < logHeaderBytes ? 'truncated' : 'zeros';
    return { records, end: 0, stop, laterValidRecord: null };
  }
  const seen = file.readInt32BE(0);
  if (seen !== magic) throw new JuteError(`a log that begins with 0x${(seen >>> 0).toString(16)}`, 0);
  let offset = logHeaderBytes;
  for (;;) {
    const found = recordAt(file, offset);
    if (typeof found === 'string') {
      const laterValidRecord = found === 'end' ? null : findRecord(file, offset + 1);
      return { records, end: offset, stop: found, laterValidRecord };
    }
    records.push(found);
    offset += recordHeadBytes + found.bytes.length + 1;
  }
}

/** Power went while the first bytes were written: the beginning of a header, if anything, and nothing behind it. */
function isHeaderTorn(file: Buffer): boolean {
  const header = logFileHeader();
  const written = header.findLastIndex((byte) => byte !== 0);
  const kept = file.findIndex((byte, index) => byte !== header[index]);
  return kept >= 0 && kept <= written && isZeros(file, kept);
}

/** The good record that begins there, or why there is none. */
export function recordAt(file: Buffer, offset: number): LogRecord | LogStop {
  if (offset === file.length) return 'end';
  if (file.length - offset < recordHeadBytes) return isZeros(file, offset) ? 'zeros' : 'truncated';
  const length = file.readInt32BE(offset + 8);
  if (length === 0) return 'zeros';
  // No torn write makes a length negative: preallocated bytes are zeros.
  if (length < 0) return 'checksum';
  const from = offset + recordHeadBytes;
  if (from + length >= file.length) return 'truncated';
  if (file[from + length] !== endMark) return 'missing-end-mark';
  const bytes = file.subarray(from, from + length);
  return hasSum(file, offset, bytes) ? { offset, bytes } : 'checksum';
}

function hasSum(file: Buffer, offset: number, bytes: Buffer): boolean {
  return file.readInt32BE(offset) === 0 && file.readUInt32BE(offset + 4) === adler32(bytes);
}

/** The first good record that begins at `from` or later. Sums are computed only where all else fits. */
function findRecord(file: Buffer, from: number): number | null {
  const last = file.length - recordHeadBytes - minTxnBytes - 1;
  for (let offset = from; offset <= last; offset++) {
    const length = file.readInt32BE(offset + 8);
    if (length === 0) {
      // In a run of zeros no record can begin, except where its checksum's own zeros end the run.
      offset = Math.max(offset, skipZeros(file, offset) - recordHeadBytes);
      continue;
    }
    if (length < minTxnBytes || file.readInt32BE(offset) !== 0) continue;
    if (typeof recordAt(file, offset) !== 'string') return offset;
  }
  return null;
}

function isZeros(file: Buffer, from: number): boolean {
  return skipZeros(file, from) === file.length;
}

/** Offset of the first byte from `from` on that is not zero. */
function skipZeros(file: Buffer, from: number): number {
  let at = from;
  while (at + 4 <= file.length && file.readInt32LE(at) === 0) at += 4;
  while (at < file.length && file[at] === 0) at++;
  return at;
}
