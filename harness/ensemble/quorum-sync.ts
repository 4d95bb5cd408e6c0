// Whose `sync` is a quorum barrier. It is the leader that makes it one: a bundled leader asks a quorum whether
// it still leads, an Apache one answers from what it believes. So where any participant is of another system,
// that one may lead, and a bundled server behind it promises no more than its leader does. Of a foreign
// image nothing is assumed either.

import type { ServerDescription } from './ensemble.ts';

type Member = Pick<ServerDescription, 'role' | 'system'>;

/** The same members, each with what may be relied on in an ensemble of all of them. */
export function withQuorumSync<M extends Member>(members: readonly M[]): (M & { quorumSync: boolean })[] {
  const isLedByBundled = members.every(({ role, system }) => role === 'observer' || system === 'zab');
  return members.map((member) => ({ ...member, quorumSync: isLedByBundled && member.system === 'zab' }));
}
