// A znode with a time to live goes only when it has no children and was not written for that time. From then on it
// may go at any moment, also right behind a write (it is a candidate for deletion, says the programmer's guide, and
// Apache ZooKeeper looks at the time before it asks for the deletion), so what is judged is whether there was such
// a time at all. Write times are the leader's: where its clock was tampered with, nothing is said of them.

import type { Call } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';
import { conclude } from './conclude.ts';
import { findBereft } from './containers.ts';
import { countOf, describeTime, operationsOf, timeOf } from './describe.ts';
import { perishableFunctions, perishableHistoryOf, sureChildren } from './perishable-calls.ts';
import type { Perishable } from './perishable-calls.ts';
import type { Checker, Evidence } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const leastOpportunities = 5;
/** Servers whose clocks nobody touches may differ by so much, as a share and in milliseconds. */
const clockTolerance = { ratio: 0.02, ms: 20 } as const;
const clockFaults: ReadonlySet<string> = new Set(['clock-jump', 'clock-drift']);
const isPerishableCall = named(...perishableFunctions);

export const timeToLive: Checker = wholeHistory({
  name: 'time-to-live',
  title: 'znodes live as long as their time to live',
  description: 'a znode with a time to live is removed only when it was idle and childless for that time',
  concerns: (entry) => isPerishableCall(entry) || (entry.process === 'nemesis' && clockFaults.has(entry.f)),
  check(history) {
    const { perishables, refusedTtls } = perishableHistoryOf(history);
    const own = perishables.filter(({ kind }) => kind === 'ttl');
    const tamperedAt = firstClockFault(history);
    const result = conclude(timeToLive, {
      history,
      opportunities: own.reduce((sum, znode) => sum + opportunitiesOf(znode, tamperedAt), 0),
      leastOpportunities,
      opportunity: 'removed znodes, and looks at znodes with children or whose time was not over',
      evidence: own.flatMap((znode) => findBereft(znode) ?? findEarly(znode, tamperedAt) ?? []),
      doubts: [],
    });
    if (own.length > 0 || refusedTtls === 0) return result;
    const reason = `the servers know no times to live (${countOf(refusedTtls, 'create')} refused); extendedTypesEnabled is off`;
    return { ...result, verdict: 'not-supported', reason };
  },
});

/** Nanoseconds; Infinity: never. */
function firstClockFault(history: readonly Operation[]): number {
  return history.find(({ process, f }) => process === 'nemesis' && clockFaults.has(f))?.time ?? Infinity;
}

function opportunitiesOf(znode: Perishable, tamperedAt: number): number {
  const { presences, absence, ttlMs } = znode;
  const living = presences.filter((look) => {
    const time = timeOf(look);
    if (sureChildren(znode, time).some(([, child]) => timeOf(child) < time)) return true;
    return time < tamperedAt && longestIdleMs(znode, time) < (ttlMs ?? 0);
  });
  return living.length + Number(absence !== null && timeOf(absence) < tamperedAt);
}

function findEarly(znode: Perishable, tamperedAt: number): Evidence | null {
  const { path, absence, created, writes, ttlMs } = znode;
  if (absence === null || ttlMs === null || timeOf(absence) >= tamperedAt) return null;
  const idleMs = longestIdleMs(znode, timeOf(absence));
  if (idleMs * (1 + clockTolerance.ratio) + clockTolerance.ms >= ttlMs) return null;
  const last = writes.findLast(({ invocation }) => invocation.time < timeOf(absence)) ?? created;
  return {
    subject: path,
    sentence: `it was gone at ${describeTime(timeOf(absence))}, although its time to live is ${ttlMs} ms and it was never idle for more than ${Math.ceil(idleMs)} ms; it was last written between ${describeTime(last.invocation.time)} and ${describeTime(timeOf(last))}`,
    operations: [...operationsOf(last), ...operationsOf(absence)],
  };
}

/**
 * The longest that it can have been without an acknowledged write, up to `until`. A write takes place between its
 * two ends, so an idle time begins with one no earlier than that was asked for, and is over when one has been
 * answered that was asked for afterwards.
 */
function longestIdleMs({ created, writes }: Perishable, until: number): number {
  const changes = [created, ...writes].filter(({ invocation }) => invocation.time < until);
  const byStart = changes.toSorted((one, other) => one.invocation.time - other.invocation.time);
  const ends = earliestEnds(byStart);
  let longest = 0;
  for (const change of byStart) {
    const next = ends[firstFrom(byStart, timeOf(change))] ?? Infinity;
    longest = Math.max(longest, Math.min(next, until) - change.invocation.time);
  }
  return longest / 1e6;
}

/** By position: the earliest end among the calls from there on. */
function earliestEnds(calls: readonly Call[]): number[] {
  const ends = calls.map(timeOf);
  for (let index = ends.length - 2; index >= 0; index--) {
    ends[index] = Math.min(ends[index] ?? Infinity, ends[index + 1] ?? Infinity);
  }
  return ends;
}

/** The position of the first call that began at this time or later. */
function firstFrom(byStart: readonly Call[], time: number): number {
  let low = 0;
  let high = byStart.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((byStart[middle] as Call).invocation.time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
