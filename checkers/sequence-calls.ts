// The calls of the sequential workload, by parent: what was asked for, what was given, and what was listed.

import type { Call } from '../harness/history/pairing.ts';
import { pathOf, valueOf } from './register-calls.ts';

/** A znode that a sequential create was given, with the number at the end of its name. */
export interface Numbered {
  readonly call: Call;
  readonly name: string;
  /** Null where the name does not end as it must. */
  readonly number: number | null;
  readonly zxid: number;
}

export interface SequenceFamily {
  readonly parent: string;
  /** Acknowledged, in the order of the history. */
  readonly numbered: readonly Numbered[];
  /** Every sequential create, whatever came of it. */
  readonly sequential: readonly Call[];
  readonly plain: readonly Call[];
  /** By name. Each name is deleted by one call at most. */
  readonly deletes: ReadonlyMap<string, Call>;
  /** Answered, final ones last. */
  readonly lists: readonly Call[];
}

const functions: ReadonlySet<string> = new Set([
  'sequential-create',
  'plain-create',
  'sequence-delete',
  'list',
  'final-children',
]);

export function isAboutSequences(f: string): boolean {
  return functions.has(f);
}

export function sequenceFamiliesOf(calls: readonly Call[]): SequenceFamily[] {
  const byParent = Map.groupBy(
    calls.filter(({ f }) => isAboutSequences(f)),
    ({ invocation }) => pathOf(invocation) ?? '',
  );
  return [...byParent].map(([parent, all]) => ({
    parent,
    numbered: all.flatMap((call) => (isGiven(call) ? [numberedOf(call)] : [])),
    sequential: all.filter(({ f }) => f === 'sequential-create'),
    plain: all.filter(({ f }) => f === 'plain-create'),
    deletes: new Map(
      all.filter(({ f }) => f === 'sequence-delete').map((call) => [String(valueOf(call.invocation)), call]),
    ),
    lists: all.filter(({ f, outcome }) => outcome === 'ok' && (f === 'list' || f === 'final-children')),
  }));
}

/** What a sequential create asked its name to begin with. */
export function prefixOf({ invocation }: Call): string {
  return String(valueOf(invocation));
}

export function listedNames({ completion }: Call): readonly string[] {
  const names = completion === null ? [] : valueOf(completion);
  return Array.isArray(names) ? names.map(String) : [];
}

/** The number that a name ends with: ten digits behind the prefix. */
export function numberIn(name: string, prefix: string): number | null {
  if (!name.startsWith(prefix)) return null;
  const digits = name.slice(prefix.length);
  return /^\d{10}$/.test(digits) ? Number(digits) : null;
}

function isGiven({ f, outcome, completion }: Call): boolean {
  return f === 'sequential-create' && outcome === 'ok' && completion !== null;
}

function numberedOf(call: Call): Numbered {
  const name = String(call.completion === null ? '' : valueOf(call.completion));
  return { call, name, number: numberIn(name, prefixOf(call)), zxid: call.completion?.zxid ?? 0 };
}
