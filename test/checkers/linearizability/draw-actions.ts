// Random actions of each model, few enough values that many orders are possible and many are not.

import * as fc from 'fast-check';
import type { Access } from '../../../checkers/models/multi-register.ts';
import type { CounterAction } from '../../../checkers/models/counter.ts';
import type { KvAction } from '../../../checkers/models/kv.ts';
import type { LockAction } from '../../../checkers/models/lock.ts';
import type { QueueAction } from '../../../checkers/models/queue.ts';
import type { RegisterAction } from '../../../checkers/models/register.ts';
import type { SetAction } from '../../../checkers/models/set.ts';
import type { ZnodeAction as AnyZnodeAction } from '../../../checkers/models/znode.ts';
import type { ZnodeAction } from '../../../checkers/models/znode-register.ts';

const value = fc.constantFrom('0', '1', '2');
const letter = fc.constantFrom('a', 'b', 'c');
const version = fc.option(fc.integer({ min: 0, max: 3 }), { nil: null });

const readOrWrite: fc.Arbitrary<RegisterAction> = fc.oneof(
  fc.constantFrom('null', '0', '1', '2').map((value): RegisterAction => ({ type: 'read', value })),
  value.map((value): RegisterAction => ({ type: 'write', value })),
);

const registers: fc.Arbitrary<RegisterAction> = fc.oneof(
  readOrWrite,
  fc.tuple(value, value).map(([expected, value]): RegisterAction => ({ type: 'cas', expected, value })),
);

const access: fc.Arbitrary<Access> = fc.record({
  type: fc.constantFrom('read', 'write'),
  key: fc.constantFrom('"x"', '"y"'),
  value: fc.constantFrom('null', '1', '2'),
});

const kvActions: fc.Arbitrary<KvAction> = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'b', 'ba', 'abc', 'c').map((text): KvAction => ({ type: 'get', text })),
  letter.map((text): KvAction => ({ type: 'append', text })),
  fc.constantFrom('', 'a', 'b').map((text): KvAction => ({ type: 'put', text })),
);

const setActions: fc.Arbitrary<SetAction> = fc.oneof(
  fc.record({ type: fc.constantFrom('add', 'add', 'remove'), element: value }) as fc.Arbitrary<SetAction>,
  fc.subarray(['0', '1', '2']).map((elements): SetAction => ({ type: 'read', elements })),
);

const queueActions: fc.Arbitrary<QueueAction> = fc.oneof(
  value.map((value): QueueAction => ({ type: 'enqueue', value })),
  value.map((value): QueueAction => ({ type: 'dequeue', value })),
  fc.constantFrom<QueueAction>({ type: 'nothing' }, { type: 'unknown' }),
);

const lockActions: fc.Arbitrary<LockAction> = fc.record({
  type: fc.constantFrom('acquire', 'release'),
  process: fc.integer({ min: 1, max: 2 }),
});

const counterActions: fc.Arbitrary<CounterAction> = fc.oneof(
  fc.constantFrom(1, 1, 2, -1).map((number): CounterAction => ({ type: 'add', number })),
  fc.integer({ min: -1, max: 3 }).map((number): CounterAction => ({ type: 'read', number })),
);

const znodes: fc.Arbitrary<AnyZnodeAction> = fc.oneof(
  value.map((value): AnyZnodeAction => ({ type: 'create', value })),
  fc.record({
    type: fc.constant('set' as const),
    value,
    expected: fc.constantFrom(-1, -1, 0, 1),
    made: version,
  }),
  fc.constantFrom(-1, 0, 1).map((expected): AnyZnodeAction => ({ type: 'delete', expected })),
  fc.record({ type: fc.constant('read' as const), value: fc.constantFrom('null', '0', '1', '2'), version }),
);

const znodeRegisters: fc.Arbitrary<ZnodeAction> = fc.oneof(
  fc.record({ type: fc.constantFrom('write' as const, 'read' as const), value, version }),
  fc.record({
    type: fc.constant('cas' as const),
    expected: fc.integer({ min: 0, max: 2 }),
    value,
    version: fc.constant(null),
  }),
);

export const actionsOf: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  register: readOrWrite,
  'cas-register': registers,
  'multi-register': fc.array(access, { minLength: 1, maxLength: 2 }),
  kv: kvActions,
  set: setActions,
  queue: queueActions,
  lock: lockActions,
  counter: counterActions,
  znode: znodes,
  'znode-register': znodeRegisters,
};
