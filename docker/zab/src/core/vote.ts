// Votes of an election and their order. A vote names a candidate by what decides: the epoch of its history,
// the last zxid in it, and its id to break ties.

import type { Notification } from '../../../../harness/wire/quorum-packet.ts';

export interface Candidate {
  readonly leader: number;
  /** Last zxid in the candidate's log. */
  readonly zxid: number;
  /** The candidate's currentEpoch. */
  readonly peerEpoch: number;
}

export interface Vote extends Candidate {
  /** The election round in which it was cast. */
  readonly electionEpoch: number;
}

const minLong = -(2 ** 63);

/** What a server without a vote puts in its place: every candidate is better. */
export const noCandidate: Candidate = { leader: minLong, zxid: minLong, peerEpoch: minLong };

/** Epoch first: a longer log of an older epoch may hold what a newer epoch has already cut off. */
export function isBetterCandidate(candidate: Candidate, than: Candidate): boolean {
  if (candidate.peerEpoch !== than.peerEpoch) return candidate.peerEpoch > than.peerEpoch;
  if (candidate.zxid !== than.zxid) return candidate.zxid > than.zxid;
  return candidate.leader > than.leader;
}

/** Two votes of one round for the same candidate in the same condition. */
export function isSameVote(one: Vote, other: Vote): boolean {
  return (
    one.leader === other.leader &&
    one.zxid === other.zxid &&
    one.electionEpoch === other.electionEpoch &&
    one.peerEpoch === other.peerEpoch
  );
}

/**
 * What servers of an established ensemble report agrees when leader and epoch agree: they joined in
 * different rounds, when the leader's log had different ends. Version 0 has no epoch to compare.
 */
export function namesSameLeadership(one: Notification, other: Notification): boolean {
  if (one.leader !== other.leader) return false;
  return one.version > 0 !== other.version > 0 || one.peerEpoch === other.peerEpoch;
}
