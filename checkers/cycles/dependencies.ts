// Who depends on whom (Adya 1999; recovered as Elle does, Kingsbury and Alvaro 2020): from the version orders, from
// sessions, from real time and from zxids. A node is a transaction that took place, or no transaction but a point
// that many edges go through: real time and "behind the longest read" would need a square of edges otherwise.

import type { Call } from '../../harness/history/pairing.ts';
import { EdgeKind, EdgeList } from './edges.ts';
import type { Graph } from './edges.ts';
import type { Transaction } from './transactions.ts';
import type { VersionOrder } from './version-orders.ts';

/** What is promised to the transactions of a history beyond an order of their own. */
export interface OrderRules {
  /** Whether it happens after everything that was acknowledged before it was asked for. */
  readonly isStrict: (call: Call) => boolean;
  /** Within which calls happen in the order in which they were asked for; null: in none. */
  readonly sessionOf: (call: Call) => string | null;
  /** Its own place in the order of writes, where it claims one. */
  readonly zxidOf: (call: Call) => number | null;
}

export interface Dependencies {
  readonly graph: Graph;
  readonly edges: EdgeList;
  /** By node; undefined for one that is no transaction. */
  readonly nodes: readonly (Transaction | undefined)[];
  /** Transactions that read or overwrote what another one left. */
  readonly dependentCount: number;
}

export function findDependencies(
  transactions: readonly Transaction[],
  orders: readonly VersionOrder[],
  rules: OrderRules,
): Dependencies {
  const builder = new DependencyBuilder(transactions, orders);
  for (const [list, order] of orders.entries()) builder.addVersions(list, order);
  builder.addSessions(rules);
  builder.addRealTime(rules);
  builder.addZxids(rules);
  return builder.build();
}

class DependencyBuilder {
  readonly #edges = new EdgeList();
  readonly #nodes: (Transaction | undefined)[] = [];
  readonly #nodeOf = new Map<Transaction, number>();
  readonly #dependent = new Set<number>();

  constructor(transactions: readonly Transaction[], orders: readonly VersionOrder[]) {
    const observed = new Set<Transaction>();
    for (const { elements, writers } of orders) {
      for (const element of elements) {
        const writer = writers.get(element)?.transaction;
        if (writer !== undefined) observed.add(writer);
      }
    }
    for (const transaction of transactions) {
      const { outcome } = transaction.call;
      // In doubt is not undone: whose element was read took place.
      if (outcome === 'ok' || (outcome === 'info' && observed.has(transaction))) {
        this.#nodeOf.set(transaction, this.#addNode(transaction));
      }
    }
  }

  addVersions(list: number, order: VersionOrder): void {
    const { elements, reads } = order;
    const writers = elements.map((element) => this.#writerOf(order, element));
    for (let position = 1; position < elements.length; position++) {
      this.#add(writers[position - 1], writers[position], EdgeKind.WW, { list, position });
    }
    for (const { reader, length } of reads) {
      const node = this.#nodeOf.get(reader);
      this.#add(writers[length - 1], node, EdgeKind.WR, { list, position: length - 1 });
      // Who reads what it then appends to itself depends on nobody but the one before it.
      if (length < elements.length) this.#add(node, writers[length], EdgeKind.RW, { list, position: length });
    }
    if (!order.isContradictory) this.#addUnread(list, order, writers.at(-1));
  }

  /** What was acknowledged and is in no read came behind the longest one: the list was shorter in all others. */
  #addUnread(list: number, order: VersionOrder, last: number | undefined): void {
    const { elements, writers, reads } = order;
    const read = new Set(elements);
    const unread = [...writers].flatMap(([element, { transaction }]) => {
      const node = transaction.call.outcome === 'ok' ? this.#nodeOf.get(transaction) : undefined;
      return node === undefined || read.has(element) ? [] : [node];
    });
    if (unread.length === 0) return;
    const subject = { list, position: elements.length };
    const end = this.#addNode(undefined);
    const behind = new Set(unread);
    if (last !== undefined && !behind.has(last)) this.#edges.add(last, end, EdgeKind.WW, subject);
    let hasAppender = false;
    for (const { reader, length } of reads) {
      const node = length === elements.length ? this.#nodeOf.get(reader) : undefined;
      if (node === undefined) continue;
      if (!behind.has(node)) this.#edges.add(node, end, EdgeKind.RW, subject);
      else if (!hasAppender) {
        // Through the end it would come before itself. A second one like it is a lost update, and told as such.
        hasAppender = true;
        for (const other of behind) this.#edges.add(node, other, EdgeKind.RW, subject);
      }
    }
    for (const node of behind) this.#edges.add(end, node, EdgeKind.LINK, subject);
  }

