// A cycle in words: "T1 appended 5 to x, which T2 read; T2 read y before T1 appended 3 to it". Its transactions are
// numbered as they come, its name is Adya's with what else the cycle needs.

import type { Call } from '../../harness/history/pairing.ts';
import { describeTime, describeZxid } from '../describe.ts';
import type { Cycle } from './cycle-search.ts';
import type { Dependencies, OrderRules } from './dependencies.ts';
import { at, EdgeKind } from './edges.ts';
import type { Transaction } from './transactions.ts';
import { showList } from './transactions.ts';
import type { VersionOrder } from './version-orders.ts';

export interface ToldCycle {
  /** `G1c`, `G-single-realtime`. */
  readonly name: string;
  readonly sentence: string;
  readonly keys: readonly string[];
  readonly transactions: readonly Transaction[];
}

interface Step {
  readonly from: Transaction;
  readonly to: Transaction;
  readonly kind: number;
  /** Of its last edge: that one knows who is meant where several came behind the longest read. */
  readonly order: VersionOrder | undefined;
  readonly position: number;
}

export function tellCycle(
  cycle: Cycle,
  dependencies: Dependencies,
  { orders, rules }: { readonly orders: readonly VersionOrder[]; readonly rules: OrderRules },
): ToldCycle {
  const steps = stepsOf(cycle, dependencies, orders);
  const transactions = steps.map(({ from }) => from);
  const names = new Map(transactions.map((transaction, index) => [transaction, `T${index + 1}`]));
  const nameOf = (transaction: Transaction): string => names.get(transaction) ?? 'T?';
  return {
    name: nameOfCycle(steps.map(({ kind }) => kind)),
    sentence: steps.map((step) => tellStep(step, { nameOf, rules })).join('; '),
    keys: [...new Set(steps.flatMap(({ order }) => order?.key ?? []))],
    transactions,
  };
}

/** From transaction to transaction, whatever lies between; begins with the earliest. */
function stepsOf(
  cycle: Cycle,
  { graph, edges, nodes }: Dependencies,
  orders: readonly VersionOrder[],
): Step[] {
  const targets = cycle.map((edge) => nodes[at(graph.to, edge)]);
  const steps: Step[] = [];
  // A cycle may begin at a point that is no transaction.
  const start = cycle.findIndex((_, index) => targets.at(index - 1) !== undefined);
  let from = targets.at(start - 1) as Transaction;
  let kind = 0;
  for (let offset = 0; offset < cycle.length; offset++) {
    const index = (start + offset) % cycle.length;
    const edge = cycle[index] as number;
    if (at(graph.kind, edge) !== EdgeKind.LINK) kind = at(graph.kind, edge);
    const to = targets[index];
    if (to === undefined) continue;
    const { list, position } = edges.subjectOf(edge);
    steps.push({ from, to, kind, order: orders[list], position });
    from = to;
  }
  const earliest = Math.min(...steps.map(({ from: each }) => each.call.invocation.index));
  const first = steps.findIndex(({ from: each }) => each.call.invocation.index === earliest);
  return [...steps.slice(first), ...steps.slice(0, first)];
}

function nameOfCycle(kinds: readonly number[]): string {
  const readCount = kinds.filter((kind) => kind === EdgeKind.RW).length;
  const hasDependency = kinds.some((kind) => kind === EdgeKind.WW || kind === EdgeKind.WR);
  const order = kinds.includes(EdgeKind.ZXID)
    ? 'zxid'
    : kinds.includes(EdgeKind.REALTIME)
      ? 'realtime'
      : kinds.includes(EdgeKind.SESSION)
        ? 'session'
        : null;
  if (readCount === 0 && !hasDependency) return `${order}-order`;
  const plain =
    readCount > 1 ? 'G2-item' : readCount === 1 ? 'G-single' : kinds.includes(EdgeKind.WR) ? 'G1c' : 'G0';
  return order === null ? plain : `${plain}-${order}`;
}

function tellStep(
  { from, to, kind, order, position }: Step,
  { nameOf, rules }: { readonly nameOf: (transaction: Transaction) => string; readonly rules: OrderRules },
): string {
  const [one, other] = [nameOf(from), nameOf(to)];
  const key = order?.key ?? '';
  switch (kind) {
    case EdgeKind.WW: {
      const before = `${one} appended ${appended(from, order, position - 1)} to ${key} before ${other} appended ${appended(to, order, position)}`;
      const isUnread = position === order?.elements.length;
      return isUnread ? `${before}, which is in no list that anybody read` : before;
    }
    case EdgeKind.WR:
      return `${one} appended ${appended(from, order, position)} to ${key}, which ${other} read`;
    case EdgeKind.RW: {
      const list = from.reads.find((read) => read.key === key)?.list ?? [];
      return `${one} read ${key} as ${showList(list)}, without ${appended(to, order, position)} that ${other} appended`;
    }
    case EdgeKind.SESSION:
      return `${one} was acknowledged before ${other} was asked for in the same session`;
    case EdgeKind.REALTIME:
      return `${one} was acknowledged at ${endOf(from.call)}, before ${other} was asked for at ${describeTime(to.call.invocation.time)}`;
    default:
      return `${one} has zxid ${zxidText(from, rules)}, ${other} the higher ${zxidText(to, rules)}`;
  }
}

/** The element at this position, or, behind the longest read, whatever this transaction appended. */
function appended(transaction: Transaction, order: VersionOrder | undefined, position: number): string {
  const element = order?.elements[position];
  const isOwn = element !== undefined && order?.writers.get(element)?.transaction === transaction;
  if (isOwn) return String(element);
  return transaction.appends
    .filter(({ key }) => key === order?.key)
    .map((append) => append.element)
    .join(', ');
}

function endOf({ completion }: Call): string {
  return completion === null ? 'no time' : describeTime(completion.time);
}

function zxidText({ call }: Transaction, { zxidOf }: OrderRules): string {
  const zxid = zxidOf(call);
  return zxid === null ? 'none' : describeZxid(zxid);
}
