// The calls of the membership workload, by what they mean: a member joins with an ephemeral of its session, leaves,
// or goes with its session; somebody lists the members. No name is used twice.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';
import { timeOf } from './describe.ts';
import { timeoutOf } from './ephemeral-calls.ts';
import type { DatedReport } from './follower-reports.ts';
import type { FollowerReport } from './followed-znode.ts';
import { pathOf, valueOf } from './register-calls.ts';

export const membershipFunctions = [
  'member-join',
  'member-leave',
  'member-list',
  'member-sync-list',
  'member-follow',
  'final-members',
  'final-member-followers',
  'session-close',
  'session-abandon',
  'session-silence',
  'session-wake',
] as const;

const writes: ReadonlySet<string> = new Set(['member-join', 'member-leave', 'session-close']);

export interface SeenMembers {
  readonly names: readonly string[];
  /** Of the latest change of the children. */
  readonly pzxid: number;
  /** Who answered the sync ahead of the list, where there was one. */
  readonly syncedBy?: number | null;
}

/** Joined; the session is the one that owns it. */
export interface Member {
  readonly service: string;
  readonly name: string;
  readonly session: string;
  readonly zxid: number;
  readonly timeoutMs: number;
  readonly joined: Call;
  /** Nanoseconds: from here on somebody may have taken it away; Infinity: nobody asked. */
  askedToGoFrom: number;
  /** Acknowledged. */
  left: Call | null;
}

export interface MemberList {
  readonly service: string;
  readonly seen: SeenMembers;
  readonly call: Call;
  /** What is shown is no older than this. */
  readonly notBeforeZxid: number;
  readonly isFinal: boolean;
}

/** What is known of a session that has members. */
export interface MemberSession {
  /** Invocation of the last request that was answered: as far as its own server knew, the session lived then. */
  answeredAt: number;
  /** The same of the last write: the session lived then as far as anybody may know. */
  wroteAt: number;
  /** Its acknowledged end. */
  closed: Call | null;
  /** Since then nothing has been sent; null while its client speaks. */
  silence: Call | null;
}

export interface MembershipHistory {
  /** In order of their joins' ends. */
  readonly members: readonly Member[];
  /** Joins that were refused for certain, by path. */
  readonly refused: ReadonlyMap<string, Call>;
  /** Joins that may have taken place, and all others that did. */
  readonly asked: ReadonlySet<string>;
  readonly lists: readonly MemberList[];
  readonly sessions: ReadonlyMap<string, MemberSession>;
  readonly reports: readonly (DatedReport & { readonly service: string })[];
}

export function membershipHistoryOf(history: readonly Operation[]): MembershipHistory {
  const calls = pairOperations(history).toSorted((one, other) => timeOf(one) - timeOf(other));
  const members = new Map<string, Member>();
  const refused = new Map<string, Call>();
  const asked = new Set<string>();
  const lists: MemberList[] = [];
  const sessions = new Map<string, MemberSession>();
  const reports: (DatedReport & { readonly service: string })[] = [];
  const highest = new Map<string, number>();
  for (const call of calls) {
    const { f, outcome, completion, invocation } = call;
    const path = pathOf(invocation) ?? '';
    if (f === 'member-join') {
      if (outcome === 'fail') refused.set(path, call);
      else asked.add(path);
    }
    if (outcome !== 'ok' || completion === null) continue;
    const { session, zxid } = completion;
    if (session === undefined) continue;
    noteSession(sessions, session, call);
    const seenBefore = highest.get(session) ?? 0;
    highest.set(session, Math.max(seenBefore, zxid ?? 0));
    if (f === 'member-join' && zxid !== undefined) members.set(path, memberOf(call, path, session, zxid));
    if (f === 'member-list' || f === 'member-sync-list' || f === 'final-members') {
      lists.push(listOf(call, path, seenBefore));
    }
    reports.push(...reportsOf(call, path));
  }
  noteLeaves(members, calls);
  return { members: [...members.values()], refused, asked, lists, sessions, reports };
}

function memberOf(joined: Call, path: string, session: string, zxid: number): Member {
  const cut = path.lastIndexOf('/');
  return {
    service: path.slice(0, cut),
    name: path.slice(cut + 1),
    session,
    zxid,
    timeoutMs: timeoutOf(joined),
    joined,
    askedToGoFrom: Infinity,
    left: null,
  };
}

function listOf(call: Call, service: string, seenBefore: number): MemberList {
  const seen = (call.completion === null ? { names: [], pzxid: 0 } : valueOf(call.completion)) as SeenMembers;
  return {
    service,
    seen,
    call,
    notBeforeZxid: Math.max(seenBefore, seen.pzxid),
    isFinal: call.f === 'final-members',
  };
}

function reportsOf(call: Call, path: string): (DatedReport & { readonly service: string })[] {
  const { f, completion, invocation } = call;
  if (completion === null) return [];
  if (f === 'member-follow') {
    return [
      { report: valueOf(completion) as FollowerReport, operation: completion, invocation, service: path },
    ];
  }
  if (f !== 'final-member-followers') return [];
  const all = valueOf(completion) as readonly FollowerReport[];
  return all.map((report) => ({ report, operation: completion, invocation, service: path }));
}

function noteSession(sessions: Map<string, MemberSession>, id: string, call: Call): void {
  const session = sessions.get(id) ?? { answeredAt: 0, wroteAt: 0, closed: null, silence: null };
  sessions.set(id, session);
  const { time } = call.invocation;
  const isAnswered = call.completion?.zxid !== undefined;
  if (isAnswered) session.answeredAt = Math.max(session.answeredAt, time);
  if (isAnswered && writes.has(call.f)) session.wroteAt = Math.max(session.wroteAt, time);
  switch (call.f) {
    case 'session-close':
      session.closed = call;
      break;
    case 'session-abandon':
    case 'session-silence':
      session.silence = call;
      break;
    case 'session-wake':
      session.silence = null;
      break;
    default:
  }
}

/** Whether or not it was answered: a leave in doubt excuses the absence of its member from then on. */
function noteLeaves(members: ReadonlyMap<string, Member>, calls: readonly Call[]): void {
  for (const call of calls) {
    if (call.f !== 'member-leave' || call.outcome === 'fail') continue;
    const member = members.get(pathOf(call.invocation) ?? '');
    if (member === undefined) continue;
    member.askedToGoFrom = Math.min(member.askedToGoFrom, call.invocation.time);
    if (call.outcome === 'ok') member.left = call;
  }
}
