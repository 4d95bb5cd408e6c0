// The membership changes as asked, one change after another: a version stands for one configuration on every server
// and rises with every change, a change on condition follows the configuration that it was for, what was acknowledged
// is there in the end, and what must be refused, or was never asked for, is nowhere. Reads of the configuration are
// plain reads: an old one is no fault, but within a session it never gets older.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { describeTime, describeZxid, operationsOf, timeOf } from './describe.ts';
import { comparableReadsOf, missingReads } from './final-reads.ts';
import { pathOf, valueOf } from './register-calls.ts';
import type { Checker, Evidence } from './verdict.ts';
import { wholeHistory } from './whole-history.ts';

const leastOpportunities = 3;
const subject = '/zookeeper/config';
const functions: ReadonlySet<string> = new Set(['reconfig', 'config-read', 'final-config']);

export const reconfiguration: Checker = wholeHistory({
  name: 'reconfiguration',
  title: 'the membership changes as asked',
  description:
    'configurations follow one another as they were asked for, and every server ends with the last',
  concerns: ({ f, process }) => process !== 'nemesis' && functions.has(f),
  check(history, context) {
    const calls = pairOperations(history);
    const changes = calls.filter(({ f }) => f === 'reconfig');
    const acknowledged = changes.flatMap(acknowledgedOf);
    const sightings = calls.flatMap(sightingsOf);
    return conclude(reconfiguration, {
      history,
      opportunities: acknowledged.length,
      leastOpportunities,
      opportunity: 'acknowledged changes of the membership',
      evidence: [
        ...acknowledged.flatMap(judgeChange).slice(0, 3),
        ...judgeOrder(acknowledged),
        ...judgeConditions(acknowledged, sightings),
        ...judgeVersions(sightings),
        ...judgeSessions(sightings),
        ...judgeOrigins(sightings, { changes, acknowledged }),
        ...judgeEnd(acknowledged, sightings),
      ],
      doubts: missingReads(
        new Map([...comparableReadsOf(calls)].filter(([path]) => path === subject)),
        context.servers,
      ),
    });
  },
});

/** Roles by server id. */
type Members = Readonly<Record<string, string>>;

interface Configuration {
  readonly version: number;
  readonly members: Members;
}

/** What somebody saw, and when: the call tells where. */
interface Sighting extends Configuration {
  readonly call: Call;
  /** Of a change: it made this one, rather than read it first. */
  readonly isMade: boolean;
}

interface Acknowledged {
  readonly call: Call;
  /** −1: for any. */
  readonly asked: number;
  readonly seen: Configuration;
  readonly made: Configuration | null;
  /** Null: it had to be refused. */
  readonly result: Members | null;
}

function acknowledgedOf(call: Call): Acknowledged[] {
  if (call.outcome !== 'ok' || call.completion === null) return [];
  return [{ call, ...(valueOf(call.completion) as Omit<Acknowledged, 'call'>) }];
}

function sightingsOf(call: Call): Sighting[] {
  if (call.outcome !== 'ok' || call.completion === null || pathOf(call.invocation) !== subject) return [];
  if (call.f !== 'reconfig') {
    return [{ ...(valueOf(call.completion) as Configuration), call, isMade: false }];
  }
  return acknowledgedOf(call).flatMap(({ seen, made }) => [
    { ...seen, call, isMade: false },
    ...(made === null ? [] : [{ ...made, call, isMade: true }]),
  ]);
}

/** By itself: it must have been possible, and made what was asked for at its own zxid. */
function judgeChange(change: Acknowledged): Evidence[] {
  const { call, made, result } = change;
  const zxid = call.completion?.zxid;
  const fault =
    result === null
      ? 'which had to be refused'
      : made === null
        ? 'with an answer that is no configuration'
        : !isSame(made.members, result)
          ? `and made ${show(made.members)} where ${show(result)} was asked for`
          : zxid !== undefined && zxid !== made.version
            ? `with zxid ${describeZxid(zxid)}, and made version ${describeZxid(made.version)}`
            : null;
  if (fault === null) return [];
  return [{ subject, sentence: `${name(call)} was acknowledged, ${fault}`, operations: operationsOf(call) }];
}

