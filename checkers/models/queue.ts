// A queue, first in, first out: enqueue of a value and dequeue of the oldest; a dequeue that was answered with null
// found it empty. It begins empty. A dequeue whose reply was lost may have taken whatever was oldest.

import type { Call } from '../../harness/history/pairing.ts';
import type { Model } from './model.ts';
import { ModelError } from './model.ts';

/** JSON texts, oldest first. */
type QueueState = readonly string[];

export type QueueAction =
  | { readonly type: 'enqueue' | 'dequeue'; readonly value: string }
  // It was empty, or nobody knows what was taken.
  | { readonly type: 'nothing' }
  | { readonly type: 'unknown' };

export const queue: Model<QueueState, QueueAction> = {
  name: 'queue',
  description: 'enqueue and dequeue, first in, first out; dequeue of null found it empty',
  initial: [],
  action(call) {
    if (call.f === 'enqueue') return { type: 'enqueue', value: toText(call.invocation.value) };
    if (call.f === 'dequeue') return dequeueAction(call);
    throw new ModelError('queue', call, 'enqueue or dequeue');
  },
  isRead: ({ type }) => type === 'nothing',
  step(state, action) {
    switch (action.type) {
      case 'enqueue':
        return [...state, action.value];
      case 'dequeue':
        return state[0] === action.value ? state.slice(1) : undefined;
      case 'unknown':
        return state.length > 0 ? state.slice(1) : undefined;
      case 'nothing':
        return state.length === 0 ? state : undefined;
    }
  },
  key: (state) => state.join('\n'),
  describeState: (state) => (state.length === 0 ? 'an empty queue' : `queue ${state.join(', ')}`),
  describeAction(action) {
    if (action.type === 'nothing') return 'dequeue of nothing';
    if (action.type === 'unknown') return 'dequeue, reply lost';
    return `${action.type} ${action.value}`;
  },
  // A value is dequeued if it is there or comes.
  foresee: () => ({
    needs: (action) => (action.type === 'dequeue' ? [action.value] : null),
    serves: (action) => (action.type === 'enqueue' ? action.value : null),
    isWithin: (state, action) => action.type === 'dequeue' && state.includes(action.value),
    isBlind: () => false,
    isMemoryless: false,
  }),
};

function dequeueAction(call: Call): QueueAction {
  if (call.outcome !== 'ok') return { type: 'unknown' };
  const value: unknown = call.completion?.value ?? null;
  return value === null ? { type: 'nothing' } : { type: 'dequeue', value: toText(value) };
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
