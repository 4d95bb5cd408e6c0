import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Proposals } from '../../../../docker/zab/src/core/proposals.ts';
import { OpCode, PacketType } from '../../../../harness/wire/constants.ts';
import {
  encodeForwardedRequest,
  encodeRevalidate,
  encodeTouches,
} from '../../../../harness/wire/quorum-codec.ts';
import type { ForwardedRequest } from '../../../../harness/wire/quorum-packet.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { LonePeer } from './lone-peer.ts';
import { testRecord } from './test-database.ts';

const { ACK, ACKEPOCH, PING, REVALIDATE, FOLLOWERINFO, OBSERVERINFO } = PacketType;
const newLeaderAck = { type: ACK, zxid: makeZxid(1, 0) };

describe('a leader in discovery', () => {
  it('chooses an epoch above all that were promised, and sends it only when its own promise is durable', () => {
    const leader = new LonePeer({ sid: 3, epoch: 2 });
    leader.lead({ peerEpoch: 2 });

    leader.call(1, { sid: 1, acceptedEpoch: 6 });
    assert.deepEqual(leader.takeSent(1), []);
    leader.flush();

    assert.deepEqual(leader.takeSent(1), ['LEADERINFO 0x700000000']);
    assert.equal(leader.peer.acceptedEpoch, 7);
  });

  it('does not count observers as callers, but heeds what they have promised', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.lead();

    leader.call(9, { sid: 9, acceptedEpoch: 4 }, OBSERVERINFO);
    leader.flush();
    assert.deepEqual(leader.takeSent(9), []);
    leader.call(1, { sid: 1 });
    leader.flush();
    assert.deepEqual(leader.takeSent(9), ['LEADERINFO 0x500000000']);
  });

  it('does not count a promise that may have been made to another leader', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.lead();

    leader.join(1, { sid: 1, currentEpoch: -1 });
    assert.deepEqual(leader.takeSent(1), ['LEADERINFO 0x100000000']);
    leader.join(2, { sid: 2 });
    assert.deepEqual(leader.takeSent(1), ['DIFF 0x0', 'NEWLEADER 0x100000000']);
  });

  it('drops a follower with a better history', () => {
    const leader = new LonePeer({ sid: 3, epoch: 2, tail: [testRecord(makeZxid(2, 1))] });
    leader.lead({ peerEpoch: 2, zxid: makeZxid(2, 1) });

    leader.join(1, { sid: 1, acceptedEpoch: 2, currentEpoch: 2, lastZxid: makeZxid(2, 2) });

    assert.deepEqual(leader.closed, [
      { type: 'close', link: 1, reason: 'server 1 has a longer history than its leader' },
    ]);
  });

  it('takes (e, 0) for as good as the history with which e began', () => {
    const leader = new LonePeer({ sid: 3, epoch: 2, tail: [testRecord(makeZxid(1, 1))] });
    leader.lead({ peerEpoch: 2, zxid: makeZxid(1, 1) });

    leader.join(1, { sid: 1, acceptedEpoch: 2, currentEpoch: 2, lastZxid: makeZxid(2, 0) });

    assert.deepEqual(leader.closed, []);
    assert.deepEqual(leader.takeSent(1), [
      'LEADERINFO 0x300000000',
      'DIFF 0x200000000',
      'NEWLEADER 0x300000000',
    ]);
  });

  it('gives up when no quorum calls within initLimit', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.lead();

    leader.pass(900);
    assert.equal(leader.peer.role, 'leading');
    leader.pass(300);
    assert.equal(leader.peer.role, 'looking');
  });

  it('turns away strangers, namesakes and old protocols', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.lead();

    leader.call(1, { sid: 3 });
    leader.call(2, { sid: 77 });
    leader.call(3, { sid: 1, acceptedEpoch: 2 ** 21 });
    leader.step({ type: 'learnerConnected', link: 4 });
    leader.receive(4, { type: ACK });
    leader.step({ type: 'learnerConnected', link: 5 });
    leader.receive(5, { type: FOLLOWERINFO, data: Buffer.alloc(3) });

    assert.deepEqual(
      leader.closed.map(({ link, reason }) => `${link}: ${reason}`),
      [
        '1: a learner calls itself 3, as this server',
        '2: server 77 is not a voter of this ensemble',
        '3: server 1 has promised an impossible epoch 2097152',
        '4: a learner began with a packet of type 3',
        '5: malformed packet of type 11: a long needs 8 bytes, 3 are left (at byte 0)',
      ],
    );
  });

  it('does not count a voter that calls as an observer, for it has lost its data and its promises', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.lead();

    leader.call(1, { sid: 1 }, OBSERVERINFO);
    leader.flush();
    assert.deepEqual(leader.takeSent(1), [], 'no epoch is chosen with it');
    leader.call(2, { sid: 2 });
    leader.flush();

    assert.deepEqual(leader.takeSent(2), ['LEADERINFO 0x100000000']);
    assert.deepEqual(leader.closed, []);
  });

  it('turns away an observer with an epoch that nobody can have reached', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.lead();

    leader.call(9, { sid: 9, acceptedEpoch: 2 ** 20 }, OBSERVERINFO);

    assert.deepEqual(leader.closed, [
      { type: 'close', link: 9, reason: 'server 9 has promised an impossible epoch 1048576' },
    ]);
  });

  it('takes learners that called before the election was over here', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.call(1, { sid: 1 });

    leader.lead();
    leader.flush();

    assert.deepEqual(leader.takeSent(1), ['LEADERINFO 0x100000000']);
  });

  it('makes way for a new epoch when a server has promised a later one', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();

    leader.call(2, { sid: 1, acceptedEpoch: 5 });
    assert.equal(leader.peer.role, 'looking');
    leader.hear(2, { leader: 3, electionEpoch: 2, peerEpoch: 1 });
    leader.hear(1, { leader: 3, electionEpoch: 2, peerEpoch: 1 });
    leader.call(3, { sid: 2, acceptedEpoch: 1 });
    leader.flush();

    assert.deepEqual(leader.takeSent(3), ['LEADERINFO 0x600000000']);
  });
});

