import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { readLog } from '../../../../docker/zab/src/server/log-reader.ts';
import { TransactionLog } from '../../../../docker/zab/src/server/transaction-log.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { testRecord } from '../core/test-database.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryServer } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const directories = { snapshots: '/data/version-2', logs: '/data/version-2' };
const first = makeZxid(1, 1);

/** A log of one file for each list of zxids. */
function logOf(...files: readonly (readonly number[])[]) {
  const disk = new MemoryDisk();
  const log = new TransactionLog(directories, []);
  for (const zxids of files) {
    log.roll();
    const records = zxids.map((zxid) => testRecord(zxid));
    for (const operation of log.append(records, true)) disk.perform(operation);
  }
  const read = (afterZxid: number, throughZxid: number, limitBytes = 10_000): number[] | null =>
    readLog(disk, log.files, { afterZxid, throughZxid, limitBytes })?.map(({ header }) => header.zxid) ??
    null;
  return { disk, read };
}

describe('the log on disk, for a learner that lags', () => {
  it('gives what follows a record, across files', () => {
    const { read } = logOf([first, first + 1], [first + 2, first + 3], [first + 4, first + 5]);

    assert.deepEqual(read(first + 1, first + 4), [first + 2, first + 3, first + 4]);
    assert.deepEqual(read(first, first + 1), [first + 1]);
  });

  it('gives nothing where it does not reach back, or does not hold the end', () => {
    const { read } = logOf([first, first + 1]);

    assert.equal(read(makeZxid(1, 0), first + 1), null, 'what came before its first file is not in it');
    assert.equal(read(5, first + 1), null);
    assert.equal(read(first, first + 2), null);
  });

  it('gives nothing to a learner whose last record is another', () => {
    const { read } = logOf([first, first + 1, makeZxid(2, 1)]);

    assert.equal(read(first + 7, makeZxid(2, 1)), null);
    assert.deepEqual(
      read(makeZxid(2, 0), makeZxid(2, 1)),
      [makeZxid(2, 1)],
      'the start of an epoch is a place',
    );
  });

  it('gives nothing where a record is missing, damaged, or there are too many bytes', () => {
    assert.equal(logOf([first], [first + 2]).read(first, first + 2), null);
    assert.equal(logOf([first, first + 1]).read(first, first + 1, 100), null);
    const { disk, read } = logOf([first, first + 1]);
    disk.files.get(`/data/version-2/log.${first.toString(16)}`)!.bytes[100]! ^= 1;
    assert.equal(read(first, first + 1), null);
  });

  it('brings a server back that lags more than memory holds, without a snapshot', () => {
    const world = new MemoryWorld();
    const lines = ['commitLogCount=5', 'snapshotSizeFactor=1000'];
    const servers = [1, 2, 3].map((sid) => new MemoryServer(world, { sid, servers: [1, 2, 3], lines }));
    world.run(1_500);
    const leader = servers.find(({ server }) => server.mode === 'leader')!;
    const lagging = servers.find(({ server }) => server.mode === 'follower')!;
    const client = leader.client();
    world.run(100);
    const create = (path: string) =>
      client.call({
        type: 'create',
        path,
        data: null,
        acl: [{ perms: 31, scheme: 'world', id: 'anyone' }],
        flags: 0,
      });
    assert.equal(create('/a').err, 0);
    lagging.server.stop();
    world.run(500);
    for (let index = 0; index < 20; index++) assert.equal(create(`/b${index}`).err, 0);

    lagging.restart();
    world.run(3_000);

    assert.equal(lagging.server.mode, 'follower');
    assert.equal(lagging.server.lastProcessedZxid, leader.server.lastProcessedZxid);
    const sent = leader.trace.filter(({ event }) => event === 'SYNC_SEND').at(-1);
    assert.equal(sent?.['mode'], 'DIFF');
    assert.equal(lagging.trace.filter(({ event }) => event === 'SNAP_INSTALL').length, 0);
  });
});
