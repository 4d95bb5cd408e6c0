// Jepsen's list-append histories, judged as strictly serializable: every operation is a transaction of appends and
// reads, `[[:append 3 7] [:r 4 [1 2]]]`, each process asks for one after the other, and real time counts.

import { pairOperations } from '../../harness/history/pairing.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Evidence, Verdict } from '../verdict.ts';
import { judgeTransactions } from './judge-transactions.ts';

export const listAppend = {
  name: 'list-append',
  description:
    'transactions that read lists and append to them: cycles among what they saw (strict serializability)',
} as const;

/** Whether a history says by its first operation that it is one. */
export function isListAppend(history: readonly Operation[]): boolean {
  const first = history.find(({ process }) => process !== 'nemesis')?.value;
  const micro: unknown = Array.isArray(first) ? first[0] : null;
  return Array.isArray(micro) && micro.length >= 2 && (micro[0] === 'append' || micro[0] === 'r');
}

/** Throws HistoryError where an operation is no transaction. */
export function checkListAppend(history: readonly Operation[]): {
  readonly verdict: Verdict;
  readonly operations: number;
  readonly evidence: readonly Evidence[];
  readonly reason?: string;
} {
  const calls = pairOperations(history);
  const { evidence, doubts } = judgeTransactions(calls, {
    isStrict: () => true,
    sessionOf: ({ process }) => String(process),
    zxidOf: () => null,
  });
  const operations = calls.length;
  if (evidence.length > 0) return { verdict: 'violated', operations, evidence };
  if (doubts.length === 0) return { verdict: 'pass', operations, evidence };
  return { verdict: 'inconclusive', operations, evidence, reason: doubts.join('; ') };
}
