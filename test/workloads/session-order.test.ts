import { strict as assert } from 'node:assert';
import { beforeEach, describe, it } from 'mocha';
import { ClientError } from '../../harness/client/client.ts';
import { Random } from '../../harness/random/random.ts';
import { sessionOrderWorkload } from '../../workloads/session-order.ts';
import type { WorkloadRun } from '../../workloads/workload.ts';
import { FakeClient, FakeStore, inDoubt, refused } from '../harness/fake-client.ts';

const root = '/session-order';
const key = `${root}/1`;

describe('session-order workload', () => {
  let store: FakeStore;
  let run: WorkloadRun;

  beforeEach(async () => {
    store = new FakeStore();
    run = sessionOrderWorkload.create({ random: new Random(1), processes: 3 });
    await run.setup(new FakeClient(store));
  });

  const steps = [
    { op: 'set', key, value: 5 },
    { op: 'get', key },
  ];

  it('sends every request before it waits for the first answer', async () => {
    const sent: string[] = [];
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const client = new FakeClient(store, (name) => {
      sent.push(name);
      return held;
    });

    const running = run.invoke(client, { f: 'pipeline', value: [root, steps] });
    assert.deepEqual(sent, ['setData', 'getData']);
    release();
    await running;
  });

  it('says what came of each request', async () => {
    const { value, zxid } = await run.invoke(new FakeClient(store), { f: 'pipeline', value: [root, steps] });

    const [, [set, get]] = value as [string, { op: string; value: number; zxid: number; stat: object }[]];
    assert.deepEqual([set?.op, set?.value, get?.op, get?.value], ['set', 5, 'get', 5]);
    assert.equal(zxid, store.zxid);
    assert.deepEqual(Object.keys(get?.stat ?? {}), [
      'czxid',
      'mzxid',
      'ctime',
      'mtime',
      'version',
      'cversion',
      'dataLength',
      'numChildren',
      'pzxid',
    ]);
  });

  it('is done when one request has an answer, and tells which have none', async () => {
    const client = new FakeClient(store, (name) => {
      if (name === 'setData') throw inDoubt();
    });

    const { value } = await run.invoke(client, { f: 'pipeline', value: [root, steps] });

    const [, [set, get]] = value as [string, { failure?: string }[]];
    assert.deepEqual([set?.failure, get?.failure], ['lost', undefined]);
  });

  it('is in doubt when no request has an answer and one may have been done', async () => {
    const client = new FakeClient(store, (name) => {
      throw name === 'setData'
        ? inDoubt()
        : new ClientError('no connection', { kind: 'not-connected', definite: true });
    });

    await assert.rejects(
      run.invoke(client, { f: 'pipeline', value: [root, steps] }),
      (error) => error instanceof ClientError && !error.definite,
    );
  });

  it('takes a refusal for an answer', async () => {
    const client = new FakeClient(store, () => {
      throw refused(-101, 'NONODE');
    });

    const { value } = await run.invoke(client, { f: 'pipeline', value: [root, steps] });

    const [, [set]] = value as [string, { failure?: string; zxid?: number }[]];
    assert.deepEqual([set?.failure, set?.zxid], ['refused', 7]);
  });

  it('asks for pipelines of all kinds, with values and children of their own', async () => {
    const client = new FakeClient(store);
    const asked: { op: string; value?: number; child?: string }[] = [];
    for (let count = 0; count < 300; count++) {
      const request = run.next(count % 3);
      const [, own] = request.value as [string, typeof asked];
      assert.ok(own.length >= 2);
      asked.push(...own);
      // Lists of children are the one thing that the store cannot tell.
      if (!own.some(({ op }) => op === 'children')) await run.invoke(client, request);
    }

    const counts = Map.groupBy(asked, ({ op }) => op);
    assert.deepEqual([...counts.keys()].sort(), ['children', 'create', 'delete', 'get', 'set']);
    const values = (counts.get('set') ?? []).map(({ value }) => value);
    assert.equal(new Set(values).size, values.length);
    const children = (counts.get('create') ?? []).map(({ child }) => child);
    assert.equal(new Set(children).size, children.length);
  });

  it('reads every znode at the end, also one that is gone', async () => {
    store.znodes.delete(key);

    const answers = await Promise.all(
      run.finalReads().map((request) => run.invoke(new FakeClient(store), request)),
    );

    const [first, second] = answers.map(({ value }) => value as [string, { value: number } | null]);
    assert.equal(first?.[1]?.value, 0);
    assert.deepEqual(second, [key, null]);
  });
});
