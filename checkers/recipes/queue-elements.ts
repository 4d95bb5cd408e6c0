// The calls of the queue workload, by queue: what was offered and got which number, what was taken, and what lists
// showed. A list is complete as of its parent's last change of children.

import type { Call } from '../../harness/history/pairing.ts';
import { pathOf, valueOf } from '../register-calls.ts';

export interface Element {
  readonly id: number;
  /** An offer in doubt has the name that it is seen under, if it is. */
  readonly name: string | null;
  readonly offer: Call;
  readonly outcome: Call['outcome'];
  /** Of its create; 0 where there was no reply. */
  readonly czxid: number;
}

export interface Take {
  readonly name: string;
  readonly call: Call;
  /** Null: in doubt. */
  readonly zxid: number | null;
  /** What was read right before; null where that reply was lost. */
  readonly id: number | null;
}

export interface QueueList {
  readonly call: Call;
  readonly names: readonly string[];
  readonly at: number;
  readonly isFinal: boolean;
}

export interface QueueCalls {
  readonly parent: string;
  readonly elements: readonly Element[];
  /** Those that took place, and those in doubt. */
  readonly takes: readonly Take[];
  readonly lists: readonly QueueList[];
}

export const queueFunctions = ['offer', 'take', 'queue-list', 'final-queue'] as const;

export function queuesOf(calls: readonly Call[]): QueueCalls[] {
  const byParent = Map.groupBy(calls, ({ invocation }) => pathOf(invocation) ?? '');
  return [...byParent].map(([parent, own]) => ({
    parent,
    elements: own.flatMap((call) => (call.f === 'offer' ? [elementOf(call)] : [])),
    takes: own.flatMap((call) => (call.f === 'take' && call.outcome !== 'fail' ? [takeOf(call)] : [])),
    lists: own.flatMap(listsOf),
  }));
}

/** `e17-0000000004` is number 4. */
export function numberOfName(name: string): number {
  return Number(name.slice(-10));
}

/** `e17-0000000004` has id 17; null for what is no element's name. */
export function idOfName(name: string): number | null {
  const id = /^e(\d+)-\d{10}$/.exec(name)?.[1];
  return id === undefined ? null : Number(id);
}

function elementOf(call: Call): Element {
  const { outcome, completion, invocation } = call;
  const name = outcome === 'ok' ? recordIn(call)['name'] : null;
  return {
    id: Number(valueOf(invocation)),
    name: typeof name === 'string' ? name : null,
    offer: call,
    outcome,
    czxid: outcome === 'ok' ? (completion?.zxid ?? 0) : 0,
  };
}

function takeOf(call: Call): Take {
  const id = recordIn(call)['id'];
  return {
    name: String(valueOf(call.invocation)),
    call,
    zxid: call.outcome === 'ok' ? (call.completion?.zxid ?? null) : null,
    id: call.outcome === 'ok' && typeof id === 'number' ? id : null,
  };
}

function listsOf(call: Call): QueueList[] {
  const isFinal = call.f === 'final-queue';
  if (call.outcome !== 'ok' || (!isFinal && call.f !== 'queue-list')) return [];
  const { names, at } = recordIn(call);
  if (!Array.isArray(names) || typeof at !== 'number') return [];
  return [{ call, names: names.map(String), at, isFinal }];
}

function recordIn({ completion }: Call): Readonly<Record<string, unknown>> {
  const value = completion === null ? null : valueOf(completion);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
