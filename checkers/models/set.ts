// A set: add and remove of an element, read of all of them in any order. It begins empty. Elements are compared by
// their JSON text.

import type { Call } from '../../harness/history/pairing.ts';
import type { Model } from './model.ts';
import { ModelError } from './model.ts';

/** JSON texts of the elements in order. */
type SetState = readonly string[];

export type SetAction =
  | { readonly type: 'add' | 'remove'; readonly element: string }
  | { readonly type: 'read'; readonly elements: SetState };

const loses = 'remove';

export const set: Model<SetState, SetAction> = {
  name: 'set',
  description: 'add, remove and read of a set of elements',
  initial: [],
  action(call) {
    if (call.f === 'read') {
      return call.outcome === 'ok' ? { type: 'read', elements: elementsOf(call) } : null;
    }
    if (call.f === 'add' || call.f === 'remove') {
      return { type: call.f, element: toText(call.invocation.value) };
    }
    throw new ModelError('set', call, 'add, remove or read');
  },
  isRead: ({ type }) => type === 'read',
  step: stepSet,
  key: (state) => state.join('\n'),
  describeState: (state) => `{${state.join(', ')}}`,
  describeAction: (action) =>
    action.type === 'read' ? `read {${action.elements.join(', ')}}` : `${action.type} ${action.element}`,
  // What a read did not see must be taken away before it.
  foresee: () => ({
    needs: ({ type }) => (type === 'read' ? [loses] : null),
    serves: ({ type }) => (type === 'remove' ? loses : null),
    isWithin: (state, action) => action.type === 'read' && isSubset(state, action.elements),
    isBlind: () => false,
    isMemoryless: false,
  }),
};

function stepSet(state: SetState, action: SetAction): SetState | undefined {
  switch (action.type) {
    case 'add':
      return state.includes(action.element) ? state : [...state, action.element].sort(compareTexts);
    case 'remove':
      return state.includes(action.element) ? state.filter((element) => element !== action.element) : state;
    case 'read':
      return state.length === action.elements.length && isSubset(state, action.elements) ? state : undefined;
  }
}

/** Both in order. */
function isSubset(some: SetState, all: SetState): boolean {
  let place = 0;
  for (const element of some) {
    while (place < all.length && (all[place] as string) < element) place++;
    if (all[place] !== element) return false;
  }
  return true;
}

function elementsOf(call: Call): SetState {
  const seen: unknown = call.completion?.value ?? [];
  if (!Array.isArray(seen)) throw new ModelError('set', call, 'read of a list of elements');
  return [...new Set(seen.map(toText))].sort(compareTexts);
}

function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
