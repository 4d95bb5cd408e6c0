// A follower or an observer: promises itself to a leader, takes over its history, then logs what it
// proposes and applies what it commits. Until NEWLEADER everything that the leader sends is only collected,
// so a synchronization that breaks off leaves log and database as they were.

import { PacketType } from '../../../../harness/wire/constants.ts';
import { JuteError } from '../../../../harness/wire/jute.ts';
import {
  decodeRevalidated,
  encodeAckEpochData,
  encodeForwardedRequest,
  encodeLearnerInfo,
  encodeRevalidate,
  decodeDesignatedLeader,
  encodeTouches,
} from '../../../../harness/wire/quorum-codec.ts';
import type { ForwardedRequest, QuorumPacket, SessionTouch } from '../../../../harness/wire/quorum-packet.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import { epochLimit, epochOf, formatZxid, makeZxid } from '../../../../harness/wire/zxid.ts';
import type { LinkId } from './events.ts';
import { follows } from './history.ts';
import type { LocalState } from './local-state.ts';
import { isFault, parseMembership } from './membership-text.ts';
import { mayStay } from './designation.ts';
import type { Membership } from './membership.ts';
import { DurabilityQueue } from './outbox.ts';
import type { Role, Timing } from './role.ts';
import { canFollow, recordOf, Staging } from './staging.ts';
import { planAdoption, planStartOver, type Adoption } from './synchronization.ts';

const protocolVersion = 0x10000;
const dialAttempts = 5;
const dialPauseMs = 100;
/** Most pings are those of a sync, between which no session is heard of. */
const noTouches = encodeTouches([]);
/** Nothing sane can follow: the log is not one that this leader's ensemble wrote. */
const inconsistentLogExitCode = 13;
type LearnerPhase =
  | 'dialling'
  /** Has sent FOLLOWERINFO or OBSERVERINFO. */
  | 'discovery'
  /** Makes its promise durable. */
  | 'promising'
  /** Has sent ACKEPOCH, collects what comes before NEWLEADER. */
  | 'synchronization'
  /** Makes the leader's history durable. */
  | 'adopting'
  /** Has acknowledged NEWLEADER. */
  | 'synchronized'
  /** Has got UPTODATE. */
  | 'broadcast';

export interface LearnerOptions {
  readonly state: LocalState;
  readonly timing: Timing;
  readonly leader: number;
  /** How long to wait before the first dial: the leader has just turned us away. */
  readonly dialDelayMs: number;
  readonly nowMs: number;
  readonly takeTouches: () => readonly SessionTouch[];
  /** Called at UPTODATE: clients may be served. */
  readonly synchronized: (epoch: number) => void;
}

export class Learner implements Role {
  readonly #options: LearnerOptions;
  readonly #state: LocalState;
  readonly #timing: Timing;
  /** Gets proposals and commits, with or without a vote; otherwise it observes. */
  readonly #isFollower: boolean;

  #phase: LearnerPhase = 'dialling';
  #endReason: string | null = null;
  #successor: number | null = null;
  #link: LinkId | null = null;
  #dialCount = 0;
  /** When to dial; Infinity while a dial is under way or was successful. */
  #dialMs = Infinity;
  #halfTickMs: number;
  #quietHalfTicks = 0;

  #epoch = 0;
  /**
   * The leader is to send everything from the start: it has turned out not to have what this server was sent
   * in a snapshot. Until that is replaced it stays, and counts in elections.
   */
  #isStartingOver = false;
  #staging: Staging | null = null;
  #newLeaderConfiguration: Membership | null = null;
  /** The server that COMMITANDACTIVATE names, where it came before UPTODATE. */
  #designated: number | null = null;
  /** The leader has committed everything up to here; applied from UPTODATE on. */
  #commitZxid = 0;
  readonly #waits = new DurabilityQueue<() => void>();
  readonly #acks = new DurabilityQueue<number>();
  readonly #syncTokens: number[] = [];

  constructor(options: LearnerOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#timing = options.timing;
    const { blank, configuration, sid } = options.state;
    this.#isFollower = !configuration.isObserver(sid) && !blank.isBlank;
    this.#halfTickMs = options.nowMs + options.timing.tickMs / 2;
    if (options.dialDelayMs === 0) this.#dial();
    else this.#dialMs = options.nowMs + options.dialDelayMs;
  }

  get endReason(): string | null {
    return this.#endReason;
  }

  get successor(): number | null {
    return this.#successor;
  }

