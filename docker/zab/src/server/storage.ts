// The server's disk: takes the core's persist operations in order and reports when they are durable.
// Group commit: while one batch is on its way, everything that arrives waits together, and goes out as one
// write and one sync. While the disk takes no writes nothing is acknowledged; when a sync fails the process
// ends, because a server that cannot keep its promises must not make any. Snapshots are written beside all that.

import assert from 'node:assert/strict';
import { formatZxid } from '../../../../harness/wire/zxid.ts';
import type { ByteSource, PersistOperation } from '../core/events.ts';
import type { TraceSink } from '../core/trace.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { writeEpoch, type EpochName, type Epochs } from './epoch-files.ts';
import { readLog } from './log-reader.ts';
import type { ConfigurationFiles, ConfigurationOperation } from './configuration-files.ts';
import type { DataDirectories } from './file-names.ts';
import type { Measurements } from './operators/measurements.ts';
import { PatientDisk } from './patient-disk.ts';
import type { Clock, Disk, DiskError, DiskOperation, LogSink } from './ports.ts';
import type { Recovery } from './recovery.ts';
import type { SnapshotFormat } from './snapshot-format.ts';
import { SnapshotWriter } from './snapshot-writer.ts';
import { Snapshots } from './snapshots.ts';
import { TransactionLog } from './transaction-log.ts';

export interface StorageOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directories: DataDirectories;
  readonly recovery: Recovery;
  /** False: never sync (`forceSync=no`). */
  readonly forceSync: boolean;
  /** Snapshots that a purge leaves; null = all. */
  readonly purgeRetainCount: number | null;
  /** A log file that has grown to this is followed by a new one; null = only snapshots end files. */
  readonly logSizeLimitBytes: number | null;
  /** A sync that takes longer is told. */
  readonly syncWarningMs: number;
  readonly snapshotFormat: SnapshotFormat;
  /** A learner gets log records if their files are no longer than this part of the newest snapshot; < 0: never. */
  readonly snapshotSizeFactor: number;
  /** Where a changed membership is kept; null: it is found in the log only. */
  readonly configurationFiles?: ConfigurationFiles | null;
  readonly log: LogSink;
  readonly trace: TraceSink;
  readonly measurements?: Measurements;
  /** Every operation up to this mark is durable. */
  readonly persisted: (mark: number) => void;
  /** Whether the disk takes writes: `false` when it stops to, `true` when what waited is durable after all. */
  readonly writable: (isWritable: boolean) => void;
  /** The disk failed; nothing was or will be reported as persisted from here on. */
  readonly failed: (reason: string) => void;
}

/** The state at `zxid`; `source` gives the bytes of its snapshot file. */
export interface SnapshotRequest {
  readonly zxid: number;
  readonly source: ByteSource;
  readonly digest: string;
}

type StorageOperation =
  | PersistOperation
  | { readonly type: 'startSnapshot'; readonly request: SnapshotRequest }
  /** It has its name. */
  | { readonly type: 'finishSnapshot'; readonly request: SnapshotRequest }
  /** Snapshots that are too many go, with the logs that only they need. */
  | { readonly type: 'purge' };

export class Storage {
  readonly #options: StorageOptions;
  readonly #log: TransactionLog;
  readonly #snapshots: Snapshots;
  readonly #disk: PatientDisk;
  #snapshotWriter: SnapshotWriter | null = null;
  /** Asked for, and not in place yet. */
  #snapshotRequest: SnapshotRequest | null = null;
  #waiting: StorageOperation[] = [];
  /** Handed to the disk, which is at work on it. */
  #batch: readonly StorageOperation[] = [];
  /** zxid at which the log ends with that batch. */
  #batchEnd = 0;
  #isBusy = false;
  #busySinceMs = NaN;
  /** What follows when the disk is done. */
  #next: () => void = () => {};
  #isStopped = false;
  /** zxid of the last record handed over; the log ends here once everything is durable. */
  #lastAppended: number;
  #syncCount = 0;
  #slowSyncCount = 0;
  #loggedBytes = 0;
  #snapshotSinceMs = NaN;
  /** Of the newest snapshot. */
  #snapshotBytes: number;
  #problem: string | null = null;

