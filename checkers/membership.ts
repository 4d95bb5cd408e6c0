// Service discovery tells who is there. Whoever has joined and is alive is on every list that is no older than the
// join; whoever has left, or whose session is over, is on none that is no older than that; who fell silent is on none
// once the bound for expiry has passed without a fault. Followers of the list miss no change of it. A session may
// outlive its timeout around a change of leader, a plain list may be old, and what is in doubt excuses either.

import { conclude } from './conclude.ts';
import { describeTime, describeZxid, operationsOf, serversOf, timeOf } from './describe.ts';
import { faultTimesOf, recoveredAt } from './fault-windows.ts';
import { coursesOf, judgeCourse, turnsOf } from './followed-znode.ts';
import { membershipFunctions, membershipHistoryOf } from './membership-calls.ts';
import type { Member, MemberList, MembershipHistory } from './membership-calls.ts';
import type { Call } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';
import type { CheckContext, Checker, Evidence } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;
/** Of the session's timeout: as long as a member may be listed that is not heard of any more. */
const mostTimeouts = 3;
const isMembershipCall = named(...membershipFunctions);

export const membership: Checker = wholeHistory({
  name: 'membership',
  title: 'who is alive is listed, who is gone is not',
  description:
    'members are listed while their sessions live, and not once these are over; followers miss no change',
  concerns: (entry) => entry.process === 'nemesis' || isMembershipCall(entry),
  check(history, context) {
    const found = membershipHistoryOf(history);
    const courses = [...Map.groupBy(found.reports, ({ report }) => report.session).values()].flatMap(
      (reports) => coursesOf(reports).map((course) => ({ course, service: reports[0]?.service ?? '' })),
    );
    const missing = findMissing(found, context);
    const evidence = [
      ...missing.evidence,
      ...findGhosts(found, context),
      ...findOverdue(found, history, context),
      ...courses.flatMap(({ course, service }) => judgeCourse(service, course)),
    ];
    return conclude(membership, {
      history,
      opportunities: missing.opportunities + courses.reduce((sum, { course }) => sum + turnsOf(course), 0),
      leastOpportunities,
      opportunity: 'members that a list had to show, and lists that followers took up',
      evidence,
      doubts: [],
    });
  },
});

/**
 * Nanoseconds: until then the member was certainly there, once it had joined. A server that is cut off answers reads
 * of sessions that are over by then, so that to others only a write proves that its session lived.
 */
function certainUntil(
  { session, askedToGoFrom }: Member,
  { sessions }: MembershipHistory,
  isOwnList: boolean,
): number {
  const { answeredAt = 0, wroteAt = 0 } = sessions.get(session) ?? {};
  return Math.min(askedToGoFrom, isOwnList ? answeredAt : wroteAt);
}

/** Alive, joined, and not on a list that must know. The first of each member is enough. */
function findMissing(
  history: MembershipHistory,
  context: CheckContext,
): { readonly opportunities: number; readonly evidence: Evidence[] } {
  const evidence: Evidence[] = [];
  const told = new Set<Member>();
  let opportunities = 0;
  for (const [service, lists] of Map.groupBy(history.lists, (list) => list.service)) {
    const members = history.members.filter((member) => member.service === service);
    let present: Member[] = [];
    let next = 0;
    for (const list of byStart(lists)) {
      const start = list.call.invocation.time;
      for (; next < members.length && timeOf((members[next] as Member).joined) < start; next++) {
        present.push(members[next] as Member);
      }
      present = present.filter((member) => certainUntil(member, history, true) > start);
      const names = new Set(list.seen.names);
      for (const member of present) {
        const isOwnList = isOwn(list, member);
        if (certainUntil(member, history, isOwnList) <= timeOf(list.call)) continue;
        if (!isOwnList && !mustKnow(list, member.joined, member.zxid, context)) continue;
        opportunities++;
        if (names.has(member.name) || told.has(member)) continue;
        told.add(member);
        evidence.push({
          subject: `${service}/${member.name}`,
          sentence: `${describeJoin(member)} and lived on, nobody had asked to remove it, and ${describeList(list)} without it`,
          operations: [...operationsOf(member.joined), ...operationsOf(list.call)],
        });
      }
    }
  }
  return { opportunities, evidence };
}

function byStart(lists: readonly MemberList[]): MemberList[] {
  return lists.toSorted((one, other) => one.call.invocation.time - other.call.invocation.time);
}

function isOwn(list: MemberList, { session }: Member): boolean {
  return list.call.completion?.session === session;
}

