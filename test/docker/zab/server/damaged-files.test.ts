// Damage where a hole is easily overlooked: between epochs. Inside one the next counter is missing; the first record
// of a later epoch fits behind anything.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { readLog } from '../../../../docker/zab/src/server/log-reader.ts';
import { TransactionLog } from '../../../../docker/zab/src/server/transaction-log.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { MemoryDisk } from './memory-disk.ts';
import { directories, emptySnapshot, load, record, zxidsOf } from './open-storage.ts';

const first = makeZxid(1, 1);
const nextEpoch = makeZxid(2, 1);
const folder = directories.logs;

/** A blank server's snapshot, and a log of one file for each list of zxids. */
function diskWith(...files: readonly (readonly number[])[]): { disk: MemoryDisk; log: TransactionLog } {
  const disk = MemoryDisk.of({ [`${folder}/snapshot.0`]: emptySnapshot });
  const log = new TransactionLog(directories, []);
  for (const zxids of files) {
    log.roll();
    const records = zxids.map((zxid) => record(zxid));
    for (const operation of log.append(records, true)) disk.perform(operation);
  }
  return { disk, log };
}

function bytesOf(disk: MemoryDisk, name: string): Buffer {
  const content = disk.files.get(`${folder}/${name}`);
  assert(content !== undefined, name);
  return content.bytes;
}

function damageEnd(disk: MemoryDisk, name: string): void {
  const bytes = bytesOf(disk, name);
  bytes[bytes.length - 10]! ^= 1;
}

describe('damaged files', () => {
  it('whose last record was the last of an epoch are no torn tail when a later epoch follows', () => {
    const { disk } = diskWith([first, first + 1], [nextEpoch]);
    damageEnd(disk, `log.${first.toString(16)}`);

    assert.throws(
      () => load(disk),
      /log\.100000001: its last record is damaged, and .*log\.200000001 goes on with a later epoch.*Restore the file/,
    );
  });

  it('whose only record is damaged are not left out either', () => {
    const { disk } = diskWith([first], [first + 1], [nextEpoch]);
    damageEnd(disk, `log.${(first + 1).toString(16)}`);

    assert.throws(() => load(disk), /log\.100000002: its last record is damaged/);
  });

  it('with a part of a record in the way of nobody are read on: its zxid was given again', () => {
    const { disk } = diskWith([first, first + 1], [first + 1, nextEpoch]);
    damageEnd(disk, `log.${first.toString(16)}`);

    assert.deepEqual(zxidsOf(load(disk)), [first, first + 1, nextEpoch]);
  });

  it('with preallocated zeros behind the last record of an epoch are whole', () => {
    const { disk } = diskWith([first, first + 1], [nextEpoch]);
    const content = disk.files.get(`${folder}/log.${first.toString(16)}`)!;
    content.bytes = Buffer.concat([content.bytes, Buffer.alloc(1_000)]);

    assert.deepEqual(zxidsOf(load(disk)), [first, first + 1, nextEpoch]);
  });

  it('that end at the last record of the log look like a write that did not finish', () => {
    const { disk } = diskWith([first, first + 1], [nextEpoch]);
    damageEnd(disk, `log.${nextEpoch.toString(16)}`);

    assert.deepEqual(zxidsOf(load(disk)), [first, first + 1]);
  });

  it('are no source for a learner that lags', () => {
    const { disk, log } = diskWith([first, first + 1, first + 2], [nextEpoch]);
    const read = (): unknown =>
      readLog(disk, log.files, { afterZxid: first, throughZxid: nextEpoch, limitBytes: 10_000 });
    assert.notEqual(read(), null);

    damageEnd(disk, `log.${first.toString(16)}`);

    assert.equal(read(), null, 'it would miss the last record of the epoch');
  });
});

describe('a damaged snapshot', () => {
  /** From a leader at a zxid that this log has not, with an older history that a crash kept from being removed. */
  function diskAfterInterruptedInstall(): MemoryDisk {
    const { disk } = diskWith([first, first + 1], [nextEpoch]);
    disk.files.set(`${folder}/snapshot.${(first + 5).toString(16)}`, {
      bytes: Buffer.from(emptySnapshot),
      syncedLength: emptySnapshot.length,
    });
    return disk;
  }

  it('from a leader is not replaced by the history that it replaced', () => {
    const disk = diskAfterInterruptedInstall();
    assert.deepEqual(zxidsOf(load(disk)), [nextEpoch], 'as long as it is whole');

    damageEnd(disk, `snapshot.${(first + 5).toString(16)}`);

    assert.throws(
      () => load(disk),
      /snapshot\.100000006: it is not whole, and the log does not lead from the older snapshot of 0x0 to it/,
    );
  });

  it('of a server of its own is replaced by the one before and the log between them', () => {
    const { disk } = diskWith([first, first + 1], [nextEpoch]);
    disk.files.set(`${folder}/snapshot.${(first + 1).toString(16)}`, {
      bytes: Buffer.from(emptySnapshot.subarray(0, 20)),
      syncedLength: 20,
    });

    assert.deepEqual(zxidsOf(load(disk)), [first, first + 1, nextEpoch]);
  });
});
