// FastLeaderElection: servers tell one another whom they would follow until a quorum names the same
// candidate. Safety is not decided here: an elected server leads only after a quorum has promised it an
// epoch. What is decided is that the candidate's history is the best among a quorum, so that it can lead.

import assert from 'node:assert/strict';
import { ServerState } from '../../../../harness/wire/constants.ts';
import type { Notification } from '../../../../harness/wire/quorum-packet.ts';
import { epochLimit } from '../../../../harness/wire/zxid.ts';
import { blankZxid } from './blank-voter.ts';
import type { BlankVoter } from './blank-voter.ts';
import type { Configuration } from './configuration.ts';
import { canLead, isSameMembership, isVoter } from './membership.ts';
import type { Membership } from './membership.ts';
import { isFault, parseMembership } from './membership-text.ts';
import type { TraceSink } from './trace.ts';
import { isBetterCandidate, isSameVote, namesSameLeadership, noCandidate } from './vote.ts';
import type { Candidate, Vote } from './vote.ts';

/** `config` was added in version 2 of the notification. */
const notificationVersion = 2;
/**
 * How far ahead of this server's round another's may be. Rounds grow by one an election and start at 0 with the
 * process, so a leap is forged or damaged. Were it adopted, the count would soon leave what a double can tell
 * apart, and elections would never end.
 */
const roundLeap = 2 ** 24;
const roundLimit = 2 ** 53 - roundLeap;

/**
 * While a configuration is pending: another round may have other candidates. One comes after so many repetitions,
 * and after so many of the shortest intervals too: whatever is heard puts the next repetition off, and a server
 * that knows nothing of the pending configuration repeats itself for ever.
 */
const roundRepeats = 4;
const roundIntervals = 16;

export interface ElectionOptions {
  readonly sid: number;
  readonly blank: BlankVoter;
  readonly configuration: Configuration;
  /** Another server has this configuration in force, which is newer than ours. */
  readonly learned: (membership: Membership) => void;
  /** First interval between repeated notifications; it doubles up to `maxIntervalMs`. */
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  /** How long a winner waits for a better vote that may still be under way. */
  readonly finalizeWaitMs: number;
  readonly send: (to: number, notification: Notification) => void;
  readonly trace: TraceSink;
}

export interface Elected {
  readonly leader: number;
  /** The servers whose votes made the quorum, ascending. */
  readonly voters: readonly number[];
}

export class FastLeaderElection {
  readonly #options: ElectionOptions;
  readonly #configuration: Configuration;

