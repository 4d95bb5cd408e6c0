import { PacketType, OpCode } from '../../../../harness/wire/constants.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { encodeRevalidated } from '../../../../harness/wire/quorum-codec.ts';
import type { ForwardedRequest } from '../../../../harness/wire/quorum-packet.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { membershipOf } from './lone-peer.ts';
import { testRecord } from './test-database.ts';
import { proposal, commit, servingFollower, persisted, lastReason } from './lone-learner.ts';

const { PING, SYNC, INFORM, REVALIDATE } = PacketType;

describe('a follower in broadcast', () => {
  it('acknowledges a proposal only when it is durable', () => {
    const follower = servingFollower();
    follower.receive(0, proposal(makeZxid(2, 1)));
    follower.receive(0, proposal(makeZxid(2, 2)));
    assert.deepEqual(follower.takeSent(0), []);

    follower.step({ type: 'persisted', mark: follower.persist[0]?.mark ?? 0 });
    assert.deepEqual(follower.takeSent(0), ['ACK 0x200000001']);
    follower.flush();
    assert.deepEqual(follower.takeSent(0), ['ACK 0x200000002']);
  });

  it('does not acknowledge to one leader what it logged for another', () => {
    const follower = servingFollower();
    follower.receive(0, proposal(makeZxid(2, 1)));
    follower.step({ type: 'linkClosed', link: 0, reason: 'reset' });

    follower.flush();

    assert.deepEqual(follower.takeSent(0), []);
  });

  it('logs a repeated proposal once, and acknowledges it again', () => {
    const follower = servingFollower();
    follower.receive(0, proposal(makeZxid(2, 1)));
    follower.flush();

    follower.receive(0, proposal(makeZxid(2, 1)));

    assert.deepEqual(persisted(follower), ['append 0x200000001']);
    assert.deepEqual(follower.takeSent(0), ['ACK 0x200000001', 'ACK 0x200000001']);
    assert.equal(follower.peer.serving, true);
  });

  it('refuses a gap', () => {
    const follower = servingFollower();

    follower.receive(0, proposal(makeZxid(2, 2)));

    assert.equal(follower.peer.role, 'looking');
    assert.match(lastReason(follower), /0x200000002, which cannot follow 0x100000003/);
    assert.deepEqual(persisted(follower), []);
  });

  it('refuses a commit out of order', () => {
    const follower = servingFollower();
    for (const counter of [1, 2]) follower.receive(0, proposal(makeZxid(2, counter)));

    follower.receive(0, commit(makeZxid(2, 2)));

    assert.equal(follower.peer.role, 'looking');
    assert.equal(follower.database.lastProcessedZxid, makeZxid(2, 0));
  });

  it('leaves a leader that is silent for syncLimit', () => {
    const follower = servingFollower();

    follower.pass(450);
    assert.equal(follower.peer.serving, true);
    follower.pass(150);
    assert.equal(follower.peer.serving, false);
  });

  it('answers pings with the sessions that were touched', () => {
    const follower = servingFollower({
      peer: { takeTouches: () => [{ sessionId: '0100000000000001', timeoutMs: 4000 }] },
    });

    follower.receive(0, { type: PING, zxid: makeZxid(2, 9) });

    const [pong] = follower.takePackets(0);
    assert.equal(pong?.zxid, makeZxid(2, 9));
    assert.equal(pong?.data?.toString('hex'), '010000000000000100000fa0');
  });

  it('forwards requests and syncs, and answers syncs in order', () => {
    const follower = servingFollower();
    const request: ForwardedRequest = {
      sessionId: '0100000000000001',
      cxid: 4,
      opcode: OpCode.SYNC,
      body: Buffer.from('b'),
      authinfo: null,
    };

    follower.step({ type: 'forward', request: { ...request, opcode: OpCode.CREATE } });
    follower.step({ type: 'sync', token: 5, request });
    follower.step({ type: 'sync', token: 6, request });
    assert.deepEqual(follower.takeSent(0), ['REQUEST -1', 'REQUEST -1', 'REQUEST -1']);
    follower.receive(0, { type: SYNC, zxid: 0 });
    assert.deepEqual(follower.upcalls.at(-1), { type: 'syncDone', token: 5 });
    follower.receive(0, { type: SYNC, zxid: 0 });
    assert.deepEqual(follower.upcalls.at(-1), { type: 'syncDone', token: 6 });
    follower.receive(0, { type: SYNC, zxid: 0 });
    assert.equal(follower.peer.role, 'looking');
  });

  it('asks the leader whether a session lives', () => {
    const follower = servingFollower();
    const sessionId = '0100000000000001';

    follower.step({ type: 'revalidate', sessionId, timeoutMs: 4000 });
    const [question] = follower.takePackets(0);
    assert.equal(question?.data?.toString('hex'), '010000000000000100000fa0');
    follower.receive(0, { type: REVALIDATE, data: encodeRevalidated({ sessionId, valid: false }) });

    assert.deepEqual(follower.upcalls.at(-1), { type: 'revalidated', sessionId, valid: false });
  });
});

describe('an observer', () => {
  it('logs and applies what it is informed of, and acknowledges none of it', () => {
    const observer = servingFollower({ sid: 4, membership: membershipOf(3, 1) });
    const inform = (zxid: number) => ({ type: INFORM, zxid, data: testRecord(zxid).bytes });

    observer.receive(0, inform(makeZxid(2, 1)));
    observer.flush();
    assert.equal(observer.database.lastProcessedZxid, makeZxid(2, 1));
    assert.deepEqual(persisted(observer), ['append 0x200000001']);
    assert.deepEqual(observer.takeSent(0), []);

    // Proposals are none of its business.
    observer.receive(0, proposal(makeZxid(2, 2)));
    observer.receive(0, commit(makeZxid(2, 2)));
    assert.equal(observer.peer.role, 'observing');
    assert.equal(observer.peer.lastLoggedZxid, makeZxid(2, 1));

    observer.receive(0, inform(makeZxid(2, 3)));
    assert.equal(observer.peer.role, 'looking');
  });
});
