// What a space-time diagram shows of a failed run: the stretch of time that leads to the violation, and in it the
// messages, disk marks and roles that bear on it. A minute of a run has tens of thousands of messages; those that
// carry what the evidence speaks of come first, then synchronization, then the nearest of the rest.

import type { Evidence, GuaranteeResult } from '../../checkers/verdict.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { ServerMessage } from '../../harness/history/server-message.ts';
import type { TraceEvent } from '../../harness/history/trace-event.ts';
import type { RunResult } from '../../harness/run/run-result.ts';

/** As `space-time.json` keeps it. */
export interface SpaceTime {
  readonly guarantee: string;
  readonly sentence: string;
  readonly fromNs: number;
  /** When the offending operation ended, or the offending event was reported. */
  readonly momentNs: number;
  readonly servers: readonly number[];
  /** Transactions that the evidence speaks of. */
  readonly zxids: readonly number[];
  readonly messages: readonly ServerMessage[];
  readonly marks: readonly Mark[];
  readonly roles: readonly Role[];
  /** Messages of that time which are not drawn; votes and pings are not among them. */
  readonly omittedCount: number;
}

/** Something that a server did by itself. */
export interface Mark {
  readonly kind: string;
  readonly sid: number;
  readonly zxid: number | null;
  readonly timeNs: number;
}

export interface Role {
  readonly sid: number;
  readonly name: string;
  readonly fromNs: number;
  readonly toNs: number;
}

const leadNs = 20e6;
const mostZxids = 4;
const mostFocused = 90;
const mostSynchronizing = 40;
const mostOthers = 24;
const mostMarks = 120;

const synchronizing: ReadonlySet<string> = new Set(['NEWLEADER', 'DIFF', 'TRUNC', 'SNAP', 'UPTODATE']);
const ofTransactions: ReadonlySet<string> = new Set(['PROPOSAL', 'ACK', 'COMMIT', 'INFORM']);
const marksOfTransactions: ReadonlySet<string> = new Set(['APPEND', 'APPLY', 'COMMIT_DECIDE']);
const marksOfTheirOwn: ReadonlySet<string> = new Set(['TRUNC', 'SNAP_INSTALL', 'LOAD', 'ACTIVATE']);

/** Null when nothing fell that has a moment. */
export function makeSpaceTime(given: {
  readonly result: RunResult;
  readonly history: readonly Operation[];
  readonly trace: readonly TraceEvent[];
  readonly messages: readonly ServerMessage[];
}): SpaceTime | null {
  const { result, history, trace, messages } = given;
  const guarantee = chooseGuarantee(result);
  const evidence = guarantee?.evidence[0];
  if (guarantee === undefined || evidence === undefined) return null;
  const momentNs = momentOf(evidence) ?? history.at(-1)?.time ?? 0;
  const fromNs = Math.max(0, beginningOf({ result, history, evidence, momentNs }) - leadNs);
  const isShown = (timeNs: number): boolean => timeNs >= fromNs && timeNs <= momentNs;
  const zxids = focusOf(result, evidence);
  const sent = messages.filter(({ sentNs, kind }) => isShown(sentNs) && kind !== 'VOTE' && kind !== 'INFORM');
  const chosen = chooseMessages(sent, { zxids, momentNs });
  return {
    guarantee: guarantee.title,
    sentence: `${evidence.subject}: ${evidence.sentence}`,
    fromNs,
    momentNs,
    servers: Array.from(
      { length: result.options.servers + result.options.observers },
      (_, index) => index + 1,
    ),
    zxids: [...zxids],
    messages: chosen,
    marks: chooseMarks(trace, zxids, isShown),
    roles: rolesOf(trace, { fromNs, toNs: momentNs }),
    omittedCount: sent.length - chosen.length,
  };
}

/** The one that the run was shrunk for, else the first that a client can see. */
function chooseGuarantee({ guarantees, options }: RunResult): GuaranteeResult | undefined {
  const violated = guarantees.filter(({ verdict }) => verdict === 'violated');
  return (
    violated.find(({ name }) => name === options.script?.origin.guarantee) ??
    violated.find(({ evidence }) => (evidence[0]?.operations.length ?? 0) > 0) ??
    violated[0]
  );
}

function momentOf({ operations, details }: Evidence): number | null {
  return operations.at(-1)?.time ?? eventsOf(details).at(-1)?.time ?? null;
}

function eventsOf(details: Evidence['details']): readonly TraceEvent[] {
  const events = details?.['events'];
  return Array.isArray(events) ? (events as TraceEvent[]) : [];
}

