// A storage on a disk in memory, opened as a server opens it.

import { loadEpochs } from '../../../../docker/zab/src/server/epoch-files.ts';
import { recover, type Recovery } from '../../../../docker/zab/src/server/recovery.ts';
import { SnapshotFormat } from '../../../../docker/zab/src/server/snapshot-format.ts';
import { Storage } from '../../../../docker/zab/src/server/storage.ts';
import type { PersistOperation } from '../../../../docker/zab/src/core/events.ts';
import { decodeSnapshotFile, encodeSnapshotFile } from '../../../../harness/wire/snapshot-codec.ts';
import { encodeTxn } from '../../../../harness/wire/txn-codec.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { MemoryWorld } from './memory-world.ts';

export const directories = { snapshots: '/data/version-2', logs: '/data/version-2' };
export const emptySnapshot = encodeSnapshotFile({ sessions: [], acls: [], nodes: [] }, null);

export function record(zxid: number, size = 20): TxnRecord {
  const header = { clientId: '0000000000000001', cxid: zxid % 1000, zxid, time: 0 };
  return encodeTxn(
    header,
    { type: 'setData', path: '/a', data: Buffer.alloc(size, zxid % 251), version: 1 },
    null,
  );
}

export interface Opened {
  readonly disk: MemoryDisk;
  readonly storage: Storage;
  readonly recovery: Recovery;
  readonly persisted: number[];
  readonly world: MemoryWorld;
  readonly writable: boolean[];
  readonly failures: string[];
  readonly warnings: string[];
}

export function load(disk: MemoryDisk, warnings: string[] = []): Recovery {
  return recover({
    disk,
    directories,
    snapshotFormat: new SnapshotFormat('none', undefined),
    isEmptySnapshotTrusted: false,
    log: (level, message) => void (level === 'warn' && warnings.push(message)),
    loadSnapshot: (file) => void decodeSnapshotFile(file),
  });
}

export function openStorage(disk: MemoryDisk, logSizeLimitBytes: number | null = null): Opened {
  const world = new MemoryWorld();
  const warnings: string[] = [];
  const recovery = load(disk, warnings);
  const persisted: number[] = [];
  const failures: string[] = [];
  const writable: boolean[] = [];
  const storage = new Storage({
    disk,
    clock: world.clock(),
    directories,
    recovery,
    forceSync: true,
    purgeRetainCount: null,
    logSizeLimitBytes,
    syncWarningMs: 1_000,
    snapshotSizeFactor: 100,
    snapshotFormat: new SnapshotFormat('none', undefined),
    writable: (isWritable) => void writable.push(isWritable),
    log: () => {},
    trace: undefined,
    persisted: (mark) => void persisted.push(mark),
    failed: (reason) => void failures.push(reason),
  });
  const epochs = loadEpochs(disk, directories.snapshots, recovery);
  storage.repair(epochs, recovery.snapshotZxid === null ? emptySnapshot : null, () => {});
  disk.runAll();
  disk.performed.length = 0;
  return { disk, world, storage, recovery, persisted, writable, failures, warnings };
}

let nextMark = 1;

/** Marks rise over all the operations of a test. */
export function takeMark(): number {
  return nextMark++;
}

export function append(...zxids: number[]): PersistOperation[] {
  return zxids.map((zxid) => ({ type: 'append', mark: takeMark(), record: record(zxid) }));
}

export function zxidsOf(recovery: Recovery): number[] {
  return recovery.tail.map(({ header }) => header.zxid);
}

export function syncsOf(disk: MemoryDisk): number {
  return disk.performed.filter(({ type }) => type === 'sync').length;
}
