// What the multi workload recorded, typed: the stamps that multis leave, the reads that saw several znodes at one
// moment, and what was asked of a box with one token.

import type { Call } from '../harness/history/pairing.ts';
import { pathOf, valueOf } from './register-calls.ts';

/** What one znode showed: the multi that wrote it last, and which version of each znode that one made. */
export interface SeenZnode {
  readonly version: number;
  readonly mzxid: number;
  readonly by: number;
  readonly at: Readonly<Record<string, number>>;
  readonly balance?: number;
}

export interface GroupRead {
  readonly call: Call;
  readonly scope: string;
  /** By member; null: it was not there. */
  readonly znodes: Readonly<Record<string, SeenZnode | null>>;
}

export interface BoxRead {
  readonly call: Call;
  /** Null: the box was not there. */
  readonly seen: { readonly cversion: number; readonly tokens: readonly string[] } | null;
}

/** An acknowledged multi over a group: what it wanted to make of each member, and what it was told it made. */
export interface GroupWrite {
  readonly call: Call;
  readonly scope: string;
  readonly by: number;
  readonly at: Readonly<Record<string, number>>;
  readonly made: Readonly<Record<string, { readonly version: number; readonly mzxid: number }>>;
}

const writes: ReadonlySet<string> = new Set(['pair-write', 'transfer']);
const reads: ReadonlySet<string> = new Set(['multi-read', 'final-multi-read']);
const boxSuffix = '/box';

export class MultiCalls {
  readonly groupReads: readonly GroupRead[];
  readonly boxReads: readonly BoxRead[];
  readonly groupWrites: readonly GroupWrite[];
  /** Every call that could leave a stamp or a token, by its number. */
  readonly askedBy: ReadonlyMap<number, Call>;
  readonly swaps: readonly Call[];
  readonly broken: readonly Call[];

  constructor(calls: readonly Call[]) {
    const answered = calls.filter(({ outcome, completion }) => outcome === 'ok' && completion !== null);
    const reading = answered.filter(({ f }) => reads.has(f));
    this.groupReads = reading.filter((call) => !isOfBox(call)).map(groupReadOf);
    this.boxReads = reading.filter(isOfBox).map(boxReadOf);
    this.groupWrites = answered.filter(({ f }) => writes.has(f)).map(groupWriteOf);
    this.swaps = calls.filter(({ f }) => f === 'token-swap');
    this.broken = calls.filter(({ f }) => f === 'broken-multi');
    const asking = calls.filter(({ f }) => writes.has(f) || f === 'token-swap' || f === 'broken-multi');
    this.askedBy = new Map(asking.map((call) => [numberOf(call), call]));
  }
}

export function isAboutMultis(f: string): boolean {
  return writes.has(f) || reads.has(f) || f === 'token-swap' || f === 'broken-multi';
}

/** The number that a multi goes by. */
export function numberOf({ invocation }: Call): number {
  return (valueOf(invocation) as { readonly by: number }).by;
}

export function isFinal({ f }: Call): boolean {
  return f === 'final-multi-read';
}

function isOfBox({ invocation }: Call): boolean {
  return pathOf(invocation)?.endsWith(boxSuffix) === true;
}

function answerOf({ completion }: Call): unknown {
  return completion === null ? null : valueOf(completion);
}

function groupReadOf(call: Call): GroupRead {
  return {
    call,
    scope: pathOf(call.invocation) ?? '',
    znodes: answerOf(call) as GroupRead['znodes'],
  };
}

function boxReadOf(call: Call): BoxRead {
  return { call, seen: answerOf(call) as BoxRead['seen'] };
}

function groupWriteOf(call: Call): GroupWrite {
  const { by, at, made } = answerOf(call) as Pick<GroupWrite, 'by' | 'at' | 'made'>;
  return { call, scope: pathOf(call.invocation) ?? '', by, at, made };
}
