import { strict as assert } from 'node:assert';
import { beforeEach, describe, it } from 'mocha';
import { ClientError } from '../../harness/client/client.ts';
import { Random } from '../../harness/random/random.ts';
import { appendWorkload } from '../../workloads/append.ts';
import type { WorkloadRun } from '../../workloads/workload.ts';
import { FakeClient, FakeStore, inDoubt } from '../harness/fake-client.ts';

describe('append workload', () => {
  let store: FakeStore;
  let client: FakeClient;
  let run: WorkloadRun;

  beforeEach(async () => {
    store = new FakeStore();
    client = new FakeClient(store);
    run = appendWorkload.create({ random: new Random(1), processes: 3 });
    await run.setup(client);
  });

  async function transact(...value: readonly unknown[]): Promise<unknown> {
    return (await run.invoke(client, { f: 'txn', value })).value;
  }

  function listOf(key: number): unknown {
    return JSON.parse(store.znodes.get(`/append/${key}`)?.data.toString() ?? 'null');
  }

  it('makes lists when they are first needed, and reads what it appended', async () => {
    const value = await transact(['r', 3, null], ['append', 3, 7], ['r', 3, null], ['append', 3, 8]);

    assert.deepEqual(value, [
      ['r', 3, []],
      ['append', 3, 7],
      ['r', 3, [7]],
      ['append', 3, 8],
    ]);
    assert.deepEqual(listOf(3), [7, 8]);
    assert.equal(store.znodes.get('/append/3')?.version, 2);
  });

  it('is refused where a list that it only read has changed since', async () => {
    await transact(['append', 1, 1], ['append', 2, 2]);
    const racing = new FakeClient(store, (name) => {
      const znode = store.znodes.get('/append/1');
      if (name === 'multi' && znode !== undefined) znode.version++;
    });

    await assert.rejects(
      run.invoke(racing, {
        f: 'txn',
        value: [
          ['r', 1, null],
          ['append', 2, 3],
        ],
      }),
      (error) => error instanceof ClientError && error.definite,
    );
    assert.deepEqual(listOf(2), [2]);
  });

  it('has certainly not happened when only its reads are in doubt', async () => {
    const lost = new FakeClient(store, (name) => {
      if (name === 'multiRead') throw inDoubt();
    });

    await assert.rejects(
      run.invoke(lost, { f: 'txn', value: [['append', 1, 1]] }),
      (error) => error instanceof ClientError && error.definite,
    );
  });

  it('is in doubt when its multi is', async () => {
    const lost = new FakeClient(store, (name) => {
      if (name === 'multi') throw inDoubt();
    });

    await assert.rejects(
      run.invoke(lost, { f: 'txn', value: [['append', 1, 1]] }),
      (error) => error instanceof ClientError && !error.definite,
    );
  });

  it('reads lists that are not there as empty', async () => {
    await transact(['append', 1, 1]);

    const { value } = await run.invoke(client, {
      f: 'snapshot',
      value: [
        ['r', 1, null],
        ['r', 4, null],
      ],
    });

    assert.deepEqual(value, [
      ['r', 1, [1]],
      ['r', 4, []],
    ]);
  });

  it('appends every element once, to lists that do not grow for ever, and reads all of them in the end', () => {
    const elements: unknown[] = [];
    const appendsOf = new Map<unknown, number>();
    for (let count = 0; count < 3000; count++) {
      for (const [f, key, element] of run.next(count % 3).value as [string, number, unknown][]) {
        if (f !== 'append') continue;
        elements.push(element);
        appendsOf.set(key, (appendsOf.get(key) ?? 0) + 1);
      }
    }

    const read = run.finalReads().flatMap(({ value }) => (value as [string, [string, number][]])[1]);
    assert.equal(new Set(elements).size, elements.length);
    assert.equal(Math.max(...appendsOf.values()), 24);
    assert.ok([...appendsOf.keys()].every((key) => read.some((part) => part[1] === key)));
    assert.equal(new Set(read.map(([, key]) => key)).size, read.length);
  });
});
