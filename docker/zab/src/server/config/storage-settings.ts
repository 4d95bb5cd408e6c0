// Logs, snapshots and what is kept of them. What `storage-config.ts` reads is not repeated here.

import { largestInt, type PropertyReader } from './property-reader.ts';

export interface StorageSettings {
  /** Transactions between snapshots, about. */
  readonly snapCount: number;
  /** Committed transactions kept in memory for learners that are a little behind. */
  readonly commitLogCount: number;
  /** Learners get a DIFF from the log files as long as it is smaller than this share of a snapshot; negative = never. */
  readonly snapshotSizeFactor: number;
  /** False: never wait for the disk. Loses acknowledged writes in a power failure. */
  readonly forceSync: boolean;
  /** Snapshots kept when purging is on; null = never purge. */
  readonly purgeRetainCount: number | null;
  /** 0 = never purge. */
  readonly purgeIntervalHours: number;
  readonly digestEnabled: boolean;
  /** Znodes with a time to live; changes what owner fields of znodes mean, so all servers must agree. */
  readonly extendedTypes: boolean;
}

export function readStorageSettings(reader: PropertyReader): StorageSettings {
  const positive = { least: 1, most: largestInt };
  // Files grow with what is written: a file system that needs more than that to be fast is rare by now.
  reader.find('preAllocSize');
  reader.unserved('closeSessionTxn.enabled', 'true', 'the end of a session always lists its ephemerals');
  reader.unserved('datadir.autocreate', 'true', 'directories that are missing are made');
  reader.unserved('emulate353TTLNodes', 'false', 'TTL nodes have the form of ZooKeeper 3.5.4 and later');
  return {
    snapCount: reader.integer('snapCount', 100_000, { least: 2, most: largestInt }),
    // Apache ZooKeeper raises anything below 500; tests of synchronization need it small, so it is taken as is.
    commitLogCount: reader.integer('commitLogCount', 500, positive),
    snapshotSizeFactor: reader.decimal('snapshotSizeFactor', 0.33),
    forceSync: reader.choice('forceSync', 'yes', ['yes', 'no']) === 'yes',
    ...readPurge(reader),
    digestEnabled: reader.flag('digest.enabled', true),
    extendedTypes: reader.flag('extendedTypesEnabled', false),
  };
}

function readPurge(reader: PropertyReader) {
  const count = { least: 0, most: largestInt };
  const purgeIntervalHours = reader.integer('autopurge.purgeInterval', 0, count);
  const retained = reader.integer('autopurge.snapRetainCount', 3, count);
  return { purgeIntervalHours, purgeRetainCount: purgeIntervalHours === 0 ? null : Math.max(3, retained) };
}
