// Words for the evidence: operations, times and values, as a person reads them in a report.

import type { Call } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';

/** `4.218 s`, from nanoseconds. */
export function describeTime(timeNs: number): string {
  return `${(timeNs / 1e9).toFixed(3)} s`;
}

export function describeValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** `1 write`, `3 writes`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `2`, `2 and 3`, `2, 3 and 5`. */
export function listOf(items: readonly (string | number)[], conjunction = 'and'): string {
  if (items.length <= 1) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${conjunction} ${items.at(-1)}`;
}

/** `value 3`, `value 3 or value 4`. */
export function orList(items: readonly string[]): string {
  return listOf(items, 'or');
}

/** `server 3`, `servers 1, 2 and 5`. */
export function serversOf(servers: readonly number[]): string {
  return `server${servers.length === 1 ? '' : 's'} ${listOf([...servers].sort((one, other) => one - other))}`;
}

/** `0x100000007`. */
export function describeZxid(zxid: number): string {
  return `0x${zxid.toString(16)}`;
}

/** The entries of a call, its invocation first. */
export function operationsOf(call: Call): readonly Operation[] {
  return call.completion === null ? [call.invocation] : [call.invocation, call.completion];
}

/** When a call was over, or began if it never was. */
export function timeOf(call: Call): number {
  return (call.completion ?? call.invocation).time;
}
