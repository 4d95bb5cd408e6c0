// The servers of an ensemble, from the `server.N` lines, and whether there is an ensemble at all.

import type { Member } from '../../core/membership.ts';
import type { Property } from '../properties.ts';
import { parseServerLine } from '../../core/server-line.ts';
import type { PropertyReader } from './property-reader.ts';

/** In ascending order of their ids. */
export function readMembers(reader: PropertyReader): Member[] {
  for (const prefix of ['group.', 'weight.', 'dynamicConfigFile']) {
    const [unsupported] = reader.startingWith(prefix);
    if (unsupported !== undefined) {
      throw reader.error(
        unsupported,
        `${unsupported.key}: this server knows only majorities of the servers listed in this file`,
        'Remove the line and list every server as server.N=host:port:port',
      );
    }
  }
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
