import { strict as assert } from 'node:assert';
import { beforeEach, describe, it } from 'mocha';
import { ClientError } from '../../harness/client/client.ts';
import { Random } from '../../harness/random/random.ts';
import { multiWorkload } from '../../workloads/multi.ts';
import type { WorkloadRun } from '../../workloads/workload.ts';
import { FakeClient, FakeStore } from '../harness/fake-client.ts';

describe('multi workload', () => {
  let store: FakeStore;
  let client: FakeClient;
  let run: WorkloadRun;

  beforeEach(async () => {
    store = new FakeStore();
    client = new FakeClient(store);
    run = multiWorkload.create({ random: new Random(1), processes: 3 });
    await run.setup(client);
  });

  async function ask(f: string, scope: string, argument: unknown = null): Promise<unknown> {
    const { value } = await run.invoke(client, { f, value: [`/multi/${scope}`, argument] });
    return (value as unknown[])[1];
  }

  async function balances(): Promise<unknown[]> {
    const znodes = (await ask('multi-read', 'accounts')) as Record<string, { balance: number }>;
    return Object.values(znodes).map(({ balance }) => balance);
  }

  it('starts with equal accounts and one token', async () => {
    assert.deepEqual(await balances(), [100, 100, 100, 100]);
    assert.deepEqual(await ask('multi-read', 'box'), { cversion: 0, tokens: ['token0'] });
  });

  it('stamps both znodes of a pair with one multi', async () => {
    const written = await ask('pair-write', 'pair0', { by: 7 });
    const zxid = store.zxid;

    const one = { version: 1, mzxid: zxid };
    assert.deepEqual(written, { by: 7, at: { a: 1, b: 1 }, made: { a: one, b: one } });
    const seen = { version: 1, mzxid: zxid, by: 7, at: { a: 1, b: 1 } };
    assert.deepEqual(await ask('multi-read', 'pair0'), { a: seen, b: seen });
  });

  it('moves money between two accounts and leaves the others alone', async () => {
    await ask('transfer', 'accounts', { by: 1, from: '2', to: '0', amount: 15 });
    await ask('transfer', 'accounts', { by: 2, from: '0', to: '1', amount: 5 });

    assert.deepEqual(await balances(), [110, 105, 85, 100]);
  });

  it('is refused where another multi came between its read and its write', async () => {
    const racing = new FakeClient(store, (name) => {
      const znode = store.znodes.get('/multi/pair0-b');
      if (name === 'multi' && znode !== undefined) znode.version++;
    });

    await assert.rejects(
      run.invoke(racing, { f: 'pair-write', value: ['/multi/pair0', { by: 3 }] }),
      (error) => error instanceof ClientError && error.definite,
    );
  });

  it('swaps the token for its own', async () => {
    await ask('token-swap', 'box', { by: 4 });

    assert.deepEqual(await ask('multi-read', 'box'), { cversion: 0, tokens: ['token4'] });
  });

  for (const shape of ['first', 'middle', 'last', 'ghost']) {
    it(`asks for what cannot succeed: ${shape}`, async () => {
      const before = [...store.znodes.keys()];

      await assert.rejects(
        run.invoke(client, { f: 'broken-multi', value: ['/multi/accounts', { by: 9, shape }] }),
        (error) => error instanceof ClientError && error.definite,
      );

      assert.deepEqual([...store.znodes.keys()], before);
      assert.deepEqual(await balances(), [100, 100, 100, 100]);
    });
  }

  it('asks for all of it, every multi with a number of its own', () => {
    const requests = Array.from({ length: 1000 }, (_, count) => run.next(count % 3));
    const functions = new Set(requests.map(({ f }) => f));
    const numbers = requests.flatMap(({ value }) => {
      const argument = (value as [string, { by: number } | null])[1];
      return argument === null ? [] : [argument.by];
    });

    assert.deepEqual([...functions].sort(), [
      'broken-multi',
      'multi-read',
      'pair-write',
      'token-swap',
      'transfer',
    ]);
    assert.equal(new Set(numbers).size, numbers.length);
  });

  it('lets a read that misses a znode fail, but not at the end', async () => {
    store.znodes.delete('/multi/pair1-b');

    await assert.rejects(ask('multi-read', 'pair1'), ClientError);
    const [scope, seen] = (await run.invoke(client, run.finalReads()[1]!)).value as [string, { b: unknown }];
    assert.deepEqual([scope, seen.b], ['/multi/pair1', null]);
  });
});
