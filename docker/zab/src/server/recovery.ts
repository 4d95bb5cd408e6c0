// What a server finds on its disk when it starts: the newest snapshot that is whole, and the log records
// behind it. A torn tail (a write that a crash cut short, so nobody was told of it) is cut and reported.
// Anything else that does not fit, a bad checksum with good records behind it or a gap in the zxids, means
// that acknowledged transactions are lost: the server refuses to start and says where and what to do.

import { JuteError } from '../../../../harness/wire/jute.ts';
import { decodeTxn } from '../../../../harness/wire/txn-codec.ts';
import { scanLog, type LogScan } from '../../../../harness/wire/txn-log-codec.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { counterOf, epochOf, formatZxid } from '../../../../harness/wire/zxid.ts';
import { listNumbered, type DataDirectories, type NumberedFile } from './file-names.ts';
import type { Disk, DiskOperation, LogSink } from './ports.ts';
import type { SnapshotFormat } from './snapshot-format.ts';
import { StorageError } from './storage-error.ts';
import { LogFile } from './transaction-log.ts';

export interface Recovery {
  /** Null: nothing was ever stored here. */
  readonly snapshotZxid: number | null;
  /** Length of that snapshot's file. */
  readonly snapshotBytes: number;
  /** Log records after the snapshot, in order; they may or may not be committed. */
  readonly tail: readonly TxnRecord[];
  /** The last record's zxid, else the snapshot's, else 0. */
  readonly lastZxid: number;
  readonly snapshots: readonly NumberedFile[];
  readonly logs: readonly LogFile[];
  /** To be carried out, durably, before anything is appended. */
  readonly repairs: readonly DiskOperation[];
}

export interface RecoveryOptions {
  readonly disk: Disk;
  readonly directories: DataDirectories;
  readonly log: LogSink;
  readonly snapshotFormat: SnapshotFormat;
  /** Logs without a snapshot are taken for the whole history (`snapshot.trust.empty`). */
  readonly isEmptySnapshotTrusted: boolean;
  /** Loads a snapshot file into the database; throws JuteError, and changes nothing, when it is not whole. */
  readonly loadSnapshot: (file: Buffer, zxid: number) => void;
}

const restoreRemedy =
  'Restore the file from a backup, or, if the other servers of the ensemble are healthy, empty the data directory (keep myid) and let this server synchronise again';

export function recover(options: RecoveryOptions): Recovery {
  const { disk, directories } = options;
  checkPlacement(disk, directories);
  const snapshots = listNumbered(disk, directories.snapshots, 'snapshot');
  const logFiles = listNumbered(disk, directories.logs, 'log');
  const loaded = loadNewestSnapshot(options, snapshots);
  const [firstLog] = logFiles;
  if (loaded === null && firstLog !== undefined && !options.isEmptySnapshotTrusted) {
    throw new StorageError(
      firstLog.path,
      `there are transaction logs but no snapshot in ${directories.snapshots}, so their beginning may be missing`,
      restoreRemedy,
    );
  }
  const snapshotZxid = loaded?.zxid ?? null;
  const { tail, logs, repairs } = replayLogs(options, logFiles, snapshotZxid ?? 0);
  if (loaded !== null) checkReplaces(loaded, tail);
  repairs.push(...removeUnfinished(disk, directories.snapshots));
  return {
    snapshotZxid,
    snapshotBytes: loaded?.byteCount ?? 0,
    tail,
    lastZxid: tail.at(-1)?.header.zxid ?? snapshotZxid ?? 0,
    snapshots,
    logs,
    repairs,
  };
}

/** Files in the wrong one of two directories mean that the configuration changed its mind about them. */
function checkPlacement(disk: Disk, directories: DataDirectories): void {
  if (directories.snapshots === directories.logs) return;
  const strays = [
    ...listNumbered(disk, directories.snapshots, 'log'),
    ...listNumbered(disk, directories.logs, 'snapshot'),
  ];
  const [stray] = strays;
  if (stray === undefined) return;
  throw new StorageError(
    stray.path,
    `dataDir and dataLogDir are different directories, and this file is in the wrong one`,
    `Move logs to ${directories.logs} and snapshots to ${directories.snapshots}`,
  );
}

interface LoadedSnapshot {
  readonly zxid: number;
  readonly byteCount: number;
  /** The first one that was tried, where this one is not that. */
  readonly newestDamaged: NumberedFile | null;
}

function loadNewestSnapshot(
  { disk, directories, log, loadSnapshot, snapshotFormat }: RecoveryOptions,
  snapshots: readonly NumberedFile[],
): LoadedSnapshot | null {
  const problems: string[] = [];
  let newestDamaged: NumberedFile | null = null;
  for (const snapshot of snapshots.toReversed()) {
    const bytes = disk.read(snapshot.path);
    if (bytes === null) continue;
    try {
      loadSnapshot(snapshotFormat.decode(snapshot.path, bytes), snapshot.zxid);
      return { zxid: snapshot.zxid, byteCount: bytes.length, newestDamaged };
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      newestDamaged ??= snapshot;
      problems.push(`${snapshot.path}: ${error.message}`);
      log('warn', `snapshot ${snapshot.path} is not whole, trying an older one: ${error.message}`);
    }
  }
  if (problems.length === 0) return null;
  throw new StorageError(
    directories.snapshots,
    `no snapshot can be loaded (${problems.join('; ')})`,
    restoreRemedy,
  );
}

/**
 * An older snapshot will do where the log leads from it to the damaged one. It does not where that one came from a
 * leader, and a crash came before the history that it replaces was removed: the log then ends below it, and what
 * was logged behind it may begin a later epoch, which looks like no hole.
 */
