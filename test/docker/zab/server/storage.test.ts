import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, it } from 'mocha';
import type { PersistOperation } from '../../../../docker/zab/src/core/events.ts';
import { StorageError } from '../../../../docker/zab/src/server/storage-error.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { sourceOf } from '../core/test-database.ts';
import { MemoryDisk } from './memory-disk.ts';
import {
  directories,
  emptySnapshot,
  load,
  openStorage,
  takeMark,
  append,
  zxidsOf,
  syncsOf,
} from './open-storage.ts';

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  assert.ok(typeof collect === 'function');
  collect();
}

describe('group commit', () => {
  it('writes once and syncs once for everything that waits', () => {
    const { disk, storage, persisted } = openStorage(new MemoryDisk());
    storage.persist(append(1));
    storage.flush();
    const rest = append(2, 3, 4, 5, 6, 7, 8);
    for (const operation of rest) {
      storage.persist([operation]);
      storage.flush();
    }
    assert.equal(disk.waitingCount, 1, 'while one batch is on its way the others wait together');

    disk.runAll();

    assert.equal(syncsOf(disk), 2);
    assert.equal(disk.performed.filter(({ type }) => type === 'append').length, 2);
    assert.deepEqual(persisted.at(-1), rest.at(-1)?.mark);
    assert.deepEqual(zxidsOf(load(disk)), [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('reports nothing before the sync, and syncs the directory of a new file first', () => {
    const { disk, storage, persisted } = openStorage(new MemoryDisk());
    storage.persist(append(1));
    storage.flush();

    assert.deepEqual(
      disk.nextBatch.map(({ type }) => type),
      ['append', 'sync', 'syncDirectory'],
    );
    assert.deepEqual(persisted, []);
    disk.runAll();
    assert.equal(persisted.length, 1);
  });

  it('starts a new log file after a restart, named after its first record', () => {
    const { disk, storage } = openStorage(new MemoryDisk());
    storage.persist(append(1, 2));
    storage.flush();
    disk.runAll();

    const second = openStorage(disk);
    second.storage.persist(append(3));
    second.storage.flush();
    disk.runAll();

    assert.deepEqual(
      disk.list(directories.logs).filter((name) => name.startsWith('log.')),
      ['log.1', 'log.3'],
    );
    assert.deepEqual(zxidsOf(load(disk)), [1, 2, 3]);
  });

  it('lets go of what is durable, which may be a whole snapshot', async () => {
    const { disk, storage } = openStorage(new MemoryDisk());
    const persisted = ((): WeakRef<object> => {
      const operation: PersistOperation = {
        type: 'snapshot',
        mark: takeMark(),
        zxid: 5,
        currentEpoch: 1,
        file: emptySnapshot,
      };
      storage.persist([operation]);
      return new WeakRef(operation);
    })();
    storage.flush();
    disk.runAll();

    await setImmediate();
    collectGarbage();
    assert.equal(persisted.deref(), undefined);
    assert.equal(storage.problem, null);
  });

  it('acknowledges nothing once a sync has failed, and says what to do', () => {
    const { disk, storage, persisted, failures } = openStorage(new MemoryDisk());
    disk.fault = 'EIO';
    storage.persist(append(1));
    storage.flush();
    disk.runAll();
    disk.fault = null;
    storage.persist(append(2));
    storage.flush();
    disk.runAll();

    assert.deepEqual(
      persisted,
      [],
      'not even when the next sync would succeed: it may sync less than was written',
    );
    assert.equal(failures.length, 1);
    assert.match(failures[0] ?? '', /EIO.*nothing more is acknowledged.*Check the file system of \/data/);
  });

  it('waits while the disk is full, says so, and goes on where it was when there is room', () => {
    const { disk, world, storage, persisted, writable, failures } = openStorage(new MemoryDisk());
    const operations = append(1, 2);
    storage.persist([operations[0]!]);
    storage.flush();
    disk.runAll();
    disk.fault = 'ENOSPC';
    storage.persist([operations[1]!]);
    storage.flush();
    disk.runAll();

    assert.deepEqual(persisted, [operations[0]?.mark]);
    assert.deepEqual(writable, [false]);
    assert.match(storage.problem ?? '', /takes no writes \(ENOSPC.*Free space on the file system of \/data/);
    assert.equal(load(disk).lastZxid, 1, 'a crash now finds a torn tail, and cuts it');

    world.run(100);
    assert.equal(disk.waitingCount, 1, 'it tries again after a while');
    disk.runAll();
    assert.deepEqual(writable, [false], 'once is enough to say it');
    disk.fault = null;
    world.run(200);
    disk.runAll();

    assert.deepEqual(writable, [false, true]);
    assert.equal(storage.problem, null);
    assert.deepEqual(
      persisted,
      operations.map(({ mark }) => mark),
    );
    assert.deepEqual(failures, []);
    assert.deepEqual(load(disk).lastZxid, 2);
    const kinds = load(disk).repairs.map(({ type }) => type);
    assert.deepEqual(kinds, ['sync'], 'nothing half-written is left to be cut');
  });

  it('waits for room for the first record of a file and for an epoch too', () => {
    const { disk, world, storage, persisted } = openStorage(new MemoryDisk());
    disk.fault = 'ENOSPC';
    storage.persist([...append(makeZxid(1, 1)), { type: 'acceptedEpoch', mark: takeMark(), epoch: 1 }]);
    storage.flush();
    disk.runAll();
    disk.fault = null;
    world.run(100);
    disk.runAll();

    assert.equal(persisted.length, 1);
    assert.equal(load(disk).lastZxid, makeZxid(1, 1));
    assert.equal(disk.read('/data/version-2/acceptedEpoch')?.toString(), '1');
  });

  it('keeps epochs and appends in order within a batch', () => {
    const { disk, storage, persisted } = openStorage(new MemoryDisk());
    const first = makeZxid(1, 1);
    storage.persist([
      { type: 'acceptedEpoch', mark: 901, epoch: 1 },
      { type: 'currentEpoch', mark: 902, epoch: 1 },
      ...append(first).map((operation) => ({ ...operation, mark: 903 })),
    ]);
    storage.flush();
    disk.runAll();

    assert.deepEqual(persisted, [903]);
    assert.deepEqual(
      disk.performed.map(
        (operation) => `${operation.type} ${'path' in operation ? operation.path : operation.to}`,
      ),
      [
        'write /data/version-2/acceptedEpoch.tmp',
        'sync /data/version-2/acceptedEpoch.tmp',
        'rename /data/version-2/acceptedEpoch',
        'syncDirectory /data/version-2',
        'write /data/version-2/currentEpoch.tmp',
        'sync /data/version-2/currentEpoch.tmp',
        'rename /data/version-2/currentEpoch',
        'syncDirectory /data/version-2',
        'append /data/version-2/log.100000001',
        'sync /data/version-2/log.100000001',
        'syncDirectory /data/version-2',
      ],
    );
  });
});

describe('recovery', () => {
  it('keeps all that was synced and a prefix of the rest, wherever a power loss cuts the last write', () => {
    const { disk, storage } = openStorage(new MemoryDisk());
    storage.persist(append(1, 2, 3));
    storage.flush();
    disk.runAll();
    storage.persist(append(4, 5, 6));
    storage.flush();
    disk.stepPartly(1);
    const lost = disk.files.get('/data/version-2/log.1');
    assert(lost !== undefined);
    const unsynced = lost.bytes.length - lost.syncedLength;
    assert(unsynced > 200);

    for (let kept = 0; kept <= unsynced; kept++) {
      const { recovery, warnings, disk: after } = openStorage(disk.afterPowerLoss(kept));
      const zxids = zxidsOf(recovery);
      assert.deepEqual(zxids.slice(0, 3), [1, 2, 3]);
      assert.deepEqual(zxids, [1, 2, 3, 4, 5, 6].slice(0, zxids.length));
      assert.equal(zxids.length, 3 + Math.floor((3 * kept) / unsynced));
      // A record begins with four zeros, and zeros alone are what preallocation leaves: nothing to report.
      const isTorn = kept % (unsynced / 3) > 4;
      assert.equal(warnings.length, isTorn ? 1 : 0);
      if (isTorn) assert.match(warnings[0] ?? '', /cut a torn tail of \/data\/version-2\/log\.1 at byte \d+/);
      // What was cut is gone from the disk too: the next start finds nothing to report.
      assert.equal(openStorage(after).warnings.length, 0);
    }
  });

  it('makes durable what a killed process left in the page cache, before anything is built on it', () => {
    const { disk, storage } = openStorage(new MemoryDisk());
    storage.persist(append(1, 2));
    storage.flush();
    disk.runAll();
    storage.persist(append(3));
    storage.flush();
    disk.stepPartly(1);

    // The page cache outlives the process: all of it is found. Then the log goes on in a new file.
    const { storage: second, disk: after, recovery } = openStorage(disk.afterKill());
    assert.deepEqual(zxidsOf(recovery), [1, 2, 3]);
    second.persist(append(4));
    second.flush();
    after.runAll();

    assert.deepEqual(zxidsOf(load(after.afterPowerLoss(0))), [1, 2, 3, 4]);
  });

  it('removes a log whose only record is torn, and uses its name again', () => {
    const { disk, storage } = openStorage(new MemoryDisk());
    storage.persist(append(1));
    storage.flush();
    disk.stepPartly(1);

    const { storage: second, disk: after } = openStorage(disk.afterPowerLoss(30));
    assert.deepEqual(
      after.list(directories.logs).filter((name) => name.startsWith('log.')),
      [],
    );
    second.persist(append(1, 2));
    second.flush();
    after.runAll();

    assert.deepEqual(zxidsOf(load(after)), [1, 2]);
  });

  it('refuses a corrupt middle, naming file, offset and remedy', () => {
    const { disk, storage } = openStorage(new MemoryDisk());
    storage.persist(append(1, 2, 3));
    storage.flush();
    disk.runAll();
    const content = disk.files.get('/data/version-2/log.1');
    assert(content !== undefined);
    const recordBytes = (content.bytes.length - 16) / 3;
    content.bytes[16 + recordBytes + 30]! ^= 1;

    assert.throws(
      () => load(disk),
      (error) =>
        (error instanceof StorageError &&
          new RegExp(
            `^/data/version-2/log\\.1: the record at byte ${16 + recordBytes} is damaged \\(checksum\\) while a good record follows at byte ${16 + 2 * recordBytes}.*Restore the file`,
          ).test(error.message)) ||
        assert.fail(String(error)),
    );
  });

  it('refuses a gap between two files', () => {
    const { disk, storage } = openStorage(new MemoryDisk());
    storage.persist(append(1, 2, 3));
    storage.flush();
    disk.runAll();
    const { storage: second } = openStorage(disk);
    second.persist(append(4));
    second.flush();
    disk.runAll();
    const content = disk.files.get('/data/version-2/log.1');
    assert(content !== undefined);
    content.bytes = content.bytes.subarray(0, content.bytes.length - 5);

    assert.throws(
      () => load(disk),
      /log\.4: the record at byte 16 has zxid 0x4, which cannot follow 0x2: records are missing/,
    );
  });

  it('starts a new log file when the old one has grown to its limit', () => {
    const { disk, storage } = openStorage(new MemoryDisk(), 150);
    for (const operation of append(1, 2, 3, 4, 5)) {
      storage.persist([operation]);
      storage.flush();
      disk.runAll();
    }

    const logs = disk.list(directories.logs).filter((name) => name.startsWith('log.'));
    assert.deepEqual(logs, ['log.1', 'log.3', 'log.5']);
    assert.deepEqual(zxidsOf(load(disk)), [1, 2, 3, 4, 5]);
  });

  it('refuses logs without a snapshot', () => {
    const { disk, storage } = openStorage(new MemoryDisk());
    storage.persist(append(1));
    storage.flush();
    disk.runAll();
    disk.files.delete('/data/version-2/snapshot.0');

    assert.throws(() => load(disk), /there are transaction logs but no snapshot/);
  });

  it('takes an older snapshot when the newest is not whole, and says so', () => {
    const { disk, storage } = openStorage(new MemoryDisk());
    storage.persist(append(1, 2));
    storage.takeSnapshot({ zxid: 2, source: sourceOf(emptySnapshot), digest: '' });
    storage.flush();
    disk.runAll();
    assert.equal(load(disk).snapshotZxid, 2);
    const content = disk.files.get('/data/version-2/snapshot.2');
    assert(content !== undefined);
    content.bytes = content.bytes.subarray(0, 20);

    const warnings: string[] = [];
    const recovery = load(disk, warnings);

    assert.equal(recovery.snapshotZxid, 0);
    assert.deepEqual(zxidsOf(recovery), [1, 2]);
    assert.match(warnings[0] ?? '', /snapshot\.2 is not whole/);
  });

  it('loads the files of Apache ZooKeeper', () => {
    const vector = (name: string) =>
      readFileSync(new URL(`../../../vectors/storage/${name}`, import.meta.url));
    const fromStart = MemoryDisk.of({
      '/data/version-2/snapshot.0': vector('standalone.snapshot.0'),
      '/data/version-2/log.1': vector('standalone.log.1'),
    });
    const fromSecondSnapshot = MemoryDisk.of({
      '/data/version-2/snapshot.0': vector('standalone.snapshot.0'),
      '/data/version-2/snapshot.10': vector('standalone.snapshot.10'),
      '/data/version-2/log.1': vector('standalone.log.1'),
    });

    const whole = load(fromStart);
    const rest = load(fromSecondSnapshot);

    assert.deepEqual(
      zxidsOf(whole),
      Array.from({ length: whole.tail.length }, (_, index) => index + 1),
    );
    assert(whole.tail.length >= 16);
    assert.equal(rest.snapshotZxid, 16);
    assert.equal(rest.tail.length, whole.tail.length - 16);
  });
});
