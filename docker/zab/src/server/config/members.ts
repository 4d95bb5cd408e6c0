// The servers of an ensemble, from the `server.N` lines, and whether there is an ensemble at all.

import type { Member, Membership } from '../../core/membership.ts';
import { isFault, makeMembership, parseGroup } from '../../core/membership-text.ts';
import type { Property } from '../properties.ts';
import { parseServerLine } from '../../core/server-line.ts';
import type { PropertyReader } from './property-reader.ts';

/** The membership that a file lists, which is zoo.cfg or the dynamic file that it names. */
export function readMembership(reader: PropertyReader, version = 0): Membership {
  const members = readMembers(reader);
  const groups = reader.startingWith('group.').map((property) => {
    const group = parseGroup(property.key, property.value);
    return group ?? reader.reject(property, 'group.N=sid:sid:…', 'List the voters of the group, as in 1:2:3');
  });
  const weights = reader.startingWith('weight.').map((property): [number, number] => {
    const sid = property.key.slice('weight.'.length);
    if (/^\d{1,15}$/.test(sid) && /^\d{1,15}$/.test(property.value))
      return [Number(sid), Number(property.value)];
    return reader.reject(property, 'weight.N=W with whole numbers', 'Write for example weight.1=2');
  });
  const membership = makeMembership({ members, groups, weights: new Map(weights), version });
  if (!isFault(membership)) return membership;
  const first = reader.startingWith('group.')[0] ?? reader.startingWith('weight.')[0];
  throw reader.error(first, membership.fault, 'Write every voter into one group.N=sid:sid:… line');
}

/** A dynamic file holds the membership, and nothing else. */
export function readDynamicFile(reader: PropertyReader, version: number): Membership {
  const membership = readMembership(reader, version);
  const [foreign] = reader.startingWith('').filter(({ key }) => !/^(server|group|weight)\./.test(key));
  if (foreign === undefined) return membership;
  throw reader.error(
    foreign,
    `${foreign.key}: a dynamic configuration file holds server, group and weight lines only`,
    'Move the line to zoo.cfg; the version is in the name of the file',
  );
}

/** In ascending order of their ids. */
function readMembers(reader: PropertyReader): Member[] {
  const members = reader.startingWith('server.').map((property) => {
    const parsed = parseServerLine(property.key, property.value);
    if (typeof parsed === 'string') return reject(property, parsed);
    return { member: parsed, property };
  });
  for (const [index, { member, property }] of members.entries()) {
    const twin = members.slice(0, index).find((other) => other.member.sid === member.sid);
    if (twin !== undefined) {
      reject(property, `an id other than that of line ${twin.property.line}`);
    }
  }
  return members.map(({ member }) => member).sort((a, b) => a.sid - b.sid);

  function reject(property: Property, expected: string): never {
    return reader.reject(
      property,
      expected,
      'The form is server.N=host:quorumPort:electionPort[:participant|:observer][;[clientHost:]clientPort]',
    );
  }
}

export function decideMode(
  reader: PropertyReader,
  members: readonly Member[],
  standaloneEnabled: boolean,
): 'standalone' | 'ensemble' {
  const participantCount = members.filter((member) => member.role === 'participant').length;
  if (members.length === 0 && standaloneEnabled) return 'standalone';
  if (participantCount === 0) {
    throw reader.error(
      undefined,
      'no server.N line names a participant',
      'Add a server.N=host:port:port line, or for one server alone remove standaloneEnabled=false',
    );
  }
  if (participantCount > 1 || !standaloneEnabled) return 'ensemble';
  if (members.length > 1) {
    throw reader.error(
      undefined,
      'one participant runs standalone, and a standalone server takes no observers',
      'Add standaloneEnabled=false to run an ensemble of one, or remove the observers',
    );
  }
  return 'standalone';
}

export function memberWarnings(mode: 'standalone' | 'ensemble', members: readonly Member[]): string[] {
  const participantCount = members.filter((member) => member.role === 'participant').length;
  if (mode === 'standalone' || participantCount % 2 === 1) return [];
  return [`${participantCount} participants tolerate no more failures than ${participantCount - 1} would`];
}
