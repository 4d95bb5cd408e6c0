// One server of an ensemble as the protocol sees it. It is fed events and asked what to do; it does no I/O,
// reads no clock and draws no random number, so equal events give equal answers.
//
//   peer.step(event, nowMs)     message, tick, persisted mark or request; never throws for a peer's fault
//   const ready = peer.ready()  what to persist, send, show and answer, in the order that `Ready` documents

import { ServerState } from '../../../../harness/wire/constants.ts';
import type { QuorumPacket, SessionTouch } from '../../../../harness/wire/quorum-packet.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { BlankVoter } from './blank-voter.ts';
import type { BlankVoterOptions } from './blank-voter.ts';
import { Configuration } from './configuration.ts';
import type { Database } from './database.ts';
import { FastLeaderElection } from './election.ts';
import type { LinkId, PeerEvent, Ready } from './events.ts';
import { Leader } from './leader.ts';
import { Learner } from './learner.ts';
import { LocalState } from './local-state.ts';
import type { ReadLog } from './local-state.ts';
import type { Membership } from './membership.ts';
import { hasQuorum } from './quorum.ts';
import { Outbox } from './outbox.ts';
import type { Role, Timing } from './role.ts';
import type { TraceSink } from './trace.ts';

export interface PeerOptions extends Timing {
  readonly sid: number;
  /** The configuration in force. */
  readonly membership: Membership;
  /** One that may follow it, beside those in the log. */
  readonly pendingMembership?: Membership | null;
  /** Whether the membership may change; otherwise it is `membership`, whatever others send. */
  readonly reconfigEnabled?: boolean;
  readonly database: Database;
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  /** Of a voter that starts without any history; by default every voter has one. */
  readonly blank?: BlankVoterOptions;
  /** Log records behind the database's state. */
  readonly tail: readonly TxnRecord[];
  /** For learners that lag more than `commitLogCount`; by default they get a snapshot. */
  readonly readLog?: ReadLog;
  /** Committed transactions kept in memory for learners that lag. */
  readonly commitLogCount?: number;
  readonly electionMinMs?: number;
  readonly electionMaxMs?: number;
  /** How long an election waits for a better vote after a quorum agrees. */
  readonly finalizeWaitMs?: number;
  /** Synchronize every learner by SNAP. */
  readonly forceSnapshotSync?: boolean;
  /** Learner: the sessions heard from since it was last called. */
  readonly takeTouches: () => readonly SessionTouch[];
  readonly trace: TraceSink;
}

export type PeerRole = 'looking' | 'leading' | 'following' | 'observing';

/** A learner that called before the election told us that we lead; it says one thing and then waits. */
const parkedPacketLimit = 1;
const parkedLinkLimit = 256;
/** How long to wait before calling a leader again that has turned us away. */
const redialDelayMs = 100;

