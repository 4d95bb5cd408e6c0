// Is there an order of the transactions that explains what each of them saw? Looks for what no order explains
// (an aborted read, a list in two shapes) and then for cycles among the dependencies that the reads tell of.

import type { Call } from '../../harness/history/pairing.ts';
import { describeTime, operationsOf, timeOf } from '../describe.ts';
import type { Evidence } from '../verdict.ts';
import { findComponents } from './components.ts';
import { allKinds, findPlainestCycle } from './cycle-search.ts';
import { findDependencies } from './dependencies.ts';
import type { OrderRules } from './dependencies.ts';
import { tellCycle } from './describe-cycle.ts';
import { transactionOf } from './transactions.ts';
import type { Transaction } from './transactions.ts';
import { recoverVersionOrders } from './version-orders.ts';

/** More say nothing new, and each costs a search. */
const mostCycles = 20;

export interface TransactionFindings {
  readonly evidence: readonly Evidence[];
  readonly doubts: readonly string[];
  /** Transactions that read or overwrote what another one left. */
  readonly dependentCount: number;
}

/** Of calls whose values are micro-operations, in the order of their invocations. */
export function judgeTransactions(calls: readonly Call[], rules: OrderRules): TransactionFindings {
  const transactions = calls.map(transactionOf);
  const { orders, anomalies, doubts } = recoverVersionOrders(transactions);
  const dependencies = findDependencies(transactions, orders, rules);
  const pairs = anomalies.filter((anomaly) => anomaly.transactions.length === 2);
  const isTold = (involved: readonly Transaction[]): boolean =>
    pairs.some((pair) => pair.transactions.every((transaction) => involved.includes(transaction)));
  const cycles = findComponents(dependencies.graph, allKinds)
    .slice(0, mostCycles)
    .map((component) => findPlainestCycle(dependencies.graph, component))
    .map((cycle) => tellCycle(cycle, dependencies, { orders, rules }))
    .filter(({ transactions: involved }) => !isTold(involved));
  return {
    evidence: [
      ...transactions.flatMap(innerFaultOf).slice(0, 1),
      ...anomalies.map((anomaly) => evidenceOf({ ...anomaly, keys: [anomaly.key] })),
      ...cycles.map(evidenceOf),
    ],
    doubts,
    dependentCount: dependencies.dependentCount,
  };
}

function innerFaultOf(transaction: Transaction): Evidence[] {
  const { innerFault } = transaction;
  if (innerFault === null) return [];
  const sentence = `T1 contradicts itself: ${innerFault}`;
  return [evidenceOf({ name: 'internal', sentence, keys: [], transactions: [transaction] })];
}

function evidenceOf(finding: {
  readonly name: string;
  readonly sentence: string;
  readonly keys: readonly string[];
  readonly transactions: readonly Transaction[];
}): Evidence {
  const { name, sentence, keys, transactions } = finding;
  const who = transactions.map(({ call }, index) => `T${index + 1} is ${describeCall(call)}`).join(', ');
  return {
    subject: keys.length === 0 ? 'transactions' : `list${keys.length === 1 ? '' : 's'} ${keys.join(', ')}`,
    sentence: `${name}: ${sentence}. ${who}`,
    operations: transactions.flatMap(({ call }) => operationsOf(call)),
    details: { anomaly: name },
  };
}

/** `process 3 at 1.250 s`. */
function describeCall(call: Call): string {
  return `process ${call.process} at ${describeTime(timeOf(call))}`;
}
