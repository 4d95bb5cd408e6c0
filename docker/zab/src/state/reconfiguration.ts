// What a reconfig request asks for, as the configuration that is to be proposed or as the error that refuses it.
// The order of checks is Apache ZooKeeper's (client protocol, "Order of checks").

import { ErrorCode } from '../../../../harness/wire/constants.ts';
import type { ClientRequest } from '../../../../harness/wire/records.ts';
import type { Member, Membership } from '../core/membership.ts';
import { isFault, parseMembership } from '../core/membership-text.ts';
import { parseServerLine } from '../core/server-line.ts';

type ReconfigRequest = Extract<ClientRequest, { type: 'reconfig' }>;

/** What the protocol says about the membership now. */
export interface ReconfigurationGate {
  readonly isEnabled: boolean;
  /** A server alone has no membership that could change. */
  readonly isAlone: boolean;
  /** A configuration with fewer voters is refused. */
  readonly leastVoters: number;
  readonly current: () => Membership;
  readonly isPending: () => boolean;
  /** Whether so many of its voters have caught up that it could be decided. */
  readonly hasSynchronizedQuorumOf: (membership: Membership) => boolean;
}

const anyVersion = -1;

export function planReconfiguration(
  request: ReconfigRequest,
  gate: ReconfigurationGate,
  zxid: number,
): Membership | number {
  if (gate.isPending()) return ErrorCode.RECONFIG_IN_PROGRESS;
  const current = gate.current();
  const { curConfigId } = request;
  if (curConfigId !== anyVersion && curConfigId !== current.version) return ErrorCode.BAD_VERSION;
  const next = request.newMembers === null ? changed(current, request) : replaced(request.newMembers);
  if (next === null) return ErrorCode.BAD_ARGUMENTS;
  const membership = { ...next, version: zxid };
  const voterCount = membership.members.filter(({ role }) => role === 'participant').length;
  if (voterCount < gate.leastVoters) return ErrorCode.BAD_ARGUMENTS;
  return gate.hasSynchronizedQuorumOf(membership) ? membership : ErrorCode.NEW_CONFIG_NO_QUORUM;
}

/** Lines between commas or newlines. */
function replaced(text: string): Membership | null {
  const parsed = parseMembership(text.replaceAll(',', '\n'));
  return isFault(parsed) ? null : parsed;
}

/** Groups have no place for servers that come one by one. */
function changed(current: Membership, request: ReconfigRequest): Membership | null {
  if (current.hierarchy !== undefined) return null;
  const members = new Map(current.members.map((member) => [member.sid, member]));
  for (const leaving of listed(request.leavingServers)) {
    if (!/^-?\d{1,15}$/.test(leaving)) return null;
    members.delete(Number(leaving));
  }
  for (const joining of listed(request.joiningServers)) {
    const member = parseJoining(joining);
    if (member === null || hasTwin(member, members.values())) return null;
    members.set(member.sid, member);
  }
  return { members: [...members.values()].sort((one, other) => one.sid - other.sid), version: 0 };
}

function listed(text: string | null): readonly string[] {
  const items = text?.split(',').map((item) => item.trim()) ?? [];
  return items.filter((item) => item !== '');
}

/** A server that joins must tell all three of its ports. */
function parseJoining(text: string): Member | null {
  const [key = '', value, ...rest] = text.split('=').map((part) => part.trim());
  if (value === undefined || rest.length > 0) return null;
  const member = parseServerLine(`server.${key.slice(key.lastIndexOf('.') + 1)}`, value);
  return typeof member === 'string' || member.clientAddress === undefined ? null : member;
}

/** Two servers cannot listen in one place. */
function hasTwin(member: Member, others: Iterable<Member>): boolean {
  const places = placesOf(member);
  for (const other of others) {
    if (other.sid !== member.sid && placesOf(other).some((place) => places.includes(place))) return true;
  }
  return false;
}

function placesOf({ host, quorumPort, electionPort, clientAddress }: Member): readonly string[] {
  const places = [`${host}:${quorumPort}`, `${host}:${electionPort}`];
  const isAnywhere = clientAddress === undefined || clientAddress.startsWith('0.0.0.0:');
  return isAnywhere ? places : [...places, clientAddress];
}
