import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ddmin } from '../../../harness/shrink/ddmin.ts';

const twenty = Array.from({ length: 20 }, (_, index) => index);

describe('delta debugging', () => {
  it('leaves the two items that the failure needs', async () => {
    const kept = await ddmin(twenty, async (items) => items.includes(3) && items.includes(17));

    assert.deepEqual(kept, [3, 17]);
  });

  it('leaves nothing when the failure needs nothing', async () => {
    assert.deepEqual(await ddmin(twenty, async () => true), []);
  });

  it('leaves all when every item is needed', async () => {
    assert.deepEqual(await ddmin(twenty, async (items) => items.length === twenty.length), twenty);
  });

  it('leaves a list of which no single item can go', async () => {
    const stillFails = async (items: readonly number[]): Promise<boolean> =>
      items.filter((item) => item % 3 === 0).length >= 3;

    const kept = await ddmin(twenty, stillFails);

    assert.equal(kept.length, 3);
    for (const item of kept) assert.equal(await stillFails(kept.filter((each) => each !== item)), false);
  });

  it('keeps what it has when no more may be tried', async () => {
    let trials = 0;

    const kept = await ddmin(twenty, async (items) => ++trials <= 3 && items.includes(0));

    assert.ok(kept.length < twenty.length && kept.includes(0));
  });
});
