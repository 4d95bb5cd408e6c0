// In which order elements came into each list. Lists only grow, so every read is a prefix of the longest one: that
// is the order of versions. What cannot be, whatever the order of the transactions, is found on the way.

import type { Element, Transaction } from './transactions.ts';
import { showList } from './transactions.ts';

/** Who asked for an element. */
export interface Writer {
  readonly transaction: Transaction;
  readonly isIntermediate: boolean;
}

/** What one list went through. */
export interface VersionOrder {
  readonly key: string;
  /** The longest list that anybody read. */
  readonly elements: readonly Element[];
  readonly writers: ReadonlyMap<Element, Writer>;
  /** Every acknowledged read of a prefix of `elements`, by its length. */
  readonly reads: readonly { readonly reader: Transaction; readonly length: number }[];
  /** Some reads cannot have been of one list, so nothing is known about what came after the longest. */
  readonly isContradictory: boolean;
}

/** Something that is wrong without any cycle. */
export interface Anomaly {
  /** `G1a`, `lost-update` …; Adya's names where he has one. */
  readonly name: string;
  readonly key: string;
  readonly sentence: string;
  /** The offending one last. */
  readonly transactions: readonly Transaction[];
}

export interface VersionOrders {
  readonly orders: readonly VersionOrder[];
  readonly anomalies: readonly Anomaly[];
  /** Why a list cannot be judged. */
  readonly doubts: readonly string[];
}

export function recoverVersionOrders(transactions: readonly Transaction[]): VersionOrders {
  const lists = new Map<string, ListHistory>();
  const listOf = (key: string): ListHistory => {
    const present = lists.get(key);
    if (present !== undefined) return present;
    const list: ListHistory = { key, writers: new Map(), reads: [], appenders: new Map() };
    lists.set(key, list);
    return list;
  };
  const doubts: string[] = [];
  for (const transaction of transactions) {
    for (const { key, element, isIntermediate } of transaction.appends) {
      const list = listOf(key);
      if (list.writers.has(element)) doubts.push(`${element} is appended to ${key} more than once`);
      list.writers.set(element, { transaction, isIntermediate });
    }
    for (const { key, list } of transaction.reads) listOf(key).reads.push({ reader: transaction, list });
  }
  const judged = [...lists.values()].map(judgeList);
  return {
    orders: judged.map(({ order }) => order),
    anomalies: judged.flatMap(({ anomalies }) => anomalies),
    doubts: doubts.slice(0, 3),
  };
}

interface ListRead {
  readonly reader: Transaction;
  readonly list: readonly Element[];
}

interface ListHistory {
  readonly key: string;
  readonly writers: Map<Element, Writer>;
  readonly reads: ListRead[];
  /** By the length of the list that it read: who appended to it. */
  readonly appenders: Map<number, Transaction>;
}

function judgeList(list: ListHistory): { readonly order: VersionOrder; readonly anomalies: Anomaly[] } {
  const { key, writers, reads } = list;
  const longest = reads.reduce<ListRead | null>(
    (best, read) => (best === null || read.list.length > best.list.length ? read : best),
    null,
  );
  const elements = longest?.list ?? [];
  const fitting = reads.filter(({ list: seen }) => isPrefix(seen, elements));
  const odd = reads.find(({ list: seen }) => !isPrefix(seen, elements));
  const order = {
    key,
    elements,
    writers,
    reads: fitting.map(({ reader, list: seen }) => ({ reader, length: seen.length })),
    isContradictory: odd !== undefined,
  };
  const anomalies = [
    ...(longest === null ? [] : findStrangers(longest, list)),
    ...(odd === undefined || longest === null
      ? []
      : [...findStrangers(odd, list), differ(key, odd, longest)]),
    ...findIntermediate(list),
    ...findLostUpdate(list),
  ];
  return { order, anomalies };
}

function isPrefix(list: readonly Element[], whole: readonly Element[]): boolean {
  return list.every((element, index) => whole[index] === element);
}

/** Elements of an aborted transaction, of nobody, or the same one twice; the first of them. */
function findStrangers({ reader, list }: ListRead, { key, writers }: ListHistory): Anomaly[] {
  const seen = new Set<Element>();
  for (const element of list) {
    if (seen.has(element)) {
      const sentence = `T1 read ${key} as ${showList(list)}, which holds ${element} twice`;
      return [{ name: 'duplicate-elements', key, sentence, transactions: [reader] }];
    }
    seen.add(element);
    const writer = writers.get(element)?.transaction;
    if (writer === undefined) {
      const sentence = `T1 read ${element} in ${key}, which nobody appended`;
      return [{ name: 'garbage-read', key, sentence, transactions: [reader] }];
    }
    if (writer.call.outcome === 'fail') {
      const sentence = `T1 failed for certain, and T2 read ${element} in ${key}, which only T1 appended`;
      return [{ name: 'G1a', key, sentence, transactions: [writer, reader] }];
    }
  }
  return [];
}

function differ(key: string, odd: ListRead, longest: ListRead): Anomaly {
  const sentence = `T1 read ${key} as ${showList(longest.list)} and T2 as ${showList(odd.list)}: neither is the beginning of the other`;
  return { name: 'incompatible-order', key, sentence, transactions: [longest.reader, odd.reader] };
}

/** A list that ends in the middle of what one transaction appended. */
function findIntermediate({ key, reads, writers }: ListHistory): Anomaly[] {
  for (const { reader, list } of reads) {
    const last = list.at(-1);
    const writer = last === undefined ? undefined : writers.get(last);
    if (writer?.isIntermediate !== true || writer.transaction === reader) continue;
    const sentence = `T2 read ${key} as ${showList(list)}, which ends with ${last}, and T1 appended more to it in the same transaction`;
    return [{ name: 'G1b', key, sentence, transactions: [writer.transaction, reader] }];
  }
  return [];
}

/** Two transactions that took place read the same list and both appended to it. */
function findLostUpdate({ key, reads, appenders }: ListHistory): Anomaly[] {
  for (const { reader, list } of reads) {
    if (!reader.appends.some((append) => append.key === key)) continue;
    const other = appenders.get(list.length);
    if (other === undefined) {
      appenders.set(list.length, reader);
      continue;
    }
    const sentence = `T1 and T2 both read ${key} as ${showList(list)} and both appended to it`;
    return [{ name: 'lost-update', key, sentence, transactions: [other, reader] }];
  }
  return [];
}
