import { strict as assert } from 'node:assert';
import { beforeEach, describe, it } from 'mocha';
import { Random } from '../../harness/random/random.ts';
import { sequentialWorkload } from '../../workloads/sequential.ts';
import type { Request, WorkloadRun } from '../../workloads/workload.ts';
import { FakeClient, FakeStore } from '../harness/fake-client.ts';

describe('sequential workload', () => {
  let store: FakeStore;
  let client: FakeClient;
  let run: WorkloadRun;

  beforeEach(async () => {
    store = new FakeStore();
    client = new FakeClient(store);
    run = sequentialWorkload.create({ random: new Random(1), processes: 3 });
    await run.setup(client);
  });

  async function performMany(count: number): Promise<Request[]> {
    const requests = Array.from({ length: count }, (_, index) => run.next(index % 3));
    for (const request of requests) await run.invoke(client, request);
    return requests;
  }

  it('removes what an earlier run left behind', async () => {
    await client.create('/sequential/3/n-0000000007', Buffer.alloc(0));

    await run.setup(client);

    assert.equal(store.znodes.has('/sequential/3/n-0000000007'), false);
    assert.ok(store.znodes.has('/sequential/3'));
  });

  it('asks for sequential and plain creates, deletes and lists', async () => {
    const requests: Request[] = [];
    for (let count = 0; count < 300; count++) requests.push(...(await performMany(1)));
    const counts = Map.groupBy(requests, ({ f }) => f);

    assert.deepEqual([...counts.keys()].sort(), [
      'list',
      'plain-create',
      'sequence-delete',
      'sequential-create',
    ]);
    const prefixes = (counts.get('sequential-create') ?? []).map(
      ({ value }) => (value as [string, string])[1],
    );
    const own = prefixes.filter((prefix) => prefix !== 'n-');
    assert.ok(own.length > 20 && prefixes.length - own.length > 20);
    assert.equal(new Set(own).size, own.length);
  });

  it('says which name a create was given', async () => {
    const request = { f: 'sequential-create', value: ['/sequential/2', 'n-'] };

    assert.deepEqual((await run.invoke(client, request)).value, ['/sequential/2', 'n-0000000000']);
    assert.deepEqual((await run.invoke(client, request)).value, ['/sequential/2', 'n-0000000001']);
  });

  it('deletes what was acknowledged, and each znode once', async () => {
    const deleted = new Set<string>();
    for (let count = 0; count < 300; count++) {
      const [request] = await performMany(1);
      if (request?.f !== 'sequence-delete') continue;
      const path = (request.value as string[]).join('/');
      assert.ok(!deleted.has(path), path);
      deleted.add(path);
    }

    assert.ok(deleted.size > 50);
  });

  it('lists every parent at the end, also one that is gone', async () => {
    await run.invoke(client, { f: 'plain-create', value: ['/sequential/1', 'plain1'] });
    store.znodes.delete('/sequential/5');

    const answers = await Promise.all(run.finalReads().map((request) => run.invoke(client, request)));

    assert.deepEqual(
      answers.map(({ value }) => value),
      [0, 1, 2, 3, 4, 5].map((index) => [`/sequential/${index}`, index === 1 ? ['plain1'] : []]),
    );
  });
});
