// Sequence numbers: below one parent no number is given twice, not even after its znode is gone; they rise in real
// time and with the zxids of their creates; a sequential create never meets a znode of its name, and its name ends
// with ten digits. Holes are right: plain creates take numbers too, and so does a create whose reply was lost. What
// was acknowledged is listed until it is deleted, and nothing is listed that nobody asked for.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { countOf, describeTime, describeZxid, operationsOf, timeOf } from './describe.ts';
import { valueOf } from './register-calls.ts';
import { isAboutSequences, listedNames, numberIn, prefixOf, sequenceFamiliesOf } from './sequence-calls.ts';
import type { Numbered, SequenceFamily } from './sequence-calls.ts';
import type { Checker, Evidence } from './verdict.ts';
import { wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;

export const sequences: Checker = wholeHistory({
  name: 'sequence',
  title: 'sequence numbers are unique and rise',
  description: 'below a parent no number is given twice, and later creates get higher ones',
  concerns: ({ f, process }) => process !== 'nemesis' && isAboutSequences(f),
  check(history) {
    const families = sequenceFamiliesOf(pairOperations(history));
    const given = families.reduce((sum, { numbered }) => sum + numbered.length, 0);
    return conclude(sequences, {
      history,
      opportunities: given,
      leastOpportunities,
      opportunity: 'acknowledged sequential creates',
      evidence: families.flatMap((family) =>
        judgeFamily(family).map((found) => ({ subject: family.parent, ...found })),
      ),
      doubts: [],
    });
  },
});

type Finding = Omit<Evidence, 'subject'>;

function judgeFamily(family: SequenceFamily): Finding[] {
  return [
    ...findMalformed(family),
    ...findRefused(family),
    ...findRepeated(family),
    ...findUnordered(family),
    ...findFallen(family),
    ...findMissingOrUnknown(family),
  ];
}

function findMalformed({ numbered }: SequenceFamily): Finding[] {
  const malformed = numbered.find(({ number }) => number === null);
  if (malformed === undefined) return [];
  const { call, name } = malformed;
  return [
    {
      sentence: `process ${call.process} asked for "${prefixOf(call)}" and ten digits at ${timeText(call)}, and was given "${name}"`,
      operations: operationsOf(call),
    },
  ];
}

/** The create that was promised a name of its own, and the delete of what must be there. */
function findRefused({ sequential, numbered, plain, deletes }: SequenceFamily): Finding[] {
  const found: Finding[] = [];
  const taken = sequential.find((call) => isRefusedWith(call, 'NODEEXISTS'));
  if (taken !== undefined) {
    found.push({
      sentence: `a sequential create of "${prefixOf(taken)}" by process ${taken.process} met a znode of its name at ${timeText(taken)}: its number had been given before`,
      operations: operationsOf(taken),
    });
  }
  const acknowledged = new Map([
    ...numbered.map(({ name, call }) => [name, call] as const),
    ...plain.filter(({ outcome }) => outcome === 'ok').map((call) => [nameOf(call), call] as const),
  ]);
  for (const [name, call] of deletes) {
    const create = acknowledged.get(name);
    if (create === undefined || !isRefusedWith(call, 'NONODE')) continue;
    found.push({
      sentence: `"${name}", which process ${create.process} was given at ${timeText(create)} and nobody else deleted, was not there at ${timeText(call)}`,
      operations: [...operationsOf(create), ...operationsOf(call)],
    });
    break;
  }
  return found;
}

/** A client's error ends with the code: `create /a/n-: NODEEXISTS (-110)`. */
function isRefusedWith({ outcome, completion }: Call, code: string): boolean {
  return outcome === 'fail' && completion?.error?.includes(`: ${code} (`) === true;
}

/** By acknowledgement, and by what was listed: a create whose reply was lost has its number too. */
function findRepeated({ numbered, sequential, lists }: SequenceFamily): Finding[] {
  const byNumber = new Map<number, { readonly name: string; readonly call: Call }>();
  for (const { number, name, call } of numbered) {
    if (number === null) continue;
    const other = byNumber.get(number);
    if (other !== undefined) {
      return [
        {
          sentence: `process ${call.process} was given "${name}" at ${timeText(call)}, a number that process ${other.call.process} had been given at ${timeText(other.call)} with "${other.name}"`,
          operations: [...operationsOf(other.call), ...operationsOf(call)],
        },
      ];
    }
    byNumber.set(number, { name, call });
  }
  const prefixes = new Set(sequential.map(prefixOf));
  for (const list of lists) {
    for (const name of listedNames(list)) {
      const number = sequenceNumber(name, prefixes);
      if (number === null) continue;
      const other = byNumber.get(number);
      if (other === undefined) byNumber.set(number, { name, call: list });
      else if (other.name !== name) {
        return [
          {
            sentence: `"${name}" was listed at ${timeText(list)}, and "${other.name}" has the same number since ${timeText(other.call)}`,
            operations: [...operationsOf(other.call), ...operationsOf(list)],
          },
        ];
      }
    }
  }
  return [];
}

/** Plain names end with digits as well, but are nobody's prefix with ten of them. */
function sequenceNumber(name: string, prefixes: ReadonlySet<string>): number | null {
  const prefix = name.slice(0, -10);
  return prefixes.has(prefix) ? numberIn(name, prefix) : null;
}

/** Zxids are the order of the writes, so they are the order of the numbers. */
function findUnordered({ numbered }: SequenceFamily): Finding[] {
  const byZxid = numbered
    .filter(({ number, zxid }) => number !== null && zxid > 0)
    .sort((a, b) => a.zxid - b.zxid);
  for (const [index, later] of byZxid.entries()) {
    const earlier = byZxid[index - 1];
    if (earlier === undefined || numberOf(later) > numberOf(earlier)) continue;
    return [
      {
        sentence: `${describe(later)} with zxid ${describeZxid(later.zxid)} is not behind ${describe(earlier)} with zxid ${describeZxid(earlier.zxid)}`,
        operations: [...operationsOf(earlier.call), ...operationsOf(later.call)],
      },
    ];
  }
  return [];
}

/** Sweeps over the beginnings with the highest number that had been acknowledged strictly before each. */
function findFallen({ numbered }: SequenceFamily): Finding[] {
  const known = numbered.filter(({ number }) => number !== null);
  const byStart = [...known].sort((a, b) => a.call.invocation.time - b.call.invocation.time);
  const byEnd = [...known].sort((a, b) => timeOf(a.call) - timeOf(b.call));
  let highest: Numbered | null = null;
  let ended = 0;
  for (const create of byStart) {
    for (; ended < byEnd.length; ended++) {
      const earlier = byEnd[ended] as Numbered;
      if (timeOf(earlier.call) >= create.call.invocation.time) break;
      if (highest === null || numberOf(earlier) > numberOf(highest)) highest = earlier;
    }
    if (highest === null || numberOf(create) > numberOf(highest)) continue;
    return [
      {
        sentence: `${describe(create)} began at ${describeTime(create.call.invocation.time)}, after ${describe(highest)} was acknowledged at ${timeText(highest.call)}`,
        operations: [...operationsOf(highest.call), ...operationsOf(create.call)],
      },
    ];
  }
  return [];
}

function findMissingOrUnknown(family: SequenceFamily): Finding[] {
  const known = knownNames(family);
  for (const list of family.lists) {
    const listed = listedNames(list);
    const found =
      findUnknown(list, listed, known) ??
      (list.f === 'final-children' ? findLost(family, list, new Set(listed)) : null);
    if (found !== null) return [found];
  }
  return [];
}

function findLost(family: SequenceFamily, list: Call, listed: ReadonlySet<string>): Finding | null {
  const { numbered, plain, deletes } = family;
  const created: (readonly [string, Call])[] = [
    ...numbered.map(({ name, call }) => [name, call] as const),
    ...plain.filter(({ outcome }) => outcome === 'ok').map((call) => [nameOf(call), call] as const),
  ];
  for (const [name, call] of created) {
    const gone = deletes.get(name);
    if (!listed.has(name) && (gone === undefined || gone.outcome === 'fail')) {
      return {
        sentence: `"${name}", which process ${call.process} was given at ${timeText(call)}, is missing on ${whereOf(list)}`,
        operations: [...operationsOf(call), ...operationsOf(list)],
      };
    }
    if (listed.has(name) && gone?.outcome === 'ok') {
      return {
        sentence: `"${name}", whose delete by process ${gone.process} was acknowledged at ${timeText(gone)}, is on ${whereOf(list)}`,
        operations: [...operationsOf(gone), ...operationsOf(list)],
      };
    }
  }
  return null;
}

interface KnownNames {
  readonly names: ReadonlySet<string>;
  /** By prefix, how many sequential creates had no reply. */
  readonly inDoubt: ReadonlyMap<string, number>;
}

function knownNames({ numbered, sequential, plain }: SequenceFamily): KnownNames {
  const asked = plain.filter(({ outcome }) => outcome !== 'fail').map(nameOf);
  const inDoubt = new Map<string, number>();
  for (const call of sequential) {
    if (call.outcome === 'info') inDoubt.set(prefixOf(call), (inDoubt.get(prefixOf(call)) ?? 0) + 1);
  }
  return { names: new Set([...numbered.map(({ name }) => name), ...asked]), inDoubt };
}

/** What nobody was given comes of creates without a reply: of a prefix there are no more than of those. */
function findUnknown(list: Call, listed: readonly string[], { names, inDoubt }: KnownNames): Finding | null {
  const used = new Map<string, number>();
  for (const name of listed) {
    if (names.has(name)) continue;
    const prefix = name.slice(0, -10);
    const count = (used.get(prefix) ?? 0) + 1;
    used.set(prefix, count);
    const most = inDoubt.get(prefix) ?? 0;
    if (count <= most && numberIn(name, prefix) !== null) continue;
    const why =
      most === 0
        ? 'nobody was given it, and no create without a reply can have made it'
        : `${countOf(count, 'znode')} of this prefix that nobody was given, and ${countOf(most, 'create')} without a reply`;
    return { sentence: `"${name}" is on ${whereOf(list)}: ${why}`, operations: operationsOf(list) };
  }
  return null;
}

function nameOf({ invocation }: Call): string {
  return String(valueOf(invocation));
}

function numberOf({ number }: Numbered): number {
  return number ?? -1;
}

function describe({ name, call }: Numbered): string {
  return `"${name}" of process ${call.process}`;
}

function whereOf(list: Call): string {
  const server = list.completion?.server;
  return `${server === undefined ? 'a server' : `server ${server}`} at ${timeText(list)}`;
}

function timeText(call: Call): string {
  return describeTime(timeOf(call));
}
