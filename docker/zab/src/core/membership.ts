// Who the servers are, and the text that says so. Only voters count for quorums; observers never do.

import { formatServerAddress } from './server-line.ts';

export type PeerRole = 'participant' | 'observer';

export interface Member {
  readonly sid: number;
  readonly role: PeerRole;
  readonly host: string;
  readonly quorumPort: number;
  readonly electionPort: number;
  /** The part behind `;` in the server line, absent where the static file gives the client port. */
  readonly clientAddress?: string;
}

/** Groups of voters with weights, in place of one majority. */
export interface Hierarchy {
  readonly groups: readonly { readonly id: number; readonly sids: readonly number[] }[];
  /** Of voters that do not weigh 1. */
  readonly weights: ReadonlyMap<number, number>;
}

/** A configuration: its members in ascending sid order, and its version (0 from a static file). */
export interface Membership {
  readonly members: readonly Member[];
  readonly version: number;
  /** Absent: every voter counts the same. */
  readonly hierarchy?: Hierarchy;
}

export function votersOf(membership: Membership): readonly Member[] {
  return membership.members.filter((member) => member.role === 'participant');
}

export function memberOf(membership: Membership, sid: number): Member | undefined {
  return membership.members.find((member) => member.sid === sid);
}

export function isVoter(membership: Membership, sid: number): boolean {
  return memberOf(membership, sid)?.role === 'participant';
}

/** One that weighs nothing may vote, and never leads. */
export function canLead(membership: Membership, sid: number): boolean {
  return isVoter(membership, sid) && membership.hierarchy?.weights.get(sid) !== 0;
}

/** The text that notifications, NEWLEADER and `/zookeeper/config` carry: ends with the version in hex. */
export function membershipText(membership: Membership): string {
  return [...membershipLines(membership), `version=${membership.version.toString(16)}`].join('\n');
}

/** One line per server, then groups and weights. */
export function membershipLines({ members, hierarchy }: Membership): readonly string[] {
  const servers = members.map((member) => `server.${member.sid}=${formatServerAddress(member)}`);
  if (hierarchy === undefined) return servers;
  const voters = members.filter((member) => member.role === 'participant');
  return [
    ...servers,
    ...hierarchy.groups.map(({ id, sids }) => `group.${id}=${sids.join(':')}`),
    ...voters.map(({ sid }) => `weight.${sid}=${hierarchy.weights.get(sid) ?? 1}`),
  ];
}

/** Whether both name the same servers with the same rights, whatever their versions. */
export function isSameMembership(one: Membership, other: Membership): boolean {
  return membershipLines(one).join('\n') === membershipLines(other).join('\n');
}
