// A lock that is the creation of an ephemeral has one holder at a time, in the order of the zxids: between two
// acquisitions the first holder's znode has gone, by his own request, by somebody who broke the lock, or with his
// session. What a holder believes is not judged: his session may be over before he knows (hence fencing, by the
// zxid of the acquisition, which must rise).

import { conclude } from './conclude.ts';
import { describeTime, describeZxid, operationsOf, timeOf } from './describe.ts';
import { ephemeralHistoryOf, ephemeralJudge, mayBeDeleted } from './ephemeral-calls.ts';
import type { Ephemeral, EphemeralEntries, EphemeralHistory, Look } from './ephemeral-calls.ts';
import type { Checker, Evidence, GuaranteeResult } from './verdict.ts';
import { streamed } from './whole-history.ts';

const leastOpportunities = 5;

export const mutualExclusion: Checker = streamed({
  name: 'mutual-exclusion',
  title: 'a lock has one holder at a time',
  description: 'between two acquisitions of a lock the first one has ended, and no live holder loses it',
  begin: (context) => ephemeralJudge(context, (entries) => judgeMutualExclusion(entries)),
});

function judgeMutualExclusion(entries: EphemeralEntries): GuaranteeResult {
  const found = ephemeralHistoryOf(entries);
  const holds = found.ephemerals.filter(({ call }) => call.f === 'acquire');
  const looks = found.looks.filter(({ call, isOwn }) => isOwn && call.f === 'lock-look');
  const byLock = holdsByLock(holds);
  const evidence = [...byLock.values()].flatMap((all) => [...findOverlaps(all, found), ...findUnfenced(all)]);
  return conclude(mutualExclusion, {
    history: entries.kept,
    opportunities: looks.length + [...byLock.values()].reduce((sum, all) => sum + all.length - 1, 0),
    leastOpportunities,
    opportunity: 'acquisitions that follow another, and looks of holders',
    evidence: [...evidence, ...findStolen(looks, byLock, found)],
    doubts: [],
  });
}

/** In the order of their zxids. */
function holdsByLock(holds: readonly Ephemeral[]): Map<string, Ephemeral[]> {
  const byLock = new Map<string, Ephemeral[]>();
  for (const hold of [...holds].sort((one, other) => one.zxid - other.zxid)) {
    const all = byLock.get(hold.path);
    if (all === undefined) byLock.set(hold.path, [hold]);
    else all.push(hold);
  }
  return byLock;
}

function findOverlaps(holds: readonly Ephemeral[], history: EphemeralHistory): Evidence[] {
  return holds.flatMap((second, index): Evidence[] => {
    const first = holds[index - 1];
    if (first === undefined) return [];
    const proof = proofOfLife(first.session, second.zxid, history);
    if (proof === null) return [];
    const until = { time: timeOf(second.call), zxid: second.zxid };
    if (mayBeDeleted(first, history.deletions, until)) return [];
    return [
      {
        subject: first.path,
        sentence:
          `${describe(second)} while ${describe(first)}, nobody had asked to delete it, ` +
          `and that session lived on: its ${proof.call.f} has zxid ${describeZxid(proof.zxid)}`,
        operations: [...operationsOf(first.call), ...operationsOf(second.call), ...operationsOf(proof.call)],
      },
    ];
  });
}

/** A write of the session behind this zxid: the session was alive then. */
function proofOfLife(session: string, zxid: number, history: EphemeralHistory): Ephemeral | null {
  const created = history.lastCreates.get(session);
  if (created !== undefined && created.zxid > zxid) return created;
  const close = history.closes.get(session);
  const closeZxid = close?.completion?.zxid ?? 0;
  if (close === undefined || closeZxid <= zxid) return null;
  return { path: '', session, zxid: closeZxid, call: close };
}

/** Zxids are the fencing tokens: who got the lock later has the higher one. */
function findUnfenced(holds: readonly Ephemeral[]): Evidence[] {
  let latestStart: Ephemeral | null = null;
  for (const hold of holds) {
    if (latestStart !== null && timeOf(hold.call) < latestStart.call.invocation.time) {
      return [
        {
          subject: hold.path,
          sentence: `${describe(hold)} at ${describeTime(timeOf(hold.call))}, before ${describe(latestStart)} began at ${describeTime(latestStart.call.invocation.time)}`,
          operations: [...operationsOf(hold.call), ...operationsOf(latestStart.call)],
        },
      ];
    }
    if (latestStart === null || hold.call.invocation.time > latestStart.call.invocation.time) {
      latestStart = hold;
    }
  }
  return [];
}

/** A holder sees another in his place, though he lives and nobody took the lock from him. */
function findStolen(
  looks: readonly Look[],
  byLock: ReadonlyMap<string, readonly Ephemeral[]>,
  history: EphemeralHistory,
): Evidence[] {
  return looks.flatMap((look): Evidence[] => {
    const { seen, session, path } = look;
    if (seen !== null && seen.owner === session) return [];
    const mine = byLock
      .get(path)
      ?.findLast((hold) => hold.session === session && timeOf(hold.call) <= look.call.invocation.time);
    if (mine === undefined) return [];
    const last = history.answers.get(session)?.at(-1);
    if (last === undefined || last.invocation.time <= timeOf(look.call)) return [];
    if (mayBeDeleted(mine, history.deletions, { time: timeOf(look.call) })) return [];
    const what = seen === null ? 'nobody holds it' : `session ${seen.owner} holds it`;
    return [
      {
        subject: path,
        sentence: `${describe(mine)}, nobody had asked to delete it, and at ${describeTime(timeOf(look.call))} ${what}, though the session lived on`,
        operations: [...operationsOf(mine.call), ...operationsOf(look.call)],
      },
    ];
  });
}

function describe({ session, zxid }: Ephemeral): string {
  return `session ${session} had acquired it with zxid ${describeZxid(zxid)}`;
}
