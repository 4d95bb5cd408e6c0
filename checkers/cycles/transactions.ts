// Transactions over lists, as Jepsen's list-append writes them: `[["append", 3, 7], ["r", 4, [1, 2]]]`. Each is
// taken apart into what it appended and what it saw of what others did; what it says about itself is checked here.

import { HistoryError } from '../../harness/history/history-error.ts';
import type { Call } from '../../harness/history/pairing.ts';

/** Elements are unique in their list, and lists only grow; numbers or strings. */
export type Element = string | number;

export interface Append {
  readonly key: string;
  readonly element: Element;
  /** Its transaction appends to this list again: nobody else may see the list end here. */
  readonly isIntermediate: boolean;
}

export interface Read {
  readonly key: string;
  /** As others left it: without what the transaction itself appended before. */
  readonly list: readonly Element[];
}

export interface Transaction {
  readonly call: Call;
  /** From its invocation, which tells of them also when no answer came. */
  readonly appends: readonly Append[];
  /** Of an acknowledged transaction; the first of each list. */
  readonly reads: readonly Read[];
  /** Where it does not see its own appends, or one list in two states. */
  readonly innerFault: string | null;
}

/** Throws HistoryError where the value is no list of appends and reads. */
export function transactionOf(call: Call): Transaction {
  const asked = microOperationsOf(call.invocation.value, call);
  const appends = appendsOf(asked);
  if (call.outcome !== 'ok') return { call, appends, reads: [], innerFault: null };
  const answered = microOperationsOf(call.completion?.value, call);
  return { call, appends, ...takeReads(answered) };
}

interface MicroOperation {
  readonly f: 'append' | 'r';
  readonly key: string;
  readonly value: unknown;
}

function microOperationsOf(value: unknown, call: Call): MicroOperation[] {
  if (!Array.isArray(value)) throw malformed(value, call);
  return (value as unknown[]).map((item) => {
    const [f, key, argument] = Array.isArray(item) && item.length >= 2 ? (item as unknown[]) : [];
    if (f !== 'append' && f !== 'r') throw malformed(item, call);
    if (typeof key !== 'string' && typeof key !== 'number') throw malformed(item, call);
    if (f === 'append' && !isElement(argument)) throw malformed(item, call);
    return { f, key: String(key), value: argument };
  });
}

function malformed(value: unknown, { invocation }: Call): HistoryError {
  return new HistoryError(
    `entry ${invocation.index} (process ${invocation.process}, ${invocation.f}): expected ["append", key, element] or ["r", key, list], found ${JSON.stringify(value) ?? 'nothing'}`,
  );
}

function isElement(value: unknown): value is Element {
  return typeof value === 'number' || typeof value === 'string';
}

function appendsOf(operations: readonly MicroOperation[]): Append[] {
  const last = new Map<string, number>();
  for (const [index, { f, key }] of operations.entries()) if (f === 'append') last.set(key, index);
  return operations.flatMap(({ f, key, value }, index) =>
    f === 'append' ? [{ key, element: value as Element, isIntermediate: last.get(key) !== index }] : [],
  );
}

/** One pass over the transaction in its own order, with what it must see of each list by then. */
function takeReads(operations: readonly MicroOperation[]): Pick<Transaction, 'reads' | 'innerFault'> {
  const reads: Read[] = [];
  const seen = new Map<string, readonly Element[]>();
  const own = new Map<string, Element[]>();
  let innerFault: string | null = null;
  for (const { f, key, value } of operations) {
    const appended = own.get(key) ?? [];
    if (f === 'append') {
      own.set(key, [...appended, value as Element]);
      continue;
    }
    const list = listOf(value);
    const others = list.slice(0, Math.max(0, list.length - appended.length));
    const before = seen.get(key);
    const isRepeated = before === undefined || isEqual(before, others);
    if (!isEqual(list.slice(others.length), appended)) {
      innerFault ??= `it read ${key} as ${showList(list)} after it had appended ${appended.join(', ')}`;
    } else if (!isRepeated) {
      innerFault ??= `it read ${key} as ${showList(before ?? [])} and as ${showList(list)}`;
    }
    if (before !== undefined) continue;
    seen.set(key, others);
    reads.push({ key, list: others });
  }
  return { reads, innerFault };
}

/** A list that does not exist yet is empty. */
function listOf(value: unknown): readonly Element[] {
  return Array.isArray(value) ? (value as Element[]) : [];
}

function isEqual(one: readonly Element[], other: readonly Element[]): boolean {
  return one.length === other.length && one.every((element, index) => element === other[index]);
}

/** Its end tells most. */
export function showList(list: readonly Element[]): string {
  const shown = list.length > 8 ? ['…', ...list.slice(-7)] : list;
  return `[${shown.join(', ')}]`;
}
