// The server's disk: takes the core's persist operations in order and reports when they are durable.
// Group commit: while one batch is on its way, everything that arrives waits together, and goes out as one
// write and one sync. When the disk fails nothing more is acknowledged and the process ends, because a server
// that cannot keep its promises must not make any.

import type { PersistOperation } from '../core/events.ts';
import type { TraceSink } from '../core/trace.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { writeEpoch, type EpochName, type Epochs } from './epoch-files.ts';
import type { DataDirectories } from './file-names.ts';
import type { Disk, DiskOperation, LogSink } from './ports.ts';
import type { Recovery } from './recovery.ts';
import { Snapshots } from './snapshots.ts';
import { TransactionLog } from './transaction-log.ts';

export interface StorageOptions {
  readonly disk: Disk;
  readonly directories: DataDirectories;
  readonly recovery: Recovery;
  /** False: never sync (`forceSync=no`). */
  readonly forceSync: boolean;
  /** Snapshots kept after each new one; null = all. */
  readonly purgeRetainCount: number | null;
  readonly log: LogSink;
  readonly trace: TraceSink;
  /** Every operation up to this mark is durable. */
  readonly persisted: (mark: number) => void;
  /** The disk failed; nothing was or will be reported as persisted from here on. */
  readonly failed: (reason: string) => void;
}

interface SnapshotRequest {
  readonly type: 'takeSnapshot';
  readonly zxid: number;
  readonly file: Buffer;
  readonly digest: string;
}

type StorageOperation = PersistOperation | SnapshotRequest;

export class Storage {
  readonly #options: StorageOptions;
  readonly #log: TransactionLog;
  readonly #snapshots: Snapshots;
  #waiting: StorageOperation[] = [];
  #isBusy = false;
  #isStopped = false;
  /** zxid of the last record handed over; the log ends here once everything is durable. */
  #lastAppended: number;
  #syncCount = 0;

  constructor(options: StorageOptions) {
    this.#options = options;
    this.#log = new TransactionLog(options.directories, options.recovery.logs);
    this.#snapshots = new Snapshots(options.directories, options.recovery.snapshots);
    this.#lastAppended = options.recovery.lastZxid;
  }

  /** Batches that were synced, for tests and four-letter words. */
  get syncCount(): number {
    return this.#syncCount;
  }

  /** Cuts what recovery found torn, writes the epoch files that are missing and, on a blank disk, snapshot.0. */
  repair(epochs: Epochs | null, emptySnapshot: Buffer | null, done: () => void): void {
    const { directories, recovery } = this.#options;
    const operations: DiskOperation[] = [];
    for (const path of new Set([directories.snapshots, directories.logs])) {
      operations.push({ type: 'makeDirectory', path });
      operations.push({ type: 'syncDirectory', path: path.slice(0, path.lastIndexOf('/')) });
    }
    if (emptySnapshot !== null) operations.push(...this.#snapshots.add(0, emptySnapshot));
    for (const name of epochs?.repairs ?? []) {
      operations.push(...writeEpoch(directories.snapshots, name, epochOfName(epochs, name)));
    }
    // Last, because they remove epochs that a crash left beside their file and that were written just now.
    operations.push(...recovery.repairs);
    this.#submit(operations, done);
  }

  /** In order behind everything handed over before. Nothing is written before `flush`. */
  persist(operations: readonly PersistOperation[]): void {
    for (const operation of operations) this.#waiting.push(operation);
  }

  /** Stores a snapshot of the applied state; the log goes on in a new file. */
  takeSnapshot(state: { zxid: number; file: Buffer; digest: string }): void {
    this.#waiting.push({ type: 'takeSnapshot', ...state });
  }

  /** Called once per turn, so that what one turn produced goes out together. */
  flush(): void {
    if (this.#isBusy || this.#isStopped || this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    const operations = this.#plan(batch);
    const upTo = this.#lastAppended;
    this.#syncCount += 1;
    this.#submit(operations, () => this.#completed(batch, upTo));
  }

  stop(): void {
    this.#isStopped = true;
  }

  #completed(batch: readonly StorageOperation[], upTo: number): void {
    const { trace } = this.#options;
    trace?.({ event: 'FSYNC', upTo });
    let mark: number | null = null;
    for (const operation of batch) {
      if (operation.type === 'takeSnapshot') {
        trace?.({ event: 'SNAP_TAKE', zxid: operation.zxid, digest: operation.digest });
      } else {
        mark = operation.mark;
      }
    }
    if (mark !== null) this.#options.persisted(mark);
    this.flush();
  }

  #submit(operations: readonly DiskOperation[], done: () => void): void {
    const { disk, forceSync } = this.#options;
    this.#isBusy = true;
    const needed = forceSync ? operations : operations.filter((operation) => operation.type !== 'sync');
    disk.submit(needed, (error) => {
      this.#isBusy = false;
      if (this.#isStopped) return;
      if (error === null) return done();
      this.#isStopped = true;
      this.#options.failed(describeFailure(error, this.#options.directories));
    });
  }

  #plan(batch: readonly StorageOperation[]): DiskOperation[] {
    const operations: DiskOperation[] = [];
    let records: TxnRecord[] = [];
    const appendRecords = (): void => {
      if (records.length > 0) operations.push(...this.#log.append(records, true));
      records = [];
    };
    for (const operation of batch) {
      if (operation.type === 'append') {
        records.push(operation.record);
        this.#lastAppended = operation.record.header.zxid;
        continue;
      }
      appendRecords();
      operations.push(...this.#planOther(operation));
    }
    appendRecords();
    return operations;
  }

  #planOther(operation: Exclude<StorageOperation, { type: 'append' }>): DiskOperation[] {
    const { directories, purgeRetainCount } = this.#options;
    switch (operation.type) {
      case 'acceptedEpoch':
      case 'currentEpoch':
        return writeEpoch(directories.snapshots, operation.type, operation.epoch);
      case 'truncate':
        this.#lastAppended = Math.min(this.#lastAppended, operation.zxid);
        return this.#log.truncate(operation.zxid);
      case 'snapshot':
        this.#lastAppended = operation.zxid;
        return this.#snapshots.install(operation, this.#log);
      case 'takeSnapshot': {
        this.#log.roll();
        this.#log.dropIndexesUpTo(operation.zxid);
        const added = this.#snapshots.add(operation.zxid, operation.file);
        if (purgeRetainCount === null) return added;
        return [...added, ...this.#snapshots.purge(purgeRetainCount, this.#log)];
      }
    }
  }
}

function epochOfName(epochs: Epochs | null, name: EpochName): number {
  return epochs?.[name] ?? 0;
}

function describeFailure(error: NodeJS.ErrnoException, directories: DataDirectories): string {
  const code = error.code ?? error.name;
  const remedy =
    code === 'ENOSPC'
      ? `Free space on the file system of ${directories.logs} and ${directories.snapshots}, then start the server again.`
      : `Check the file system of ${directories.logs} and ${directories.snapshots}, then start the server again.`;
  return `the disk failed (${code}: ${error.message}); nothing more is acknowledged. ${remedy}`;
}
