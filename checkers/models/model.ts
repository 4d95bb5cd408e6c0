// What a sequential object does: the specification that a concurrent history is measured against. A model
// says how a call reads as an action, and where an action leads from a state, if it is possible there.

import type { Call } from '../../harness/history/pairing.ts';

/** States and actions are immutable values. A state is never undefined: that means "impossible here". */
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
