// What a history of the watch workload tells: which changes there were and in which order, which there may have
// been, and what each session received, in the order of arrival. A completion carries what its session received
// since the last one that was recorded; what an expired session received last is not there.

import { pairOperations } from '../../harness/history/pairing.ts';
import type { Call } from '../../harness/history/pairing.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { parentOf } from './armed-watches.ts';

export type WatchEventType = 'created' | 'deleted' | 'dataChanged' | 'childrenChanged';

/** A reply. `zxid` is its header's; czxid and mzxid are of the Stat in it, if there was one. */
export interface ReplyEntry {
  readonly got: 'reply';
  readonly op: string;
  readonly zxid: number;
  readonly path?: string;
  readonly czxid?: number;
  readonly mzxid?: number;
}

export interface EventEntry {
  readonly got: 'event';
  readonly event: WatchEventType;
  readonly path: string;
}

/** Stands behind the reply that armed it. */
export interface ArmEntry {
  readonly got: 'watch';
  readonly arms: 'data' | 'exist' | 'child' | 'persistent' | 'recursive';
  readonly path: string;
}

/** The highest zxid that was seen before the connection was lost, or the one as of which watches are restored. */
interface ConnectionEntry {
  readonly got: 'lost' | 'restored';
  readonly zxid: number;
}

export type JournalEntry =
  ReplyEntry | EventEntry | ArmEntry | ConnectionEntry | { readonly got: 'attached' };

export interface WatchStep {
  readonly op: 'get' | 'exists' | 'children' | 'add-watch' | 'set' | 'create' | 'delete' | 'multi';
  readonly path: string;
  /** For reads: a one-shot watch is asked for. */
  readonly watch?: boolean;
  readonly mode?: 'persistent' | 'recursive';
  readonly value?: number;
  readonly version?: number;
  /** Of a multi. */
  readonly changes?: readonly WatchStep[];
}

export interface WatchAnswer extends WatchStep {
  readonly zxid?: number;
  /** `refused` is certain, `lost` is in doubt. */
  readonly failure?: 'refused' | 'lost';
}

export interface WatchOutcome {
  readonly answers: readonly WatchAnswer[];
  readonly journal: readonly JournalEntry[];
}

/** One change of one znode; its parent's children change with it where it comes or goes. */
export interface KnownChange {
  readonly zxid: number;
  readonly event: Exclude<WatchEventType, 'childrenChanged'>;
  readonly path: string;
  /** Only a Stat tells of it, so its place within its transaction is not known. */
  readonly isWitnessed: boolean;
  readonly operation: Operation;
}

export interface Received {
  readonly entry: JournalEntry;
  readonly operation: Operation;
}

export interface WatchHistory {
  /** By zxid, those of one multi in its order. */
  readonly changes: readonly KnownChange[];
  /** `created /watch/0`: what may have happened, at any time, without anybody knowing. */
  readonly undecided: ReadonlySet<string>;
  readonly sessions: ReadonlyMap<string, readonly Received[]>;
}

export function watchHistoryOf(history: readonly Operation[]): WatchHistory {
  const calls = pairOperations(history).filter(({ f }) => f === 'watch');
  const changes: KnownChange[] = [];
  const undecided = new Set<string>();
  for (const call of calls) {
    for (const answer of answersOf(call)) {
      for (const change of changesOf(answer)) {
        if (answer.failure === 'lost') addUndecided(undecided, change);
        else if (answer.failure === undefined && answer.zxid !== undefined) {
          const operation = call.completion ?? call.invocation;
          changes.push({ ...change, zxid: answer.zxid, isWitnessed: false, operation });
        }
      }
    }
  }
  const sessions = sessionsOf(history);
  changes.push(...witnessedChanges(sessions, new Set(changes.map(keyOf))));
  // The sort is stable, so the operations of a multi keep their order.
  changes.sort((one, other) => one.zxid - other.zxid);
  return { changes, undecided, sessions };
}

export function undecidedKey(event: WatchEventType, path: string): string {
  return `${event} ${path}`;
}

function answersOf(call: Call): readonly WatchAnswer[] {
  if (call.outcome === 'ok' && call.completion !== null) return outcomeOf(call.completion).answers;
  const failure = call.outcome === 'fail' ? 'refused' : 'lost';
  const [, steps] = call.invocation.value as [string, readonly WatchStep[]];
  return steps.map((step) => ({ ...step, failure }));
}

function outcomeOf(completion: Operation): WatchOutcome {
  return (completion.value as [string, WatchOutcome])[1];
}

function changesOf(step: WatchStep): Pick<KnownChange, 'event' | 'path'>[] {
  switch (step.op) {
    case 'set':
      return [{ event: 'dataChanged', path: step.path }];
    case 'create':
      return [{ event: 'created', path: step.path }];
    case 'delete':
      return [{ event: 'deleted', path: step.path }];
    case 'multi':
      return (step.changes ?? []).flatMap(changesOf);
    case 'get':
    case 'exists':
    case 'children':
    case 'add-watch':
      return [];
  }
}

function addUndecided(undecided: Set<string>, { event, path }: Pick<KnownChange, 'event' | 'path'>): void {
  undecided.add(undecidedKey(event, path));
  if (event !== 'dataChanged') undecided.add(undecidedKey('childrenChanged', parentOf(path)));
}

function sessionsOf(history: readonly Operation[]): ReadonlyMap<string, readonly Received[]> {
  const sessions = new Map<string, Received[]>();
  for (const operation of history) {
    if (operation.f !== 'watch' || operation.type !== 'ok' || operation.session === undefined) continue;
    const received = sessions.get(operation.session) ?? [];
    sessions.set(operation.session, received);
    for (const entry of outcomeOf(operation).journal) received.push({ entry, operation });
  }
  return sessions;
}

/** A Stat that somebody saw proves a write whose own reply was lost. */
function witnessedChanges(
  sessions: ReadonlyMap<string, readonly Received[]>,
  known: Set<string>,
): KnownChange[] {
  const found: KnownChange[] = [];
  const add = (change: KnownChange): void => {
    if (known.has(keyOf(change))) return;
    known.add(keyOf(change));
    found.push(change);
  };
  for (const received of sessions.values()) {
    for (const { entry, operation } of received) {
      if (entry.got !== 'reply' || entry.path === undefined) continue;
      const { czxid, mzxid, path } = entry;
      if (czxid === undefined || mzxid === undefined) continue;
      const common = { path, isWitnessed: true, operation };
      add({ ...common, zxid: czxid, event: 'created' });
      if (mzxid !== czxid) add({ ...common, zxid: mzxid, event: 'dataChanged' });
    }
  }
  return found;
}

/** A znode that one multi creates and sets has one zxid for both: by its Stat it was created. */
function keyOf({ zxid, path }: Pick<KnownChange, 'zxid' | 'path'>): string {
  return `${zxid} ${path}`;
}
