// One znode: create, delete, set and read, with versions where the history has them. It begins absent, is created
// at version 0, and every set raises the version by one. `set` and `delete` may ask for a version: {version, value};
// −1 is any. A read that was answered with null found no znode.

import type { Call } from '../../harness/history/pairing.ts';
import { keyOfPair } from './keyed.ts';
import type { Model } from './model.ts';
import { ModelError } from './model.ts';

interface Present {
  readonly version: number;
  /** JSON text of the data. */
  readonly value: string;
}

/** Null: there is none. */
type ZnodeState = Present | null;

export type ZnodeAction =
  | { readonly type: 'create'; readonly value: string }
  /** `expected`: the version asked for, −1 for any; `made`: the version in the reply, null when unknown. */
  | { readonly type: 'set'; readonly value: string; readonly expected: number; readonly made: number | null }
  | { readonly type: 'delete'; readonly expected: number }
  | { readonly type: 'read'; readonly value: string; readonly version: number | null };

const anyVersion = -1;
const absent = 'null';

export const znode: Model<ZnodeState, ZnodeAction> = {
  name: 'znode',
  description: 'create, delete, set (both at a version or any) and read of znodes',
  initial: null,
  action(call) {
    const version = call.completion?.version ?? null;
    switch (call.f) {
      case 'create':
        return { type: 'create', value: toText(call.invocation.value) };
      case 'set':
        return { type: 'set', ...conditional(call.invocation.value), made: version };
      case 'delete':
        return { type: 'delete', expected: conditional(call.invocation.value).expected };
      case 'read':
        if (call.outcome !== 'ok') return null;
        return { type: 'read', value: toText(call.completion?.value), version };
      default:
        throw new ModelError('znode', call, 'create, set, delete or read');
    }
  },
  isRead: ({ type }) => type === 'read',
  step: stepZnode,
  key: (state) => (state === null ? '' : `${state.version} ${state.value}`),
  describeState: (state) => (state === null ? 'no znode' : `value ${state.value} (version ${state.version})`),
  describeAction(action) {
    switch (action.type) {
      case 'create':
        return `create ${action.value}`;
      case 'set':
        return `set ${action.value}${atVersion(action.expected)}`;
      case 'delete':
        return `delete${atVersion(action.expected)}`;
      case 'read':
        return `read ${action.value === absent ? 'of no znode' : action.value}`;
    }
  },
  keyOf: (call) => (isPair(call) ? keyOfPair(call) : null),
};

function stepZnode(state: ZnodeState, action: ZnodeAction): ZnodeState | undefined {
  if (action.type === 'create') return state === null ? { version: 0, value: action.value } : undefined;
  if (action.type === 'read') return sees(state, action) ? state : undefined;
  if (state === null || (action.expected !== anyVersion && action.expected !== state.version))
    return undefined;
  if (action.type === 'delete') return null;
  const version = state.version + 1;
  return action.made === null || action.made === version ? { version, value: action.value } : undefined;
}

function sees(state: ZnodeState, read: { value: string; version: number | null }): boolean {
  if (state === null) return read.value === absent;
  return state.value === read.value && (read.version === null || read.version === state.version);
}

function conditional(asked: unknown): { readonly value: string; readonly expected: number } {
  if (
    typeof asked === 'object' &&
    asked !== null &&
    'version' in asked &&
    typeof asked.version === 'number'
  ) {
    return { value: toText('value' in asked ? asked.value : null), expected: asked.version };
  }
  return { value: toText(asked), expected: anyVersion };
}

function atVersion(expected: number): string {
  return expected === anyVersion ? '' : ` at version ${expected}`;
}

/** `[path, value]`. */
function isPair({ invocation }: Call): boolean {
  return (
    Array.isArray(invocation.value) &&
    invocation.value.length === 2 &&
    typeof invocation.value[0] === 'string'
  );
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? absent;
}
