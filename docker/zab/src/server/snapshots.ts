// Snapshot files: which there are, and the disk operations that add one, install a leader's one in place of
// everything, and purge old ones. A snapshot appears under its name only when it is whole and durable.

import { completeInstalledEpoch, prepareInstalledEpoch } from './epoch-files.ts';
import { snapshotPath, type DataDirectories, type NumberedFile } from './file-names.ts';
import type { SnapshotFormat } from './snapshot-format.ts';
import type { DiskOperation } from './ports.ts';
import type { TransactionLog } from './transaction-log.ts';

export interface InstalledState {
  readonly zxid: number;
  readonly file: Buffer;
  /** The epoch that this state belongs to: the two must not be found apart after a crash. */
  readonly currentEpoch: number;
}

export class Snapshots {
  readonly #directories: DataDirectories;
  readonly #format: SnapshotFormat;
  /** Ascending. */
  #files: NumberedFile[];

  constructor(directories: DataDirectories, files: readonly NumberedFile[], format: SnapshotFormat) {
    this.#directories = directories;
    this.#format = format;
    this.#files = [...files];
  }

  get newestZxid(): number | null {
    return this.#files.at(-1)?.zxid ?? null;
  }

  /** Where the snapshot of `zxid` belongs. */
  pathOf(zxid: number): string {
    return `${snapshotPath(this.#directories, zxid)}${this.#format.suffix}`;
  }

  /** It was written by somebody else, and has its name. */
  added(zxid: number): void {
    const path = this.pathOf(zxid);
    this.#files = this.#files.filter((snapshot) => snapshot.path !== path);
    this.#files.push({ path, zxid });
    this.#files.sort((a, b) => a.zxid - b.zxid);
  }

  /** One more snapshot, of the state at `zxid`, whole. */
  add(zxid: number, file: Buffer): DiskOperation[] {
    return [...this.#writeTemporary(zxid, file), ...this.#publish(zxid)];
  }

  /**
   * Replaces the whole history. What lies beyond the new state goes first: a newer snapshot or log left behind
   * would be taken for the truth at the next start. (The leader's history holds everything committed, so what
   * it lacks was never committed.) What lies before goes last; until then it only is not needed.
   */
  install(state: InstalledState, log: TransactionLog): DiskOperation[] {
    const { zxid, file, currentEpoch } = state;
    const directory = this.#directories.snapshots;
    const beyond = this.#files.filter((snapshot) => snapshot.zxid > zxid);
    const before = this.#files.filter((snapshot) => snapshot.zxid < zxid);
    this.#files = [];
    const written = this.#writeTemporary(zxid, file);
    const cleared = [...log.truncate(zxid), ...this.#remove(beyond.toReversed())];
    const epochPrepared = prepareInstalledEpoch(directory, { zxid, currentEpoch });
    const published = this.#publish(zxid);
    const epochCompleted = completeInstalledEpoch(directory, zxid);
    return [
      ...written,
      ...epochPrepared,
      ...cleared,
      ...published,
      ...epochCompleted,
      ...log.removeAll(),
      ...this.#remove(before),
    ];
  }

  /** Keeps the newest `count` snapshots and the logs that replay from the oldest of them needs. */
  purge(count: number, log: TransactionLog): DiskOperation[] {
    if (this.#files.length <= count) return [];
    const gone = this.#files.splice(0, this.#files.length - count);
    const [oldest] = this.#files;
    return [...this.#remove(gone), ...(oldest === undefined ? [] : log.purge(oldest.zxid))];
  }

  #writeTemporary(zxid: number, file: Buffer): DiskOperation[] {
    const path = `${this.pathOf(zxid)}.tmp`;
    return [
      { type: 'write', path, bytes: this.#format.encode(file) },
      { type: 'sync', path },
    ];
  }

  #publish(zxid: number): DiskOperation[] {
    const path = this.pathOf(zxid);
    this.added(zxid);
    return [{ type: 'rename', from: `${path}.tmp`, to: path }, this.#syncDirectory()];
  }

  #remove(files: readonly NumberedFile[]): DiskOperation[] {
    if (files.length === 0) return [];
    const removals = files.map(({ path }): DiskOperation => ({ type: 'remove', path }));
    return [...removals, this.#syncDirectory()];
  }

  #syncDirectory(): DiskOperation {
    return { type: 'syncDirectory', path: this.#directories.snapshots };
  }
}
