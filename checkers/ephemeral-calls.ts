// The calls of the workloads about ephemerals and locks, by what they mean: an ephemeral comes to be, is looked at,
// is deleted, its session ends. Sessions have one id each for ever, so an owner says whose an ephemeral is.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';
import { timeOf } from './describe.ts';
import { KeptEntries } from './kept-entries.ts';
import { pathOf, valueOf } from './register-calls.ts';
import type { CheckBudget, CheckContext, GuaranteeResult, Judge } from './verdict.ts';

const createFunctions: ReadonlySet<string> = new Set(['ephemeral-create', 'acquire']);
const deleteFunctions: ReadonlySet<string> = new Set([
  'ephemeral-delete',
  'ephemeral-remove',
  'release',
  'break',
]);
/** A session looks at what it created itself. */
const ownLookFunctions: ReadonlySet<string> = new Set(['ephemeral-look', 'lock-look']);
const syncLookFunctions: ReadonlySet<string> = new Set(['ephemeral-sync-peek', 'lock-sync-peek']);
const lookFunctions: ReadonlySet<string> = new Set([
  ...ownLookFunctions,
  ...syncLookFunctions,
  'ephemeral-peek',
  'lock-peek',
]);
const closeFunctions: ReadonlySet<string> = new Set(['session-close', 'session-close-create']);

/** An acknowledged create. */
export interface Ephemeral {
  readonly path: string;
  readonly session: string;
  readonly zxid: number;
  readonly call: Call;
}

/** What was there, and since which zxid. */
export interface Seen {
  readonly owner: string;
  readonly czxid: number;
}

export interface Look {
  readonly call: Call;
  readonly path: string;
  readonly session: string;
  /** Null: no such znode. */
  readonly seen: Seen | null;
  /** The highest zxid that the session had seen before: what the server showed is no older. */
  readonly notBeforeZxid: number;
  readonly isOwn: boolean;
  /** Behind a barrier, where the server's `sync` is one. */
  readonly isSynced: boolean;
}

/** A znode may be gone for this. */
export interface Deletion {
  readonly call: Call;
  /** Null: in doubt, so it takes place at any time after its invocation, or never. */
  readonly zxid: number | null;
}

export interface EphemeralHistory {
  readonly ephemerals: readonly Ephemeral[];
  /** By session, its last one. */
  readonly lastCreates: ReadonlyMap<string, Ephemeral>;
  readonly looks: readonly Look[];
  /** By path. */
  readonly deletions: ReadonlyMap<string, readonly Deletion[]>;
  /** Acknowledged closeSessions, by session. */
  readonly closes: ReadonlyMap<string, Call>;
  /** Sessions whose client was told that they are no more. */
  readonly expiries: readonly Call[];
  /** Sessions that were left to their pings for longer than their timeout. */
  readonly holds: readonly Call[];
  /** By session, when its client went on after it had been silent. */
  readonly wakes: ReadonlyMap<string, readonly Call[]>;
  readonly finalLists: readonly Call[];
  /** By session, its acknowledged calls that reached a server, in order. */
  readonly answers: ReadonlyMap<string, readonly Call[]>;
  /** Of all sessions that create ephemerals. */
  readonly longestTimeoutMs: number;
  /** Nanoseconds: the last time that anything was asked or answered before the final reads. */
  readonly lastActivity: number;
}

export function ephemeralHistoryOf({ kept, seenBefore }: EphemeralEntries): EphemeralHistory {
  const calls = pairOperations(kept);
  const ephemerals: Ephemeral[] = [];
  const looks: Look[] = [];
  const deletions = new Map<string, Deletion[]>();
  const closes = new Map<string, Call>();
  const expiries: Call[] = [];
  const holds: Call[] = [];
  const wakes = new Map<string, Call[]>();
  const finalLists: Call[] = [];
  const answers = new Map<string, Call[]>();
  let longestTimeoutMs = 0;
  let lastActivity = 0;
  for (const call of calls) {
    const { f, outcome, completion } = call;
    const path = pathOf(call.invocation);
    if (path === null) continue;
    if (f === 'final-ephemerals') {
      if (outcome === 'ok') finalLists.push(call);
      continue;
    }
    if (!isAboutEphemerals(f)) continue;
    lastActivity = Math.max(lastActivity, timeOf(call));
    if (deleteFunctions.has(f) && outcome !== 'fail') {
      const zxid = outcome === 'ok' ? (completion?.zxid ?? null) : null;
      append(deletions, path, { call, zxid });
    }
    const session = completion?.session;
    if (outcome !== 'ok' || completion === null || session === undefined) continue;
    const { zxid } = completion;
    if (zxid !== undefined) append(answers, session, call);
    longestTimeoutMs = Math.max(longestTimeoutMs, timeoutOf(call));
    if (f === 'session-expired') expiries.push(call);
    if (f === 'session-hold') holds.push(call);
    if (f === 'session-wake') append(wakes, session, call);
    if (zxid === undefined) continue;
    if (createFunctions.has(f)) ephemerals.push({ path, session, zxid, call });
    if (closeFunctions.has(f)) closes.set(session, call);
    if (lookFunctions.has(f)) {
      looks.push({
        call,
        path,
        session,
        seen: seenIn(valueOf(completion)),
        notBeforeZxid: seenBefore.get(completion) ?? 0,
        isOwn: ownLookFunctions.has(f),
        isSynced: syncLookFunctions.has(f),
      });
    }
  }
  return {
    ephemerals,
    lastCreates: new Map(ephemerals.map((ephemeral) => [ephemeral.session, ephemeral])),
    looks,
    deletions,
    closes,
    expiries,
    holds,
    wakes,
    finalLists,
    answers,
    longestTimeoutMs,
    lastActivity,
  };
}

