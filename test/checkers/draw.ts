// Tiny histories, drawn by hand: each call with its process, its interval in milliseconds and what came of it.

import type { CheckContext } from '../../checkers/verdict.ts';
import type { Operation } from '../../harness/history/operation.ts';

/** `w(1)…` would hide what matters; a drawing names its fields. Times are milliseconds. */
export interface Drawn {
  readonly process?: number;
  readonly f: string;
  readonly value: unknown;
  readonly from: number;
  /** Absent: never completed. */
  readonly to?: number;
  /** `ok` unless told. */
  readonly type?: 'ok' | 'fail' | 'info';
  /** What the completion shows, where it differs from the invocation. */
  readonly result?: unknown;
  readonly version?: number;
  readonly zxid?: number;
  readonly session?: string;
  readonly server?: number;
  readonly error?: string;
  readonly stat?: readonly number[];
}

/** The history of the drawn calls; a call without a process gets one of its own. */
export function draw(calls: readonly Drawn[], nemesis: readonly Noted[] = []): Operation[] {
  const entries: Omit<Operation, 'index'>[] = [];
  for (const [position, call] of calls.entries()) {
    const process = call.process ?? 100 + position;
    entries.push({ time: call.from * 1e6, process, type: 'invoke', f: call.f, value: call.value });
    if (call.to === undefined) continue;
    const { result, version, zxid, session, server, error, stat } = call;
    entries.push({
      time: call.to * 1e6,
      process,
      type: call.type ?? 'ok',
      f: call.f,
      value: result === undefined ? call.value : result,
      ...(version === undefined ? {} : { version }),
      ...(zxid === undefined ? {} : { zxid }),
      ...(session === undefined ? {} : { session }),
      ...(server === undefined ? {} : { server }),
      ...(error === undefined ? {} : { error }),
      ...(stat === undefined ? {} : { stat }),
    });
  }
  for (const { at, f, value } of nemesis) {
    entries.push({ time: at * 1e6, process: 'nemesis', type: 'info', f, value: value ?? null });
  }
  // The sort is stable: of equal times, a process keeps the order in which it was drawn.
  return entries.sort((a, b) => a.time - b.time).map((entry, index) => ({ index, ...entry }));
}

export interface Noted {
  readonly at: number;
  readonly f: string;
  readonly value?: unknown;
}

export const path = '/register/1';

export function write(value: number, more: Omit<Drawn, 'f' | 'value'>): Drawn {
  return { f: 'write', value: [path, value], ...more };
}

export function cas(pair: { version: number; value: number }, more: Omit<Drawn, 'f' | 'value'>): Drawn {
  return {
    f: 'cas',
    value: [path, pair],
    ...((more.type ?? 'ok') === 'ok' ? { result: [path, pair.value], version: pair.version + 1 } : {}),
    ...more,
  };
}

export function syncRead(value: number, more: Omit<Drawn, 'f' | 'value'>): Drawn {
  return { f: 'sync-read', value: [path, null], result: [path, value], server: 1, ...more };
}

export function read(value: number, more: Omit<Drawn, 'f' | 'value'>): Drawn {
  return { f: 'read', value: [path, null], result: [path, value], server: 1, ...more };
}

export function add(element: number, more: Omit<Drawn, 'f' | 'value'>): Drawn {
  return { f: 'add', value: ['/set', element], ...more };
}

export function finalSet(server: number, elements: readonly number[], from = 1000): Drawn {
  return { f: 'final-read', value: ['/set', null], result: ['/set', elements], server, from, to: from + 5 };
}

export function finalRegister(server: number, value: number, version: number, from = 1000): Drawn {
  return { f: 'final-read', value: [path, null], result: [path, value], version, server, from, to: from + 5 };
}

/** Servers 1 to 3, all with a quorum sync; ten seconds to recover. */
export function contextOf(changes: Partial<CheckContext> = {}): CheckContext {
  return {
    budget: { timeMs: 5000, memoryBytes: 256 * 1024 * 1024 },
    nowMs: () => performance.now(),
    quorumSyncServers: new Set([1, 2, 3]),
    recoveryBoundMs: 10_000,
    servers: [1, 2, 3],
    ...changes,
  };
}
