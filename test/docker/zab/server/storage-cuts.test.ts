import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { loadEpochs } from '../../../../docker/zab/src/server/epoch-files.ts';
import type { PersistOperation } from '../../../../docker/zab/src/core/events.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { sourceOf } from '../core/test-database.ts';
import { MemoryDisk } from './memory-disk.ts';
import { directories, emptySnapshot, load, openStorage, append, zxidsOf } from './open-storage.ts';
import type { Opened } from './open-storage.ts';

describe('truncation', () => {
  function threeFiles(): Opened {
    const disk = new MemoryDisk();
    let opened = openStorage(disk);
    for (const zxids of [
      [1, 2, 3],
      [4, 5],
      [6, 7],
    ]) {
      opened.storage.persist(append(...zxids));
      opened.storage.flush();
      disk.runAll();
      opened = openStorage(disk);
    }
    return opened;
  }

  it('cuts inside a file, removes later files, and goes on in a new one', () => {
    const { disk, storage, persisted } = threeFiles();
    storage.persist([{ type: 'truncate', mark: 501, zxid: 2 }, ...append(3)]);
    storage.flush();
    disk.runAll();

    assert.equal(persisted.length, 1);
    assert.deepEqual(zxidsOf(load(disk)), [1, 2, 3]);
    assert.deepEqual(
      disk.list(directories.logs).filter((name) => name.startsWith('log.')),
      ['log.1', 'log.3'],
    );
  });

  it('never leaves a hole, wherever a crash stops it', () => {
    const steps = threeFiles();
    steps.storage.persist([{ type: 'truncate', mark: 502, zxid: 2 }]);
    steps.storage.flush();
    const count = steps.disk.nextBatch.length;

    for (let step = 0; step <= count; step++) {
      const { disk, storage } = threeFiles();
      storage.persist([{ type: 'truncate', mark: 503, zxid: 2 }]);
      storage.flush();
      disk.stepPartly(step);
      const zxids = zxidsOf(load(disk));
      assert.deepEqual(zxids, [1, 2, 3, 4, 5, 6, 7].slice(0, zxids.length));
      assert(zxids.length >= 2);
    }
  });

  it("does what Apache ZooKeeper's own truncation did", () => {
    const vector = (name: string) =>
      readFileSync(new URL(`../../../vectors/storage/${name}`, import.meta.url));
    const disk = MemoryDisk.of({
      '/data/version-2/snapshot.0': emptySnapshot,
      '/data/version-2/log.100000001': vector('trunc-before.log.100000001'),
      '/data/version-2/acceptedEpoch': '1',
      '/data/version-2/currentEpoch': '1',
    });
    const after = MemoryDisk.of({
      '/data/version-2/snapshot.0': emptySnapshot,
      '/data/version-2/log.100000001': vector('trunc-after.log.100000001'),
    });
    const kept = zxidsOf(load(after));

    const { storage, recovery } = openStorage(disk);
    assert(recovery.tail.length > kept.length);
    storage.persist([{ type: 'truncate', mark: 504, zxid: kept.at(-1) ?? 0 }]);
    storage.flush();
    disk.runAll();

    assert.deepEqual(zxidsOf(load(disk)), kept);
  });
});

describe('a snapshot from the leader', () => {
  const installed = makeZxid(2, 3);

  function withHistory(): Opened {
    const disk = new MemoryDisk();
    const opened = openStorage(disk);
    const old = [1, 2, 3, 4].map((counter) => makeZxid(1, counter));
    opened.storage.persist([
      { type: 'acceptedEpoch', mark: 601, epoch: 2 },
      { type: 'currentEpoch', mark: 602, epoch: 1 },
      ...append(...old),
    ]);
    opened.storage.flush();
    disk.runAll();
    return opened;
  }

  const install: PersistOperation = {
    type: 'snapshot',
    mark: 603,
    zxid: installed,
    currentEpoch: 2,
    file: emptySnapshot,
  };

  it('replaces snapshots and logs', () => {
    const { disk, storage } = withHistory();
    storage.persist([install]);
    storage.flush();
    disk.runAll();

    assert.deepEqual(disk.list(directories.snapshots), [
      'acceptedEpoch',
      'currentEpoch',
      'snapshot.200000003',
    ]);
    assert.equal(disk.read('/data/version-2/currentEpoch')?.toString(), '2');
  });

  it('is found together with its epoch, or not at all, wherever a crash stops it', () => {
    const outcomes = new Set<string>();
    for (let step = 0; ; step++) {
      const { disk, storage } = withHistory();
      storage.persist([install]);
      storage.flush();
      const isWhole = step === disk.nextBatch.length;
      disk.stepPartly(step);
      const recovery = load(disk);
      const { currentEpoch } = loadEpochs(disk, directories.snapshots, recovery);
      outcomes.add(`${recovery.lastZxid.toString(16)} in epoch ${currentEpoch}`);
      if (isWhole) break;
    }

    assert.deepEqual([...outcomes], ['100000004 in epoch 1', '200000003 in epoch 2']);
  });

  it('leaves nothing of a history that went further', () => {
    const { disk, storage } = withHistory();
    storage.takeSnapshot({ zxid: makeZxid(1, 3), source: sourceOf(emptySnapshot), digest: '' });
    storage.persist([{ ...install, zxid: makeZxid(1, 2), currentEpoch: 1 }]);
    storage.flush();
    disk.runAll();

    assert.equal(load(disk).lastZxid, makeZxid(1, 2));
  });
});

describe('epoch files', () => {
  const at = (contents: Record<string, string>, lastZxid: number) =>
    loadEpochs(
      MemoryDisk.of(Object.fromEntries(Object.entries(contents).map(([name, text]) => [`/e/${name}`, text]))),
      '/e',
      { lastZxid, snapshotZxid: 0 },
    );

  it('are made from the history where they are missing', () => {
    assert.deepEqual(at({}, makeZxid(4, 7)), {
      acceptedEpoch: 4,
      currentEpoch: 4,
      repairs: ['acceptedEpoch', 'currentEpoch'],
    });
  });

  it('are raised to an epoch that the history proves', () => {
    const epochs = at({ acceptedEpoch: '5', currentEpoch: '3' }, makeZxid(5, 1));

    assert.deepEqual(epochs, { acceptedEpoch: 5, currentEpoch: 5, repairs: ['currentEpoch'] });
  });

  it('are refused where the history goes beyond what was promised', () => {
    assert.throws(
      () => at({ acceptedEpoch: '2', currentEpoch: '2' }, makeZxid(3, 1)),
      /currentEpoch: it says epoch 2.*0x300000001.*Restore|restore/,
    );
  });

  it('are refused where a promise was forgotten', () => {
    assert.throws(
      () => at({ acceptedEpoch: '2', currentEpoch: '3' }, 0),
      /acceptedEpoch: it says epoch 2, below the 3 of currentEpoch/,
    );
  });

  it('are refused where they are no numbers', () => {
    assert.throws(
      () => at({ acceptedEpoch: 'two' }, 0),
      /\/e\/acceptedEpoch: expected an epoch in decimal, found "two"/,
    );
  });
});
