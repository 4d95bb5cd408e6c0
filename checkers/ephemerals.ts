// Ephemerals live exactly as long as their session. One that was deleted by nobody is there as long as its session
// is answered; none is left of a session that is over; the owner is the session that created it; and a session
// that was answered lately has not expired. What stays within the rules: a session lives longer than its timeout
// after a change of leader, a lagging server still shows what is gone, and what a cut-off server was told does not
// reach the leader, so that early expiry is judged only where there was no fault for long enough.

import { conclude } from './conclude.ts';
import { describeTime, describeZxid, operationsOf, serversOf, timeOf } from './describe.ts';
import {
  ephemeralHistoryOf,
  ephemeralJudge,
  hasLapsed,
  listedIn,
  mayBeDeleted,
  timeoutOf,
} from './ephemeral-calls.ts';
import type { Ephemeral, EphemeralEntries, EphemeralHistory, Look } from './ephemeral-calls.ts';
import { faultTimesOf, recoveredAt } from './fault-windows.ts';
import type { FaultTimes } from './fault-windows.ts';
import { pathOf } from './register-calls.ts';
import type { CheckContext, Checker, Evidence, GuaranteeResult } from './verdict.ts';
import { streamed } from './whole-history.ts';

const leastOpportunities = 10;
/** Of the session's timeout: as long as an ephemeral may stay behind a session that is not heard of any more. */
const mostTimeouts = 3;
/** Of the same: a hold that took longer was held up, and so were its pings. */
const longestHoldTimeouts = 2;

export const ephemerals: Checker = streamed({
  name: 'ephemerals',
  title: 'ephemerals live as long as their session',
  description: 'an ephemeral is there while its session lives, is its creator’s, and is gone with it',
  begin: (context) => ephemeralJudge(context, (entries) => judgeEphemerals(entries, context)),
});

function judgeEphemerals(entries: EphemeralEntries, context: CheckContext): GuaranteeResult {
  const found = ephemeralHistoryOf(entries);
  const faults = faultTimesOf(entries.kept);
  const judgedLooks = found.looks.filter(({ isOwn }) => isOwn).length;
  const evidence = [
    ...findVanished(found),
    ...findOrphansInLooks(found, context),
    ...findOrphansAtTheEnd(found, recoveredAt(entries.kept)),
    ...findEarlyExpiries(found, faults, context),
    ...findLapsedHolds(found, faults, context),
  ];
  return conclude(ephemerals, {
    history: entries.kept,
    opportunities: judgedLooks + found.closes.size + found.expiries.length + found.holds.length,
    leastOpportunities,
    opportunity: 'looks of sessions at their own ephemerals, and ends of sessions',
    evidence,
    doubts: [],
  });
}

/** The first of each session is enough. */
function findVanished(history: EphemeralHistory): Evidence[] {
  const latest = new Map<string, Ephemeral>();
  const told = new Set<string>();
  const evidence: Evidence[] = [];
  let next = 0;
  for (const look of history.looks) {
    for (; next < history.ephemerals.length; next++) {
      const ephemeral = history.ephemerals[next] as Ephemeral;
      if (timeOf(ephemeral.call) > look.call.invocation.time) break;
      latest.set(keyOf(ephemeral), ephemeral);
    }
    const ephemeral = look.isOwn ? latest.get(keyOf(look)) : undefined;
    if (ephemeral === undefined || told.has(look.session)) continue;
    const fault = judgeOwnLook(look, ephemeral, history);
    if (fault === null) continue;
    told.add(look.session);
    evidence.push({
      subject: look.path,
      sentence: `session ${look.session} created it at ${timeText(ephemeral)} with zxid ${describeZxid(ephemeral.zxid)}, and ${fault} at ${describeTime(timeOf(look.call))}`,
      operations: [...operationsOf(ephemeral.call), ...operationsOf(look.call)],
    });
  }
  return evidence;
}

function judgeOwnLook(look: Look, ephemeral: Ephemeral, history: EphemeralHistory): string | null {
  const { seen, session, call } = look;
  if (seen?.czxid === ephemeral.zxid) {
    return seen.owner === session ? null : `it belonged to session ${seen.owner}`;
  }
  // Its own create in doubt may have been the later one.
  if (seen?.owner === session) return null;
  if (mayBeDeleted(ephemeral, history.deletions, { time: timeOf(call) })) return null;
  // The end of its session takes its ephemerals away, and a last answer may still be on its way.
  if (!isAnsweredAfter(session, timeOf(call), history)) return null;
  const what = seen === null ? 'it was gone' : `session ${seen.owner} had one of its own there`;
  return `${what}, though nobody had asked to delete it and the session lived on,`;
}

function isAnsweredAfter(session: string, time: number, { answers }: EphemeralHistory): boolean {
  const last = answers.get(session)?.at(-1);
  return last !== undefined && last.invocation.time > time;
}

/** Seen by one who must know better: his server has applied the end, or is behind a barrier that began later. */
function findOrphansInLooks({ looks, closes }: EphemeralHistory, context: CheckContext): Evidence[] {
  const evidence: Evidence[] = [];
  const told = new Set<string>();
  for (const look of looks) {
    const close = look.seen === null ? undefined : closes.get(look.seen.owner);
    const owner = look.seen?.owner ?? '';
    if (close === undefined || told.has(owner)) continue;
    const closeZxid = close.completion?.zxid ?? Infinity;
    const server = look.call.completion?.server;
    const isBehindBarrier =
      look.isSynced &&
      server !== undefined &&
      context.quorumSyncServers.has(server) &&
      look.call.invocation.time > timeOf(close);
    if (look.notBeforeZxid < closeZxid && !isBehindBarrier) continue;
    told.add(owner);
    evidence.push({
      subject: look.path,
      sentence: `it was seen at ${describeTime(timeOf(look.call))}${whereText(server)} as session ${owner}'s, whose close was acknowledged at ${describeTime(timeOf(close))} with zxid ${describeZxid(closeZxid)}`,
      operations: [...operationsOf(close), ...operationsOf(look.call)],
    });
  }
  return evidence;
}

