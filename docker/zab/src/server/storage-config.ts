// The keys of zoo.cfg that say how and what a server stores.
// Facts: storage-format of ZooKeeper 3.8, "Configuration file".

import type { SnapshotCompression } from './snapshot-format.ts';

/** When a voter whose data directory is empty may vote; `core/blank-voters.ts` says what is at stake. */
export type EmptyDatabaseTrust =
  /** When every voter of the ensemble says that it has no history either: the ensemble is new. */
  | 'where-all-are-empty'
  /** Always, as Apache ZooKeeper does by default (`db.autocreate=true`). */
  | 'always'
  /** Only with a file `dataDir/initialize` (`db.autocreate=false`). */
  | 'where-initialized';

export interface StorageConfig {
  /** Null: no limit. */
  readonly logSizeLimitBytes: number | null;
  /** Bytes of log records after which a snapshot is taken, whatever `snapCount` says; null: no limit. */
  readonly snapshotLogBytes: number | null;
  readonly syncWarningMs: number;
  readonly snapshotCompression: SnapshotCompression;
  readonly isEmptySnapshotTrusted: boolean;
  readonly emptyDatabaseTrust: EmptyDatabaseTrust;
  /** Sentences for the log. */
  readonly warnings: readonly string[];
}

/** Looks keys up and refuses what they must not be. */
export interface KeyReader {
  has(key: string): boolean;
  integer(key: string, byDefault: number, range: { least: number; most: number }): number;
  flag(key: string, byDefault: boolean): boolean;
  choice(key: string, byDefault: string, allowed: readonly string[]): string;
}

const anyInteger = { least: -(2 ** 31), most: 2 ** 31 - 1 };

export function readStorageConfig(reader: KeyReader): StorageConfig {
  const method = reader.choice('snapshot.compression.method', 'none', ['none', 'gz', 'snappy']);
  const warnings: string[] = [];
  if (method === 'snappy') {
    warnings.push(
      'snapshot.compression.method=snappy: snappy snapshots are read, but written without compression; gz is written',
    );
  }
  return {
    logSizeLimitBytes: bytesOf(reader.integer('txnLogSizeLimitInKb', -1, anyInteger)),
    snapshotLogBytes: bytesOf(reader.integer('snapSizeLimitInKb', 4_194_304, anyInteger)),
    syncWarningMs: reader.integer('fsync.warningthresholdms', 1_000, { least: 0, most: 2 ** 31 - 1 }),
    snapshotCompression: method === 'gz' ? 'gz' : 'none',
    isEmptySnapshotTrusted: reader.flag('snapshot.trust.empty', false),
    emptyDatabaseTrust: readTrust(reader),
    warnings,
  };
}

function readTrust(reader: KeyReader): EmptyDatabaseTrust {
  if (!reader.has('db.autocreate')) return 'where-all-are-empty';
  return reader.flag('db.autocreate', true) ? 'always' : 'where-initialized';
}

/** Zero and less switch a limit off. */
function bytesOf(kib: number): number | null {
  return kib > 0 ? kib * 1024 : null;
}
