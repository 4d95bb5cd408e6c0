// A counter is the sum of what was added to it. Every increment that was acknowledged counts once, one that was
// refused for certain never, one in doubt once or never. Since every write adds 1 or 2 and makes the next version,
// a number at a version says how many of each it took, and so how many of those in doubt must have taken place. In
// one session, and for reads behind a barrier, the number never falls.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { countOf, describeTime, operationsOf, serversOf, timeOf } from './describe.ts';
import { missingFinalReads } from './final-reads.ts';
import { pathOf, valueOf } from './register-calls.ts';
import type { CheckContext, Checker, Evidence } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;

export const counter: Checker = wholeHistory({
  name: 'counter',
  title: 'a counter is the sum of its increments',
  description: 'acknowledged increments count once, refused ones never, doubtful ones at most once',
  concerns: named('increment', 'counter-read', 'counter-sync-read', 'final-counter'),
  check(history, context) {
    const calls = pairOperations(history);
    const byPath = Map.groupBy(calls, (call) => pathOf(call.invocation) ?? '');
    return conclude(counter, {
      history,
      opportunities: calls.filter(({ f, outcome }) => f === 'increment' && outcome === 'ok').length,
      leastOpportunities,
      opportunity: 'acknowledged increments',
      evidence: [...byPath].flatMap(([path, own]) => judgeCounter(path, own, context)),
      doubts: missingFinalReads(calls, 'final-counter', context.servers),
    });
  },
});

/** One finding for a counter: the first that is found explains the others. */
function judgeCounter(path: string, calls: readonly Call[], context: CheckContext): Evidence[] {
  const sightings = calls.flatMap(sightingsOf).sort((one, other) => one.version - other.version);
  const found =
    findLost(calls, sightings) ??
    findContradiction(sightings) ??
    findWrongSum(calls, sightings) ??
    findFall(calls, context);
  return found === null ? [] : [{ subject: path, ...found }];
}

type Finding = Pick<Evidence, 'sentence' | 'operations'>;

/** The counter stood at this number at this version. */
interface Sighting {
  readonly version: number;
  /** Null: there was no such znode, or it held no number. */
  readonly value: number | null;
  readonly call: Call;
}

/** An increment shows what it found as well as what it made. */
function sightingsOf(call: Call): Sighting[] {
  const { outcome, completion } = call;
  if (outcome !== 'ok' || completion === null) return [];
  const version = completion.version ?? absentVersion;
  if (call.f !== 'increment') return [{ version, value: numberIn(valueOf(completion)), call }];
  const { amount, before } = valueOf(completion) as { readonly amount: number; readonly before: number };
  return [
    { version: version - 1, value: numberIn(before), call },
    { version, value: numberIn(before + amount), call },
  ];
}

/** Below that of any znode: the setup was acknowledged, so the counter was there. */
const absentVersion = -1;

function numberIn(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
}

/** Acknowledged increments make a version each, and every server has all of them in the end. */
function findLost(calls: readonly Call[], sightings: readonly Sighting[]): Finding | null {
  const made = new Map<number, Call>();
  const acknowledged = calls.filter(({ f, outcome }) => f === 'increment' && outcome === 'ok');
  for (const call of acknowledged) {
    const version = call.completion?.version ?? absentVersion;
    const other = made.get(version);
    if (other !== undefined) {
      return {
        sentence: `${describeIncrement(call)} made version ${version}, and so did ${describeIncrement(other)}: one of them is lost`,
        operations: [...operationsOf(other), ...operationsOf(call)],
      };
    }
    made.set(version, call);
  }
  const last = acknowledged.toSorted((one, other) => versionOf(one) - versionOf(other)).at(-1);
  const behind = sightings.find(
    ({ call, version }) => call.f === 'final-counter' && last !== undefined && version < versionOf(last),
  );
  if (last === undefined || behind === undefined) return null;
  return {
    sentence: `${describeIncrement(last)} made version ${versionOf(last)}, but ${describeSighting(behind)} at the end`,
    operations: [...operationsOf(last), ...operationsOf(behind.call)],
  };
}

/** A version is one number, a later version is a higher one. */
function findContradiction(sightings: readonly Sighting[]): Finding | null {
  for (const [index, sighting] of sightings.entries()) {
    const previous = sightings[index - 1];
    if (sighting.value === null) {
      return { sentence: describeSighting(sighting), operations: operationsOf(sighting.call) };
    }
    if (previous?.version === sighting.version && previous.value !== sighting.value) {
      return {
        sentence: `${describeSighting(sighting)}, but ${describeSighting(previous)}`,
        operations: [...operationsOf(previous.call), ...operationsOf(sighting.call)],
      };
    }
  }
  return null;
}

