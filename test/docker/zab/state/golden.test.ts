// The state against bytes of Apache ZooKeeper: its logs, snapshots, proposals and replies.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { decodeSnapshotFile, type SnapshotBody } from '../../../../harness/wire/snapshot-codec.ts';
import { PacketType } from '../../../../harness/wire/constants.ts';
import { decodeForwardedRequest, QuorumStreamDecoder } from '../../../../harness/wire/quorum-codec.ts';
import type { ForwardedRequest, QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import { decodeTxn, encodeTxn } from '../../../../harness/wire/txn-codec.ts';
import { scanLog } from '../../../../harness/wire/txn-log-codec.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { StateDatabase } from '../../../../docker/zab/src/state/database.ts';
import { RequestPreparer } from '../../../../docker/zab/src/state/request-preparer.ts';
import { loadConnections, readVectorFile } from '../../../harness/wire/vectors.ts';

function recordsOf(file: string): TxnRecord[] {
  return scanLog(readVectorFile(file)).records.map(({ bytes }) => decodeTxn(bytes));
}

function emptyDatabase(): StateDatabase {
  return new StateDatabase({ extendedTypes: true });
}

function replayed(file: string): StateDatabase {
  const database = emptyDatabase();
  for (const record of recordsOf(file)) database.apply(record);
  return database;
}

function nodesByPath(body: SnapshotBody) {
  return [...body.nodes].toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

/** What went between the leader and the follower that the recorded Java client was attached to. */
function broadcastPackets(): QuorumPacket[] {
  const [connection] = loadConnections('quorum-broadcast.json');
  const decoder = new QuorumStreamDecoder();
  return (connection?.frames ?? []).flatMap(({ bytes }) =>
    decoder.push(bytes).flatMap((item) => (item.type === 'packet' ? [item.packet] : [])),
  );
}

/** A record's bytes, but for the order of a closed session's paths, which is that of a hash table in Java. */
function inPathOrder({ header, txn, digest, bytes }: TxnRecord): Buffer {
  if (txn.type !== 'closeSession') return bytes;
  return encodeTxn(header, { ...txn, paths: txn.paths?.toSorted() ?? null }, digest).bytes;
}

describe('request preparation against an Apache ZooKeeper leader', () => {
  it('makes the same bytes of every request that a follower forwarded, digests included', () => {
    const database = emptyDatabase();
    const preparer = new RequestPreparer({ database });
    const requests = new Map<string, ForwardedRequest>();
    let compared = 0;
    for (const packet of broadcastPackets()) {
      if (packet.type === PacketType.REQUEST) {
        const request = decodeForwardedRequest(packet);
        requests.set(`${request.sessionId} ${request.cxid}`, request);
      }
      if (packet.type !== PacketType.PROPOSAL || packet.data === null) continue;
      const expected = decodeTxn(packet.data);
      const { clientId, cxid, zxid, time } = expected.header;
      const request = requests.get(`${clientId} ${cxid}`);
      assert(request, `no request for zxid ${zxid}`);

      const record = preparer.prepare(request, zxid, time);

      assert.equal(
        inPathOrder(record).toString('hex'),
        inPathOrder(expected).toString('hex'),
        `zxid ${zxid}`,
      );
      database.apply(record);
      compared++;
    }
    assert.equal(compared, 28);
    assert.equal(database.digestMismatchCount, 0);
  });
});

describe('state against files of Apache ZooKeeper', () => {
  for (const file of ['storage/standalone.log.1', 'storage/trunc-before.log.100000001']) {
    it(`reproduces every digest of ${file}`, () => {
      const database = emptyDatabase();
      let compared = 0;
      for (const record of recordsOf(file)) {
        database.apply(record);
        if (record.digest === null) continue;
        compared++;
        assert(database.tree.hasDigest(record.digest), `zxid ${record.header.zxid}`);
      }

      assert(compared >= 8);
      assert.equal(database.digestMismatchCount, 0);
    });
  }

  it('counts a digest that differs', () => {
    const [, first] = recordsOf('storage/standalone.log.1');
    assert(first?.digest);
    const database = emptyDatabase();

    database.apply({ ...first, digest: { high: first.digest.high, low: first.digest.low ^ 1 } });

    assert.equal(database.digestMismatchCount, 1);
  });

  it('writes the snapshot of an empty tree byte for byte', () => {
    assert.deepEqual(emptyDatabase().encodeSnapshotFile(), readVectorFile('storage/standalone.snapshot.0'));
  });

  for (const { file, zxid } of [
    { file: 'storage/standalone.snapshot.0', zxid: 0 },
    { file: 'storage/standalone.snapshot.10', zxid: 16 },
  ]) {
    it(`loads ${file} and writes the same bytes again`, () => {
      const database = emptyDatabase();
      database.loadSnapshotFile(readVectorFile(file), zxid);

      assert.deepEqual(database.encodeSnapshotFile(), readVectorFile(file));
      assert.equal(database.digestMismatchCount, 0);
      assert.equal(database.lastProcessedZxid, zxid);
    });
  }

  it('has after replaying the log what the snapshot holds, ACL numbers included', () => {
    const database = replayed('storage/standalone.log.1');
    const { body } = decodeSnapshotFile(database.encodeSnapshotFile());
    const { body: expected } = decodeSnapshotFile(readVectorFile('storage/standalone.snapshot.10'));

    assert.deepEqual(body.sessions, expected.sessions);
    assert.deepEqual(body.acls, expected.acls);
    assert.deepEqual(nodesByPath(body), nodesByPath(expected));
  });

  it('has the same digest of everything by log and by snapshot', () => {
    const loaded = emptyDatabase();
    loaded.loadSnapshotFile(readVectorFile('storage/standalone.snapshot.10'), 16);

    assert.equal(loaded.digest(), replayed('storage/standalone.log.1').digest());
  });

  it('counts nodes and bytes of an empty tree as the four-letter words do', () => {
    const { tree } = emptyDatabase();

    assert.equal(tree.nodeCount, 5);
    assert.equal(tree.approximateDataBytes, 44);
  });
});
