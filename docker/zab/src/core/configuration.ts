// Which configuration is in force, and which may follow it. One is pending from the moment that this server has
// it (a reconfig transaction in its log, or NEWLEADER) until its activation, and as long as it is, everything
// needs a quorum of both: nobody knows yet which of the two others count by. A leader has one reconfiguration
// under way at most, but a log may end in several: those of which the server never heard whether they were
// committed. Left out, one of them could elect another leader beside ours.

import { isSameMembership, isVoter, membershipText } from './membership.ts';
import type { Member, Membership } from './membership.ts';
import { quorumOf } from './quorum.ts';

export interface ConfigurationOptions {
  readonly current: Membership;
  readonly pending?: readonly Membership[];
  /** `reconfigEnabled`: without it the membership is what the file says, whatever others send. */
  readonly isChangeable?: boolean;
}

export class Configuration {
  readonly isChangeable: boolean;
  #current: Membership;
  #pending: readonly Membership[] = [];
  #latest: Membership;
  #all: readonly Membership[];
  #versions: readonly number[];
  #voterSids: readonly number[];
  #observerSids: readonly number[];
  #text: string;

  constructor({ current, pending = [], isChangeable = false }: ConfigurationOptions) {
    this.isChangeable = isChangeable;
    this.#current = current;
    this.#latest = current;
    this.#all = [current];
    this.#versions = [];
    this.#voterSids = [];
    this.#observerSids = [];
    this.#text = '';
    this.#set(current, pending);
  }

  /** The one in force. */
  get current(): Membership {
    return this.#current;
  }

  /** The newest that may follow it. */
  get pending(): Membership | null {
    return this.#pending.at(-1) ?? null;
  }

  /** The newest that this server has seen. */
  get latest(): Membership {
    return this.#latest;
  }

  /** Whose quorums are needed now. */
  get all(): readonly Membership[] {
    return this.#all;
  }

  /** Voters of any of them, ascending. */
  get voterSids(): readonly number[] {
    return this.#voterSids;
  }

  /** Of all configurations; where two differ about a server, the older one speaks: it is there. */
  get members(): readonly Member[] {
    const members = new Map<number, Member>();
    for (const { members: each } of this.#all) {
      for (const member of each) if (!members.has(member.sid)) members.set(member.sid, member);
    }
    return [...members.values()];
  }

  /** Of the current configuration. */
  get text(): string {
    return this.#text;
  }

  /** What a proposal of this zxid needs: the pending ones from their own transaction on. */
  at(zxid: number): readonly Membership[] {
    if (zxid >= this.latest.version) return this.#all;
    return this.#all.filter((membership, index) => index === 0 || membership.version <= zxid);
  }

  /** The versions of those. */
  versionsAt(zxid: number): readonly number[] {
    const needed = this.at(zxid);
    return needed === this.#all ? this.#versions : needed.map(({ version }) => version);
  }

  hasQuorum(sids: Iterable<number>): boolean {
    const present = [...new Set(sids)];
    return this.isReachedBy(present, present.length);
  }

  /** Whether the first `count` of `sids`, each of which is there once, are a quorum. */
  isReachedBy(sids: readonly number[], count: number): boolean {
    for (const membership of this.#all) if (!quorumOf(membership).isReachedBy(sids, count)) return false;
    return true;
  }

  /** Enough to believe what is told of a leader that has been established already. */
  hasAnyQuorum(sids: Iterable<number>): boolean {
    const present = [...new Set(sids)];
    return this.#all.some((membership) => quorumOf(membership).isReachedBy(present));
  }

  /** Those of `sids` that have a vote in any of the configurations, ascending. */
  votersAmong(sids: Iterable<number>, configurations = this.#all): readonly number[] {
    const present = [...sids];
    return this.#voterSids.filter((sid) => present.includes(sid) && hasVoteInAny(configurations, sid));
  }

  isVoter(sid: number): boolean {
    return isVoter(this.#current, sid);
  }

  /**
   * A server that is no member follows without a vote, until it is one. So does an observer that a pending
   * configuration gives a vote: without it, nobody may ever reach the quorum that decides.
   */
  isObserver(sid: number): boolean {
    return this.#observerSids.includes(sid);
  }

  /** Whether anything has changed. One that is not the newest is known already. */
  expect(membership: Membership): boolean {
    if (membership.version <= this.#latest.version) return false;
    this.#set(this.#current, [...this.#pending, membership]);
    return true;
  }

  /** Whether anything has changed. */
  expectOnly(pending: readonly Membership[]): boolean {
    const before = this.#versions.join();
    this.#set(this.#current, pending);
    return before !== this.#versions.join();
  }

  /** False where it is not newer: versions only rise. */
  activate(membership: Membership): boolean {
    if (membership.version <= this.#current.version) return false;
    this.#set(membership, this.#pending);
    return true;
  }

  hasSameMembers(membership: Membership): boolean {
    return isSameMembership(this.#current, membership);
  }

  #set(current: Membership, pending: readonly Membership[]): void {
    this.#current = current;
    this.#pending = pending
      .filter(({ version }) => version > current.version)
      .toSorted((one, other) => one.version - other.version);
    this.#latest = this.pending ?? current;
    this.#all = [current, ...this.#pending];
    this.#versions = this.#all.map(({ version }) => version);
    const voters = new Set(this.#all.flatMap((membership) => [...quorumOf(membership).voters]));
    this.#voterSids = [...voters].sort((one, other) => one - other);
    this.#observerSids = this.#observers();
    this.#text = membershipText(current);
  }

  #observers(): readonly number[] {
    const observers = this.#current.members.filter(({ role }) => role === 'observer');
    return observers.map(({ sid }) => sid).filter((sid) => !hasVoteInAny(this.#pending, sid));
  }
}

function hasVoteInAny(configurations: readonly Membership[], sid: number): boolean {
  for (const membership of configurations) if (quorumOf(membership).voters.has(sid)) return true;
  return false;
}
