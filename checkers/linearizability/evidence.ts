// A violation in words: what could not follow, what was possible there, and the few calls that contradict each other.

import type { Call } from '../../harness/history/pairing.ts';
import { countOf, describeTime, operationsOf, orList, timeOf } from '../describe.ts';
import type { Model } from '../models/model.ts';
import type { Evidence } from '../verdict.ts';
import type { Violation } from './violation.ts';

const mostStatesTold = 5;

export function explainBlocked<State, Action>(
  model: Model<State, Action>,
  result: Violation<State>,
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
  const possible = describePossible(states, result.areAllStates);
  return {
    subject: options.subject,
    sentence: `${action} by process ${blocked.process} ${place}, where ${possible}${left}`,
    operations: [...(lastChange === undefined ? [] : operationsOf(lastChange)), ...operationsOf(blocked)],
    details: {
      possibleStates: states,
      longestLinearizablePrefix: countOf(result.prefix.length, 'operation'),
      prefixEndsWith: result.prefix
        .slice(-8)
        .map((position) => describeEntry(model, calls[position] as Call)),
      ...describeCore(model, result, calls, options.isTimed),
    },
  };
}

function describePossible(states: readonly string[], areAll: boolean): string {
  if (states.length === 0) return 'nothing that came before makes it possible';
  const isComplete = areAll && states.length <= mostStatesTold;
  const some = orList(states.slice(0, mostStatesTold));
  return isComplete ? `only ${some} is possible` : `${some} is possible, among others`;
}

/** What is known before any explanation. */
export function stateBlocked(subject: string, blocked: Call): Evidence {
  const sentence =
    `there is no order of the operations that the model allows; the longest found ends before ` +
    `${blocked.f} by process ${blocked.process}, entry ${blocked.invocation.index} (the explanation was cut short)`;
  return { subject, sentence, operations: operationsOf(blocked) };
}

/** Whatever became of the other calls, those of the core have no order: alone they fail as well. */
function describeCore<State, Action>(
  model: Model<State, Action>,
  { core }: Violation<State>,
  calls: readonly Call[],
  isTimed: boolean,
): { readonly contradiction?: readonly string[]; readonly minimalHistory?: readonly unknown[] } {
  if (core === null) return {};
  const kept = core.map((position) => calls[position] as Call);
  const entries = kept.flatMap(operationsOf);
  return {
    contradiction: kept.map((call) => `${describeEntry(model, call)}${spanOf(call, isTimed)}`),
    minimalHistory: entries
      .sort((one, other) => one.index - other.index)
      .map((operation, index) => ({ ...operation, index })),
  };
}

function spanOf({ process, invocation, completion }: Call, isTimed: boolean): string {
  const end = isTimed
    ? `${describeTime(invocation.time)} to ${completion === null ? 'the end' : describeTime(completion.time)}`
    : `to entry ${completion?.index ?? 'none'}`;
  return ` by process ${process}, ${end}`;
}

function describeEntry<State, Action>(model: Model<State, Action>, call: Call): string {
  return `entry ${call.invocation.index}: ${describeCall(model, call)}`;
}

function describeCall<State, Action>(model: Model<State, Action>, call: Call): string {
  const action = model.action(call);
  return action === null ? call.f : model.describeAction(action);
}

function isRead<State, Action>(model: Model<State, Action>, call: Call): boolean {
  const action = model.action(call);
  return action === null || model.isRead(action);
}
