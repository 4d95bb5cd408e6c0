// Who the servers are and what counts as a quorum of them. Only voters count; observers never do.

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

/** A configuration: its members in ascending sid order, and its version (0 from a static file). */
export interface Membership {
  readonly members: readonly Member[];
  readonly version: number;
}

export function votersOf(membership: Membership): readonly Member[] {
  return membership.members.filter((member) => member.role === 'participant');
}

export function isVoter(membership: Membership, sid: number): boolean {
  return membership.members.some((member) => member.sid === sid && member.role === 'participant');
}

/** More than half of the voters: with four voters two are not enough, or two halves could both commit. */
export function quorumSize(membership: Membership): number {
  return Math.floor(votersOf(membership).length / 2) + 1;
}

export function hasQuorum(membership: Membership, sids: Iterable<number>): boolean {
  const present = new Set<number>();
  for (const sid of sids) if (isVoter(membership, sid)) present.add(sid);
  return present.size >= quorumSize(membership);
}

/** The text that notifications and NEWLEADER carry: one line per server, then the version in hex. */
export function membershipText(membership: Membership): string {
  const lines = membership.members.map((member) => {
    const client = member.clientAddress === undefined ? '' : `;${member.clientAddress}`;
    return `server.${member.sid}=${member.host}:${member.quorumPort}:${member.electionPort}:${member.role}${client}`;
  });
  return [...lines, `version=${membership.version.toString(16)}`].join('\n');
}
