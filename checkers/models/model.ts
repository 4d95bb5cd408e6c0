// What a sequential object does: the specification that a concurrent history is measured against. A model
// says how a call reads as an action, and where an action leads from a state, if it is possible there.

import type { Call } from '../../harness/history/pairing.ts';

/**
 * States and actions are immutable values, actions plain JSON. A state is never undefined: that means "impossible
 * here".
 */
export interface Model<State, Action> {
  readonly name: string;
  /** One line for `ordeal list models`. */
  readonly description: string;
  readonly initial: State;
  /** What the call did, from both of its ends; null for a call that constrains nothing (a lost read). */
  action(call: Call): Action | null;
  /** An action that changes no state wherever it is possible. Taking one at once never closes a way. */
  isRead(action: Action): boolean;
  /** The next state, or undefined where the action is impossible. */
  step(state: State, action: Action): State | undefined;
  /** Equal exactly for equal states. */
  key(state: State): string | number;
  describeState(state: State): string;
  describeAction(action: Action): string;
  /**
   * The key of the independent object that the call is about and the call without it, or null where the values
   * carry no key. Absent: keys are told by the looks of the values.
   */
  keyOf?(call: Call): { readonly key: string; readonly call: Call } | null;
  /** What lies ahead of a search over these actions; it cuts off ways that lead nowhere, and only those. */
  foresee?(actions: readonly Action[]): Foresight<State, Action>;
}

/**
 * Some actions wait for something: a read of 3 waits until the value is 3. To say what serves such a need lets the
 * search turn back long before it stands at the read. Needs are texts that only the model understands.
 */
export interface Foresight<State, Action> {
  /** The needs any one of which the action waits for; null for an action that waits for nothing. */
  needs(action: Action): readonly string[] | null;
  /** The need that the action serves from wherever it is possible; null for one that serves none. */
  serves(action: Action): string | null;
  /** Could the action become possible from the state, or be so already, if none that serves its needs comes before it? */
  isWithin(state: State, action: Action): boolean;
  /** Always possible, and the state after it is the same whatever was before. */
  isBlind(action: Action): boolean;
  /**
   * The state after an action depends on that action alone, as a register's does. An indefinite action can then
   * be of use only just before one that needs what it serves.
   */
  readonly isMemoryless: boolean;
  /** One state for all those that no action to come can tell apart, such as values that nobody reads. */
  merge?(state: State): State;
  /** Objects of one whole that never touch each other, for a whole that is searched undivided. */
  part?(action: Action): number;
}

/** A model whose states and actions only the model itself looks at: they go back into no other. */
export type AnyModel = Model<unknown, unknown>;

/** The model as it is, for a search that must come to the very call that is impossible. */
export function withoutForesight<State, Action>(model: Model<State, Action>): Model<State, Action> {
  const members = Object.entries(model).filter(([name]) => name !== 'foresee');
  return Object.fromEntries(members) as unknown as Model<State, Action>;
}

/** A call that this model has no word for; the message names what it knows. */
export class ModelError extends Error {
  constructor(model: string, call: Call, expected: string) {
    const { index, f, value } = call.invocation;
    super(
      `model ${model} expects ${expected}; entry ${index} is ${f} ${JSON.stringify(value)}` +
        (call.completion === null ? '' : `, completed with ${JSON.stringify(call.completion.value)}`),
    );
    this.name = 'ModelError';
  }
}
