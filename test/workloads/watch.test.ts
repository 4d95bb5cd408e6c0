import { strict as assert } from 'node:assert';
import { beforeEach, describe, it } from 'mocha';
import type { WatchOutcome } from '../../checkers/watches/watch-history.ts';
import { ClientError } from '../../harness/client/client.ts';
import type { Arrival } from '../../harness/client/client.ts';
import { Random } from '../../harness/random/random.ts';
import type { Stat } from '../../harness/wire/records.ts';
import { noSession } from '../../harness/wire/session-id.ts';
import { watchModesWorkload, watchWorkload } from '../../workloads/watch.ts';
import type { Workload, WorkloadRun } from '../../workloads/workload.ts';
import { FakeClient, FakeStore, inDoubt } from '../harness/fake-client.ts';

const root = '/watch';
const path = '/watch/0';
const stat = { czxid: 3, mzxid: 4, version: 1, ephemeralOwner: noSession } as unknown as Stat;

/** Arrivals are told by the test. */
class ListeningClient extends FakeClient {
  tell: (arrival: Arrival) => void = () => {};

  override onArrival(listener: (arrival: Arrival) => void): void {
    this.tell = listener;
  }
}

describe('watch workload', () => {
  let store: FakeStore;
  let run: WorkloadRun;

  beforeEach(async () => {
    store = new FakeStore();
    run = watchWorkload.create({ random: new Random(1), processes: 4 });
    await run.setup(new FakeClient(store));
  });

  async function outcomeOf(client: FakeClient, steps: readonly object[]): Promise<WatchOutcome> {
    const { value } = await run.invoke(client, { f: 'watch', value: [root, steps] });
    return (value as [string, WatchOutcome])[1];
  }

  it('asks for one-shot, persistent and recursive watches, and for every kind of change', () => {
    const steps = Array.from({ length: 2000 }, (_, index) => run.next(index % 4).value as [string, object[]]);
    const asked = new Set(steps.flatMap(([, each]) => each.map((step) => describeStep(step))));

    assert.deepEqual([...asked].sort(), [
      'add-watch persistent',
      'add-watch recursive',
      'children watched',
      'create',
      'delete',
      'exists',
      'exists watched',
      'get',
      'get watched',
      'multi',
      'set',
    ]);
  });

  it('watches a path in several modes only where it is asked to', () => {
    assert.deepEqual(mixedModesOf(watchWorkload), []);
    assert.notDeepEqual(mixedModesOf(watchModesWorkload), []);
  });

  it('says what came of each request', async () => {
    const { answers } = await outcomeOf(new FakeClient(store), [
      { op: 'set', path, value: 1 },
      { op: 'delete', path: `${path}/a` },
      { op: 'get', path },
    ]);

    assert.deepEqual(
      answers.map(({ op, failure }) => [op, failure ?? 'done']),
      [
        ['set', 'done'],
        ['delete', 'refused'],
        ['get', 'done'],
      ],
    );
    assert.equal(answers[2]?.zxid, store.zxid);
  });

  it('is in doubt when nothing was answered', async () => {
    const client = new FakeClient(store, () => Promise.reject(inDoubt()));

    await assert.rejects(
      outcomeOf(client, [{ op: 'set', path, value: 1 }]),
      (error) => error instanceof ClientError && !error.definite,
    );
  });

  it('keeps what the session received in its order, each time what is new', async () => {
    const client = new ListeningClient(store);
    await outcomeOf(client, [{ op: 'get', path }]);
    const request = { type: 'getData', path, watch: true } as const;
    client.tell({ type: 'reply', request, zxid: 7, err: 0, body: { type: 'data', data: null, stat } });
    client.tell({ type: 'event', event: { type: 'dataChanged', path } });
    client.tell({ type: 'lost', zxid: 8 });
    client.tell({ type: 'attached' });
    client.tell({ type: 'restored', zxid: 9 });

    const { journal } = await outcomeOf(client, [{ op: 'get', path }]);
    const next = await outcomeOf(client, [{ op: 'get', path }]);

    assert.deepEqual(journal, [
      { got: 'reply', op: 'getData /watch/0', path, zxid: 7, czxid: 3, mzxid: 4 },
      { got: 'watch', arms: 'data', path },
      { got: 'event', event: 'dataChanged', path },
      { got: 'lost', zxid: 8 },
      { got: 'attached' },
      { got: 'restored', zxid: 9 },
    ]);
    assert.deepEqual(next.journal, []);
  });

  it('tells once what a session received, also to two workloads of one run', async () => {
    const client = new ListeningClient(store);
    const other = watchModesWorkload.create({ random: new Random(2), processes: 4 });
    await outcomeOf(client, [{ op: 'get', path }]);
    const first = client.tell;
    await other.invoke(client, { f: 'watch', value: [root, [{ op: 'get', path }]] });
    assert.equal(client.tell, first, 'it listens to a client once');
    client.tell({ type: 'event', event: { type: 'dataChanged', path } });

    const { value } = await other.invoke(client, { f: 'watch', value: [root, [{ op: 'get', path }]] });
    const { journal } = await outcomeOf(client, [{ op: 'get', path }]);

    assert.equal((value as [string, WatchOutcome])[1].journal.length, 1);
    assert.deepEqual(journal, []);
  });

  it('notes a watch only where the server has one', async () => {
    const client = new ListeningClient(store);
    await outcomeOf(client, [{ op: 'get', path }]);
    const missing = { zxid: 7, err: -101, body: { type: 'none' } } as const;
    client.tell({ type: 'reply', request: { type: 'getData', path, watch: true }, ...missing });
    client.tell({ type: 'reply', request: { type: 'exists', path, watch: true }, ...missing });
    client.tell({ type: 'reply', request: { type: 'getData', path: '/other', watch: true }, ...missing });

    const { journal } = await outcomeOf(client, [{ op: 'get', path }]);

    assert.deepEqual(
      journal.map((entry) => (entry.got === 'watch' ? entry.arms : entry.got)),
      ['reply', 'reply', 'exist', 'reply'],
    );
  });
});

/** Paths that one process watches persistently and in another way as well. */
function mixedModesOf(workload: Workload): string[] {
  const modes = new Map<string, Set<string>>();
  const own = workload.create({ random: new Random(1), processes: 2 });
  for (let count = 0; count < 3000; count++) {
    const [, steps] = own.next(1).value as [string, { path: string; watch?: boolean; mode?: string }[]];
    for (const { path: at, watch, mode } of steps) {
      const kind = mode ?? (watch === true ? 'one-shot' : null);
      if (kind !== null) modes.set(at, (modes.get(at) ?? new Set()).add(kind));
    }
  }
  return [...modes].filter(([, kinds]) => kinds.size > 1).map(([at]) => at);
}

function describeStep(step: object): string {
  const { op, watch, mode } = step as { op: string; watch?: boolean; mode?: string };
  return [op, ...(watch === true ? ['watched'] : []), ...(mode === undefined ? [] : [mode])].join(' ');
}
