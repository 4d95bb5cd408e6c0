// Reconfigurations that were captured between Apache ZooKeeper servers. Our peer takes a follower's part, the
// observer's, or the leader's, and what it says must be what Apache's said, byte for byte.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import type { Membership } from '../../../../docker/zab/src/core/membership.ts';
import { isFault, parseMembership } from '../../../../docker/zab/src/core/membership-text.ts';
import { PacketType } from '../../../../harness/wire/constants.ts';
import { encodeQuorumPacket, QuorumStreamDecoder } from '../../../../harness/wire/quorum-codec.ts';
import type { QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import { decodeTxn } from '../../../../harness/wire/txn-codec.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { LonePeer } from './lone-peer.ts';
import { nameOfPacket } from './test-network.ts';

interface Connection {
  readonly label: string;
  readonly frames: readonly { readonly dir: string; readonly hex: string }[];
}

const { sections } = JSON.parse(
  readFileSync(new URL('../../../vectors/quorum-misc.json', import.meta.url), 'utf8'),
) as { sections: readonly { what: string; connections: readonly Connection[] }[] };
const [changes, removal] = sections.filter(({ what }) => what.startsWith('reconfig '));

const start = makeZxid(1, 0);
const place = (sid: number) => `127.0.0.1:3228${sid}:3238${sid}`;
const lineOf = (sid: number, role: string) => `server.${sid}=${place(sid)}:${role};127.0.0.1:3218${sid}`;
const firstText = [...[1, 2, 3].map((sid) => lineOf(sid, 'participant')), lineOf(4, 'observer')].join('\n');

function membershipOf(text: string, version: number): Membership {
  const parsed = parseMembership(text);
  assert.ok(!isFault(parsed));
  return { ...parsed, version };
}

function packetsOf(connection: Connection | undefined, dir: string): QuorumPacket[] {
  assert.ok(connection);
  const decoder = new QuorumStreamDecoder({ allowSnapshot: false });
  const bytes = connection.frames
    .filter((frame) => frame.dir === dir)
    .map(({ hex }) => Buffer.from(hex, 'hex'));
  return bytes
    .flatMap((each) => decoder.push(each))
    .flatMap((item) => (item.type === 'packet' && item.packet.type !== PacketType.PING ? [item.packet] : []));
}

const hexOf = (packets: readonly QuorumPacket[]) =>
  packets.map((packet) => encodeQuorumPacket(packet).toString('hex'));

/** A learner of server 3, which has synchronized and has nothing in its log. */
function learner(sid: number): LonePeer {
  const peer = new LonePeer({
    sid,
    membership: membershipOf(firstText, start),
    peer: { reconfigEnabled: true },
  });
  for (const from of [1, 2, 3]) {
    if (from !== sid) peer.hear(from, { state: from === 3 ? 2 : 1, leader: 3, peerEpoch: 1 });
  }
  peer.step({ type: 'leaderConnected', link: 0 });
  peer.promise(1);
  peer.receive(0, { type: PacketType.DIFF, zxid: 0 });
  peer.receive(0, {
    type: PacketType.NEWLEADER,
    zxid: start,
    data: Buffer.from(`${firstText}\nversion=100000000`),
  });
  peer.flush();
  peer.receive(0, { type: PacketType.UPTODATE });
  peer.takePackets(0);
  return peer;
}

describe('reconfigurations captured from Apache ZooKeeper', () => {
  it('are two conversations', () => {
    assert.equal(changes?.connections.length, 4);
    assert.ok(removal);
  });

  it('a follower of ours acknowledges as Apache’s did, and ends in the same configuration', () => {
    const connection = changes?.connections[0];
    const follower = learner(1);

    for (const packet of packetsOf(connection, 'leader>learner')) {
      follower.receive(0, packet);
      follower.flush();
    }

    const acks = packetsOf(connection, 'learner>leader').filter(({ type }) => type === PacketType.ACK);
    assert.deepEqual(hexOf(follower.takePackets(0)), hexOf(acks));
    assert.equal(follower.peer.configuration.current.version, 0x1_0000_0006);
    assert.equal(follower.peer.role, 'following');
  });

  it('an observer of ours takes over both changes', () => {
    const observer = learner(4);

    for (const packet of packetsOf(changes?.connections[1], 'leader>learner')) observer.receive(0, packet);

    assert.equal(observer.peer.configuration.current.version, 0x1_0000_0006);
    assert.equal(observer.peer.role, 'observing');
  });

  it('a follower without a vote comes back as the observer that it has become', () => {
    const removed = learner(2);

    for (const packet of packetsOf(changes?.connections[2], 'leader>learner')) {
      removed.receive(0, packet);
      removed.flush();
    }
    assert.equal(removed.peer.role, 'observing');
    removed.step({ type: 'leaderConnected', link: 1 });

    const [call] = packetsOf(changes?.connections[3], 'learner>leader');
    assert.ok(call);
    assert.deepEqual(hexOf(removed.takePackets(1)), hexOf([call]));
  });

  it('a leader of ours says what Apache’s said, to a follower and to the observer', () => {
    const leader = new LonePeer({
      sid: 3,
      membership: membershipOf(firstText, start),
      peer: { reconfigEnabled: true },
    });
    leader.lead();
    leader.joinAll(1, 2);
    for (const sid of [1, 2]) leader.receive(sid, { type: PacketType.ACK, zxid: start });
    leader.call(4, { sid: 4 }, PacketType.OBSERVERINFO);
    leader.receive(4, { type: PacketType.ACKEPOCH, zxid: 0, data: Buffer.alloc(4) });
    leader.receive(4, { type: PacketType.ACK, zxid: start });
    for (const link of [1, 2, 4]) leader.takePackets(link);

    const toFollower = packetsOf(changes?.connections[0], 'leader>learner');
    for (const { type, data } of toFollower) {
      if (type !== PacketType.PROPOSAL || data === null) continue;
      const record = decodeTxn(data);
      leader.step({ type: 'propose', record });
      leader.flush();
      for (const sid of [1, 2]) leader.receive(sid, { type: PacketType.ACK, zxid: record.header.zxid });
    }

    assert.deepEqual(hexOf(leader.takePackets(1)), hexOf(toFollower));
    const toObserver = packetsOf(changes?.connections[1], 'leader>learner');
    assert.deepEqual(hexOf(leader.takePackets(4)), hexOf(toObserver));
  });

  it('the follower that COMMITANDACTIVATE names leads at once', () => {
    const named = removal?.connections.find(({ label }) => /a follower, forwards/.test(label));
    const packets = packetsOf(named, 'leader>learner');
    assert.equal(nameOfPacket(packets.at(-1) as QuorumPacket), 'COMMIT_AND_ACTIVATE 0x10000000b');
    const follower = learner(1);
    const before = packetsOf(changes?.connections[0], 'leader>learner');

    for (const packet of [...before, ...packets]) {
      follower.receive(0, packet);
      follower.flush();
    }

    assert.equal(follower.peer.role, 'leading');
    assert.equal(follower.peer.configuration.current.version, 0x1_0000_000b);
    follower.flush();
    follower.flush();
    // The only voter that is left needs nobody else.
    assert.equal(follower.peer.serving, true);
    assert.equal(follower.peer.currentEpoch, 2);
  });
});
