// One peer, whose neighbours are the test itself: what it sends is collected, what it persists becomes
// durable when the test says so.

import assert from 'node:assert/strict';
import type { Database } from '../../../../docker/zab/src/core/database.ts';
import type { PeerEvent, PersistOperation, UpcallOperation } from '../../../../docker/zab/src/core/events.ts';
import type { Membership } from '../../../../docker/zab/src/core/membership.ts';
import { Peer } from '../../../../docker/zab/src/core/peer.ts';
import type { PeerOptions } from '../../../../docker/zab/src/core/peer.ts';
import { PacketType, ServerState } from '../../../../harness/wire/constants.ts';
import { encodeAckEpochData, encodeLearnerInfo } from '../../../../harness/wire/quorum-codec.ts';
import type { Notification, QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { TestDatabase, testRecord } from './test-database.ts';
import { nameOfPacket } from './test-network.ts';

export interface LonePeerOptions {
  readonly sid?: number;
  readonly voters?: number;
  readonly epoch?: number;
  readonly tail?: readonly TxnRecord[];
  readonly database?: Database;
  readonly membership?: Membership;
  readonly peer?: Partial<PeerOptions>;
}

export class LonePeer {
  readonly peer: Peer;
  readonly database: Database;
  readonly sid: number;
  readonly sent: { readonly link: number; readonly packet: QuorumPacket }[] = [];
  readonly closed: { readonly link: number; readonly reason: string }[] = [];
  readonly dials: number[] = [];
  readonly persist: PersistOperation[] = [];
  readonly upcalls: UpcallOperation[] = [];
  nowMs = 0;

  constructor(options: LonePeerOptions = {}) {
    this.sid = options.sid ?? 1;
    this.database = options.database ?? new TestDatabase();
    const epoch = options.epoch ?? 0;
    this.peer = new Peer({
      sid: this.sid,
      membership: options.membership ?? membershipOf(options.voters ?? 3),
      database: this.database,
      acceptedEpoch: epoch,
      currentEpoch: epoch,
      tail: options.tail ?? [],
      tickMs: 100,
      initLimit: 10,
      syncLimit: 5,
      takeTouches: () => [],
      trace: undefined,
      ...options.peer,
    });
    this.peer.start(0);
    this.#drain();
  }

  /** Names of the packets sent on a link since the last call. */
  takeSent(link: number): string[] {
    return this.takePackets(link).map(nameOfPacket);
  }

  takePackets(link: number): QuorumPacket[] {
    const taken = this.sent.filter((sent) => sent.link === link).map((sent) => sent.packet);
    this.sent.splice(0, this.sent.length, ...this.sent.filter((sent) => sent.link !== link));
    return taken;
  }

  step(event: PeerEvent): void {
    this.peer.step(event, this.nowMs);
    this.#drain();
  }

  receive(link: number, packet: Partial<QuorumPacket> & { readonly type: number }): void {
    this.step({ type: 'packet', link, packet: { zxid: -1, data: null, authinfo: null, ...packet } });
  }

  /** Everything handed to the disk so far is durable. */
  flush(): void {
    const mark = this.persist.at(-1)?.mark;
    if (mark !== undefined) this.step({ type: 'persisted', mark });
  }

  pass(forMs: number): void {
    const endMs = this.nowMs + forMs;
    while (this.peer.deadlineMs <= endMs) {
      this.nowMs = this.peer.deadlineMs;
      this.step({ type: 'tick' });
    }
    this.nowMs = endMs;
  }

  hear(from: number, notification: Partial<Notification>): void {
    this.step({
      type: 'notification',
      from,
      notification: {
        state: ServerState.LOOKING,
        leader: from,
        zxid: 0,
        electionEpoch: 1,
        peerEpoch: 0,
        version: 2,
        config: '',
        ...notification,
      },
    });
  }

  /** Joins the established leader: servers 2 and 3 say so. The connection is link 0. */
  follow(leader: number, epoch = 1): void {
    for (const from of [2, 3]) {
      const state = from === leader ? ServerState.LEADING : ServerState.FOLLOWING;
      this.hear(from, { state, leader, peerEpoch: epoch });
    }
    assert.deepEqual(this.dials, [leader]);
    this.step({ type: 'leaderConnected', link: 0 });
  }

  /** Goes through discovery up to ACKEPOCH. */
  promise(epoch: number): void {
    const data = Buffer.from([0, 1, 0, 0]);
    this.receive(0, { type: PacketType.LEADERINFO, zxid: makeZxid(epoch, 0), data });
    this.flush();
  }

  /** Is elected by the votes of all, with an empty history unless told otherwise. */
  lead(history: { readonly zxid?: number; readonly peerEpoch?: number } = {}): void {
    for (const from of [1, 2, 3]) {
      if (from !== this.sid) this.hear(from, { leader: this.sid, ...history });
    }
    assert.equal(this.peer.role, 'leading');
  }

  /** A learner calls and promises. */
  join(
    link: number,
    learner: { sid: number; acceptedEpoch?: number; currentEpoch?: number; lastZxid?: number },
  ): void {
    this.call(link, learner);
    this.flush();
    this.receive(link, {
      type: PacketType.ACKEPOCH,
      zxid: learner.lastZxid ?? 0,
      data: encodeAckEpochData(learner.currentEpoch ?? 0),
    });
    this.flush();
  }

  /** Blank learners call and promise together; each on the link of its own number. */
  joinAll(...sids: readonly number[]): void {
    for (const sid of sids) this.call(sid, { sid });
    this.flush();
    for (const sid of sids) {
      this.receive(sid, { type: PacketType.ACKEPOCH, zxid: 0, data: encodeAckEpochData(0) });
    }
    this.flush();
  }

  call(
    link: number,
    learner: { sid: number; acceptedEpoch?: number },
    type: number = PacketType.FOLLOWERINFO,
  ): void {
    this.step({ type: 'learnerConnected', link });
    this.receive(link, {
      type,
      zxid: makeZxid(learner.acceptedEpoch ?? 0, 0),
      data: encodeLearnerInfo({ sid: learner.sid, protocolVersion: 0x10000, configVersion: 0 }),
    });
  }

  /** Leads with one follower that has caught up, on link 1. */
  serve(): void {
    this.lead();
    this.join(1, { sid: this.sid === 2 ? 1 : 2 });
    this.receive(1, { type: PacketType.ACK, zxid: makeZxid(1, 0) });
    assert.equal(this.peer.serving, true);
    this.takeSent(1);
  }

  propose(count = 1): void {
    for (let index = 0; index < count; index++) {
      this.step({ type: 'propose', record: testRecord(this.peer.nextZxid) });
    }
  }

  #drain(): void {
    const ready = this.peer.ready();
    this.persist.push(...ready.persist);
    this.upcalls.push(...ready.upcalls);
    for (const operation of ready.send) {
      if (operation.type === 'packet') this.sent.push(operation);
      if (operation.type === 'close') this.closed.push(operation);
      if (operation.type === 'connectLeader') this.dials.push(operation.sid);
    }
  }
}

export function membershipOf(voters: number, observers = 0): Membership {
  return {
    version: 0,
    members: Array.from({ length: voters + observers }, (_, index) => ({
      sid: index + 1,
      role: index < voters ? 'participant' : 'observer',
      host: '127.0.0.1',
      quorumPort: 32281 + index,
      electionPort: 32381 + index,
    })),
  };
}
