import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { ClientError } from '../../../harness/client/client.ts';
import type { ClientOptions } from '../../../harness/client/client.ts';
import { Generator, serversOf } from '../../../harness/generator/generator.ts';
import type { Operation } from '../../../harness/history/operation.ts';
import { pairOperations } from '../../../harness/history/pairing.ts';
import { HistoryRecorder } from '../../../harness/history/recorder.ts';
import { Random } from '../../../harness/random/random.ts';
import type { Request, WorkloadRun } from '../../../workloads/workload.ts';
import { FakeClient, inDoubt, refused } from '../fake-client.ts';
import { FakeEnsemble } from '../fake-ensemble.ts';

interface Setup {
  readonly invoke?: (client: FakeClient, request: Request, count: number) => Promise<void> | void;
  readonly processes?: number;
  readonly untilMs?: number;
}

function setUp({ invoke = () => {}, processes = 4, untilMs = 2000 }: Setup = {}) {
  const clients: { client: FakeClient; options: ClientOptions }[] = [];
  const ensemble = new FakeEnsemble({
    makeClient: (options) => {
      const client = new FakeClient();
      client.server = options.servers[0] ?? null;
      clients.push({ client, options });
      return client;
    },
  });
  let count = 0;
  const workload: WorkloadRun = {
    setup: async () => {},
    next: (process) => ({ f: 'add', value: ['/x', process] }),
    async invoke(client, request) {
      await ensemble.clock.sleep(5);
      await invoke(client as FakeClient, request, count++);
      return { value: request.value, zxid: 9 };
    },
    finalReads: () => [],
  };
  const recorder = new HistoryRecorder({ nowNs: () => ensemble.clock.nowNs() });
  const generator = new Generator({
    ensemble,
    recorder,
    workload,
    random: new Random(1),
    processes,
    ratePerSecond: 100,
    untilNs: untilMs * 1e6,
    sessionTimeoutMs: 1000,
    requestTimeoutMs: 500,
  });
  return { ensemble, generator, recorder, clients };
}

async function record(setup: Setup): Promise<readonly Operation[]> {
  const { ensemble, generator, recorder } = setUp(setup);
  await ensemble.clock.drive(generator.run());
  return recorder.operations;
}

