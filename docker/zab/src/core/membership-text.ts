// Reads a configuration from text: what notifications, NEWLEADER, reconfig transactions and dynamic files hold.
// Facts: storage-format of ZooKeeper 3.8, "server.N forms"; consensus protocol, "Quorums".

import type { Hierarchy, Member, Membership } from './membership.ts';
import { parseServerLine } from './server-line.ts';

/** A fault, as the part of a sentence that names the line and says what was expected. */
export type MembershipFault = { readonly fault: string };

export function isFault(parsed: Membership | MembershipFault): parsed is MembershipFault {
  return 'fault' in parsed;
}

/** Lines of `server.N`, `group.N`, `weight.N` and `version`; a text without a version has version 0. */
export function parseMembership(text: string): Membership | MembershipFault {
  const members = new Map<number, Member>();
  const groups: { id: number; sids: readonly number[] }[] = [];
  const weights = new Map<number, number>();
  let version = 0;
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const [, key = '', value = ''] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
    const fault = (expected: string): MembershipFault => ({
      fault: `${line.slice(0, 200)}: expected ${expected}`,
    });
    if (key.startsWith('server.')) {
      const member = parseServerLine(key, value);
      if (typeof member === 'string') return fault(member);
      members.set(member.sid, member);
    } else if (key.startsWith('group.')) {
      const group = parseGroup(key, value);
      if (group === null) return fault('group.N=sid:sid:…');
      groups.push(group);
    } else if (key.startsWith('weight.')) {
      const sid = parseNumber(key.slice('weight.'.length));
      const weight = parseNumber(value);
      if (sid === null || weight === null) return fault('weight.N=W with whole numbers');
      weights.set(sid, weight);
    } else if (key === 'version') {
      if (!/^[0-9a-f]{1,13}$/.test(value)) return fault('version=<hex>');
      version = Number.parseInt(value, 16);
    } else {
      return fault('a line server.N=, group.N=, weight.N= or version=');
    }
  }
  return makeMembership({ members: [...members.values()], groups, weights, version });
}

export interface MembershipParts {
  readonly members: readonly Member[];
  readonly groups: readonly { readonly id: number; readonly sids: readonly number[] }[];
  readonly weights: ReadonlyMap<number, number>;
  readonly version: number;
}

export function makeMembership(parts: MembershipParts): Membership | MembershipFault {
  const members = [...parts.members].sort((a, b) => a.sid - b.sid);
  const { version } = parts;
  if (parts.groups.length === 0 && parts.weights.size === 0) return { members, version };
  const fault = faultOfGroups(members, parts.groups);
  if (fault !== null) return { fault };
  const hierarchy: Hierarchy = {
    groups: [...parts.groups]
      .sort((a, b) => a.id - b.id)
      .map(({ id, sids }) => ({ id, sids: [...sids].sort((a, b) => a - b) })),
    weights: new Map([...parts.weights].filter(([, weight]) => weight !== 1).sort(([a], [b]) => a - b)),
  };
  return { members, version, hierarchy };
}

function faultOfGroups(members: readonly Member[], groups: MembershipParts['groups']): string | null {
  const groupOf = new Map<number, number>();
  for (const { id, sids } of groups) {
    for (const sid of sids) {
      const other = groupOf.get(sid);
      if (other !== undefined) return `server ${sid} is in group ${other} and in group ${id}: expected one`;
      groupOf.set(sid, id);
    }
  }
  const without = members.find(({ sid, role }) => role === 'participant' && !groupOf.has(sid));
  return without === undefined
    ? null
    : `server ${without.sid} is in no group: with groups or weights, every voter is`;
}

export function parseGroup(key: string, value: string): MembershipParts['groups'][number] | null {
  const id = parseNumber(key.slice('group.'.length));
  const sids = value.split(':').map(parseNumber);
  if (id === null || sids.includes(null)) return null;
  return { id, sids: sids.filter((sid) => sid !== null) };
}

function parseNumber(text: string): number | null {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}
