// Judges a history against a model, key by key, each by its own search. This is `ordeal check --model`, and the
// search behind the guarantee `linearizable-writes`.

import type { Operation } from '../../harness/history/operation.ts';
import type { Call } from '../../harness/history/pairing.ts';
import { pairOperations } from '../../harness/history/pairing.ts';
import { restoreOperations } from '../conclude.ts';
import { countOf, listOf } from '../describe.ts';
import type { AnyModel, Model } from '../models/model.ts';
import { wholeOf } from '../models/whole.ts';
import type { Evidence, Verdict } from '../verdict.ts';
import { explainBlocked, stateBlocked } from './evidence.ts';
import { partitionByKey } from './partition.ts';
import type { SearchBudget, SearchCall, SearchResult } from './search.ts';
import { searchLinearization } from './search.ts';
import type { Violation } from './violation.ts';
import { explainViolation } from './violation.ts';

export interface HistoryVerdict {
  readonly verdict: Extract<Verdict, 'pass' | 'violated' | 'inconclusive'>;
  /** Calls that were judged; definite failures and lost reads are not. */
  readonly operations: number;
  readonly keys: number;
  readonly reason?: string;
  readonly evidence: readonly Evidence[];
}

/** What is known of one key; plain data, so that it can come from another thread. */
export interface KeyVerdict {
  readonly verdict: HistoryVerdict['verdict'];
  readonly subject: string;
  readonly operations: number;
  readonly evidence: Evidence | null;
  /** What ran out, and how many of the operations have an order so far. */
  readonly ranOut?: 'time' | 'memory';
  readonly ordered?: number;
}

/** Throws HistoryError for what is no history and ModelError for a call that the model does not know. */
export function checkHistory(
  history: readonly Operation[],
  model: AnyModel,
  limits: SearchBudget,
): HistoryVerdict {
  const keyed = splitHistory(history, model);
  const started = limits.nowMs();
  const verdicts = keyed.subjects.map((_, index) => {
    const left = Math.max(0, limits.timeMs - (limits.nowMs() - started));
    return keyed.check(index, { ...limits, timeMs: left / (keyed.subjects.length - index) });
  });
  return concludeKeys(verdicts);
}

/** A history made ready to be judged key by key, in any order. */
export interface KeyedHistory {
  readonly subjects: readonly string[];
  /** `found` hears of a violation before its explanation is looked for, which may be cut short. */
  check(index: number, limits: SearchBudget, found?: (violated: KeyVerdict) => void): KeyVerdict;
  /** The verdict alone, without a word of why; for measurements. */
  search(index: number, limits: SearchBudget): SearchResult<unknown>;
}

export function splitHistory(
  history: readonly Operation[],
  named: AnyModel,
  { isDivided = true }: { readonly isDivided?: boolean } = {},
): KeyedHistory {
  const model = isDivided || named.keyOf === undefined ? named : (wholeOf(named) as unknown as AnyModel);
  const calls = pairOperations(history).filter((call) => call.outcome !== 'fail');
  const parts = [...partitionByKey(calls, model)];
  // Formats without a clock number their entries instead.
  const isTimed = history.some((operation) => operation.time !== operation.index);
  return {
    subjects: parts.map(([subject]) => subject),
    search(index, limits) {
      const [, part] = parts[index] as [string, Call[]];
      return searchLinearization(model, readCalls(model, part).searched, limits);
    },
    check(index, limits, found = () => {}) {
      const [subject, part] = parts[index] as [string, Call[]];
      const searched = searchCalls(model, part, limits, (blocked, judged) => {
        const unexplained = restoreOperations(stateBlocked(subject, blocked), history);
        found({ verdict: 'violated', subject, operations: judged.length, evidence: unexplained });
      });
      const { result } = searched;
      const operations = searched.calls.length;
      if (result.type === 'linearizable') return { verdict: 'pass', subject, operations, evidence: null };
      if (result.type === 'unknown') {
        const ordered = result.prefix.length;
        const { ranOut } = result;
        return { verdict: 'inconclusive', subject, operations, evidence: null, ranOut, ordered };
      }
      const explained = explainBlocked(model, result, searched.calls, { subject, isTimed });
      const evidence = restoreOperations(explained, history);
      return { verdict: 'violated', subject, operations, evidence };
    },
  };
}

/** The verdict of the whole: a violation of one key outranks doubt about others. */
export function concludeKeys(keys: readonly KeyVerdict[]): HistoryVerdict {
  const operations = keys.reduce((sum, key) => sum + key.operations, 0);
  const evidence = keys.flatMap((key) => key.evidence ?? []);
  const known = { operations, keys: keys.length, evidence };
  if (evidence.length > 0) return { verdict: 'violated', ...known };
  const doubts = keys.filter(({ verdict }) => verdict === 'inconclusive');
  if (doubts.length === 0) return { verdict: 'pass', ...known };
  const each = doubts.slice(0, mostDoubtsTold).map(describeDoubt);
  const more = doubts.length > each.length ? [`${doubts.length - each.length} keys more`] : [];
  const proven =
    keys.length > 1 ? `; ${countOf(keys.length - doubts.length, 'key')} of ${keys.length} proven` : '';
  return {
    verdict: 'inconclusive',
    reason: `the search ran out of ${listOf([...each, ...more])}${proven}`,
    ...known,
  };
}

const mostDoubtsTold = 5;

function describeDoubt({ subject, ranOut, ordered, operations }: KeyVerdict): string {
  return `${ranOut ?? 'time'} for ${subject} (the first ${ordered ?? 0} of ${operations} operations have an order)`;
}

/** A violation deserves its words even when the search used its time up; they are bounded by steps as well. */
const leastTimeToExplainMs = 2000;

/** Searches the calls of one object. Definite failures must have been left out. */
export function searchCalls<State, Action>(
  model: Model<State, Action>,
  calls: readonly Call[],
  limits: SearchBudget,
  found: (blocked: Call, judged: readonly Call[]) => void = () => {},
): SearchedCalls<State> {
  const started = limits.nowMs();
  const { judged, searched } = readCalls(model, calls);
  const result = searchLinearization(model, searched, limits);
  if (result.type !== 'not-linearizable') return { result, calls: judged };
  found(judged[result.blocked] as Call, judged);
  const timeMs = Math.max(leastTimeToExplainMs, limits.timeMs - (limits.nowMs() - started));
  const violation = explainViolation(model, searched, result, { ...limits, timeMs });
  return { result: violation ?? { ...result, type: 'unknown', ranOut: 'memory' }, calls: judged };
}

function readCalls<State, Action>(
  model: Model<State, Action>,
  calls: readonly Call[],
): { readonly judged: Call[]; readonly searched: SearchCall<Action>[] } {
  const judged: Call[] = [];
  const searched: SearchCall<Action>[] = [];
  for (const call of calls) {
    const action = model.action(call);
    if (action === null) continue;
    judged.push(call);
    searched.push({ ...intervalOf(call), action });
  }
  return { judged, searched };
}

/** The result names calls by their position in `calls`. */
export interface SearchedCalls<State> {
  readonly result: Exclude<SearchResult<State>, { type: 'not-linearizable' }> | Violation<State>;
  readonly calls: readonly Call[];
}

/**
 * A lost reply leaves the call in doubt, so its interval ends at infinity: ending it at the time-out would
 * let the search order a later read before a write that did happen.
 */
function intervalOf(call: Call): { readonly start: number; readonly end: number } {
  const isDefinite = call.outcome === 'ok' && call.completion !== null;
  return { start: call.invocation.time, end: isDefinite ? call.completion.time : Infinity };
}
