import { PacketType } from '../../../../harness/wire/constants.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { LonePeer } from './lone-peer.ts';
import { testRecord } from './test-database.ts';
import type { TestDatabase } from './test-database.ts';
import {
  newLeader,
  proposal,
  commit,
  promisedFollower,
  servingFollower,
  persisted,
  lastReason,
  joinEpoch,
} from './lone-learner.ts';

const { ACKEPOCH, DIFF, TRUNC, SNAP, UPTODATE, LEADERINFO, PROPOSAL } = PacketType;

describe('a follower in discovery', () => {
  it('tries five times to reach the leader, 100 ms apart', () => {
    const follower = new LonePeer({ sid: 1 });
    follower.hear(2, { state: 2, leader: 2, peerEpoch: 1 });
    follower.hear(3, { state: 1, leader: 2, peerEpoch: 1 });

    for (let attempt = 1; attempt <= 5; attempt++) {
      assert.equal(follower.dials.length, attempt);
      assert.equal(follower.peer.role, 'following');
      follower.step({ type: 'linkClosed', link: attempt, reason: 'refused' });
      follower.pass(100);
    }

    assert.equal(follower.peer.role, 'looking');
  });

  it('calls again when the leader was not ready to take the call', () => {
    const follower = new LonePeer({ sid: 1 });
    follower.follow(2);

    follower.step({ type: 'linkClosed', link: 0, reason: 'does not lead' });
    follower.pass(100);

    assert.deepEqual(follower.dials, [2, 2]);
  });

  it('answers the invitation when its promise is durable', () => {
    const follower = new LonePeer({ sid: 1, epoch: 1, tail: [testRecord(makeZxid(1, 1))] });
    follower.follow(2);
    assert.deepEqual(follower.takeSent(0), ['FOLLOWERINFO 0x100000000']);

    follower.receive(0, { type: LEADERINFO, zxid: makeZxid(4, 0) });
    assert.deepEqual(follower.takeSent(0), []);
    follower.flush();

    const [answer] = follower.takePackets(0);
    assert.equal(answer?.zxid, makeZxid(1, 1));
    assert.equal(answer?.data?.toString('hex'), '00000001');
  });

  it('promises an epoch once: the second time it asks not to be counted', () => {
    const follower = new LonePeer({ sid: 1, epoch: 4 });
    follower.follow(2, 4);
    follower.takeSent(0);

    follower.receive(0, { type: LEADERINFO, zxid: makeZxid(4, 0) });

    const [answer] = follower.takePackets(0);
    assert.equal(answer?.data?.toString('hex'), 'ffffffff');
  });

  it('leaves a leader of an epoch below its promise', () => {
    const follower = new LonePeer({ sid: 1, epoch: 4 });
    follower.follow(2, 4);

    follower.receive(0, { type: LEADERINFO, zxid: makeZxid(3, 0) });

    assert.equal(follower.peer.role, 'looking');
    assert.match(lastReason(follower), /offers epoch 3, and epoch 4 is promised/);
  });

  it('gives up a leader that stays silent for initLimit', () => {
    const follower = new LonePeer({ sid: 1 });
    follower.follow(2);

    follower.pass(950);
    assert.equal(follower.peer.role, 'following');
    follower.pass(200);
    assert.equal(follower.peer.role, 'looking');
  });
});

