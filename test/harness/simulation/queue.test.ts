import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { Queue } from '../../../harness/simulation/queue.ts';

describe('queue', () => {
  it('agrees with an array that is pushed, shifted and emptied', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant('push' as const) },
      { weight: 5, arbitrary: fc.constant('shift' as const) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new Queue<number>();
        const expected: number[] = [];
        for (const [index, name] of steps.entries()) {
          if (name === 'push') {
            queue.push(index);
            expected.push(index);
          } else if (name === 'shift') {
            assert.equal(queue.shift(), expected.shift());
          } else {
            queue.clear();
            expected.length = 0;
          }
          assert.equal(queue.length, expected.length);
          for (let at = 0; at <= expected.length; at++) assert.equal(queue.at(at), expected[at]);
        }
      }),
    );
  });
});
