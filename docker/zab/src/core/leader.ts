// The leader: wins an epoch (discovery), brings a quorum to its own history (synchronization), then orders
// transactions (broadcast). Each step needs a quorum that includes the leader itself.

import assert from 'node:assert/strict';
import { OpCode, PacketType } from '../../../../harness/wire/constants.ts';
import { JuteError } from '../../../../harness/wire/jute.ts';
import {
  decodeAckEpochData,
  decodeForwardedRequest,
  decodeLearnerInfo,
  decodeRevalidate,
  decodeTouches,
  encodeLeaderInfoData,
  encodeRevalidated,
} from '../../../../harness/wire/quorum-codec.ts';
import type { QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { epochLimit, epochOf, formatZxid, makeZxid } from '../../../../harness/wire/zxid.ts';
import { Broadcast } from './broadcast.ts';
import { mayStay } from './designation.ts';
import type { LinkId } from './events.ts';
import { LearnerHandler } from './learner-handler.ts';
import type { LocalState } from './local-state.ts';
import { DurabilityQueue } from './outbox.ts';
import type { Role, Timing } from './role.ts';
import { sendHistory } from './send-history.ts';

const protocolVersion = 0x10000;
/** How far ahead of all others the epoch may be that a learner says it has promised. */
const epochLeap = 0x10000;

type LeaderPhase =
  /** Waits until a quorum has called, to choose an epoch above all that they have promised. */
  | 'discovery'
  /** Makes its own promise durable. */
  | 'promising'
  /** Waits until a quorum has promised this epoch. */
  | 'establishing'
  /** Waits until a quorum holds the initial history durably. */
  | 'synchronization'
  | 'broadcast';

export interface LeaderOptions {
  readonly state: LocalState;
  readonly timing: Timing;
  readonly isSnapshotForced: boolean;
  readonly nowMs: number;
  /** Called when the epoch is active: clients may be served. */
  readonly activated: (epoch: number) => void;
}

export class Leader implements Role {
  readonly #state: LocalState;
  readonly #timing: Timing;
  readonly #options: LeaderOptions;
  readonly #handlers = new Map<LinkId, LearnerHandler>();
  readonly #called: Set<number>;
  readonly #promised = new Set<number>();
  readonly #synchronized = new Set<number>();
  /** Where this server's own history stood when it was elected. */
  readonly #initialEpoch: number;
  readonly #initialZxid: number;

  #phase: LeaderPhase = 'discovery';
  #phaseHalfTicks = 0;
  #endReason: string | null = null;
  #successor: number | null = null;
  #deadlineMs: number;
  #halfTicks = 0;
  #ticksWithoutQuorum = 0;
  #epoch = 0;
  #highestAcceptedEpoch: number;

  #broadcast: Broadcast;
  readonly #waits = new DurabilityQueue<() => void>();

  constructor(options: LeaderOptions) {
    const { state } = options;
    this.#options = options;
    this.#state = state;
    this.#timing = options.timing;
    this.#called = new Set([state.sid]);
    this.#initialEpoch = state.currentEpoch;
    // (e, 0) is what a server with the initial history of e may report, whatever its last record.
    this.#initialZxid = Math.max(state.lastLoggedZxid, makeZxid(state.currentEpoch, 0));
    this.#highestAcceptedEpoch = Math.max(state.acceptedEpoch, state.seenEpoch);
    this.#broadcast = this.#makeBroadcast(0);
    this.#deadlineMs = options.nowMs + this.#timing.tickMs / 2;
    this.#tryToChooseEpoch();
  }

  get endReason(): string | null {
    return this.#endReason;
  }

  get successor(): number | null {
    return this.#successor;
  }

  get isServing(): boolean {
    return this.#phase === 'broadcast' && this.#endReason === null && this.#successor === null;
  }

  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** 0 until it is chosen. */
  get epoch(): number {
    return this.#epoch;
  }

  get nextZxid(): number {
    return this.#broadcast.nextZxid;
  }

  get hasOutstanding(): boolean {
    return this.#broadcast.hasOutstanding;
  }

  /** Learners that have caught up, by sid. */
  get synchronizedLearners(): readonly { readonly sid: number; readonly isVoter: boolean }[] {
    const serving = [...this.#handlers.values()].filter((handler) => handler.phase === 'serving');
    return serving.map(({ sid, isFollower }) => ({ sid, isVoter: isFollower }));
  }

  learnerConnected(link: LinkId): void {
    this.#handlers.set(link, new LearnerHandler(link, this.#state.outbox));
  }

  receive(link: LinkId, packet: QuorumPacket): void {
    const handler = this.#handlers.get(link);
    if (handler === undefined) return;
    handler.quietHalfTicks = 0;
    try {
      this.#dispatch(handler, packet);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#drop(handler, `malformed packet of type ${packet.type}: ${error.message}`);
    }
  }

  receiveSnapshot(link: LinkId): void {
    const handler = this.#handlers.get(link);
    if (handler !== undefined) this.#drop(handler, 'a learner sent a snapshot');
  }

  linkClosed(link: LinkId): void {
    const handler = this.#handlers.get(link);
    if (handler !== undefined) this.#forget(handler);
    this.#leaveToSuccessor();
  }

  persisted(): void {
    const { durableMark } = this.#state.outbox;
    for (;;) {
      const proceed = this.#waits.takeDurable(durableMark);
      if (proceed === undefined) break;
      proceed();
    }
    this.#broadcast.persisted();
  }

  propose(record: TxnRecord): void {
    assert.equal(this.#phase, 'broadcast', 'only an active leader proposes');
    if (this.#broadcast.isOutOfZxids) {
      return this.#end(`epoch ${this.#epoch} has used up its zxids; a new epoch starts at 1 again`);
    }
    this.#broadcast.propose(record);
  }

  sync(token: number): void {
    this.#state.trace?.({ event: 'SYNC_RECV', id: token });
    this.#broadcast.sync({ link: null, token });
  }

  learnerSync(link: LinkId): void {
    this.#broadcast.sync({ link, token: 0 });
  }

  /** The leader's own clients do not go through here: the server proposes for them. */
  forward(): void {}

  /** The leader's own sessions are known to the server. */
  revalidate(): void {}

  revalidated(link: LinkId, sessionId: SessionId, valid: boolean): void {
    const handler = this.#handlers.get(link);
    handler?.send({
      type: PacketType.REVALIDATE,
      zxid: -1,
      data: encodeRevalidated({ sessionId, valid }),
      authinfo: null,
    });
  }

  tick(nowMs: number): void {
    if (nowMs < this.#deadlineMs) return;
    // Late ticks are not made up for: packets that arrived meanwhile are to be read before anyone is judged.
    this.#deadlineMs = nowMs + this.#timing.tickMs / 2;
    this.#halfTicks += 1;
    if (this.#successor !== null) return this.#leaveToSuccessor(true);
    this.#dropSilentLearners();
    if (this.#phase === 'broadcast') {
      for (const handler of this.#handlers.values()) {
        if (handler.phase === 'serving') this.#broadcast.ping(handler);
        else this.#trySynchronize(handler);
      }
      if (this.#halfTicks % 2 === 0) this.#checkQuorum();
      return;
    }
    this.#phaseHalfTicks += 1;
    if (this.#phaseHalfTicks > 2 * this.#timing.initLimit) {
      this.#end(`no quorum within ${this.#timing.initLimit} ticks in phase ${this.#phase}`);
    }
  }

  /** Leads no longer, by its own will. */
  resign(reason: string): void {
    this.#end(reason);
  }

  end(): void {
    for (const handler of this.#handlers.values()) {
      this.#drop(handler, `server ${this.#state.sid} leads no longer: ${this.#endReason}`);
    }
  }

  #dispatch(handler: LearnerHandler, packet: QuorumPacket): void {
    if (handler.phase === 'unknown') return this.#receiveCall(handler, packet);
    switch (packet.type) {
      case PacketType.ACKEPOCH:
        return this.#receivePromise(handler, packet);
      case PacketType.ACK:
        return this.#receiveAck(handler, packet.zxid);
      case PacketType.PING:
        return this.#receivePong(handler, packet);
      case PacketType.REQUEST:
        return this.#receiveRequest(handler, packet);
      case PacketType.REVALIDATE: {
        const { link, sid } = handler;
        const question = decodeRevalidate(packet.data);
        return this.#state.outbox.upcall({ type: 'revalidate', link, from: sid, ...question });
      }
      default:
        return this.#drop(handler, `a learner sent a packet of type ${packet.type}`);
    }
  }

  // Discovery.

  #receiveCall(handler: LearnerHandler, packet: QuorumPacket): void {
    if (packet.type !== PacketType.FOLLOWERINFO && packet.type !== PacketType.OBSERVERINFO) {
      return this.#drop(handler, `a learner began with a packet of type ${packet.type}`);
    }
    const info = decodeLearnerInfo(packet.data);
    const acceptedEpoch = epochOf(packet.zxid);
    const refusal = this.#reasonToRefuse(packet, info, acceptedEpoch);
    if (refusal !== null) return this.#drop(handler, refusal);
    for (const other of this.#handlers.values()) {
      if (other.sid === info.sid && other !== handler && other.phase !== 'unknown') {
        this.#drop(other, `server ${info.sid} has connected again`);
      }
    }
    handler.sid = info.sid;
    handler.isFollower = packet.type === PacketType.FOLLOWERINFO;
    handler.phase = 'called';
    // A voter that calls as an observer has lost its data, and with it what it promised.
    if (!handler.isFollower) {
      this.#called.delete(handler.sid);
      this.#promised.delete(handler.sid);
    }

    this.#state.seenEpoch = Math.max(this.#state.seenEpoch, acceptedEpoch);
    this.#highestAcceptedEpoch = Math.max(this.#highestAcceptedEpoch, acceptedEpoch);
    if (this.#phase === 'discovery') {
      if (handler.isFollower) this.#called.add(handler.sid);
      this.#tryToChooseEpoch();
    } else if (acceptedEpoch > this.#epoch) {
      // It can never join this epoch, so without a new one it would be shut out for good.
      this.#end(`server ${info.sid} has promised epoch ${acceptedEpoch}, above epoch ${this.#epoch}`);
    } else if (this.#phase !== 'promising') {
      this.#invite(handler);
    }
  }

  #reasonToRefuse(
    packet: QuorumPacket,
    info: { readonly sid: number; readonly protocolVersion: number; readonly configVersion: number },
    acceptedEpoch: number,
  ): string | null {
    const { configuration, sid } = this.#state;
    if (info.protocolVersion < protocolVersion) return `server ${info.sid} speaks an old learner protocol`;
    if (info.configVersion > configuration.latest.version)
      return `server ${info.sid} has a newer configuration`;
    if (info.sid === sid) return `a learner calls itself ${sid}, as this server`;
    // Where the membership can change, a server may follow without a vote, and be given one later.
    const isFixed = !configuration.isChangeable;
    if (isFixed && packet.type === PacketType.FOLLOWERINFO && !configuration.isVoter(info.sid)) {
      return `server ${info.sid} is not a voter of this ensemble`;
    }
    // Epochs grow by one an election; one forged far ahead would use them up for ever.
    const mostPlausible = Math.min(this.#highestAcceptedEpoch + epochLeap, epochLimit - 2);
    if (acceptedEpoch < 0 || acceptedEpoch > mostPlausible) {
      return `server ${info.sid} has promised an impossible epoch ${acceptedEpoch}`;
    }
    return null;
  }

  #tryToChooseEpoch(): void {
    if (!this.#state.configuration.hasQuorum(this.#called)) return;
    this.#epoch = this.#highestAcceptedEpoch + 1;
    this.#numberFirstConfiguration();
    this.#enter('promising');
    this.#whenDurable(this.#state.promise(this.#epoch), () => {
      this.#enter('establishing');
      const { sid, trace } = this.#state;
      trace?.({ event: 'EPOCH_ACK', leader: sid, epoch: this.#epoch, counted: true });
      this.#promised.add(sid);
      for (const handler of this.#handlers.values()) if (handler.phase === 'called') this.#invite(handler);
      this.#tryToEstablish();
    });
  }

  #invite(handler: LearnerHandler): void {
    handler.phase = 'invited';
    handler.send({
      type: PacketType.LEADERINFO,
      zxid: this.#epochMark,
      data: encodeLeaderInfoData(protocolVersion),
      authinfo: null,
    });
  }

  #receivePromise(handler: LearnerHandler, packet: QuorumPacket): void {
    if (handler.phase !== 'invited') return this.#drop(handler, 'ACKEPOCH without LEADERINFO');
    const currentEpoch = decodeAckEpochData(packet.data);
    // −1: it has promised this epoch before, so it may have done so to another leader. It must not count.
    const isCounted = handler.isFollower && currentEpoch !== -1 && packet.zxid !== -1;
    if (this.#phase === 'establishing' && currentEpoch !== -1) {
      const zxid = Math.max(packet.zxid, makeZxid(currentEpoch, 0));
      const isAhead =
        currentEpoch > this.#initialEpoch ||
        (currentEpoch === this.#initialEpoch && zxid > this.#initialZxid);
      // To lead it would be to undo what it may know to be committed.
      if (isAhead) return this.#drop(handler, `server ${handler.sid} has a longer history than its leader`);
    }
    handler.lastZxid = packet.zxid;
    handler.phase = 'promised';
    if (isCounted) this.#promised.add(handler.sid);
    if (this.#phase === 'establishing') this.#tryToEstablish();
    else this.#trySynchronize(handler);
  }

  #tryToEstablish(): void {
    const { configuration, trace } = this.#state;
    if (!configuration.hasQuorum(this.#promised)) return;
    this.#enter('synchronization');
    trace?.({ event: 'ESTABLISH', epoch: this.#epoch, ackers: configuration.votersAmong(this.#promised) });
    this.#broadcast = this.#makeBroadcast(this.#epoch);
    this.#whenDurable(this.#state.adoptEpoch(this.#epoch), () => {
      this.#synchronized.add(this.#state.sid);
      this.#tryToActivate();
    });
    for (const handler of this.#handlers.values()) this.#trySynchronize(handler);
  }

  // Synchronization.

  /** Observers wait until the initial history is committed, for they log only what is. */
  #trySynchronize(handler: LearnerHandler): void {
    if (handler.phase !== 'promised') return;
    if (!handler.isFollower && this.#phase !== 'broadcast') return;
    const { history } = this.#state;
    if (!handler.isFollower && this.#isUnderWay(handler.lastZxid)) return;
    const isActive = this.#phase === 'broadcast';
    const source = {
      endZxid: isActive ? history.lastCommittedZxid : history.lastZxid,
      epoch: this.#epoch,
      initialEpoch: this.#initialEpoch,
      isSnapshotForced: this.#options.isSnapshotForced,
    };
    // Before activation it names the pending one, which the acknowledgements of NEWLEADER decide. Later that is
    // for its own transaction to do; Apache ZooKeeper names it all the same, and so lets a learner that comes
    // in between count by a configuration that may never be decided.
    const { current, latest } = this.#state.configuration;
    sendHistory(handler, this.#state, source, isActive ? current : latest);
    handler.phase = 'synchronizing';
    if (handler.isFollower) this.#broadcast.addFollower(handler);
  }

  /**
   * One that observes since a reconfiguration may have logged, as a follower, what is not decided yet. It would
   * be told to cut that off, and it may be committed by the time that it does: better to wait for the decision.
   */
  #isUnderWay(zxid: number): boolean {
    const { history } = this.#state;
    return zxid > history.lastCommittedZxid && history.has(zxid);
  }

  #tryToActivate(): void {
    const { configuration, sid, trace } = this.#state;
    if (this.#phase !== 'synchronization' || !this.#synchronized.has(sid)) return;
    if (!configuration.hasQuorum(this.#synchronized)) return;
    this.#enter('broadcast');
    trace?.({
      event: 'ACTIVATE',
      epoch: this.#epoch,
      ackers: configuration.votersAmong(this.#synchronized),
      lastZxid: this.#state.lastLoggedZxid,
    });
    const before = configuration.current;
    this.#state.activate(this.#epoch, Infinity);
    const { pending } = configuration;
    if (pending !== null) this.#state.activateConfiguration(pending);
    this.#options.activated(this.#epoch);
    for (const handler of this.#handlers.values()) {
      if (handler.phase === 'synchronized') this.#startServing(handler);
      else this.#trySynchronize(handler);
    }
    // It had to bring the change to its end, in which it has no part.
    if (before.version === configuration.current.version) return;
    if (!mayStay(sid, { before, after: configuration.current })) {
      this.#end(`server ${sid} cannot lead in the configuration it has activated`);
    }
  }

  #makeBroadcast(epoch: number): Broadcast {
    return new Broadcast(this.#state, this.#handlers, epoch, (leader) => this.#reconfigured(leader));
  }

  #reconfigured(leader: number): void {
    if (leader === this.#state.sid) return;
    this.#successor = leader;
    this.#leaveToSuccessor();
  }

  /**
   * Followers close their connections when they have read who leads them now. To close first might cost them that
   * word, and everybody an election; one that is cut off is not waited for longer than half a tick.
   */
  #leaveToSuccessor(hasWaited = false): void {
    if (this.#successor === null) return;
    const isHeard = [...this.#handlers.values()].every((handler) => !handler.isForwarding);
    if (isHeard || hasWaited) this.#end(`server ${this.#successor} leads in the new configuration`);
  }

  /**
   * Configurations of static files all have version 0. The first leader's gets a number, so that it outranks the
   * file of a server that joins, which may name only part of the ensemble.
   */
  #numberFirstConfiguration(): void {
    const { configuration } = this.#state;
    if (!configuration.isChangeable || configuration.latest.version !== 0) return;
    this.#state.expectConfiguration({ ...configuration.current, version: this.#epochMark });
  }

  #startServing(handler: LearnerHandler): void {
    handler.phase = 'serving';
    handler.send({ type: PacketType.UPTODATE, zxid: -1, data: null, authinfo: null });
  }

  // Broadcast.

  #receiveAck(handler: LearnerHandler, zxid: number): void {
    if (!handler.isForwarding) return this.#drop(handler, 'an ACK before NEWLEADER');
    if (zxid === this.#epochMark) return this.#receiveNewLeaderAck(handler);
    if (!handler.isFollower) return;
    if (zxid > this.#broadcast.lastProposedZxid) {
      return this.#drop(handler, `an ACK of ${formatZxid(zxid)}, which was not proposed`);
    }
    this.#state.trace?.({ event: 'ACK_RECV', from: handler.sid, zxid });
    handler.acknowledged(zxid);
    if (this.#phase === 'broadcast') this.#broadcast.commitAcknowledged(zxid);
  }

  #receiveNewLeaderAck(handler: LearnerHandler): void {
    // Learners acknowledge (epoch, 0) twice; the second is their answer to UPTODATE.
    if (handler.phase !== 'synchronizing') return;
    handler.phase = 'synchronized';
    if (this.#phase === 'broadcast') return this.#startServing(handler);
    if (handler.isFollower) this.#synchronized.add(handler.sid);
    this.#tryToActivate();
  }

  #receiveRequest(handler: LearnerHandler, packet: QuorumPacket): void {
    if (handler.phase !== 'serving') return;
    const request = decodeForwardedRequest(packet);
    const { link, sid } = handler;
    const { outbox } = this.#state;
    if (request.opcode !== OpCode.SYNC) return outbox.upcall({ type: 'request', link, from: sid, request });
    // The writes that came before it are to be proposed first: it is answered behind their commits.
    if (outbox.hasRequests) return outbox.upcall({ type: 'learnerSync', link });
    this.learnerSync(link);
  }

  #receivePong(handler: LearnerHandler, packet: QuorumPacket): void {
    if (packet.data !== null && packet.data.length > 0) {
      this.#state.outbox.upcall({ type: 'touched', touches: decodeTouches(packet.data) });
    }
    this.#broadcast.receivePong(handler);
  }

  // Time.

  #dropSilentLearners(): void {
    const { initLimit, syncLimit } = this.#timing;
    for (const handler of this.#handlers.values()) {
      const limit = handler.phase === 'serving' ? syncLimit : initLimit;
      const { quiet, unacknowledged } = handler.halfTickPassed();
      if (quiet > 2 * limit) {
        this.#drop(handler, `server ${handler.sid} was silent for ${limit} ticks`);
      } else if (unacknowledged > 2 * syncLimit) {
        this.#drop(handler, `server ${handler.sid} left a proposal unacknowledged for ${syncLimit} ticks`);
      }
    }
  }

  /** A leader that a quorum may have left must stop: another may lead by now. */
  #checkQuorum(): void {
    const { configuration, sid } = this.#state;
    const { syncLimit } = this.#timing;
    const followers = [...this.#handlers.values()].filter((handler) => handler.isFollower);
    const synchronized = followers.filter((handler) => handler.hasSynchronized);
    if (configuration.hasQuorum([sid, ...synchronized.map((handler) => handler.sid)])) {
      this.#ticksWithoutQuorum = 0;
      return;
    }
    // Learners that are synchronizing again will do, for a while.
    this.#ticksWithoutQuorum += 1;
    const isHopeful = configuration.hasQuorum([sid, ...followers.map((handler) => handler.sid)]);
    if (isHopeful && this.#ticksWithoutQuorum < syncLimit) return;
    const left = configuration.votersAmong([sid, ...synchronized.map((handler) => handler.sid)]);
    this.#end(
      `no quorum follows: of the voters ${configuration.voterSids.join(' ')} only ${left.join(' ')} do`,
    );
  }

  #drop(handler: LearnerHandler, reason: string): void {
    this.#state.outbox.close(handler.link, reason);
    this.#forget(handler);
  }

  /** One that has left may have promised itself to another leader: its NEWLEADER ack no longer counts. */
  #forget(handler: LearnerHandler): void {
    this.#handlers.delete(handler.link);
    if (handler.hasSynchronized) this.#synchronized.delete(handler.sid);
    this.#broadcast.removeFollower(handler);
  }

  #enter(phase: LeaderPhase): void {
    this.#phase = phase;
    this.#phaseHalfTicks = 0;
  }

  #end(reason: string): void {
    this.#endReason ??= reason;
  }

  #whenDurable(mark: number, proceed: () => void): void {
    if (mark <= this.#state.outbox.durableMark) proceed();
    else this.#waits.push(mark, proceed);
  }

  get #epochMark(): number {
    return makeZxid(this.#epoch, 0);
  }
}
