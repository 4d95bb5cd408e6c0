// Recovers in time: once every fault is healed, all servers serve again and a fresh write commits within the
// bound of the run. The run itself watches this and notes `heal`, then `recovered` or `not-recovered`, as
// entries of the nemesis.

import type { Operation } from '../harness/history/operation.ts';
import { conclude } from './conclude.ts';
import { describeTime, describeValue } from './describe.ts';
import type { Checker, Evidence } from './verdict.ts';
import { wholeHistory } from './whole-history.ts';

const leastOpportunities = 1;

export const recovery: Checker = wholeHistory({
  name: 'recovery',
  title: 'recovers in time',
  description: 'after the last fault is healed the ensemble serves again within its bound',
  concerns: ({ process }) => process === 'nemesis',
  check(history, context) {
    const healings = pairHealings(history);
    const open = healings.filter(({ end }) => end === null);
    return conclude(recovery, {
      history,
      opportunities: healings.length - open.length,
      leastOpportunities,
      opportunity: 'healings',
      evidence: healings.flatMap((healing) => judgeHealing(healing, context.recoveryBoundMs)),
      doubts: open.map(
        ({ heal }) =>
          `whether the ensemble recovered from the healing at ${describeTime(heal.time)} was not noted`,
      ),
    });
  },
});

interface Healing {
  readonly heal: Operation;
  /** Null: the history ends, or heals anew, before it says how this ended. */
  end: Operation | null;
}

function pairHealings(history: readonly Operation[]): Healing[] {
  const healings: Healing[] = [];
  for (const operation of history) {
    if (operation.process !== 'nemesis') continue;
    if (operation.f === 'heal') healings.push({ heal: operation, end: null });
    const isEnd = operation.f === 'recovered' || operation.f === 'not-recovered';
    const last = healings.at(-1);
    if (isEnd && last?.end === null) last.end = operation;
  }
  return healings;
}

function judgeHealing({ heal, end }: Healing, boundMs: number): Evidence[] {
  if (end === null) return [];
  const elapsedMs = elapsedOf(heal, end);
  const bound = `the bound is ${describeSeconds(boundMs)}`;
  const operations = [heal, end];
  if (end.f === 'not-recovered') {
    const account = end.error ?? (isEmpty(end.value) ? '' : describeValue(end.value));
    const sentence = `not recovered ${describeSeconds(elapsedMs)} after the healing at ${describeTime(heal.time)}; ${bound}`;
    return [
      { subject: 'ensemble', sentence: account === '' ? sentence : `${sentence}: ${account}`, operations },
    ];
  }
  if (elapsedMs <= boundMs) return [];
  const sentence = `recovered ${describeSeconds(elapsedMs)} after the healing at ${describeTime(heal.time)}; ${bound}`;
  return [{ subject: 'ensemble', sentence, operations }];
}

/** What the run measured, or else the distance of the two entries. */
function elapsedOf(heal: Operation, end: Operation): number {
  const { value } = end;
  if (typeof value === 'object' && value !== null && 'elapsedMs' in value) {
    if (typeof value.elapsedMs === 'number') return value.elapsedMs;
  }
  return (end.time - heal.time) / 1e6;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined;
}

function describeSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
