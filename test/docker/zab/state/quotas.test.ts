import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { ErrorCode } from '../../../../harness/wire/constants.ts';
import type { ClientRequest } from '../../../../harness/wire/records.ts';
import { StateDatabase } from '../../../../docker/zab/src/state/database.ts';
import type { QuotaExcess } from '../../../../docker/zab/src/state/quota-guard.ts';
import { create, remove, setData } from './requests.ts';
import { StateServer } from './state-server.ts';

const { OK, QUOTA_EXCEEDED, RUNTIME_INCONSISTENCY } = ErrorCode;
const statsPath = '/zookeeper/quota/p/zookeeper_stats';
const limitsPath = '/zookeeper/quota/p/zookeeper_limits';

let server: StateServer;
let told: QuotaExcess[];

/** With a quota on /p, which holds two bytes. */
function begin(limits: string, enforcesQuota = true): void {
  told = [];
  server = StateServer.serving({ enforcesQuota, quotaExceeded: (excess) => void told.push(excess) });
  server.write(create('/p', { data: Buffer.from('pp') }));
  server.write(create('/zookeeper/quota/p'));
  server.write(create(limitsPath, { data: Buffer.from(limits) }));
  server.write(create(statsPath, { data: Buffer.from('count=0,bytes=0') }));
}

function stats(database = server.database): string | undefined {
  return database.tree.get(statsPath)?.data?.toString();
}

function errOf(request: ClientRequest): number {
  return server.write(request)?.err ?? OK;
}

describe('the use of a quota', () => {
  beforeEach(() => begin('count=-1,bytes=-1'));

  it('is counted when it is first asked for, the znode itself included', () => {
    assert.equal(stats(), 'count=1,bytes=2');
  });

  it('follows what is created, changed and deleted below, at any depth', () => {
    server.write(create('/p/a', { data: Buffer.from('123') }));
    server.write(create('/p/a/b', { data: Buffer.from('4') }));
    server.write(create('/pq', { data: Buffer.from('not below') }));
    assert.equal(stats(), 'count=3,bytes=6');

    server.write(setData('/p/a', '1'));
    server.write(setData('/p', null));
    assert.equal(stats(), 'count=3,bytes=2');

    server.write(remove('/p/a/b'));
    assert.equal(stats(), 'count=2,bytes=1');
  });

  it('changes neither Stat nor digest', () => {
    const znode = server.database.tree.get(statsPath);
    assert(znode !== undefined);
    const before = { ...server.database.tree.stat(znode), dataLength: 0 };

    server.write(create('/p/a'));

    assert.deepEqual({ ...server.database.tree.stat(znode), dataLength: 0 }, before);
    assert.equal(server.database.digestMismatchCount, 0);
  });

  it('counts for the nearest quota alone', () => {
    server.write(create('/p/a'));
    server.write(create('/zookeeper/quota/p/a'));
    server.write(create('/zookeeper/quota/p/a/zookeeper_limits', { data: Buffer.from('count=5,bytes=-1') }));
    server.write(create('/zookeeper/quota/p/a/zookeeper_stats'));

    server.write(create('/p/a/b', { data: Buffer.from('x') }));

    const nearest = server.database.tree.get('/zookeeper/quota/p/a/zookeeper_stats')?.data?.toString();
    assert.equal(nearest, 'count=2,bytes=2');
    assert.equal(stats(), 'count=2,bytes=3');
  });

  it('is not followed any more when the limits are deleted', () => {
    server.write(remove(limitsPath));
    server.write(create('/p/a'));

    assert.equal(stats(), 'count=1,bytes=2');
  });

  it('is counted anew from a snapshot, and followed from there', () => {
    server.write(create('/p/a', { data: Buffer.from('123') }));
    server.write(setData(statsPath, 'count=77,bytes=77'));

    const loaded = new StateDatabase();
    loaded.loadSnapshotFile(server.database.encodeSnapshotFile(), server.database.lastProcessedZxid);
    assert.equal(stats(loaded), 'count=2,bytes=5');

    loaded.apply(server.prepare(remove('/p/a')));
    assert.equal(stats(loaded), 'count=1,bytes=2');
  });

  it('keeps what else is written there', () => {
    server.write(setData(statsPath, 'count=1,bytes=2=;countHardLimit=9;byteHardLimit=-1'));
    server.write(create('/p/a'));

    assert.equal(stats(), 'count=2,bytes=3=;byteHardLimit=-1;countHardLimit=9');
  });

  it('takes what is no number for none, as it takes a znode that is not there', () => {
    server.write(setData(statsPath, 'nonsense'));
    server.write(create('/p/a'));
    assert.equal(stats(), 'count=0,bytes=0');

    server.write(remove(statsPath));
    assert.equal(errOf(create('/p/b')), OK);
  });
});

describe('a hard limit', () => {
  it('of znodes refuses a create, and lets data change', () => {
    begin('count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2');

    assert.equal(errOf(create('/p/a')), OK);
    assert.equal(errOf(create('/p/b')), QUOTA_EXCEEDED);
    assert.equal(errOf(setData('/p/a', 'much longer')), OK);
    assert.equal(errOf(remove('/p/a')), OK);
    assert.equal(errOf(create('/p/b')), OK);
  });

  it('of bytes refuses what makes more of them, before the version is looked at', () => {
    begin('count=-1,bytes=-1=;byteHardLimit=4;countHardLimit=-1');

    assert.equal(errOf(create('/p/a', { data: Buffer.from('123') })), QUOTA_EXCEEDED);
    assert.equal(errOf(create('/p/a', { data: Buffer.from('12') })), OK);
    assert.equal(errOf(setData('/p/a', '123', 7)), QUOTA_EXCEEDED);
    assert.equal(errOf(setData('/p/a', '21')), OK);
  });

  it('counts what is in flight', () => {
    begin('count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=3');

    const records = ['/p/a', '/p/b', '/p/c'].map((path) => server.prepare(create(path)));
    const afterDelete = [server.prepare(remove('/p/a')), server.prepare(create('/p/d'))];

    assert.deepEqual(
      [...records, ...afterDelete].map(({ txn }) => (txn.type === 'error' ? txn.err : txn.type)),
      ['create', 'create', QUOTA_EXCEEDED, 'delete', 'create'],
    );
  });

  it('fails a multi at the operation that goes beyond it', () => {
    begin('count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2');

    const { txn } = server.prepare({
      type: 'multi',
      operations: [create('/p/a'), create('/p/b'), create('/p/c')],
    });

    assert(txn.type === 'multi');
    assert.deepEqual(
      txn.txns.map((each) => (each.type === 'error' ? each.err : each.type)),
      ['create', QUOTA_EXCEEDED, RUNTIME_INCONSISTENCY],
    );
    assert.equal(errOf(create('/p/a')), OK);
  });

  it('is only told of where quotas are not enforced, as a soft one is', () => {
    begin('count=1,bytes=1=;byteHardLimit=-1;countHardLimit=1', false);

    assert.equal(errOf(create('/p/a', { data: Buffer.from('x') })), OK);

    assert.deepEqual(told, [
      { path: '/p', of: 'count', used: 2, limit: 1, isHard: true },
      { path: '/p', of: 'bytes', used: 3, limit: 1, isHard: false },
    ]);
  });
});
