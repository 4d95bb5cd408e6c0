// Reads committed transactions back from the log, for a learner that lags more than memory holds: what it lacks
// is often less than a snapshot. Files that were not looked into since the start are not used.

import { JuteError } from '../../../../harness/wire/jute.ts';
import { decodeTxn } from '../../../../harness/wire/txn-codec.ts';
import { scanLog, type LogRecord } from '../../../../harness/wire/txn-log-codec.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { counterOf } from '../../../../harness/wire/zxid.ts';
import { follows } from '../core/history.ts';
import type { Disk } from './ports.ts';
import type { LogFile } from './transaction-log.ts';

/**
 * The files are read at once, in a turn that everybody else waits for, so beyond this a snapshot is the better
 * answer: it is sent bit by bit. Eight MiB take about a twentieth of a second.
 */
const mostBytes = 8 * 1024 * 1024;

export interface LogRange {
  /** A record of the log, or (e, 0) in it; what follows is wanted. */
  readonly afterZxid: number;
  /** The last record that is wanted. */
  readonly throughZxid: number;
  /** Of the files that have to be read. */
  readonly limitBytes: number;
}

/** Null where the log does not reach back that far, has a gap, or is too long. */
export function readLog(disk: Disk, files: readonly LogFile[], range: LogRange): TxnRecord[] | null {
  const needed = filesFor(files, range);
  if (needed === null) return null;
  const records: TxnRecord[] = [];
  let lastZxid = range.afterZxid;
  // (e, 0) is no record: it stands for all that comes before the first one of e.
  let isAnchored = counterOf(range.afterZxid) === 0;
  for (const file of needed) {
    const bytes = disk.read(file.path);
    // Of the last one a part may still be on its way to the disk. Behind all others there is a record on disk, so
    // they are whole, unless they were damaged since: the end of an epoch is not to be missed.
    const wholeBytes = file === needed.at(-1) ? 0 : file.size;
    const found = bytes === null ? null : decodeAll(bytes, wholeBytes);
    if (found === null) return null;
    for (const record of found) {
      const { zxid } = record.header;
      if (zxid === range.afterZxid) isAnchored = true;
      if (zxid <= range.afterZxid || zxid > range.throughZxid) continue;
      if (!isAnchored || !follows(zxid, lastZxid)) return null;
      records.push(record);
      lastZxid = zxid;
    }
  }
  return lastZxid === range.throughZxid ? records : null;
}

function filesFor(files: readonly LogFile[], range: LogRange): readonly LogFile[] | null {
  const first = files.findLastIndex(({ firstZxid }) => firstZxid <= range.afterZxid);
  if (first === -1) return null;
  const needed = files.slice(first).filter(({ firstZxid }) => firstZxid <= range.throughZxid);
  const bytes = needed.reduce((sum, { size }) => sum + size, 0);
  const isKnown = needed.every(({ size }) => size > 0);
  return isKnown && bytes <= Math.min(range.limitBytes, mostBytes) ? needed : null;
}

/** Null where something is damaged: then nothing is taken from the file. */
function decodeAll(bytes: Buffer, leastBytes: number): TxnRecord[] | null {
  try {
    const { records, end } = scanLog(bytes);
    if (end < leastBytes) return null;
    return records.map((record: LogRecord) => decodeTxn(record.bytes));
  } catch (error) {
    if (error instanceof JuteError) return null;
    throw error;
  }
}