function checkReplaces({ zxid, newestDamaged }: LoadedSnapshot, tail: readonly TxnRecord[]): void {
  if (newestDamaged === null || tail.some(({ header }) => header.zxid === newestDamaged.zxid)) return;
  throw new StorageError(
    newestDamaged.path,
    `it is not whole, and the log does not lead from the older snapshot of ${formatZxid(zxid)} to it`,
    restoreRemedy,
  );
}

/** Snapshots that a crash kept from getting their name, and the epochs that belong to them. */
function removeUnfinished(disk: Disk, directory: string): DiskOperation[] {
  return disk
    .list(directory)
    .filter((name) => /^(snapshot\.[0-9a-f]+(\.gz|\.snappy)?\.tmp|currentEpoch\.[0-9a-f]+)$/.test(name))
    .map((name) => ({ type: 'remove', path: `${directory}/${name}` }));
}

function replayLogs(
  { disk, log }: RecoveryOptions,
  files: readonly NumberedFile[],
  snapshotZxid: number,
): { tail: TxnRecord[]; logs: LogFile[]; repairs: DiskOperation[] } {
  const tail: TxnRecord[] = [];
  const logs: LogFile[] = [];
  const repairs: DiskOperation[] = [];
  const firstNeeded = files.findLastIndex((file) => file.zxid <= snapshotZxid + 1);
  let lastZxid = snapshotZxid;
  let tornFile: NumberedFile | null = null;
  for (const [index, file] of files.entries()) {
    // Files wholly before the snapshot are kept for older snapshots and are not read.
    if (index < firstNeeded) {
      logs.push(new LogFile(file.path, file.zxid));
      continue;
    }
    const { scan, isTorn } = readLog(disk, file);
    const logFile = new LogFile(file.path, file.zxid, scan.end);
    for (const { offset, bytes } of scan.records) {
      const record = decodeRecord(file, offset, bytes);
      const { zxid } = record.header;
      logFile.add(zxid, offset + 13 + bytes.length);
      if (zxid <= snapshotZxid) continue;
      checkFollows(file, offset, { last: lastZxid, next: zxid });
      if (tornFile !== null && zxid !== lastZxid + 1) refuseTornInside(tornFile, file);
      tornFile = null;
      tail.push(record);
      lastZxid = zxid;
    }
    if (isTorn) tornFile = file;
    if (scan.stop !== 'end') cutTail(file, scan, repairs, log);
    if (scan.records.length > 0) {
      logs.push(logFile);
      // A process that was killed may have left records that only the page cache has. They count as history from
      // now on, so they must be as durable as those that this process will write behind them.
      repairs.push({ type: 'sync', path: file.path });
    } else {
      repairs.push({ type: 'remove', path: file.path });
    }
  }
  return { tail, logs, repairs };
}

/** Torn: something is behind the good records that is no preallocated zeros. */
function readLog(disk: Disk, file: NumberedFile): { readonly scan: LogScan; readonly isTorn: boolean } {
  const bytes = disk.read(file.path) ?? Buffer.alloc(0);
  let scan: LogScan;
  try {
    scan = scanLog(bytes);
  } catch (error) {
    if (!(error instanceof JuteError)) throw error;
    throw new StorageError(file.path, `it is not a transaction log: ${error.message}`, restoreRemedy);
  }
  if (scan.laterValidRecord !== null) {
    throw new StorageError(
      file.path,
      `the record at byte ${scan.end} is damaged (${scan.stop}) while a good record follows at byte ${scan.laterValidRecord}, so this is no torn tail`,
      restoreRemedy,
    );
  }
  return { scan, isTorn: bytes.subarray(scan.end).some((byte) => byte !== 0) };
}

function decodeRecord(file: NumberedFile, offset: number, bytes: Buffer): TxnRecord {
  try {
    return decodeTxn(bytes);
  } catch (error) {
    if (!(error instanceof JuteError)) throw error;
    throw new StorageError(
      file.path,
      `the record at byte ${offset} has a good checksum but cannot be decoded: ${error.message}`,
      restoreRemedy,
    );
  }
}

/** The next counter of the same epoch, or the first of a later one; anything else is a hole. */
function checkFollows(file: NumberedFile, offset: number, zxids: { last: number; next: number }): void {
  const { last, next } = zxids;
  const follows = epochOf(next) === epochOf(last) ? next === last + 1 : next > last && counterOf(next) === 1;
  if (follows) return;
  throw new StorageError(
    file.path,
    `the record at byte ${offset} has zxid ${formatZxid(next)}, which cannot follow ${formatZxid(last)}: records are missing between them`,
    restoreRemedy,
  );
}

/**
 * A torn tail is cut before anything is written behind it. One that is followed by a new epoch is thus a record
 * that was whole once: cutting it would hide a hole, because any record may be the last one of its epoch.
 */
function refuseTornInside(torn: NumberedFile, next: NumberedFile): never {
  throw new StorageError(
    torn.path,
    `its last record is damaged, and ${next.path} goes on with a later epoch, so this is no torn tail`,
    restoreRemedy,
  );
}

/** Preallocated zeros are no damage; a part of a record is what a crash leaves of a write. */
function cutTail(file: NumberedFile, scan: LogScan, repairs: DiskOperation[], log: LogSink): void {
  if (scan.stop !== 'zeros') {
    log(
      'warn',
      `cut a torn tail of ${file.path} at byte ${scan.end} (${scan.stop}): a write before the last crash did not finish`,
      {
        file: file.path,
        offset: scan.end,
      },
    );
  }
  if (scan.records.length === 0) return;
  repairs.push({ type: 'truncate', path: file.path, size: scan.end }, { type: 'sync', path: file.path });
}