describe('generator', () => {
  it('keeps each process single-threaded and about at its rate', async () => {
    const history = await record({});

    const calls = pairOperations(history);
    assert.ok(calls.length > 150 && calls.length < 250, `${calls.length} calls in 2 s at 100/s`);
    assert.deepEqual(new Set(calls.map(({ process }) => process)), new Set([0, 1, 2, 3]));
  });

  it('records session, server and zxid with a completion', async () => {
    const history = await record({ processes: 1, untilMs: 500 });

    const completion = history.find(({ type }) => type === 'ok');
    assert.equal(completion?.session, '0100000000000001');
    assert.equal(completion?.server, 1);
    assert.equal(completion?.zxid, 9);
  });

  it('goes on under the same number after a definite failure', async () => {
    const history = await record({
      processes: 1,
      invoke: () => {
        throw refused(-101, 'NONODE');
      },
    });

    assert.ok(history.some(({ type }) => type === 'fail'));
    assert.deepEqual([...new Set(history.map(({ process }) => process))], [0]);
    assert.equal(history.find(({ type }) => type === 'fail')?.error, 'refused: NONODE');
  });

  it('goes on under a new number after an operation in doubt', async () => {
    const history = await record({
      processes: 2,
      invoke: (_client, { value }, count) => {
        const [, process] = value as [string, number];
        if (process % 2 === 1 && count % 7 === 0) throw inDoubt();
      },
    });

    const processes = [...new Set(history.map(({ process }) => process as number))];
    assert.ok(processes.length > 2, 'at least one process was retired');
    assert.deepEqual(
      processes.filter((process) => process % 2 === 0),
      [0],
    );
    for (const process of processes.filter((each) => each > 1)) {
      const before = history.findLast((operation) => operation.process === process - 2);
      assert.equal(before?.type, 'info');
    }
  });

  it('opens a new session when the old one expired', async () => {
    const { ensemble, generator, clients } = setUp({
      processes: 1,
      invoke: (client, _request, count) => {
        if (count !== 3) return;
        client.state = 'expired';
        throw new ClientError('gone', { kind: 'session-expired', definite: false });
      },
    });

    await ensemble.clock.drive(generator.run());

    assert.equal(clients.length, 2);
  });

  it('binds two of three processes to one server, every server to some process', () => {
    const sids = [1, 2, 3, 4, 5];
    const servers = Array.from({ length: 10 }, (_, place) => serversOf(place, sids));

    assert.deepEqual(servers[0], [1]);
    assert.deepEqual(servers[1], [2]);
    assert.deepEqual(servers[2], [3, 4, 5, 1, 2]);
    const bound = new Set(servers.filter(({ length }) => length === 1).flat());
    assert.deepEqual(bound, new Set(sids));
  });

  it('lets only the processes that may move drop their connection', async () => {
    const { ensemble, generator, clients } = setUp({ processes: 3, untilMs: 20_000 });

    await ensemble.clock.drive(generator.run());

    for (const { client, options } of clients) {
      assert.equal(client.dropCount > 0, options.servers.length > 1);
    }
  });

  it('begins nothing while it is quiet', async () => {
    const { ensemble, generator, recorder } = setUp();
    const running = generator.run();
    await ensemble.clock.drive(ensemble.clock.sleep(500));
    generator.setQuiet(true);
    await ensemble.clock.drive(ensemble.clock.sleep(100));
    const before = recorder.operations.length;

    await ensemble.clock.drive(ensemble.clock.sleep(500));
    const during = recorder.operations.length;
    generator.setQuiet(false);
    await ensemble.clock.drive(running);

    assert.equal(during, before);
    assert.equal(generator.openCount, 0);
    assert.ok(recorder.operations.length > during + 20);
  });

  it('begins nothing after its time, and ends what it began', async () => {
    const history = await record({ untilMs: 300 });

    const last = history.findLast(({ type }) => type === 'invoke');
    assert.ok((last?.time ?? Infinity) < 300e6);
    assert.equal(
      history.filter(({ type }) => type === 'invoke').length,
      history.filter(({ type }) => type === 'ok').length,
    );
  });

  it('stops when told', async () => {
    const { ensemble, generator, recorder } = setUp({ untilMs: 60_000 });
    const running = generator.run();
    await ensemble.clock.drive(ensemble.clock.sleep(200));

    generator.stop();
    await ensemble.clock.drive(running);

    assert.ok(ensemble.clock.nowNs() < 2e9);
    assert.equal(recorder.openCount, 0);
  });

  it('keeps the crash of a workload apart from failures of operations', async () => {
    const { ensemble, generator, recorder } = setUp({
      processes: 1,
      invoke: (_client, _request, count) => {
        if (count === 2) throw new TypeError('a bug');
      },
    });

    await ensemble.clock.drive(generator.run());

    assert.equal(generator.crash?.message, 'a bug');
    assert.equal(recorder.operations.find(({ type }) => type === 'info')?.error, 'crashed: a bug');
  });

  it('gives numbers that no process has had', async () => {
    const { ensemble, generator, recorder } = setUp({
      invoke: (_client, _request, count) => {
        if (count % 5 === 0) throw inDoubt();
      },
    });
    await ensemble.clock.drive(generator.run());

    const fresh = [generator.takeProcess(), generator.takeProcess()];

    const used = new Set(recorder.operations.map(({ process }) => process));
    assert.notEqual(fresh[0], fresh[1]);
    for (const process of fresh) assert.ok(!used.has(process));
  });

  it('makes the same history from the same seed', async () => {
    assert.deepEqual(await record({}), await record({}));
  });
});
