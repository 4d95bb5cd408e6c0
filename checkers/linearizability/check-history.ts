// Judges a history against a model, key by key: an object is linearizable exactly when each of its independent
// keys is (Herlihy and Wing's locality), and small searches are the fast ones. This is `ordeal check`, and the
// search behind the guarantee `linearizable-writes`.

import type { Operation } from '../../harness/history/operation.ts';
import type { Call } from '../../harness/history/pairing.ts';
import { pairOperations } from '../../harness/history/pairing.ts';
import { restoreOperations } from '../conclude.ts';
import { countOf, describeTime, describeValue, listOf, orList, operationsOf, timeOf } from '../describe.ts';
import type { Evidence, Verdict } from '../verdict.ts';
import type { Model } from '../models/model.ts';
import type { AnyModel } from '../models/models.ts';
import type { SearchBudget, SearchCall, SearchResult } from './search.ts';
import { searchLinearization } from './search.ts';

export interface HistoryVerdict {
  readonly verdict: Extract<Verdict, 'pass' | 'violated' | 'inconclusive'>;
  /** Calls that were judged; definite failures and lost reads are not. */
  readonly operations: number;
  readonly keys: number;
  readonly reason?: string;
  readonly evidence: readonly Evidence[];
}

/** Throws HistoryError for what is no history and ModelError for a call that the model does not know. */
export function checkHistory(
  history: readonly Operation[],
  model: AnyModel,
  limits: SearchBudget,
): HistoryVerdict {
  const calls = pairOperations(history).filter((call) => call.outcome !== 'fail');
  const parts = partitionByKey(calls, model.name);
  // Formats without a clock number their entries instead.
  const isTimed = history.some((operation) => operation.time !== operation.index);
  const started = limits.nowMs();
  const evidence: Evidence[] = [];
  const unknown: string[] = [];
  let operations = 0;
  let remaining = parts.size;

  for (const [subject, part] of parts) {
    const timeMs = Math.max(0, limits.timeMs - (limits.nowMs() - started)) / remaining--;
    const searched = searchCalls(model, part, { ...limits, timeMs });
    operations += searched.calls.length;
    if (searched.result.type === 'not-linearizable') {
      const explained = explainBlocked(model, searched.result, searched.calls, { subject, isTimed });
      evidence.push(restoreOperations(explained, history));
    }
    if (searched.result.type === 'unknown') unknown.push(`${searched.result.ranOut} for ${subject}`);
  }

  if (evidence.length > 0) return { verdict: 'violated', operations, keys: parts.size, evidence };
  if (unknown.length > 0) {
    const reason = `the search ran out of ${listOf(unknown)}`;
    return { verdict: 'inconclusive', operations, keys: parts.size, reason, evidence };
  }
  return { verdict: 'pass', operations, keys: parts.size, evidence };
}

/** Searches the calls of one object. Definite failures must have been left out. */
export function searchCalls<State, Action>(
  model: Model<State, Action>,
  calls: readonly Call[],
  limits: SearchBudget,
): SearchedCalls<State> {
  const judged: Call[] = [];
  const searched: SearchCall<Action>[] = [];
  for (const call of calls) {
    const action = model.action(call);
    if (action === null) continue;
    judged.push(call);
    searched.push({ ...intervalOf(call), action });
  }
  return { result: searchLinearization(model, searched, limits), calls: judged };
}

/** The result names calls by their position in `calls`. */
export interface SearchedCalls<State> {
  readonly result: SearchResult<State>;
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

export function explainBlocked<State, Action>(
  model: Model<State, Action>,
  result: Extract<SearchResult<State>, { type: 'not-linearizable' }>,
  calls: readonly Call[],
  options: { readonly subject: string; readonly isTimed: boolean },
): Evidence {
  const blocked = calls[result.blocked] as Call;
  const states = result.states.map((state) => model.describeState(state));
  const action = describeCall(model, blocked);
  const place = options.isTimed
    ? `at ${describeTime(timeOf(blocked))}`
    : `in entry ${(blocked.completion ?? blocked.invocation).index}`;
  const lastChange = result.prefix
    .map((position) => calls[position] as Call)
    .findLast((call) => !isRead(model, call));
  const left =
    states.length === 1 && lastChange !== undefined
      ? `, left by ${describeCall(model, lastChange)} of process ${lastChange.process}`
      : '';
  return {
    subject: options.subject,
    sentence: `${action} by process ${blocked.process} ${place}, where only ${orList(states)} is possible${left}`,
    operations: [...(lastChange === undefined ? [] : operationsOf(lastChange)), ...operationsOf(blocked)],
    details: {
      possibleStates: states,
      longestLinearizablePrefix: countOf(result.prefix.length, 'operation'),
      prefixEndsWith: result.prefix
        .slice(-8)
        .map(
          (position) =>
            `entry ${calls[position]?.invocation.index}: ${describeCall(model, calls[position] as Call)}`,
        ),
    },
  };
}

function describeCall<State, Action>(model: Model<State, Action>, call: Call): string {
  const action = model.action(call);
  return action === null ? call.f : model.describeAction(action);
}

function isRead<State, Action>(model: Model<State, Action>, call: Call): boolean {
  const action = model.action(call);
  return action === null || model.isRead(action);
}

/** The calls of each key, without the key; one part alone when the values carry no keys. */
function partitionByKey(calls: readonly Call[], modelName: string): Map<string, Call[]> {
  if (!hasKeys(calls, modelName)) return new Map([[modelName, [...calls]]]);
  const parts = new Map<string, Call[]>();
  for (const call of calls) {
    const pair: unknown = call.invocation.value;
    const key = Array.isArray(pair) ? keyName(pair[0]) : describeValue(pair);
    const part = parts.get(key) ?? [];
    part.push(withoutKey(call));
    parts.set(key, part);
  }
  return parts;
}

function keyName(key: unknown): string {
  return typeof key === 'string' ? key : describeValue(key);
}

/**
 * Foreign histories do not say whether they have keys. A register holds no pairs, so a history in which every
 * write and every answered read is about a pair is one of several keys.
 */
function hasKeys(calls: readonly Call[], modelName: string): boolean {
  if (modelName === 'kv' || modelName === 'znode-register') return true;
  const values = calls.flatMap((call) => {
    if (call.f === 'write') return [call.invocation.value];
    return call.f === 'read' && call.outcome === 'ok' ? [call.completion?.value] : [];
  });
  return values.length > 0 && values.every((value) => Array.isArray(value) && value.length === 2);
}

function withoutKey(call: Call): Call {
  return {
    ...call,
    invocation: { ...call.invocation, value: secondOf(call.invocation.value) },
    completion:
      call.completion === null ? null : { ...call.completion, value: secondOf(call.completion.value) },
  };
}

function secondOf(pair: unknown): unknown {
  return Array.isArray(pair) && pair.length === 2 ? (pair as readonly unknown[])[1] : pair;
}