  get isServing(): boolean {
    return this.#phase === 'broadcast' && this.#endReason === null;
  }

  get deadlineMs(): number {
    return Math.min(this.#dialMs, this.#halfTickMs);
  }

  leaderConnected(link: LinkId): void {
    // A dial of an earlier role may succeed late; whom it reached is not our leader.
    if (this.#phase !== 'dialling' || this.#dialMs !== Infinity) {
      return this.#state.outbox.close(link, 'nobody waits for this connection');
    }
    this.#link = link;
    this.#phase = 'discovery';
    const { sid, configuration, acceptedEpoch } = this.#state;
    this.#send({
      type: this.#isFollower ? PacketType.FOLLOWERINFO : PacketType.OBSERVERINFO,
      zxid: makeZxid(acceptedEpoch, 0),
      data: encodeLearnerInfo({ sid, protocolVersion, configVersion: configuration.current.version }),
      authinfo: null,
    });
  }

  /** A dial failed, or the leader's server was not leading yet when it took the call. */
  dialFailed(reason: string, nowMs: number): void {
    if (this.#phase !== 'dialling' || this.#dialMs !== Infinity) return;
    if (this.#dialCount < dialAttempts) this.#dialMs = nowMs + dialPauseMs;
    else this.#end(`server ${this.#options.leader} cannot be reached: ${reason}`);
  }

  linkClosed(link: LinkId, reason: string, nowMs: number): void {
    if (link !== this.#link) return;
    this.#link = null;
    if (this.#phase === 'discovery') {
      this.#phase = 'dialling';
      return this.dialFailed(reason, nowMs);
    }
    this.#end(`the leader's connection was closed: ${reason}`);
  }

  receive(link: LinkId, packet: QuorumPacket): void {
    if (link !== this.#link || this.#endReason !== null) return;
    this.#quietHalfTicks = 0;
    try {
      this.#dispatch(packet);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#end(`malformed packet of type ${packet.type} from the leader: ${error.message}`);
    }
  }

  receiveSnapshot(link: LinkId, stream: Buffer): void {
    if (link !== this.#link || this.#endReason !== null) return;
    this.#quietHalfTicks = 0;
    const staging = this.#staging;
    if (staging?.type !== 'SNAP' || staging.stream !== null) {
      return this.#end('a snapshot stream without SNAP');
    }
    staging.stream = stream;
  }

  persisted(): void {
    const { durableMark } = this.#state.outbox;
    for (;;) {
      const proceed = this.#waits.takeDurable(durableMark);
      if (proceed === undefined) break;
      proceed();
    }
    this.#sendDurableAcks();
  }

  #sendDurableAcks(): void {
    // The leader expects nothing before the acknowledgement of NEWLEADER.
    if (this.#phase !== 'synchronized' && this.#phase !== 'broadcast') return;
    const { durableMark } = this.#state.outbox;
    for (;;) {
      const zxid = this.#acks.takeDurable(durableMark);
      if (zxid === undefined) return;
      this.#state.trace?.({ event: 'ACK_SEND', zxid });
      this.#send({ type: PacketType.ACK, zxid, data: null, authinfo: null });
    }
  }

  sync(token: number, request: ForwardedRequest): void {
    if (!this.isServing) return;
    this.#state.trace?.({ event: 'SYNC_RECV', id: token });
    this.#syncTokens.push(token);
    this.#send(encodeForwardedRequest(request));
  }

  forward(request: ForwardedRequest): void {
    if (this.isServing) this.#send(encodeForwardedRequest(request));
  }

  revalidate(sessionId: SessionId, timeoutMs: number): void {
    if (!this.isServing) return;
    const data = encodeRevalidate({ sessionId, timeoutMs });
    this.#send({ type: PacketType.REVALIDATE, zxid: -1, data, authinfo: null });
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#dialMs) this.#dial();
    if (nowMs < this.#halfTickMs) return;
    // Counted in ticks, not in time: after a pause the packets that waited are to be read first.
    this.#halfTickMs = nowMs + this.#timing.tickMs / 2;
    this.#quietHalfTicks += 1;
    const limit = this.#phase === 'broadcast' ? this.#timing.syncLimit : this.#timing.initLimit;
    if (this.#quietHalfTicks > 2 * limit) {
      this.#end(`server ${this.#options.leader} was silent for ${limit} ticks in phase ${this.#phase}`);
    }
  }

  end(): void {
    if (this.#link !== null) this.#state.outbox.close(this.#link, this.#endReason ?? 'the role has ended');
  }

  #dial(): void {
    this.#dialCount += 1;
    this.#dialMs = Infinity;
    this.#state.outbox.connectLeader(this.#options.leader);
  }

  #dispatch(packet: QuorumPacket): void {
    switch (this.#phase) {
      case 'discovery':
        return this.#receiveInvitation(packet);
      case 'synchronization':
        return this.#receiveStaged(packet);
      case 'adopting':
      case 'synchronized':
      case 'broadcast':
        return this.#receiveLive(packet);
      case 'dialling':
      case 'promising':
        return this.#refuse(packet);
    }
  }

  // Discovery.

  #receiveInvitation(packet: QuorumPacket): void {
    if (packet.type !== PacketType.LEADERINFO) return this.#refuse(packet);
    const epoch = epochOf(packet.zxid);
    const { acceptedEpoch, outbox } = this.#state;
    if (epoch < acceptedEpoch || epoch >= epochLimit) {
      return this.#end(`the leader offers epoch ${epoch}, and epoch ${acceptedEpoch} is promised`);
    }
    this.#epoch = epoch;
    this.#phase = 'promising';
    // An epoch that was promised before may have been promised to another leader: no second count.
    const isCounted = epoch > acceptedEpoch;
    // A promise that counts must tell this server's history.
    if (isCounted) this.#isStartingOver = false;
    const mark = isCounted ? this.#state.promise(epoch) : outbox.lastMark;
    this.#whenDurable(mark, () => this.#promise(isCounted));
  }

  /** What this server says of its history is durable by now, since it was handed to the disk earlier. */
  #promise(isCounted: boolean): void {
    const { currentEpoch, trace } = this.#state;
    this.#phase = 'synchronization';
    trace?.({
      event: 'EPOCH_ACK',
      leader: this.#options.leader,
      epoch: this.#epoch,
      // Whether it has a vote the leader may know better: of a configuration that has not come here yet.
      counted: isCounted,
    });
    this.#send({
      type: PacketType.ACKEPOCH,
      zxid: this.#reportedZxid,
      data: encodeAckEpochData(isCounted ? currentEpoch : -1),
      authinfo: null,
    });
  }

  // Synchronization.

  #receiveStaged(packet: QuorumPacket): void {
    const staging = this.#staging;
    if (staging === null) {
      const learner = { epoch: this.#epoch, lastLoggedZxid: this.#reportedZxid };
      this.#staging = Staging.open(packet, learner);
      return this.#staging === null ? this.#refuse(packet) : undefined;
    }
    if (packet.type === PacketType.NEWLEADER) return this.#adopt(staging, packet);
    // An answer to a ping would be taken for a wrong answer to NEWLEADER.
    if (packet.type === PacketType.PING) return;
    const reason = staging.add(packet);
    if (reason !== null) this.#end(`the leader sent ${reason}`);
  }

  /** Makes the leader's history this server's own: log first, then the epoch, then the acknowledgement. */
  #adopt(staging: Staging, packet: QuorumPacket): void {
    if (packet.zxid !== this.#epochMark) return this.#refuse(packet);
    const { history, trace } = this.#state;
    const configuration = this.#configurationOf(packet);
    const plan = this.#isStartingOver ? planStartOver : planAdoption;
    const adoption = plan(history, staging);
    if (adoption.type !== 'adopt') return this.#cannotAdopt(adoption);
    const { keepThrough, append } = adoption;
    const firstZxid = append[0]?.header.zxid;
    if (firstZxid !== undefined && !follows(firstZxid, keepThrough)) {
      return this.#refuseGap(firstZxid, keepThrough);
    }
    let lacking = append;
    // A blank voter takes records as a snapshot too: a crash between two of them would leave a part of the history,
    // with which it would be blank no longer.
    const isWhole = this.#state.blank.isBlank && append.length > 0;
    if (adoption.isSnapshotNeeded || isWhole) {
      const stream = staging.type === 'SNAP' ? staging.stream : this.#state.database.encodeEmptyStream();
      if (stream === null) return this.#end('SNAP without its stream');
      lacking = this.#state.install(stream, staging, append);
    } else {
      this.#state.cutAfter(keepThrough);
    }
    for (const record of lacking) this.#state.append(record);
    if (configuration !== null) this.#state.takeOverConfiguration(configuration);
    this.#newLeaderConfiguration = configuration;
    const mark = this.#state.adoptEpoch(this.#epoch);
    const durableZxid = this.#state.lastLoggedZxid;
    this.#staging = null;
    this.#phase = 'adopting';
    this.#commitZxid = staging.committedZxid;
    if (this.#isFollower) {
      for (const record of staging.outstanding) this.#acks.push(mark, record.header.zxid);
    }
    this.#whenDurable(mark, () => {
      this.#phase = 'synchronized';
      trace?.({
        event: 'NEWLEADER_ACK',
        epoch: this.#epoch,
        leader: this.#options.leader,
        durableZxid,
      });
      this.#send({ type: PacketType.ACK, zxid: this.#epochMark, data: null, authinfo: null });
      this.#sendDurableAcks();
    });
  }

  /** An old leader sends none. */
  #configurationOf({ data }: QuorumPacket): Membership | null {
    if (!this.#state.configuration.isChangeable || data === null || data.length <= 1) return null;
    const parsed = parseMembership(data.toString());
    if (isFault(parsed)) throw new JuteError(`the configuration in NEWLEADER: ${parsed.fault}`, 0);
    return parsed;
  }

  #cannotAdopt({ type, reason }: Exclude<Adoption, { type: 'adopt' }>): void {
    if (type === 'startOver') return this.#startOver(reason);
    if (type === 'impossible') this.#state.fail(reason, inconsistentLogExitCode);
    this.#end(reason);
  }

  /**
   * Calls the same leader again, without an election in between: its epoch may need this server's promise, and
   * has it. Asked for a second one, the server is not counted, and may report an empty log.
   */
  #startOver(reason: string): void {
    if (this.#link !== null) this.#state.outbox.close(this.#link, reason);
    this.#link = null;
    this.#staging = null;
    this.#isStartingOver = true;
    this.#phase = 'dialling';
    this.#dialCount = 0;
    this.#dial();
  }

  // Broadcast.

  #receiveLive(packet: QuorumPacket): void {
    switch (packet.type) {
      case PacketType.PROPOSAL:
        return this.#isFollower ? this.#receiveProposal(packet) : undefined;
      case PacketType.COMMIT:
      case PacketType.COMMIT_AND_ACTIVATE:
        return this.#isFollower ? this.#receiveCommit(packet) : undefined;
      case PacketType.INFORM:
      case PacketType.INFORM_AND_ACTIVATE:
        return this.#isFollower ? this.#refuse(packet) : this.#receiveInform(packet);
      case PacketType.UPTODATE:
        return this.#receiveUpToDate(packet);
      case PacketType.PING:
        return this.#receivePing(packet);
      case PacketType.SYNC:
        return this.#receiveSync(packet);
      case PacketType.REVALIDATE:
        return this.#state.outbox.upcall({ type: 'revalidated', ...decodeRevalidated(packet.data) });
      default:
        return this.#refuse(packet);
    }
  }

  #receiveProposal(packet: QuorumPacket): void {
    const mark = this.#log(packet);
    if (mark === null || !this.#isFollower) return;
    this.#acks.push(mark, packet.zxid);
    this.#sendDurableAcks();
  }

  #receiveInform(packet: QuorumPacket): void {
    if (this.#log(packet) !== null) this.#receiveCommit(packet);
  }

  /** The mark with which the record is durable; null if it has no place in the log. */
  #log(packet: QuorumPacket): number | null {
    const { history, lastLoggedZxid, outbox } = this.#state;
    const { zxid } = packet;
    if (zxid <= lastLoggedZxid && history.has(zxid)) return outbox.lastMark;
    if (!canFollow(zxid, lastLoggedZxid, this.#epoch)) {
      this.#refuseGap(zxid, lastLoggedZxid);
      return null;
    }
    return this.#state.append(recordOf(packet));
  }

  #receiveCommit(packet: QuorumPacket): void {
    const { zxid } = packet;
    const { history } = this.#state;
    const isNext = zxid === history.firstPending?.header.zxid;
    // What was installed with a snapshot is applied, and need not be in the log.
    if (zxid <= this.#commitZxid || (!isNext && zxid <= history.baseZxid)) return;
    if (!isNext && !history.has(zxid)) return this.#refuse(packet);
    this.#state.trace?.({ event: 'COMMIT_RECV', zxid });
    this.#commitZxid = zxid;
    const designated = designatedIn(packet);
    if (designated !== null) this.#designated = designated;
    if (this.#phase !== 'broadcast') return;
    if (!isNext) return this.#refuse(packet);
    const before = this.#state.configuration.current;
    this.#state.commitFirst();
    this.#takeNewPlace(before, designated);
  }

  #receiveUpToDate(packet: QuorumPacket): void {
    if (this.#phase === 'broadcast') return;
    if (this.#phase !== 'synchronized') return this.#refuse(packet);
    this.#send({ type: PacketType.ACK, zxid: this.#epochMark, data: null, authinfo: null });
    if (this.#state.blank.isBlank) return this.#becomeVoter();
    this.#phase = 'broadcast';
    this.#state.trace?.({ event: 'UPTODATE', epoch: this.#epoch });
    const before = this.#state.configuration.current;
    this.#state.activate(this.#epoch, this.#commitZxid);
    const configuration = this.#newLeaderConfiguration;
    if (configuration !== null && this.#isDecided(configuration.version)) {
      this.#state.activateConfiguration(configuration);
    }
    this.#options.synchronized(this.#epoch);
    this.#takeNewPlace(before, this.#designated);
  }

  /**
   * Whether a quorum's acknowledgement of NEWLEADER was enough for it. A leader of Apache's that is active already
   * sends one that it has only proposed, too, and whose commit is to come.
   */
  #isDecided(version: number): boolean {
    return version <= this.#epochMark || version <= this.#commitZxid;
  }

  /**
   * In a new configuration this server may have another role, and its leader may lead no longer. It has another one
   * as well when its leader knows nothing of a pending configuration that would have given it a vote.
   */
  #takeNewPlace(before: Membership, designated: number | null): void {
    const { configuration, sid } = this.#state;
    const after = configuration.current;
    const isDemoted = this.#isFollower && configuration.isObserver(sid);
    if (after.version === before.version && !isDemoted) return;
    const { leader } = this.#options;
    const hasNewRole = this.#isFollower === configuration.isObserver(sid);
    const hasNewLeader = designated === null ? !mayStay(leader, { before, after }) : designated !== leader;
    if (!hasNewRole && !hasNewLeader) return;
    this.#successor = designated;
    this.#end(`the configuration of ${formatZxid(after.version)} changes roles`);
  }

  /** With a history again, and durably, before the leader heard of it: time to come back as what it is. */
  #becomeVoter(): void {
    this.#state.commitThrough(this.#commitZxid);
    this.#state.blank.synchronized();
    this.#end('this server has a history again, and calls as a voter');
  }

  #receivePing(packet: QuorumPacket): void {
    // Before UPTODATE the leader takes anything but the expected acknowledgement for an error.
    if (this.#phase !== 'broadcast') return;
    const touches = this.#options.takeTouches();
    const data = touches.length === 0 ? noTouches : encodeTouches(touches);
    this.#send({ type: PacketType.PING, zxid: packet.zxid, data, authinfo: null });
  }

  #receiveSync(packet: QuorumPacket): void {
    const token = this.#syncTokens.shift();
    if (token === undefined) return this.#refuse(packet);
    this.#state.trace?.({ event: 'SYNC_DONE', id: token });
    this.#state.outbox.upcall({ type: 'syncDone', token });
  }

  #refuseGap(zxid: number, lastZxid: number): void {
    this.#end(`the leader sent ${formatZxid(zxid)}, which cannot follow ${formatZxid(lastZxid)}`);
  }

  #refuse(packet: QuorumPacket): void {
    this.#end(
      `an unexpected packet of type ${packet.type} with zxid ${formatZxid(packet.zxid)} in phase ${this.#phase}`,
    );
  }

  #send(packet: QuorumPacket): void {
    if (this.#link !== null) this.#state.outbox.send(this.#link, packet);
  }

  #end(reason: string): void {
    this.#endReason ??= reason;
  }

  #whenDurable(mark: number, proceed: () => void): void {
    if (mark <= this.#state.outbox.durableMark) proceed();
    else this.#waits.push(mark, proceed);
  }

  /** What ACKEPOCH tells of the log, and so where the leader's DIFF goes on. */
  get #reportedZxid(): number {
    return this.#isStartingOver ? 0 : this.#state.lastLoggedZxid;
  }

  get #epochMark(): number {
    return makeZxid(this.#epoch, 0);
  }
}

/** Commits of reconfigurations name the server that leads from there on. */
function designatedIn({ type, data }: QuorumPacket): number | null {
  const isActivation = type === PacketType.COMMIT_AND_ACTIVATE || type === PacketType.INFORM_AND_ACTIVATE;
  return isActivation ? decodeDesignatedLeader(data) : null;
}