  constructor(options: StorageOptions) {
    this.#options = options;
    this.#log = new TransactionLog(options.directories, options.recovery.logs);
    this.#snapshots = new Snapshots(options.directories, options.recovery.snapshots, options.snapshotFormat);
    this.#disk = new PatientDisk({
      disk: options.disk,
      clock: options.clock,
      stuck: (error) => this.#stuck(error),
      relieved: () => this.#relieved(),
      failed: (error) => this.#failed(error),
    });
    this.#lastAppended = options.recovery.lastZxid;
    this.#snapshotBytes = options.recovery.snapshotBytes;
  }

  /** Batches that were synced, for tests and four-letter words. */
  get syncCount(): number {
    return this.#syncCount;
  }

  /** Syncs that took longer than `syncWarningMs`. */
  get slowSyncCount(): number {
    return this.#slowSyncCount;
  }

  /** Why the disk takes no writes, in a sentence; null while it does. */
  get problem(): string | null {
    return this.#problem;
  }

  get isTakingSnapshot(): boolean {
    return this.#snapshotRequest !== null;
  }

  /** Bytes of records since the last snapshot was asked for. */
  get loggedBytes(): number {
    return this.#loggedBytes;
  }

  /** Committed records that memory no longer holds; null where a snapshot is the better answer. */
  readLog(range: { afterZxid: number; throughZxid: number }): readonly TxnRecord[] | null {
    const { disk, snapshotSizeFactor } = this.#options;
    if (snapshotSizeFactor < 0) return null;
    return readLog(disk, this.#log.files, { ...range, limitBytes: this.#snapshotBytes * snapshotSizeFactor });
  }

  /** Cuts what recovery found torn, writes the epoch files that are missing and, on a blank disk, snapshot.0. */
  repair(epochs: Epochs | null, emptySnapshot: Buffer | null, done: () => void): void {
    const { directories, recovery } = this.#options;
    const operations: DiskOperation[] = [];
    const paths = new Set([directories.snapshots, directories.logs]);
    for (const path of paths) {
      operations.push({ type: 'makeDirectory', path });
      operations.push({ type: 'syncDirectory', path: path.slice(0, path.lastIndexOf('/')) });
    }
    if (emptySnapshot !== null) {
      this.#snapshotBytes = emptySnapshot.length;
      operations.push(...this.#snapshots.add(0, emptySnapshot));
    }
    for (const name of epochs?.repairs ?? []) {
      operations.push(...writeEpoch(directories.snapshots, name, epochOfName(epochs, name)));
    }
    // Last, because they remove epochs that a crash left beside their file and that were written just now.
    operations.push(...recovery.repairs);
    // A process that was killed may have left names that a power failure takes back, or brings back. What was read
    // by these names counts from now on: epochs are reported, and the log's end is voted with.
    for (const path of paths) operations.push({ type: 'syncDirectory', path });
    this.#submit(operations, done);
  }

  /** In order behind everything handed over before. Nothing is written before `flush`. */
  persist(operations: readonly PersistOperation[]): void {
    if (this.#waiting.length === 0) this.#waiting = [...operations];
    else for (const operation of operations) this.#waiting.push(operation);
  }

  /** Stores a snapshot of the applied state, bit by bit; the log goes on in a new file. One at a time. */
  takeSnapshot(request: SnapshotRequest): void {
    assert.equal(this.#snapshotRequest, null, 'one snapshot at a time');
    this.#snapshotRequest = request;
    this.#loggedBytes = 0;
    this.#waiting.push({ type: 'startSnapshot', request });
  }

  /** With the next flush. */
  purge(): void {
    this.#waiting.push({ type: 'purge' });
  }

  /** Called once per turn, so that what one turn produced goes out together. */
  flush(): void {
    if (this.#isBusy || this.#isStopped || this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#writeConfigurations(batch);
    const operations = this.#plan(batch);
    this.#batch = batch;
    this.#batchEnd = this.#lastAppended;
    this.#syncCount += 1;
    this.#submit(operations, this.#completed);
  }

  /**
   * In a batch of its own, ahead of the others: a directory that cannot be written must not stop a server whose
   * log has the change too.
   */
  #writeConfigurations(batch: readonly StorageOperation[]): void {
    const { configurationFiles, disk, log } = this.#options;
    if (!configurationFiles) return;
    const operations = batch.flatMap((operation) =>
      isConfiguration(operation) ? configurationFiles.plan(operation) : [],
    );
    if (operations.length === 0) return;
    disk.submit(operations, (error) => {
      if (error !== null) log('error', `the changed configuration cannot be written: ${error.message}`);
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#disk.stop();
    this.#abandonSnapshot();
  }

  readonly #completed = (): void => {
    const { trace } = this.#options;
    trace?.({ event: 'FSYNC', upTo: this.#batchEnd });
    // Not kept until the next one, for it may hold a whole snapshot; and another may be under way when the loop ends.
    const batch = this.#batch;
    this.#batch = [];
    let mark: number | null = null;
    for (const operation of batch) {
      if (operation.type === 'startSnapshot') {
        // Only now: all that the snapshot holds is durable in the log too.
        this.#writeSnapshot(operation.request);
      } else if (operation.type === 'finishSnapshot') {
        const { zxid, digest } = operation.request;
        trace?.({ event: 'SNAP_TAKE', zxid, digest });
      } else if (operation.type !== 'purge') {
        mark = operation.mark;
      }
    }
    if (mark !== null) this.#options.persisted(mark);
    this.flush();
  };

  #submit(operations: readonly DiskOperation[], done: () => void): void {
    const { clock, forceSync } = this.#options;
    this.#isBusy = true;
    this.#busySinceMs = clock.nowMs();
    this.#next = done;
    const needed = forceSync ? operations : operations.filter((operation) => operation.type !== 'sync');
    this.#disk.submit(needed, this.#diskDone);
  }

  readonly #diskDone = (): void => {
    this.#isBusy = false;
    if (this.#isStopped) return;
    this.#judgeDuration(this.#options.clock.nowMs() - this.#busySinceMs);
    this.#next();
  };

  #judgeDuration(tookMs: number): void {
    this.#options.measurements?.synced(tookMs);
    if (tookMs <= this.#options.syncWarningMs) return;
    this.#slowSyncCount += 1;
    this.#options.log(
      'warn',
      `writing and syncing the transaction log took ${Math.round(tookMs)} ms; a slow disk makes every write slow`,
    );
  }

  #stuck(error: DiskError): void {
    const { directories, log, writable } = this.#options;
    const { code, remedy } = describeError(error, directories);
    this.#problem = `the disk takes no writes (${code}: ${error.message}); nothing is acknowledged until it does. ${remedy}; this server goes on by itself.`;
    log('error', this.#problem);
    // What it wrote is room that the log needs more.
    this.#abandonSnapshot();
    writable(false);
  }

  #relieved(): void {
    const { log, writable } = this.#options;
    this.#problem = null;
    log('info', 'the disk takes writes again, and everything that waited for it is written');
    writable(true);
  }

  #failed(error: DiskError): void {
    const { code, remedy } = describeError(error, this.#options.directories);
    this.stop();
    this.#options.failed(
      `the disk failed (${code}: ${error.message}); nothing more is acknowledged. ${remedy}, then start the server again.`,
    );
  }

  #writeSnapshot(request: SnapshotRequest): void {
    if (this.#snapshotRequest !== request) return;
    const { disk, directories, snapshotFormat, clock } = this.#options;
    this.#snapshotSinceMs = clock.nowMs();
    const writer = new SnapshotWriter({
      disk,
      source: request.source,
      path: this.#snapshots.pathOf(request.zxid),
      directory: directories.snapshots,
      encode: (slice) => snapshotFormat.encode(slice),
      done: (error) => this.#snapshotWritten(request, error),
    });
    this.#snapshotWriter = writer;
    writer.start();
  }

  #snapshotWritten(request: SnapshotRequest, error: DiskError | null): void {
    if (this.#isStopped) return;
    const writtenBytes = this.#snapshotWriter?.byteCount ?? 0;
    this.#snapshotWriter = null;
    this.#snapshotRequest = null;
    if (error !== null) {
      const reason = `the snapshot of ${formatZxid(request.zxid)} could not be written: ${error.message}`;
      this.#options.log('warn', `${reason}; the transaction log goes on, the next snapshot will be tried`);
      return;
    }
    const { clock, measurements } = this.#options;
    const tookMs = clock.nowMs() - this.#snapshotSinceMs;
    measurements?.snapshotTaken({ zxid: request.zxid, tookMs, wallMs: clock.wallMs() });
    this.#snapshotBytes = writtenBytes;
    this.#waiting.push({ type: 'finishSnapshot', request });
    this.flush();
  }

  /** Files that nobody needs: to remove a large one takes long, and the log's sync must not wait for it. */
  #purge(): void {
    const { disk, log, purgeRetainCount } = this.#options;
    if (purgeRetainCount === null) return;
    const operations = this.#snapshots.purge(purgeRetainCount, this.#log);
    if (operations.length === 0) return;
    const done = (error: DiskError | null): void => {
      if (error !== null) log('warn', `old snapshots and logs could not all be removed: ${error.message}`);
    };
    disk.submit(operations, done, 'background');
  }

  #abandonSnapshot(): void {
    this.#snapshotWriter?.abort();
    this.#snapshotWriter = null;
    this.#snapshotRequest?.source.close();
    this.#snapshotRequest = null;
  }

  #plan(batch: readonly StorageOperation[]): DiskOperation[] {
    let planned: DiskOperation[] = [];
    let records: TxnRecord[] = [];
    for (const operation of batch) {
      if (operation.type === 'append') {
        if (records.length === 0) records = [operation.record];
        else records.push(operation.record);
        this.#lastAppended = operation.record.header.zxid;
        this.#loggedBytes += operation.record.bytes.length;
        continue;
      }
      planned = [...planned, ...this.#planAppend(records), ...this.#planOther(operation)];
      records = [];
    }
    const last = this.#planAppend(records);
    this.#options.measurements?.flushed(batch.length);
    return planned.length === 0 ? last : [...planned, ...last];
  }

  #planAppend(records: readonly TxnRecord[]): DiskOperation[] {
    const operations = records.length === 0 ? [] : this.#log.append(records, true);
    this.#log.rollAt(this.#options.logSizeLimitBytes);
    return operations;
  }

  #planOther(operation: Exclude<StorageOperation, { type: 'append' }>): DiskOperation[] {
    const { directories } = this.#options;
    switch (operation.type) {
      case 'acceptedEpoch':
      case 'currentEpoch':
        return writeEpoch(directories.snapshots, operation.type, operation.epoch);
      case 'pendingConfiguration':
      case 'configuration':
        return [];
      case 'truncate':
        this.#lastAppended = Math.min(this.#lastAppended, operation.zxid);
        return this.#log.truncate(operation.zxid);
      case 'snapshot':
        this.#lastAppended = operation.zxid;
        // One of the history that this one replaces.
        this.#abandonSnapshot();
        this.#snapshotBytes = operation.file.length;
        return this.#snapshots.install(operation, this.#log);
      case 'startSnapshot':
        this.#log.roll();
        return [];
      case 'finishSnapshot':
        this.#log.dropIndexesUpTo(operation.request.zxid);
        this.#snapshots.added(operation.request.zxid);
        return [];
      case 'purge':
        this.#purge();
        return [];
    }
  }
}

function isConfiguration(operation: StorageOperation): operation is ConfigurationOperation {
  return operation.type === 'configuration' || operation.type === 'pendingConfiguration';
}

function epochOfName(epochs: Epochs | null, name: EpochName): number {
  return epochs?.[name] ?? 0;
}

function describeError(error: DiskError, directories: DataDirectories): { code: string; remedy: string } {
  const code = error.code ?? error.name;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const what = isFull ? 'Free space on' : 'Check';
  return { code, remedy: `${what} the file system of ${directories.logs} and ${directories.snapshots}` };
}