  addSessions({ sessionOf }: OrderRules): void {
    const latest = new Map<string, { readonly node: number; readonly call: Call }>();
    for (const [{ call }, node] of this.#inOrder()) {
      const session = sessionOf(call);
      if (session === null) continue;
      const before = latest.get(session);
      if (before !== undefined && isBefore(before.call, call)) {
        this.#edges.add(before.node, node, EdgeKind.SESSION);
      }
      // One in doubt may take place later than what its session asks for next.
      if (call.outcome === 'ok') latest.set(session, { node, call });
    }
  }

  /** A chain of moments, each behind some completions: whoever begins later comes after all of those. */
  addRealTime({ isStrict }: OrderRules): void {
    const inOrder = this.#inOrder();
    const ends = inOrder
      .flatMap(([{ call }, node]) =>
        call.outcome === 'ok' && call.completion !== null ? [{ time: call.completion.time, node }] : [],
      )
      .sort((one, other) => one.time - other.time);
    const starts = inOrder
      .filter(([{ call }]) => isStrict(call))
      .map(([{ call }, node]) => ({ time: call.invocation.time, node }))
      .sort((one, other) => one.time - other.time);
    let moment: number | null = null;
    let ended = 0;
    for (const start of starts) {
      const firstEnded = ended;
      while (ended < ends.length && (ends[ended] as (typeof ends)[number]).time < start.time) ended++;
      if (ended > firstEnded) {
        const next = this.#addNode(undefined);
        if (moment !== null) this.#edges.add(moment, next, EdgeKind.LINK);
        for (const { node } of ends.slice(firstEnded, ended)) this.#edges.add(node, next, EdgeKind.REALTIME);
        moment = next;
      }
      if (moment !== null) this.#edges.add(moment, start.node, EdgeKind.LINK);
    }
  }

  addZxids({ zxidOf }: OrderRules): void {
    const claims = this.#inOrder().flatMap(([{ call }, node]) => {
      const zxid = call.outcome === 'ok' ? zxidOf(call) : null;
      return zxid === null ? [] : [{ zxid, node }];
    });
    claims.sort((one, other) => one.zxid - other.zxid);
    for (const [index, { zxid, node }] of claims.entries()) {
      const before = claims[index - 1];
      if (before !== undefined && before.zxid < zxid) this.#edges.add(before.node, node, EdgeKind.ZXID);
    }
  }

  build(): Dependencies {
    const nodes = this.#nodes;
    const edges = this.#edges;
    return { graph: edges.toGraph(nodes.length), edges, nodes, dependentCount: this.#dependent.size };
  }

  /** Transactions that took place, in the order of their invocations. */
  #inOrder(): (readonly [Transaction, number])[] {
    return [...this.#nodeOf];
  }

  #writerOf({ writers }: VersionOrder, element: string | number): number | undefined {
    const writer = writers.get(element)?.transaction;
    return writer === undefined ? undefined : this.#nodeOf.get(writer);
  }

  #add(
    from: number | undefined,
    to: number | undefined,
    kind: number,
    subject: { readonly list: number; readonly position: number },
  ): void {
    if (from === undefined || to === undefined || from === to) return;
    this.#edges.add(from, to, kind, subject);
    this.#dependent.add(to);
  }

  #addNode(transaction: Transaction | undefined): number {
    return this.#nodes.push(transaction) - 1;
  }
}

function isBefore(one: Call, other: Call): boolean {
  return one.completion !== null && one.completion.index < other.invocation.index;
}
