// A double barrier: a round is open only after all of its members have arrived, nobody goes on to the next round while
// one is still inside, and no round opens before everybody has left the one before. All of it is about the znodes, in
// the order of their zxids: a member whose session has ended is not there, whatever it believes, and may come again.

import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { describeTime, describeZxid, operationsOf, timeOf } from './describe.ts';
import { barrierFunctions, barrierGroupsOf } from './recipes/barrier-calls.ts';
import type { Arrival, BarrierGroup, BarrierList, Opening } from './recipes/barrier-calls.ts';
import type { Checker, Evidence } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const root = '/barrier';
const leastOpportunities = 5;

export const barrier: Checker = wholeHistory({
  name: 'barrier',
  title: 'nobody passes a barrier before all are there',
  description: 'a round opens when all have arrived, and nobody goes on before the last one has left',
  concerns: named(...barrierFunctions),
  check(history) {
    const groups = barrierGroupsOf(pairOperations(history), root).filter(({ size }) => size > 0);
    return conclude(barrier, {
      history,
      opportunities: groups.reduce((sum, { entryCount }) => sum + entryCount, 0),
      leastOpportunities,
      opportunity: 'members that passed a barrier',
      evidence: groups.flatMap((group) =>
        judgeGroup(group).flatMap((found) => (found === null ? [] : [{ subject: group.path, ...found }])),
      ),
      doubts: [],
    });
  },
});

type Finding = Omit<Evidence, 'subject'>;

/** The first of each kind. */
function judgeGroup(group: BarrierGroup): (Finding | null)[] {
  const byRound = Map.groupBy(group.arrivals, ({ round }) => round);
  return [
    findOpenedEarly(group),
    findNextRoundEarly(group, byRound),
    findLeftEarly(group, byRound),
    findPhantom(group),
    findOutOfOrder(group),
  ];
}

/** Who opens a round has seen all of its members there. */
function findOpenedEarly(group: BarrierGroup): Finding | null {
  const { members, size, arrivals, doubtful, openings } = group;
  const firstArrival = new Map<string, Arrival>();
  for (const arrival of arrivals) {
    const known = firstArrival.get(arrival.name);
    if (known === undefined || arrival.presence.czxid < known.presence.czxid) {
      firstArrival.set(arrival.name, arrival);
    }
  }
  for (const { round, zxid, call } of openings) {
    if (round === 0) continue;
    // One who never asked to arrive anywhere is not known by name.
    const known = members.map((member) => `r${round}-m${member}`);
    const missing = known.find((name) => {
      if ((firstArrival.get(name)?.presence.czxid ?? Infinity) < zxid) return false;
      return !(doubtful.get(name) ?? []).some((doubt) => doubt.invocation.time < timeOf(call));
    });
    if (missing === undefined && known.length >= size) continue;
    const late = missing === undefined ? undefined : firstArrival.get(missing);
    const who = missing === undefined ? `one of ${size} members` : `"${missing}"`;
    const when =
      late === undefined ? 'had not arrived' : `arrived only with zxid ${describeZxid(late.presence.czxid)}`;
    return {
      sentence: `opened early: round ${round} was open as of zxid ${describeZxid(zxid)}, and ${who} ${when}`,
      operations: [...operationsOf(call), ...(late === undefined ? [] : operationsOf(late.presence.create))],
    };
  }
  return null;
}

type Rounds = ReadonlyMap<number, readonly Arrival[]>;

/** Each member has left a round before it arrives in the next, and that opens only when all have arrived. */
function findNextRoundEarly({ openings }: BarrierGroup, byRound: Rounds): Finding | null {
  for (const opening of openings) {
    const inside = (byRound.get(opening.round - 1) ?? []).find(
      ({ presence }) => presence.czxid < opening.zxid && presence.provenZxid >= opening.zxid,
    );
    if (inside === undefined) continue;
    return {
      sentence: `next round early: round ${opening.round} was open as of zxid ${describeZxid(opening.zxid)}, while ${there(inside)}`,
      operations: evidenceOf(inside, opening),
    };
  }
  return null;
}

function findLeftEarly({ lists }: BarrierGroup, byRound: Rounds): Finding | null {
  for (const list of lists) {
    if (list.leaves === null) continue;
    const inside = (byRound.get(list.leaves) ?? []).find(
      ({ presence }) => presence.czxid <= list.at && presence.provenZxid >= list.at,
    );
    if (inside === undefined) continue;
    return {
      sentence: `left early: process ${list.call.process} saw everybody gone from round ${list.leaves} as of zxid ${describeZxid(list.at)} (${timeText(list)}), while ${there(inside)}`,
      operations: evidenceOf(inside, list),
    };
  }
  return null;
}

/** A list shows who arrived: later than it is complete for, or not at all, is not in it. */
function findPhantom({ arrivals, doubtful, lists }: BarrierGroup): Finding | null {
  const first = new Map<string, number>();
  for (const { name, presence } of arrivals) {
    first.set(name, Math.min(first.get(name) ?? Infinity, presence.czxid));
  }
  for (const list of lists) {
    const phantom = list.names.find((name) => {
      if ((first.get(name) ?? Infinity) <= list.at) return false;
      return !(doubtful.get(name) ?? []).some((doubt) => doubt.invocation.time < timeOf(list.call));
    });
    if (phantom === undefined) continue;
    return {
      sentence: `phantom: "${phantom}" is listed as of zxid ${describeZxid(list.at)} (${timeText(list)}), and nobody of this name had arrived by then`,
      operations: operationsOf(list.call),
    };
  }
  return null;
}

/** Rounds open one after the other. */
function findOutOfOrder({ openings }: BarrierGroup): Finding | null {
  for (const [index, later] of openings.entries()) {
    const earlier = openings[index - 1];
    if (earlier === undefined || earlier.zxid < later.zxid) continue;
    return {
      sentence: `out of order: round ${later.round} was open as of zxid ${describeZxid(later.zxid)}, and round ${earlier.round} opened only with zxid ${describeZxid(earlier.zxid)}`,
      operations: [...operationsOf(later.call), ...operationsOf(earlier.call)],
    };
  }
  return null;
}

function there({ name, presence }: Arrival): string {
  return `"${name}" was there until zxid ${describeZxid(presence.provenZxid)} at least, as its ${presence.proof.f} says`;
}

function evidenceOf({ presence }: Arrival, { call }: Opening | BarrierList): Evidence['operations'] {
  return [...operationsOf(presence.create), ...operationsOf(presence.proof), ...operationsOf(call)];
}

function timeText({ call }: BarrierList): string {
  return describeTime(timeOf(call));
}
