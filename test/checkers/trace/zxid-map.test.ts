import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { array, assert as assertProperty, constantFrom, integer, nat, property, tuple } from 'fast-check';
import { ZxidMap } from '../../../checkers/trace/zxid-map.ts';
import { zxid } from './scene.ts';

describe('a map by zxid', () => {
  it('answers as a map does, and iterates by rising zxid', () => {
    const key = tuple(integer({ min: 0, max: 3 }), integer({ min: 0, max: 12 }));
    const step = tuple(constantFrom('set', 'set', 'delete', 'clear'), key, nat());
    assertProperty(
      property(array(step, { maxLength: 60 }), (steps) => {
        const map = new ZxidMap<number>();
        const plain = new Map<number, number>();
        for (const [deed, [epoch, counter], value] of steps) {
          const at = zxid(epoch, counter);
          if (deed === 'set') {
            map.set(at, value);
            plain.set(at, value);
          } else if (deed === 'delete') {
            map.delete(at);
            plain.delete(at);
          } else if (value % 7 === 0) {
            map.clear();
            plain.clear();
          }
          assert.equal(map.get(at), plain.get(at));
        }
        const sorted = [...plain].sort(([a], [b]) => a - b);
        assert.deepEqual([...map], sorted);
        assert.equal(map.size, plain.size);
        const middle = zxid(2, 3);
        assert.deepEqual(
          [...map.above(middle)],
          sorted.filter(([at]) => at > middle),
        );
      }),
    );
  });
});