/** Whether a list is no older than what was acknowledged with this zxid. */
function mustKnow(
  list: MemberList,
  change: Call,
  zxid: number,
  { quorumSyncServers }: CheckContext,
): boolean {
  if (list.notBeforeZxid >= zxid) return true;
  const { syncedBy = null } = list.seen;
  const isBehindBarrier = syncedBy !== null && quorumSyncServers.has(syncedBy);
  return isBehindBarrier && timeOf(change) < list.call.invocation.time;
}

/** Listed, though it had left, its session was over, or it had never joined. */
function findGhosts(history: MembershipHistory, context: CheckContext): Evidence[] {
  const members = new Map(history.members.map((member) => [`${member.service}/${member.name}`, member]));
  const told = new Set<string>();
  const evidence: Evidence[] = [];
  for (const list of history.lists) {
    for (const name of list.seen.names) {
      const path = `${list.service}/${name}`;
      if (told.has(path)) continue;
      const member = members.get(path);
      const found =
        member === undefined ? findStranger(path, history) : findEnd(member, list, history, context);
      if (found === null) continue;
      told.add(path);
      evidence.push({
        subject: path,
        sentence: `${describeList(list)} with it, ${found.why}`,
        operations: [...found.operations, ...operationsOf(list.call)],
      });
    }
  }
  return evidence;
}

interface Reason {
  readonly why: string;
  readonly operations: readonly Operation[];
}

function findStranger(path: string, { asked, refused }: MembershipHistory): Reason | null {
  if (asked.has(path)) return null;
  const join = refused.get(path);
  if (join === undefined) return { why: 'though nobody had asked for it', operations: [] };
  const when = describeTime(timeOf(join));
  return { why: `though its join was refused for certain at ${when}`, operations: operationsOf(join) };
}

function findEnd(
  member: Member,
  list: MemberList,
  { sessions }: MembershipHistory,
  context: CheckContext,
): Reason | null {
  const { left, session } = member;
  const closed = sessions.get(session)?.closed ?? null;
  for (const [end, what] of [
    [left, 'it had left'],
    [closed, `its session ${session} had been closed`],
  ] as const) {
    const zxid = end?.completion?.zxid;
    if (end === null || zxid === undefined || !mustKnow(list, end, zxid, context)) continue;
    const why = `though ${what} with zxid ${describeZxid(zxid)}, acknowledged at ${describeTime(timeOf(end))}`;
    return { why, operations: operationsOf(end) };
  }
  return null;
}

/** Silent for longer than its session can last, with no fault that may have prolonged it; or still there at the end. */
function findOverdue(
  { lists, members, sessions }: MembershipHistory,
  history: readonly Operation[],
  { quorumSyncServers, recoveryBoundMs }: CheckContext,
): Evidence[] {
  const faults = faultTimesOf(history);
  const recovered = recoveredAt(history);
  const byPath = new Map(members.map((member) => [`${member.service}/${member.name}`, member]));
  const told = new Set<string>();
  return lists.flatMap((list) =>
    list.seen.names.flatMap((name): Evidence[] => {
      const path = `${list.service}/${name}`;
      const member = byPath.get(path);
      const silence = member === undefined ? null : (sessions.get(member.session)?.silence ?? null);
      if (member === undefined || silence === null || told.has(path)) return [];
      const { syncedBy = null } = list.seen;
      const isFresh = list.isFinal || (syncedBy !== null && quorumSyncServers.has(syncedBy));
      if (!isFresh) return [];
      const since = timeOf(silence);
      const start = list.call.invocation.time;
      const calmSince = since - recoveryBoundMs * 1e6;
      const isCalm = !faults.some((fault) => fault.start <= timeOf(list.call) && fault.end >= calmSince);
      const countsFrom = isCalm ? since : Math.max(since, recovered ?? Infinity);
      if (start - countsFrom <= mostTimeouts * member.timeoutMs * 1e6) return [];
      told.add(path);
      return [
        {
          subject: path,
          sentence: `${describeList(list)} with it, though nothing was heard of its session ${member.session} since ${describeTime(since)} and its timeout is ${member.timeoutMs} ms`,
          operations: [...operationsOf(silence), ...operationsOf(list.call)],
        },
      ];
    }),
  );
}

function describeJoin({ session, joined, zxid }: Member): string {
  return `session ${session} joined at ${describeTime(timeOf(joined))} with zxid ${describeZxid(zxid)}`;
}

function describeList({ call }: MemberList): string {
  const server = call.completion?.server;
  const where = server === undefined ? '' : ` from ${serversOf([server])}`;
  return `process ${call.process} got a list${where} at ${describeTime(timeOf(call))}`;
}