describe('a follower in synchronization', () => {
  it('acknowledges NEWLEADER when first the history and then the epoch are durable', () => {
    const follower = promisedFollower();
    follower.receive(0, { type: DIFF, zxid: makeZxid(1, 5) });
    for (const counter of [4, 5]) {
      follower.receive(0, proposal(makeZxid(1, counter)));
      follower.receive(0, commit(makeZxid(1, counter)));
    }
    assert.deepEqual(persisted(follower), []);

    follower.receive(0, newLeader(2));
    assert.deepEqual(persisted(follower), ['append 0x100000004', 'append 0x100000005', 'currentEpoch 2']);
    const [first, second, epoch] = follower.persist;
    for (const operation of [first, second]) follower.step({ type: 'persisted', mark: operation?.mark ?? 0 });
    assert.deepEqual(follower.takeSent(0), []);
    follower.step({ type: 'persisted', mark: epoch?.mark ?? 0 });
    assert.deepEqual(follower.takeSent(0), ['ACK 0x200000000']);

    assert.equal(follower.database.lastProcessedZxid, 0);
    follower.receive(0, { type: UPTODATE });
    assert.deepEqual(follower.takeSent(0), ['ACK 0x200000000']);
    assert.equal(follower.database.lastProcessedZxid, makeZxid(2, 0));
    assert.equal((follower.database as TestDatabase).applied.length, 5);
  });

  it('raises the epoch before it logs the first transaction of that epoch', () => {
    const follower = promisedFollower();
    follower.receive(0, { type: DIFF, zxid: makeZxid(2, 1) });
    for (const zxid of [makeZxid(1, 4), makeZxid(2, 1)]) {
      follower.receive(0, proposal(zxid));
      follower.receive(0, commit(zxid));
    }

    follower.receive(0, newLeader(2));

    assert.deepEqual(persisted(follower), ['append 0x100000004', 'currentEpoch 2', 'append 0x200000001']);
  });

  it('acknowledges outstanding proposals after NEWLEADER, and commits them only when told', () => {
    const follower = promisedFollower();
    follower.receive(0, { type: DIFF, zxid: makeZxid(1, 3) });
    follower.receive(0, proposal(makeZxid(2, 1)));
    follower.receive(0, newLeader(2));
    follower.receive(0, proposal(makeZxid(2, 2)));
    follower.receive(0, commit(makeZxid(2, 1)));
    follower.flush();
    assert.deepEqual(follower.takeSent(0), ['ACK 0x200000000', 'ACK 0x200000001', 'ACK 0x200000002']);

    follower.receive(0, { type: UPTODATE });
    assert.equal(follower.database.lastProcessedZxid, makeZxid(2, 1));
    follower.receive(0, commit(makeZxid(2, 2)));
    assert.equal(follower.database.lastProcessedZxid, makeZxid(2, 2));
  });

  it('cuts its log by TRUNC', () => {
    const follower = promisedFollower();
    follower.receive(0, { type: TRUNC, zxid: makeZxid(1, 1) });
    assert.equal(follower.peer.lastLoggedZxid, makeZxid(1, 3));

    follower.receive(0, newLeader(2));

    assert.deepEqual(persisted(follower), ['truncate 0x100000001', 'currentEpoch 2']);
    assert.equal(follower.peer.lastLoggedZxid, makeZxid(1, 1));
  });

  it('ends the process rather than cut what it has applied', () => {
    const follower = servingFollower();
    follower.step({ type: 'linkClosed', link: 0, reason: 'reset' });
    for (const [from, state] of [
      [2, 2],
      [3, 1],
    ] as const) {
      follower.hear(from, { state, leader: 2, peerEpoch: 3, electionEpoch: 9 });
    }
    follower.step({ type: 'leaderConnected', link: 1 });
    follower.receive(1, { type: LEADERINFO, zxid: makeZxid(3, 0) });
    follower.flush();

    follower.receive(1, { type: TRUNC, zxid: makeZxid(1, 1) });
    follower.receive(1, newLeader(3));

    const fatal = follower.upcalls.at(-1);
    assert.ok(fatal?.type === 'fatal');
    assert.equal(fatal.exitCode, 13);
    assert.match(
      fatal.message,
      /undo committed transactions: .* after 0x100000001, and ours is applied up to 0x100000003/,
    );
    assert.equal(follower.peer.deadlineMs, Infinity);
    follower.receive(1, { type: UPTODATE });
  });

  it('installs a snapshot and what follows it, in one go at NEWLEADER', () => {
    const follower = promisedFollower({ tail: [] });
    follower.receive(0, { type: SNAP, zxid: makeZxid(1, 7) });
    follower.step({ type: 'snapshot', link: 0, stream: Buffer.from('[1]') });
    follower.receive(0, proposal(makeZxid(1, 7)));
    follower.receive(0, commit(makeZxid(1, 7)));
    follower.receive(0, proposal(makeZxid(1, 8)));
    follower.receive(0, commit(makeZxid(1, 8)));
    assert.equal(follower.database.lastProcessedZxid, 0);

    follower.receive(0, newLeader(2));
    assert.deepEqual(persisted(follower), [
      'snapshot 0x100000007 in epoch 1',
      'append 0x100000008',
      'currentEpoch 2',
    ]);
    follower.flush();
    follower.receive(0, { type: UPTODATE });
    assert.deepEqual((follower.database as TestDatabase).applied, [1, makeZxid(1, 8)]);
  });

  it('starts over with a leader that lacks what another sent it before its epoch failed', () => {
    for (const [type, zxid] of [
      [SNAP, makeZxid(1, 6)],
      [DIFF, 0],
    ] as const) {
      const follower = promisedFollower({ tail: [] });
      follower.receive(0, { type: SNAP, zxid: makeZxid(1, 7) });
      follower.step({ type: 'snapshot', link: 0, stream: Buffer.from('[7]') });
      follower.receive(0, newLeader(2));
      follower.flush();

      joinEpoch(follower, 3, 1);
      assert.equal(follower.takePackets(1).at(-1)?.zxid, makeZxid(1, 7), 'a promise tells the history');
      follower.receive(1, { type: TRUNC, zxid: makeZxid(1, 6) });
      follower.receive(1, newLeader(3));
      assert.match(lastReason(follower), /cut the log back to 0x100000006/);
      assert.ok(!follower.upcalls.some((upcall) => upcall.type === 'fatal'));
      assert.equal(follower.peer.lastLoggedZxid, makeZxid(1, 7), 'it stays until it is replaced');
      assert.equal(follower.peer.role, 'following', 'the epoch may need it');

      follower.step({ type: 'leaderConnected', link: 2 });
      follower.receive(2, { type: LEADERINFO, zxid: makeZxid(3, 0) });
      const notCounted = Buffer.from([255, 255, 255, 255]);
      assert.deepEqual(follower.takePackets(2).at(-1), {
        type: ACKEPOCH,
        zxid: 0,
        data: notCounted,
        authinfo: null,
      });
      follower.receive(2, { type, zxid });
      if (type === SNAP) follower.step({ type: 'snapshot', link: 2, stream: Buffer.from('[6]') });
      else follower.receive(2, proposal(makeZxid(1, 1)));
      follower.receive(2, newLeader(3));
      follower.flush();
      follower.receive(2, { type: UPTODATE });
      const expected =
        type === SNAP ? { applied: [6], last: makeZxid(1, 6) } : { applied: [], last: makeZxid(1, 1) };
      assert.deepEqual((follower.database as TestDatabase).applied, expected.applied);
      assert.equal(follower.peer.lastLoggedZxid, expected.last);
      assert.equal(follower.peer.serving, true);
    }
  });

  it('installs with a snapshot what it holds of the records behind it, which may be committed', () => {
    const follower = promisedFollower({ tail: [] });
    follower.receive(0, { type: SNAP, zxid: makeZxid(1, 7) });
    follower.step({ type: 'snapshot', link: 0, stream: Buffer.from('[6,7]') });
    follower.receive(0, newLeader(2));
    follower.flush();
    joinEpoch(follower, 4, 1);
    follower.persist.length = 0;

    follower.receive(1, { type: SNAP, zxid: makeZxid(1, 5) });
    follower.step({ type: 'snapshot', link: 1, stream: Buffer.from('[5]') });
    for (const zxid of [makeZxid(1, 6), makeZxid(3, 1)]) {
      follower.receive(1, proposal(zxid));
      follower.receive(1, commit(zxid));
    }
    follower.receive(1, newLeader(4));

    assert.deepEqual(persisted(follower), [
      'snapshot 0x100000006 in epoch 2',
      'currentEpoch 3',
      'append 0x300000001',
      'currentEpoch 4',
    ]);
    follower.flush();
    follower.receive(1, { type: UPTODATE });
    assert.deepEqual((follower.database as TestDatabase).applied, [5, makeZxid(1, 6), makeZxid(3, 1)]);
  });

  it('tells its history again when it is asked for a promise again', () => {
    const follower = promisedFollower({ tail: [] });
    follower.receive(0, { type: SNAP, zxid: makeZxid(1, 7) });
    follower.step({ type: 'snapshot', link: 0, stream: Buffer.from('[7]') });
    follower.receive(0, newLeader(2));
    follower.flush();
    joinEpoch(follower, 3, 1);
    follower.receive(1, { type: TRUNC, zxid: makeZxid(1, 6) });
    follower.receive(1, newLeader(3));

    follower.step({ type: 'leaderConnected', link: 2 });
    follower.receive(2, { type: LEADERINFO, zxid: makeZxid(4, 0) });
    follower.flush();
    assert.equal(follower.takePackets(2).at(-1)?.zxid, makeZxid(1, 7));
  });

  it('refuses a snapshot that would undo what it knows to be committed', () => {
    const follower = servingFollower({ tail: [] });
    follower.receive(0, proposal(makeZxid(2, 1)));
    follower.receive(0, commit(makeZxid(2, 1)));
    follower.flush();

    joinEpoch(follower, 3, 1);
    follower.receive(1, { type: SNAP, zxid: makeZxid(1, 9) });
    follower.step({ type: 'snapshot', link: 1, stream: Buffer.from('[]') });
    follower.receive(1, newLeader(3));

    // The log starts at 0 and reaches the snapshot's place, so it says where the histories part.
    assert.match(lastReason(follower), /undo committed transactions/);
    assert.deepEqual((follower.database as TestDatabase).applied, [makeZxid(2, 1)]);
    assert.equal(follower.peer.role, 'looking');
  });

  it('is as before when a SNAP breaks off, or its stream is malformed', () => {
    const interrupted = promisedFollower({ tail: [] });
    interrupted.receive(0, { type: SNAP, zxid: makeZxid(1, 7) });
    interrupted.step({ type: 'snapshot', link: 0, stream: Buffer.from('[1]') });
    interrupted.step({ type: 'linkClosed', link: 0, reason: 'reset' });
    assert.equal(interrupted.peer.lastLoggedZxid, 0);
    assert.deepEqual(persisted(interrupted), []);

    const torn = promisedFollower({ tail: [] });
    torn.receive(0, { type: SNAP, zxid: makeZxid(1, 7) });
    torn.step({ type: 'snapshot', link: 0, stream: Buffer.from('torn') });
    torn.receive(0, newLeader(2));
    assert.equal(torn.peer.role, 'looking');
    assert.match(lastReason(torn), /malformed packet .* the stream ends early/);
    assert.deepEqual(persisted(torn), []);
    assert.equal(torn.peer.lastLoggedZxid, 0);
  });

  it('ends before it acknowledges, if the leader is lost in between', () => {
    const follower = promisedFollower();
    follower.receive(0, { type: DIFF, zxid: makeZxid(1, 4) });
    follower.receive(0, proposal(makeZxid(1, 4)));
    follower.receive(0, commit(makeZxid(1, 4)));
    follower.receive(0, newLeader(2));
    follower.step({ type: 'linkClosed', link: 0, reason: 'reset' });

    follower.flush();

    assert.deepEqual(follower.takeSent(0), []);
    assert.equal(follower.peer.role, 'looking');
    assert.equal(follower.peer.lastLoggedZxid, makeZxid(1, 4));
    assert.equal(follower.database.lastProcessedZxid, 0);
  });

  for (const { what, packets, reason } of [
    {
      what: 'a gap in the history',
      packets: [{ type: DIFF, zxid: makeZxid(1, 5) }, proposal(makeZxid(1, 5))],
      reason: /0x100000005 cannot follow 0x100000003/,
    },
    {
      what: 'a transaction of an epoch beyond the leader',
      packets: [{ type: DIFF, zxid: makeZxid(3, 1) }, proposal(makeZxid(3, 1))],
      reason: /0x300000001 cannot follow 0x100000003/,
    },
    {
      what: 'a commit of what was not proposed',
      packets: [{ type: DIFF, zxid: makeZxid(1, 4) }, commit(makeZxid(1, 4))],
      reason: /a commit of 0x100000004 where another transaction is next/,
    },
    {
      what: 'NEWLEADER of another epoch',
      packets: [{ type: DIFF, zxid: makeZxid(1, 3) }, newLeader(3)],
      reason: /unexpected packet of type 10 with zxid 0x300000000/,
    },
    {
      what: 'UPTODATE before its acknowledgement',
      packets: [{ type: DIFF, zxid: makeZxid(1, 3) }, newLeader(2), { type: UPTODATE }],
      reason: /unexpected packet of type 12/,
    },
    {
      what: 'SNAP without a stream',
      packets: [{ type: SNAP, zxid: makeZxid(1, 7) }, newLeader(2)],
      reason: /SNAP without its stream/,
    },
    {
      what: 'a proposal without a transaction',
      packets: [
        { type: DIFF, zxid: makeZxid(1, 4) },
        { type: PROPOSAL, zxid: makeZxid(1, 4) },
      ],
      reason: /malformed packet of type 2/,
    },
    {
      what: 'a transaction under another zxid',
      packets: [
        { type: DIFF, zxid: makeZxid(1, 4) },
        { type: PROPOSAL, zxid: makeZxid(1, 4), data: testRecord(makeZxid(1, 9)).bytes },
      ],
      reason: /0x100000004 outside, 0x100000009 inside/,
    },
    {
      what: 'anything but DIFF, TRUNC or SNAP at first',
      packets: [newLeader(2)],
      reason: /unexpected packet of type 10/,
    },
  ]) {
    it(`leaves a leader that sends ${what}`, () => {
      const follower = promisedFollower();

      for (const packet of packets) follower.receive(0, packet);

      assert.equal(follower.peer.role, 'looking');
      assert.match(lastReason(follower), reason);
      assert.equal(follower.database.lastProcessedZxid, 0);
    });
  }
});
