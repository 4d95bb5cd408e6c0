// A learner without a leader: the test plays it.

import assert from 'node:assert/strict';
import { PacketType } from '../../../../harness/wire/constants.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { LonePeer } from './lone-peer.ts';
import { testRecord } from './test-database.ts';

const { PROPOSAL, COMMIT, DIFF, NEWLEADER, UPTODATE, LEADERINFO } = PacketType;

export const newLeader = (epoch: number) => ({ type: NEWLEADER, zxid: makeZxid(epoch, 0) });

export const proposal = (zxid: number) => ({ type: PROPOSAL, zxid, data: testRecord(zxid).bytes });
export const commit = (zxid: number) => ({ type: COMMIT, zxid });

/** Server 1 follows server 2, up to ACKEPOCH for epoch 2; its log has (1, 1) to (1, 3). */
export function promisedFollower(options: ConstructorParameters<typeof LonePeer>[0] = {}): LonePeer {
  const follower = new LonePeer({
    sid: 1,
    epoch: 1,
    tail: [1, 2, 3].map((counter) => testRecord(makeZxid(1, counter))),
    ...options,
  });
  follower.follow(2);
  follower.promise(2);
  follower.takeSent(0);
  follower.persist.length = 0;
  return follower;
}

/** The same, synchronized by an empty DIFF. */
export function servingFollower(options: ConstructorParameters<typeof LonePeer>[0] = {}): LonePeer {
  const follower = promisedFollower(options);
  follower.receive(0, { type: DIFF, zxid: follower.peer.lastLoggedZxid });
  follower.receive(0, newLeader(2));
  follower.flush();
  follower.receive(0, { type: UPTODATE });
  assert.equal(follower.peer.serving, true);
  follower.takeSent(0);
  follower.persist.length = 0;
  return follower;
}

export const persisted = (follower: LonePeer) =>
  follower.persist.map((operation) => {
    switch (operation.type) {
      case 'append':
        return `append 0x${operation.record.header.zxid.toString(16)}`;
      case 'truncate':
        return `truncate 0x${operation.zxid.toString(16)}`;
      case 'snapshot':
        return `snapshot 0x${operation.zxid.toString(16)} in epoch ${operation.currentEpoch}`;
      case 'configuration':
      case 'pendingConfiguration':
        return `${operation.type} ${operation.membership?.version}`;
      default:
        return `${operation.type} ${operation.epoch}`;
    }
  });

export const lastReason = (follower: LonePeer) => follower.closed.at(-1)?.reason ?? '';

/** Its leader is lost; server 2 leads the next epoch, on a link of its own, up to ACKEPOCH. */
export function joinEpoch(follower: LonePeer, epoch: number, link: number): void {
  if (follower.peer.role !== 'looking')
    follower.step({ type: 'linkClosed', link: link - 1, reason: 'reset' });
  for (const [from, state] of [
    [2, 2],
    [3, 1],
  ] as const) {
    follower.hear(from, { state, leader: 2, peerEpoch: epoch, electionEpoch: 8 + link });
  }
  follower.pass(100);
  follower.step({ type: 'leaderConnected', link });
  follower.receive(link, { type: LEADERINFO, zxid: makeZxid(epoch, 0) });
  follower.flush();
}
