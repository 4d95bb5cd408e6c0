// A queue neither loses nor doubles nor reorders: what was offered is listed from its zxid on until it is taken, one
// consumer takes it, and numbers rise with the offers, so that the lowest is the oldest. An offer without a reply may
// have happened, and is then one element; a take without a reply may have happened, and then nobody else has it. That
// consumers look at lists of yesterday is right: whether they get what they saw is decided by the delete.

import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { describeTime, describeZxid, operationsOf, serversOf, timeOf } from './describe.ts';
import { idOfName, numberOfName, queueFunctions, queuesOf } from './recipes/queue-elements.ts';
import type { Element, QueueCalls, QueueList, Take } from './recipes/queue-elements.ts';
import type { Checker, Evidence } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;

export const queue: Checker = wholeHistory({
  name: 'queue',
  title: 'a queue loses, doubles and reorders nothing',
  description:
    'every element that was offered is taken once or still there, and numbers rise with the offers',
  concerns: named(...queueFunctions),
  check(history) {
    const queues = queuesOf(pairOperations(history));
    return conclude(queue, {
      history,
      opportunities: queues.reduce((sum, { takes }) => sum + takes.length, 0),
      leastOpportunities,
      opportunity: 'elements that were taken',
      evidence: queues.flatMap((one) =>
        judgeQueue(one).flatMap((found) => (found === null ? [] : [{ subject: one.parent, ...found }])),
      ),
      doubts: [],
    });
  },
});

type Finding = Omit<Evidence, 'subject'>;

/** The first of each kind. */
function judgeQueue(calls: QueueCalls): (Finding | null)[] {
  return [
    findReordered(calls),
    findTakenTwice(calls),
    findOfferedTwice(calls),
    findAltered(calls),
    findInvented(calls),
    findLost(calls),
    findBack(calls),
  ];
}

/** Offers by the order of the zxids have rising numbers, and so do offers that followed one another in time. */
function findReordered({ elements }: QueueCalls): Finding | null {
  const known = elements.filter(({ name }) => name !== null);
  const byZxid = known.toSorted((a, b) => a.czxid - b.czxid);
  for (const [index, later] of byZxid.entries()) {
    const earlier = byZxid[index - 1];
    if (earlier === undefined || numberIn(later) > numberIn(earlier)) continue;
    return reordered(
      earlier,
      later,
      `with zxids ${describeZxid(earlier.czxid)} and ${describeZxid(later.czxid)}`,
    );
  }
  const byStart = known.toSorted((a, b) => a.offer.invocation.time - b.offer.invocation.time);
  const byEnd = known.toSorted((a, b) => timeOf(a.offer) - timeOf(b.offer));
  let highest: Element | null = null;
  let ended = 0;
  for (const later of byStart) {
    for (; ended < byEnd.length; ended++) {
      const earlier = byEnd[ended] as Element;
      if (timeOf(earlier.offer) >= later.offer.invocation.time) break;
      if (highest === null || numberIn(earlier) > numberIn(highest)) highest = earlier;
    }
    if (highest === null || numberIn(later) > numberIn(highest)) continue;
    return reordered(highest, later, 'one after the other in time');
  }
  return null;
}

function reordered(earlier: Element, later: Element, how: string): Finding {
  return {
    sentence: `reordered: "${earlier.name}" and "${later.name}" were offered ${how}, and the later one does not have the higher number`,
    operations: [...operationsOf(earlier.offer), ...operationsOf(later.offer)],
  };
}

function findTakenTwice({ takes }: QueueCalls): Finding | null {
  const taken = new Map<string, Take>();
  for (const take of takes) {
    if (take.zxid === null) continue;
    const other = taken.get(take.name);
    taken.set(take.name, take);
    if (other === undefined) continue;
    return {
      sentence: `duplicated: "${take.name}" was taken by process ${other.call.process} at ${timeText(other)} and by process ${take.call.process} at ${timeText(take)}`,
      operations: [...operationsOf(other.call), ...operationsOf(take.call)],
    };
  }
  return null;
}

/** Two znodes of one offer. */
function findOfferedTwice({ elements, takes, lists }: QueueCalls): Finding | null {
  const byId = new Map(elements.flatMap(({ id, name }) => (name === null ? [] : [[id, name] as const])));
  const offers = new Map(elements.map(({ id, offer }) => [id, offer]));
  const seen = [
    ...takes.filter(({ zxid }) => zxid !== null).map(({ name, call }) => ({ names: [name], call })),
    ...lists,
  ];
  for (const { names, call } of seen) {
    for (const name of names) {
      const id = idOfName(name);
      if (id === null) continue;
      const known = byId.get(id);
      if (known === undefined) byId.set(id, name);
      if (known === undefined || known === name) continue;
      const offer = offers.get(id);
      return {
        sentence: `duplicated: element ${id} was offered once, and there is "${name}" beside "${known}"`,
        operations: [...(offer === undefined ? [] : operationsOf(offer)), ...operationsOf(call)],
      };
    }
  }
  return null;
}

