// The final reads: what every server said it holds after the recovery. They are what durability and agreement
// are judged by, so a server that is missing among them leaves both in doubt.

import type { Call } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';
import { pathOf, valueOf } from './register-calls.ts';
import { serversOf } from './describe.ts';

/** What one server holds under one path. */
export interface FinalRead {
  readonly server: number;
  readonly path: string;
  /** A list for a set, one value for a register. */
  readonly value: unknown;
  readonly version: number | null;
  readonly stat: readonly number[] | null;
  readonly operation: Operation;
}

/** Final reads that all servers must answer alike; those of other workloads than registers and sets have names of their own. */
const comparableFunctions: ReadonlySet<string> = new Set([
  'final-read',
  'final-children',
  'final-multi-read',
  'final-stat',
  'final-znode',
  'final-ephemerals',
  'final-places',
  'final-acl',
  'final-lists',
  'final-config',
  'final-counter',
  'final-barrier',
  'final-configuration',
  'final-members',
  'final-line',
  'final-queue',
  'final-rounds',
]);

export function isComparable(f: string): boolean {
  return comparableFunctions.has(f);
}

/** Those that are compared between servers, whatever they hold. */
export function comparableReadsOf(calls: readonly Call[]): Map<string, Map<number, FinalRead>> {
  return readsOf(calls.filter(({ f }) => isComparable(f)));
}

/** Of registers and sets. */
export function finalReadsOf(calls: readonly Call[]): Map<string, Map<number, FinalRead>> {
  return readsOf(calls.filter(({ f }) => f === 'final-read'));
}

/** By path and server. Of several reads of one server the last counts: it is the one after all waiting. */
function readsOf(calls: readonly Call[]): Map<string, Map<number, FinalRead>> {
  const reads = new Map<string, Map<number, FinalRead>>();
  for (const call of calls) {
    const path = pathOf(call.invocation);
    if (path === null) continue;
    const byServer = reads.get(path) ?? new Map<number, FinalRead>();
    reads.set(path, byServer);
    const server = call.completion?.server ?? call.invocation.server;
    if (call.outcome !== 'ok' || call.completion === null || server === undefined) continue;
    byServer.set(server, {
      server,
      path,
      value: valueOf(call.completion),
      version: call.completion.version ?? null,
      stat: call.completion.stat ?? null,
      operation: call.completion,
    });
  }
  return reads;
}

/** The same for the final reads of one name. */
export function missingFinalReads(calls: readonly Call[], f: string, servers: readonly number[]): string[] {
  return missingReads(readsOf(calls.filter((call) => call.f === f)), servers);
}

/** One sentence for each path that some server did not answer for. */
export function missingReads(
  reads: ReadonlyMap<string, ReadonlyMap<number, FinalRead>>,
  servers: readonly number[],
): string[] {
  return [...reads].flatMap(([path, byServer]) => {
    const missing = servers.filter((server) => !byServer.has(server));
    return missing.length === 0 ? [] : [`no final read of ${path} from ${serversOf(missing)}`];
  });
}
