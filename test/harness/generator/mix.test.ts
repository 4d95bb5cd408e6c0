import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { mixWorkloads } from '../../../harness/generator/mix.ts';
import { Random } from '../../../harness/random/random.ts';
import type { Workload } from '../../../workloads/workload.ts';
import { FakeClient } from '../fake-client.ts';

/** Remembers what came back to it. */
function makeWorkload(name: string): Workload & { readonly invoked: string[] } {
  const invoked: string[] = [];
  return {
    name,
    description: name,
    checkers: [],
    leastAcknowledged: 1,
    invoked,
    create: () => ({
      setup: async () => {},
      next: () => ({ f: name, value: null }),
      async invoke(_client, { f, value }) {
        invoked.push(f);
        return { value };
      },
      finalReads: () => [{ f: 'final-read', value: [name, null] }],
    }),
  };
}

describe('mixed workloads', () => {
  it('get their own requests back, about evenly', async () => {
    const [one, two] = [makeWorkload('one'), makeWorkload('two')];
    const mixed = mixWorkloads([one, two], { random: new Random(1), processes: 2 });
    const client = new FakeClient();

    for (let count = 0; count < 200; count++) await mixed.invoke(client, mixed.next(0));

    assert.ok(one.invoked.length > 60 && two.invoked.length > 60);
    assert.deepEqual([...new Set(one.invoked)], ['one']);
    assert.deepEqual([...new Set(two.invoked)], ['two']);
  });

  it('get their final reads back, though they share a name', async () => {
    const [one, two] = [makeWorkload('one'), makeWorkload('two')];
    const mixed = mixWorkloads([one, two], { random: new Random(1), processes: 2 });

    const reads = mixed.finalReads();
    for (const read of reads) await mixed.invoke(new FakeClient(), read);

    assert.deepEqual(
      reads.map(({ value }) => value),
      [
        ['one', null],
        ['two', null],
      ],
    );
    assert.equal(one.invoked.length, 1);
    assert.equal(two.invoked.length, 1);
  });

  it('leave the choice of the session to the workload, and tell each that it ends', async () => {
    const [plain, own] = [new FakeClient(), new FakeClient()];
    let endCount = 0;
    const choosy: Workload = {
      ...makeWorkload('choosy'),
      create: (options) => ({
        ...makeWorkload('choosy').create(options),
        clientFor: () => own,
        end: async () => {
          endCount++;
        },
      }),
    };
    const mixed = mixWorkloads([choosy], { random: new Random(1), processes: 2 });
    const others = mixWorkloads([makeWorkload('one')], { random: new Random(1), processes: 2 });

    await mixed.end?.();
    await others.end?.();

    assert.equal(mixed.clientFor?.(plain, mixed.next(0)), own);
    assert.equal(others.clientFor?.(plain, others.next(0)), plain);
    assert.equal(endCount, 1);
  });

  it('refuse a request that is none of theirs', () => {
    const mixed = mixWorkloads([makeWorkload('one')], { random: new Random(1), processes: 2 });

    assert.throws(
      () => mixed.invoke(new FakeClient(), { f: 'one', value: null }),
      /not asked for by any workload/,
    );
  });
});
