// The data of one znode with its version: setData, setData at an expected version, and a read behind a sync.
// The reply to a write carries the version that it made, which fixes the write's place among the writes of
// the znode. A znode begins as setup made it: value 0 at version 0.

import type { Call } from '../../harness/history/pairing.ts';
import { keyOfPair } from './keyed.ts';
import type { Model } from './model.ts';
import { ModelError } from './model.ts';

/** What setup writes into every register znode, and the version that a created znode has. */
export const initialValue = 0;
export const initialVersion = 0;

export interface ZnodeState {
  readonly version: number;
  /** JSON text of the value. */
  readonly value: string;
}

export type ZnodeAction =
  /** `version`: the one it made; null when the reply was lost. */
  | { readonly type: 'write'; readonly value: string; readonly version: number | null }
  | {
      readonly type: 'cas';
      readonly expected: number;
      readonly value: string;
      readonly version: number | null;
    }
  | { readonly type: 'read'; readonly value: string; readonly version: number | null };

export const znodeRegister: Model<ZnodeState, ZnodeAction> = {
  name: 'znode-register',
  description: 'write, cas by version and sync-read of znodes; plain reads are not judged',
  initial: { version: initialVersion, value: JSON.stringify(initialValue) },
  action(call) {
    const version = call.completion?.version ?? null;
    switch (call.f) {
      case 'write':
        return { type: 'write', value: toText(call.invocation.value), version };
      case 'cas':
        return { type: 'cas', ...readCas(call), version };
      case 'sync-read':
        if (call.outcome !== 'ok') return null;
        return { type: 'read', value: toText(call.completion?.value), version };
      // Plain reads are local to a server and may be stale; final reads follow the recovery, not a sync.
      case 'read':
      case 'final-read':
        return null;
      default:
        throw new ModelError('znode-register', call, 'write, cas, sync-read, read or final-read');
    }
  },
  isRead: (action) => action.type === 'read',
  step: stepZnode,
  key: ({ version, value }) => `${version} ${value}`,
  describeState: ({ version, value }) => `value ${value} (version ${version})`,
  describeAction(action) {
    if (action.type === 'cas') return `cas of version ${action.expected} to ${action.value}`;
    const made = action.version === null ? '' : ` (version ${action.version})`;
    return `${action.type === 'read' ? 'sync-read' : 'write'} ${action.value}${made}`;
  },
  keyOf: keyOfPair,
  foresee: () => ({
    needs: (action) => (action.type !== 'cas' && action.version === null ? null : []),
    serves: () => null,
    isWithin,
    isBlind: () => false,
    isMemoryless: false,
  }),
};

/** Versions only rise: what knows its version waits until the one before it is reached, and not longer. */
function isWithin(state: ZnodeState, action: ZnodeAction): boolean {
  if (action.type === 'cas') return state.version <= action.expected;
  if (action.version === null) return true;
  return action.type === 'read' ? state.version <= action.version : state.version < action.version;
}

function stepZnode(state: ZnodeState, action: ZnodeAction): ZnodeState | undefined {
  switch (action.type) {
    case 'read':
      if (action.value !== state.value) return undefined;
      return action.version === null || action.version === state.version ? state : undefined;
    case 'cas':
      if (action.expected !== state.version) return undefined;
      return made(state, action);
    case 'write':
      return made(state, action);
  }
}

/** Every write raises the version by one; a write that was told another version did not happen here. */
function made(state: ZnodeState, action: { value: string; version: number | null }): ZnodeState | undefined {
  const version = state.version + 1;
  if (action.version !== null && action.version !== version) return undefined;
  return { version, value: action.value };
}

function readCas(call: Call): { expected: number; value: string } {
  const asked: unknown = call.invocation.value;
  if (typeof asked === 'object' && asked !== null && 'version' in asked && 'value' in asked) {
    if (typeof asked.version === 'number') return { expected: asked.version, value: toText(asked.value) };
  }
  throw new ModelError('znode-register', call, 'cas with {version, value}');
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
