// A configuration is seen only whole: whoever is shown its name finds all of its parts, until somebody asks to remove
// them. Who follows it by watches never goes back, is told of every change before it shows, and ends on the last
// value. A version of the name is one configuration, and one that was refused is named by none.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';
import { conclude } from './conclude.ts';
import { describeTime, describeValue, operationsOf, timeOf } from './describe.ts';
import { coursesOf, judgeCourse, turnsOf } from './followed-znode.ts';
import type { FollowerReport } from './followed-znode.ts';
import { staleReports } from './follower-reports.ts';
import { valueOf } from './register-calls.ts';
import type { Checker, Evidence } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;
const subject = '/configuration/current';

export interface SeenConfiguration {
  /** Null: the name was torn. */
  readonly id: number | null;
  /** What each part says it belongs to; null for one that is not there. */
  readonly parts: readonly (number | null)[];
}

export const configuration: Checker = wholeHistory({
  name: 'configuration',
  title: 'a configuration is seen whole, and the last one by all',
  description:
    'who is shown a configuration finds all of it; who follows it never goes back and ends on the last',
  concerns: named(
    'configuration-publish',
    'configuration-retire',
    'configuration-read',
    'configuration-check',
    'final-configuration',
    'final-followers',
  ),
  check(history, context) {
    const calls = pairOperations(history).filter(({ invocation }) => isOurs(invocation));
    const reports = calls.flatMap(reportsOf);
    const courses = coursesOf(reports);
    const sightings = calls.flatMap(sightingsOf);
    const published = calls.filter(({ f, outcome }) => f === 'configuration-publish' && outcome === 'ok');
    const evidence = [
      ...findBroken(sightings, calls),
      ...findContradictions(sightings, published),
      ...findPhantoms(sightings, calls),
      ...courses.flatMap((course) => judgeCourse(subject, course)),
      ...staleReports(subject, reports, published, context),
    ];
    return conclude(configuration, {
      history,
      opportunities: courses.reduce((sum, course) => sum + turnsOf(course), 0),
      leastOpportunities,
      opportunity: 'configurations that followers took up',
      evidence,
      doubts: [],
    });
  },
});

/** Final reads of followers are asked by other workloads as well. */
function isOurs({ value }: Operation): boolean {
  return Array.isArray(value) && value[0] === subject;
}

interface Report {
  readonly report: FollowerReport;
  readonly operation: Operation;
  readonly invocation: Operation;
}

function reportsOf({ f, outcome, completion, invocation }: Call): Report[] {
  if (outcome !== 'ok' || completion === null) return [];
  if (f === 'configuration-check') {
    return [{ report: valueOf(completion) as FollowerReport, operation: completion, invocation }];
  }
  if (f !== 'final-followers') return [];
  const all = valueOf(completion) as readonly FollowerReport[];
  return all.map((report) => ({ report, operation: completion, invocation }));
}

/** Somebody was shown this at this version. */
interface Sighting {
  readonly version: number;
  readonly seen: SeenConfiguration;
  readonly call: Call;
}

function sightingsOf(call: Call): Sighting[] {
  const { f, outcome, completion } = call;
  if (outcome !== 'ok' || completion === null) return [];
  if (f === 'configuration-read' || f === 'final-configuration') {
    const { version } = completion;
    return version === undefined ? [] : [{ version, seen: valueOf(completion) as SeenConfiguration, call }];
  }
  return reportsOf(call).flatMap(({ report }) =>
    report.journal.flatMap((entry): Sighting[] =>
      entry.got === 'held' ? [{ version: entry.version, seen: entry.value as SeenConfiguration, call }] : [],
    ),
  );
}

/** The first of each configuration is enough. */
function findBroken(sightings: readonly Sighting[], calls: readonly Call[]): Evidence[] {
  const retiredFrom = new Map<number, number>();
  for (const { f, outcome, invocation } of calls) {
    if (f !== 'configuration-retire' || outcome === 'fail') continue;
    const id = Number(valueOf(invocation));
    retiredFrom.set(id, Math.min(retiredFrom.get(id) ?? Infinity, invocation.time));
  }
  const told = new Set<number | null>();
  return sightings.flatMap(({ seen, version, call }): Evidence[] => {
    const { id, parts } = seen;
    if (told.has(id)) return [];
    const isRetired = id !== null && (retiredFrom.get(id) ?? Infinity) < timeOf(call);
    const isWhole = id !== null && parts.every((part) => part === id || (part === null && isRetired));
    if (isWhole) return [];
    told.add(id);
    const what = id === null ? 'a torn name' : `configuration ${id} with parts ${describeValue(parts)}`;
    return [
      {
        subject,
        sentence: `${call.f} of process ${call.process} at ${describeTime(timeOf(call))} showed ${what} (version ${version}), of which nobody had asked to remove anything`,
        operations: operationsOf(call),
      },
    ];
  });
}

/** What setup left, at version 0. */
const initialId = 0;

function findContradictions(sightings: readonly Sighting[], published: readonly Call[]): Evidence[] {
  const idAt = new Map<number, { readonly id: number; readonly call: Call | null }>([
    [0, { id: initialId, call: null }],
  ]);
  const versionOf = new Map<number, number>([[initialId, 0]]);
  const facts = [
    ...published.map((call) => ({ version: call.completion?.version ?? 0, id: idOf(call), call })),
    ...sightings.flatMap(({ version, seen: { id }, call }) => (id === null ? [] : [{ version, id, call }])),
  ];
  for (const { version, id, call } of facts) {
    const known = idAt.get(version) ?? { id, call };
    const knownVersion = versionOf.get(id) ?? version;
    idAt.set(version, known);
    versionOf.set(id, knownVersion);
    if (known.id === id && knownVersion === version) continue;
    const other = known.id === id ? idAt.get(knownVersion) : known;
    const was = known.id === id ? `${id} at version ${knownVersion}` : `${known.id} at version ${version}`;
    return [
      {
        subject,
        sentence: `${call.f} of process ${call.process} at ${describeTime(timeOf(call))} tells of configuration ${id} at version ${version}, and there was ${was}`,
        operations: [
          ...(other?.call === null || other?.call === undefined ? [] : operationsOf(other.call)),
          ...operationsOf(call),
        ],
      },
    ];
  }
  return [];
}

/** The first of each configuration is enough. */
function findPhantoms(sightings: readonly Sighting[], calls: readonly Call[]): Evidence[] {
  const publications = new Map(
    calls.flatMap((call) => (call.f === 'configuration-publish' ? [[idOf(call), call] as const] : [])),
  );
  const told = new Set<number>([initialId]);
  return sightings.flatMap(({ seen: { id }, version, call }): Evidence[] => {
    if (id === null || told.has(id)) return [];
    told.add(id);
    const publication = publications.get(id);
    if (publication !== undefined && publication.outcome !== 'fail') return [];
    const why = publication === undefined ? 'which nobody published' : 'which was refused for certain';
    return [
      {
        subject,
        sentence: `${call.f} of process ${call.process} at ${describeTime(timeOf(call))} showed configuration ${id} (version ${version}), ${why}`,
        operations: [...(publication === undefined ? [] : operationsOf(publication)), ...operationsOf(call)],
      },
    ];
  });
}

/** Of a publication. */
function idOf({ invocation }: Call): number {
  return Number(valueOf(invocation));
}