/** Of a shrunk run its first operation or fault; else the last fault before the moment, or the evidence. */
function beginningOf(given: {
  readonly result: RunResult;
  readonly history: readonly Operation[];
  readonly evidence: Evidence;
  readonly momentNs: number;
}): number {
  const { result, history, evidence, momentNs } = given;
  const begins = result.faults.map(({ startNs }) => startNs).filter((startNs) => startNs < momentNs);
  if (result.options.script !== undefined) return Math.min(history[0]?.time ?? momentNs, ...begins, momentNs);
  const asked = evidence.operations.filter(({ f }) => !f.startsWith('final-')).map(({ time }) => time);
  return Math.min(begins.at(-1) ?? momentNs, ...asked, momentNs);
}

function focusOf(result: RunResult, evidence: Evidence): ReadonlySet<number> {
  const own = evidence.operations.filter(({ f }) => !f.includes('read')).flatMap(({ zxid }) => zxid ?? []);
  const seen = own.length > 0 ? own : eventsOf(evidence.details).flatMap(({ zxid }) => zxid ?? []);
  if (seen.length > 0) return new Set(seen.slice(0, mostZxids));
  // The evidence names none: what the servers' own reports show to be wrong comes nearest to it.
  const reported = result.guarantees
    .flatMap((guarantee) => guarantee.evidence)
    .flatMap(({ details }) => eventsOf(details))
    .flatMap(({ zxid }) => zxid ?? [])
    // The first transaction of an epoch marks its beginning, and is not one that a client made.
    .filter((zxid) => zxid % 2 ** 32 !== 0);
  return new Set(reported.slice(0, mostZxids));
}

function chooseMessages(
  sent: readonly ServerMessage[],
  { zxids, momentNs }: { readonly zxids: ReadonlySet<number>; readonly momentNs: number },
): ServerMessage[] {
  const focused = sent.filter(({ kind, zxid }) => zxids.has(zxid) && ofTransactions.has(kind));
  const isSynchronizing = ({ kind, zxid }: ServerMessage): boolean =>
    synchronizing.has(kind) || (kind === 'ACK' && zxid % 2 ** 32 === 0);
  const rest = sent.filter(
    (message) => ofTransactions.has(message.kind) && !zxids.has(message.zxid) && !isSynchronizing(message),
  );
  const nearest = rest.sort((a, b) => momentNs - a.sentNs - (momentNs - b.sentNs)).slice(0, mostOthers);
  const chosen = new Set([
    ...focused.slice(0, mostFocused),
    ...sent.filter(isSynchronizing).slice(-mostSynchronizing),
    ...nearest,
  ]);
  return sent.filter((message) => chosen.has(message));
}

function chooseMarks(
  trace: readonly TraceEvent[],
  zxids: ReadonlySet<number>,
  isShown: (timeNs: number) => boolean,
): Mark[] {
  const marks: Mark[] = [];
  const unsynced = new Map<number, Set<number>>();
  for (const event of trace) {
    const { event: kind, sid, time: timeNs, zxid = null } = event;
    if (!isShown(timeNs)) continue;
    if (kind === 'APPEND' && zxid !== null && zxids.has(zxid)) {
      const waiting = unsynced.get(sid) ?? new Set();
      unsynced.set(sid, waiting.add(zxid));
    }
    if (kind === 'FSYNC') {
      for (const waiting of unsynced.get(sid) ?? []) {
        if (waiting > (event.upTo ?? 0)) continue;
        unsynced.get(sid)?.delete(waiting);
        marks.push({ kind, sid, zxid: waiting, timeNs });
      }
    }
    const isOfTransaction = marksOfTransactions.has(kind) && zxid !== null && zxids.has(zxid);
    if (isOfTransaction || marksOfTheirOwn.has(kind)) marks.push({ kind, sid, zxid, timeNs });
  }
  return marks.slice(-mostMarks);
}

function rolesOf(
  trace: readonly TraceEvent[],
  { fromNs, toNs }: { readonly fromNs: number; readonly toNs: number },
): Role[] {
  const roles: Role[] = [];
  const open = new Map<number, Role>();
  for (const { event, sid, time, state } of trace) {
    const name = event === 'STATE' ? (state ?? '') : event === 'LOAD' ? 'starting' : null;
    if (name === null || time > toNs) continue;
    const before = open.get(sid);
    if (before !== undefined) roles.push({ ...before, toNs: time });
    open.set(sid, { sid, name, fromNs: time, toNs });
  }
  roles.push(...open.values());
  return roles
    .filter((role) => role.toNs > fromNs)
    .map((role) => ({ ...role, fromNs: Math.max(role.fromNs, fromNs) }));
}