/** Versions are made once, and rise in real time. */
function judgeOrder(acknowledged: readonly Acknowledged[]): Evidence[] {
  const made = acknowledged.flatMap((change) =>
    change.made === null ? [] : [{ call: change.call, version: change.made.version }],
  );
  const byStart = [...made].sort((one, other) => one.call.invocation.time - other.call.invocation.time);
  const byEnd = [...made].sort((one, other) => timeOf(one.call) - timeOf(other.call));
  const makers = new Map<number, Call>();
  let ended = 0;
  let highest: (typeof made)[number] | null = null;
  for (const change of byStart) {
    for (; ended < byEnd.length; ended++) {
      const earlier = byEnd[ended] as (typeof made)[number];
      if (timeOf(earlier.call) >= change.call.invocation.time) break;
      if (highest === null || earlier.version > highest.version) highest = earlier;
    }
    const maker = makers.get(change.version);
    if (maker !== undefined) {
      const sentence = `${name(maker)} and ${name(change.call)} both made version ${describeZxid(change.version)}`;
      return [{ subject, sentence, operations: [...operationsOf(maker), ...operationsOf(change.call)] }];
    }
    makers.set(change.version, change.call);
    if (highest === null || change.version > highest.version) continue;
    const sentence = `${name(change.call)} made version ${describeZxid(change.version)}, and began after ${name(highest.call)} had made ${describeZxid(highest.version)}`;
    return [{ subject, sentence, operations: [...operationsOf(highest.call), ...operationsOf(change.call)] }];
  }
  return [];
}

/** A change on condition follows its configuration at once: none comes between. */
function judgeConditions(acknowledged: readonly Acknowledged[], sightings: readonly Sighting[]): Evidence[] {
  const versions = [...new Set(sightings.map(({ version }) => version))].sort((one, other) => one - other);
  const positions = new Map(versions.map((version, index) => [version, index]));
  for (const { call, asked, made } of acknowledged) {
    if (asked === -1 || made === null) continue;
    const before = versions[(positions.get(made.version) ?? 0) - 1];
    if (before === undefined || before <= asked) continue;
    const other = sightings.find(({ version }) => version === before)?.call;
    const sentence = `${name(call)} was acknowledged for version ${describeZxid(asked)} and made ${describeZxid(made.version)}, although ${describeZxid(before)} came between`;
    const operations = [...(other === undefined ? [] : operationsOf(other)), ...operationsOf(call)];
    return [{ subject, sentence, operations }];
  }
  return [];
}

/** One version, one configuration, whoever asks. */
function judgeVersions(sightings: readonly Sighting[]): Evidence[] {
  const known = new Map<number, Sighting>();
  for (const sighting of sightings) {
    const other = known.get(sighting.version);
    if (other === undefined) {
      known.set(sighting.version, sighting);
      continue;
    }
    if (isSame(other.members, sighting.members)) continue;
    const sentence = `version ${describeZxid(sighting.version)} is ${show(other.members)} for ${name(other.call)} and ${show(sighting.members)} for ${name(sighting.call)}`;
    return [{ subject, sentence, operations: [...operationsOf(other.call), ...operationsOf(sighting.call)] }];
  }
  return [];
}

