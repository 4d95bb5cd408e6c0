import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { findMakerless } from '../../../checkers/witness/lost-writes.ts';
import type { LostWrite, Orphan } from '../../../checkers/witness/lost-writes.ts';

function lost(value: number, above: number, only: number | null = null): LostWrite {
  return { value, above, only, index: 0 };
}

const unseen = NaN;

describe('versions that no acknowledged write made', () => {
  it('are those of writes whose reply was lost', () => {
    assert.equal(findMakerless([{ version: 3, value: 7 }], [lost(7, 2)]), null);
    assert.equal(findMakerless([{ version: 3, value: unseen }], [lost(7, 2)]), null);
  });

  it('have one maker each', () => {
    const orphans = [
      { version: 3, value: unseen },
      { version: 5, value: unseen },
    ];

    assert.equal(findMakerless(orphans, [lost(7, 0)]), 5);
    assert.equal(findMakerless(orphans, [lost(7, 0), lost(8, 4)]), null);
  });

  it('were not made by a write that began when they were known', () => {
    assert.equal(findMakerless([{ version: 3, value: 7 }], [lost(7, 3)]), 3);
  });

  it('were not made by a write of another value than was read', () => {
    assert.equal(findMakerless([{ version: 3, value: 8 }], [lost(7, 0)]), 3);
  });

  it('were made by a conditional write only behind the version that it expected', () => {
    assert.equal(findMakerless([{ version: 3, value: unseen }], [lost(7, 0, 3)]), null);
    assert.equal(findMakerless([{ version: 3, value: unseen }], [lost(7, 0, 4)]), 3);
  });

  it('leave the early writes to versions that nobody read', () => {
    const orphans = [
      { version: 2, value: unseen },
      { version: 6, value: 7 },
    ];

    assert.equal(findMakerless(orphans, [lost(7, 0), lost(7, 5)]), null);
  });

  it('have makers exactly where trying every way to deal them out finds some', () => {
    const seen = { dealt: 0, not: 0 };
    const write = fc.record({
      value: fc.integer({ min: 1, max: 3 }),
      above: fc.integer({ min: 0, max: 5 }),
      only: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 3 }),
      index: fc.constant(0),
    });
    const orphan = fc.option(fc.integer({ min: 1, max: 3 }), { nil: unseen, freq: 1 });

    fc.assert(
      fc.property(
        fc.array(write, { maxLength: 6 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { maxLength: 5 }),
        fc.array(orphan, { minLength: 5, maxLength: 5 }),
        (writes, versions, values) => {
          const orphans = versions
            .sort((a, b) => a - b)
            .map((version, index) => ({ version, value: values[index] ?? unseen }));

          const isDealt = findMakerless(orphans, writes) === null;

          seen[isDealt ? 'dealt' : 'not']++;
          assert.equal(isDealt, canDeal(orphans, writes));
        },
      ),
      { numRuns: 4000, seed: 5 },
    );

    assert.ok(seen.dealt > 300 && seen.not > 300, JSON.stringify(seen));
  });
});

function canDeal([first, ...rest]: readonly Orphan[], writes: readonly LostWrite[]): boolean {
  if (first === undefined) return true;
  return writes.some((write, index) => {
    const isAble =
      first.version > write.above &&
      (write.only === null || write.only === first.version) &&
      (Number.isNaN(first.value) || first.value === write.value);
    return isAble && canDeal(rest, writes.toSpliced(index, 1));
  });
}
