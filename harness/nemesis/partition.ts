// Partitions: links between servers are cut, in both directions or in one. Clients keep reaching every server,
// as clients in the same data hall as a lost server would.

import assert from 'node:assert/strict';
import type { Cut, Ensemble } from '../ensemble/ensemble.ts';
import type { Fault, FaultTools, Nemesis } from './fault.ts';
import { cutBetween, cutBridge, cutOneWay, cutRing } from './grudge.ts';
import { findLeader, hasQuorumWithout, participantsOf, sidsOf } from './targets.ts';

/** Enough to trust a partition; probing every link of nine servers would outlast the fault. */
const mostProbes = 4;

export const partition: Nemesis = {
  name: 'partition',
  description: 'cuts links: halves, one server, the leader, one way, a ring in which each sees a majority',
  needs: ['partition'],
  leastParticipants: 2,
  async plan(tools) {
    const { ensemble, random } = tools;
    const leader = await findLeader(ensemble, tools);
    return tools.deal(
      'partition',
      shapes,
    )({
      sids: random.shuffle(sidsOf(ensemble)),
      participants: random.shuffle(participantsOf(ensemble)),
      leader,
      oneWay: random.pick(['receive only', 'send only']),
    });
  },
};

/** Everything drawn beforehand, so that a shape is a plain function of it. Orders are random. */
export interface Draw {
  readonly sids: readonly number[];
  readonly participants: readonly number[];
  readonly leader: number | null;
  readonly oneWay: 'receive only' | 'send only';
}

export type Shape = (draw: Draw) => Fault;

function halves({ sids, participants }: Draw): Fault {
  const firstHalf = participants.slice(0, Math.ceil(participants.length / 2));
  const isOnSide = (sid: number, index: number): boolean =>
    participants.includes(sid) ? firstHalf.includes(sid) : index % 2 === 0;
  const side = sids.filter(isOnSide);
  const other = sids.filter((sid, index) => !isOnSide(sid, index));
  return makeFault({
    shape: 'halves',
    targets: other,
    // Of an even number, neither half is a majority.
    keepsQuorum: hasQuorumWithout(participants, other),
    cuts: cutBetween(side, other),
  });
}

function oneServer(draw: Draw): Fault {
  const { sids } = draw;
  return isolate(first(sids), draw, 'one server isolated');
}

function leaderIsolated(draw: Draw): Fault {
  const { sids, leader } = draw;
  if (leader === null) return isolate(first(sids), draw, 'one server isolated, no leader was found');
  return isolate(leader, draw, 'leader isolated');
}

function leaderOneWay({ sids, leader, oneWay }: Draw): Fault {
  const target = leader ?? first(sids);
  const who = leader === null ? 'one server' : 'leader';
  return makeFault({
    shape: `${who} isolated, asymmetric, ${oneWay}`,
    targets: [target],
    // A leader whose voice alone gets through may win one election after the other.
    keepsQuorum: false,
    cuts: cutOneWay(target, without(sids, target), oneWay),
  });
}

function followerOneWay({ sids, leader, oneWay }: Draw): Fault {
  const target = without(sids, leader)[0] ?? first(sids);
  return makeFault({
    shape: `one server isolated, asymmetric, ${oneWay}`,
    targets: [target],
    keepsQuorum: false,
    cuts: cutOneWay(target, without(sids, target), oneWay),
  });
}

/** Of three servers each needs both others to see a majority, so there the ring has no cut. */
function ring(draw: Draw): Fault {
  const { participants } = draw;
  const cuts = cutRing(participants);
  if (cuts.length === 0) return oneServer(draw);
  return makeFault({
    shape: 'ring, every server sees a majority',
    targets: participants,
    keepsQuorum: false,
    cuts,
  });
}

function bridge(draw: Draw): Fault {
  const { participants } = draw;
  const middle = first(participants);
  const rest = participants.slice(1);
  const half = Math.floor(rest.length / 2);
  const cuts = cutBridge(rest.slice(0, half), rest.slice(half), middle);
  if (cuts.length === 0) return oneServer(draw);
  return makeFault({
    shape: `bridge, only server ${middle} sees all`,
    targets: participants,
    keepsQuorum: false,
    cuts,
  });
}

/** The leader twice: most of what can go wrong goes wrong with it. */
export const shapes: readonly Shape[] = [
  halves,
  oneServer,
  leaderIsolated,
  leaderIsolated,
  leaderOneWay,
  followerOneWay,
  ring,
  bridge,
];

function isolate(target: number, { sids, participants }: Draw, shape: string): Fault {
  return makeFault({
    shape,
    targets: [target],
    keepsQuorum: hasQuorumWithout(participants, [target]),
    cuts: cutBetween([target], without(sids, target)),
  });
}

/** Of a random order, so this is anybody. */
function first(sids: readonly number[]): number {
  const [sid] = sids;
  assert.ok(sid !== undefined, 'an ensemble has servers');
  return sid;
}

function without(sids: readonly number[], sid: number | null): number[] {
  return sids.filter((candidate) => candidate !== sid);
}

function makeFault(plan: Pick<Fault, 'shape' | 'targets' | 'keepsQuorum'> & { cuts: Cut[] }): Fault {
  const { cuts, ...rest } = plan;
  return {
    ...rest,
    nemesis: 'partition',
    duration: 'long',
    inject: ({ ensemble }) => ensemble.setCuts(cuts),
    prove: (tools) => proveCuts(tools, cuts),
    heal: ({ ensemble }) => ensemble.setCuts([]),
  };
}

/** A sample of the cut links must be dead, and one that was left must live: else the probe proves nothing. */
export async function proveCuts(
  { ensemble, random }: FaultTools,
  cuts: readonly Cut[],
): Promise<string | null> {
  const cutSample = random.shuffle(cuts).slice(0, mostProbes);
  const openLink = random.shuffle(openLinks(ensemble, cuts))[0];
  const [reached, open] = await Promise.all([
    Promise.all(cutSample.map(({ from, to }) => ensemble.canReach(from, to))),
    openLink === undefined ? null : ensemble.canReach(openLink.from, openLink.to),
  ]);
  if (reached.includes(true) || open === false || cutSample.length === 0) return null;
  const dead = cutSample.map(({ from, to }) => `${from}→${to}`).join(', ');
  const alive = openLink === undefined ? '' : `; ${openLink.from}→${openLink.to} still does`;
  return `no probe crosses ${dead}${alive}`;
}

/** Links that must still carry traffic; for a one-way cut its own opposite, which tells most. */
function openLinks(ensemble: Pick<Ensemble, 'servers'>, cuts: readonly Cut[]): Cut[] {
  const isCut = (from: number, to: number): boolean => cuts.some((cut) => cut.from === from && cut.to === to);
  const opposites = cuts
    .map(({ from, to }) => ({ from: to, to: from }))
    .filter(({ from, to }) => !isCut(from, to));
  if (opposites.length > 0) return opposites;
  const sids = sidsOf(ensemble);
  return sids.flatMap((from) =>
    sids.filter((to) => to !== from && !isCut(from, to)).map((to) => ({ from, to })),
  );
}