describe('a leader in synchronization', () => {
  it('serves when a quorum has acknowledged NEWLEADER and its own epoch is durable', () => {
    const leader = new LonePeer({ sid: 3, tail: [testRecord(makeZxid(0, 1))] });
    leader.lead({ zxid: 1 });
    leader.call(1, { sid: 1 });
    leader.flush();
    leader.receive(1, { type: ACKEPOCH, zxid: 0, data: Buffer.alloc(4) });
    leader.takeSent(1);

    leader.receive(1, newLeaderAck);
    assert.equal(leader.peer.serving, false);
    assert.deepEqual(leader.takeSent(1), []);
    assert.equal(leader.database.lastProcessedZxid, 0);
    leader.flush();

    assert.equal(leader.peer.serving, true);
    assert.deepEqual(leader.takeSent(1), ['UPTODATE -1']);
    assert.equal(leader.database.lastProcessedZxid, makeZxid(1, 0));
    assert.equal(leader.peer.nextZxid, makeZxid(1, 1));
  });

  it('does not serve while it has not adopted its epoch itself, whoever else has', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.lead();
    for (const sid of [1, 2]) leader.call(sid, { sid });
    leader.flush();
    for (const sid of [1, 2]) leader.receive(sid, { type: ACKEPOCH, zxid: 0, data: Buffer.alloc(4) });

    for (const sid of [1, 2]) leader.receive(sid, newLeaderAck);
    assert.equal(leader.peer.serving, false);
    leader.flush();

    assert.equal(leader.peer.serving, true);
  });

  it('does not blame a follower for its silence while it is the leader that keeps it waiting', () => {
    const leader = new LonePeer({ sid: 5, voters: 5 });
    for (const from of [1, 2, 3, 4]) leader.hear(from, { leader: 5 });
    leader.joinAll(1, 2, 3);
    leader.receive(1, newLeaderAck);

    leader.pass(800);
    leader.receive(2, newLeaderAck);

    assert.deepEqual(leader.closed, []);
    assert.equal(leader.peer.serving, true);
  });

  it('does not count the acknowledgement of a follower that has left', () => {
    const leader = new LonePeer({ sid: 3, voters: 5 });
    for (const from of [1, 2, 4, 5]) leader.hear(from, { leader: 3 });
    leader.joinAll(1, 2);

    leader.receive(1, newLeaderAck);
    leader.step({ type: 'linkClosed', link: 1, reason: 'gone' });
    leader.receive(2, newLeaderAck);
    assert.equal(leader.peer.serving, false);

    leader.join(4, { sid: 4 });
    leader.receive(4, newLeaderAck);
    assert.equal(leader.peer.serving, true);
  });

  it('sends its uncommitted history to voters at once, and to observers when it is committed', () => {
    const leader = new LonePeer({ sid: 3, epoch: 1, tail: [testRecord(makeZxid(1, 1))] });
    leader.lead({ zxid: makeZxid(1, 1), peerEpoch: 1 });
    leader.call(9, { sid: 9 }, OBSERVERINFO);
    leader.join(1, { sid: 1, acceptedEpoch: 1, currentEpoch: 1 });
    leader.receive(9, { type: ACKEPOCH, zxid: 0, data: Buffer.alloc(4) });
    const history = [
      'DIFF 0x100000001',
      'PROPOSAL 0x100000001',
      'COMMIT 0x100000001',
      'NEWLEADER 0x200000000',
    ];
    assert.deepEqual(leader.takeSent(1).slice(1), history);
    assert.deepEqual(leader.takeSent(9), ['LEADERINFO 0x200000000']);

    leader.receive(1, { type: ACK, zxid: makeZxid(2, 0) });

    assert.deepEqual(leader.takeSent(9), history);
  });

  it('sends a late voter what is outstanding, then the live stream, and nothing twice', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    leader.propose(2);
    leader.receive(1, { type: ACK, zxid: makeZxid(1, 1) });
    leader.flush();

    leader.join(2, { sid: 1, acceptedEpoch: 1, currentEpoch: -1 });
    leader.propose(1);
    leader.receive(1, { type: ACK, zxid: makeZxid(1, 3) });
    leader.flush();
    leader.receive(2, newLeaderAck);

    assert.deepEqual(leader.takeSent(2), [
      'LEADERINFO 0x100000000',
      'DIFF 0x100000001',
      'PROPOSAL 0x100000001',
      'COMMIT 0x100000001',
      'PROPOSAL 0x100000002',
      'NEWLEADER 0x100000000',
      'PROPOSAL 0x100000003',
      'COMMIT 0x100000002',
      'COMMIT 0x100000003',
      'UPTODATE -1',
    ]);
  });

  it('informs observers, and only of what is committed', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    leader.propose(1);

    leader.call(9, { sid: 9 }, OBSERVERINFO);
    leader.receive(9, { type: ACKEPOCH, zxid: 0, data: Buffer.alloc(4) });
    leader.receive(9, newLeaderAck);
    leader.receive(9, { type: ACK, zxid: makeZxid(1, 1) });
    assert.deepEqual(leader.takeSent(9).slice(1), ['DIFF 0x0', 'NEWLEADER 0x100000000', 'UPTODATE -1']);
    leader.flush();
    assert.equal(leader.peer.hasOutstanding, true);
    leader.receive(1, { type: ACK, zxid: makeZxid(1, 1) });

    assert.deepEqual(leader.takeSent(9), ['INFORM 0x100000001']);
  });
});