  #state: ServerState = ServerState.LOOKING;
  /** The logical clock: number of the round that this server is in. */
  #round = 0;
  /** While LOOKING the proposal of this round, afterwards the vote that ended it. */
  #vote: Vote = { ...noCandidate, electionEpoch: 0 };
  /** With what this server would lead. */
  #history: { readonly zxid: number; readonly peerEpoch: number } = { zxid: 0, peerEpoch: 0 };
  /** How often this round's vote was repeated. */
  #repeatCount = 0;
  #roundStartMs = 0;
  /** The configuration that was heard of last, so that each is read once. */
  #heardText: string | null = null;
  /** What the voters said in this round. */
  readonly #received = new Map<number, Notification>();
  /** What servers said that are not LOOKING, of whatever round. */
  readonly #established = new Map<number, Notification>();
  /** Set while a quorum agrees and a better vote may still arrive. */
  #finalizing: Elected | null = null;
  #elected: Elected | null = null;
  #hasOwnVoteToHear = false;
  #intervalMs: number;
  #deadlineMs = Infinity;
  #isResting = false;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#configuration = options.configuration;
    this.#intervalMs = options.minIntervalMs;
  }

  get state(): ServerState {
    return this.#state;
  }

  get round(): number {
    return this.#round;
  }

  get vote(): Vote {
    return this.#vote;
  }

  /** When the next `tick` is due; Infinity once a leader is known. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** The result, once. */
  takeElected(): Elected | null {
    const elected = this.#elected;
    this.#elected = null;
    return elected;
  }

  /** Enters a new round, proposing this server if it may lead. */
  start(own: { zxid: number; peerEpoch: number }, nowMs: number): void {
    this.#state = ServerState.LOOKING;
    this.#isResting = false;
    this.#history = own;
    this.#repeatCount = 0;
    this.#options.blank.tryToForm(this.#voterSids);
    this.#enterRound(this.#round + 1, nowMs);
    this.#established.clear();
    this.#finalizing = null;
    this.#elected = null;
    this.#intervalMs = this.#options.minIntervalMs;
    this.#propose(this.#own);
    this.#broadcast(nowMs);
    this.#hearOwnVote(nowMs);
  }

  /** Neither votes nor answers until the next `start`. */
  rest(): void {
    this.#state = ServerState.LOOKING;
    this.#isResting = true;
    this.#finalizing = null;
    this.#elected = null;
    this.#deadlineMs = Infinity;
  }

  receive(from: number, notification: Notification, nowMs: number): void {
    if (this.#isResting) return;
    if (this.#state === ServerState.LOOKING) this.#hearConfiguration(notification, nowMs);
    if (!this.#voterSids.includes(from)) {
      // It may ask, but it has no say. Only LOOKING servers ask: answering an answer would never end.
      if (notification.state === ServerState.LOOKING) this.#answer(from, this.#round);
      return;
    }
    if (this.#state !== ServerState.LOOKING) {
      if (notification.state === ServerState.LOOKING) this.#answer(from, this.#vote.electionEpoch);
      return;
    }
    this.#options.blank.heard(from, notification);
    if (this.#options.blank.tryToForm(this.#voterSids)) this.start(this.#history, nowMs);
    if (notification.state === ServerState.LOOKING && notification.electionEpoch < this.#round) {
      this.#answer(from, this.#round);
    }
    if (this.#finalizing === null && this.#isRoundOver(nowMs)) this.start(this.#history, nowMs);
    const wasElsewhere = notification.state === ServerState.LOOKING && this.#established.delete(from);
    this.#consider(from, notification, nowMs);
    if (wasElsewhere) this.#repeatBetterVote(from, notification);
    this.#hearOwnVote(nowMs);
  }

  /** A leader is known without an election: a reconfiguration has named it. */
  appoint(leader: number): void {
    const { sid } = this.#options;
    const { electionEpoch, peerEpoch } = this.#vote;
    this.#elect(leader, { leader, zxid: this.#history.zxid, electionEpoch, peerEpoch });
    this.#elected = { leader, voters: [sid] };
  }

  tick(nowMs: number): void {
    if (nowMs < this.#deadlineMs) return;
    if (this.#finalizing !== null) {
      this.#finish(this.#finalizing, this.#vote);
      return;
    }
    this.#repeatCount += 1;
    if (this.#isRoundOver(nowMs)) return this.start(this.#history, nowMs);
    this.#intervalMs = Math.min(2 * this.#intervalMs, this.#options.maxIntervalMs);
    this.#broadcast(nowMs);
    this.#hearOwnVote(nowMs);
  }

  #enterRound(round: number, nowMs: number): void {
    this.#round = round;
    this.#roundStartMs = nowMs;
    this.#received.clear();
  }

  #isRoundOver(nowMs: number): boolean {
    if (this.#configuration.pending === null) return false;
    const patienceMs = roundIntervals * this.#options.minIntervalMs;
    return this.#repeatCount > roundRepeats || nowMs - this.#roundStartMs > patienceMs;
  }

  /** The leader's epoch is known now: servers that ask must hear the same from all of us. */
  establish(epoch: number): void {
    this.#vote = { ...this.#vote, peerEpoch: epoch };
  }

  /**
   * One that was not LOOKING yet when it was told this server's vote has only answered that it has a leader,
   * and forgotten the vote. Apache ZooKeeper waits for the next repetition, by which time the others may have
   * agreed on a worse candidate, whom this server's history keeps from leading for all of initLimit.
   */
  #repeatBetterVote(to: number, notification: Notification): void {
    if (this.#state !== ServerState.LOOKING || notification.electionEpoch !== this.#round) return;
    if (isBetterCandidate(this.#vote, notification)) this.#answer(to, this.#round);
  }

  /** What others have in force was decided; who does not know it would look for a leader among the wrong servers. */
  #hearConfiguration({ config }: Notification, nowMs: number): void {
    const { current, isChangeable } = this.#configuration;
    if (!isChangeable || config === null || config === this.#heardText || config === this.#configuration.text)
      return;
    this.#heardText = config;
    const membership = parseMembership(config);
    if (isFault(membership) || membership.version <= current.version) return;
    this.#options.learned(membership);
    if (isSameMembership(current, membership)) return;
    this.start(this.#history, nowMs);
  }

  get #voterSids(): readonly number[] {
    return this.#configuration.voterSids;
  }

  /**
   * A voter of the pending configuration only may be the one server with all that the others hold. It leads with
   * a quorum of both, and begins by activating the one in which it has a vote. But servers that know of the
   * current one alone do not know it. So it is a candidate in every second round, and a round that comes to
   * nothing is followed by another.
   */
  #isCandidate(sid: number, vote: { readonly state: number; readonly electionEpoch: number }): boolean {
    const { all, current } = this.#configuration;
    const isJointRound = vote.state !== ServerState.LOOKING || vote.electionEpoch % 2 === 0;
    return canLead(current, sid) || (isJointRound && all.some((membership) => canLead(membership, sid)));
  }

  get #own(): Candidate {
    const { sid } = this.#options;
    const isCandidate = this.#isCandidate(sid, { state: ServerState.LOOKING, electionEpoch: this.#round });
    return isCandidate && !this.#options.blank.isBlank ? { leader: sid, ...this.#history } : noCandidate;
  }

  get #hasVote(): boolean {
    return this.#voterSids.includes(this.#options.sid) && !this.#options.blank.isBlank;
  }

  #consider(from: number, notification: Notification, nowMs: number): void {
    if (!this.#isCandidate(notification.leader, notification)) {
      return this.#catchUpWithRound(notification, nowMs);
    }
    if (!isPlausible(notification)) return;
    if (this.#finalizing !== null) {
      if (!isBetterCandidate(notification, this.#vote))
        return this.#considerLateAgreement(from, notification);
      this.#finalizing = null;
    }
    // Nobody tells one without a vote what it has not asked for, so it asks often while there is a leader to hear of.
    if (!this.#hasVote && notification.state !== ServerState.LOOKING) {
      this.#intervalMs = this.#options.minIntervalMs;
    }
    this.#deadlineMs = nowMs + this.#intervalMs;
    switch (notification.state) {
      case ServerState.LOOKING:
        this.#considerProposal(from, notification, nowMs);
        break;
      case ServerState.FOLLOWING:
      case ServerState.LEADING:
        this.#considerEstablished(from, notification);
        break;
      default:
        // OBSERVING, or a state that we do not know: no say.
        break;
    }
  }

  /**
   * A voter of the pending configuration that has no vote in the current one names nobody until it hears of a
   * candidate, and hears of none from a round that is behind its own.
   */
  #catchUpWithRound({ state, electionEpoch }: Notification, nowMs: number): void {
    if (state !== ServerState.LOOKING || this.#finalizing !== null) return;
    if (electionEpoch <= this.#round || !this.#isPlausibleRound(electionEpoch)) return;
    this.#enterRound(electionEpoch, nowMs);
    this.#propose(this.#own);
    this.#broadcast(nowMs);
  }

  #considerProposal(from: number, notification: Notification, nowMs: number): void {
    // zxid −1 is a server that lost its data and knows it: it must not help to elect an empty history.
    if (notification.zxid === -1 || this.#history.zxid === -1) return;
    if (notification.electionEpoch < this.#round) return;
    if (notification.electionEpoch > this.#round) {
      if (!this.#isPlausibleRound(notification.electionEpoch)) return;
      this.#enterRound(notification.electionEpoch, nowMs);
      this.#propose(isBetterCandidate(notification, this.#own) ? notification : this.#own);
      this.#broadcast(nowMs);
    } else if (isBetterCandidate(notification, this.#vote)) {
      this.#propose(notification);
      this.#broadcast(nowMs);
    }
    this.#received.set(from, notification);

    const voters = this.#supporters();
    if (!this.#configuration.hasQuorum(voters)) return;
    this.#finalizing = { leader: this.#vote.leader, voters };
    this.#deadlineMs = nowMs + this.#options.finalizeWaitMs;
    this.#finishIfUnanimous(voters);
  }

  #considerLateAgreement(from: number, notification: Notification): void {
    if (notification.state !== ServerState.LOOKING || !isSameVote(notification, this.#vote)) return;
    this.#received.set(from, notification);
    this.#finishIfUnanimous(this.#supporters());
  }

  /** When every voter agrees there is nobody left who could name a better candidate. */
  #finishIfUnanimous(voters: readonly number[]): void {
    if (voters.length < this.#voterSids.length) return;
    this.#finish({ leader: this.#vote.leader, voters }, this.#vote);
  }

  #isPlausibleRound(round: number): boolean {
    return round <= Math.min(this.#round + roundLeap, roundLimit);
  }

  #supporters(): readonly number[] {
    return this.#sidsThat((sid) => {
      const received = this.#received.get(sid);
      return received !== undefined && isSameVote(received, this.#vote);
    });
  }

  /** A server that comes late joins the leader there is, whatever its own id and log. */
  #considerEstablished(from: number, notification: Notification): void {
    if (notification.electionEpoch === this.#round) {
      this.#received.set(from, notification);
      const voters = this.#agreeing(this.#received, notification);
      if (voters !== null) return this.#join(notification, voters);
    }
    this.#established.set(from, notification);
    const voters = this.#agreeing(this.#established, notification);
    if (voters !== null) this.#join(notification, voters);
  }

  #join(notification: Notification, voters: readonly number[]): void {
    const { leader, zxid, electionEpoch, peerEpoch } = notification;
    // Whatever round the others count, there is a leader to follow.
    if (electionEpoch >= 0 && this.#isPlausibleRound(electionEpoch)) this.#round = electionEpoch;
    this.#finish({ leader, voters }, { leader, zxid, electionEpoch, peerEpoch });
  }

  /** The servers that report the same leader as `notification`; null without a quorum or without the leader's own word. */
  #agreeing(
    reports: ReadonlyMap<number, Notification>,
    notification: Notification,
  ): readonly number[] | null {
    const voters = this.#sidsThat((sid) => {
      const report = reports.get(sid);
      if (report === undefined) return false;
      return report.state === ServerState.LOOKING
        ? isSameVote(report, notification)
        : namesSameLeadership(report, notification);
    });
    if (!this.#configuration.hasAnyQuorum(voters)) return null;
    // Followers may not have noticed yet that their leader is gone, so the leader itself must have spoken.
    const isConfirmed =
      notification.leader === this.#options.sid
        ? notification.electionEpoch === this.#round
        : reports.get(notification.leader)?.state === ServerState.LEADING;
    return isConfirmed ? voters : null;
  }

  #finish(elected: Elected, vote: Vote): void {
    assert.equal(this.#state, ServerState.LOOKING);
    this.#elect(elected.leader, vote);
    if (elected.leader === this.#options.sid) this.#callPendingVoters();
    this.#elected = elected;
    this.#options.trace?.({
      event: 'ELECTED',
      leader: elected.leader,
      round: this.#round,
      voters: elected.voters,
    });
  }

  /** They may not know that they are needed: the reconfiguration that gives them a vote has not reached them. */
  #callPendingVoters(): void {
    const { current, pending } = this.#configuration;
    if (pending === null) return;
    for (const sid of this.#voterSids) {
      if (!isVoter(current, sid)) this.#answer(sid, this.#round);
    }
  }

  #elect(leader: number, vote: Vote): void {
    const { blank, sid } = this.#options;
    const isObserver = this.#configuration.isObserver(sid) || blank.isBlank;
    if (leader === sid) this.#state = ServerState.LEADING;
    else this.#state = isObserver ? ServerState.OBSERVING : ServerState.FOLLOWING;
    this.#vote = vote;
    this.#finalizing = null;
    this.#hasOwnVoteToHear = false;
    this.#deadlineMs = Infinity;
  }

  #propose(candidate: Candidate): void {
    const { leader, zxid, peerEpoch } = candidate;
    this.#vote = { leader, zxid, peerEpoch, electionEpoch: this.#round };
    if (candidate === noCandidate) return;
    this.#options.trace?.({ event: 'VOTE', round: this.#round, leader, zxid, epoch: peerEpoch });
  }

  /** To all voters, this one included: its own vote counts like any other, once it is heard. */
  #broadcast(nowMs: number): void {
    const notification = this.#notification(this.#round);
    for (const sid of this.#voterSids) {
      if (sid !== this.#options.sid) this.#options.send(sid, notification);
    }
    this.#hasOwnVoteToHear = this.#hasVote;
    this.#deadlineMs = nowMs + this.#intervalMs;
  }

  #hearOwnVote(nowMs: number): void {
    while (this.#hasOwnVoteToHear) {
      this.#hasOwnVoteToHear = false;
      this.#consider(this.#options.sid, this.#notification(this.#round), nowMs);
    }
  }

  #answer(to: number, electionEpoch: number): void {
    this.#options.send(to, this.#notification(electionEpoch));
  }

  #notification(electionEpoch: number): Notification {
    const isBlank = this.#state === ServerState.LOOKING && this.#options.blank.isBlank;
    const { leader, zxid, peerEpoch } = isBlank ? this.#blankVote : this.#vote;
    return {
      state: this.#state,
      leader,
      zxid,
      electionEpoch,
      peerEpoch,
      version: notificationVersion,
      config: this.#configuration.text,
    };
  }

  /** What a blank voter says in place of the vote that it does not have. */
  get #blankVote(): Candidate {
    return { leader: this.#options.sid, zxid: blankZxid, peerEpoch: 0 };
  }

  #sidsThat(holds: (sid: number) => boolean): readonly number[] {
    return this.#voterSids.filter(holds);
  }
}

/** An epoch that no zxid can have is no history's; −1 as a zxid is a server's that has lost its data. */
function isPlausible({ zxid, peerEpoch }: Candidate): boolean {
  return zxid >= -1 && peerEpoch >= -1 && peerEpoch < epochLimit;
}
