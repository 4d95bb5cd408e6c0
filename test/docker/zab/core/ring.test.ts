import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { Ring } from '../../../../docker/zab/src/core/ring.ts';

function ringOf(count: number): Ring<number> {
  const ring = new Ring<number>();
  for (let item = 0; item < count; item++) ring.push(item);
  return ring;
}

describe('a ring', () => {
  it('gives items back in their order, and nothing when it is empty', () => {
    const ring = ringOf(2);

    assert.deepEqual([ring.shift(), ring.shift(), ring.shift()], [0, 1, undefined]);
    assert.equal(ring.peek(), undefined);
  });

  it('keeps the places of its items while it grows and while others leave', () => {
    const ring = ringOf(10);
    for (let count = 0; count < 7; count++) ring.shift();
    for (let item = 10; item < 100; item++) ring.push(item);

    assert.deepEqual([ring.first, ring.end], [7, 100]);
    assert.deepEqual([ring.at(7), ring.at(50), ring.at(99)], [7, 50, 99]);
    assert.deepEqual([ring.at(6), ring.at(100), ring.at(-1)], [undefined, undefined, undefined]);
  });

  it('gives the places of what is cut off to what comes after it', () => {
    const ring = ringOf(5);
    ring.cutFrom(3);
    ring.push(30);

    assert.deepEqual(ring.itemsFrom(0), [0, 1, 2, 30]);
    assert.equal(ring.at(3), 30);
  });

  it('cuts no further than to its first item', () => {
    const ring = ringOf(5);
    ring.shift();
    ring.cutFrom(0);

    assert.deepEqual([ring.first, ring.end], [1, 1]);
  });

  it('is what an array would be', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constant('push' as const) },
      { weight: 3, arbitrary: fc.constant('shift' as const) },
      { weight: 1, arbitrary: fc.nat(40) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const ring = new Ring<number>();
        const items: number[] = [];
        let first = 0;
        steps.forEach((each, item) => {
          if (each === 'push') {
            ring.push(item);
            items.push(item);
          } else if (each === 'shift') {
            if (items.length > 0) first += 1;
            assert.equal(ring.shift(), items.shift());
          } else {
            ring.cutFrom(each);
            items.length = Math.min(items.length, Math.max(0, each - first));
          }
          assert.equal(ring.peek(), items[0]);
          assert.deepEqual(ring.itemsFrom(ring.first), items);
          assert.deepEqual([ring.first, ring.end], [first, first + items.length]);
        });
      }),
    );
  });
});