describe('a leader in broadcast', () => {
  it('counts itself only when its own disk has the proposal', () => {
    const leader = new LonePeer({ sid: 5, voters: 5 });
    for (const from of [1, 2, 3, 4]) leader.hear(from, { leader: 5 });
    leader.joinAll(1, 2, 3);
    for (const sid of [1, 2]) leader.receive(sid, newLeaderAck);
    assert.equal(leader.peer.serving, true);
    leader.propose(1);

    for (const sid of [1, 2]) leader.receive(sid, { type: ACK, zxid: makeZxid(1, 1) });
    assert.equal(leader.peer.hasOutstanding, true);
    leader.flush();

    assert.equal(leader.peer.hasOutstanding, false);
  });

  it('commits by its followers before its own disk has the proposal', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    leader.join(2, { sid: 1, acceptedEpoch: 1, currentEpoch: -1 });
    leader.receive(2, newLeaderAck);
    leader.propose(1);

    for (const link of [1, 2]) leader.receive(link, { type: ACK, zxid: makeZxid(1, 1) });

    assert.equal(leader.database.lastProcessedZxid, makeZxid(1, 1));
  });

  it('forgets the acknowledgements of a connection with the connection', () => {
    const leader = new LonePeer({ sid: 5, voters: 5 });
    for (const from of [1, 2, 3, 4]) leader.hear(from, { leader: 5 });
    leader.joinAll(1, 2, 3);
    for (const sid of [1, 2, 3]) leader.receive(sid, newLeaderAck);
    leader.propose(1);
    leader.flush();
    leader.receive(1, { type: ACK, zxid: makeZxid(1, 1) });
    leader.step({ type: 'linkClosed', link: 1, reason: 'reset' });

    leader.receive(2, { type: ACK, zxid: makeZxid(1, 1) });
    assert.equal(leader.peer.hasOutstanding, true);
    leader.receive(3, { type: ACK, zxid: makeZxid(1, 1) });
    assert.equal(leader.peer.hasOutstanding, false);
  });

  it('steps down within a tick when too few follow', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();

    leader.step({ type: 'linkClosed', link: 1, reason: 'reset' });
    leader.pass(200);

    assert.equal(leader.peer.role, 'looking');
    assert.deepEqual(leader.upcalls.at(-1), { type: 'role', role: 'looking', serving: false, leader: null });
  });

  it('drops a follower that is silent for syncLimit ticks, and then steps down', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();

    leader.pass(450);
    assert.equal(leader.peer.serving, true);
    leader.pass(300);

    assert.match(leader.closed[0]?.reason ?? '', /server 2 was silent for 5 ticks/);
    assert.equal(leader.peer.role, 'looking');
  });

  it('drops a follower that answers pings but acknowledges nothing', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    leader.propose(1);

    for (let passed = 0; passed < 700; passed += 50) {
      leader.pass(50);
      leader.receive(1, { type: PING, data: Buffer.alloc(0) });
    }

    assert.match(leader.closed[0]?.reason ?? '', /server 2 left a proposal unacknowledged for 5 ticks/);
  });

  it('pings twice a tick with the last zxid, and passes the touched sessions on', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    leader.propose(1);
    leader.takeSent(1);

    leader.pass(100);
    assert.deepEqual(leader.takeSent(1), ['PING 0x100000001', 'PING 0x100000001']);
    const touches = [{ sessionId: '0100000000000001', timeoutMs: 4000 }];
    leader.receive(1, { type: PING, data: encodeTouches(touches) });

    assert.deepEqual(leader.upcalls.at(-1), { type: 'touched', touches });
  });

  it('refuses an acknowledgement of what it never proposed', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();

    leader.receive(1, { type: ACK, zxid: makeZxid(1, 5) });

    assert.match(leader.closed[0]?.reason ?? '', /0x100000005, which was not proposed/);
  });

  it('hands requests and questions about sessions to the server, and its answer back', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    const request: ForwardedRequest = {
      sessionId: '0100000000000001',
      cxid: 4,
      opcode: OpCode.CREATE,
      body: Buffer.from('body'),
      authinfo: [],
    };

    leader.step({ type: 'packet', link: 1, packet: encodeForwardedRequest(request) });
    assert.deepEqual(leader.upcalls.at(-1), { type: 'request', link: 1, from: 2, request });
    const question = { sessionId: '0100000000000001', timeoutMs: 4000 };
    leader.receive(1, { type: REVALIDATE, data: encodeRevalidate(question) });
    assert.deepEqual(leader.upcalls.at(-1), { type: 'revalidate', link: 1, from: 2, ...question });
    leader.step({ type: 'revalidated', link: 1, sessionId: question.sessionId, valid: true });

    const [answer] = leader.takePackets(1);
    assert.equal(answer?.data?.toString('hex'), '010000000000000101');
  });

  it('steps down rather than run out of zxids', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    // Four billion proposals take too long.
    const counter = Object.getOwnPropertyDescriptor(Proposals.prototype, 'isOutOfZxids');
    assert.ok(counter);
    Object.defineProperty(Proposals.prototype, 'isOutOfZxids', { ...counter, get: () => true });

    try {
      leader.propose(1);
    } finally {
      Object.defineProperty(Proposals.prototype, 'isOutOfZxids', counter);
    }

    assert.equal(leader.peer.role, 'looking');
    assert.equal(leader.peer.lastLoggedZxid, 0);
  });
});