/** In the order of the answers: a session asks for one thing at a time. */
function judgeSessions(sightings: readonly Sighting[]): Evidence[] {
  const latest = new Map<string, Sighting>();
  const inOrder = [...sightings].sort((one, other) => indexOf(one.call) - indexOf(other.call));
  for (const sighting of inOrder) {
    const session = sighting.call.completion?.session;
    if (session === undefined) continue;
    const before = latest.get(session);
    if (before === undefined || before.version <= sighting.version) {
      latest.set(session, sighting);
      continue;
    }
    const sentence = `session ${session} saw version ${describeZxid(before.version)} by ${name(before.call)}, and ${describeZxid(sighting.version)} by ${name(sighting.call)}`;
    return [
      { subject, sentence, operations: [...operationsOf(before.call), ...operationsOf(sighting.call)] },
    ];
  }
  return [];
}

/**
 * A configuration comes of a change that was acknowledged or is in doubt. The first one is there before anybody asks,
 * and after the faults the run puts every server back as it was: the whole ensemble needs no other reason.
 */
function judgeOrigins(
  sightings: readonly Sighting[],
  {
    changes,
    acknowledged,
  }: { readonly changes: readonly Call[]; readonly acknowledged: readonly Acknowledged[] },
): Evidence[] {
  const [first] = changes;
  if (first === undefined) return [];
  const whole = show(wantedOf(first).whole);
  const made = new Set(acknowledged.flatMap((change) => change.made?.version ?? []));
  const inDoubt = changes
    .filter(({ outcome }) => outcome === 'info')
    .map((call) => ({ call, text: show(wantedOf(call).result ?? {}) }));
  const firstSeen = new Map<number, Sighting>();
  for (const sighting of sightings) {
    const other = firstSeen.get(sighting.version);
    if (other !== undefined && timeOf(other.call) <= timeOf(sighting.call)) continue;
    firstSeen.set(sighting.version, sighting);
  }
  const lowest = sightings.reduce((least, { version }) => Math.min(least, version), Infinity);
  for (const [version, { call, members }] of firstSeen) {
    const text = show(members);
    if (version === lowest || made.has(version) || text === whole) continue;
    if (inDoubt.some((each) => each.text === text && each.call.invocation.time <= timeOf(call))) continue;
    const sentence = `${name(call)} saw version ${describeZxid(version)}, ${text}, which comes of no change that was acknowledged or is in doubt`;
    return [{ subject, sentence, operations: operationsOf(call) }];
  }
  return [];
}

interface Wanted {
  /** Null: it must be refused. */
  readonly result: Members | null;
  /** What the ensemble was at the start. */
  readonly whole: Members;
}

function wantedOf({ invocation }: Call): Wanted {
  return valueOf(invocation) as Wanted;
}

/** What was acknowledged is on every server in the end, or something newer. */
function judgeEnd(acknowledged: readonly Acknowledged[], sightings: readonly Sighting[]): Evidence[] {
  const last = acknowledged.reduce<Acknowledged | null>(
    (best, change) => ((change.made?.version ?? -1) > (best?.made?.version ?? -1) ? change : best),
    null,
  );
  const version = last?.made?.version;
  if (last === null || version === undefined) return [];
  const behind = sightings.find(
    (sighting) => sighting.call.f === 'final-config' && sighting.version < version,
  );
  if (behind === undefined) return [];
  const sentence = `${name(behind.call)} ends with version ${describeZxid(behind.version)}; ${name(last.call)} made ${describeZxid(version)}`;
  return [{ subject, sentence, operations: [...operationsOf(last.call), ...operationsOf(behind.call)] }];
}

function isSame(one: Members, other: Members): boolean {
  return show(one) === show(other);
}

/** `1, 2, 3 observer`: a participant needs no word. */
function show(members: Members): string {
  return Object.entries(members)
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([sid, role]) => (role === 'participant' ? sid : `${sid} ${role}`))
    .join(', ');
}

function indexOf({ completion, invocation }: Call): number {
  return (completion ?? invocation).index;
}

/** `the reconfig by process 3 at 1.250 s`. */
function name(call: Call): string {
  const server = call.f === 'final-config' ? ` of server ${call.completion?.server ?? '?'}` : '';
  return `the ${call.f}${server} by process ${call.process} at ${describeTime(timeOf(call))}`;
}
