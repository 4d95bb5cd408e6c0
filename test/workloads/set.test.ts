import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { Random } from '../../harness/random/random.ts';
import { guarantees } from '../../checkers/guarantees.ts';
import { checkersOf, workloads } from '../../workloads/index.ts';
import { setWorkload } from '../../workloads/set.ts';
import { FakeClient } from '../harness/fake-client.ts';

describe('set workload', () => {
  const create = () => setWorkload.create({ random: new Random(1), processes: 2 });

  it('adds unique elements below one parent', async () => {
    const client = new FakeClient();
    const run = create();
    await run.setup(client);
    const requests = [run.next(0), run.next(1), run.next(0)];

    for (const request of requests) await run.invoke(client, request);

    assert.deepEqual(
      requests.map(({ value }) => value),
      [
        ['/set', 1],
        ['/set', 2],
        ['/set', 3],
      ],
    );
    assert.deepEqual(
      [...client.store.znodes.keys()],
      ['/set', '/set/e0000001', '/set/e0000002', '/set/e0000003'],
    );
  });

  it('reads the elements back, sorted', async () => {
    const client = new FakeClient();
    const run = create();
    await run.setup(client);
    for (const path of ['/set/e0000012', '/set/e0000003'])
      client.store.znodes.set(path, { data: Buffer.alloc(0), version: 0 });

    const [read] = run.finalReads();
    const { value } = await run.invoke(client, read!);

    assert.deepEqual(value, ['/set', [3, 12]]);
  });

  it('shows a foreign znode as an element that nobody added', async () => {
    const client = new FakeClient();
    const run = create();
    await run.setup(client);
    client.store.znodes.set('/set/stranger', { data: Buffer.alloc(0), version: 0 });

    const { value } = await run.invoke(client, run.finalReads()[0]!);

    assert.deepEqual(value, ['/set', [-1]]);
  });

  it('reads as empty when its parent is gone', async () => {
    const client = new FakeClient();
    const run = create();
    await run.setup(client);
    client.store.znodes.clear();

    const { value } = await run.invoke(client, run.finalReads()[0]!);

    assert.deepEqual(value, ['/set', []]);
  });

  it('starts empty on an ensemble that had a run before', async () => {
    const client = new FakeClient();
    for (const path of ['/set', '/set/e0000001'])
      client.store.znodes.set(path, { data: Buffer.alloc(0), version: 0 });

    await create().setup(client);

    assert.deepEqual([...client.store.znodes.keys()], ['/set']);
  });
});

describe('workloads', () => {
  it('judge each guarantee once when they run together', () => {
    const names = checkersOf(workloads).map(({ name }) => name);

    assert.equal(new Set(names).size, names.length);
    assert.deepEqual([...names].sort(), guarantees.map(({ name }) => name).sort());
  });
});
