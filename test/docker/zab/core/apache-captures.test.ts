// Joins that were captured between Apache ZooKeeper servers. Our peer takes the learner's or the leader's
// part, and what it says must be what Apache's said, byte for byte.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { PacketType, ServerState } from '../../../../harness/wire/constants.ts';
import {
  decodeAckEpochData,
  encodeQuorumPacket,
  QuorumStreamDecoder,
} from '../../../../harness/wire/quorum-codec.ts';
import type { QuorumStreamItem } from '../../../../harness/wire/quorum-codec.ts';
import type { QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import { counterOf, epochOf, makeZxid } from '../../../../harness/wire/zxid.ts';
import { LonePeer, membershipOf } from './lone-peer.ts';
import { nameOfPacket } from './test-network.ts';
import { TestDatabase, testRecord } from './test-database.ts';

interface Frame {
  readonly dir: string;
  readonly hex: string;
}

interface Connection {
  readonly label: string;
  readonly frames: readonly Frame[];
}

const { sections } = JSON.parse(
  readFileSync(new URL('../../../vectors/quorum-join.json', import.meta.url), 'utf8'),
) as { sections: readonly { what: string; connections: readonly Connection[] }[] };
const joins = sections.flatMap(({ what, connections }) =>
  connections.map((connection) => ({ title: `${connection.label}: ${what.slice(0, 70)}`, connection })),
);

describe('joins captured from Apache ZooKeeper', () => {
  it('are eleven', () => {
    assert.equal(joins.length, 11);
  });

  for (const { title, connection } of joins) {
    it(`our learner says what Apache's said, ${title}`, () => {
      assert.deepEqual(learnerSays(connection), expectedOfLearner(connection));
    });
  }

  // The others join a leader whose history is not in the capture, or get a SNAP because it is blank.
  for (const { title, connection } of joins.filter(({ title }) =>
    /empty DIFF, epoch 2|empty ensemble: follower 1/.test(title),
  )) {
    if (connection.label.includes('OBSERVERINFO') || hasSnapshot(connection)) continue;
    it(`our leader says what Apache's said, ${title}`, () => {
      assert.deepEqual(leaderSays(connection), expectedOfLeader(connection));
    });
  }
});

function learnerSays(connection: Connection): string[] {
  const [call, promise] = packetsOf(connection, 'learner>leader') as [QuorumPacket, QuorumPacket];
  const sid = Number(/^server (\d)/.exec(connection.label)?.[1]);
  const leader = Number(/joins (?:new )?leader (\d)/.exec(connection.label)?.[1]);
  const acceptedEpoch = epochOf(call.zxid);
  const claimed = decodeAckEpochData(promise.data);
  const currentEpoch = claimed === -1 ? acceptedEpoch : claimed;
  const learner = new LonePeer({
    sid,
    membership: membershipOf(3, observerCountOf(connection)),
    database: new ForeignDatabase(connection, promise.zxid),
    tail: tailOf(connection, promise.zxid),
    peer: { acceptedEpoch, currentEpoch },
  });
  for (const from of [1, 2, 3].filter((from) => from !== sid)) {
    const state = from === leader ? ServerState.LEADING : ServerState.FOLLOWING;
    learner.hear(from, { state, leader, electionEpoch: 9, peerEpoch: 1 });
  }
  learner.hear(sid === 1 ? 3 : 1, { state: ServerState.FOLLOWING, leader, electionEpoch: 9, peerEpoch: 1 });
  learner.step({ type: 'leaderConnected', link: 0 });
  for (const item of itemsOf(connection, 'leader>learner')) {
    if (item.type === 'packet') learner.step({ type: 'packet', link: 0, packet: item.packet });
    else learner.step({ type: 'snapshot', link: 0, stream: item.stream });
    learner.flush();
  }
  assert.equal(learner.peer.serving, true);
  return learner.takePackets(0).filter(isNotPing).map(describePacket);
}

/** Apache's learner also acknowledges what was committed before it joined, which its leader ignores. */
function expectedOfLearner(connection: Connection): string[] {
  const committed = committedAtSync(connection);
  return packetsOf(connection, 'learner>leader')
    .filter((packet) => isNotPing(packet) && !(packet.type === PacketType.ACK && committed.has(packet.zxid)))
    .map(describePacket);
}

function leaderSays(connection: Connection): string[] {
  const [invitation, opening] = packetsOf(connection, 'leader>learner') as [QuorumPacket, QuorumPacket];
  const epoch = epochOf(invitation.zxid);
  const leader = new LonePeer({
    sid: 2,
    epoch: epoch - 1,
    membership: membershipOf(3, observerCountOf(connection)),
    tail: logUpTo(opening.zxid),
  });
  for (const from of [1, 3]) {
    leader.hear(from, { leader: 2, zxid: opening.zxid, peerEpoch: epoch - 1 });
  }
  const isFirst = connection.label.startsWith('server 1');
  if (!isFirst) {
    leader.join(7, { sid: 1, acceptedEpoch: epoch - 1, currentEpoch: epoch - 1, lastZxid: opening.zxid });
    leader.receive(7, { type: PacketType.ACK, zxid: invitation.zxid });
    assert.equal(leader.peer.serving, true);
  }
  leader.step({ type: 'learnerConnected', link: 1 });
  for (const packet of packetsOf(connection, 'learner>leader')) {
    leader.step({ type: 'packet', link: 1, packet });
    leader.flush();
  }
  return leader.takePackets(1).filter(isNotPing).map(describePacket);
}

function expectedOfLeader(connection: Connection): string[] {
  return packetsOf(connection, 'leader>learner').filter(isNotPing).map(describePacket);
}

/** Enough of a log to end at `zxid`. */
function logUpTo(zxid: number) {
  return Array.from({ length: counterOf(zxid) }, (_, index) =>
    testRecord(makeZxid(epochOf(zxid), index + 1)),
  );
}

/** TRUNC needs the transactions that it cuts. */
function tailOf(connection: Connection, lastZxid: number) {
  return packetsOf(connection, 'leader>learner').some((packet) => packet.type === PacketType.TRUNC)
    ? logUpTo(lastZxid)
    : [];
}

function committedAtSync(connection: Connection): Set<number> {
  const committed = new Set<number>();
  for (const packet of packetsOf(connection, 'leader>learner')) {
    if (packet.type === PacketType.NEWLEADER) break;
    if (packet.type === PacketType.COMMIT) committed.add(packet.zxid);
  }
  return committed;
}

function observerCountOf(connection: Connection): number {
  const newLeader = packetsOf(connection, 'leader>learner').find(({ type }) => type === PacketType.NEWLEADER);
  return newLeader?.data?.includes(':observer') === true ? 1 : 0;
}

function hasSnapshot(connection: Connection): boolean {
  return itemsOf(connection, 'leader>learner').some((item) => item.type === 'snapshot');
}

function packetsOf(connection: Connection, dir: string): QuorumPacket[] {
  return itemsOf(connection, dir).flatMap((item) => (item.type === 'packet' ? [item.packet] : []));
}

function itemsOf(connection: Connection, dir: string): QuorumStreamItem[] {
  const decoder = new QuorumStreamDecoder({ allowSnapshot: true });
  const bytes = connection.frames
    .filter((frame) => frame.dir === dir)
    .map((frame) => Buffer.from(frame.hex, 'hex'));
  return decoder.push(Buffer.concat(bytes));
}

function isNotPing(packet: QuorumPacket): boolean {
  return packet.type !== PacketType.PING;
}

function describePacket(packet: QuorumPacket): string {
  return `${nameOfPacket(packet)} ${encodeQuorumPacket(packet).toString('hex')}`;
}

/** Takes any snapshot stream, and stands where the captured learner stood. */
class ForeignDatabase extends TestDatabase {
  constructor(connection: Connection, lastZxid: number) {
    super();
    if (tailOf(connection, lastZxid).length === 0) this.markEpoch(lastZxid);
  }

  override installStream(stream: Buffer, zxid: number): void {
    assert.equal(stream.subarray(-10).toString(), 'BenWasHere');
    super.installStream(Buffer.from('[]'), zxid);
  }
}
