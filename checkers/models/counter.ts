// A counter: add (or increment, by one unless told) and read. It begins with 0.

import type { Call } from '../../harness/history/pairing.ts';
import type { Model } from './model.ts';
import { ModelError } from './model.ts';

export interface CounterAction {
  readonly type: 'add' | 'read';
  /** What is added, or what the read saw. */
  readonly number: number;
}

const lowers = 'lower';

export const counter: Model<number, CounterAction> = {
  name: 'counter',
  description: 'add and read of a number that begins with 0',
  initial: 0,
  action(call) {
    if (call.f === 'read') {
      return call.outcome === 'ok' ? { type: 'read', number: numberOf(call, call.completion?.value) } : null;
    }
    if (call.f === 'add') return { type: 'add', number: numberOf(call, call.invocation.value) };
    if (call.f === 'increment') return { type: 'add', number: numberOf(call, call.invocation.value ?? 1) };
    throw new ModelError('counter', call, 'add, increment or read');
  },
  isRead: ({ type, number }) => type === 'read' || number === 0,
  step(state, { type, number }) {
    if (type === 'add') return state + number;
    return number === state ? state : undefined;
  },
  key: (state) => state,
  describeState: (state) => `count ${state}`,
  describeAction: ({ type, number }) => `${type} ${number}`,
  // A count that is past what a read saw comes back only by taking away.
  foresee: () => ({
    needs: ({ type }) => (type === 'read' ? [lowers] : null),
    serves: ({ type, number }) => (type === 'add' && number < 0 ? lowers : null),
    isWithin: (state, { number }) => state <= number,
    isBlind: () => false,
    isMemoryless: false,
  }),
};

function numberOf(call: Call, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new ModelError('counter', call, 'a whole number as value');
}