export class Peer {
  readonly #options: PeerOptions;
  readonly #outbox = new Outbox();
  readonly #configuration: Configuration;
  readonly #state: LocalState;
  readonly #election: FastLeaderElection;
  #leader: Leader | null = null;
  #learner: Learner | null = null;
  #followed: number | null = null;
  readonly #parked = new Map<LinkId, QuorumPacket[]>();
  #highestLink = -1;
  #turnedAwayBy: number | null = null;
  #hasServed = false;
  #isWritable = true;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#configuration = new Configuration({
      current: options.membership,
      pending: options.pendingMembership ? [options.pendingMembership] : [],
      isChangeable: options.reconfigEnabled ?? false,
    });
    const blank = new BlankVoter(options.sid, options.blank ?? { isBlank: false, mayForm: true });
    this.#state = new LocalState({
      ...options,
      blank,
      configuration: this.#configuration,
      commitLogCount: options.commitLogCount ?? 500,
      outbox: this.#outbox,
    });
    this.#election = new FastLeaderElection({
      sid: options.sid,
      blank,
      configuration: this.#configuration,
      learned: (membership) => this.#state.activateConfiguration(membership),
      minIntervalMs: options.electionMinMs ?? 200,
      maxIntervalMs: options.electionMaxMs ?? 60_000,
      finalizeWaitMs: options.finalizeWaitMs ?? 200,
      send: (to, notification) => this.#outbox.notify(to, notification),
      trace: options.trace,
    });
  }

  get role(): PeerRole {
    switch (this.#election.state) {
      case ServerState.LOOKING:
        return 'looking';
      case ServerState.FOLLOWING:
        return 'following';
      case ServerState.LEADING:
        return 'leading';
      case ServerState.OBSERVING:
        return 'observing';
    }
  }

  /** Whether clients may be served. */
  get serving(): boolean {
    return this.#role?.isServing ?? false;
  }

  /** The leader that this server follows or is; null while LOOKING. */
  get leader(): number | null {
    return this.#leader === null ? this.#followed : this.#state.sid;
  }

  /** When the next `tick` is due; Infinity if none is. */
  get deadlineMs(): number {
    if (this.#state.hasFailed) return Infinity;
    return (this.#role ?? this.#election).deadlineMs;
  }

  /** Leader: the zxid that the next proposal must have. */
  get nextZxid(): number {
    return this.#leader?.nextZxid ?? 0;
  }

  get lastLoggedZxid(): number {
    return this.#state.lastLoggedZxid;
  }

  get acceptedEpoch(): number {
    return this.#state.acceptedEpoch;
  }

  get currentEpoch(): number {
    return this.#state.currentEpoch;
  }

  /** Leader: some proposals are not committed yet. */
  get hasOutstanding(): boolean {
    return this.#leader?.hasOutstanding ?? false;
  }

  /** What is in the log and not known to be committed. */
  get uncommitted(): readonly TxnRecord[] {
    return this.#state.history.pendingRecords;
  }

  /** Leader: the learners that have caught up. */
  get synchronizedLearners(): readonly { readonly sid: number; readonly isVoter: boolean }[] {
    return this.#leader?.synchronizedLearners ?? [];
  }

  get configuration(): Pick<Configuration, 'current' | 'pending'> {
    return this.#configuration;
  }

  /** Leader: whether enough of those that would count have caught up, so that a change could be decided. */
  hasSynchronizedQuorumOf(membership: Membership): boolean {
    const followers = this.synchronizedLearners.filter(({ isVoter }) => isVoter);
    return hasQuorum(membership, [this.#state.sid, ...followers.map(({ sid }) => sid)]);
  }

  start(nowMs: number): void {
    this.#look(nowMs);
    this.#settle(nowMs);
  }

  /** What is to be done, once. */
  ready(): Ready {
    return this.#outbox.take();
  }

  step(event: PeerEvent, nowMs: number): void {
    if (this.#state.hasFailed) return;
    this.#handle(event, nowMs);
    this.#settle(nowMs);
  }

  get #role(): Role | null {
    return this.#leader ?? this.#learner;
  }

  #handle(event: PeerEvent, nowMs: number): void {
    const role = this.#role;
    switch (event.type) {
      case 'tick':
        return (role ?? this.#election).tick(nowMs);
      case 'notification':
        return this.#election.receive(event.from, event.notification, nowMs);
      case 'learnerConnected':
        return this.#learnerConnected(event.link);
      case 'leaderConnected':
        this.#seen(event.link);
        if (this.#learner !== null) return this.#learner.leaderConnected(event.link);
        return this.#outbox.close(event.link, `server ${this.#state.sid} looks for another leader`);
      case 'packet':
        if (role !== null) return role.receive(event.link, event.packet, nowMs);
        return this.#park(event.link, event.packet);
      case 'snapshot':
        return role?.receiveSnapshot(event.link, event.stream);
      case 'linkClosed':
        return this.#linkClosed(event.link, event.reason, nowMs);
      case 'persisted':
        this.#state.persisted(event.mark);
        return role?.persisted();
      case 'disk':
        return this.#diskChanged(event.isWritable, nowMs);
      case 'propose':
        // Prepared while this server led, and too late: its author will never know, and asks again.
        return this.#leader?.isServing === true ? this.#leader.propose(event.record) : undefined;
      case 'forward':
        return role?.forward(event.request);
      case 'sync':
        return this.serving ? role?.sync(event.token, event.request) : undefined;
      case 'learnerSync':
        return this.#leader?.learnerSync(event.link);
      case 'revalidate':
        return role?.revalidate(event.sessionId, event.timeoutMs);
      case 'revalidated':
        return this.#leader?.revalidated(event.link, event.sessionId, event.valid);
    }
  }

  /** Carries out what the event has decided about this server's role. */
  #settle(nowMs: number): void {
    for (;;) {
      if (this.#state.hasFailed) return;
      const role = this.#role;
      const elected = this.#election.takeElected();
      if (elected !== null) this.#follow(elected.leader, nowMs);
      else if (role !== null && role.endReason !== null) this.#leave(nowMs);
      else return;
    }
  }

  #follow(leader: number, nowMs: number): void {
    this.#hasServed = false;
    this.#options.trace?.({ event: 'STATE', state: this.role });
    this.#outbox.upcall({ type: 'role', role: this.role, serving: false, leader });
    if (leader === this.#state.sid) this.#lead(nowMs);
    else this.#learn(leader, nowMs);
  }

  #lead(nowMs: number): void {
    const leader = new Leader({
      state: this.#state,
      timing: this.#options,
      isSnapshotForced: this.#options.forceSnapshotSync ?? false,
      nowMs,
      activated: (epoch) => this.#startServing(epoch),
    });
    this.#leader = leader;
    for (const [link, packets] of this.#parked) {
      leader.learnerConnected(link);
      for (const packet of packets) leader.receive(link, packet);
    }
    this.#parked.clear();
  }

  #learn(leader: number, nowMs: number): void {
    this.#turnAwayParked(`server ${this.#state.sid} follows server ${leader}`);
    this.#followed = leader;
    this.#learner = new Learner({
      state: this.#state,
      timing: this.#options,
      leader,
      dialDelayMs: this.#turnedAwayBy === leader ? redialDelayMs : 0,
      nowMs,
      takeTouches: this.#options.takeTouches,
      synchronized: (epoch) => this.#startServing(epoch),
    });
  }

  #startServing(epoch: number): void {
    this.#hasServed = true;
    this.#election.establish(epoch);
    this.#outbox.upcall({ type: 'role', role: this.role, serving: true, leader: this.leader });
  }

  #leave(nowMs: number): void {
    const role = this.#role;
    if (this.#leader !== null) {
      this.#options.trace?.({ event: 'STEP_DOWN', epoch: this.#leader.epoch, reason: role?.endReason ?? '' });
    }
    this.#turnedAwayBy = this.#hasServed ? null : this.#followed;
    const successor = role?.successor ?? null;
    role?.end();
    this.#leader = null;
    this.#learner = null;
    this.#followed = null;
    if (successor === null) this.#look(nowMs);
    else this.#election.appoint(successor);
  }

  #look(nowMs: number): void {
    const { lastLoggedZxid: zxid, currentEpoch: peerEpoch } = this.#state;
    this.#options.trace?.({ event: 'STATE', state: 'looking' });
    this.#outbox.upcall({ type: 'role', role: 'looking', serving: false, leader: null });
    if (this.#isWritable) this.#election.start({ zxid, peerEpoch }, nowMs);
    else this.#election.rest();
  }

  /**
   * A server that cannot write can promise and acknowledge nothing. As leader it would keep the others waiting,
   * so it goes at once and lets them elect one that can; as candidate it would be elected for its history and
   * then stall, so it keeps out of elections. A follower goes on: it applies what others have made durable, so
   * its reads are sound, until its leader misses its acknowledgements.
   */
  #diskChanged(isWritable: boolean, nowMs: number): void {
    if (isWritable === this.#isWritable) return;
    this.#isWritable = isWritable;
    if (!isWritable && this.#leader !== null) return this.#leader.resign('its disk takes no writes');
    if (this.#role === null) this.#look(nowMs);
  }

  #learnerConnected(link: LinkId): void {
    this.#seen(link);
    if (this.#leader !== null) return this.#leader.learnerConnected(link);
    // Elections do not end everywhere at the same moment: a learner may know before us that we lead.
    const mayWait = this.#learner === null && this.#parked.size < parkedLinkLimit;
    if (mayWait) this.#parked.set(link, []);
    else this.#outbox.close(link, `server ${this.#state.sid} does not lead`);
  }

  #park(link: LinkId, packet: QuorumPacket): void {
    const packets = this.#parked.get(link);
    if (packets === undefined) return;
    packets.push(packet);
    if (packets.length <= parkedPacketLimit) return;
    this.#parked.delete(link);
    this.#outbox.close(link, `server ${this.#state.sid} does not lead`);
  }

  #turnAwayParked(reason: string): void {
    for (const link of this.#parked.keys()) this.#outbox.close(link, reason);
    this.#parked.clear();
  }

  #linkClosed(link: LinkId, reason: string, nowMs: number): void {
    this.#parked.delete(link);
    // A link that never opened is the failed dial to the leader.
    if (link > this.#highestLink) {
      this.#seen(link);
      this.#learner?.dialFailed(reason, nowMs);
      return;
    }
    this.#role?.linkClosed(link, reason, nowMs);
  }

  #seen(link: LinkId): void {
    this.#highestLink = Math.max(this.#highestLink, link);
  }
}
