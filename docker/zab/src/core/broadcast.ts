// Broadcast, from the leader's side: proposals go to every voter at once, commit in order when a quorum has
// them, and are then told to everybody. `sync` barriers travel in the same stream.

import assert from 'node:assert/strict';
import { crc32 } from '../../../../harness/wire/checksums.ts';
import { PacketType } from '../../../../harness/wire/constants.ts';
import type { QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import type { LinkId } from './events.ts';
import { activationCommit, activationInform, designateLeader } from './designation.ts';
import type { LearnerHandler } from './learner-handler.ts';
import type { LocalState } from './local-state.ts';
import type { Membership } from './membership.ts';
import { DurabilityQueue } from './outbox.ts';
import { Proposals } from './proposals.ts';
import type { Acker } from './proposals.ts';
import { SyncBarrier } from './sync-barrier.ts';
import type { WaitingSync } from './sync-barrier.ts';

export class Broadcast {
  readonly #state: LocalState;
  readonly #handlers: ReadonlyMap<LinkId, LearnerHandler>;
  readonly #proposals: Proposals;
  readonly #barrier = new SyncBarrier();
  /** Called when a reconfiguration has committed, with the server that leads from there on. */
  readonly #reconfigured: (leader: number) => void;
  /** Another server leads from here on: what is under way is its to commit. */
  #hasResigned = false;
  readonly #own: { readonly sid: number; ackedZxid: number };
  /** This server and the followers that get proposals. */
  #ackers: Acker[];
  readonly #ownAppends = new DurabilityQueue<number>();
  /** The last that was sent. */
  #ping: QuorumPacket | null = null;
  /** For who is counted at the moment: kept, so that no count has to make room for it. */
  readonly #sids: number[] = [];

  constructor(
    state: LocalState,
    handlers: ReadonlyMap<LinkId, LearnerHandler>,
    epoch: number,
    reconfigured: (leader: number) => void,
  ) {
    this.#reconfigured = reconfigured;
    this.#state = state;
    this.#handlers = handlers;
    this.#proposals = new Proposals(state.configuration, makeZxid(epoch, 0));
    this.#own = { sid: state.sid, ackedZxid: 0 };
    this.#ackers = [this.#own];
  }

  get nextZxid(): number {
    return this.#proposals.nextZxid;
  }

  get lastProposedZxid(): number {
    return this.#proposals.lastProposedZxid;
  }

  get isOutOfZxids(): boolean {
    return this.#proposals.isOutOfZxids;
  }

  get hasOutstanding(): boolean {
    return this.#proposals.hasOutstanding;
  }

  /** Acknowledgements count from the synchronization on, and no longer than the connection. */
  addFollower(follower: Acker): void {
    this.#ackers.push(follower);
  }

  removeFollower(follower: Acker): void {
    this.#ackers = this.#ackers.filter((acker) => acker !== follower);
  }

  propose(record: TxnRecord): void {
    const { zxid, clientId, cxid } = record.header;
    assert.equal(zxid, this.nextZxid, 'a proposal has the next zxid');
    this.#proposals.proposed(zxid);
    this.#state.trace?.({
      event: 'PROPOSE',
      zxid,
      hash: crc32(record.bytes),
      session: clientId,
      cxid,
      txn: record.txn.type,
    });
    const packet = proposalOf(record);
    for (const handler of this.#handlers.values()) {
      if (handler.isFollower && handler.isForwarding) handler.propose(packet);
    }
    this.#ownAppends.push(this.#state.append(record), zxid);
  }

  /** The leader's own acknowledgements. */
  persisted(): void {
    const { outbox, trace } = this.#state;
    for (;;) {
      const zxid = this.#ownAppends.takeDurable(outbox.durableMark);
      if (zxid === undefined) break;
      this.#own.ackedZxid = zxid;
      trace?.({ event: 'ACK_RECV', from: this.#own.sid, zxid });
    }
    this.commitAcknowledged(this.#own.ackedZxid);
  }

  /** What an acknowledgement up to `zxid` may have decided. */
  commitAcknowledged(zxid: number): void {
    // The slower half of a quorum acknowledges what is committed already.
    if (zxid <= this.#proposals.lastCommittedZxid) return;
    let hasCommitted = false;
    while (!this.#hasResigned && this.#proposals.tryToCommit(this.#ackers)) {
      this.#commit(this.#proposals.lastCommittedZxid);
      hasCommitted = true;
    }
    if (hasCommitted) this.#answerSyncs();
  }

  sync(sync: WaitingSync): void {
    const { lastProposedZxid } = this.#proposals;
    this.#barrier.add(sync, lastProposedZxid);
    if (sync.link !== null) this.#handlers.get(sync.link)?.awaitSync(lastProposedZxid);
    this.#advanceBarrier();
  }

  ping(handler: LearnerHandler): void {
    handler.ping(this.#pingOf(this.#proposals.lastProposedZxid));
    // A learner that came after the round began takes part with its next ping.
    const { round } = this.#barrier;
    if (round === null || handler.barrierRound === round) return;
    handler.barrierRound = round;
    handler.barrierPing = handler.pingCount;
  }

  /** One packet for all learners: it is encoded once then. */
  #pingOf(zxid: number): QuorumPacket {
    if (this.#ping?.zxid !== zxid) this.#ping = { type: PacketType.PING, zxid, data: null, authinfo: null };
    return this.#ping;
  }

  receivePong(handler: LearnerHandler): void {
    handler.pongCount += 1;
    if (this.#barrier.round !== null) this.#advanceBarrier();
  }

  #commit(zxid: number): void {
    const { configuration, history, trace } = this.#state;
    const record = history.firstPending;
    assert.ok(record?.header.zxid === zxid, 'commits are in the order of the log');
    const needed = configuration.at(zxid);
    trace?.({
      event: 'COMMIT_DECIDE',
      zxid,
      hash: crc32(record.bytes),
      ackers: this.#votersThatAcked(zxid, needed),
      configs: configuration.versionsAt(zxid),
    });
    const after = this.#state.configurationIn(record);
    if (after !== null) return this.#reconfigure(record, after);
    const commit: QuorumPacket = { type: PacketType.COMMIT, zxid, data: null, authinfo: null };
    let inform: QuorumPacket | null = null;
    for (const handler of this.#handlers.values()) {
      if (!handler.isForwarding) continue;
      if (handler.isFollower) {
        handler.tell(commit);
      } else {
        inform ??= { type: PacketType.INFORM, zxid, data: record.bytes, authinfo: null };
        handler.tell(inform);
      }
    }
    this.#state.commitFirst();
  }

  /** Learners whose role changes leave by themselves, once they have this commit. */
  #reconfigure(record: TxnRecord, after: Membership): void {
    const { zxid } = record.header;
    const { configuration, sid } = this.#state;
    const ackers = this.#ackers.filter((acker) => acker !== this.#own && acker.ackedZxid >= zxid);
    const leader = designateLeader({ sid, before: configuration.current, after, ackers });
    const commit = activationCommit(zxid, leader);
    const inform = activationInform(record, leader);
    for (const handler of this.#handlers.values()) {
      if (!handler.isForwarding) continue;
      // Who resigns answers no sync any more, and this commit must not wait for one.
      if (leader !== sid) handler.forgetSyncs();
      handler.tell(handler.isFollower ? commit : inform);
    }
    this.#hasResigned = leader !== sid;
    this.#state.commitFirst();
    this.#reconfigured(leader);
  }

  /** Ascending; those that have a vote in one of the configurations that it needs. */
  #votersThatAcked(zxid: number, needed: readonly Membership[]): readonly number[] {
    const { configuration } = this.#state;
    const sids = this.#sids;
    let count = 0;
    for (const sid of configuration.voterSids) if (this.#hasAcked(sid, zxid)) sids[count++] = sid;
    const voters = sids.slice(0, count);
    return needed === configuration.all ? voters : configuration.votersAmong(voters, needed);
  }

  #hasAcked(sid: number, zxid: number): boolean {
    for (const acker of this.#ackers) if (acker.sid === sid && acker.ackedZxid >= zxid) return true;
    return false;
  }

  #advanceBarrier(): void {
    for (;;) {
      if (this.#barrier.isRoundDue) this.#startRound();
      const { round } = this.#barrier;
      if (round === null || !this.#isRoundAnswered(round)) break;
      this.#barrier.finishRound();
    }
    this.#answerSyncs();
  }

  #startRound(): void {
    this.#barrier.startRound();
    for (const handler of this.#handlers.values()) {
      if (handler.isFollower && handler.phase === 'serving') this.ping(handler);
    }
  }

  #isRoundAnswered(round: number): boolean {
    const sids = this.#sids;
    let count = 0;
    sids[count++] = this.#own.sid;
    for (const handler of this.#handlers.values()) {
      const isAnswered = handler.barrierRound === round && handler.pongCount >= handler.barrierPing;
      if (isAnswered && handler.isFollower) sids[count++] = handler.sid;
    }
    return this.#state.configuration.isReachedBy(sids, count);
  }

  #answerSyncs(): void {
    for (;;) {
      const sync = this.#barrier.takeDone(this.#proposals.lastCommittedZxid);
      if (sync === null) return;
      if (sync.link === null) {
        this.#state.trace?.({ event: 'SYNC_DONE', id: sync.token });
        this.#state.outbox.upcall({ type: 'syncDone', token: sync.token });
      } else {
        this.#handlers.get(sync.link)?.answerSync();
      }
    }
  }
}

export function proposalOf(record: TxnRecord): QuorumPacket {
  return { type: PacketType.PROPOSAL, zxid: record.header.zxid, data: record.bytes, authinfo: null };
}
