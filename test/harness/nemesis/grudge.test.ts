import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import type { Cut } from '../../../harness/ensemble/ensemble.ts';
import { cutBetween, cutBridge, cutOneWay, cutRing } from '../../../harness/nemesis/grudge.ts';

/** Whom a server still hears and is heard by. */
function neighbours(sid: number, sids: readonly number[], cuts: readonly Cut[]): number[] {
  const isCut = (from: number, to: number) => cuts.some((cut) => cut.from === from && cut.to === to);
  return sids.filter((other) => other !== sid && !isCut(sid, other) && !isCut(other, sid));
}

describe('grudge', () => {
  const five = [1, 2, 3, 4, 5];

  it('halves: nobody hears the other side', () => {
    const cuts = cutBetween([1, 2], [3, 4, 5]);

    assert.equal(cuts.length, 12);
    assert.deepEqual(neighbours(1, five, cuts), [2]);
    assert.deepEqual(neighbours(4, five, cuts), [3, 5]);
  });

  it('one way, receive only: hears and is not heard', () => {
    assert.deepEqual(cutOneWay(1, [2, 3], 'receive only'), [
      { from: 1, to: 2 },
      { from: 1, to: 3 },
    ]);
  });

  it('one way, send only: is heard and does not hear', () => {
    assert.deepEqual(cutOneWay(1, [2, 3], 'send only'), [
      { from: 2, to: 1 },
      { from: 3, to: 1 },
    ]);
  });

  for (const count of [4, 5, 6, 7, 9]) {
    it(`ring of ${count}: every server sees a majority, no two neighbours the same`, () => {
      const circle = Array.from({ length: count }, (_, index) => index + 1);
      const cuts = cutRing(circle);

      const seen = circle.map((sid) => [sid, ...neighbours(sid, circle, cuts)].sort((a, b) => a - b).join());
      for (const each of seen) assert.ok(each.split(',').length > count / 2);
      assert.ok(cuts.length > 0);
      for (const [at, each] of seen.entries()) assert.notEqual(each, seen[(at + 1) % count]);
    });
  }

  it('ring of three: has nothing to cut', () => {
    assert.deepEqual(cutRing([1, 2, 3]), []);
  });

  it('bridge: one server sees all, the sides do not see each other', () => {
    const cuts = cutBridge([1, 2], [4, 5], 3);

    assert.deepEqual(neighbours(3, five, cuts), [1, 2, 4, 5]);
    assert.deepEqual(neighbours(1, five, cuts), [2, 3]);
    assert.deepEqual(neighbours(5, five, cuts), [3, 4]);
  });
});
