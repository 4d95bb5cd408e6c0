import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { Segments } from '../../../harness/simulation/segments.ts';

describe('segments', () => {
  it('come in the order in which they were pushed, each with what is its own', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant('push' as const) },
      { weight: 5, arbitrary: fc.constant('drop' as const) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const segments = new Segments();
        const expected: { bytes: Buffer | null; arriveNs: number }[] = [];
        for (const [index, name] of steps.entries()) {
          if (name === 'push') {
            const bytes = index % 7 === 0 ? null : Buffer.from([index]);
            segments.push(bytes, index, null);
            expected.push({ bytes, arriveNs: index });
          } else if (name === 'clear') {
            segments.clear();
            expected.length = 0;
          } else if (expected.length > 0) {
            segments.dropFirst();
            expected.shift();
          }
          const { bytes, arriveNs } = segments.first;
          assert.equal(segments.isEmpty, expected.length === 0);
          assert.deepEqual({ bytes, arriveNs }, expected[0] ?? { bytes: null, arriveNs: Infinity });
        }
      }),
    );
  });
});
