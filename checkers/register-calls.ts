// The calls of the register workload, by znode: what `write`, `cas`, `read`, `sync-read` and `final-read` say
// about a path, read once and typed.

import type { Call } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';

const registerFunctions: ReadonlySet<string> = new Set(['write', 'cas', 'read', 'sync-read', 'final-read']);

export function isAboutRegisters(f: string): boolean {
  return registerFunctions.has(f);
}

/** Calls on registers by path, each value without its path. */
export function registersOf(calls: readonly Call[]): Map<string, Call[]> {
  const registers = new Map<string, Call[]>();
  for (const call of calls) {
    const path = pathOf(call.invocation);
    if (path === null || !registerFunctions.has(call.f) || isSetRead(call)) continue;
    const register = registers.get(path);
    if (register === undefined) registers.set(path, [withoutPath(call)]);
    else register.push(withoutPath(call));
  }
  return registers;
}

/** The path of a value `[path, …]`; null for a value of another shape. */
export function pathOf({ value }: Operation): string | null {
  const path: unknown = Array.isArray(value) ? value[0] : null;
  return typeof path === 'string' ? path : null;
}

/** The second half of `[path, value]`. */
export function valueOf({ value }: Operation): unknown {
  return Array.isArray(value) ? (value as readonly unknown[])[1] : undefined;
}

export function isAcknowledgedWrite(call: Call): boolean {
  return call.outcome === 'ok' && (call.f === 'write' || call.f === 'cas');
}

export function isWrite({ f }: Pick<Call, 'f'>): boolean {
  return f === 'write' || f === 'cas';
}

/** The value that a write or cas asked for; `call` without its path. */
export function writtenValue({ f, invocation }: Call): unknown {
  return valueAsked(f, invocation.value);
}

/** The same of what was asked, without the path. */
export function valueAsked(f: string, asked: unknown): unknown {
  if (f !== 'cas') return asked;
  return typeof asked === 'object' && asked !== null && 'value' in asked ? asked.value : undefined;
}

/** The version that the call made or saw. A cas makes the one behind the version that it expected. */
export function versionOf(call: Call): number | undefined {
  if (call.outcome !== 'ok') return undefined;
  if (call.completion?.version !== undefined) return call.completion.version;
  return onlyVersion(call) ?? undefined;
}

/** The one version that the call can make, whatever came of it: a cas names it; null for every other call. */
export function onlyVersion({ f, invocation }: Call): number | null {
  return versionAsked(f, invocation.value);
}

/** The same of what was asked, without the path. */
export function versionAsked(f: string, asked: unknown): number | null {
  if (f !== 'cas') return null;
  const hasVersion = typeof asked === 'object' && asked !== null && 'version' in asked;
  return hasVersion && typeof asked.version === 'number' ? asked.version + 1 : null;
}

/** The value that the znode had when the call ended well: what was read, or what was written. */
export function heldValue(call: Call): unknown {
  return isWrite(call) ? writtenValue(call) : call.completion?.value;
}

/** A final read of a set brings a list, where that of a register brings a value with a version. */
export function isSetRead(call: Call): boolean {
  if (call.f !== 'final-read') return false;
  return call.completion !== null && Array.isArray(valueOf(call.completion));
}

export function withoutPath(call: Call): Call {
  const { invocation, completion } = call;
  return {
    ...call,
    invocation: { ...invocation, value: valueOf(invocation) },
    completion: completion === null ? null : { ...completion, value: valueOf(completion) },
  };
}