function findOrphansAtTheEnd(history: EphemeralHistory, recovered: number | null): Evidence[] {
  // Servers that never came back may show anything, which is for others to judge.
  if (recovered === null) return [];
  const expired = new Set(history.expiries.map(({ completion }) => completion?.session));
  const allowanceMs = mostTimeouts * history.longestTimeoutMs;
  return history.finalLists.flatMap((list): Evidence[] => {
    const silentMs = (list.invocation.time - Math.max(history.lastActivity, recovered)) / 1e6;
    const [orphan] = listedIn(list).flatMap(([name, { owner }]) => {
      const close = history.closes.get(owner);
      if (close !== undefined) {
        const end = `whose close was acknowledged at ${describeTime(timeOf(close))}`;
        return [{ name, owner, end, operations: operationsOf(close) }];
      }
      const answers = history.answers.get(owner) ?? [];
      const last = answers.at(-1);
      const operations = last === undefined ? [] : operationsOf(last);
      if (expired.has(owner))
        return [{ name, owner, end: 'whose client was told that it had expired', operations }];
      if (silentMs < allowanceMs) return [];
      const end = `of which nothing was heard for ${Math.floor(silentMs)} ms, with timeouts of ${history.longestTimeoutMs} ms at most`;
      return [{ name, owner, end, operations }];
    });
    if (orphan === undefined) return [];
    const root = pathOf(list.invocation) ?? '';
    return [
      {
        subject: `${root}/${orphan.name}`,
        sentence: `it is still there at the end${whereText(list.completion?.server)}, and belongs to session ${orphan.owner}, ${orphan.end}`,
        operations: [...orphan.operations, ...operationsOf(list)],
      },
    ];
  });
}

/** The client's word for when it was last answered is the earliest that the server can have heard of it. */
function findEarlyExpiries(
  { expiries, answers, wakes }: EphemeralHistory,
  faults: readonly FaultTimes[],
  { recoveryBoundMs }: CheckContext,
): Evidence[] {
  return expiries.flatMap((expiry): Evidence[] => {
    const session = expiry.completion?.session ?? '';
    const last = answers.get(session)?.at(-1);
    if (last === undefined) return [];
    const heard = last.invocation.time;
    const told = expiry.invocation.time;
    const timeoutMs = timeoutOf(expiry);
    if (told - heard >= timeoutMs * 1e6 || isRoused(session, heard, timeoutMs, wakes)) return [];
    if (!isCalm(heard, told, faults, recoveryBoundMs)) return [];
    return [
      {
        subject: `session ${session}`,
        sentence: `it had expired at ${describeTime(told)}, although its ${last.f} of ${describeTime(heard)} was answered and its timeout is ${timeoutMs} ms; there was no fault`,
        operations: [...operationsOf(last), ...operationsOf(expiry)],
      },
    ];
  });
}

/** A client that sends a ping in every third of its timeout keeps its session, whether it asks for anything or not. */
function findLapsedHolds(
  { holds, wakes }: EphemeralHistory,
  faults: readonly FaultTimes[],
  { recoveryBoundMs }: CheckContext,
): Evidence[] {
  return holds.flatMap((hold): Evidence[] => {
    const session = hold.completion?.session ?? '';
    const began = hold.invocation.time;
    const ended = timeOf(hold);
    const timeoutMs = timeoutOf(hold);
    if (!hasLapsed(hold) || ended - began > longestHoldTimeouts * timeoutMs * 1e6) return [];
    if (isRoused(session, began, timeoutMs, wakes)) return [];
    if (!isCalm(began, ended, faults, recoveryBoundMs)) return [];
    return [
      {
        subject: `session ${session}`,
        sentence: `it had expired at ${describeTime(ended)}, although its client had been answered after ${describeTime(began)}, and sent pings from then on, with a timeout of ${timeoutMs} ms; there was no fault`,
        operations: operationsOf(hold),
      },
    ];
  });
}

/** Its end may have been decided while it was silent, and a server that has not heard of it answers once more. */
function isRoused(
  session: string,
  time: number,
  timeoutMs: number,
  wakes: EphemeralHistory['wakes'],
): boolean {
  return (wakes.get(session) ?? []).some((wake) => {
    const woke = timeOf(wake);
    return woke <= time && woke > time - timeoutMs * 1e6;
  });
}

/** A server that was cut off may not have passed on whom it heard of, nor one that is not over a fault yet. */
function isCalm(from: number, to: number, faults: readonly FaultTimes[], recoveryBoundMs: number): boolean {
  const calmSince = from - recoveryBoundMs * 1e6;
  return !faults.some(({ start, end }) => start <= to && end >= calmSince);
}

function keyOf({ session, path }: { readonly session: string; readonly path: string }): string {
  return `${session} ${path}`;
}

function timeText({ call }: Ephemeral): string {
  return describeTime(timeOf(call));
}

function whereText(server: number | undefined): string {
  return server === undefined ? '' : ` on ${serversOf([server])}`;
}
