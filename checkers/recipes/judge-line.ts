// What holds for every line of ephemeral sequential znodes, in the order of the zxids. Whoever saw a list in which he
// was first says that nobody ahead was there as of that list; so if one with a lower number is known to have been
// there then, two had their turn together, or one was passed over. And what was written under the guard of the line
// carries the number of its writer: numbers in the resource never fall, however late a holder wakes up.

import { describeTime, describeZxid, operationsOf, timeOf } from '../describe.ts';
import type { Evidence } from '../verdict.ts';
import type { Contender, Grant, WaitingLine } from './waiting-lines.ts';

export interface LineWords {
  /** `had the lock`. */
  readonly granted: string;
  /** `fencing token`. */
  readonly token: string;
}

/** The first finding of each kind: the rest of a line follows from it. */
export function judgeLine(line: WaitingLine, words: LineWords): Evidence[] {
  return [
    findSameNumber(line),
    findFallenToken(line, words),
    findConflict(line, words),
    findLostPlace(line),
  ].flatMap((found) => (found === null ? [] : [{ subject: line.parent, ...found }]));
}

/** Grants that another contender had to make way for. */
export function countTurns(line: WaitingLine): number {
  const ranking = rank(line.contenders);
  return line.grants.filter((grant) => ranking.latestAhead(grant.contender) !== null).length;
}

type Finding = Omit<Evidence, 'subject'>;

function findSameNumber({ contenders }: WaitingLine): Finding | null {
  const byNumber = new Map<number, Contender>();
  for (const contender of contenders) {
    const other = byNumber.get(contender.number);
    byNumber.set(contender.number, contender);
    if (other === undefined) continue;
    return {
      sentence: `"${other.presence.name}" and "${contender.presence.name}" were given the same number, so that nobody can tell which is first`,
      operations: [...operationsOf(other.presence.create), ...operationsOf(contender.presence.create)],
    };
  }
  return null;
}

function findConflict(line: WaitingLine, { granted }: LineWords): Finding | null {
  const ranking = rank(line.contenders);
  const grantOf = firstGrants(line.grants);
  for (const grant of line.grants) {
    const ahead = ranking.latestAhead(grant.contender);
    if (ahead === null || ahead.presence.provenZxid < grant.zxid) continue;
    const { presence } = ahead;
    const name = `"${grant.contender.presence.name}"`;
    const first = `${name} was first in line as of zxid ${describeZxid(grant.zxid)}, seen at ${describeTime(timeOf(grant.call))}`;
    const earlier = grantOf.get(presence.name);
    const there = `"${presence.name}" was there until zxid ${describeZxid(presence.provenZxid)} at least, as its ${presence.proof.f} says`;
    const operations = [...operationsOf(presence.create), ...operationsOf(presence.proof)];
    if (earlier !== undefined && earlier.zxid <= grant.zxid) {
      return {
        sentence: `two ${granted} together: ${first}, while ${there}, and it had been first since zxid ${describeZxid(earlier.zxid)}`,
        operations: [...operations, ...operationsOf(earlier.call), ...operationsOf(grant.call)],
      };
    }
    const how =
      presence.czxid > grant.zxid
        ? `came later, with zxid ${describeZxid(presence.czxid)}, and got a lower number`
        : `has the lower number and had not had its turn`;
    return {
      sentence: `one was passed over: ${first}, although ${there}; it ${how}`,
      operations: [...operations, ...operationsOf(grant.call)],
    };
  }
  return null;
}

function firstGrants(grants: readonly Grant[]): Map<string, Grant> {
  const first = new Map<string, Grant>();
  for (const grant of grants) {
    const { name } = grant.contender.presence;
    const known = first.get(name);
    if (known === undefined || grant.zxid < known.zxid) first.set(name, grant);
  }
  return first;
}

function findFallenToken({ sightings }: WaitingLine, { token }: LineWords): Finding | null {
  const sorted = [...sightings].sort((a, b) => a.zxid - b.zxid || a.token - b.token);
  for (const [index, later] of sorted.entries()) {
    const earlier = sorted[index - 1];
    if (earlier === undefined) continue;
    const operations = [...operationsOf(earlier.call), ...operationsOf(later.call)];
    if (earlier.zxid === later.zxid && earlier.token !== later.token) {
      return {
        sentence: `as of zxid ${describeZxid(later.zxid)} the resource has ${token} ${earlier.token} and ${later.token}`,
        operations,
      };
    }
    if (earlier.token <= later.token) continue;
    return {
      sentence: `a write with ${token} ${later.token} took place with zxid ${describeZxid(later.zxid)}, behind one with ${earlier.token} and zxid ${describeZxid(earlier.zxid)}: it was not kept out`,
      operations,
    };
  }
  return null;
}

function findLostPlace({ lost: [lost] }: WaitingLine): Finding | null {
  if (lost === undefined) return null;
  const { contender, call } = lost;
  const { name, session, create } = contender.presence;
  return {
    sentence: `"${name}" was gone at ${describeTime(timeOf(call))}, though nobody had asked to delete it and its session ${session} lived on`,
    operations: [...operationsOf(create), ...operationsOf(call)],
  };
}

interface Ranking {
  /** Of those that a contender has to wait for, the one that is known to have been there longest. */
  latestAhead(contender: Contender): Contender | null;
}

/** Running maxima over the contenders by number, of all and of the exclusive ones. */
function rank(contenders: readonly Contender[]): Ranking {
  const sorted = [...contenders].sort((a, b) => a.number - b.number);
  const ahead = new Map<Contender, Contender | null>();
  let ofAll: Contender | null = null;
  let ofExclusive: Contender | null = null;
  for (const contender of sorted) {
    ahead.set(contender, contender.role === 'exclusive' ? ofAll : ofExclusive);
    ofAll = laterOf(ofAll, contender);
    if (contender.role === 'exclusive') ofExclusive = laterOf(ofExclusive, contender);
  }
  return { latestAhead: (contender) => ahead.get(contender) ?? null };
}

function laterOf(one: Contender | null, other: Contender): Contender {
  return one !== null && one.presence.provenZxid >= other.presence.provenZxid ? one : other;
}