/**
 * Keeps what is about ephemerals, and the faults. A session has one request at a time, and what a reply to any of
 * them showed it is shown by every later one; so of the others it remembers their zxids.
 */
export class EphemeralEntries {
  readonly #kept: KeptEntries;
  /** By completion of a look: the highest zxid of its session's earlier replies. */
  readonly seenBefore = new Map<Operation, number>();
  readonly #highest = new Map<string, number>();

  constructor(budget: CheckBudget) {
    this.#kept = new KeptEntries(budget);
  }

  get kept(): readonly Operation[] {
    return this.#kept.entries;
  }

  conclude(result: GuaranteeResult): GuaranteeResult {
    return this.#kept.conclude(result);
  }

  take(operation: Operation): void {
    const { f, session, zxid, type, process } = operation;
    const isOfNemesis = process === 'nemesis';
    if (isOfNemesis || isAboutEphemerals(f) || f === 'final-ephemerals') this.#kept.push(operation);
    if (isOfNemesis || type === 'invoke' || session === undefined) return;
    const seen = this.#highest.get(session) ?? 0;
    if (lookFunctions.has(f)) this.seenBefore.set(operation, seen);
    if (zxid !== undefined && zxid > seen) this.#highest.set(session, zxid);
  }
}

/** A judge that concludes from these entries. */
export function ephemeralJudge(
  { budget }: CheckContext,
  conclude: (entries: EphemeralEntries) => GuaranteeResult,
): Judge {
  const entries = new EphemeralEntries(budget);
  return {
    concerns: () => true,
    take: (operation) => entries.take(operation),
    conclude: () => entries.conclude(conclude(entries)),
  };
}

/** Of a call that says what its session was granted; 0 for others. */
export function timeoutOf({ completion }: Call): number {
  const value = completion === null ? null : valueOf(completion);
  return typeof value === 'object' && value !== null && 'timeoutMs' in value ? Number(value.timeoutMs) : 0;
}

/** Whether a session that was left to its pings was over in the end. */
export function hasLapsed({ completion }: Call): boolean {
  const value = completion === null ? null : valueOf(completion);
  return typeof value === 'object' && value !== null && 'isExpired' in value && value.isExpired === true;
}

/** Names in a final list, with what was there. */
export function listedIn({ completion }: Call): readonly (readonly [name: string, seen: Seen])[] {
  const value = completion === null ? null : valueOf(completion);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, entry]) => {
    const seen = seenIn(entry);
    return seen === null ? [] : [[name, seen] as const];
  });
}

/** Whether the ephemeral can have been deleted by somebody's request before `until`, nanoseconds. */
export function mayBeDeleted(
  { path, zxid }: Ephemeral,
  deletions: ReadonlyMap<string, readonly Deletion[]>,
  until: { readonly time: number; readonly zxid?: number },
): boolean {
  return (deletions.get(path) ?? []).some((deletion) => {
    if (deletion.call.invocation.time >= until.time) return false;
    if (deletion.zxid === null) return true;
    return deletion.zxid > zxid && deletion.zxid < (until.zxid ?? Infinity);
  });
}

function isAboutEphemerals(f: string): boolean {
  return createFunctions.has(f) || deleteFunctions.has(f) || lookFunctions.has(f) || f.startsWith('session-');
}

function seenIn(value: unknown): Seen | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!('owner' in value) || !('czxid' in value)) return null;
  return { owner: String(value.owner), czxid: Number(value.czxid) };
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
