// A register: read and write, and compare-and-set by value in `cas-register`. It begins with null, as Jepsen's
// registers do. Values are compared by their JSON text.

import type { Call } from '../../harness/history/pairing.ts';
import type { Foresight, Model } from './model.ts';
import { ModelError } from './model.ts';

/** JSON text of the value held. */
type RegisterState = string;

export type RegisterAction =
  | { readonly type: 'read'; readonly value: string }
  | { readonly type: 'write'; readonly value: string }
  | { readonly type: 'cas'; readonly expected: string; readonly value: string };

export const register: Model<RegisterState, RegisterAction> = makeRegister({
  name: 'register',
  description: 'read and write of one value',
  hasCas: false,
});

export const casRegister: Model<RegisterState, RegisterAction> = makeRegister({
  name: 'cas-register',
  description: 'read, write and compare-and-set [old new] of one value',
  hasCas: true,
});

function makeRegister(options: {
  readonly name: string;
  readonly description: string;
  readonly hasCas: boolean;
}): Model<RegisterState, RegisterAction> {
  return {
    name: options.name,
    description: options.description,
    initial: 'null',
    action(call) {
      if (call.f === 'read') return readAction(call);
      if (call.f === 'write') return { type: 'write', value: toText(call.invocation.value) };
      if (call.f === 'cas' && options.hasCas) return casAction(call);
      throw new ModelError(options.name, call, options.hasCas ? 'read, write or cas' : 'read or write');
    },
    isRead: isReadAction,
    step: stepRegister,
    key: (state) => state,
    describeState: (state) => `value ${state}`,
    describeAction,
    foresee,
  };

  function casAction(call: Call): RegisterAction {
    const pair: unknown = call.invocation.value;
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new ModelError(options.name, call, 'cas with [old, new]');
    }
    return { type: 'cas', expected: toText(pair[0]), value: toText(pair[1]) };
  }
}

/** A read without a reply says nothing. */
function readAction(call: Call): RegisterAction | null {
  return call.outcome === 'ok' ? { type: 'read', value: toText(call.completion?.value) } : null;
}

function isReadAction(action: RegisterAction): boolean {
  return action.type === 'read' || (action.type === 'cas' && action.expected === action.value);
}

/** A read and a cas wait for their value; whatever writes it serves them. */
function foresee(actions: readonly RegisterAction[]): Foresight<RegisterState, RegisterAction> {
  const needed = new Set(actions.flatMap((action) => needsOf(action) ?? []));
  return {
    needs: needsOf,
    serves: (action) => (isReadAction(action) ? null : action.value),
    isWithin: (state, action) => stepRegister(state, action) !== undefined,
    isBlind: ({ type }) => type === 'write',
    isMemoryless: true,
    merge: (state) => (needed.has(state) ? state : unread),
  };
}

/** Stands for all values that nobody reads. No JSON text is like it. */
const unread = '(never read)';

function needsOf(action: RegisterAction): readonly string[] | null {
  switch (action.type) {
    case 'read':
      return [action.value];
    case 'cas':
      return [action.expected];
    case 'write':
      return null;
  }
}

function stepRegister(state: RegisterState, action: RegisterAction): RegisterState | undefined {
  switch (action.type) {
    case 'read':
      return action.value === state ? state : undefined;
    case 'write':
      return action.value;
    case 'cas':
      return action.expected === state ? action.value : undefined;
  }
}

function describeAction(action: RegisterAction): string {
  if (action.type === 'cas') return `cas ${action.expected} to ${action.value}`;
  return `${action.type} ${action.value}`;
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
