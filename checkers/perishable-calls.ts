// The calls of the container-ttl workload, by the znode that they are about. No path is used twice and no client
// deletes such a znode, so where one that was acknowledged is not there any more, the server has removed it.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';
import { timeOf } from './describe.ts';
import { pathOf, valueOf } from './register-calls.ts';

export const perishableFunctions = [
  'container-create',
  'ttl-create',
  'ttl-write',
  'child-create',
  'child-delete',
  'perishable-look',
  'final-perishables',
] as const;

/** A container, or a znode with a time to live, whose create was acknowledged. */
export interface Perishable {
  readonly path: string;
  readonly kind: 'container' | 'ttl';
  /** Milliseconds; null for a container. */
  readonly ttlMs: number | null;
  readonly zxid: number;
  readonly created: Call;
  /** Acknowledged writes of its data. */
  readonly writes: Call[];
  readonly children: Map<string, Child>;
  /** Looks that found it. */
  readonly presences: Call[];
  /** The first that did not, on a server that had its create. */
  absence: Call | null;
}

export interface Child {
  /** Acknowledged; null while only creates in doubt are known. */
  created: Call | null;
  /** Of the first create that was not refused for certain, nanoseconds. */
  askedFrom: number;
  /** Of the first delete that was not refused for certain; Infinity: nobody asked. */
  deletedFrom: number;
}

export interface PerishableHistory {
  readonly perishables: readonly Perishable[];
  /** Creates that the server refused because it knows no times to live. */
  readonly refusedTtls: number;
}

export function perishableHistoryOf(history: readonly Operation[]): PerishableHistory {
  const calls = pairOperations(history);
  const perishables = new Map<string, Perishable>();
  let refusedTtls = 0;
  for (const call of calls) {
    const found = perishableOf(call);
    if (found === 'refused') refusedTtls++;
    else if (found !== null) perishables.set(found.path, found);
  }
  for (const call of calls) {
    const perishable = perishables.get(pathOf(call.invocation) ?? '');
    if (perishable !== undefined) take(perishable, call);
    if (call.f === 'final-perishables' && call.outcome === 'ok') takeList([...perishables.values()], call);
  }
  return { perishables: [...perishables.values()], refusedTtls };
}

/** The children that were acknowledged, and that nobody had asked to delete before `time`. */
export function sureChildren({ children }: Perishable, time: number): [name: string, created: Call][] {
  return [...children].flatMap(([name, { created, deletedFrom }]): [string, Call][] =>
    created !== null && deletedFrom >= time ? [[name, created]] : [],
  );
}

function perishableOf(call: Call): Perishable | 'refused' | null {
  const { f, outcome, completion } = call;
  if ((f !== 'container-create' && f !== 'ttl-create') || outcome !== 'ok' || completion === null)
    return null;
  const value = valueOf(completion);
  const details = typeof value === 'object' && value !== null ? value : {};
  if ('isRefused' in details) return 'refused';
  return {
    path: pathOf(completion) ?? '',
    kind: f === 'ttl-create' ? 'ttl' : 'container',
    ttlMs: 'ttlMs' in details ? Number(details.ttlMs) : null,
    zxid: completion.zxid ?? 0,
    created: call,
    writes: [],
    children: new Map(),
    presences: [],
    absence: null,
  };
}

function take(perishable: Perishable, call: Call): void {
  const { f, outcome, completion, invocation } = call;
  if (outcome === 'fail') return;
  switch (f) {
    case 'ttl-write':
      if (outcome === 'ok') perishable.writes.push(call);
      return;
    case 'child-create': {
      const child = childOf(perishable, String(valueOf(invocation)));
      child.askedFrom = Math.min(child.askedFrom, invocation.time);
      if (outcome === 'ok') child.created = call;
      return;
    }
    case 'child-delete': {
      const child = childOf(perishable, String(valueOf(invocation)));
      child.deletedFrom = Math.min(child.deletedFrom, invocation.time);
      return;
    }
    case 'perishable-look':
      if (outcome === 'ok' && completion !== null) noteLook(perishable, call, valueOf(completion) !== null);
      return;
    default:
  }
}

function takeList(perishables: readonly Perishable[], call: Call): void {
  const names = new Set(call.completion === null ? [] : (valueOf(call.completion) as readonly string[]));
  for (const perishable of perishables) {
    noteLook(perishable, call, names.has(perishable.path.slice(perishable.path.lastIndexOf('/') + 1)));
  }
}

/** A server that lags behind its create does not show it either; the zxid of a reply is no later than its state. */
function noteLook(perishable: Perishable, call: Call, isThere: boolean): void {
  if (isThere) {
    perishable.presences.push(call);
    return;
  }
  if ((call.completion?.zxid ?? 0) < perishable.zxid) return;
  const { absence } = perishable;
  if (absence === null || timeOf(call) < timeOf(absence)) perishable.absence = call;
}

function childOf({ children }: Perishable, name: string): Child {
  const present = children.get(name);
  if (present !== undefined) return present;
  const child: Child = { created: null, askedFrom: Infinity, deletedFrom: Infinity };
  children.set(name, child);
  return child;
}
