import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { array, assert as assertProperty, constantFrom, nat, property, tuple } from 'fast-check';
import { RisingNumbers } from '../../../checkers/trace/rising-numbers.ts';
import { zxid } from './scene.ts';

describe('numbers by rising keys', () => {
  it('answer as a map does, and iterate by rising key', () => {
    // Neighbours, keys at both sides of the longest gap, and keys that are far away from all others.
    const base = constantFrom(0, 4090, 4102, 8200, zxid(1, 0), zxid(1, 4090), zxid(3, 2 ** 31));
    const step = tuple(constantFrom('set', 'set', 'set', 'take', 'clear'), base, nat({ max: 12 }), nat());
    assertProperty(
      property(array(step, { maxLength: 60 }), (steps) => {
        const numbers = new RisingNumbers();
        const plain = new Map<number, number>();
        for (const [deed, start, distance, value] of steps) {
          const key = start + distance;
          if (deed === 'set') {
            numbers.set(key, value);
            plain.set(key, value);
          } else if (deed === 'take') {
            const above = [...plain].filter(([each]) => each > key).sort(([a], [b]) => a - b);
            assert.deepEqual([...numbers.takeAbove(key)], above);
            for (const [each] of above) plain.delete(each);
          } else if (value % 7 === 0) {
            numbers.clear();
            plain.clear();
          }
          assert.equal(numbers.get(key), plain.get(key));
          assert.equal(numbers.has(key + 1), plain.has(key + 1));
          assert.equal(numbers.holds(key, value), plain.get(key) === value);
        }
        const sorted = [...plain].sort(([a], [b]) => a - b);
        assert.deepEqual([...numbers], sorted);
        assert.equal(numbers.isEmpty, plain.size === 0);
        for (const [key, value] of sorted) assert.equal(numbers.get(key), value);
        const middle = zxid(1, 3);
        const above = sorted.filter(([key]) => key > middle);
        assert.deepEqual([...numbers.copyAbove(middle)], above);
        assert.equal(
          numbers.findAbove(middle, (_, value) => value % 2 === 1),
          above.find(([, value]) => value % 2 === 1)?.[0] ?? null,
        );
        const below = sorted.filter(([key]) => key < middle);
        assert.equal(numbers.keyBelow(middle), below.at(-1)?.[0] ?? null);
        const copy = numbers.copyAbove(middle);
        copy.set(middle + 1, 1);
        copy.setAll(numbers);
        assert.deepEqual(
          [...copy],
          [...new Map([[middle + 1, 1], ...sorted])].sort(([a], [b]) => a - b),
        );
      }),
    );
  });

  it('take no memory for the gap before a key that was forged', () => {
    const numbers = new RisingNumbers();
    numbers.set(zxid(1, 1), 5);
    const before = process.memoryUsage().arrayBuffers;

    for (let count = 0; count < 100; count++) numbers.set(zxid(1, 2 ** 25 * count), count);

    assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
    assert.equal(numbers.get(zxid(1, 2 ** 25 * 99)), 99);
    assert.equal([...numbers].length, 101);
  });

  it('keep a number that equals none', () => {
    const numbers = new RisingNumbers();
    numbers.set(7, Number.NaN);

    assert.ok(numbers.has(7));
    assert.ok(!numbers.holds(7, 0));
    assert.ok(Number.isNaN(numbers.get(7)));
  });
});
