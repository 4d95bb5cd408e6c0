// Several registers that transactions read and write at once: `txn` with [["r", key, value], ["w", key, value], …],
// as Jepsen writes them. All begin with null. A transaction sees its own writes. The reads of one whose reply was
// lost say nothing.

import type { Call } from '../../harness/history/pairing.ts';
import type { Model } from './model.ts';
import { ModelError } from './model.ts';

/** JSON texts by key, as entries in the order of keys; a register of null has none. */
type Registers = ReadonlyMap<string, string>;

export interface Access {
  readonly type: 'read' | 'write';
  readonly key: string;
  readonly value: string;
}

const nothing = 'null';

export const multiRegister: Model<Registers, readonly Access[]> = {
  name: 'multi-register',
  description: 'txn [["r" key value] ["w" key value] …] over several registers at once',
  initial: new Map(),
  action(call) {
    if (call.f !== 'txn') throw new ModelError('multi-register', call, 'txn');
    const isKnown = call.outcome === 'ok';
    const accesses = accessesOf(call, isKnown ? call.completion?.value : call.invocation.value);
    const known = isKnown ? accesses : accesses.filter(({ type }) => type === 'write');
    return known.length === 0 ? null : known;
  },
  isRead: (action) => action.every(({ type }) => type === 'read'),
  step(state, action) {
    const next = new Map(state);
    for (const { type, key, value } of action) {
      if (type === 'write') next.set(key, value);
      else if ((next.get(key) ?? nothing) !== value) return undefined;
    }
    return action.some(({ type }) => type === 'write') ? next : state;
  },
  key: (state) => entriesOf(state).join('\n'),
  describeState: (state) => `registers ${entriesOf(state).join(', ') || 'all null'}`,
  describeAction: (action) => action.map(({ type, key, value }) => `${type} ${key} ${value}`).join(', '),
  keyOf: (call) => ({ key: 'registers', call }),
};

function entriesOf(state: Registers): string[] {
  return [...state]
    .filter(([, value]) => value !== nothing)
    .map(([key, value]) => `${key} = ${value}`)
    .sort();
}

const types: Readonly<Record<string, Access['type']>> = {
  r: 'read',
  read: 'read',
  w: 'write',
  write: 'write',
};

function accessesOf(call: Call, value: unknown): Access[] {
  if (!Array.isArray(value)) throw expected(call);
  return value.map((access: unknown) => {
    if (!Array.isArray(access) || access.length !== 3) throw expected(call);
    const [name, key, seen] = access as unknown[];
    const type = types[String(name)];
    if (type === undefined) throw expected(call);
    return { type, key: JSON.stringify(key) ?? nothing, value: JSON.stringify(seen) ?? nothing };
  });
}

function expected(call: Call): ModelError {
  return new ModelError('multi-register', call, 'txn with a list of ["r" or "w", key, value]');
}
