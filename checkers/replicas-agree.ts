// Replicas agree: after the recovery and a sync, all servers give the same answer to the same read, observers
// included. A write without a reply may have happened or not, but then on all of them.

import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { describeValue, serversOf } from './describe.ts';
import type { FinalRead } from './final-reads.ts';
import { comparableReadsOf, isComparable, missingReads } from './final-reads.ts';
import type { Checker, Evidence } from './verdict.ts';
import { wholeHistory } from './whole-history.ts';
import { describeStatField, statFields } from './witness/stat-facts.ts';

const leastOpportunities = 1;
const mostElementsNamed = 10;

export const replicasAgree: Checker = wholeHistory({
  name: 'replicas-agree',
  title: 'replicas agree',
  description: 'after the recovery all servers answer the same final reads alike',
  concerns: ({ f, process }) => process !== 'nemesis' && isComparable(f),
  check(history, context) {
    const reads = comparableReadsOf(pairOperations(history));
    const comparisons = [...reads.values()].map((byServer) => Math.max(0, byServer.size - 1));
    return conclude(replicasAgree, {
      history,
      opportunities: comparisons.reduce((sum, count) => sum + count, 0),
      leastOpportunities,
      opportunity: 'final reads of two servers to compare',
      evidence: [...reads].flatMap(([path, byServer]) => compareServers(path, [...byServer.values()])),
      doubts: missingReads(reads, context.servers),
    });
  },
});

function compareServers(path: string, reads: readonly FinalRead[]): Evidence[] {
  const groups = Map.groupBy(reads, answerOf);
  if (groups.size <= 1) return [];
  const bySize = [...groups.values()].sort((a, b) => b.length - a.length);
  const [most = [], ...others] = bySize;
  return [
    {
      subject: path,
      sentence: others.map((few) => describeDifference({ most, few })).join('; '),
      operations: bySize.flat().map(({ operation }) => operation),
      details: { groups: bySize.map((group) => group.map(({ server }) => server)) },
    },
  ];
}

interface Difference {
  readonly most: readonly FinalRead[];
  readonly few: readonly FinalRead[];
}

function describeDifference({ most, few }: Difference): string {
  const [a, b] = [most[0]?.value, few[0]?.value];
  const names = { most: serversOf(sidsOf(most)), few: serversOf(sidsOf(few)) };
  if (Array.isArray(a) && Array.isArray(b)) {
    const missing = nameElements(a, b);
    const extra = nameElements(b, a);
    const parts = [
      ...(missing === '' ? [] : [`${missing} only on ${names.most}`]),
      ...(extra === '' ? [] : [`${extra} only on ${names.few}`]),
    ];
    return `${names.most} and ${names.few} differ: ${parts.join(', ') || 'the same elements, not equally often'}`;
  }
  if (isRecord(a) && isRecord(b)) return `${names.most} and ${names.few} differ in ${nameFields(a, b)}`;
  const stats = nameStatFields(most[0], few[0]);
  if (stats !== '') return `${names.most} and ${names.few} differ in the Stat: ${stats}`;
  return `${names.most} ${have(most)} ${describeAnswer(most[0])}, but ${names.few} ${have(few)} ${describeAnswer(few[0])}`;
}

/** Elements of the first list that the second lacks. */
function nameElements(list: readonly unknown[], other: readonly unknown[]): string {
  const known = new Set(other.map((element) => JSON.stringify(element)));
  const lacking = list.map((element) => JSON.stringify(element)).filter((element) => !known.has(element));
  if (lacking.length === 0) return '';
  const shown = lacking.slice(0, mostElementsNamed).join(', ');
  return lacking.length > mostElementsNamed
    ? `${shown} and ${lacking.length - mostElementsNamed} more`
    : shown;
}

type Fields = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `stat.version (7, 8)`: what is not the same, the first record's first. */
function nameFields(a: Fields, b: Fields, prefix = ''): string {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const differing = names.filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
  const parts = differing.map((name) => {
    const [one, other] = [a[name], b[name]];
    if (isRecord(one) && isRecord(other)) return nameFields(one, other, `${prefix}${name}.`);
    return `${prefix}${name} (${describeValue(one)}, ${describeValue(other)})`;
  });
  return parts.join(', ');
}

/** `mzxid (0x100000007, 0x100000009)`, where nothing else differs; a version is a field of the Stat too. */
function nameStatFields(one: FinalRead | undefined, other: FinalRead | undefined): string {
  if (!one?.stat || !other?.stat || JSON.stringify(one.value) !== JSON.stringify(other.value)) return '';
  return statFields
    .map((name, field) => ({ name, field, a: one.stat?.[field], b: other.stat?.[field] }))
    .filter(({ a, b }) => a !== b)
    .map(
      ({ name, field, a, b }) => `${name} (${describeStatField(field, a)}, ${describeStatField(field, b)})`,
    )
    .join(', ');
}

function have(reads: readonly FinalRead[]): string {
  return reads.length === 1 ? 'has' : 'have';
}

function describeAnswer(read: FinalRead | undefined): string {
  const { version = null, stat = null } = read ?? {};
  const shown = [
    ...(version === null ? [] : [`version ${version}`]),
    ...(stat === null ? [] : [`Stat ${stat.join(' ')}`]),
  ];
  return `${describeValue(read?.value)}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}`;
}

/** Equal texts for equal answers: the elements of a set have no order, a register has a version too. */
function answerOf({ value, version, stat }: FinalRead): string {
  if (!Array.isArray(value)) return JSON.stringify([value, version, stat]);
  return JSON.stringify(value.map((element: unknown) => JSON.stringify(element)).sort());
}

function sidsOf(reads: readonly FinalRead[]): number[] {
  return reads.map(({ server }) => server);
}
