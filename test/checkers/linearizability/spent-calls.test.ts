import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { SpentCalls } from '../../../checkers/linearizability/spent-calls.ts';

function ask(memory: SpentCalls, place: number, spent: readonly number[]): boolean {
  const used = Int32Array.from([...spent.keys()].filter((action) => (spent[action] ?? 0) > 0));
  return memory.isUndercut(place, used, used.length, Int32Array.from(spent));
}

describe('spent calls', () => {
  it('undercuts who comes to a place with as many or more of each action', () => {
    const memory = new SpentCalls();

    assert.equal(ask(memory, 5, [1, 0, 2]), false);
    assert.equal(ask(memory, 5, [1, 0, 2]), true);
    assert.equal(ask(memory, 5, [1, 4, 3]), true);
  });

  it('does not undercut who comes with fewer of one action, or to another place', () => {
    const memory = new SpentCalls();

    ask(memory, 5, [1, 0, 2]);

    assert.equal(ask(memory, 5, [1, 9, 1]), false);
    assert.equal(ask(memory, 5, [0, 0, 2]), false);
    assert.equal(ask(memory, 6, [1, 0, 2]), false);
  });

  it('agrees with comparing all that came before', () => {
    const spent = fc.array(fc.nat(2), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9000), spent), { maxLength: 60 }), (visits) => {
        const memory = new SpentCalls();
        const before = new Map<number, (readonly number[])[]>();

        for (const [wide, counts] of visits) {
          const place = wide % 3 === 0 ? 0 : wide;
          const known = before.get(place) ?? [];
          const expected = known.some((other) => other.every((count, action) => count <= counts[action]!));
          assert.equal(ask(memory, place, counts), expected);
          before.set(place, [...known, counts]);
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it('keeps its records when there are more than one chunk holds', () => {
    const memory = new SpentCalls();

    for (let place = 0; place < 5000; place++) ask(memory, place, [place + 1, 1]);

    for (let place = 0; place < 5000; place++) {
      assert.equal(ask(memory, place, [place + 1, 2]), true);
    }
    assert.equal(ask(memory, 4999, [1, 1]), false);
  });
});
