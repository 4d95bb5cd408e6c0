import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Column } from '../../../checkers/witness/columns.ts';
import { HighWater } from '../../../checkers/witness/high-water.ts';
import { ValueCodes } from '../../../checkers/witness/value-codes.ts';

describe('a column', () => {
  it('grows, and holds what is absent where nothing was written', () => {
    const column = new Column(-1);

    column.set(1000, 5);
    column.push(6);

    assert.equal(column.length, 1002);
    assert.deepEqual([column.get(0), column.get(999), column.get(1000), column.get(1001)], [-1, -1, 5, 6]);
    assert.deepEqual([column.get(1002), column.get(5000)], [-1, -1]);
    assert.equal(column.cells.length, 1002);
  });
});

describe('codes of values', () => {
  it('are equal for equal JSON texts, and for no others', () => {
    const codes = new ValueCodes();
    const values = [0, 1, -1, 0.5, 1.5, '1', '', null, true, [1], { a: 1 }, 2 ** 52, 2 ** 53, 1e300];

    const first = values.map((value) => codes.codeOf(value));
    const again = values.map((value) => codes.codeOf(structuredClone(value)));

    assert.deepEqual(again, first);
    assert.equal(new Set(first).size, values.length);
    assert.equal(codes.codeOf(-0), codes.codeOf(0));
  });
});

describe('the high water', () => {
  it('counts what was told strictly before a moment', () => {
    const high = new HighWater(0);

    high.raise(10, 5, 1);
    high.raise(10, 7, 2);
    assert.deepEqual(high.before(10), { value: 0, index: -1 });

    high.raise(20, 6, 3);
    assert.deepEqual(high.before(20), { value: 7, index: 2 });
    assert.deepEqual(high.before(21), { value: 7, index: 2 });
  });
});
