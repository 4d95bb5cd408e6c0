// Links that are slow, stall or are torn down. Nothing is lost on them but time, which is enough to reorder what
// different servers see.

import type { LinkCondition } from '../ensemble/deeper-faults.ts';
import type { Fault, FaultTools, Nemesis } from './fault.ts';
import { findLeader, nameServers, participantsOf, sidsOf } from './targets.ts';

const delaysMs = [10, 50, 200] as const;
/** Tears of all connections of a server, one after the other. */
const resets = 4;

export const slowLinks: Nemesis = {
  name: 'slow-links',
  description: 'messages take 10 to 200 ms longer: from the leader, from and to one server, everywhere',
  needs: ['links'],
  leastParticipants: 2,
  async plan(tools) {
    const { name, pairs, targets } = await drawLinks(tools, 'slow-links');
    const delayMs = tools.deal('delay', delaysMs);
    const conditions = pairs.map((pair) => ({ ...pair, delayMs }));
    return linkFault({ nemesis: 'slow-links', shape: `${name}: ${delayMs} ms`, targets, conditions });
  },
};

export const stalledLinks: Nemesis = {
  name: 'stalled-links',
  description:
    'links hold what they carry, and let it through in the end: from the leader, from and to one server',
  needs: ['links'],
  leastParticipants: 2,
  async plan(tools) {
    const { name, pairs, targets } = await drawLinks(tools, 'stalled-links');
    const conditions = pairs.map((pair) => ({ ...pair, stalled: true }));
    return linkFault({ nemesis: 'stalled-links', shape: name, targets, conditions });
  },
};

export const resetLinks: Nemesis = {
  name: 'reset-links',
  description: 'every connection of a server is torn down, several times over: the leader, one server',
  needs: ['links'],
  leastParticipants: 2,
  async plan(tools) {
    const { ensemble, random, deal } = tools;
    const leader = deal('reset-links', [true, false]) ? await findLeader(ensemble, tools) : null;
    const target = leader ?? random.pick(sidsOf(ensemble));
    return resetFault(target, leader === null ? 'one server' : 'the leader');
  },
};

interface Links {
  readonly name: string;
  readonly pairs: readonly Pick<LinkCondition, 'from' | 'to'>[];
  readonly targets: readonly number[];
}

async function drawLinks(tools: FaultTools, nemesis: string): Promise<Links> {
  const { ensemble, random, deal } = tools;
  const sids = sidsOf(ensemble);
  const whom = deal(nemesis, ['from the leader', 'to the leader', 'of one server', 'everywhere'] as const);
  const leader = await findLeader(ensemble, tools);
  const one = leader ?? random.pick(participantsOf(ensemble));
  const others = sids.filter((sid) => sid !== one);
  switch (whom) {
    case 'from the leader': {
      // Some hear it in time and some do not.
      const late = random.shuffle(others).slice(0, random.between(1, others.length));
      return { name: whom, pairs: late.map((to) => ({ from: one, to })), targets: late };
    }
    case 'to the leader':
      return { name: whom, pairs: others.map((from) => ({ from, to: one })), targets: [one] };
    case 'of one server': {
      const target = random.pick(sids);
      const rest = sids.filter((sid) => sid !== target);
      const pairs = rest.flatMap((sid) => [
        { from: sid, to: target },
        { from: target, to: sid },
      ]);
      return { name: whom, pairs, targets: [target] };
    }
    case 'everywhere': {
      const pairs = sids.flatMap((from) => sids.filter((to) => to !== from).map((to) => ({ from, to })));
      return { name: whom, pairs, targets: sids };
    }
  }
}

function linkFault(plan: {
  readonly nemesis: string;
  readonly shape: string;
  readonly targets: readonly number[];
  readonly conditions: readonly LinkCondition[];
}): Fault {
  const { nemesis, shape, targets, conditions } = plan;
  const [first] = conditions;
  return {
    nemesis,
    shape,
    targets,
    // Slow enough, an ensemble does nothing but elect.
    keepsQuorum: false,
    duration: 'long',
    inject: ({ ensemble }) => ensemble.setLinks(conditions),
    async prove({ ensemble }) {
      if (first === undefined) return null;
      const delayMs = await ensemble.linkDelayMs(first.from, first.to);
      if (delayMs === null)
        return first.stalled === true ? `nothing passes from ${first.from} to ${first.to}` : null;
      if (first.stalled === true || delayMs < (first.delayMs ?? 0)) return null;
      return `a probe from ${first.from} to ${first.to} took ${delayMs.toFixed(1)} ms`;
    },
    heal: ({ ensemble }) => ensemble.setLinks([]),
  };
}

function resetFault(target: number, name: string): Fault {
  let count = 0;
  return {
    nemesis: 'reset-links',
    shape: `connections of ${name}`,
    targets: [target],
    keepsQuorum: false,
    duration: 'short',
    async inject({ ensemble, random }) {
      for (let round = 0; round < resets; round++) {
        for (const sid of sidsOf(ensemble))
          if (sid !== target) count += await ensemble.resetLinks(target, sid);
        await ensemble.clock.sleep(random.between(0, 2 * ensemble.tickMs));
      }
    },
    async prove() {
      return count === 0 ? null : `${count} connections of ${nameServers([target])} were torn down`;
    },
    async heal() {},
  };
}
