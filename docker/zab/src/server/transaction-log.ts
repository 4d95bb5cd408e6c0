// The transaction log's files: which there are, which zxid ends where, and the disk operations that append,
// truncate and forget. Nothing here waits; `Storage` hands the operations to the disk in order.
// A file is never appended to after a restart, a truncation or a snapshot: the next record starts a new one.

import assert from 'node:assert/strict';
import {
  framingBytes,
  frameLogRecords,
  logFileHeader,
  logHeaderBytes,
} from '../../../../harness/wire/txn-log-codec.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { logPath, type DataDirectories } from './file-names.ts';
import type { DiskOperation } from './ports.ts';

/** One file, with the offsets that truncation needs. */
export class LogFile {
  readonly path: string;
  readonly firstZxid: number;
  #zxids: number[] = [];
  #ends: number[] = [];
  #size: number;

  constructor(path: string, firstZxid: number, size = 0) {
    this.path = path;
    this.firstZxid = firstZxid;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** Of the records that are indexed. */
  get lastZxid(): number | undefined {
    return this.#zxids.at(-1);
  }

  add(zxid: number, end: number): void {
    this.#zxids.push(zxid);
    this.#ends.push(end);
    this.#size = end;
  }

  /** Forgets every record after `zxid`; the new size, or null when nothing had to go. */
  cutAfter(zxid: number): number | null {
    const kept = this.#zxids.findLastIndex((recorded) => recorded <= zxid) + 1;
    if (kept === this.#zxids.length) return null;
    this.#zxids.length = kept;
    this.#ends.length = kept;
    this.#size = this.#ends.at(-1) ?? logHeaderBytes;
    return this.#size;
  }

  /** Offsets of applied records are never asked for again: what is applied is never truncated. */
  dropIndex(): void {
    this.#zxids = [];
    this.#ends = [];
  }
}

export class TransactionLog {
  readonly #directories: DataDirectories;
  /** Ascending; the last is the one being written when `#isOpen`. */
  #files: LogFile[];
  #isOpen = false;

  constructor(directories: DataDirectories, files: readonly LogFile[]) {
    this.#directories = directories;
    this.#files = [...files];
  }

  get files(): readonly LogFile[] {
    return this.#files;
  }

  /** Appends and, when asked, makes durable: one write and one sync for all the records. */
  append(records: readonly TxnRecord[], isSynced: boolean): DiskOperation[] {
    const [first] = records;
    assert(first !== undefined, 'an append has at least one record');
    const isNew = !this.#isOpen;
    const file = isNew ? this.#openFile(first.header.zxid) : this.#files.at(-1);
    assert(file !== undefined, 'an open log has a file');
    const position = isNew ? 0 : file.size;
    let end = isNew ? logHeaderBytes : file.size;
    for (const { header, bytes } of records) {
      end += framingBytes + bytes.length;
      file.add(header.zxid, end);
    }
    const { path } = file;
    const chunks = frameLogRecords(records.map(({ bytes }) => bytes));
    if (isNew) chunks.unshift(logFileHeader());
    const append: DiskOperation = { type: 'append', path, chunks, position };
    if (!isSynced) return [append];
    const sync: DiskOperation = { type: 'sync', path };
    // Without its name's sync a new file could vanish in a power failure, with all its synced records.
    return isNew ? [append, sync, this.#syncDirectory()] : [append, sync];
  }

  /** The next record starts a new file. */
  roll(): void {
    this.#isOpen = false;
  }

  /** The same, once the file has grown to `limitBytes`. */
  rollAt(limitBytes: number | null): void {
    const file = this.#files.at(-1);
    if (limitBytes !== null && file !== undefined && file.size >= limitBytes) this.roll();
  }

  /**
   * Cuts everything after `zxid`. Later files go first, newest first, each removal durable before the next:
   * a crash in between leaves a shorter log, never one with a hole.
   */
  truncate(zxid: number): DiskOperation[] {
    this.roll();
    const operations: DiskOperation[] = [];
    for (;;) {
      const file = this.#files.at(-1);
      if (file === undefined || file.firstZxid <= zxid) break;
      this.#files.pop();
      operations.push({ type: 'remove', path: file.path }, this.#syncDirectory());
    }
    const file = this.#files.at(-1);
    const size = file?.cutAfter(zxid) ?? null;
    if (file !== undefined && size !== null) {
      operations.push({ type: 'truncate', path: file.path, size }, { type: 'sync', path: file.path });
    }
    return operations;
  }

  /** Removes every file, newest first. */
  removeAll(): DiskOperation[] {
    this.roll();
    const operations = this.#files
      .toReversed()
      .map((file): DiskOperation => ({ type: 'remove', path: file.path }));
    this.#files = [];
    return operations.length === 0 ? [] : [...operations, this.#syncDirectory()];
  }

  /** Removes the files that replay from `snapshotZxid` does not need, oldest first. */
  purge(snapshotZxid: number): DiskOperation[] {
    const firstNeeded = this.#files.findLastIndex((file) => file.firstZxid <= snapshotZxid + 1);
    if (firstNeeded < 1) return [];
    return this.#files.splice(0, firstNeeded).map((file) => ({ type: 'remove', path: file.path }));
  }

  /** A snapshot holds everything up to `zxid`. */
  dropIndexesUpTo(zxid: number): void {
    for (const file of this.#files) {
      if (file.lastZxid !== undefined && file.lastZxid <= zxid && file !== this.#files.at(-1))
        file.dropIndex();
    }
  }

  #openFile(firstZxid: number): LogFile {
    const file = new LogFile(logPath(this.#directories, firstZxid), firstZxid);
    assert(
      (this.#files.at(-1)?.firstZxid ?? -1) < firstZxid,
      `log files start at rising zxids, so none can start at ${firstZxid} after ${this.#files.at(-1)?.path}`,
    );
    this.#files.push(file);
    this.#isOpen = true;
    return file;
  }

  #syncDirectory(): DiskOperation {
    return { type: 'syncDirectory', path: this.#directories.logs };
  }
}
