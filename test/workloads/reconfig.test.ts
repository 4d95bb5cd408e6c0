import { strict as assert } from 'node:assert';
import { beforeEach, describe, it } from 'mocha';
import { ClientError } from '../../harness/client/client.ts';
import type { Answer } from '../../harness/client/client.ts';
import { Random } from '../../harness/random/random.ts';
import { ErrorCode } from '../../harness/wire/constants.ts';
import type { ClientRequest } from '../../harness/wire/records.ts';
import { parseConfiguration, reconfigWorkload } from '../../workloads/reconfig.ts';
import type { Request, WorkloadRun } from '../../workloads/workload.ts';
import { FakeClient } from '../harness/fake-client.ts';

const path = '/zookeeper/config';
const first =
  'server.1=a:2:3:participant;4\nserver.2=b:2:3:participant;4\nserver.3=c:2:3:participant;4\nserver.4=d:2:3:observer;4';
const stat = (): never => undefined as never;

/** Answers every reconfig with one configuration, or with an error. */
class Ensemble extends FakeClient {
  readonly asked: ClientRequest[] = [];
  readonly names: string[] = [];
  err: number = ErrorCode.OK;

  override addAuth(scheme?: string, credentials?: Buffer): void {
    this.names.push(`${scheme} ${credentials?.toString()}`);
  }

  override ask(request?: ClientRequest): never {
    if (request !== undefined) this.asked.push(request);
    const data = Buffer.from(`${first}\nversion=200000005`);
    const answer: Answer = { err: this.err, zxid: 0x2_0000_0005, body: { type: 'data', data, stat: stat() } };
    return Promise.resolve(answer) as never;
  }

  setConfiguration(text: string): void {
    this.store.znodes.set(path, { data: Buffer.from(text), version: 0 });
  }
}

describe('reconfig workload', () => {
  let client: Ensemble;
  let run: WorkloadRun;

  function make(members: number): WorkloadRun {
    return reconfigWorkload.create({
      random: new Random(1),
      processes: 2,
      sessions: { servers: [1, 2], tickMs: 100, open: () => client, sleep: async () => {} },
      administration: {
        credentials: 'super:secret',
        members: Array.from({ length: members }, (_, index) => ({
          sid: index + 1,
          role: index < 3 ? ('participant' as const) : ('observer' as const),
        })),
        lineOf: ({ sid, role }) => `server.${sid}=h${sid}:${role}`,
      },
    });
  }

  beforeEach(() => {
    client = new Ensemble();
    client.setConfiguration(`${first}\nversion=200000001`);
    run = make(4);
  });

  function ask(change: Readonly<Record<string, unknown>>): Promise<{ readonly value: unknown }> {
    const usual = { how: 'incremental', leave: [], join: [], on: 'seen' };
    const request = { f: 'reconfig', value: [path, { ...usual, ...change }] };
    return run.invoke(client, request);
  }

  const whole = { 1: 'participant', 2: 'participant', 3: 'participant', 4: 'observer' };
  const withoutTwo = { 1: 'participant', 3: 'participant', 4: 'observer' };

  it('reads the configuration as version and roles', () => {
    assert.deepEqual(parseConfiguration(Buffer.from(`${first}\nversion=20000000a`)), {
      version: 0x2_0000_000a,
      members: whole,
    });
    assert.deepEqual(parseConfiguration(Buffer.from('server.7=h:1:2\nversion=0')).members, {
      7: 'participant',
    });
    assert.deepEqual(parseConfiguration(null), { version: 0, members: {} });
  });

  it('asks on condition of the configuration that it read', async () => {
    const { value } = await ask({ leave: [2], result: withoutTwo });

    assert.deepEqual(client.asked, [
      {
        type: 'reconfig',
        joiningServers: null,
        leavingServers: '2',
        newMembers: null,
        curConfigId: 0x2_0000_0001,
      },
    ]);
    const { seen, made, asked } = (value as [string, Record<string, unknown>])[1];
    assert.deepEqual(seen, { version: 0x2_0000_0001, members: whole });
    assert.deepEqual(made, { version: 0x2_0000_0005, members: whole });
    assert.equal(asked, 0x2_0000_0001);
  });

  it('takes nobody away while another one is', async () => {
    client.setConfiguration('server.1=a:2:3:participant;4\nversion=200000001');

    await assert.rejects(ask({ leave: [2], result: withoutTwo }), (error) => isDefinite(error));
    assert.deepEqual(client.asked, []);
    await ask({ join: [{ sid: 2, role: 'participant' }], on: 'any', result: whole });
    assert.equal(client.asked.length, 1);
  });

  it('has certainly not happened when it is refused', async () => {
    client.err = ErrorCode.RECONFIG_IN_PROGRESS;

    await assert.rejects(ask({ on: 'any', result: whole }), (error) => isDefinite(error));
  });

  it('draws changes away from the whole by one server, and always on condition', () => {
    const seen = new Set<string>();
    for (const change of drawChanges(run, 4000)) {
      const result = change['result'] as Record<string, string> | null;
      const differences = result === null ? null : countDifferences(result, whole);
      if (differences !== null && differences > 0) assert.equal(change['on'], 'seen');
      assert.ok(differences === null || differences <= 1);
      seen.add(`${String(change['how'])} ${differences === null ? 'refused' : differences}`);
    }

    assert.deepEqual([...seen].sort(), [
      'incremental 0',
      'incremental 1',
      'incremental refused',
      'members 0',
      'members 1',
    ]);
  });

  it('leaves two voters alone', () => {
    const two = make(2);
    for (const { result } of drawChanges(two, 2000)) {
      assert.ok(result === null || Object.keys(result as object).length === 2);
    }
  });

  it('asks through a session of its own, as an administrator; final reads through that of the run', () => {
    const own = new FakeClient();
    const request = run.next(0);
    const [final] = run.finalReads();

    assert.equal(run.clientFor?.(own, request), client);
    assert.deepEqual(client.names, ['digest super:secret']);
    assert.equal(run.clientFor?.(own, final as Request), own);
  });
});

function drawChanges(run: WorkloadRun, count: number): Record<string, unknown>[] {
  const requests = Array.from({ length: count }, (_, index) => run.next(index % 2));
  return requests
    .filter(({ f }) => f === 'reconfig')
    .map(({ value }) => (value as [string, Record<string, unknown>])[1]);
}

function countDifferences(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): number {
  const sids = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...sids].filter((sid) => one[sid] !== other[sid]).length;
}

function isDefinite(error: unknown): boolean {
  return error instanceof ClientError && error.definite;
}
