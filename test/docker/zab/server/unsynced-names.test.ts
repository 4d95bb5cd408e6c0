// A process that is killed between a change of names and the sync of their directory leaves a disk that shows
// the change and may still take it back. What the next process finds is what it tells the others, so a power
// failure after that must not undo it.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PersistOperation } from '../../../../docker/zab/src/core/events.ts';
import { loadEpochs, type Epochs } from '../../../../docker/zab/src/server/epoch-files.ts';
import { recover, type Recovery } from '../../../../docker/zab/src/server/recovery.ts';
import { SnapshotFormat } from '../../../../docker/zab/src/server/snapshot-format.ts';
import { Storage } from '../../../../docker/zab/src/server/storage.ts';
import { Random } from '../../../../harness/random/random.ts';
import { SimulatedDisk } from '../../../../harness/simulation/disk.ts';
import { atOnce } from '../../../../harness/simulation/executor.ts';
import { Scheduler } from '../../../../harness/simulation/scheduler.ts';
import { TraceHash } from '../../../../harness/simulation/trace-hash.ts';
import { decodeSnapshotFile, encodeSnapshotFile } from '../../../../harness/wire/snapshot-codec.ts';
import { encodeTxn } from '../../../../harness/wire/txn-codec.ts';
import { MemoryWorld } from './memory-world.ts';

const directories = { snapshots: '/data/version-2', logs: '/logs/version-2' };
const emptySnapshot = encodeSnapshotFile({ sessions: [], acls: [], nodes: [] }, null);
/** Each decides by chance how many of the unsynced names a power failure takes. */
const seeds = Array.from({ length: 12 }, (_, index) => index + 1);

function append(zxid: number): PersistOperation {
  const header = { clientId: '0000000000000001', cxid: zxid, zxid, time: 0 };
  const record = encodeTxn(header, { type: 'setData', path: '/a', data: null, version: 1 }, null);
  return { type: 'append', mark: zxid, record };
}

/** A server's disk, and as much of the server as starts from it and writes to it. */
class Machine {
  readonly #scheduler = new Scheduler(new TraceHash());
  readonly disk: SimulatedDisk;

  constructor(seed: number) {
    this.disk = new SimulatedDisk({ scheduler: this.#scheduler, random: new Random(seed) });
  }

  read(): { recovery: Recovery; epochs: Epochs } {
    const disk = this.disk.portFor(atOnce);
    const recovery = recover({
      disk,
      directories,
      snapshotFormat: new SnapshotFormat('none', undefined),
      isEmptySnapshotTrusted: false,
      log: () => {},
      loadSnapshot: (file) => void decodeSnapshotFile(file),
    });
    return { recovery, epochs: loadEpochs(disk, directories.snapshots, recovery) };
  }

  /** Starts a process, up to where it would talk to the others. */
  start(): { storage: Storage; recovery: Recovery; epochs: Epochs } {
    const { recovery, epochs } = this.read();
    const storage = new Storage({
      disk: this.disk.portFor(atOnce),
      clock: new MemoryWorld().clock(),
      directories,
      recovery,
      forceSync: true,
      purgeRetainCount: null,
      logSizeLimitBytes: null,
      syncWarningMs: 1_000,
      snapshotSizeFactor: 100,
      snapshotFormat: new SnapshotFormat('none', undefined),
      writable: () => {},
      log: () => {},
      trace: undefined,
      persisted: () => {},
      failed: (reason) => assert.fail(reason),
    });
    storage.repair(epochs, recovery.snapshotZxid === null ? emptySnapshot : null, () => {});
    this.finish();
    return { storage, recovery, epochs };
  }

  finish(): void {
    while (this.#scheduler.runNext());
  }

  /** The process is killed as soon as the disk shows what it did. */
  killOnce(isShown: () => boolean): void {
    while (!isShown()) assert.ok(this.#scheduler.runNext(), 'the disk shows it sooner or later');
    this.disk.dropRequests();
  }
}

describe('names that a killed process left unsynced', () => {
  it('are synced before the next one speaks: an epoch that it found stays', () => {
    for (const seed of seeds) {
      const machine = new Machine(seed);
      const { storage } = machine.start();
      storage.persist([{ type: 'acceptedEpoch', mark: 1, epoch: 7 }]);
      storage.persist([{ type: 'currentEpoch', mark: 2, epoch: 7 }]);
      storage.flush();
      machine.killOnce(() => machine.read().epochs.currentEpoch === 7);

      assert.equal(machine.start().epochs.currentEpoch, 7);
      machine.disk.losePower();

      assert.equal(machine.read().epochs.currentEpoch, 7, `seed ${seed}`);
    }
  });

  it('are synced before the next one speaks: a log that was cut stays cut', () => {
    for (const seed of seeds) {
      const machine = new Machine(seed);
      const { storage } = machine.start();
      storage.persist([append(1), append(2)]);
      storage.flush();
      machine.finish();
      storage.persist([{ type: 'truncate', mark: 3, zxid: 0 }]);
      storage.flush();
      machine.killOnce(() => machine.read().recovery.lastZxid === 0);

      assert.equal(machine.start().recovery.lastZxid, 0);
      machine.disk.losePower();

      assert.equal(machine.read().recovery.lastZxid, 0, `seed ${seed}`);
    }
  });
});
