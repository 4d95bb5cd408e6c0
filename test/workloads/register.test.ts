import { strict as assert } from 'node:assert';
import { beforeEach, describe, it } from 'mocha';
import { ClientError } from '../../harness/client/client.ts';
import { Random } from '../../harness/random/random.ts';
import { registerWorkload } from '../../workloads/register.ts';
import type { Request, WorkloadRun } from '../../workloads/workload.ts';
import { FakeClient, FakeStore } from '../harness/fake-client.ts';

describe('register workload', () => {
  let store: FakeStore;
  let client: FakeClient;
  let run: WorkloadRun;

  beforeEach(async () => {
    store = new FakeStore();
    client = new FakeClient(store);
    run = registerWorkload.create({ random: new Random(1), processes: 3 });
    await run.setup(client);
  });

  /** The next request of a process that has this name. */
  function next(process: number, f: string): Request {
    for (let count = 0; count < 1000; count++) {
      const request = run.next(process);
      if (request.f === f) return request;
    }
    return assert.fail(`no ${f} among 1000 requests`);
  }

  it('starts every register with 0 at version 0', () => {
    const registers = [...store.znodes].filter(([path]) => path !== '/register');

    assert.equal(registers.length, 8);
    for (const [, { data, version }] of registers) {
      assert.equal(data.toString(), '0');
      assert.equal(version, 0);
    }
  });

  it('can be set up again when it broke off half way', async () => {
    store.znodes.delete('/register/5');

    await run.setup(client);

    assert.equal(store.znodes.get('/register/5')?.data.toString(), '0');
  });

  it('replaces what an earlier run left behind', async () => {
    store.znodes.set('/register/2', { data: Buffer.from('old'), version: 9 });

    await run.setup(client);

    assert.deepEqual(store.znodes.get('/register/2'), { data: Buffer.from('0'), version: 0 });
  });

  it('never writes a value twice', () => {
    const written: number[] = [];
    for (let count = 0; count < 500; count++) {
      const { f, value } = run.next(count % 3);
      const [, argument] = value as [string, unknown];
      if (f === 'write') written.push(argument as number);
      if (f === 'cas') written.push((argument as { value: number }).value);
    }

    assert.ok(written.length > 100);
    assert.equal(new Set(written).size, written.length);
  });

  it('asks for reads, sync-reads, writes and compare-and-sets', () => {
    const counts = Map.groupBy(
      Array.from({ length: 1000 }, (_, count) => run.next(count % 3)),
      ({ f }) => f,
    );

    assert.deepEqual([...counts.keys()].sort(), ['cas', 'read', 'sync-read', 'write']);
    for (const requests of counts.values()) assert.ok(requests.length > 100);
  });

  it('answers a read with value and version', async () => {
    const write = next(0, 'write');
    const written = await run.invoke(client, write);
    const [key, value] = write.value as [string, number];

    const read = await run.invoke(client, { f: 'read', value: [key, null] });

    assert.deepEqual(written.value, [key, value]);
    assert.equal(written.version, 1);
    assert.deepEqual(read.value, [key, value]);
    assert.equal(read.version, 1);
    assert.equal(read.zxid, written.zxid);
  });

  it('expects in a compare-and-set what the process last saw', async () => {
    const own = next(1, 'write');
    const [key] = own.value as [string, number];
    await run.invoke(client, own);
    store.znodes.set(key, { data: Buffer.from('77'), version: 41 });
    let other = next(0, 'read');
    while ((other.value as [string])[0] !== key) other = next(0, 'read');
    await run.invoke(client, other);

    assert.deepEqual(expectation(1), [key, 1]);
    assert.deepEqual(expectation(0), [key, 41]);
    assert.equal(expectation(2)[1], 0);
    // A renumbered process knows what it knew.
    assert.deepEqual(expectation(4), [key, 1]);
  });

  it('passes a refused compare-and-set on', async () => {
    const request = next(0, 'cas');
    const [key] = request.value as [string];
    store.znodes.set(key, { data: Buffer.from('9'), version: 5 });

    await assert.rejects(
      run.invoke(client, request),
      (error) => error instanceof ClientError && error.definite,
    );
  });

  it('reads every register at the end', () => {
    const reads = run.finalReads();

    assert.deepEqual(
      reads.map(({ value }) => value),
      Array.from({ length: 8 }, (_, index) => [`/register/${index}`, null]),
    );
  });

  it('answers a final read of a register that is gone with nothing, not with a failure', async () => {
    store.znodes.delete('/register/3');

    const { value, version } = await run.invoke(client, run.finalReads()[3]!);

    assert.deepEqual([value, version], [['/register/3', null], -1]);
  });

  it('lets a plain read of a register that is gone fail: the server may lag behind setup', async () => {
    store.znodes.delete('/register/3');

    await assert.rejects(
      run.invoke(client, { f: 'read', value: ['/register/3', null] }),
      (error) => error instanceof ClientError && error.definite,
    );
  });

  function expectation(process: number): [key: string, version: number] {
    const [key, { version }] = next(process, 'cas').value as [string, { version: number }];
    return [key, version];
  }
});