describe('the sync barrier', () => {
  const sync: ForwardedRequest = {
    sessionId: '0100000000000001',
    cxid: 4,
    opcode: OpCode.SYNC,
    body: Buffer.alloc(0),
    authinfo: [],
  };
  const pong = { type: PING, data: Buffer.alloc(0) };

  it('waits for a quorum to answer a ping that was sent after the sync arrived', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    leader.pass(50);
    assert.deepEqual(leader.takeSent(1), ['PING 0x100000000']);

    leader.step({ type: 'sync', token: 7, request: sync });
    assert.deepEqual(leader.takeSent(1), ['PING 0x100000000']);
    leader.receive(1, pong);
    assert.equal(leader.upcalls.at(-1)?.type, 'role');
    leader.receive(1, pong);

    assert.deepEqual(leader.upcalls.at(-1), { type: 'syncDone', token: 7 });
  });

  it('waits for what was outstanding when it arrived, and is queued behind its commit', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    leader.propose(1);
    leader.flush();
    leader.step({ type: 'packet', link: 1, packet: encodeForwardedRequest(sync) });
    leader.takeSent(1);

    leader.receive(1, pong);
    assert.deepEqual(leader.takeSent(1), []);
    leader.receive(1, { type: ACK, zxid: makeZxid(1, 1) });

    assert.deepEqual(leader.takeSent(1), ['COMMIT 0x100000001', 'SYNC 0x0']);
  });

  it('tells a learner no later commit before its sync is answered, as Apache expects', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    leader.step({ type: 'packet', link: 1, packet: encodeForwardedRequest(sync) });
    leader.propose(1);
    leader.flush();
    leader.takeSent(1);

    leader.receive(1, { type: ACK, zxid: makeZxid(1, 1) });
    assert.deepEqual(leader.takeSent(1), []);
    leader.receive(1, pong);

    assert.deepEqual(leader.takeSent(1), ['SYNC 0x0', 'COMMIT 0x100000001']);
  });

  it('holds back no more than what was proposed after each of several syncs', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    leader.step({ type: 'packet', link: 1, packet: encodeForwardedRequest(sync) });
    leader.propose(1);
    leader.step({ type: 'packet', link: 1, packet: encodeForwardedRequest(sync) });
    leader.propose(1);
    leader.flush();
    leader.takeSent(1);

    for (const counter of [1, 2]) leader.receive(1, { type: ACK, zxid: makeZxid(1, counter) });
    leader.receive(1, pong);
    const first = leader.takeSent(1);
    leader.receive(1, pong);

    assert.deepEqual(first, ['PING 0x100000002', 'SYNC 0x0', 'COMMIT 0x100000001']);
    assert.deepEqual(leader.takeSent(1), ['SYNC 0x0', 'COMMIT 0x100000002']);
  });

  it('comes behind the writes that its learner sent before it in the same batch', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    const write = { ...sync, opcode: OpCode.CREATE };

    leader.peer.step({ type: 'packet', link: 1, packet: encodeForwardedRequest(write) }, leader.nowMs);
    leader.step({ type: 'packet', link: 1, packet: encodeForwardedRequest(sync) });

    assert.deepEqual(
      leader.upcalls.slice(-2).map(({ type }) => type),
      ['request', 'learnerSync'],
    );
    leader.propose(1);
    leader.step({ type: 'learnerSync', link: 1 });
    leader.flush();
    leader.receive(1, pong);
    leader.takeSent(1);
    leader.receive(1, { type: ACK, zxid: makeZxid(1, 1) });
    assert.deepEqual(leader.takeSent(1), ['COMMIT 0x100000001', 'SYNC 0x0']);
  });

  it('shares rounds: what arrives during one waits for the next, together', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();

    for (const token of [1, 2, 3]) leader.step({ type: 'sync', token, request: sync });
    assert.deepEqual(leader.takeSent(1), ['PING 0x100000000']);
    leader.receive(1, pong);
    assert.deepEqual(leader.takeSent(1), ['PING 0x100000000']);
    assert.deepEqual(leader.upcalls.at(-1), { type: 'syncDone', token: 1 });
    leader.receive(1, pong);

    assert.deepEqual(leader.upcalls.slice(-2), [
      { type: 'syncDone', token: 2 },
      { type: 'syncDone', token: 3 },
    ]);
    assert.deepEqual(leader.takeSent(1), []);
  });

  it('goes on with followers that came after the round began', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();
    leader.step({ type: 'sync', token: 1, request: sync });
    leader.step({ type: 'linkClosed', link: 1, reason: 'reset' });
    leader.join(2, { sid: 1, acceptedEpoch: 1, currentEpoch: -1 });
    leader.receive(2, newLeaderAck);

    leader.pass(50);
    leader.receive(2, pong);

    assert.deepEqual(leader.upcalls.at(-1), { type: 'syncDone', token: 1 });
  });

  it('is not answered by a deposed leader', () => {
    const leader = new LonePeer({ sid: 3 });
    leader.serve();

    leader.step({ type: 'sync', token: 1, request: sync });
    leader.pass(2000);

    assert.equal(
      leader.upcalls.some((upcall) => upcall.type === 'syncDone'),
      false,
    );
    assert.equal(leader.peer.role, 'looking');
    leader.step({ type: 'sync', token: 2, request: sync });
    leader.pass(2000);
    assert.equal(
      leader.upcalls.some((upcall) => upcall.type === 'syncDone'),
      false,
    );
  });
});
