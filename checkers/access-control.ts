// Access control: nobody reads, writes, creates below or changes the list of a znode that the list of that moment
// does not let him, and nobody is refused what it lets him. The moment is told by the answer: a Stat has the count
// of changes of the list, and the zxid of a write or of its refusal lies between those of two changes. A change
// whose reply was lost may have come anywhere, so what it could allow or forbid is no violation. Nor is it one where the leader is
// Apache's and a write under way together with a change is judged by the list before: nothing promises more.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import { AccessLists, describeList, initialList, isSameList } from './access-lists.ts';
import type { AccessList } from './access-lists.ts';
import { conclude } from './conclude.ts';
import { describeTime, describeZxid, operationsOf, timeOf } from './describe.ts';
import { pathOf } from './register-calls.ts';
import type { CheckContext, Checker, Evidence } from './verdict.ts';
import { wholeHistory } from './whole-history.ts';
import { WritesInFlight } from './writes-in-flight.ts';

const leastOpportunities = 10;

/** Which permission an operation needs, and what it is called. */
const needs: ReadonlyMap<string, { readonly letter: string; readonly verb: string }> = new Map([
  ['guarded-read', { letter: 'r', verb: 'read' }],
  ['guarded-write', { letter: 'w', verb: 'wrote' }],
  ['guarded-create', { letter: 'c', verb: 'created a child below' }],
  ['set-acl', { letter: 'a', verb: 'changed the list of' }],
]);

export const accessControl: Checker = wholeHistory({
  name: 'access-control',
  title: 'access lists are obeyed',
  description: 'nobody does what the access list of that moment forbids, nor is refused what it allows',
  concerns: ({ f, process }) => process !== 'nemesis' && (needs.has(f) || f === 'final-acl'),
  check(history, context) {
    const byPath = Map.groupBy(
      pairOperations(history).filter(({ f }) => needs.has(f) || f === 'final-acl'),
      ({ invocation }) => pathOf(invocation) ?? '',
    );
    const judged = [...byPath].map(([path, calls]) => judgeZnode({ path, calls, context }));
    return conclude(accessControl, {
      history,
      opportunities: judged.reduce((sum, { opportunities }) => sum + opportunities, 0),
      leastOpportunities,
      opportunity: 'operations of which it is known whether they are allowed',
      evidence: judged.flatMap(({ evidence }) => evidence),
      doubts: [],
    });
  },
});

function judgeZnode({
  path,
  calls,
  context,
}: {
  readonly path: string;
  readonly calls: readonly Call[];
  readonly context: CheckContext;
}): { readonly opportunities: number; readonly evidence: readonly Evidence[] } {
  const lists = new AccessLists(calls);
  const inFlight = new WritesInFlight(calls.filter(isWrite));
  const evidence: Evidence[] = lists.conflicts.map((conflict) => ({ subject: path, ...conflict }));
  let opportunities = 0;
  for (const call of calls) {
    const strictly = listsInForce(call, lists);
    if (strictly === null) continue;
    const isLax = isWrite(call) && !isOrdered(call, context);
    const inForce = isLax
      ? withOlder(strictly, lists.since(inFlight.oldestNs(call), zxidOf(call)))
      : strictly;
    opportunities++;
    const sentence = call.f === 'final-acl' ? judgeList(call, inForce) : judgePermission(call, inForce);
    if (sentence === null) continue;
    const source = inForce.change === null ? [] : operationsOf(inForce.change);
    evidence.push({ subject: path, sentence, operations: [...source, ...operationsOf(call)] });
  }
  return { opportunities, evidence };
}

/** Every list that may have been in force, and the change that made the first of them. */
interface InForce {
  readonly lists: readonly AccessList[];
  readonly change: Call | null;
}

/** Null where it is not known well enough, or the answer says nothing about permissions. */
function listsInForce(call: Call, lists: AccessLists): InForce | null {
  const zxid = zxidOf(call);
  if (call.outcome === 'fail') return isRefused(call) && zxid > 0 ? lists.before(zxid, call.f) : null;
  if (call.outcome !== 'ok') return null;
  const { aversion } = argumentOf(call);
  // A create is answered without a Stat of its parent.
  if (aversion === undefined) return lists.before(zxid, call.f);
  return lists.at(call.f === 'set-acl' ? aversion - 1 : aversion);
}

function withOlder({ lists, change }: InForce, older: readonly AccessList[]): InForce {
  return { lists: [...lists, ...older], change };
}

function isWrite({ f }: Call): boolean {
  return f === 'guarded-write' || f === 'guarded-create' || f === 'set-acl';
}

/** A bundled leader, known by its sync, takes writes and changes of lists in one order; of others nobody knows it. */
function isOrdered({ completion }: Call, { quorumSyncServers }: CheckContext): boolean {
  return completion?.server !== undefined && quorumSyncServers.has(completion.server);
}

function zxidOf({ completion }: Call): number {
  return completion?.zxid ?? 0;
}

function judgePermission(call: Call, { lists, change }: InForce): string | null {
  const need = needs.get(call.f);
  const { user } = argumentOf(call);
  if (need === undefined || user === undefined) return null;
  const isAllowedBy = (list: AccessList): boolean =>
    [list[user], list['anyone']].some((letters) => letters?.includes(need.letter) === true);
  const wasLetIn = call.outcome === 'ok';
  if (lists.some((list) => isAllowedBy(list) === wasLetIn)) return null;
  const who = `${user} (process ${call.process})`;
  const when = `at ${describeTime(timeOf(call))} with zxid ${describeZxid(zxidOf(call))}`;
  const list = `the list was ${describeList(lists[0] ?? initialList)} ${sourceOf(change)}`;
  return wasLetIn
    ? `${who} ${need.verb} the znode ${when}, though ${list}`
    : `${who} was refused a ${call.f} ${when}, though ${list}`;
}

function judgeList(call: Call, { lists, change }: InForce): string | null {
  const { acl = {} } = argumentOf(call);
  const [expected = initialList] = lists;
  if (isSameList(acl, expected)) return null;
  return `server ${call.completion?.server ?? 'unknown'} holds the list ${describeList(acl)} at ${describeTime(timeOf(call))}, though it was ${describeList(expected)} ${sourceOf(change)}`;
}

function sourceOf(change: Call | null): string {
  if (change === null) return 'from the beginning';
  return `since process ${change.process} changed it at ${describeTime(timeOf(change))} with zxid ${describeZxid(change.completion?.zxid ?? 0)}`;
}

/** A client's error ends with the code: `getData /acl/1: NOAUTH (-102)`. */
function isRefused({ completion }: Call): boolean {
  return completion?.error?.includes(': NOAUTH (') === true;
}

interface Argument {
  readonly user?: string;
  readonly acl?: AccessList;
  readonly aversion?: number;
}

function argumentOf({ completion, invocation }: Call): Argument {
  const [, argument] = (completion ?? invocation).value as readonly [string, Argument];
  return argument;
}
