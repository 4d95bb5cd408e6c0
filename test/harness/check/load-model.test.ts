import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { makeOwnModel } from '../../../checkers/models/own-model.ts';
import { isModelFile, loadModel } from '../../../harness/check/load-model.ts';

describe('a model of the user', () => {
  it('is a file by the looks of its name', () => {
    assert.deepEqual(['kv', 'cas-register', './kv', 'model.ts', 'm.mjs'].map(isModelFile), [
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  it('needs an initial state, action and step, and gets the rest', async () => {
    const stack = await loadModel(join('test', 'fixtures', 'models', 'stack.ts'));

    assert.equal(stack.name, join('test', 'fixtures', 'models', 'stack.ts'));
    assert.equal(stack.key([1, 2]), '[1,2]');
    assert.equal(stack.isRead({ pop: null }), false);
  });

  it('has equal keys for equal states, whatever the order of their members', () => {
    const model = makeOwnModel({ initial: {}, action: () => null, step: () => undefined }, 'm');

    assert.equal(model.key({ a: 1, b: { c: 2, d: 3 } }), model.key({ b: { d: 3, c: 2 }, a: 1 }));
    assert.notEqual(model.key({ a: 1 }), model.key({ a: 2 }));
  });

  const wrong: readonly [what: string, given: unknown, message: RegExp][] = [
    ['nothing', undefined, /expected an export named model/],
    ['no action', { initial: 0, step: () => 0 }, /expected action\(call\)/],
    ['no step', { initial: 0, action: () => null }, /expected step\(state, action\)/],
    ['no initial state', { step: () => 0, action: () => null }, /expected initial/],
  ];
  for (const [what, given, message] of wrong) {
    it(`refuses a module with ${what}`, () => {
      assert.throws(() => makeOwnModel(given, 'm'), message);
    });
  }

  it('refuses states and actions that cannot be told apart', () => {
    const call = {} as Parameters<ReturnType<typeof makeOwnModel>['action']>[0];
    const model = makeOwnModel({ initial: 0, action: () => new Set([1]), step: () => 0 }, 'm');

    assert.throws(() => model.action(call), /expected plain JSON in states and actions, found a Set/);
    assert.throws(() => model.key(new Map()), /found a Map/);
    assert.throws(() => model.key(5n), /found a bigint/);
  });

  it('says which file is not there', async () => {
    await assert.rejects(loadModel('./no-such.ts'), { message: '--model ./no-such.ts: no such file' });
  });
});