function findAltered({ takes }: QueueCalls): Finding | null {
  const altered = takes.find(({ id, name }) => id !== null && id !== idOfName(name));
  if (altered === undefined) return null;
  return {
    sentence: `altered: "${altered.name}" held ${altered.id} when process ${altered.call.process} took it at ${timeText(altered)}`,
    operations: operationsOf(altered.call),
  };
}

function findInvented({ elements, lists }: QueueCalls): Finding | null {
  const byId = new Map(elements.map((element) => [element.id, element]));
  for (const list of lists) {
    for (const name of list.names) {
      const element = byId.get(idOfName(name) ?? NaN);
      if (element !== undefined && element.outcome !== 'fail') continue;
      const why = element === undefined ? 'which nobody offered' : 'whose offer failed for certain';
      return {
        sentence: `invented: "${name}", ${why}, is listed${whereOf(list)}`,
        operations: [
          ...(element === undefined ? [] : operationsOf(element.offer)),
          ...operationsOf(list.call),
        ],
      };
    }
  }
  return null;
}

/** Not listed as of a zxid between its offer and its take. */
function findLost(calls: QueueCalls): Finding | null {
  const takesOf = Map.groupBy(calls.takes, ({ name }) => name);
  // A take that had no reply by then explains why an element is missing; one that has a zxid only from there on.
  const isGone = (name: string, list: QueueList): boolean =>
    (takesOf.get(name) ?? []).some(({ zxid, call }) =>
      zxid === null ? call.invocation.time < timeOf(list.call) : zxid <= list.at,
    );
  const missing = missingIn(calls, isGone);
  if (missing === null) return null;
  const { element, list } = missing;
  const taken = takesOf.get(element.name ?? '')?.find(({ zxid }) => zxid !== null);
  const fate =
    taken === undefined ? 'nobody took it' : `it was taken with zxid ${describeZxid(taken.zxid ?? 0)}`;
  return {
    sentence: `lost: "${element.name}" was offered with zxid ${describeZxid(element.czxid)}, ${fate}, and the list as of zxid ${describeZxid(list.at)}${whereOf(list)} does not show it`,
    operations: [...operationsOf(element.offer), ...operationsOf(list.call)],
  };
}

/**
 * Lists by their zxids, with those elements that may be in them: each is looked up until a list says for the first
 * time, and rightly, that it is gone.
 */
function missingIn(
  { elements, lists }: QueueCalls,
  isGone: (name: string, list: QueueList) => boolean,
): { readonly element: Element; readonly list: QueueList } | null {
  const coming = elements.filter(({ name }) => name !== null).toSorted((a, b) => a.czxid - b.czxid);
  const present = new Map<string, Element>();
  let next = 0;
  for (const list of lists.toSorted((a, b) => a.at - b.at)) {
    for (; next < coming.length; next++) {
      const element = coming[next] as Element;
      if (element.czxid > list.at) break;
      present.set(element.name ?? '', element);
    }
    const listed = new Set(list.names);
    for (const [name, element] of present) {
      if (listed.has(name)) continue;
      if (!isGone(name, list)) return { element, list };
      present.delete(name);
    }
  }
  return null;
}

/** Listed as of a zxid at which it was taken already. */
function findBack({ takes, lists }: QueueCalls): Finding | null {
  const taken = new Map(takes.flatMap((take) => (take.zxid === null ? [] : [[take.name, take] as const])));
  for (const list of lists) {
    for (const name of list.names) {
      const take = taken.get(name);
      if (take?.zxid === undefined || take.zxid === null || take.zxid > list.at) continue;
      return {
        sentence: `back: "${name}" was taken with zxid ${describeZxid(take.zxid)}, and is listed as of zxid ${describeZxid(list.at)}${whereOf(list)}`,
        operations: [...operationsOf(take.call), ...operationsOf(list.call)],
      };
    }
  }
  return null;
}

function numberIn({ name }: Element): number {
  return numberOfName(name ?? '');
}

function timeText({ call }: { readonly call: Take['call'] }): string {
  return describeTime(timeOf(call));
}

function whereOf({ call }: QueueList): string {
  const server = call.completion?.server;
  return `${server === undefined ? '' : ` on ${serversOf([server])}`} at ${describeTime(timeOf(call))}`;
}
