// When faults were under way, as the nemesis noted it in the history.

import type { Operation } from '../harness/history/operation.ts';

/** Nanoseconds; a fault that was never healed lasts for ever. */
export interface FaultTimes {
  readonly start: number;
  readonly end: number;
}

/** Those that the nemesis told of; in the order of their beginnings. */
export function faultTimesOf(history: readonly Operation[]): FaultTimes[] {
  const times: FaultTimes[] = [];
  const open = new Map<string, number[]>();
  for (const { process, f, value, time } of history) {
    if (process !== 'nemesis') continue;
    const phase = phaseIn(value);
    if (phase === 'start') open.set(f, [...(open.get(f) ?? []), time]);
    const start = phase === 'end' ? open.get(f)?.shift() : undefined;
    if (start !== undefined) times.push({ start, end: time });
  }
  for (const start of [...open.values()].flat()) times.push({ start, end: Infinity });
  return times.sort((one, other) => one.start - other.start);
}

/** When the run said that all servers serve again; null: it never did. */
export function recoveredAt(history: readonly Operation[]): number | null {
  return history.findLast(({ process, f }) => process === 'nemesis' && f === 'recovered')?.time ?? null;
}

function phaseIn(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'phase' in value ? value.phase : null;
}
