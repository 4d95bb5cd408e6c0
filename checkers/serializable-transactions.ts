// Transactions over several znodes have one order that explains all they saw. A multi that checks every version
// that it read takes place at one moment between its invocation and its answer, in the order of zxids. Several
// reads at once show one state as well, perhaps an old one: they have a place in the order, after what their session
// saw before, and not more.

import { pairOperations } from '../harness/history/pairing.ts';
import type { Call } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import type { OrderRules } from './cycles/dependencies.ts';
import { judgeTransactions } from './cycles/judge-transactions.ts';
import type { Checker } from './verdict.ts';
import { wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;
/** `txn` is a multi, `snapshot` a read of several znodes; the last one reads everything after the recovery. */
const functions: ReadonlySet<string> = new Set(['txn', 'snapshot', 'final-lists']);

export const serializableTransactions: Checker = wholeHistory({
  name: 'serializable-transactions',
  title: 'transactions have an order',
  description: 'multis over lists are strictly serializable, reads of several znodes serializable',
  concerns: ({ f, process }) => process !== 'nemesis' && functions.has(f),
  check(history) {
    const calls = pairOperations(history);
    const { evidence, doubts, dependentCount } = judgeTransactions(calls.map(unwrap), zookeeperRules);
    return conclude(serializableTransactions, {
      history,
      opportunities: dependentCount,
      leastOpportunities,
      opportunity: 'transactions that saw or overwrote what another one wrote',
      evidence,
      doubts,
    });
  },
});

const zookeeperRules: OrderRules = {
  isStrict: ({ f }) => f !== 'snapshot',
  sessionOf: ({ invocation, completion }) => completion?.session ?? invocation.session ?? null,
  zxidOf: ({ f, completion }) => (f === 'txn' ? (completion?.zxid ?? null) : null),
};

/** A final read is compared between servers, so it stands as `[path, lists]`. */
function unwrap(call: Call): Call {
  if (call.f !== 'final-lists') return call;
  const { invocation, completion } = call;
  const listsOf = ({ value }: { readonly value: unknown }): unknown => (value as readonly unknown[])[1];
  return {
    ...call,
    invocation: { ...invocation, value: listsOf(invocation) },
    completion: completion === null ? null : { ...completion, value: listsOf(completion) },
  };
}
