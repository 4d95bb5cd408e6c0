// The leader's view of one learner: how far it has come, what it has acknowledged, when it was last heard.

import { PacketType } from '../../../../harness/wire/constants.ts';
import type { QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import type { LinkId } from './events.ts';
import type { Outbox } from './outbox.ts';

export type LearnerPhase =
  /** Connected, has not said who it is. */
  | 'unknown'
  /** Has sent FOLLOWERINFO or OBSERVERINFO, waits for an epoch. */
  | 'called'
  /** Has got LEADERINFO. */
  | 'invited'
  /** Has sent ACKEPOCH, waits for its synchronization. */
  | 'promised'
  /** Has got history and NEWLEADER. */
  | 'synchronizing'
  /** Has acknowledged NEWLEADER. */
  | 'synchronized'
  /** Has got UPTODATE. */
  | 'serving';

const syncAnswer: QuorumPacket = { type: PacketType.SYNC, zxid: 0, data: null, authinfo: null };

export class LearnerHandler {
  readonly link: LinkId;
  readonly #outbox: Outbox;
  phase: LearnerPhase = 'unknown';
  sid = 0;
  /** Gets proposals and commits. It need not have a vote: that is for the configurations to say. */
  isFollower = false;
  /** What its log ends with, as ACKEPOCH said. */
  lastZxid = 0;
  /** This epoch's proposals up to here are durable on it. Acknowledgements arrive in order. */
  ackedZxid = 0;
  /** Half ticks without a packet from it. */
  quietHalfTicks = 0;
  pingCount = 0;
  pongCount = 0;
  /** The barrier round whose ping it was sent, and which of its pings that was. */
  barrierRound = 0;
  barrierPing = 0;
  /** The last proposal before each sync of this learner that waits for its answer. */
  #syncs: number[] = [];
  /** Commits behind the first of these syncs. */
  #held: QuorumPacket[] = [];
  #sentZxid = 0;
  /** The proposal whose acknowledgement is watched for lateness; 0 for none. */
  #watchedZxid = 0;
  #watchedHalfTicks = 0;

  constructor(link: LinkId, outbox: Outbox) {
    this.link = link;
    this.#outbox = outbox;
  }

  /** Whether it gets the live stream of proposals and commits. */
  get isForwarding(): boolean {
    return this.phase === 'synchronizing' || this.phase === 'synchronized' || this.phase === 'serving';
  }

  get hasSynchronized(): boolean {
    return this.phase === 'synchronized' || this.phase === 'serving';
  }

  send(packet: QuorumPacket): void {
    this.#outbox.send(this.link, packet);
  }

  /**
   * A commit. One that was proposed after a sync of this learner arrived is told after the answer to the sync:
   * Apache's CommitProcessor expects the answers to all syncs and writes of its clients in the order in which it
   * asked. A write that overtakes a sync is taken for somebody else's, and from then on it waits in vain for
   * an answer and answers no client any more.
   */
  tell(commit: QuorumPacket): void {
    if (this.#isBehindSync(commit.zxid)) this.#held.push(commit);
    else this.send(commit);
  }

  awaitSync(lastProposedZxid: number): void {
    this.#syncs.push(lastProposedZxid);
  }

  answerSync(): void {
    this.send(syncAnswer);
    this.#syncs.shift();
    this.#release();
  }

  /** They will not be answered, and hold nothing back. */
  forgetSyncs(): void {
    this.#syncs = [];
    this.#release();
  }

  propose(packet: QuorumPacket): void {
    this.#outbox.send(this.link, packet);
    this.#sentZxid = packet.zxid;
    if (this.#watchedZxid === 0) this.#watch(packet.zxid);
  }

  ping(packet: QuorumPacket): void {
    this.pingCount += 1;
    this.#outbox.send(this.link, packet);
  }

  acknowledged(zxid: number): void {
    if (zxid > this.ackedZxid) this.ackedZxid = zxid;
    if (this.#watchedZxid === 0 || zxid < this.#watchedZxid) return;
    if (zxid < this.#sentZxid) this.#watch(this.#sentZxid);
    else this.#watchedZxid = 0;
  }

  /** Whether it is for the learner to speak; otherwise it waits for the leader, and silence means nothing. */
  get isAwaited(): boolean {
    return this.phase !== 'called' && this.phase !== 'promised' && this.phase !== 'synchronized';
  }

  /** For how many half ticks it has been silent, and has left a proposal unacknowledged. */
  halfTickPassed(): { readonly quiet: number; readonly unacknowledged: number } {
    this.quietHalfTicks = this.isAwaited ? this.quietHalfTicks + 1 : 0;
    if (this.#watchedZxid !== 0 && this.hasSynchronized) this.#watchedHalfTicks += 1;
    return {
      quiet: this.quietHalfTicks,
      unacknowledged: this.#watchedZxid === 0 ? 0 : this.#watchedHalfTicks,
    };
  }

  #isBehindSync(zxid: number): boolean {
    const first = this.#syncs[0];
    return first !== undefined && zxid > first;
  }

  #release(): void {
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    for (const commit of held) this.tell(commit);
  }

  #watch(zxid: number): void {
    this.#watchedZxid = zxid;
    this.#watchedHalfTicks = 0;
  }
}
