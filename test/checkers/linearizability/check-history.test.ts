import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { HistoryVerdict } from '../../../checkers/linearizability/check-history.ts';
import { checkHistory } from '../../../checkers/linearizability/check-history.ts';
import { findModel } from '../../../checkers/models/models.ts';
import { withoutForesight } from '../../../checkers/models/model.ts';
import type { Drawn } from '../draw.ts';
import { draw } from '../draw.ts';

const limits = { timeMs: 5000, memoryBytes: 256 * 1024 * 1024, nowMs: () => performance.now() };

function check(model: string, calls: readonly Drawn[]): HistoryVerdict {
  const found = findModel(model);
  assert.ok(found !== undefined);
  return checkHistory(draw(calls), found, limits);
}

describe('check of a history', () => {
  it('drops definite failures and keeps lost writes', () => {
    const lost: Drawn = { f: 'write', value: 1, from: 0, to: 5, type: 'info' };
    const later: Drawn = { f: 'read', value: null, result: 1, from: 10, to: 11 };

    assert.equal(check('register', [lost, later]).verdict, 'pass');
    assert.equal(check('register', [{ ...lost, type: 'fail' }, later]).verdict, 'violated');
  });

  it('counts a call that the history never completes as lost', () => {
    const calls: Drawn[] = [
      { f: 'write', value: 1, from: 0 },
      { f: 'read', value: null, result: 1, from: 10, to: 11 },
    ];

    assert.equal(check('register', calls).verdict, 'pass');
  });

  it('ignores reads without a reply', () => {
    const result = check('register', [{ f: 'read', value: null, from: 0, to: 5, type: 'info' }]);

    assert.deepEqual([result.verdict, result.operations], ['pass', 0]);
  });

  it('tells keys by values that are all pairs', () => {
    const calls: Drawn[] = [
      { f: 'write', value: ['a', 1], from: 0, to: 1 },
      { f: 'write', value: ['b', 2], from: 2, to: 3 },
      { f: 'read', value: ['a', null], result: ['a', 1], from: 4, to: 5 },
    ];

    const result = check('register', calls);

    assert.deepEqual([result.verdict, result.keys], ['pass', 2]);
  });

  it('names the key, the call that cannot follow and the possible states', () => {
    const calls: Drawn[] = [
      { process: 1, f: 'write', value: ['a', 1], from: 0, to: 1 },
      { process: 2, f: 'read', value: ['a', null], result: ['a', null], from: 4218, to: 4219 },
    ];

    const result = check('register', calls);

    assert.equal(result.verdict, 'violated');
    assert.equal(result.evidence[0]?.subject, 'a');
    assert.equal(
      result.evidence[0]?.sentence,
      'read null by process 2 at 4.219 s, where only value 1 is possible, left by write 1 of process 1',
    );
    assert.deepEqual(result.evidence[0]?.operations.at(-1)?.value, ['a', null]);
  });

  it('appends and puts texts', () => {
    const get = (text: string): Drawn => ({
      f: 'get',
      value: ['k', null],
      result: ['k', text],
      from: 8,
      to: 9,
    });
    const calls: Drawn[] = [
      { f: 'put', value: ['k', 'a'], from: 0, to: 1 },
      { f: 'append', value: ['k', 'b'], from: 2, to: 5 },
      { f: 'append', value: ['k', 'c'], from: 2, to: 5 },
    ];

    assert.equal(check('kv', [...calls, get('abc')]).verdict, 'pass');
    assert.equal(check('kv', [...calls, get('acb')]).verdict, 'pass');
    assert.equal(check('kv', [...calls, get('ab')]).verdict, 'violated');
  });

  it('refuses a call that the model does not know', () => {
    assert.throws(() => check('register', [{ f: 'cas', value: [1, 2], from: 0, to: 1 }]), {
      name: 'ModelError',
      message: 'model register expects read or write; entry 0 is cas [1,2], completed with [1,2]',
    });
  });

  it('is inconclusive when a budget runs out, and says which', () => {
    const writes = Array.from({ length: 40 }, (_, value): Drawn => ({ f: 'write', value, from: 0, to: 9 }));
    const history = draw([...writes, { f: 'read', value: null, result: -1, from: 10, to: 11 }]);

    const nearsighted = withoutForesight(findModel('register')!);

    const result = checkHistory(history, nearsighted, { ...limits, timeMs: 50 });

    assert.equal(result.verdict, 'inconclusive');
    assert.equal(
      result.reason,
      'the search ran out of time for register (the first 40 of 41 operations have an order)',
    );
  });
});