/** What cannot come from acknowledged increments must come from ones in doubt that had begun by then. */
function findWrongSum(calls: readonly Call[], sightings: readonly Sighting[]): Finding | null {
  const known = calls
    .filter(({ f, outcome }) => f === 'increment' && outcome === 'ok')
    .sort((one, other) => versionOf(one) - versionOf(other));
  const doubts = new DoubtfulAmounts(calls);
  let next = 0;
  let sum = 0;
  for (const sighting of sightings) {
    for (; next < known.length && versionOf(known[next] as Call) <= sighting.version; next++) {
      sum += amountOf(known[next] as Call);
    }
    const writes = sighting.version - next;
    const rest = (sighting.value ?? 0) - sum;
    const twos = rest - writes;
    const ones = writes - twos;
    const begun = doubts.begunBefore(timeOf(sighting.call));
    if (ones >= 0 && twos >= 0 && ones <= begun.ones && twos <= begun.twos) continue;
    return {
      sentence:
        `${describeSighting(sighting)}; up to that version ${countOf(next, 'increment')} were acknowledged, by ${sum} in all, ` +
        `and of ${countOf(begun.ones + begun.twos, 'increment')} in doubt ${writes} would have to make up for ${rest}`,
      operations: operationsOf(sighting.call),
    };
  }
  return null;
}

/** How many increments in doubt of each amount had begun by a time. */
class DoubtfulAmounts {
  readonly #starts: readonly number[];
  /** By position in `#starts`: how many up to there add 2. */
  readonly #twos: readonly number[];

  constructor(calls: readonly Call[]) {
    const doubtful = calls
      .filter(({ f, outcome }) => f === 'increment' && outcome === 'info')
      .sort((one, other) => one.invocation.time - other.invocation.time);
    let twos = 0;
    this.#starts = doubtful.map(({ invocation }) => invocation.time);
    this.#twos = doubtful.map((call) => (twos += Number(amountOf(call) === 2)));
  }

  begunBefore(time: number): { readonly ones: number; readonly twos: number } {
    const count = countBefore(this.#starts, time);
    const twos = this.#twos[count - 1] ?? 0;
    return { ones: count - twos, twos };
  }
}

/** In a session the number never falls; behind a barrier it is not below what anybody had seen before. */
function findFall(calls: readonly Call[], { quorumSyncServers }: CheckContext): Finding | null {
  const bySession = new Map<string, Sighting>();
  const completed = calls
    .flatMap((call) => sightingsOf(call).slice(-1))
    .sort((one, other) => timeOf(one.call) - timeOf(other.call));
  const times = completed.map(({ call }) => timeOf(call));
  const highest = highestSoFar(completed);
  for (const call of calls) {
    const session = call.completion?.session;
    const server = call.completion?.server;
    const sighting = sightingsOf(call).at(-1);
    if (sighting === undefined || session === undefined || call.f === 'final-counter') continue;
    const isStrict = call.f === 'counter-sync-read' && server !== undefined && quorumSyncServers.has(server);
    const own = bySession.get(session);
    const all = isStrict ? highest[countBefore(times, call.invocation.time) - 1] : undefined;
    const newer = [own, all].find((earlier) => earlier !== undefined && earlier.version > sighting.version);
    if (newer !== undefined) {
      const why = newer === own ? 'the same session had seen more' : 'the read was behind a barrier';
      return {
        sentence: `${describeSighting(sighting)}, after ${describeSighting(newer)}, and ${why}`,
        operations: [...operationsOf(newer.call), ...operationsOf(call)],
      };
    }
    bySession.set(session, sighting);
  }
  return null;
}

/** By position in `completed`: the highest version up to there. */
function highestSoFar(completed: readonly Sighting[]): Sighting[] {
  const highest: Sighting[] = [];
  for (const sighting of completed) {
    const last = highest.at(-1);
    highest.push(last === undefined || sighting.version > last.version ? sighting : last);
  }
  return highest;
}

/** Of rising times, how many are earlier than this one; equal times are concurrent. */
function countBefore(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? Infinity) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function versionOf(call: Call): number {
  return call.completion?.version ?? absentVersion;
}

function amountOf(call: Call): number {
  return Number(valueOf(call.invocation));
}

function describeIncrement(call: Call): string {
  return `the increment by ${amountOf(call)} of process ${call.process} at ${describeTime(timeOf(call))}`;
}

function describeSighting({ version, value, call }: Sighting): string {
  const server = call.completion?.server;
  const where = server === undefined ? '' : ` on ${serversOf([server])}`;
  const what = version === absentVersion ? 'no counter' : `${value ?? 'no number'} at version ${version}`;
  return `${call.f} of process ${call.process}${where} showed ${what} at ${describeTime(timeOf(call))}`;
}
