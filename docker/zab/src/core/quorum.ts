// What counts as a quorum: more than half of the voters, or, where the configuration has groups, more than half
// of the groups, each with more than half of its weight. Two quorums of one configuration always share a voter.

import { votersOf } from './membership.ts';
import type { Hierarchy, Membership } from './membership.ts';

export interface Quorum {
  readonly voters: ReadonlySet<number>;
  /** By the first `count` of `sids`, or all. Each server appears once; those without a vote do not count. */
  isReachedBy(sids: readonly number[], count?: number): boolean;
}

const known = new WeakMap<Membership, Quorum>();

/** Made once for each configuration: it is asked at every commit. */
export function quorumOf(membership: Membership): Quorum {
  let quorum = known.get(membership);
  if (quorum === undefined) {
    const { hierarchy } = membership;
    const voters = new Set(votersOf(membership).map((member) => member.sid));
    quorum = hierarchy === undefined ? majorityOf(voters) : hierarchicalQuorum(voters, hierarchy);
    known.set(membership, quorum);
  }
  return quorum;
}

export function hasQuorum(membership: Membership, sids: Iterable<number>): boolean {
  return quorumOf(membership).isReachedBy([...new Set(sids)]);
}

/** With four voters two are not enough, or two halves could both commit. */
function majorityOf(voters: ReadonlySet<number>): Quorum {
  const half = voters.size / 2;
  return {
    voters,
    isReachedBy(sids, count = sids.length) {
      let votes = 0;
      for (let index = 0; index < count; index++) if (voters.has(sids[index] as number)) votes += 1;
      return votes > half;
    },
  };
}

/** A group whose members all weigh nothing does not count, neither for nor against. */
function hierarchicalQuorum(voters: ReadonlySet<number>, { groups, weights }: Hierarchy): Quorum {
  const groupOf = new Map<number, number>();
  const totals = new Map<number, number>();
  for (const { id, sids } of groups) {
    for (const sid of sids) {
      if (!voters.has(sid)) continue;
      groupOf.set(sid, id);
      totals.set(id, (totals.get(id) ?? 0) + weightOf(weights, sid));
    }
  }
  const counted = [...totals].filter(([, total]) => total > 0);
  return {
    voters,
    isReachedBy(sids, count = sids.length) {
      const present = new Map<number, number>();
      for (const sid of sids.slice(0, count)) {
        const group = groupOf.get(sid);
        if (group !== undefined) present.set(group, (present.get(group) ?? 0) + weightOf(weights, sid));
      }
      const won = counted.filter(([id, total]) => (present.get(id) ?? 0) > total / 2);
      return won.length > counted.length / 2;
    },
  };
}

function weightOf(weights: Hierarchy['weights'], sid: number): number {
  return weights.get(sid) ?? 1;
}
