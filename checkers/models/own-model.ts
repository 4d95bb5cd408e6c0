// A model that somebody else wrote: what must be there is checked, what may be missing is filled in. The least of
// one is an initial state, how a call reads as an action, and a step.

import type { Call } from '../../harness/history/pairing.ts';
import type { AnyModel, Model } from './model.ts';

/** States (unless the model has a `key` of its own) and actions are plain JSON, and never changed in place. */
export type OwnModel<State, Action> = Pick<Model<State, Action>, 'initial' | 'action' | 'step'> &
  Partial<Model<State, Action>>;

/** `source` names the model where it does not do so itself, and says in messages whose fault it is. */
export function makeOwnModel(given: unknown, source: string): AnyModel {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError('expected an export named model: an object with initial, action and step');
  }
  const own = given as Partial<OwnModel<unknown, unknown>>;
  const { action, step } = own;
  if (typeof action !== 'function')
    throw new TypeError('expected action(call), which makes an action of a call');
  if (typeof step !== 'function')
    throw new TypeError('expected step(state, action), which gives the next state');
  if (own.initial === undefined)
    throw new TypeError('expected initial, the state that everything begins with');
  return {
    name: own.name ?? source,
    description: own.description ?? `the model of ${source}`,
    initial: own.initial,
    action(call: Call) {
      const made: unknown = action.call(own, call);
      if (made === undefined)
        throw new TypeError(`${source}: action returned nothing for ${call.f}; null means no constraint`);
      // Actions are told apart by their JSON text.
      canonicalText(made);
      return made;
    },
    step: (state, done) => step.call(own, state, done),
    isRead: (done) => own.isRead?.(done) ?? false,
    key: (state) => own.key?.(state) ?? canonicalText(state),
    describeState: (state) => own.describeState?.(state) ?? `state ${JSON.stringify(state)}`,
    describeAction: (done) => own.describeAction?.(done) ?? JSON.stringify(done),
    ...(own.keyOf === undefined ? {} : { keyOf: (call: Call) => own.keyOf?.(call) ?? null }),
    ...(own.foresee === undefined ? {} : { foresee: own.foresee.bind(own) }),
  };
}

/** JSON with the keys of every object in order, so that equal states have equal texts. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    refuseOpaque(member);
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/** A Map or a Set would look like an empty object, and so every one like every other. */
function refuseOpaque(member: unknown): void {
  const isOpaque =
    typeof member === 'object'
      ? member instanceof Map || member instanceof Set
      : ['bigint', 'function', 'symbol'].includes(typeof member);
  if (!isOpaque) return;
  const kind = typeof member === 'object' ? (member?.constructor.name ?? '') : typeof member;
  throw new TypeError(`expected plain JSON in states and actions, found a ${kind}`);
}
